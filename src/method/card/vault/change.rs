//! 116 card update and 026 card deletion.

use crate::method::card::designate::check_expiry;
use crate::method::card::outlook::VALID;
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::vault::{ADD_INFO, Check, check_contract, checked, customer_of, judge, unknown};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// Answers 116. A field that is absent stays as it is, one that is sent empty is cleared.
pub(in crate::method::card) fn change(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let presented = telegram.get(name::CARD_TOKEN).map(|key| Presented::find(desk, key, CARD_CODES)).transpose()?;
    if presented.as_ref().is_some_and(|presented| presented.token.card.is_some()) {
        let rule = text!(
            "116 で使えるのはセキュリティコードのトークン (createCvcToken) だけです。",
            "116 takes a token of the security code only (createCvcToken)"
        );
        return Err(Refusal::new("2026", rule));
    }
    if telegram.get(name::SECURITY_CODE_USE) == Some("1") && presented.is_none() {
        let rule = text!("security_code_use=1 では card_token が必須です。", "security_code_use=1 demands card_token");
        return Err(Refusal::field("P006", name::CARD_TOKEN, rule));
    }
    let (mut customer, record) = customer_of(desk, telegram);
    let id = telegram.or_default(name::CUSTOMER_CARD_ID);
    let Some(stored) = customer.cards.iter_mut().find(|card| card.customer_card_id == id) else {
        return Err(unknown());
    };
    let mut changes = Vec::new();
    // secret(): the catalog may count an expiry among what is never shown.
    if let Some(valid_term) = telegram.secret(name::CARD_VALID_TERM) {
        check_expiry(desk.now, valid_term)?;
        let card = crate::method::card::CardFacts { card_valid_term: valid_term.to_owned(), ..stored.card.clone() };
        let judgement = judge(desk, telegram.kind(), &card);
        let whose = [name::SITE_ID, name::CUSTOMER_ID].map(|name| telegram.or_default(name));
        let mut check = checked(desk, None, whose, &card, &judgement)?;
        check.set([(name::CUSTOMER_CARD_ID, id)]);
        changes.push(check);
        if let Err(failure) = judgement {
            return Ok(Outcome::changing(changes, Reply::refused(failure.refusal())));
        }
        stored.card = card;
        if let Some(check) = &mut stored.check {
            *check = Check { date: desk.now, result: VALID.to_owned(), update: String::new(), ..check.clone() };
        }
    }
    let sent = |name: Name| telegram.get(name).or_else(|| telegram.is_emptied(name).then_some("")).map(str::to_owned);
    if let Some(name) = sent(name::CARDHOLDER_NAME) {
        stored.cardholder_name = name;
    }
    for (at, name) in ADD_INFO.iter().enumerate() {
        if let Some(text) = sent(*name) {
            stored.add_info[at] = text;
        }
    }
    let reply = Reply::ok().with(name::NUM_OF_CARDS, customer.cards.len().to_string()).with(name::CUSTOMER_CARD_ID, id);
    let mut records = vec![record.with_body(&customer)];
    records.extend(presented.map(Presented::used));
    Ok(Outcome { records, ..Outcome::changing(changes, reply) })
}

/// Answers 026: one card, or all cards of the customer.
pub(in crate::method::card) fn delete(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let (mut customer, record) = customer_of(desk, telegram);
    let before = customer.cards.len();
    match telegram.get(name::CUSTOMER_CARD_ID) {
        Some(id) => customer.cards.retain(|card| card.customer_card_id != id),
        None => customer.cards.clear(),
    }
    if customer.cards.len() == before {
        return Err(unknown());
    }
    let reply = Reply::ok().with(name::NUM_OF_CARDS, customer.cards.len().to_string());
    Ok(Outcome { records: vec![record.with_body(&customer)], ..Outcome::reply(reply) })
}
