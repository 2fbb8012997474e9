//! Paying at convenience stores: by number (030) and by printed slip (040).

mod barcode;
mod choice;
mod facts;
mod number;
mod number_update;
mod slip;
mod slip_update;
mod states;
mod tickets;
mod voucher;

use std::collections::BTreeMap;

pub(crate) use choice::{Choice, choices};
pub use states::{NUMBER, SLIP};
pub use voucher::{Voucher, VoucherStore, voucher};

use crate::method::{Desk, Method, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::wire::{Reply, Telegram};

/// The convenience store methods.
pub struct Convenience;

const TYPES: &[PaymentType] = &[PaymentType::CONVENIENCE, PaymentType::CONVENIENCE_SLIP];
const TABLES: &[Table] = &[NUMBER, SLIP];

impl Method for Convenience {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["030", "040"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        match telegram.kind() {
            "030" => number::apply(desk, telegram),
            _ => slip::apply(desk, telegram),
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let table = if is_slip(&payment) { &SLIP } else { &NUMBER };
        let mut change = Change::of(payment);
        change.enter(table, Trigger::Clock, Status(12), desk.now)?;
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }

    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        if is_slip(&payment) {
            slip_update::update(desk, payment, update)
        } else {
            number_update::update(desk, payment, update)
        }
    }

    fn update_targets(&self, payment: &Payment, by: Trigger) -> Vec<Status> {
        if is_slip(payment) {
            SLIP.next(Some(payment.status), by).collect()
        } else {
            number_update::targets(payment, by)
        }
    }

    fn update_inputs(&self, payment: &Payment, to: Status) -> Vec<UpdateInput> {
        if is_slip(payment) { slip_update::inputs(payment, to) } else { number_update::inputs(payment, to) }
    }

    fn appear(
        &self,
        desk: &Desk<'_>,
        payment_type: PaymentType,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Outcome, UpdateError> {
        if payment_type == PaymentType::CONVENIENCE_SLIP {
            slip_update::appear(desk, inputs)
        } else {
            Err(UpdateError::forbidden("a payment by number starts with telegram 030"))
        }
    }

    fn appear_inputs(&self, payment_type: PaymentType) -> Vec<UpdateInput> {
        if payment_type == PaymentType::CONVENIENCE_SLIP { slip_update::appear_inputs() } else { Vec::new() }
    }
}

/// Whether a contract can have this 接続タイプ.
pub fn is_connection_type(id: &str) -> bool {
    facts::facts().has_connection_type(id)
}

fn is_slip(payment: &Payment) -> bool {
    payment.payment_type == PaymentType::CONVENIENCE_SLIP
}
