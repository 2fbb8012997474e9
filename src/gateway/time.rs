//! What time does: deadlines are met in order, each as of its own moment, whether real time passes or a clock is turned.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, Moment};
use crate::gateway::{Done, Gateway};
use crate::ledger::{Record, Subject};
use crate::merchant::{Merchant, MerchantId};
use crate::method::{self, Desk, Outcome};
use crate::notice::NOTICE_DAYS;
use crate::payment::{Change, Payment, Refusal, Status, Trigger};
use crate::wire::Reply;

/// Something that time did.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// When it was due.
    pub at: Moment,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// What it happened to.
    pub subject: Subject,
    /// The status that the payment had then, when it happened to one.
    pub status: Option<Status>,
}

impl Gateway {
    /// Does everything that is due for a merchant up to a moment, in order, each as of its own moment.
    pub fn run_due(&self, merchant: &Merchant, until: Moment) -> Vec<Happened> {
        let turn = self.turn(&merchant.merchant_id);
        let _turn = lock(&turn);
        self.meet_deadlines(merchant, until)
    }

    /// Does what is due for a merchant by now, before somebody looks at its payments. Returns what time it is.
    pub(super) fn catch_up(&self, merchant: &Merchant) -> Moment {
        let now = self.clock.now(&merchant.merchant_id);
        let purge_before = now.plus_days(-NOTICE_DAYS);
        if self.ledger.has_work(&merchant.merchant_id, now, purge_before) {
            self.run_due(merchant, now);
            self.ledger.purge_notices(&merchant.merchant_id, purge_before);
        }
        now
    }

    /// Turns a clock forward and does everything that becomes due on the way.
    pub fn advance(&self, merchant_id: Option<&MerchantId>, span: jiff::Span) -> Vec<Happened> {
        self.turn_clock(merchant_id, |clock| clock.shift(merchant_id, span))
    }

    /// Changes a clock and does everything that is due by then.
    ///
    /// Without a merchant it is the common clock; the merchants that follow it are run one after the other.
    /// Nobody else meets deadlines of these merchants meanwhile, so that what is returned is all that happened.
    pub fn turn_clock(&self, merchant_id: Option<&MerchantId>, turn: impl FnOnce(&Clock)) -> Vec<Happened> {
        let mut concerned = self.merchants.all();
        concerned.retain(|merchant| match merchant_id {
            Some(id) => merchant.merchant_id == *id,
            None => !self.clock.has_own(&merchant.merchant_id),
        });
        // All in the order of their ids, so that two turns cannot wait for each other.
        let turns: Vec<_> = concerned.iter().map(|merchant| self.turn(&merchant.merchant_id)).collect();
        let _turns: Vec<_> = turns.iter().map(|turn| lock(turn)).collect();
        turn(&self.clock);
        let mut happened = Vec::new();
        for merchant in &concerned {
            happened.extend(self.meet_deadlines(merchant, self.clock.now(&merchant.merchant_id)));
        }
        happened.sort_by_key(|happened| happened.at);
        happened
    }

    fn meet_deadlines(&self, merchant: &Merchant, until: Moment) -> Vec<Happened> {
        let mut happened = Vec::new();
        while let Some((at, subject)) = self.ledger.next_due(&merchant.merchant_id).filter(|(at, _)| *at <= until) {
            let done = self.operate_at(merchant, Trigger::Clock, at, |desk| due(desk, &subject)).or_else(|refusal| {
                // It must not come up again for ever, nor keep others from theirs.
                tracing::error!(?subject, %refusal, "a deadline could not be met and is dropped");
                self.operate_at(merchant, Trigger::Clock, at, |desk| dropped(desk, &subject))
            });
            let Ok::<Done, Refusal>(done) = done else { break };
            let status = status_of(&done, &subject);
            happened.push(Happened { at, merchant_id: merchant.merchant_id.clone(), subject, status });
        }
        happened
    }

    /// Held by whoever meets a merchant's deadlines.
    fn turn(&self, merchant_id: &MerchantId) -> Arc<Mutex<()>> {
        Arc::clone(&self.turns.entry(merchant_id.clone()).or_default())
    }
}

fn lock(turn: &Mutex<()>) -> MutexGuard<'_, ()> {
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The status in which a deadline left the payment that it belonged to.
fn status_of(done: &Done, subject: &Subject) -> Option<Status> {
    let mut changed = done.payment_ids.iter().zip(&done.statuses);
    changed.find(|(id, _)| *subject == Subject::Payment(**id)).map(|(_, status)| *status)
}

/// What time does to a payment or a record.
fn due(desk: &Desk<'_>, subject: &Subject) -> Result<Outcome, Refusal> {
    let nobody = || Refusal::new("E001", format!("internal: {subject:?} has a deadline but no method"));
    match overdue(desk, subject) {
        None => Ok(Outcome::reply(Reply::ok())),
        Some(Overdue::Payment(payment)) => {
            method::for_payment_type(payment.payment_type).ok_or_else(nobody)?.payment_due(desk, payment)
        }
        Some(Overdue::Record(record)) => {
            method::for_record_kind(record.kind).ok_or_else(nobody)?.record_due(desk, record)
        }
    }
}

/// A payment or a record without the deadline that its method cannot meet.
fn dropped(desk: &Desk<'_>, subject: &Subject) -> Result<Outcome, Refusal> {
    let mut outcome = Outcome::reply(Reply::ok());
    match overdue(desk, subject) {
        None => {}
        Some(Overdue::Payment(payment)) => outcome.changes.push(Change::of(payment)),
        Some(Overdue::Record(record)) => outcome.records.push(record),
    }
    Ok(outcome)
}

enum Overdue {
    Payment(Payment),
    Record(Record),
}

/// What a deadline belongs to, without it; nothing when a request was quicker and moved the deadline.
fn overdue(desk: &Desk<'_>, subject: &Subject) -> Option<Overdue> {
    match subject {
        Subject::Payment(payment_id) => {
            let mut payment = desk.payment(*payment_id)?;
            payment.due.take().filter(|due| *due <= desk.now)?;
            Some(Overdue::Payment(payment))
        }
        Subject::Record(kind, key) => {
            let mut record = desk.ledger.record(&desk.merchant.merchant_id, kind, key)?;
            record.due.take().filter(|due| *due <= desk.now)?;
            Some(Overdue::Record(record))
        }
    }
}
