//! Paying by internet banking: 060 and the pages on which the buyer picks a bank (`net_bank.toml`; `cash_states.md`, type 05).

mod application;
mod apply;
mod choose;
mod states;
mod update;

pub use crate::method::cash::banks::{Bank, Group};
pub use application::Application;
pub(crate) use apply::{Request, Term, apply};
pub use choose::{Visit, application, banks_of, choose, groups, memo, report, visit};
pub use states::TABLE;
use states::{ABANDONED, APPLIED, CLEARED};

use crate::ledger::RecordKind;
use crate::method::cash;
use crate::method::cash::banks::bank_name;
use crate::method::description::{Cell, Column, Description, HostedPage, Tab};
use crate::method::{Desk, Method, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::wire::{Reply, Telegram};

/// The internet banking method.
pub struct NetBank;

impl PaymentType {
    /// 銀行ネット決済.
    pub const NET_BANK: PaymentType = PaymentType(5);
}

const TYPES: &[PaymentType] = &[PaymentType::NET_BANK];
const TABLES: &[Table] = &[TABLE];

static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "net_bank", label: ("銀行ネット", "Net bank"), has_customer_numbers: true }),
    columns: &[Column { heading: "支払機関名(銀行ネット)", cell: Cell::Text(bank_name) }],
    hosted: Some(HostedPage {
        at_once: true,
        check: |request| cash::check_hosted_detail(request, PaymentType::NET_BANK),
        ..HostedPage::of(PaymentType::NET_BANK, ("ネットバンキング", "Online banking"))
    }),
    ..Description::NONE
};

impl Method for NetBank {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["060"]
    }

    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[application::KIND]
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        apply(desk, &telegram.into())
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let mut change = Change::of(payment);
        change.enter(&TABLE, Trigger::Clock, ABANDONED, desk.now)?;
        Ok(Outcome::changing(vec![change], Reply::ok()))
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
