//! 025 card registration.

use crate::method::card::CardFacts;
use crate::method::card::direct::{CardData, check_allowed, check_security_code};
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::vault::{
    ADD_INFO, NewCard, Whose, add, ask_validity, check_contract, check_room, check_validity_contract, checked,
    customer, whose,
};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// What a 025 asks for.
struct Registration<'a> {
    whose: Whose<'a>,
    /// `card_token`.
    token: Option<&'a str>,
    direct: CardData<'a>,
    cardholder_name: Option<&'a str>,
    /// カードブランド; told from the number where it is left out.
    brand: Option<&'a str>,
    add_info: [&'a str; 4],
    /// Whether the card is checked before it is stored (`valid_check_flg=1`).
    checks: bool,
    /// Whether there must be a security code (`security_code_use=1`).
    demands_code: bool,
}

impl<'a> Registration<'a> {
    fn read(telegram: &'a Telegram) -> Registration<'a> {
        Registration {
            whose: whose(telegram),
            token: telegram.get(name::CARD_TOKEN),
            direct: CardData::read(telegram),
            cardholder_name: telegram.get(name::CARDHOLDER_NAME),
            brand: telegram.get(name::CARD_BRAND),
            add_info: ADD_INFO.map(|name| telegram.or_default(name)),
            checks: telegram.or_default(name::VALID_CHECK_FLG) == "1",
            demands_code: telegram.get(name::SECURITY_CODE_USE) == Some("1"),
        }
    }

    /// The card and the name of a card token: 2023, 2024 and 2026.
    fn tokenized(&self, desk: &Desk<'_>, presented: &Presented) -> Result<(CardFacts, String), Refusal> {
        let Some(card) = presented.token.card.clone() else {
            let rule = text!(
                "トークンにセキュリティコードしか含まれていません。025 では createToken で生成したトークンが必要です。",
                "the token holds a security code only; 025 needs a token made by createToken"
            );
            return Err(Refusal::new("2026", rule));
        };
        if self.direct.is_given() || self.cardholder_name.is_some() {
            check_allowed(desk)?;
            let rule = text!(
                "カードのトークンと同時に card_number、card_valid_term、card_conf_number、cardholder_name は指定できません。",
                "a card token goes without card_number, card_valid_term, card_conf_number and cardholder_name"
            );
            return Err(Refusal::new("2024", rule));
        }
        Ok((card, presented.token.cardholder_name.clone()))
    }
}

/// Answers 025.
pub(in crate::method::card) fn register(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let request = Registration::read(telegram);
    check_contract(desk)?;
    if request.checks {
        check_validity_contract(desk)?;
    }
    let presented = request.token.map(|key| Presented::find(desk, key, CARD_CODES)).transpose()?;
    let (card, cardholder_name) = match &presented {
        Some(presented) => request.tokenized(desk, presented)?,
        None => (request.direct.reduce(desk)?, request.cardholder_name.unwrap_or_default().to_owned()),
    };
    let code_given = request.direct.has_code || presented.as_ref().is_some_and(|p| p.token.security_code);
    check_security_code(request.demands_code, code_given)?;
    let (mut customer, record) = customer(desk, request.whose);
    check_room(&customer)?;

    let mut changes = Vec::new();
    if request.checks {
        let verdict = ask_validity(desk, telegram.kind(), &card);
        changes.push(checked(desk, None, request.whose, &card, &verdict)?);
        if let Err(failure) = verdict {
            return Ok(Outcome::changing(changes, Reply::refused(failure.refusal())));
        }
    }
    let new = NewCard {
        card: card.clone(),
        brand: request.brand.unwrap_or(&card.issuer().brand).to_owned(),
        cardholder_name: cardholder_name.clone(),
        checked: request.checks,
        add_info: request.add_info.map(str::to_owned),
    };
    let customer_card_id = add(desk, &mut customer, new);
    if let Some(change) = changes.first_mut() {
        change.set([(name::CUSTOMER_CARD_ID, customer_card_id.as_str())]);
    }
    let reply = answer(&card, request.checks)
        .with(name::NUM_OF_CARDS, customer.cards.len().to_string())
        .with(name::CUSTOMER_CARD_ID, customer_card_id)
        .with(name::CARDHOLDER_NAME, cardholder_name);
    let mut records = vec![record.with_body(&customer)];
    records.extend(presented.map(Presented::used));
    Ok(Outcome { records, ..Outcome::changing(changes, reply) })
}

/// The card's values in the answer; who issued and acquires it is told of a checked card only.
fn answer(card: &CardFacts, checked: bool) -> Reply {
    let issuer = card.issuer();
    let if_checked = |value: &'static str| if checked { value } else { "" };
    Reply::ok()
        .with(name::ISSUR_ID, if_checked(&issuer.issur_id))
        .with(name::ISSUR_NAME, if_checked(&issuer.issur_name))
        .with(name::FINGERPRINT, card.fingerprint.as_str())
        .with(name::MASKED_CARD_NUMBER, card.masked_card_number.as_str())
        .with(name::CARD_VALID_TERM, card.card_valid_term.as_str())
        .with(name::ACQ_ID, if_checked(&issuer.acq_id))
        .with(name::ACQ_NAME, if_checked(&issuer.acq_name))
}
