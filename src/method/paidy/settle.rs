//! 340 cancel, 341 capture, 342 refund, and what happens when their time has passed (`paidy.toml`).

use serde::{Deserialize, Serialize};

use crate::method::paidy::follow_up::FollowUp;
use crate::method::paidy::states::{
    AUTHORIZATION_EXPIRED, AUTHORIZED, CANCELLED, CANCELLING, CAPTURED, CAPTURED_FOR_GOOD, CAPTURING, REFUNDED,
    REFUNDING,
};
use crate::method::paidy::{TABLE, deadline, valid_until};
use crate::method::{Desk, Failure, Outcome};
use crate::payment::{Change, Payment, Refusal, Status, Trigger};
use crate::text::text;
use crate::wire::{Reply, name};

/// The code of a time-out, after which the gateway looks itself how it ended.
pub(super) const TIMED_OUT: &str = "24005";

/// What can be asked of Paidy about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// オーソリキャンセル.
    Cancel,
    /// 売上.
    Capture,
    /// 返金, whole or in part.
    Refund,
    /// The cancel that the gateway makes by itself when an authorization has expired.
    Expire,
}

impl Operation {
    /// The operation that a telegram asks for.
    pub fn of(kind: &str) -> Option<Operation> {
        match kind {
            "340" => Some(Operation::Cancel),
            "341" => Some(Operation::Capture),
            "342" => Some(Operation::Refund),
            _ => None,
        }
    }

    /// The telegram that asks for it; faults for that kind of telegram concern it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Operation::Cancel | Operation::Expire => "340",
            Operation::Capture => "341",
            Operation::Refund => "342",
        }
    }

    /// `event` of the notices.
    pub(super) fn event(self) -> &'static str {
        match self {
            Operation::Cancel => "cancel",
            Operation::Capture => "capture",
            Operation::Refund => "refund",
            Operation::Expire => "expire",
        }
    }

    /// The one status in which it is possible.
    pub(super) fn before(self) -> Status {
        match self {
            Operation::Refund => CAPTURED,
            _ => AUTHORIZED,
        }
    }

    /// The status while the gateway does not know how it ended.
    pub(super) fn pending(self) -> Status {
        match self {
            Operation::Cancel | Operation::Expire => CANCELLING,
            Operation::Capture => CAPTURING,
            Operation::Refund => REFUNDING,
        }
    }

    /// The status after it, from the one before it or the pending one.
    fn after(self, from: Status) -> Status {
        match self {
            Operation::Expire if from == AUTHORIZED => AUTHORIZATION_EXPIRED,
            Operation::Cancel | Operation::Expire => CANCELLED,
            Operation::Capture => CAPTURED,
            Operation::Refund => REFUNDED,
        }
    }
}

/// Cancels, captures or refunds a payment, for whoever asks. `amount` is what is refunded; everything when absent.
pub fn operate(
    desk: &Desk<'_>,
    operation: Operation,
    payment: Payment,
    amount: Option<u64>,
) -> Result<Outcome, Refusal> {
    if payment.status != operation.before() {
        let rule = text!(
            "電文 {kind} は決済ステータス {needed} の決済だけが対象です（現在 {status}）。",
            "{kind} needs status {needed}; the payment is in {status}",
            kind = operation.kind(),
            needed = operation.before(),
            status = payment.status
        );
        return Err(Refusal::new("24003", rule));
    }
    if amount == Some(0) {
        let rule = text!(
            "amount は 1 円以上で指定してください。全額を返金する場合は省略してください。",
            "amount must be at least 1; leave it out to refund everything"
        );
        return Err(Refusal::field("P010", name::AMOUNT, rule));
    }
    if let Some(amount) = amount.filter(|amount| *amount > payment.amount) {
        let rule = text!(
            "返金額 {amount} 円が決済金額 {whole} 円を超えています。",
            "{amount} yen are more than the payment's {whole} yen",
            amount = amount,
            whole = payment.amount
        );
        return Err(Refusal::new("24007", rule));
    }
    if let Some(until) = valid_until(&payment).filter(|until| desk.now >= *until) {
        let rule = text!(
            "Paidyで電文 {kind} の処理ができる期限 {until} を過ぎています。",
            "at Paidy, {kind} was possible until {until}",
            kind = operation.kind(),
            until = until
        );
        return Err(Refusal::new("24006", rule));
    }
    if let Err(failed) = desk.vendor(operation.kind()) {
        let refusal = failure(&failed);
        if refusal.code != TIMED_OUT {
            return Err(refusal);
        }
        return time_out(desk, operation, payment, amount, failed.done, Reply::refused(refusal));
    }
    let changes = complete(desk, operation, payment, amount)?;
    // The last one is what is left after a partial refund, or the payment itself.
    let told = changes.last().map(Change::payment);
    let field = |name| told.map(|payment| payment.field(name).into_owned()).unwrap_or_default();
    let reply =
        Reply::ok().with(name::PAYMENT_ID, field(name::PAYMENT_ID)).with(name::TRADING_ID, field(name::TRADING_ID));
    Ok(Outcome::changing(changes, reply))
}

