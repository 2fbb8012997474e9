//! Stored cards on hosted pages: what 025, 116, 026 and 027 do by telegram.

use crate::clock::Moment;
use crate::ledger::Record;
use crate::method::Desk;
use crate::method::card::CardFacts;
use crate::method::card::token::months_ahead;
pub(crate) use crate::method::card::vault::check_contract;
use crate::method::card::vault::{self, NewCard, StoredCard, add, check_room, checked, judge};
use crate::payment::{Change, Refusal};

/// Whose cards: the site and the customer.
pub(crate) type Whose<'a> = [&'a str; 2];

/// A customer's cards, oldest first.
pub(crate) fn cards(desk: &Desk<'_>, [site_id, customer_id]: Whose<'_>) -> Vec<StoredCard> {
    vault::customer(desk, site_id, customer_id).0.cards
}

/// Whether a card's expiry has passed.
pub(crate) fn is_over(now: Moment, card: &CardFacts) -> bool {
    months_ahead(now, &card.card_valid_term).is_some_and(|ahead| ahead < 0)
}

/// A card to pay with, and the record that says that it was used now.
pub(crate) fn pay_with(
    desk: &Desk<'_>,
    [site_id, customer_id]: Whose<'_>,
    card_id: &str,
) -> Option<(CardFacts, Record)> {
    vault::used(desk, site_id, customer_id, card_id)
}

/// Refuses what could not be stored: P021 without a contract, P023 with ten cards.
pub(crate) fn check_can_store(desk: &Desk<'_>, [site_id, customer_id]: Whose<'_>) -> Result<(), Refusal> {
    check_contract(desk)?;
    check_room(&vault::customer(desk, site_id, customer_id).0)
}

/// Stores a card. Returns its 顧客カードID and the customer's cards as they will be.
pub(crate) fn store(
    desk: &Desk<'_>,
    [site_id, customer_id]: Whose<'_>,
    new: NewCard,
) -> Result<(String, Record), Refusal> {
    check_contract(desk)?;
    let (mut customer, record) = vault::customer(desk, site_id, customer_id);
    check_room(&customer)?;
    let id = add(desk, &mut customer, new);
    Ok((id, record.with_body(&customer)))
}

/// Changes a card's expiry, and its holder's name where one is given.
pub(crate) fn change(
    desk: &Desk<'_>,
    [site_id, customer_id]: Whose<'_>,
    card_id: &str,
    valid_term: &str,
    cardholder_name: Option<&str>,
) -> Option<Record> {
    let (mut customer, record) = vault::customer(desk, site_id, customer_id);
    let stored = customer.cards.iter_mut().find(|card| card.customer_card_id == card_id)?;
    valid_term.clone_into(&mut stored.card.card_valid_term);
    if let Some(name) = cardholder_name {
        name.clone_into(&mut stored.cardholder_name);
    }
    Some(record.with_body(&customer))
}

/// Deletes a card.
pub(crate) fn delete(desk: &Desk<'_>, [site_id, customer_id]: Whose<'_>, card_id: &str) -> Option<Record> {
    let (mut customer, record) = vault::customer(desk, site_id, customer_id);
    let before = customer.cards.len();
    customer.cards.retain(|card| card.customer_card_id != card_id);
    (customer.cards.len() < before).then(|| record.with_body(&customer))
}

/// A validity check: the payment that it leaves, and the refusal of a card that is not good.
pub(crate) fn check(desk: &Desk<'_>, whose: Whose<'_>, card: &CardFacts) -> Result<(Change, Option<Refusal>), Refusal> {
    let judgement = judge(desk, "025", card);
    let change = checked(desk, None, whose, card, &judgement)?;
    Ok((change, judgement.err().map(|failure| failure.refusal())))
}
