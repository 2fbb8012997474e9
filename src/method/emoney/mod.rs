//! Electronic money (WebMoney): 150, 152, 153 (`emoney.toml`; `cash_states.md`, type 11).

mod apply;
mod page;
mod refund;
mod states;

use std::sync::LazyLock;

use serde::Deserialize;

pub use page::{Screen, abort, complete, outcomes, screen};
pub use states::TABLE;
use states::{APPLIED, CLEARED, CLEARED_FOR_GOOD, REFUNDED};

use crate::clock::Moment;
use crate::fixtures;
use crate::method::description::{Description, Tab};
use crate::method::{Desk, IdentityCodes, Method, Outcome as Decision, Update, UpdateError};
use crate::payment::{Change, Payment, PaymentType, Refusal, Table, Trigger};
use crate::text::text;
use crate::wire::{Reply, Telegram};

/// The electronic money method.
pub struct Emoney;

/// What the test screen lets happen to later refunds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its value in the screen's select.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// The same in English.
    pub english: String,
    /// `response_code` of later refunds; empty when they succeed.
    #[serde(default)]
    pub code: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    valid_minutes: i64,
    refund_days: i64,
    outcome: Vec<Outcome>,
}

fn facts() -> &'static Facts {
    static FACTS: LazyLock<Facts> = LazyLock::new(|| fixtures::parse(fixtures::WEBMONEY));
    &FACTS
}

impl PaymentType {
    /// 電子マネー決済.
    pub const EMONEY: PaymentType = PaymentType(11);
}

const TYPES: &[PaymentType] = &[PaymentType::EMONEY];
const TABLES: &[Table] = &[TABLE];
const CODES: IdentityCodes = IdentityCodes { unknown: "11001", ambiguous: "11002" };

static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "emoney", label: ("電子マネー", "E-money"), has_customer_numbers: false }),
    ..Description::NONE
};

impl Method for Emoney {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["150", "152", "153"]
    }

    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Decision, Refusal> {
        match telegram.kind() {
            "150" => apply::apply(desk, &telegram.into()),
            "152" => refund::cancel(desk, &telegram.into()),
            _ => refund::correct(desk, &telegram.into()),
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Decision, Refusal> {
        let mut change = Change::of(payment);
        change.enter(&TABLE, Trigger::Clock, CLEARED_FOR_GOOD, desk.now)?;
        Ok(Decision::changing(vec![change], Reply::ok()))
    }

    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Decision, UpdateError> {
        if desk.by == Trigger::Tool {
            return Err(UpdateError::forbidden(text!(
                "試験環境ツールは電子マネー決済に対応していません。WebMoneyの試験画面を使用してください。",
                "the test tool does not serve electronic money; use WebMoney's test screen"
            )));
        }
        let mut change = Change::of(payment);
        change.enter(&TABLE, desk.by, update.payment_status, desk.now)?;
        page::pay(desk, &mut change);
        Ok(Decision::changing(vec![change], Reply::ok()))
    }
}

/// When a refund is no longer possible: the first second after the last day that counts.
fn refund_deadline(paid: Moment) -> Moment {
    paid.start_of_day().plus_days(facts().refund_days + 1)
}
