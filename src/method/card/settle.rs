//! 021 authorization cancel, 022 capture, 023 capture cancel (`card.toml`; `card_states.md` section 3).

use crate::method::card::settlement::Settlement;
use crate::method::card::{CODES, Failure, TABLE, TYPES, deadline, stub};
use crate::method::{Desk, Named, Outcome};
use crate::payment::{Change, Refusal, Status};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// Answers 021, 022 or 023.
pub(super) fn settle(desk: &Desk<'_>, telegram: &Telegram, operation: Settlement) -> Result<Outcome, Refusal> {
    let named = Named::from(telegram);
    let payment = desk.identify(named, TYPES, CODES)?;
    check_status(desk, operation, payment.status)?;
    let answer = stub::operation(desk, operation, &payment);
    let mut change = Change::of(payment);
    let reply = match lead(desk, &mut change, operation, answer)? {
        None => Reply::ok().with(name::PAYMENT_ID, change.payment().payment_id.to_string()),
        Some(refusal) => Reply::refused(refusal),
    };
    let reply = reply.with(name::TRADING_ID, named.trading_id.unwrap_or_default());
    Ok(Outcome::changing(vec![change], reply))
}

/// 2007 when it is too late, 2004 when the status does not allow it.
fn check_status(desk: &Desk<'_>, operation: Settlement, status: Status) -> Result<(), Refusal> {
    let kind = operation.kind();
    if operation.is_late(status) {
        let rule = text!(
            "{kind} の期限を過ぎています。この決済はステータス {status} です。",
            "the payment's time limit for {kind} has passed: it is in status {status}",
            kind = kind,
            status = status
        );
        return Err(Refusal::new("2007", rule));
    }
    if !TABLE.next(Some(status), desk.by).any(|next| operation.path().contains(&next) || next == status) {
        let rule = text!(
            "ステータス {status} の決済に {kind} は実行できません。",
            "{kind} is not possible in status {status}",
            kind = kind,
            status = status
        );
        return Err(Refusal::new("2004", rule));
    }
    Ok(())
}

/// Leads a payment along the path of an operation as far as the card company lets it.
///
/// Returns the card company's refusal; the payment then stays in the status in which it was asked. A
/// payment that is past the operation already is left as it is.
pub(super) fn lead(
    desk: &Desk<'_>,
    change: &mut Change,
    operation: Settlement,
    answer: Result<(), Failure>,
) -> Result<Option<Refusal>, Refusal> {
    let path = operation.path();
    let next_of =
        |status: Status| TABLE.next(Some(status), desk.by).find(|next| path.contains(next) && *next != status);
    let before = change.payment().status;
    if before != path[0] && next_of(before) == Some(path[0]) {
        change.enter(&TABLE, desk.by, path[0], desk.now)?;
    }
    if next_of(change.payment().status).is_none() {
        return Ok(None);
    }
    if let Err(failure) = answer {
        // A failure can come after the first steps.
        while failure.leaves.is_some_and(|leaves| path.contains(&leaves) && leaves > change.payment().status) {
            let Some(next) = next_of(change.payment().status) else { break };
            change.enter(&TABLE, desk.by, next, desk.now)?;
        }
        return Ok(Some(failure.refusal()));
    }
    while let Some(next) = next_of(change.payment().status) {
        change.enter(&TABLE, desk.by, next, desk.now)?;
    }
    let now = desk.now.datetime14();
    match operation {
        Settlement::Cancel => change.set([(name::CANCEL_DATE, now.as_str())]),
        Settlement::Capture => change.set([(name::PAYMENT_DATE, now.as_str())]),
        // The notice of a cancelled capture shows the time of the cancel as its payment date too
        // (`seed_requirements.md`, "Points to clear up", 1).
        Settlement::Refund => change.set([(name::CANCEL_DATE, now.as_str()), (name::PAYMENT_DATE, now.as_str())]),
    }
    if let Some(due) = deadline(change.payment().status, desk.now) {
        change.set_due(due);
    }
    Ok(None)
}
