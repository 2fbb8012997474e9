//! After a time-out the gateway asks Paidy how it ended, and leads the payment out of 30, 31 or 42.

use serde::{Deserialize, Serialize};

use crate::ledger::{Record, RecordKind};
use crate::method::paidy::settle::{Operation, TIMED_OUT, complete, tell};
use crate::method::paidy::{TABLE, deadline, facts};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, PaymentId, Refusal};
use crate::wire::Reply;

/// What is to be asked, as records by payment id.
pub(super) const FOLLOW_UP: RecordKind = RecordKind::new("paidy_follow_up");

/// An operation of which the gateway does not know how it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FollowUp {
    /// The payment.
    pub(super) payment_id: PaymentId,
    /// What was asked of Paidy.
    pub(super) operation: Operation,
    /// What was to be refunded; everything when absent.
    pub(super) amount: Option<u64>,
    /// Whether Paidy had done it.
    pub(super) done: bool,
}

impl FollowUp {
    /// The record that comes up when Paidy is to be asked.
    pub(super) fn record(&self, desk: &Desk<'_>) -> Record {
        let mut record = desk.new_record(FOLLOW_UP, self.payment_id.to_string(), self);
        record.due = Some(desk.now.plus_minutes(facts().follow_up_minutes));
        record
    }
}

/// Paidy is asked: the operation is completed, or the payment goes back to where it was.
pub(super) fn resolve(desk: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
    let mut outcome = Outcome { forgotten: vec![(record.kind, record.key)], ..Outcome::reply(Reply::ok()) };
    let Ok(asked) = serde_json::from_str::<FollowUp>(&record.body) else { return Ok(outcome) };
    let payment = desk.payment(asked.payment_id).filter(|payment| payment.status == asked.operation.pending());
    let Some(payment) = payment else { return Ok(outcome) };
    outcome.changes = if asked.done {
        complete(desk, asked.operation, payment, asked.amount)?
    } else {
        let mut change = Change::of(payment);
        change.enter(&TABLE, desk.by, asked.operation.before(), desk.now)?;
        tell(&mut change, asked.operation, Some(TIMED_OUT));
        if let Some(due) = deadline(change.payment()) {
            change.set_due(due);
        }
        vec![change]
    };
    Ok(outcome)
}
