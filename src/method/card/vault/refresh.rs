//! The card update service (洗替): the card companies are asked about stored cards, and tell new numbers and expiries
//! (`card_vault.toml`, head; `file_settlement.toml`, 024).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ledger::Record;
use crate::method::Desk;
use crate::method::card::outlook::VALID;
use crate::method::card::vault::{Charges, StoredCard, check_contract, check_validity_contract, customer, customers};
use crate::payment::Refusal;

/// 請求停止.
pub(super) const STOPPED: &str = "3";
/// ペイジェント照合エラー: no such card, or stored without a validity check.
const UNKNOWN: &str = "9";

/// A stored card by its ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct CardName {
    /// サイトID; empty for the base site.
    pub(crate) site_id: String,
    /// 顧客ID.
    pub(crate) customer_id: String,
    /// 顧客カードID.
    pub(crate) customer_card_id: String,
}

/// What was said to a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// 有効性判定結果.
    pub(crate) result: String,
    /// カード番号更新サイン; `None` unless the card is good.
    pub(crate) number: Option<bool>,
    /// 有効期限更新サイン; `None` unless the card is good.
    pub(crate) expiry: Option<bool>,
}

impl Said {
    fn without_signs(result: &str) -> Said {
        Said { result: result.to_owned(), number: None, expiry: None }
    }
}

/// P021 and P027 for a merchant that has no stored cards or no validity checks.
pub(crate) fn check_contracts(desk: &Desk<'_>) -> Result<(), Refusal> {
    check_contract(desk)?;
    check_validity_contract(desk)
}

/// The cards that take part by themselves (洗替_オート): those that were stored with a validity check, unless an
/// update has told already that charges to them were stopped.
pub(crate) fn candidates(desk: &Desk<'_>) -> Vec<CardName> {
    let mut names = Vec::new();
    for (site_id, customer_id, customer, _) in customers(desk, None) {
        let takes_part = |card: &&StoredCard| card.check.is_some() && card.charges != Charges::StoppedAndTold;
        names.extend(customer.cards.iter().filter(takes_part).map(|card| CardName {
            site_id: site_id.clone(),
            customer_id: customer_id.clone(),
            customer_card_id: card.customer_card_id.clone(),
        }));
    }
    names
}

/// Asks about cards. Returns what was said to each, in their order, and the cards as they will be.
pub(crate) fn refresh(desk: &Desk<'_>, names: &[CardName]) -> (Vec<Said>, Vec<Record>) {
    let mut vaults = BTreeMap::new();
    // A card that is named twice is asked about once.
    let mut said: BTreeMap<&CardName, Said> = BTreeMap::new();
    for name in names {
        let CardName { site_id, customer_id, customer_card_id } = name;
        let vault = vaults.entry((site_id, customer_id)).or_insert_with(|| customer(desk, [site_id, customer_id]));
        said.entry(name).or_insert_with(|| {
            let stored = vault.0.cards.iter_mut().find(|card| card.customer_card_id == *customer_card_id);
            stored.map_or_else(|| Said::without_signs(UNKNOWN), |stored| ask(desk, stored))
        });
    }
    let all = names.iter().filter_map(|name| said.get(name).cloned()).collect();
    // Customers whom nobody knows are not kept.
    let known = vaults.into_values().filter(|(customer, _)| !customer.cards.is_empty());
    (all, known.map(|(customer, record)| record.with_body(&customer)).collect())
}

fn ask(desk: &Desk<'_>, stored: &mut StoredCard) -> Said {
    let is_stopped = stored.is_stopped();
    let Some(check) = &mut stored.check else { return Said::without_signs(UNKNOWN) };
    check.date = desk.now;
    check.update.clear();
    if is_stopped {
        stored.charges = Charges::StoppedAndTold;
        return Said::without_signs(STOPPED);
    }
    let verdict = stored.card.renew();
    check.result.clone_from(&verdict.result);
    check.update = match (verdict.new_number, verdict.new_expiry) {
        (true, true) => "A",
        (true, false) => "C",
        (false, true) => "V",
        (false, false) => "",
    }
    .to_owned();
    if verdict.result != VALID {
        return Said::without_signs(&verdict.result);
    }
    Said { result: verdict.result, number: Some(verdict.new_number), expiry: Some(verdict.new_expiry) }
}
