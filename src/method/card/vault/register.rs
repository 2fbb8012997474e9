//! 025 card registration.

use crate::method::card::designate::{check_direct, check_security_code, direct_card, has_direct_data};
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::vault::{
    ADD_INFO, NewCard, add, check_contract, check_room, check_validity_contract, checked, customer_of, judge,
};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// Answers 025.
pub(in crate::method::card) fn register(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let checks = telegram.or_default(name::VALID_CHECK_FLG) == "1";
    if checks {
        check_validity_contract(desk)?;
    }
    let presented = telegram.get(name::CARD_TOKEN).map(|key| Presented::find(desk, key, CARD_CODES)).transpose()?;
    let (card, cardholder_name) = match &presented {
        Some(presented) => tokenized(desk, telegram, presented)?,
        None => (direct_card(desk, telegram)?, telegram.or_default(name::CARDHOLDER_NAME).to_owned()),
    };
    let code_given = telegram.has(name::CARD_CONF_NUMBER) || presented.as_ref().is_some_and(|p| p.token.security_code);
    check_security_code(telegram, code_given)?;
    let (mut customer, record) = customer_of(desk, telegram);
    check_room(&customer)?;

    let mut changes = Vec::new();
    let issuer = card.issuer();
    if checks {
        let judgement = judge(desk, telegram.kind(), &card);
        let whose = [name::SITE_ID, name::CUSTOMER_ID].map(|name| telegram.or_default(name));
        changes.push(checked(desk, None, whose, &card, &judgement)?);
        if let Err(failure) = judgement {
            return Ok(Outcome::changing(changes, Reply::refused(failure.refusal())));
        }
    }
    let new = NewCard {
        card: card.clone(),
        brand: telegram.get(name::CARD_BRAND).unwrap_or(&issuer.brand).to_owned(),
        cardholder_name: cardholder_name.clone(),
        checked: checks,
        add_info: ADD_INFO.map(|name| telegram.or_default(name).to_owned()),
    };
    let customer_card_id = add(desk, &mut customer, new);
    if let Some(change) = changes.first_mut() {
        change.set([(name::CUSTOMER_CARD_ID, customer_card_id.as_str())]);
    }
    let only_checked = |value: &str| if checks { value.to_owned() } else { String::new() };
    let reply = Reply::ok()
        .with(name::NUM_OF_CARDS, customer.cards.len().to_string())
        .with(name::CUSTOMER_CARD_ID, customer_card_id)
        .with(name::ISSUR_ID, only_checked(&issuer.issur_id))
        .with(name::ISSUR_NAME, only_checked(&issuer.issur_name))
        .with(name::FINGERPRINT, card.fingerprint)
        .with(name::MASKED_CARD_NUMBER, card.masked_card_number)
        .with(name::CARD_VALID_TERM, card.card_valid_term)
        .with(name::CARDHOLDER_NAME, cardholder_name)
        .with(name::ACQ_ID, only_checked(&issuer.acq_id))
        .with(name::ACQ_NAME, only_checked(&issuer.acq_name));
    let mut records = vec![record.with_body(&customer)];
    records.extend(presented.map(Presented::used));
    Ok(Outcome { records, ..Outcome::changing(changes, reply) })
}

/// The card and the name of a card token: 2023, 2024 and 2026.
fn tokenized(
    desk: &Desk<'_>,
    telegram: &Telegram,
    presented: &Presented,
) -> Result<(crate::method::card::CardFacts, String), Refusal> {
    let Some(card) = presented.token.card.clone() else {
        let rule = text!(
            "トークンにセキュリティコードしか含まれていません。025 では createToken で生成したトークンが必要です。",
            "the token holds a security code only; 025 needs a token made by createToken"
        );
        return Err(Refusal::new("2026", rule));
    };
    if has_direct_data(telegram) || telegram.has(name::CARDHOLDER_NAME) {
        check_direct(desk)?;
        let rule = text!(
            "カードのトークンと同時に card_number、card_valid_term、card_conf_number、cardholder_name は指定できません。",
            "a card token goes without card_number, card_valid_term, card_conf_number and cardholder_name"
        );
        return Err(Refusal::new("2024", rule));
    }
    Ok((card, presented.token.cardholder_name.clone()))
}
