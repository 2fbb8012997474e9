//! Stored cards: 025, 116, 026 and 027 (`card_vault.toml`).
//!
//! All cards of a customer are one record, so that the limit of ten holds whoever registers at the same time. Each
//! site of a merchant has a vault of its own.

mod change;
pub(crate) mod hosted;
mod list;
pub(crate) mod refresh;
mod register;
mod rules;
pub(crate) mod stop;

pub(super) use change::{change, delete};
pub(super) use list::list;
pub(super) use register::register;
pub(crate) use rules::check_contract;
pub(super) use rules::check_validity_contract;
use rules::{check_room, no_stored_cards, not_stored, unknown};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::Desk;
use crate::method::card::outlook::VALID;
use crate::method::card::states;
use crate::method::card::{CardFacts, Failure, TABLE};
use crate::payment::{Change, Refusal};
use crate::wire::{Name, Telegram, name};

/// The kind of the records; a record's key is `site/customer`.
pub(super) const KIND: RecordKind = RecordKind::new("stored_cards");
/// Whose cards: the site and the customer.
pub(crate) type Whose<'a> = [&'a str; 2];

/// Whose cards a telegram means.
pub(super) fn whose(telegram: &Telegram) -> Whose<'_> {
    [name::SITE_ID, name::CUSTOMER_ID].map(|name| telegram.or_default(name))
}

/// A customer's stored cards, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Customer {
    cards: Vec<StoredCard>,
}

/// A stored card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredCard {
    /// 顧客カードID.
    pub(crate) customer_card_id: String,
    /// What is known of the card.
    pub(crate) card: CardFacts,
    /// カードブランド, as sent or told from the number.
    pub(crate) brand: String,
    /// カード名義人.
    pub(crate) cardholder_name: String,
    /// 補足情報1 to 4.
    add_info: [String; 4],
    last_use: Moment,
    /// The last validity check, of a card that was registered with one.
    check: Option<Check>,
    /// Whether charges to it were stopped.
    #[serde(default)]
    charges: Charges,
}

/// The result of a validity check, or of a card update.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Check {
    date: Moment,
    issur_name: String,
    /// 有効性チェック結果.
    result: String,
    /// 有効性チェック更新項目CD: C number, V expiry, A both.
    update: String,
}

/// Whether charges to a card were stopped (請求停止).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Charges {
    #[default]
    Open,
    Stopped,
    /// Stopped, and a card update has told the shop: later ones leave the card out.
    StoppedAndTold,
}

impl StoredCard {
    /// 有効性チェック結果, 有効性チェック更新項目CD, date and issuer of the last check; `None` for a card that was stored without one.
    pub(crate) fn last_check(&self) -> Option<[String; 4]> {
        let check = self.check.as_ref()?;
        let result = if self.is_stopped() { refresh::STOPPED } else { check.result.as_str() };
        Some([result.to_owned(), check.update.clone(), check.date.datetime14(), check.issur_name.clone()])
    }

    /// Whether charges to it were stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.charges != Charges::Open
    }
}

/// Where a customer's cards are kept: each site has its own vault, and the base site (no `site_id`) too.
fn key([site_id, customer_id]: Whose<'_>) -> String {
    format!("{site_id}/{customer_id}")
}

/// The names of the free fields.
const ADD_INFO: [Name; 4] = [name::ADD_INFO1, name::ADD_INFO2, name::ADD_INFO3, name::ADD_INFO4];

/// A customer's cards, with what is needed to write them back.
fn customer(desk: &Desk<'_>, whose: Whose<'_>) -> (Customer, Record) {
    let key = key(whose);
    desk.record(KIND, &key).unwrap_or_else(|| (Customer::default(), desk.new_record(KIND, key, &Customer::default())))
}

/// All customers of a site, or of all sites: the site, the customer_id, the cards.
fn customers(desk: &Desk<'_>, site_id: Option<&str>) -> Vec<(String, String, Customer, Record)> {
    let prefix = site_id.map_or_else(String::new, |site_id| key([site_id, ""]));
    let known = desk.records::<Customer>(KIND, &prefix).into_iter();
    known
        .filter_map(|(customer, record)| {
            let (site_id, customer_id) = record.key.split_once('/')?;
            Some((site_id.to_owned(), customer_id.to_owned(), customer, record))
        })
        .collect()
}

