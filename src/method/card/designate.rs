//! The card that a 020 is to be made with: typed, tokenized, stored, or that of a former payment (`card.toml`, 020).

use crate::clock::Moment;
use crate::ledger::Record;
use crate::method::card::token::{self, CARD_CODES, Presented};
use crate::method::card::{Card, CardFacts, vault};
use crate::method::{Desk, Method};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Telegram, name};

/// How long the card of a former payment can be referred to, in months.
const REFERENCE_MONTHS: i32 = 14;

/// A card that a telegram designates.
pub(super) struct Designated {
    pub(super) card: CardFacts,
    /// What its use changes if the telegram succeeds: a token is used up, a stored card was used just now.
    pub(super) on_success: Vec<Record>,
}

/// The card that a 020 designates.
pub(super) fn card_of(desk: &Desk<'_>, telegram: &Telegram) -> Result<Designated, Refusal> {
    let presented = telegram.get(name::CARD_TOKEN).map(|key| Presented::find(desk, key, CARD_CODES)).transpose()?;
    if let Some(presented) = &presented {
        check_combination(telegram, presented)?;
    } else if telegram.get(name::SECURITY_CODE_TOKEN) == Some("1") {
        let rule =
            text!("security_code_token=1 では card_token が必要です。", "security_code_token=1 needs card_token");
        return Err(Refusal::field("P006", name::CARD_TOKEN, rule));
    }
    let code_given = telegram.has(name::CARD_CONF_NUMBER) || presented.as_ref().is_some_and(|p| p.token.security_code);
    let mut on_success = Vec::new();
    let card = if telegram.get(name::STOCK_CARD_MODE) == Some("1") {
        if telegram.has(name::CARD_CONF_NUMBER) {
            check_direct(desk)?;
        }
        let (card, used) = vault::pay_with(desk, telegram)?;
        on_success.push(used);
        card
    } else if let Some(card) = presented.as_ref().and_then(|presented| presented.token.card.clone()) {
        card
    } else if let Some(reference) = telegram.get(name::REF_TRADING_ID) {
        referred_card(desk, reference)?
    } else if let Some(card) = retried_card(desk, telegram) {
        card
    } else {
        direct_card(desk, telegram)?
    };
    check_security_code(telegram, code_given)?;
    on_success.extend(presented.map(Presented::used));
    Ok(Designated { card, on_success })
}

/// 2024, 2025 and 2026: a token beside other ways to designate a card.
fn check_combination(telegram: &Telegram, presented: &Presented) -> Result<(), Refusal> {
    let code_only = presented.token.card.is_none();
    if code_only != (telegram.get(name::SECURITY_CODE_TOKEN) == Some("1")) {
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
    let stored = telegram.get(name::STOCK_CARD_MODE) == Some("1");
    if has_direct_data(telegram) || telegram.has(name::REF_TRADING_ID) || (stored && !code_only) {
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
    if code_only && !stored {
        let rule = text!(
            "security_code_token=1 では stock_card_mode=1 が必要です。",
            "security_code_token=1 needs stock_card_mode=1"
        );
        return Err(Refusal::field("P006", name::STOCK_CARD_MODE, rule));
    }
    Ok(())
}

/// Whether any card data stands in the telegram itself.
pub(super) fn has_direct_data(telegram: &Telegram) -> bool {
    [name::CARD_NUMBER, name::CARD_VALID_TERM, name::CARD_CONF_NUMBER].into_iter().any(|name| telegram.has(name))
}

/// 2023 for a merchant that may not send card data itself.
pub(super) fn check_direct(desk: &Desk<'_>) -> Result<(), Refusal> {
    if desk.merchant.contracts.token_only {
        let rule = text!(
            "加盟店の契約では、カード情報はトークンでのみ送信できます (contracts.token_only)。",
            "the merchant's contract allows card data as tokens only (contracts.token_only)"
        );
        return Err(Refusal::new("2023", rule));
    }
    Ok(())
}

/// P006 when `security_code_use=1` and no security code came along.
pub(super) fn check_security_code(telegram: &Telegram, code_given: bool) -> Result<(), Refusal> {
    if telegram.get(name::SECURITY_CODE_USE) == Some("1") && !code_given {
        let rule = text!(
            "security_code_use=1 ではセキュリティコードが必須です (card_conf_number、またはセキュリティコード付きのトークン)。",
            "security_code_use=1 demands a security code (card_conf_number, or a token made with one)"
        );
        return Err(Refusal::field("P006", name::CARD_CONF_NUMBER, rule));
    }
    Ok(())
}

/// The card of the first try, which a retry without card data means.
fn retried_card(desk: &Desk<'_>, telegram: &Telegram) -> Option<CardFacts> {
    let id = telegram.get(name::PAYMENT_ID).filter(|_| !telegram.has(name::CARD_NUMBER))?;
    CardFacts::of(&desk.payment(id.parse().ok()?)?.attributes)
}

/// The card whose number and expiry stand in the telegram.
pub(super) fn direct_card(desk: &Desk<'_>, telegram: &Telegram) -> Result<CardFacts, Refusal> {
    check_direct(desk)?;
    for name in [name::CARD_NUMBER, name::CARD_VALID_TERM] {
        if !telegram.has(name) {
            let rule = text!(
                "{name} がありません。再申込する決済にもカード情報がありません。",
                "{name} is missing; the payment to retry has no card either",
                name = name
            );
            return Err(Refusal::field("P005", name, rule));
        }
    }
    let number = telegram.secret(name::CARD_NUMBER).unwrap_or_default();
    let valid_term = telegram.secret(name::CARD_VALID_TERM).unwrap_or_default();
    check_expiry(desk.now, valid_term)?;
    Ok(CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, number, valid_term))
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

/// The card of the newest payment with this trading id that was more than an application (`card.toml`, `ref_trading_id`).
pub(super) fn referred_card(desk: &Desk<'_>, reference: &str) -> Result<CardFacts, Refusal> {
    let payments = desk.payments_of(reference);
    let oldest = desk.now.plus(jiff::Span::new().months(-REFERENCE_MONTHS));
    let card = payments
        .iter()
        .rev()
        .filter(|payment| Card.payment_types().contains(&payment.payment_type) && payment.init_date >= oldest)
        .find(|payment| !matches!(payment.status.0, 10 | 11 | 13 | 14 | 15 | 17))
        .and_then(|payment| CardFacts::of(&payment.attributes));
    card.ok_or_else(|| {
        let rule = text!(
            "この ref_trading_id のカード決済は過去14か月以内にありません (ステータス 10 と 11 は対象外)。",
            "no card payment of the last 14 months with this ref_trading_id (those in status 10 and 11 do not count)"
        );
        Refusal::new("2009", rule)
    })
}
