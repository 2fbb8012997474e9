//! 116 card update and 026 card deletion.

use crate::method::card::CardFacts;
use crate::method::card::direct::check_expiry;
use crate::method::card::outlook::VALID;
use crate::method::card::token::{CARD_CODES, Presented};
use crate::method::card::vault::{
    ADD_INFO, Check, StoredCard, Whose, ask_validity, check_contract, checked, customer, unknown, whose,
};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What a 116 asks for. Of what may change, `None` stays as it is and an empty text is cleared.
struct Update<'a> {
    whose: Whose<'a>,
    customer_card_id: &'a str,
    /// `card_token`, of a security code.
    token: Option<&'a str>,
    /// Whether there must be a security code (`security_code_use=1`).
    demands_code: bool,
    /// The new expiry, which is checked.
    valid_term: Option<&'a str>,
    cardholder_name: Option<&'a str>,
    add_info: [Option<&'a str>; 4],
}

impl<'a> Update<'a> {
    fn read(telegram: &'a Telegram) -> Update<'a> {
        let sent = |name: Name| telegram.get(name).or_else(|| telegram.is_emptied(name).then_some(""));
        Update {
            whose: whose(telegram),
            customer_card_id: telegram.or_default(name::CUSTOMER_CARD_ID),
            token: telegram.get(name::CARD_TOKEN),
            demands_code: telegram.get(name::SECURITY_CODE_USE) == Some("1"),
            // secret(): the catalog may count an expiry among what is never shown.
            valid_term: telegram.secret(name::CARD_VALID_TERM),
            cardholder_name: sent(name::CARDHOLDER_NAME),
            add_info: ADD_INFO.map(sent),
        }
    }

    /// The token that it brings, which can only be one of a security code: 2026 and P006.
    fn token(&self, desk: &Desk<'_>) -> Result<Option<Presented>, Refusal> {
        let presented = self.token.map(|key| Presented::find(desk, key, CARD_CODES)).transpose()?;
        if presented.as_ref().is_some_and(|presented| presented.token.card.is_some()) {
            let rule = text!(
                "116 で使えるのはセキュリティコードのトークン (createCvcToken) だけです。",
                "116 takes a token of the security code only (createCvcToken)"
            );
            return Err(Refusal::new("2026", rule));
        }
        if self.demands_code && presented.is_none() {
            let rule =
                text!("security_code_use=1 では card_token が必須です。", "security_code_use=1 demands card_token");
            return Err(Refusal::field("P006", name::CARD_TOKEN, rule));
        }
        Ok(presented)
    }
}

/// Answers 116.
pub(in crate::method::card) fn change(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let update = Update::read(telegram);
    check_contract(desk)?;
    let presented = update.token(desk)?;
    let (mut customer, record) = customer(desk, update.whose);
    let id = update.customer_card_id;
    let Some(stored) = customer.cards.iter_mut().find(|card| card.customer_card_id == id) else {
        return Err(unknown());
    };
    let mut changes = Vec::new();
    if let Some(valid_term) = update.valid_term {
        let (check, refusal) = renew(desk, telegram.kind(), &update, stored, valid_term)?;
        changes.push(check);
        if let Some(refusal) = refusal {
            return Ok(Outcome::changing(changes, Reply::refused(refusal)));
        }
    }
    if let Some(name) = update.cardholder_name {
        name.clone_into(&mut stored.cardholder_name);
    }
    for (kept, sent) in stored.add_info.iter_mut().zip(update.add_info) {
        if let Some(text) = sent {
            text.clone_into(kept);
        }
    }
    let reply = Reply::ok().with(name::NUM_OF_CARDS, customer.cards.len().to_string()).with(name::CUSTOMER_CARD_ID, id);
    let mut records = vec![record.with_body(&customer)];
    records.extend(presented.map(Presented::used));
    Ok(Outcome { records, ..Outcome::changing(changes, reply) })
}

/// Gives a card a new expiry if the card company finds it good. Returns the payment of the check, and its refusal.
fn renew(
    desk: &Desk<'_>,
    kind: &str,
    update: &Update<'_>,
    stored: &mut StoredCard,
    valid_term: &str,
) -> Result<(Change, Option<Refusal>), Refusal> {
    check_expiry(desk.now, valid_term)?;
    let card = CardFacts { card_valid_term: valid_term.to_owned(), ..stored.card.clone() };
    let verdict = ask_validity(desk, kind, &card);
    let mut check = checked(desk, None, update.whose, &card, &verdict)?;
    check.set([(name::CUSTOMER_CARD_ID, update.customer_card_id)]);
    if let Err(failure) = verdict {
        return Ok((check, Some(failure.refusal())));
    }
    stored.card = card;
    if let Some(check) = &mut stored.check {
        *check = Check { date: desk.now, result: VALID.to_owned(), update: String::new(), ..check.clone() };
    }
    Ok((check, None))
}

/// What a 026 asks for.
struct Deletion<'a> {
    whose: Whose<'a>,
    /// The card; `None` for all cards of the customer.
    customer_card_id: Option<&'a str>,
}

impl<'a> Deletion<'a> {
    fn read(telegram: &'a Telegram) -> Deletion<'a> {
        Deletion { whose: whose(telegram), customer_card_id: telegram.get(name::CUSTOMER_CARD_ID) }
    }
}

/// Answers 026.
pub(in crate::method::card) fn delete(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let deletion = Deletion::read(telegram);
    check_contract(desk)?;
    let (mut customer, record) = customer(desk, deletion.whose);
    let before = customer.cards.len();
    match deletion.customer_card_id {
        Some(id) => customer.cards.retain(|card| card.customer_card_id != id),
        None => customer.cards.clear(),
    }
    if customer.cards.len() == before {
        return Err(unknown());
    }
    let reply = Reply::ok().with(name::NUM_OF_CARDS, customer.cards.len().to_string());
    Ok(Outcome { records: vec![record.with_body(&customer)], ..Outcome::reply(reply) })
}
