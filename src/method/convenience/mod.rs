//! Paying at convenience stores: by number (030) and by printed slip (040).

mod barcode;
mod choice;
mod description;
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
pub(crate) use number::{NOTICES, Request as NumberRequest, apply as apply_for_number};
use states::{APPLIED, CLEARED, EXPIRED, REPORTED, WITHDRAWN};
pub use states::{NUMBER, SLIP};
pub use voucher::{Voucher, VoucherStore, voucher};

use crate::method::description::Description;
use crate::method::{Desk, Method, Outcome, Update, UpdateError, UpdateInput, UsualLimit};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// The convenience store methods.
pub struct Convenience;

impl PaymentType {
    /// コンビニ決済(番号方式).
    pub const CONVENIENCE: PaymentType = PaymentType(3);
    /// コンビニ決済(払込票方式).
    pub const CONVENIENCE_SLIP: PaymentType = PaymentType(4);
}

const TYPES: &[PaymentType] = &[PaymentType::CONVENIENCE, PaymentType::CONVENIENCE_SLIP];
const TABLES: &[Table] = &[NUMBER, SLIP];

impl Method for Convenience {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["030", "040"]
    }

    fn description(&self) -> &'static Description {
        &description::DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        match telegram.kind() {
            "030" => number::apply(desk, &telegram.into()),
            _ => slip::apply(desk, &telegram.into()),
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let table = if is_slip(&payment) { &SLIP } else { &NUMBER };
        let mut change = Change::of(payment);
        change.enter(table, Trigger::Clock, EXPIRED, desk.now)?;
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }

    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        if is_slip(&payment) {
            slip_update::update(desk, payment, update)
        } else {
            number_update::update(desk, payment, update)
        }
    }

    fn usual_limits(&self, payment_type: PaymentType, connection_type: &str) -> Vec<UsualLimit> {
        if payment_type == PaymentType::CONVENIENCE { choice::usual_limits(connection_type) } else { Vec::new() }
    }

    /// The chain that took the money; before that those that would.
    fn institution(&self, payment: &Payment) -> String {
        chains(payment, name::CVS_COMPANY_ID)
            .or_else(|| chains(payment, name::USABLE_CVS_COMPANY_ID))
            .unwrap_or_default()
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
            Err(UpdateError::forbidden(text!(
                "番号方式の決済は電文 030 で申し込みます。",
                "a payment by number starts with telegram 030"
            )))
        }
    }

    fn appear_inputs(&self, payment_type: PaymentType) -> Vec<UpdateInput> {
        if payment_type == PaymentType::CONVENIENCE_SLIP { slip_update::appear_inputs() } else { Vec::new() }
    }
}

/// The chains that a payment's attribute names by their codes: `ローソン・ミニストップ`; `None` when it names none.
pub(crate) fn chains(payment: &Payment, attribute: Name) -> Option<String> {
    let codes = payment.attributes.get(attribute)?;
    Some(codes.split('-').map(|code| facts::facts().chain(code)).collect::<Vec<_>>().join("・"))
}

/// CVSタイプ as the merchants' site shows it: the vendor of the payment's number (`merchant_site.md` section 10).
pub(crate) fn vendor_name(payment: &Payment) -> Option<&'static str> {
    Some(facts::facts().vendor(payment.attributes.get(name::CVS_TYPE)?)?.name.as_str())
}

fn is_slip(payment: &Payment) -> bool {
    payment.payment_type == PaymentType::CONVENIENCE_SLIP
}
