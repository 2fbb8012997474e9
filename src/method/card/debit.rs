//! 113 debit / prepaid check (`card_vault.toml`; `test_cards.md` section 6).

use crate::method::card::designate::referred_card;
use crate::method::card::direct::check_allowed;
use crate::method::card::rules::rules;
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::{CardFacts, vault};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What a 113 asks about (`search_with`).
enum Search<'a> {
    /// The card of a token.
    Token(&'a str),
    /// A stored card.
    Stored { owner: vault::Whose<'a>, customer_card_id: &'a str },
    /// The card of a former payment.
    Payment(&'a str),
    /// A card's number.
    Number(&'a str),
}

impl<'a> Search<'a> {
    /// Reads a 113: 2027 when what it searches with is not there.
    fn read(telegram: &'a Telegram) -> Result<Search<'a>, Refusal> {
        let method = telegram.or_default(name::SEARCH_WITH);
        let needed = |name: Name| {
            telegram.secret(name).ok_or_else(|| {
                let rule = text!(
                    "search_with={method} では {name} が必要です。",
                    "search_with={method} needs {name}",
                    method = method,
                    name = name
                );
                Refusal::new("2027", rule)
            })
        };
        Ok(match method {
            "token" => Search::Token(needed(name::CARD_TOKEN)?),
            "customer" => Search::Stored {
                owner: [telegram.or_default(name::SITE_ID), needed(name::CUSTOMER_ID)?],
                customer_card_id: needed(name::CUSTOMER_CARD_ID)?,
            },
            "trading_id" => Search::Payment(needed(name::REF_TRADING_ID)?),
            _ => Search::Number(needed(name::CARD_NUMBER)?),
        })
    }

    fn find(self, desk: &Desk<'_>) -> Result<CardFacts, Refusal> {
        match self {
            Search::Token(key) => Presented::find(desk, key, CARD_CODES)?.token.card.ok_or_else(|| {
                let rule =
                    text!("トークンにセキュリティコードしか含まれていません。", "the token holds a security code only");
                Refusal::new("2026", rule)
            }),
            Search::Stored { owner, customer_card_id } => {
                let stored = vault::find(desk, owner, Some(customer_card_id));
                stored.map(|stored| stored.card).ok_or_else(|| {
                    let rule = text!(
                        "この customer_id と customer_card_id のカードは登録されていません。",
                        "no card is stored under this customer_id and customer_card_id"
                    );
                    Refusal::new("P022", rule)
                })
            }
            Search::Payment(reference) => referred_card(desk, reference),
            Search::Number(number) => {
                check_allowed(desk)?;
                Ok(CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, number, ""))
            }
        }
    }
}

/// Answers 113. A token that it is given is not used up.
pub(super) fn debit(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let card = Search::read(telegram)?.find(desk)?;
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
