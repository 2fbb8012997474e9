//! 281 change, 282 resume, 283 end and 096 inquiry of recurring charges.

use crate::method::card::recurring::charge::{Charged, charge};
use crate::method::card::recurring::notice::{Event, notice};
use crate::method::card::recurring::start::check_card;
use crate::method::card::recurring::{Running, State, check_contract, check_end, conflict, date, identify, schedule};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// Answers 281: from the next charge on. What is absent stays; end and description are cleared when sent empty.
pub(in crate::method::card) fn change(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let (mut running, record) = identify(desk, telegram)?;
    if matches!(running.state, State::Ended { .. }) {
        return Err(conflict(&running));
    }
    if let Some(amount) = telegram.number(name::AMOUNT) {
        desk.check_contract(PaymentType::CARD, name::AMOUNT, amount)?;
        running.amount = amount;
    }
    if let Some(customer_id) = telegram.get(name::CUSTOMER_ID) {
        running.customer_id = customer_id.to_owned();
    }
    if let Some(card_id) = telegram.get(name::CUSTOMER_CARD_ID) {
        running.customer_card_id = card_id.to_owned();
    }
    if telegram.has(name::CUSTOMER_ID) || telegram.has(name::CUSTOMER_CARD_ID) {
        check_card(desk, &running.site_id, &running.customer_id, &running.customer_card_id)?;
    }
    if let Some(end) = telegram.get(name::END_SCHEDULED).and_then(date) {
        check_end(desk, end, running.first_executed)?;
        running.end_scheduled = Some(end);
    } else if telegram.is_emptied(name::END_SCHEDULED) {
        running.end_scheduled = None;
    }
    if telegram.has(name::DESCRIPTION) || telegram.is_emptied(name::DESCRIPTION) {
        running.description = telegram.or_default(name::DESCRIPTION).to_owned();
    }
    let reply = identity(&record.key, &running);
    Ok(Outcome { records: vec![running.kept(record)], ..Outcome::reply(reply) })
}

/// Answers 282. With `retry=0` the failed charge is made up for at once; how that ends is told by notice and 096 alone.
pub(in crate::method::card) fn resume(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let (mut running, record) = identify(desk, telegram)?;
    let State::Suspended { until, .. } = &running.state else { return Err(conflict(&running)) };
    if desk.now.start_of_day() > *until {
        let rule = text!(
            "この継続課金を再開できる期限は {until} まででした。",
            "the recurring charge could be resumed until {until}",
            until = until.date8()
        );
        return Err(Refusal::new("P052", rule));
    }
    check_card(desk, &running.site_id, &running.customer_id, &running.customer_card_id)?;
    let next = schedule::next(running.first_executed, running.cycle, running.timing, desk.now);
    running.state = State::Running { next };
    let mut told: Vec<_> = notice(desk, &record.key, &running, Event::Resumed).into_iter().collect();
    let Charged { changes, records } = match telegram.get(name::RETRY) {
        Some("0") => charge(desk, &record.key, &mut running)?,
        _ => Charged::default(),
    };
    told.extend(records);
    let reply = identity(&record.key, &running);
    told.push(running.kept(record));
    Ok(Outcome { records: told, ..Outcome::changing(changes, reply) })
}

/// Answers 283.
pub(in crate::method::card) fn end(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let (mut running, record) = identify(desk, telegram)?;
    if matches!(running.state, State::Ended { .. }) {
        return Err(conflict(&running));
    }
    running.state = State::Ended { at: desk.now };
    let mut records: Vec<_> = notice(desk, &record.key, &running, Event::Deleted).into_iter().collect();
    let reply = identity(&record.key, &running).with(name::ENDED, desk.now.datetime14());
    records.push(running.kept(record));
    Ok(Outcome { records, ..Outcome::reply(reply) })
}

/// Answers 096.
pub(in crate::method::card) fn inquire(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let (running, record) = identify(desk, telegram)?;
    Ok(Outcome::reply(Reply::ok().with(name::RUNNING_ID, record.key).with_all(running.values())))
}

fn identity(running_id: &str, running: &Running) -> Reply {
    Reply::ok().with(name::RUNNING_ID, running_id).with(name::TRADING_ID, running.trading_id.as_str())
}
