//! 113 debit / prepaid check (`card_vault.toml`; `test_cards.md` section 6).

use crate::method::card::designate::{check_direct, referred_card};
use crate::method::card::rules::rules;
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::{CardFacts, vault};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// Answers 113. A token that it is given is not used up.
pub(super) fn debit(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let card = card_of(desk, telegram)?;
    let row = rules().debit_prepaid.bins.iter().find(|row| row.bin == card.bin);
    let reply = match row {
        Some(row) => Reply::ok()
            .with(name::CARD_TYPE, row.card_type.as_str())
            .with(name::ISSUR_CLASS, row.issur_class.as_str())
            .with(name::CARD_BRAND, row.brand.as_str()),
        None => Reply::ok().with(name::CARD_TYPE, "other"),
    };
    Ok(Outcome::reply(reply))
}

fn card_of(desk: &Desk<'_>, telegram: &Telegram) -> Result<CardFacts, Refusal> {
    let needed = |name: Name| {
        telegram.secret(name).ok_or_else(|| {
            let rule = text!(
                "search_with={method} では {name} が必要です。",
                "search_with={method} needs {name}",
                method = telegram.or_default(name::SEARCH_WITH),
                name = name
            );
            Refusal::new("2027", rule)
        })
    };
    match telegram.or_default(name::SEARCH_WITH) {
        "token" => {
            let token = Presented::find(desk, needed(name::CARD_TOKEN)?, CARD_CODES)?.token;
            token.card.ok_or_else(|| {
                let rule =
                    text!("トークンにセキュリティコードしか含まれていません。", "the token holds a security code only");
                Refusal::new("2026", rule)
            })
        }
        "customer" => {
            let (customer_id, card_id) = (needed(name::CUSTOMER_ID)?, needed(name::CUSTOMER_CARD_ID)?);
            let stored = vault::find(desk, telegram.or_default(name::SITE_ID), customer_id, Some(card_id));
            stored.map(|stored| stored.card).ok_or_else(|| {
                let rule = text!(
                    "この customer_id と customer_card_id のカードは登録されていません。",
                    "no card is stored under this customer_id and customer_card_id"
                );
                Refusal::new("P022", rule)
            })
        }
        "trading_id" => referred_card(desk, needed(name::REF_TRADING_ID)?),
        _ => {
            let number = needed(name::CARD_NUMBER)?;
            check_direct(desk)?;
            Ok(CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, number, ""))
        }
    }
}
