//! Stored cards on hosted pages: what 025, 116, 026 and 027 do by telegram.

use crate::clock::Moment;
use crate::ledger::Record;
use crate::method::Desk;
use crate::method::card::CardFacts;
use crate::method::card::token::months_ahead;
use crate::method::card::vault::{self, NewCard, StoredCard, add, ask_validity, check_room, checked};
pub(crate) use crate::method::card::vault::{Whose, check_contract};
use crate::payment::{Change, Refusal};

/// A customer's cards, oldest first.
pub(crate) fn cards(desk: &Desk<'_>, whose: Whose<'_>) -> Vec<StoredCard> {
    vault::customer(desk, whose).0.cards
}

/// Whether a card's expiry has passed.
pub(crate) fn is_over(now: Moment, card: &CardFacts) -> bool {
    months_ahead(now, &card.card_valid_term).is_some_and(|ahead| ahead < 0)
}

/// A card to pay with, and the record that says that it was used now.
pub(crate) fn pay_with(desk: &Desk<'_>, whose: Whose<'_>, card_id: &str) -> Option<(CardFacts, Record)> {
    vault::used(desk, whose, card_id)
}

/// Refuses what could not be stored: P021 without a contract, P023 with ten cards.
pub(crate) fn check_can_store(desk: &Desk<'_>, whose: Whose<'_>) -> Result<(), Refusal> {
    check_contract(desk)?;
    check_room(&vault::customer(desk, whose).0)
}

/// Stores a card. Returns its 顧客カードID and the customer's cards as they will be.
pub(crate) fn store(desk: &Desk<'_>, whose: Whose<'_>, new: NewCard) -> Result<(String, Record), Refusal> {
    check_contract(desk)?;
    let (mut customer, record) = vault::customer(desk, whose);
    check_room(&customer)?;
    let id = add(desk, &mut customer, new);
    Ok((id, record.with_body(&customer)))
}

/// Changes a card's expiry, and its holder's name where one is given.
pub(crate) fn change(
    desk: &Desk<'_>,
    whose: Whose<'_>,
    card_id: &str,
    valid_term: &str,
    cardholder_name: Option<&str>,
) -> Option<Record> {
    let (mut customer, record) = vault::customer(desk, whose);
    let stored = customer.cards.iter_mut().find(|card| card.customer_card_id == card_id)?;
    valid_term.clone_into(&mut stored.card.card_valid_term);
    if let Some(name) = cardholder_name {
        name.clone_into(&mut stored.cardholder_name);
    }
    Some(record.with_body(&customer))
}

/// Deletes a card.
pub(crate) fn delete(desk: &Desk<'_>, whose: Whose<'_>, card_id: &str) -> Option<Record> {
    let (mut customer, record) = vault::customer(desk, whose);
    let before = customer.cards.len();
    customer.cards.retain(|card| card.customer_card_id != card_id);
    (customer.cards.len() < before).then(|| record.with_body(&customer))
}

/// A validity check: the payment that it leaves, and the refusal of a card that is not good.
pub(crate) fn check(desk: &Desk<'_>, whose: Whose<'_>, card: &CardFacts) -> Result<(Change, Option<Refusal>), Refusal> {
    let verdict = ask_validity(desk, "025", card);
    let change = checked(desk, None, whose, card, &verdict)?;
    Ok((change, verdict.err().map(|failure| failure.refusal())))
}