/// All stored cards: the site, the customer_id, the card.
pub(crate) fn all(desk: &Desk<'_>) -> Vec<(String, String, StoredCard)> {
    let customers = customers(desk, None).into_iter();
    let of = |(site_id, customer_id, customer, _): (String, String, Customer, Record)| {
        customer.cards.into_iter().map(move |card| (site_id.clone(), customer_id.clone(), card))
    };
    customers.flat_map(of).collect()
}

/// The merchant's sites beside the base site: those of its settings, and those in which cards are stored.
pub(crate) fn sites(desk: &Desk<'_>) -> BTreeSet<String> {
    let stored = customers(desk, None).into_iter().map(|(site_id, ..)| site_id).filter(|site_id| !site_id.is_empty());
    stored.chain(desk.merchant.sites.iter().cloned()).collect()
}

/// A stored card; without a card id, the customer's only one.
pub(super) fn find(desk: &Desk<'_>, whose: Whose<'_>, card_id: Option<&str>) -> Option<StoredCard> {
    let (mut customer, _) = customer(desk, whose);
    match card_id {
        Some(id) => customer.cards.into_iter().find(|card| card.customer_card_id == id),
        None if customer.cards.len() == 1 => customer.cards.pop(),
        None => None,
    }
}

/// How many cards a customer has.
pub(super) fn count(desk: &Desk<'_>, whose: Whose<'_>) -> usize {
    customer(desk, whose).0.cards.len()
}

/// The stored card that a 020 pays with, and the record of its use: P024 and P025.
pub(super) fn pay_with(desk: &Desk<'_>, whose: Whose<'_>, card_id: &str) -> Result<(CardFacts, Record), Refusal> {
    if !desk.merchant.contracts.stored_cards {
        return Err(Refusal::new("P024", no_stored_cards()));
    }
    used(desk, whose, card_id).ok_or_else(|| Refusal::new("P025", not_stored()))
}

/// A stored card and the record that says that it was used now.
pub(super) fn used(desk: &Desk<'_>, whose: Whose<'_>, card_id: &str) -> Option<(CardFacts, Record)> {
    let (mut customer, record) = customer(desk, whose);
    let stored = customer.cards.iter_mut().find(|card| card.customer_card_id == card_id)?;
    stored.last_use = desk.now;
    let card = stored.card.clone();
    Some((card, record.with_body(&customer)))
}

/// The payment that a validity check leaves: status 22 when the card is good, 17 when it is not.
pub(super) fn checked(
    desk: &Desk<'_>,
    trading_id: Option<&str>,
    [site_id, customer_id]: Whose<'_>,
    card: &CardFacts,
    verdict: &Result<(), Failure>,
) -> Result<Change, Refusal> {
    let status = if verdict.is_ok() { states::VALID } else { states::INVALID };
    let mut change = desk.create(&TABLE, status, trading_id, 0)?;
    change.set(card.attributes());
    let joho_code = verdict.as_ref().map_or_else(Failure::joho_code, |()| "000");
    change.set([(name::JOHO_CODE, joho_code)]);
    change.set([(name::CUSTOMER_ID, customer_id), (name::SITE_ID, site_id)]);
    Ok(change)
}

/// A card that is to be stored.
pub(crate) struct NewCard {
    pub(crate) card: CardFacts,
    pub(crate) brand: String,
    pub(crate) cardholder_name: String,
    /// Whether a validity check found it good.
    pub(crate) checked: bool,
    pub(crate) add_info: [String; 4],
}

/// Adds a card to those of a customer and returns its 顧客カードID.
fn add(desk: &Desk<'_>, customer: &mut Customer, new: NewCard) -> String {
    // Eight digits, as in recorded answers.
    let customer_card_id = format!("{}", 10_000_000 + desk.next_number(KIND));
    let issur_name = new.card.issuer().issur_name.clone();
    customer.cards.push(StoredCard {
        customer_card_id: customer_card_id.clone(),
        card: new.card,
        brand: new.brand,
        cardholder_name: new.cardholder_name,
        add_info: new.add_info,
        last_use: desk.now,
        check: new.checked.then(|| Check {
            date: desk.now,
            issur_name,
            result: VALID.to_owned(),
            update: String::new(),
        }),
        charges: Charges::Open,
    });
    customer_card_id
}

/// What the card company says to a validity check; a fault set for the telegram comes first.
fn ask_validity(desk: &Desk<'_>, kind: &str, card: &CardFacts) -> Result<(), Failure> {
    desk.vendor(kind)?;
    super::stub::authorization(card)
}
