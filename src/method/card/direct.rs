//! Card data that a telegram brings itself (直接指定).

use crate::clock::Moment;
use crate::method::Desk;
use crate::method::card::{CardFacts, token};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Name, Telegram, name};

/// Number, expiry and security code as they stand in the telegram, and nowhere else.
#[derive(Clone, Copy)]
pub(super) struct CardData<'a> {
    number: Option<&'a str>,
    valid_term: Option<&'a str>,
    /// Whether there is a security code, of which nobody needs to know more.
    pub(super) has_code: bool,
}

impl<'a> CardData<'a> {
    pub(super) fn read(telegram: &'a Telegram) -> CardData<'a> {
        CardData {
            number: telegram.secret(name::CARD_NUMBER),
            valid_term: telegram.secret(name::CARD_VALID_TERM),
            has_code: telegram.has(name::CARD_CONF_NUMBER),
        }
    }

    /// Whether there is any of it.
    pub(super) fn is_given(self) -> bool {
        self.has_number() || self.valid_term.is_some() || self.has_code
    }

    /// Whether there is a number.
    pub(super) fn has_number(self) -> bool {
        self.number.is_some()
    }

    /// Whether number and expiry are both there.
    pub(super) fn is_complete(self) -> bool {
        self.has_number() && self.valid_term.is_some()
    }

    /// What is kept of the card: 2023, P005 and P010.
    pub(super) fn reduce(self, desk: &Desk<'_>) -> Result<CardFacts, Refusal> {
        check_allowed(desk)?;
        let needed = |value: Option<&'a str>, name: Name| {
            value.ok_or_else(|| {
                let rule = text!(
                    "{name} が指定されていません。再申込する決済にもカード情報がありません。",
                    "{name} is missing; the payment to retry has no card either",
                    name = name
                );
                Refusal::field("P005", name, rule)
            })
        };
        let number = needed(self.number, name::CARD_NUMBER)?;
        let valid_term = needed(self.valid_term, name::CARD_VALID_TERM)?;
        check_expiry(desk.now, valid_term)?;
        Ok(CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, number, valid_term))
    }
}

/// 2023 for a merchant that may not send card data itself.
pub(super) fn check_allowed(desk: &Desk<'_>) -> Result<(), Refusal> {
    if desk.merchant.contracts.token_only {
        let rule = text!(
            "加盟店の契約では、カード情報はトークンでのみ送信できます (contracts.token_only)。",
            "the merchant's contract allows card data as tokens only (contracts.token_only)"
        );
        return Err(Refusal::new("2023", rule));
    }
    Ok(())
}

/// P010 unless the expiry lies between this month and twenty years ahead (`test_cards.md` section 3).
pub(super) fn check_expiry(now: Moment, valid_term: &str) -> Result<(), Refusal> {
    if token::is_usable(now, valid_term) {
        return Ok(());
    }
    let rule = text!(
        "card_valid_term は MMYY 形式で、当月から20年後までを指定してください。",
        "card_valid_term is MMYY, from the current month to 20 years ahead"
    );
    Err(Refusal::field("P010", name::CARD_VALID_TERM, rule))
}

/// P006 when a security code is demanded (`security_code_use=1`) and none came along.
pub(super) fn check_security_code(demanded: bool, given: bool) -> Result<(), Refusal> {
    if demanded && !given {
        let rule = text!(
            "security_code_use=1 ではセキュリティコードが必須です (card_conf_number、またはセキュリティコード付きのトークン)。",
            "security_code_use=1 demands a security code (card_conf_number, or a token made with one)"
        );
        return Err(Refusal::field("P006", name::CARD_CONF_NUMBER, rule));
    }
    Ok(())
}
