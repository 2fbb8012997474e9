//! 280: a recurring charge starts; when its first day is today, it charges at once.

use jiff::Span;

use crate::clock::Moment;
use crate::method::card::recurring::charge::{Charged, charge};
use crate::method::card::recurring::notice::{Event, notice};
use crate::method::card::recurring::{KIND, Running, State, check_contract, check_end, date};
use crate::method::card::vault::{self, Whose, whose};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// Ids have eight digits and start here.
const FIRST_ID: u64 = 50_000_000;

/// What a 280 asks for.
struct Start<'a> {
    trading_id: &'a str,
    whose: Whose<'a>,
    customer_card_id: &'a str,
    /// In yen.
    amount: u64,
    /// Every so many months.
    cycle: u8,
    /// On which day of the month.
    timing: u8,
    description: &'a str,
    /// The midnight that the day of the first charge begins with.
    first_executed: Option<Moment>,
    /// The same of the day of its end, if it has one.
    end_scheduled: Option<Moment>,
}

impl<'a> Start<'a> {
    fn read(telegram: &'a Telegram) -> Start<'a> {
        let small = |name: Name| telegram.number(name).and_then(|number| u8::try_from(number).ok()).unwrap_or(1);
        Start {
            trading_id: telegram.or_default(name::TRADING_ID),
            whose: whose(telegram),
            customer_card_id: telegram.or_default(name::CUSTOMER_CARD_ID),
            amount: telegram.number(name::AMOUNT).unwrap_or_default(),
            cycle: small(name::CYCLE),
            timing: small(name::TIMING),
            description: telegram.or_default(name::DESCRIPTION),
            first_executed: telegram.get(name::FIRST_EXECUTED).and_then(date),
            end_scheduled: telegram.get(name::END_SCHEDULED).and_then(date),
        }
    }

    /// The day of the first charge: P049 unless it is today or in the six months to come.
    fn first_day(&self, desk: &Desk<'_>) -> Result<Moment, Refusal> {
        let today = desk.now.start_of_day();
        let latest = today.plus(Span::new().months(6));
        self.first_executed.filter(|first| (today..=latest).contains(first)).ok_or_else(|| {
            let rule = text!(
                "first_executed は {earliest} から {latest} までの日付を指定してください。",
                "first_executed must lie between {earliest} and {latest}",
                earliest = today.date8(),
                latest = latest.date8()
            );
            Refusal::field("P049", name::FIRST_EXECUTED, rule)
        })
    }
}

/// Answers 280.
pub(in crate::method::card) fn start(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let request = Start::read(telegram);
    check_contract(desk)?;
    desk.check_contract(PaymentType::CARD, name::AMOUNT, request.amount)?;
    check_card(desk, request.whose, request.customer_card_id)?;
    let first_executed = request.first_day(desk)?;
    if let Some(end) = request.end_scheduled {
        check_end(desk, end, first_executed)?;
    }
    let [site_id, customer_id] = request.whose.map(str::to_owned);
    let mut running = Running {
        trading_id: request.trading_id.to_owned(),
        site_id,
        customer_id,
        customer_card_id: request.customer_card_id.to_owned(),
        amount: request.amount,
        cycle: request.cycle,
        timing: request.timing,
        description: request.description.to_owned(),
        created: desk.now,
        first_executed,
        end_scheduled: request.end_scheduled,
        last_executed: None,
        state: State::Running { next: first_executed },
    };
    let running_id = (FIRST_ID + desk.next_number(KIND)).to_string();
    let mut told: Vec<_> = notice(desk, &running_id, &running, Event::Created).into_iter().collect();
    let Charged { changes, records } = if first_executed == desk.now.start_of_day() {
        charge(desk, &running_id, &mut running)?
    } else {
        Charged::default()
    };
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
pub(super) fn check_card(desk: &Desk<'_>, whose: Whose<'_>, card_id: &str) -> Result<(), Refusal> {
    match vault::find(desk, whose, Some(card_id)) {
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
