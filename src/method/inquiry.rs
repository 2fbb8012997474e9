//! 091 決済情報差分照会 and 094 決済情報照会, which serve all payment types (`inquiry.toml`).

use crate::method::description::{Description, Switch};
use crate::method::difference::difference;
use crate::method::{Desk, IdentityCodes, METHODS, Method, Named, Outcome};
use crate::payment::{PaymentType, Refusal, Table};
use crate::wire::{Reply, Telegram, catalog, name, numbered};

/// The inquiries that serve all payment types.
pub(super) struct Inquiry;

const CODES: IdentityCodes = IdentityCodes { unknown: "13001", ambiguous: "13002" };

static DESCRIPTION: Description = Description {
    switches: &[Switch {
        name: "opt_in_fields",
        label: ("091・通知の追加項目", "Optional fields of 091 and notices"),
        of: |contracts| &mut contracts.opt_in_fields,
    }],
    ..Description::NONE
};

impl Method for Inquiry {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn payment_types(&self) -> &'static [PaymentType] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["091", "094"]
    }

    /// What is inquired about stands here.
    fn asks_vendor(&self, _kind: &str) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[]
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        if telegram.kind() == "091" {
            return difference(desk, &telegram.into());
        }
        inquire(desk, &telegram.into())
    }
}

/// What 094 asks for.
struct Request<'a> {
    /// 決済種別CD; all types when absent.
    payment_type: Option<PaymentType>,
    named: Named<'a>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        let payment_type = telegram.get(name::PAYMENT_TYPE).and_then(|code| code.parse().ok());
        Request { payment_type, named: telegram.into() }
    }
}

/// Answers 094.
fn inquire(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let types: Vec<PaymentType> = match request.payment_type {
        Some(one) => vec![one],
        None => METHODS.iter().flat_map(|method| method.payment_types()).copied().collect(),
    };
    let payment = desk.identify(request.named, &types, CODES)?;
    let layout = catalog().layout("094", payment.payment_type).unwrap_or_default();
    let values = numbered(layout, |name| !payment.named(name).is_empty()).map(|name| {
        let value = payment.named(&name).into_owned();
        (name, value)
    });
    Ok(Outcome::reply(Reply::ok().laid_out_by(layout).with_all(values)))
}
