//! 281 change, 282 resume, 283 end and 096 inquiry of recurring charges.

use crate::clock::Moment;
use crate::method::card::recurring::charge::{Charged, charge};
use crate::method::card::recurring::notice::{Event, notice};
use crate::method::card::recurring::start::check_card;
use crate::method::card::recurring::{
    Named, Running, State, check_contract, check_end, conflict, date, identify, schedule,
};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What a 281 asks for. What is `None` stays as it is.
struct Update<'a> {
    named: Named<'a>,
    /// In yen.
    amount: Option<u64>,
    customer_id: Option<&'a str>,
    customer_card_id: Option<&'a str>,
    end: End,
    /// An empty one clears it.
    description: Option<&'a str>,
}

/// What becomes of the day of its end.
enum End {
    Stays,
    Goes,
    Is(Moment),
}

impl<'a> Update<'a> {
    fn read(telegram: &'a Telegram) -> Update<'a> {
        let cleared = |name: Name| telegram.is_emptied(name);
        Update {
            named: Named::read(telegram),
            amount: telegram.number(name::AMOUNT),
            customer_id: telegram.get(name::CUSTOMER_ID),
            customer_card_id: telegram.get(name::CUSTOMER_CARD_ID),
            end: match telegram.get(name::END_SCHEDULED).and_then(date) {
                Some(day) => End::Is(day),
                None if cleared(name::END_SCHEDULED) => End::Goes,
                None => End::Stays,
            },
            description: telegram.get(name::DESCRIPTION).or_else(|| cleared(name::DESCRIPTION).then_some("")),
        }
    }
}

/// Answers 281: from the next charge on.
pub(in crate::method::card) fn change(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let update = Update::read(telegram);
    check_contract(desk)?;
    let (mut running, record) = identify(desk, &update.named)?;
    if matches!(running.state, State::Ended { .. }) {
        return Err(conflict(&running));
    }
    if let Some(amount) = update.amount {
        desk.check_contract(PaymentType::CARD, name::AMOUNT, amount)?;
        running.amount = amount;
    }
    if let Some(customer_id) = update.customer_id {
        running.customer_id = customer_id.to_owned();
    }
    if let Some(card_id) = update.customer_card_id {
        running.customer_card_id = card_id.to_owned();
    }
    if update.customer_id.is_some() || update.customer_card_id.is_some() {
        check_card(desk, running.whose(), &running.customer_card_id)?;
    }
    match update.end {
        End::Stays => {}
        End::Goes => running.end_scheduled = None,
        End::Is(end) => {
            check_end(desk, end, running.first_executed)?;
            running.end_scheduled = Some(end);
        }
    }
    if let Some(description) = update.description {
        running.description = description.to_owned();
    }
    let reply = identity(&record.key, &running);
    Ok(Outcome { records: vec![running.kept(record)], ..Outcome::reply(reply) })
}

/// What a 282 asks for.
struct Resumption<'a> {
    named: Named<'a>,
    /// Whether the failed charge is made up for at once (`retry=0`).
    charges: bool,
}

impl<'a> Resumption<'a> {
    fn read(telegram: &'a Telegram) -> Resumption<'a> {
        Resumption { named: Named::read(telegram), charges: telegram.get(name::RETRY) == Some("0") }
    }
}

/// Answers 282. How a charge that is made up for ends is told by notice and 096 alone.
pub(in crate::method::card) fn resume(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let resumption = Resumption::read(telegram);
    check_contract(desk)?;
    let (mut running, record) = identify(desk, &resumption.named)?;
    let State::Suspended { until, .. } = &running.state else { return Err(conflict(&running)) };
    if desk.now.start_of_day() > *until {
        let rule = text!(
            "この継続課金の再開期限日 ({until}) を過ぎています。",
            "the recurring charge could be resumed until {until}",
            until = until.date8()
        );
        return Err(Refusal::new("P052", rule));
    }
    check_card(desk, running.whose(), &running.customer_card_id)?;
    let next = schedule::next(running.first_executed, running.cycle, running.timing, desk.now);
    running.state = State::Running { next };
    let mut told: Vec<_> = notice(desk, &record.key, &running, Event::Resumed).into_iter().collect();
    let Charged { changes, records } =
        if resumption.charges { charge(desk, &record.key, &mut running)? } else { Charged::default() };
    told.extend(records);
    let reply = identity(&record.key, &running);
    told.push(running.kept(record));
    Ok(Outcome { records: told, ..Outcome::changing(changes, reply) })
}

/// Answers 283.
pub(in crate::method::card) fn end(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let (mut running, record) = identify(desk, &Named::read(telegram))?;
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
    let (running, record) = identify(desk, &Named::read(telegram))?;
    Ok(Outcome::reply(Reply::ok().with(name::RUNNING_ID, record.key).with_all(running.values())))
}

fn identity(running_id: &str, running: &Running) -> Reply {
    Reply::ok().with(name::RUNNING_ID, running_id).with(name::TRADING_ID, running.trading_id.as_str())
}
