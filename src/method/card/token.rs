//! Tokens: what the browser's script hands out in place of card data (`card_token.md`).
//!
//! A token keeps what is left of a card after [`CardFacts::reduce`], whether a security code was typed, and nothing
//! else: neither number nor code can be had back from it.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::merchant::Key;
use crate::method::card::CardFacts;
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::characters::is_half_width_kana;
use crate::wire::{Name, Reply, hash, name};

/// トークン生成鍵.
const GENERATION: Key = Key::new("token_generation");
/// トークン受取ハッシュ鍵.
const RECEIPT_HASH: Key = Key::new("token_receipt_hash");

/// The kind of the records.
pub(super) const KIND: RecordKind = RecordKind::new("card_token");
/// How long a token can be used; no source tells.
const LIFETIME_HOURS: i64 = 24;
/// How long an expired or used token is still known as such.
const REMEMBERED_DAYS: i64 = 7;

/// A token, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    /// The card; `None` for a token of a security code alone.
    pub(super) card: Option<CardFacts>,
    /// `card_name`; may be empty.
    pub(super) cardholder_name: String,
    /// Whether a security code was typed.
    pub(super) security_code: bool,
    valid_until: Moment,
    used: bool,
}

/// The codes with which a telegram refuses a token.
#[derive(Clone, Copy)]
pub(super) struct TokenCodes {
    expired: &'static str,
    unknown: &'static str,
    used: &'static str,
}

/// The codes of 020, 025, 113 and 116.
pub(super) const CARD_CODES: TokenCodes = TokenCodes { expired: "2020", unknown: "2021", used: "2022" };
/// The codes of 450.
pub(super) const EMV_CODES: TokenCodes = TokenCodes { expired: "31003", unknown: "31004", used: "31005" };

/// A token that a telegram brought and that may be used.
pub(super) struct Presented {
    pub(super) token: Token,
    record: Record,
}

impl Presented {
    /// Looks a token up; refuses one that is unknown, expired or used.
    pub(super) fn find(desk: &Desk<'_>, token: &str, codes: TokenCodes) -> Result<Presented, Refusal> {
        let Some((found, record)) = desk.record::<Token>(KIND, token) else {
            let rule = text!(
                "該当するトークンがありません。他の加盟店のトークンは利用できません。",
                "the merchant has no such token; tokens of other merchants are unknown too"
            );
            return Err(Refusal::new(codes.unknown, rule));
        };
        if found.used {
            let rule = text!(
                "トークンは使用済みです。1つのトークンは正常終了した電文1件にだけ使えます。新しいトークンを生成してください。",
                "a token is good for one telegram that succeeds; make a new one"
            );
            return Err(Refusal::new(codes.used, rule));
        }
        if found.valid_until < desk.now {
            let rule = text!(
                "トークンの有効期限 ({until}) が切れています。",
                "the token was valid until {until}",
                until = found.valid_until
            );
            return Err(Refusal::new(codes.expired, rule));
        }
        Ok(Presented { token: found, record })
    }

    /// The token, used up.
    pub(super) fn used(self) -> Record {
        let token = Token { used: true, ..self.token };
        self.record.with_body(&token)
    }
}

/// What a browser sends to have a token made.
pub struct TokenRequest<'a> {
    /// Gives a parameter's value; `None` when it is absent, empty or not UTF-8.
    pub value: &'a (dyn Fn(Name) -> Option<&'a str> + Sync),
}

/// Makes a token. The answer's `token_result` is one of the codes of the script; with `0000` the token's values are there.
pub fn issue(desk: &Desk<'_>, request: &TokenRequest<'_>) -> Result<Outcome, Refusal> {
    let (card, cardholder_name, security_code) = match read(desk, request) {
        Ok(read) => read,
        Err(code) => return Ok(Outcome::reply(Reply::ok().with(name::own::TOKEN_RESULT, code))),
    };
    let valid_until = desk.now.plus(jiff::Span::new().hours(LIFETIME_HOURS));
    let key = format!("tok_{}", desk.unguessable(24));
    let mut reply = Reply::ok()
        .with(name::own::TOKEN_RESULT, "0000")
        .with(name::TOKEN, key.as_str())
        .with(name::VALID_UNTIL, valid_until.datetime14());
    if let Some(card) = &card {
        reply = reply
            .with(name::MASKED_CARD_NUMBER, card.masked_card_number.as_str())
            .with(name::FINGERPRINT, card.fingerprint.as_str())
            .with(name::HC, check_hash(&key, card, valid_until, desk.merchant.keys.get(RECEIPT_HASH)));
    }
    let token = Token { card, cardholder_name, security_code, valid_until, used: false };
    let mut record = desk.new_record(KIND, key, &token);
    record.due = Some(valid_until.plus_days(REMEMBERED_DAYS));
    Ok(Outcome { records: vec![record], ..Outcome::reply(reply) })
}

