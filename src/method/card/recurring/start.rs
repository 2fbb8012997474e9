//! 280: a recurring charge starts; when its first day is today, it charges at once.

use jiff::Span;

use crate::method::card::recurring::charge::{Charged, charge};
use crate::method::card::recurring::notice::{Event, notice};
use crate::method::card::recurring::{KIND, Running, State, check_contract, check_end, date};
use crate::method::card::vault;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// Ids have eight digits and start here.
const FIRST_ID: u64 = 50_000_000;

/// Answers 280.
pub(in crate::method::card) fn start(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let amount = telegram.number(name::AMOUNT).unwrap_or_default();
    desk.check_contract(PaymentType::CARD, name::AMOUNT, amount)?;
    let (site_id, customer_id) = (telegram.or_default(name::SITE_ID), telegram.or_default(name::CUSTOMER_ID));
    let card_id = telegram.or_default(name::CUSTOMER_CARD_ID);
    check_card(desk, site_id, customer_id, card_id)?;
    let today = desk.now.start_of_day();
    let latest = today.plus(Span::new().months(6));
    let first = date(telegram.or_default(name::FIRST_EXECUTED)).filter(|first| (today..=latest).contains(first));
    let Some(first_executed) = first else {
        let rule = text!(
            "first_executed は {earliest} から {latest} までの日付を指定してください。",
            "first_executed must lie between {earliest} and {latest}",
            earliest = today.date8(),
            latest = latest.date8()
        );
        return Err(Refusal::field("P049", name::FIRST_EXECUTED, rule));
    };
    let end_scheduled = telegram.get(name::END_SCHEDULED).and_then(date);
    if let Some(end) = end_scheduled {
        check_end(desk, end, first_executed)?;
    }
    let small = |name: Name| telegram.number(name).and_then(|number| u8::try_from(number).ok()).unwrap_or(1);
    let mut running = Running {
        trading_id: telegram.or_default(name::TRADING_ID).to_owned(),
        site_id: site_id.to_owned(),
        customer_id: customer_id.to_owned(),
        customer_card_id: card_id.to_owned(),
        amount,
        cycle: small(name::CYCLE),
        timing: small(name::TIMING),
        description: telegram.or_default(name::DESCRIPTION).to_owned(),
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
        .with(name::RUNNING_ID, running_id)
        .with(name::TRADING_ID, running.trading_id)
        .with(name::CREATED, running.created.datetime14())
        .with(name::NEXT_SCHEDULED, next);
    Ok(Outcome { records: told, ..Outcome::changing(changes, reply) })
}

/// P048 for a card that is not stored.
pub(super) fn check_card(desk: &Desk<'_>, site_id: &str, customer_id: &str, card_id: &str) -> Result<(), Refusal> {
    match vault::find(desk, site_id, customer_id, Some(card_id)) {
        Some(_) => Ok(()),
        None => {
            let rule = text!(
                "この customer_id と customer_card_id のカードは登録されていません。",
                "no card is stored under this customer_id and customer_card_id"
            );
            Err(Refusal::new("P048", rule))
        }
    }
}
