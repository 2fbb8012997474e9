//! Paying at an ATM (Pay-easy): 010 (`atm.toml`; `cash_states.md`, type 01).

mod apply;
mod states;
mod update;

pub(crate) use apply::{Request, apply};
pub use states::TABLE;
use states::{APPLIED, CLEARED, EXPIRED};

use crate::method::cash;
use crate::method::cash::banks::{bank_name, banks};
use crate::method::description::{Cell, Column, Description, HostedPage, HostedRequest, Tab};
use crate::method::{Desk, Method, Outcome, Update, UpdateError, UpdateInput, UsualLimit};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// The ATM method.
pub struct Atm;

impl PaymentType {
    /// ATM決済.
    pub const ATM: PaymentType = PaymentType(1);
}

const TYPES: &[PaymentType] = &[PaymentType::ATM];
const TABLES: &[Table] = &[TABLE];

static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "atm", label: ("ATM", "ATM"), has_customer_numbers: true }),
    columns: &[Column { heading: "支払機関名(ATM)", cell: Cell::Text(bank_name) }],
    hosted: Some(HostedPage {
        check: hosted,
        ..HostedPage::of(PaymentType::ATM, ("ATM（ペイジー）", "ATM (Pay-easy)"))
    }),
    ..Description::NONE
};

/// Terms in minutes are for what is paid at once; stores take one in spite of the interface document (`observed.md`
/// section 8).
fn hosted(request: &HostedRequest) -> Result<(), Refusal> {
    if request.has(name::PAYMENT_TERM_MIN) {
        let rule = text!(
            "payment_type {payment_type} では分単位の期限を指定できません。payment_term_day を指定してください。",
            "payment_type {payment_type} cannot be used with a term in minutes; send payment_term_day",
            payment_type = PaymentType::ATM
        );
        return Err(Refusal::field("P010", name::PAYMENT_TERM_MIN, rule));
    }
    cash::check_hosted_detail(request, PaymentType::ATM)
}

impl Method for Atm {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["010"]
    }

    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        apply(desk, &telegram.into())
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let mut change = Change::of(payment);
        change.enter(&TABLE, Trigger::Clock, EXPIRED, desk.now)?;
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }

    fn usual_limits(&self, _payment_type: PaymentType, _connection_type: &str) -> Vec<UsualLimit> {
        vec![UsualLimit { at: ("", ""), yen: banks().atm.limit }]
    }

    fn institution(&self, payment: &Payment) -> String {
        bank_name(payment)
    }

    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        update::update(desk, payment, update)
    }

    fn update_inputs(&self, payment: &Payment, to: Status) -> Vec<UpdateInput> {
        update::inputs(payment, to)
    }
}
