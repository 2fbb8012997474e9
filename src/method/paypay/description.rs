//! What the PayPay method says of itself.

use crate::method::description::{Description, HostedPage, HostedRequest, Switch, Tab};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::name;

pub(super) static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "paypay", label: ("PayPay", "PayPay"), has_customer_numbers: false }),
    hosted: Some(HostedPage {
        at_once: true,
        check: few_digits,
        ..HostedPage::of(PaymentType::PAYPAY, ("PayPay", "PayPay"))
    }),
    switches: &[Switch {
        name: "paypay_ships_first",
        label: ("PayPayは出荷売上 (なければ即時売上)", "PayPay: capture when shipping (else at once)"),
        of: |contracts| &mut contracts.paypay.ships_first,
    }],
    ..Description::NONE
};

/// The greatest amount of an application, in yen.
const GREATEST: u64 = 9_999_999;

fn few_digits(request: &HostedRequest) -> Result<(), Refusal> {
    if request.amount > GREATEST {
        let told = text!("PayPayの決済金額は7桁までです。", "PayPay payments have at most 7 digits");
        return Err(Refusal::field("P009", name::ID, told));
    }
    Ok(())
}
