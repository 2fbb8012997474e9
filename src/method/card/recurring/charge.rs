//! One charge of a recurring charge, and what time does to it.

use crate::ledger::Record;
use crate::method::card::company::enter_answer;
use crate::method::card::recurring::notice::{Event, notice};
use crate::method::card::recurring::{KIND, Running, State, schedule};
use crate::method::card::states::{APPLIED, REFUSED};
use crate::method::card::{TABLE, stub, token, vault};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, PaymentType, Refusal, Trigger};
use crate::wire::{Reply, name};

/// What a charge changes beside the recurring charge itself.
#[derive(Default)]
pub(super) struct Charged {
    pub(super) changes: Vec<Change>,
    pub(super) records: Vec<Record>,
}

/// Charges once, now; afterwards the recurring charge runs on or is suspended.
pub(super) fn charge(desk: &Desk<'_>, running_id: &str, running: &mut Running) -> Result<Charged, Refusal> {
    let mut charged = Charged::default();
    let next = schedule::next(running.first_executed, running.cycle, running.timing, desk.now);
    running.last_executed = Some(desk.now);
    running.state = match attempt(desk, running_id, running, &mut charged)? {
        Ok(()) => State::Running { next },
        Err(reason) => State::Suspended { until: next.plus_days(-1), reason: reason.to_owned() },
    };
    if matches!(running.state, State::Suspended { .. }) {
        charged.records.extend(notice(desk, running_id, running, Event::Suspended));
    }
    Ok(charged)
}

/// The stored card, its expiry and the contract are looked at first and leave no payment; then the card is charged.
fn attempt(
    desk: &Desk<'_>,
    running_id: &str,
    running: &Running,
    charged: &mut Charged,
) -> Result<Result<(), &'static str>, Refusal> {
    let used = vault::used(desk, running.whose(), &running.customer_card_id);
    let Some((card, use_of_card)) = used else { return Ok(Err("0002")) };
    if token::months_ahead(desk.now, &card.card_valid_term).is_none_or(|ahead| ahead < 0) {
        return Ok(Err("0003"));
    }
    if desk.merchant.contracts.without_payment_types.contains(&PaymentType::CARD) {
        return Ok(Err("0004"));
    }
    let trading_id = Some(running.trading_id.as_str()).filter(|id| !id.is_empty());
    let mut change = desk.create(&TABLE, APPLIED, trading_id, running.amount)?;
    change.set([
        (name::PAYMENT_CLASS, "10"),
        (name::THREE_D_SECURE_RYAKU, "1"),
        (name::SITE_ID, running.site_id.as_str()),
        (name::RUNNING_ID, running_id),
        (name::CUSTOMER_ID, running.customer_id.as_str()),
        (name::CUSTOMER_CARD_ID, running.customer_card_id.as_str()),
    ]);
    // What is charged on a later day was asked for by 280.
    let asked_by = if desk.by == Trigger::telegram(b"282") { "282" } else { "280" };
    let answer = desk.vendor(asked_by).and_then(|()| stub::recurring(&card));
    let refusal = enter_answer(desk, &mut change, &card, answer, true)?;
    if refusal.is_some() && change.payment().status == APPLIED {
        // Nobody tries this payment again.
        change.enter(&TABLE, desk.by, REFUSED, desk.now)?;
    }
    charged.changes.push(change);
    if refusal.is_some() {
        return Ok(Err("0001"));
    }
    charged.records.push(use_of_card);
    Ok(Ok(()))
}

/// A day of a recurring charge has come: it ends, or charges. An end on a day of charge comes first.
pub(in crate::method::card) fn due(desk: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
    let nothing = Outcome::reply(Reply::ok());
    let Ok(mut running) = serde_json::from_str::<Running>(&record.body) else {
        return Ok(Outcome { forgotten: vec![(KIND, record.key)], ..nothing });
    };
    let running_id = record.key.clone();
    let ends =
        running.end_scheduled.is_some_and(|end| end <= desk.now) || matches!(running.state, State::Suspended { .. });
    let Charged { changes, mut records } = if ends {
        running.state = State::Ended { at: desk.now };
        let told = notice(desk, &running_id, &running, Event::Deleted);
        Charged { changes: Vec::new(), records: told.into_iter().collect() }
    } else {
        charge(desk, &running_id, &mut running)?
    };
    records.push(running.kept(record));
    Ok(Outcome { records, ..Outcome::changing(changes, Reply::ok()) })
}