/// `hc` of a token (`card_token.md` section 5).
fn check_hash(token: &str, card: &CardFacts, valid_until: Moment, key: &str) -> String {
    let valid_until = valid_until.datetime14();
    hash::sha256_hex([token, card.masked_card_number.as_str(), valid_until.as_str(), card.fingerprint.as_str(), key])
}

/// The request's card, name and whether there is a code; or the script's result code (`card_token.md` section 2).
fn read(desk: &Desk<'_>, request: &TokenRequest<'_>) -> Result<(Option<CardFacts>, String, bool), &'static str> {
    let value = |name: Name| (request.value)(name);
    let key = value(name::TOKEN_GENERATE_KEY).ok_or("1200")?;
    value(name::MERCHANT_ID).ok_or("1100")?;
    let right = desk.merchant.keys.get(GENERATION);
    if !right.is_empty() && right != key {
        return Err("1201");
    }
    let code = value(name::CARD_CVC);
    let code_fits = |code: &str| (3..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    if value(name::CVC_ONLY_FLG) == Some("1") {
        let code = code.ok_or("1601")?;
        return if code_fits(code) { Ok((None, String::new(), true)) } else { Err("1600") };
    }
    let number = value(name::CARD_NUMBER).ok_or("1300")?;
    if !(14..=16).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("1301");
    }
    let year = value(name::CARD_EXPIRE_YEAR).ok_or("1400").and_then(|year| two_digits(year).ok_or("1401"))?;
    let month = value(name::CARD_EXPIRE_MONTH).ok_or("1500").and_then(|month| two_digits(month).ok_or("1501"))?;
    let valid_term = format!("{month}{year}");
    if !is_usable(desk.now, &valid_term) {
        return Err("1502");
    }
    if code.is_some_and(|code| !code_fits(code)) {
        return Err("1600");
    }
    let name = value(name::CARD_NAME).unwrap_or_default();
    if name.chars().count() > 64 || !name.chars().all(|c| matches!(c, ' '..='~') || is_half_width_kana(c)) {
        return Err("1700");
    }
    let card = CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, number, &valid_term);
    Ok((Some(card), name.to_owned(), code.is_some()))
}

fn two_digits(text: &str) -> Option<String> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{text:0>2}"))
}

/// Whether an expiry (MMYY) lies between this month and twenty years ahead (`test_cards.md` section 3).
pub(super) fn is_usable(now: Moment, valid_term: &str) -> bool {
    months_ahead(now, valid_term).is_some_and(|ahead| (0..=240).contains(&ahead))
}

/// How many months an expiry (MMYY) lies ahead; negative when it has passed, `None` when there is no such month.
pub(super) fn months_ahead(now: Moment, valid_term: &str) -> Option<i32> {
    let month = valid_term.get(..2)?.parse::<i32>().ok().filter(|month| (1..=12).contains(month))?;
    let year = valid_term.get(2..)?.parse::<i32>().ok()?;
    Some((2000 + year) * 12 + month - i32::from(now.civil().year()) * 12 - i32::from(now.civil().month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_token_hash() {
        let card = CardFacts {
            bin: "424242".to_owned(),
            masked_card_number: "************4242".to_owned(),
            fingerprint: "A1b2C3d4E5f6G7h8I9j0K".to_owned(),
            card_valid_term: "1230".to_owned(),
            outlook: None,
        };
        let until = Moment::parse_datetime14("20181121185202").unwrap();
        let hash = check_hash("tok_aaaabbbbccccdddd", &card, until, "ch_eeeeffffgggghhhhiiii");
        assert_eq!(hash, "4d3c9a7b3f8dd69787e35491f0fa9e750b9642413ad6bc2100af9bba4edaaad9");
    }

    #[test]
    fn expiries_from_this_month_to_twenty_years_ahead_are_usable() {
        let now = Moment::parse_datetime14("20261124120000").unwrap();
        for (term, usable) in [("1126", true), ("1026", false), ("1146", true), ("1246", false), ("1327", false)] {
            assert_eq!(is_usable(now, term), usable, "{term}");
        }
    }
}
