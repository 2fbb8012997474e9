//! What the card method says of itself.

use crate::method::card::Card;
use crate::method::card::states::AUTHENTICATING;
use crate::method::description::{Cell, Column, Description, HostedPage, HostedRequest, Selection, Switch, Tab};
use crate::method::{Desk, Method};
use crate::payment::{Payment, PaymentType, Refusal};
use crate::text::text;
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
    hosted: Some(HostedPage {
        at_once: true,
        check: few_digits,
        demand: contract,
        ..HostedPage::of(PaymentType::CARD, ("クレジットカード", "Credit card"))
    }),
    switches: &[
        Switch {
            name: "token_only",
            label: ("カード情報はトークンのみ (2023)", "Card data as tokens only (2023)"),
            of: |contracts| &mut contracts.token_only,
        },
        Switch {
            name: "stored_cards",
            label: ("カード情報お預かり (P021, P024)", "Stored cards (P021, P024)"),
            of: |contracts| &mut contracts.stored_cards,
        },
        Switch {
            name: "validity_check",
            label: ("有効性チェック (P027)", "Validity check (P027)"),
            of: |contracts| &mut contracts.validity_check,
        },
        Switch {
            name: "correction",
            label: ("補正オーソリ・補正売上 (P029)", "Corrections 028, 029 (P029)"),
            of: |contracts| &mut contracts.correction,
        },
        Switch {
            name: "correction_upwards",
            label: ("増額の補正を許可 (2013)", "Corrections may raise the amount (2013)"),
            of: |contracts| &mut contracts.correction_upwards,
        },
        Switch {
            name: "brand_rule",
            label: (
                "ブランドルール (VISA・Mastercardのオーソリを25日後に取消)",
                "Brand rule (VISA, Mastercard: cancelled after 25 days)",
            ),
            of: |contracts| &mut contracts.brand_rule,
        },
        Switch {
            name: "recurring",
            label: ("継続課金 (P047)", "Recurring charges (P047)"),
            of: |contracts| &mut contracts.recurring,
        },
        Switch {
            name: "three_d_secure",
            label: ("EMV 3Dセキュア (P063)", "EMV 3-D Secure (P063)"),
            of: |contracts| &mut contracts.three_d_secure,
        },
    ],
    selections: &[Selection {
        name: "payment_class",
        label: ("支払区分 (P030)", "Payment classes (P030)"),
        values: &[
            ("10", ("1回払い", "once")),
            ("23", ("ボーナス1回", "bonus")),
            ("61", ("分割", "instalments")),
            ("80", ("リボ", "revolving")),
        ],
        of: |contracts| &mut contracts.payment_classes,
    }],
    ..Description::NONE
};

/// Card networks take seven digits.
const DIGITS: u64 = 9_999_999;

fn few_digits(request: &HostedRequest) -> Result<(), Refusal> {
    if request.amount > DIGITS {
        let rule = text!("カード決済の金額は7桁までです。", "card payments have at most 7 digits");
        return Err(Refusal::field("P009", name::ID, rule));
    }
    Ok(())
}

fn contract(desk: &Desk<'_>, request: &HostedRequest) -> Result<(), Refusal> {
    if request.get(name::THREEDSECURE_RYAKU) != Some("1") && !desk.merchant.contracts.three_d_secure {
        let rule = text!(
            "加盟店に 3Dセキュアの契約がありません。threedsecure_ryaku=1 を送信してください。",
            "the merchant has no contract for 3-D Secure and must send threedsecure_ryaku=1"
        );
        return Err(Refusal::field("P010", name::THREEDSECURE_RYAKU, rule));
    }
    Ok(())
}

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
    let asked = payment.history.iter().any(|step| step.status == AUTHENTICATING);
    let used = asked || !text(payment, name::THREE_D_SECURE_MESSAGE_VERSION).is_empty();
    if used { "○".to_owned() } else { "×".to_owned() }
}
