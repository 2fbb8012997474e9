//! 280: a recurring charge starts; when its first day is today, it charges at once.

use jiff::Span;

use crate::method::card::recurring::charge::{Charged, charge};
use crate::method::card::recurring::notice::{Event, notice};
use crate::method::card::recurring::{KIND, Running, State, check_contract, check_end, date};
use crate::method::card::vault;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::wire::{Reply, Telegram};

/// Ids have eight digits and start here.
const FIRST_ID: u64 = 50_000_000;

/// Answers 280.
pub(in crate::method::card) fn start(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let amount = telegram.number("amount").unwrap_or_default();
    desk.check_contract(PaymentType::CARD, "amount", amount)?;
    let (site_id, customer_id) = (telegram.or_default("site_id"), telegram.or_default("customer_id"));
    let card_id = telegram.or_default("customer_card_id");
    check_card(desk, site_id, customer_id, card_id)?;
    let today = desk.now.start_of_day();
    let latest = today.plus(Span::new().months(6));
    let first = date(telegram.or_default("first_executed")).filter(|first| (today..=latest).contains(first));
    let Some(first_executed) = first else {
        let rule = format!("first_executed must lie between {} and {}", today.date8(), latest.date8());
        return Err(Refusal::field("P049", "first_executed", rule));
    };
    let end_scheduled = telegram.get("end_scheduled").and_then(date);
    if let Some(end) = end_scheduled {
        check_end(desk, end, first_executed)?;
    }
    let small = |name: &str| telegram.number(name).and_then(|number| u8::try_from(number).ok()).unwrap_or(1);
    let mut running = Running {
        trading_id: telegram.or_default("trading_id").to_owned(),
        site_id: site_id.to_owned(),
        customer_id: customer_id.to_owned(),
        customer_card_id: card_id.to_owned(),
        amount,
        cycle: small("cycle"),
        timing: small("timing"),
        description: telegram.or_default("description").to_owned(),
        created: desk.now,
        first_executed,
        end_scheduled,
        last_executed: None,
        state: State::Running { next: first_executed },
    };
    let running_id = (FIRST_ID + desk.next_number(KIND)).to_string();
    let mut told: Vec<_> = notice(desk, &running_id, &running, Event::Created).into_iter().collect();
    let Charged { changes, records } =
        if first_executed == today { charge(desk, &running_id, &mut running)? } else { Charged::default() };
    told.extend(records);
    told.push(running.kept(desk.new_record(KIND, running_id.as_str(), &running)));
    let next = match &running.state {
        State::Running { next } => next.date8(),
        // That today's charge failed is only told by what is missing.
        _ => String::new(),
    };
    let reply = Reply::ok()
        .with("running_id", running_id)
        .with("trading_id", running.trading_id)
        .with("created", running.created.datetime14())
        .with("next_scheduled", next);
    Ok(Outcome { records: told, ..Outcome::changing(changes, reply) })
}

/// P048 for a card that is not stored.
pub(super) fn check_card(desk: &Desk<'_>, site_id: &str, customer_id: &str, card_id: &str) -> Result<(), Refusal> {
    match vault::find(desk, site_id, customer_id, Some(card_id)) {
        Some(_) => Ok(()),
        None => Err(Refusal::new("P048", "no card is stored under this customer_id and customer_card_id")),
    }
}
