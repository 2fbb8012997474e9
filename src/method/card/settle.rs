//! 021 authorization cancel, 022 capture, 023 capture cancel (`card.toml`; `card_states.md` section 3).

use crate::method::card::states::EXPIRED;
use crate::method::card::{CODES, Failure, TABLE, TYPES, deadline, stub};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Refusal, Status};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// Answers 021, 022 or 023.
pub(super) fn settle(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let kind = telegram.kind();
    let payment = desk.identify(telegram, TYPES, CODES)?;
    let status = payment.status;
    if EXPIRED.contains(&(status.0, kind)) {
        let rule = text!(
            "{kind} の期限を過ぎています。この決済はステータス {status} です。",
            "the payment's time limit for {kind} has passed: it is in status {status}",
            kind = kind,
            status = status
        );
        return Err(Refusal::new("2007", rule));
    }
    if !TABLE.next(Some(status), desk.by).any(|next| way(kind).contains(&next.0) || next == status) {
        let rule = text!(
            "ステータス {status} の決済に {kind} は実行できません。",
            "{kind} is not possible in status {status}",
            kind = kind,
            status = status
        );
        return Err(Refusal::new("2004", rule));
    }
    let vendor = stub::operation(desk, kind, &payment);
    let mut change = Change::of(payment);
    let reply = match lead(desk, &mut change, kind, vendor)? {
        None => Reply::ok().with(name::PAYMENT_ID, change.payment().payment_id.to_string()),
        Some(refusal) => Reply::refused(refusal),
    };
    let reply = reply.with(name::TRADING_ID, telegram.get(name::TRADING_ID).unwrap_or_default());
    Ok(Outcome::changing(vec![change], reply))
}

/// The statuses of an operation: the one in which the card company is asked, and those after its consent.
fn way(kind: &str) -> &'static [u8] {
    match kind {
        "021" => &[31, 32],
        "022" => &[30, 40],
        _ => &[42, 50, 60],
    }
}

/// Leads a payment along the way of an operation (021, 022 or 023) as far as the card company lets it.
///
/// Returns the card company's refusal; the payment then stays in the status in which it was asked. A
/// payment that is past the operation already is left as it is.
pub(super) fn lead(
    desk: &Desk<'_>,
    change: &mut Change,
    kind: &str,
    vendor: Result<(), Failure>,
) -> Result<Option<Refusal>, Refusal> {
    let way = way(kind);
    let next_of =
        |status: Status| TABLE.next(Some(status), desk.by).find(|next| way.contains(&next.0) && *next != status);
    let before = change.payment().status;
    if before.0 != way[0] && next_of(before) == Some(Status(way[0])) {
        change.enter(&TABLE, desk.by, Status(way[0]), desk.now)?;
    }
    if next_of(change.payment().status).is_none() {
        return Ok(None);
    }
    if let Err(failure) = vendor {
        // A failure can come after the first steps.
        while failure.leaves.is_some_and(|leaves| way.contains(&leaves.0) && leaves.0 > change.payment().status.0) {
            let Some(next) = next_of(change.payment().status) else { break };
            change.enter(&TABLE, desk.by, next, desk.now)?;
        }
        return Ok(Some(failure.refusal()));
    }
    while let Some(next) = next_of(change.payment().status) {
        change.enter(&TABLE, desk.by, next, desk.now)?;
    }
    let now = desk.now.datetime14();
    match kind {
        "021" => change.set([(name::CANCEL_DATE, now.as_str())]),
        "022" => change.set([(name::PAYMENT_DATE, now.as_str())]),
        // The notice of a cancelled capture shows the time of the cancel as its payment date too
        // (`seed_requirements.md`, "Points to clear up", 1).
        _ => change.set([(name::CANCEL_DATE, now.as_str()), (name::PAYMENT_DATE, now.as_str())]),
    }
    if let Some(due) = deadline(change.payment().status, desk.now) {
        change.set_due(due);
    }
    Ok(None)
}
