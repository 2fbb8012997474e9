//! Paying at an ATM (Pay-easy): 010 (`atm.toml`; `cash_states.md`, type 01).

mod apply;
mod update;

use crate::method::{Desk, Method, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, TransitionGroup, Trigger};
use crate::wire::{Reply, Telegram};

/// The ATM method.
pub struct Atm;

/// All transitions of an ATM payment.
pub const TABLE: Table = Table {
    payment_type: PaymentType::ATM,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"010"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Shopper, steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(10, 40)] },
        TransitionGroup { by: Trigger::Tool, steps: &[(10, 40), (10, 12)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(10, 12)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(10, 12)] },
    ],
};

const TYPES: &[PaymentType] = &[PaymentType::ATM];
const TABLES: &[Table] = &[TABLE];

impl Method for Atm {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["010"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        apply::apply(desk, telegram)
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let mut change = Change::of(payment);
        change.enter(&TABLE, Trigger::Clock, Status(12), desk.now)?;
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }

    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        update::update(desk, payment, update)
    }

    fn update_inputs(&self, payment: &Payment, to: Status) -> Vec<UpdateInput> {
        update::inputs(payment, to)
    }
}