/// The payment after an operation, and the new one that holds the rest after a partial refund.
pub(super) fn complete(
    desk: &Desk<'_>,
    operation: Operation,
    payment: Payment,
    amount: Option<u64>,
) -> Result<Vec<Change>, Refusal> {
    let rest = amount.map_or(0, |amount| payment.amount.saturating_sub(amount));
    let now = desk.now.datetime14();
    let old = payment.clone();
    let mut change = Change::of(payment);
    change.enter(&TABLE, desk.by, operation.after(old.status), desk.now)?;
    match operation {
        // A notice of 60 still carries the capture's payment_date (`seed_requirements.md` P9).
        Operation::Cancel | Operation::Refund => change.set([(name::CANCEL_DATE, now.as_str())]),
        Operation::Capture => change.set([(name::PAYMENT_DATE, now.as_str())]),
        Operation::Expire => change.set([(name::CANCEL_DATE, now.as_str())]),
    }
    tell(&mut change, operation, None);
    if let Some(due) = deadline(change.payment()) {
        change.set_due(due);
    }
    if operation != Operation::Refund || rest == 0 {
        return Ok(vec![change]);
    }
    let mut left = desk.create_successor(&TABLE, CAPTURED, &old, rest)?;
    left.set_init_date(old.init_date);
    left.set_named(old.attributes.iter().filter(|(name, _)| *name != Payment::BASE));
    change.set_successor(left.payment().payment_id);
    tell(&mut left, operation, None);
    if let Some(due) = deadline(left.payment()) {
        left.set_due(due);
    }
    Ok(vec![change, left])
}

/// Paidy did not answer in time: the payment waits for the gateway to ask again.
pub(super) fn time_out(
    desk: &Desk<'_>,
    operation: Operation,
    payment: Payment,
    amount: Option<u64>,
    done: bool,
    reply: Reply,
) -> Result<Outcome, Refusal> {
    let follow_up = FollowUp { payment_id: payment.payment_id, operation, amount, done };
    let mut change = Change::of(payment);
    change.enter(&TABLE, desk.by, operation.pending(), desk.now)?;
    Ok(Outcome { records: vec![follow_up.record(desk)], ..Outcome::changing(vec![change], reply) })
}

/// What the daily run does to a payment whose time has passed.
pub(super) fn expire(desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
    match payment.status {
        AUTHORIZED => match desk.vendor(Operation::Expire.kind()) {
            Err(failed) if failed.code == TIMED_OUT => {
                time_out(desk, Operation::Expire, payment, None, true, Reply::ok())
            }
            Err(_) => {
                // Refused by Paidy today; the run of the next day tries again.
                let mut change = Change::of(payment);
                change.set_due(desk.now.plus_days(1));
                Ok(Outcome::changing(vec![change], Reply::ok()))
            }
            Ok(()) => Ok(Outcome::changing(complete(desk, Operation::Expire, payment, None)?, Reply::ok())),
        },
        CAPTURED => {
            let mut change = Change::of(payment);
            change.enter(&TABLE, Trigger::Clock, CAPTURED_FOR_GOOD, desk.now)?;
            tell(&mut change, Operation::Expire, None);
            Ok(Outcome::changing(vec![change], Reply::ok()))
        }
        _ => Ok(Outcome::changing(vec![Change::of(payment)], Reply::ok())),
    }
}

/// Sets what a notice says about the event that led into the status entered last.
pub(super) fn tell(change: &mut Change, operation: Operation, error: Option<&str>) {
    change.set([
        (name::EVENT, operation.event()),
        (name::EVENT_RESULT, if error.is_some() { "failure" } else { "success" }),
        (name::EVENT_ERROR_CODE, error.unwrap_or_default()),
    ]);
}

/// A failure on purpose as a Paidy code; codes of other vendors mean that Paidy could not be reached.
pub(super) fn failure(failed: &Failure) -> Refusal {
    let code = if failed.code.starts_with("240") { failed.code.as_str() } else { "24004" };
    let refusal = Refusal::new(code, text!("Paidyの応答として設定された障害です。", "Paidy was made to answer so"));
    match failed.detail.as_str() {
        "" => refusal,
        detail => Refusal::with_detail(code, detail, refusal.explanation),
    }
}
