//! The card that a 020 is to be made with: typed, tokenized, stored, or that of a former payment (`card.toml`, 020).

use crate::ledger::Record;
use crate::method::Desk;
use crate::method::card::direct::{self, CardData, check_security_code};
use crate::method::card::states::{APPLIED, AUTHENTICATING, AUTHENTICATION_ABANDONED, BLOCKED, INVALID, REFUSED};
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::vault::{self, Whose};
use crate::method::card::{CardFacts, TYPES};
use crate::payment::{Refusal, Status};
use crate::text::text;
use crate::wire::{Telegram, name};

/// How long the card of a former payment can be referred to, in months.
const REFERENCE_MONTHS: i32 = 14;
/// Statuses of payments whose card cannot be referred to.
const NO_REFERENCE: [Status; 6] = [APPLIED, REFUSED, AUTHENTICATION_ABANDONED, AUTHENTICATING, BLOCKED, INVALID];

/// How a 020 names its card.
pub(super) struct Designation<'a> {
    /// `card_token`.
    token: Option<&'a str>,
    /// Whether the token is said to hold a security code only (`security_code_token=1`).
    token_of_code: bool,
    direct: CardData<'a>,
    /// Whether a stored card is meant (`stock_card_mode=1`).
    pub(super) is_stored: bool,
    /// Whose stored card.
    pub(super) owner: Whose<'a>,
    /// Which stored card.
    pub(super) customer_card_id: &'a str,
    /// `ref_trading_id`.
    reference: Option<&'a str>,
    /// 決済ID of the first try; without card data its card is meant.
    retried: Option<&'a str>,
    /// Whether there must be a security code (`security_code_use=1`).
    demands_code: bool,
}

/// A card that a telegram designates.
pub(super) struct Designated {
    pub(super) card: CardFacts,
    /// What its use changes if the telegram succeeds: a token is used up, a stored card was used just now.
    pub(super) on_success: Vec<Record>,
}

impl<'a> Designation<'a> {
    pub(super) fn read(telegram: &'a Telegram) -> Designation<'a> {
        let is_set = |name| telegram.get(name) == Some("1");
        Designation {
            token: telegram.get(name::CARD_TOKEN),
            token_of_code: is_set(name::SECURITY_CODE_TOKEN),
            direct: CardData::read(telegram),
            is_stored: is_set(name::STOCK_CARD_MODE),
            owner: vault::whose(telegram),
            customer_card_id: telegram.or_default(name::CUSTOMER_CARD_ID),
            reference: telegram.get(name::REF_TRADING_ID),
            retried: telegram.get(name::PAYMENT_ID),
            demands_code: is_set(name::SECURITY_CODE_USE),
        }
    }

    /// The card that is meant.
    pub(super) fn find(&self, desk: &Desk<'_>) -> Result<Designated, Refusal> {
        let presented = self.token.map(|key| Presented::find(desk, key, CARD_CODES)).transpose()?;
        if let Some(presented) = &presented {
            self.check_combination(presented)?;
        } else if self.token_of_code {
            let rule =
                text!("security_code_token=1 では card_token が必要です。", "security_code_token=1 needs card_token");
            return Err(Refusal::field("P006", name::CARD_TOKEN, rule));
        }
        let code_given = self.direct.has_code || presented.as_ref().is_some_and(|p| p.token.security_code);
        let mut on_success = Vec::new();
        let card = if self.is_stored {
            if self.direct.has_code {
                direct::check_allowed(desk)?;
            }
            let (card, used) = vault::pay_with(desk, self.owner, self.customer_card_id)?;
            on_success.push(used);
            card
        } else if let Some(card) = presented.as_ref().and_then(|presented| presented.token.card.clone()) {
            card
        } else if let Some(reference) = self.reference {
            referred_card(desk, reference)?
        } else if let Some(card) = self.retried_card(desk) {
            card
        } else {
            self.direct.reduce(desk)?
        };
        check_security_code(self.demands_code, code_given)?;
        on_success.extend(presented.map(Presented::used));
        Ok(Designated { card, on_success })
    }

    /// 2024, 2025 and 2026: a token beside other ways to designate a card.
    fn check_combination(&self, presented: &Presented) -> Result<(), Refusal> {
        let code_only = presented.token.card.is_none();
        if code_only != self.token_of_code {
            let rule = if code_only {
                text!(
                    "トークンにセキュリティコードしか含まれていません。security_code_token=1 と登録カードを指定してください。",
                    "the token holds a security code only: send security_code_token=1 and a stored card"
                )
            } else {
                text!(
                    "security_code_token=1 では createCvcToken で生成したトークンが必要です。",
                    "security_code_token=1 needs a token made by createCvcToken"
                )
            };
            return Err(Refusal::new("2026", rule));
        }
        if self.direct.is_given() || self.reference.is_some() || (self.is_stored && !code_only) {
            let (code, rule) = if code_only {
                let rule = text!(
                    "セキュリティコードのトークンは登録カードとだけ併用できます。カード情報や ref_trading_id は指定できません。",
                    "a security-code token goes with a stored card only, not with card data or ref_trading_id"
                );
                ("2025", rule)
            } else {
                let rule = text!(
                    "カードのトークンと同時に、カード情報、ref_trading_id、stock_card_mode=1 は指定できません。",
                    "a card token goes without card data, ref_trading_id and stock_card_mode=1"
                );
                ("2024", rule)
            };
            return Err(Refusal::new(code, rule));
        }
        if code_only && !self.is_stored {
            let rule = text!(
                "security_code_token=1 では stock_card_mode=1 が必要です。",
                "security_code_token=1 needs stock_card_mode=1"
            );
            return Err(Refusal::field("P006", name::STOCK_CARD_MODE, rule));
        }
        Ok(())
    }

    /// The card of the first try, which a retry without card data means.
    fn retried_card(&self, desk: &Desk<'_>) -> Option<CardFacts> {
        let id = self.retried.filter(|_| !self.direct.has_number())?;
        CardFacts::of(&desk.payment(id.parse().ok()?)?.attributes)
    }
}

/// The card of the newest payment with this trading id that was more than an application (`card.toml`, `ref_trading_id`).
pub(super) fn referred_card(desk: &Desk<'_>, reference: &str) -> Result<CardFacts, Refusal> {
    let payments = desk.payments_of(reference);
    let oldest = desk.now.plus(jiff::Span::new().months(-REFERENCE_MONTHS));
    let card = payments
        .iter()
        .rev()
        .filter(|payment| TYPES.contains(&payment.payment_type) && payment.init_date >= oldest)
        .find(|payment| !NO_REFERENCE.contains(&payment.status))
        .and_then(|payment| CardFacts::of(&payment.attributes));
    card.ok_or_else(|| {
        let rule = text!(
            "この ref_trading_id のカード決済は過去14か月以内にありません (ステータス 10 と 11 は対象外)。",
            "no card payment of the last 14 months with this ref_trading_id (those in status 10 and 11 do not count)"
        );
        Refusal::new("2009", rule)
    })
}
