//! Paidy: 340 to 343, the webhook that creates a payment, deadlines (`paidy.md`, `paidy.toml`).
//!
//! No telegram creates a Paidy payment. The buyer's checkout ends at Paidy, whose side is a record here;
//! its webhook then makes the payment.

mod checkout;
mod facts;
mod follow_up;
mod order;
mod settle;
mod states;
#[cfg(test)]
mod tests;

pub use checkout::{PaidyPayment, Webhook, authorize, judge, new_id, of_public_key, receive};
pub use facts::{Account, Facts, facts};
pub use order::Order;
pub use settle::{Operation, operate};
pub use states::TABLE;
use states::{AUTHORIZED, CAPTURED};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::description::{Description, Tab, ToldAddress};
use crate::method::site::{self, SiteOperation};
use crate::method::{Desk, IdentityCodes, Method, Named, Outcome};
use crate::payment::{Payment, PaymentType, Refusal, Table};
use crate::wire::{Reply, Telegram, name};

/// The Paidy method.
pub struct Paidy;

impl PaymentType {
    /// Paidy.
    pub const PAIDY: PaymentType = PaymentType(22);
}

const TYPES: &[PaymentType] = &[PaymentType::PAIDY];
const TABLES: &[Table] = &[TABLE];
const CODES: IdentityCodes = IdentityCodes { unknown: "24001", ambiguous: "24002" };

static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "paidy", label: ("Paidy", "Paidy"), has_customer_numbers: false }),
    told: &[ToldAddress { label: "Paidy Webhook URL", path: "/n/paidy/receipt" }],
    ..Description::NONE
};

impl Method for Paidy {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["340", "341", "342", "343"]
    }

    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        desk.check_contract(PaymentType::PAIDY, name::AMOUNT, 0)?;
        match telegram.into() {
            Request::Verify { paidy_payment_id } => checkout::verify(desk, paidy_payment_id),
            Request::Operate { operation, named, amount } => {
                operate(desk, operation, desk.identify(named, TYPES, CODES)?, amount)
            }
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        settle::expire(desk, payment)
    }

    fn site_operations(&self, payment: &Payment) -> Vec<SiteOperation> {
        let button = SiteOperation::telegram;
        match payment.status {
            AUTHORIZED => vec![
                button(site::Operation::Capture, "売上処理", "Capture", "341"),
                button(site::Operation::Cancel, "オーソリキャンセル処理", "Cancel authorization", "340"),
            ],
            CAPTURED => vec![
                button(site::Operation::Refund, "返金(全額)", "Refund all", "342"),
                button(site::Operation::Refund, "返金(一部)", "Refund a part", "342").with_amount(name::AMOUNT),
            ],
            _ => Vec::new(),
        }
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[checkout::PAYMENT, follow_up::FOLLOW_UP]
    }

    fn record_due(&self, desk: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
        match record.kind {
            // A webhook that is refused must not come up for ever.
            checkout::PAYMENT => receive(desk, &record.key, None)
                .or_else(|_| Ok(Outcome { records: vec![record], ..Outcome::reply(Reply::ok()) })),
            follow_up::FOLLOW_UP => follow_up::resolve(desk, record),
            _ => Ok(Outcome::reply(Reply::ok())),
        }
    }
}

/// What the telegrams ask for.
enum Request<'a> {
    /// 340, 341, 342.
    Operate {
        operation: Operation,
        named: Named<'a>,
        /// What is refunded, in yen; everything when absent.
        amount: Option<u64>,
    },
    /// 343.
    Verify {
        /// Paidy's own id of the payment.
        paidy_payment_id: &'a str,
    },
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        match Operation::of(telegram.kind()) {
            Some(operation) => {
                Request::Operate { operation, named: telegram.into(), amount: telegram.number(name::AMOUNT) }
            }
            None => Request::Verify { paidy_payment_id: telegram.get(name::PAIDY_PAYMENT_ID).unwrap_or_default() },
        }
    }
}

/// When Paidy itself stops accepting what a payment's status allows; the gateway notices later.
fn valid_until(payment: &Payment) -> Option<Moment> {
    let (since, days) = match payment.status {
        AUTHORIZED => (payment.init_date, facts().authorization_days),
        CAPTURED => {
            let captured = payment.attributes.get(name::PAYMENT_DATE).and_then(Moment::parse_datetime14);
            (captured.unwrap_or(payment.init_date), facts().refund_days)
        }
        _ => return None,
    };
    Some(since.plus_days(days))
}

/// When the gateway's daily run finds that a payment has expired: the midnight after.
fn deadline(payment: &Payment) -> Option<Moment> {
    valid_until(payment).map(|until| until.start_of_day().plus_days(1))
}
