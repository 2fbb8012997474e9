//! 027 card inquiry: a CSV answer whose columns depend on the cards.

use std::cmp::Reverse;

use crate::clock::Moment;
use crate::method::card::token::months_ahead;
use crate::method::card::vault::{StoredCard, Whose, check_contract, customer, not_stored, whose};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::wire::{Name, Reply, Telegram, name};

/// The columns that only cards have which were registered with a validity check.
const CHECK: &[Name] = &[name::VALID_CHECK_RESULT, name::VALID_UPDATE_CD, name::VALID_CHECK_DATE, name::ISSUR_NAME];
const FINGERPRINT: &[Name] = &[name::FINGERPRINT];
const BOTH: &[Name] =
    &[name::VALID_CHECK_RESULT, name::VALID_UPDATE_CD, name::VALID_CHECK_DATE, name::ISSUR_NAME, name::FINGERPRINT];

/// What a 027 asks for.
struct Inquiry<'a> {
    whose: Whose<'a>,
    /// The only card that is meant.
    customer_card_id: Option<&'a str>,
    /// Whether fingerprints are to be told (`return_fingerprint_flg=1`).
    fingerprint: bool,
}

impl<'a> Inquiry<'a> {
    fn read(telegram: &'a Telegram) -> Inquiry<'a> {
        Inquiry {
            whose: whose(telegram),
            customer_card_id: telegram.get(name::CUSTOMER_CARD_ID),
            fingerprint: telegram.or_default(name::RETURN_FINGERPRINT_FLG) == "1",
        }
    }
}

/// Answers 027: last used first; of two used at the same moment, the one registered later.
pub(in crate::method::card) fn list(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let Inquiry { whose, customer_card_id, fingerprint } = Inquiry::read(telegram);
    check_contract(desk)?;
    let (customer, _) = customer(desk, whose);
    let mut cards: Vec<(usize, StoredCard)> = customer.cards.into_iter().enumerate().collect();
    if let Some(id) = customer_card_id {
        cards.retain(|(_, card)| card.customer_card_id == id);
    }
    if cards.is_empty() {
        return Err(Refusal::new("P026", not_stored()));
    }
    cards.sort_by_key(|(at, card)| Reverse((card.last_use, *at)));

    // A data record has as many items as there are column names, or the PHP module refuses the whole answer.
    let checked = cards.iter().any(|(_, card)| card.check.is_some());
    let left_out = match (checked, fingerprint) {
        (true, true) => &[],
        (true, false) => FINGERPRINT,
        (false, true) => CHECK,
        (false, false) => BOTH,
    };
    let [_, customer_id] = whose;
    let reply = cards.iter().fold(Reply::ok().without_columns(left_out), |reply, (_, card)| {
        let mut row = row(desk.now, customer_id, card);
        if checked {
            row.extend(card.last_check().unwrap_or_default());
        }
        if fingerprint {
            row.push(card.card.fingerprint.clone());
        }
        reply.with_record(row)
    });
    Ok(Outcome::reply(reply))
}

fn row(now: Moment, customer_id: &str, stored: &StoredCard) -> Vec<String> {
    let [one, two, three, four] = stored.add_info.clone();
    let expired = months_ahead(now, &stored.card.card_valid_term).is_some_and(|ahead| ahead < 0);
    vec![
        customer_id.to_owned(),
        stored.customer_card_id.clone(),
        stored.card.masked_card_number.clone(),
        stored.card.card_valid_term.clone(),
        // To the minute, in a field of 14 digits.
        format!("{}00", &stored.last_use.datetime14()[..12]),
        stored.brand.clone(),
        stored.cardholder_name.clone(),
        one,
        two,
        three,
        four,
        if expired { "1" } else { "0" }.to_owned(),
    ]
}
