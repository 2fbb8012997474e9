//! What the card method says of itself.

use crate::method::Method;
use crate::method::card::Card;
use crate::method::description::{Cell, Column, Description, Tab};
use crate::payment::{Payment, Status};
use crate::wire::{Name, name};

pub(super) static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "card", label: ("クレジットカード", "Card"), has_customer_numbers: false }),
    columns: &[
        Column { heading: "支払機関名(カード)", cell: Cell::Text(|payment| Card.institution(payment)) },
        Column { heading: "カード番号", cell: Cell::Text(|payment| masked(payment, "**** **** **** ****")) },
        Column { heading: "カード有効期限", cell: Cell::Text(|payment| masked(payment, "**/**")) },
        Column { heading: "支払区分", cell: Cell::Text(payment_class) },
        Column { heading: "国内カード／海外カード", cell: Cell::Text(home_or_abroad) },
        Column { heading: "3Dセキュア利用", cell: Cell::Text(three_d_secure) },
    ],
    ..Description::NONE
};

fn text(payment: &Payment, name: Name) -> &str {
    payment.attributes.get(name).unwrap_or_default()
}

/// The file shows nothing of a card but that there is one.
fn masked(payment: &Payment, mask: &str) -> String {
    if text(payment, name::MASKED_CARD_NUMBER).is_empty() { String::new() } else { mask.to_owned() }
}

fn payment_class(payment: &Payment) -> String {
    let class = match text(payment, name::PAYMENT_CLASS) {
        "10" => "1回払い",
        "23" => "ボーナス1回払い",
        "61" => "分割払い",
        "80" => "リボルビング払い",
        other => other,
    };
    class.to_owned()
}

fn home_or_abroad(payment: &Payment) -> String {
    let class = match text(payment, name::JOHO_ISSUR_TYPE) {
        "0" => "国内カード",
        "1" => "海外カード",
        other => other,
    };
    class.to_owned()
}

fn three_d_secure(payment: &Payment) -> String {
    let asked = payment.history.iter().any(|step| step.status == Status(14));
    let used = asked || !text(payment, name::THREE_D_SECURE_MESSAGE_VERSION).is_empty();
    if used { "○".to_owned() } else { "×".to_owned() }
}
