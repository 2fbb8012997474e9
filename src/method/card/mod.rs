//! Card payments: 020 to 023, 028 and 029 (`card.toml`, `card_states.md`, `test_cards.md`).

pub(crate) mod apply;
mod authorize;
mod correct;
mod facts;
mod issuers;
mod settle;
mod states;
mod stub;

pub use facts::CardFacts;
pub use states::TABLE;
pub use stub::Failure;

use crate::clock::Moment;
use crate::method::{Desk, IdentityCodes, Method, Outcome};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::wire::{Reply, Telegram};

/// The card method.
pub struct Card;

const TYPES: &[PaymentType] = &[PaymentType::CARD];
const TABLES: &[Table] = &[TABLE];
const CODES: IdentityCodes = IdentityCodes { unknown: "2006", ambiguous: "2005" };

impl Method for Card {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["020", "021", "022", "023", "028", "029"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        match telegram.kind() {
            "020" => authorize::authorize(desk, telegram),
            "028" | "029" => correct::correct(desk, telegram),
            _ => settle::settle(desk, telegram),
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let mut change = Change::of(payment);
        if let Some(next) = TABLE.next(Some(change.payment().status), Trigger::Clock).next() {
            change.enter(&TABLE, Trigger::Clock, next, desk.now)?;
        }
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }
}

/// When time alone ends a status that began at `since` (`card_states.md` section 7): the first second after the last day that counts.
fn deadline(status: Status, since: Moment) -> Option<Moment> {
    let days = match status {
        Status(10) => 30,
        Status(14) => 2,
        Status(20) | Status(40) => 60,
        _ => return None,
    };
    Some(since.start_of_day().plus_days(days + 1))
}
