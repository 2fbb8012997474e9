//! 請求停止: the card company takes no more charges to a card, which the next card update tells the shop
//! (`test_tool.md`, S4).

use crate::method::card::CardFacts;
use crate::method::card::vault::{Charges, StoredCard, check_contract, customer, customers};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Reply, name};

/// Which card: 顧客ID and 顧客カードID, or カード番号; blank texts count as absent.
pub(crate) struct Which<'a> {
    /// サイトID; empty for the base site.
    pub(crate) site_id: &'a str,
    /// 顧客ID.
    pub(crate) customer_id: &'a str,
    /// 顧客カードID.
    pub(crate) customer_card_id: &'a str,
    /// カード番号; every card of the site that has it is meant.
    pub(crate) card_number: &'a str,
}

/// Stops charges to a stored card. The answer tells to how many (`num_of_cards`) and to which (`cards`: customer_id and
/// customer_card_id).
pub(crate) fn stop(desk: &Desk<'_>, which: &Which<'_>) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    let contracts = &desk.merchant.contracts;
    if !contracts.validity_check && !contracts.recurring {
        let rule = text!(
            "有効性チェックまたは継続課金の契約がある加盟店だけが対象です (contracts.validity_check, recurring)。",
            "only for merchants with validity checks or recurring charges (contracts.validity_check, recurring)"
        );
        return Err(Refusal::new("P027", rule));
    }
    desk.merchant.check_site(Some(which.site_id).filter(|site_id| !site_id.is_empty()))?;
    let Which { site_id, customer_id, customer_card_id, card_number } = *which;
    if card_number.is_empty() {
        for (name, value) in [(name::CUSTOMER_ID, customer_id), (name::CUSTOMER_CARD_ID, customer_card_id)] {
            if value.is_empty() {
                let rule = text!(
                    "{name} が指定されていません。customer_id と customer_card_id、または card_number を指定してください。",
                    "{name} is missing: give customer_id with customer_card_id, or card_number",
                    name = name
                );
                return Err(Refusal::field("P006", name, rule));
            }
        }
        let (customer, record) = customer(desk, [site_id, customer_id]);
        return marked(vec![(customer_id.to_owned(), customer, record)], |card| {
            card.customer_card_id == customer_card_id
        })
        .ok_or_else(super::unknown);
    }
    if !(14..=16).contains(&card_number.len()) || !card_number.bytes().all(|byte| byte.is_ascii_digit()) {
        let rule = text!("カード番号は14桁から16桁の数字です。", "a card number has 14 to 16 digits");
        return Err(Refusal::field("P010", name::CARD_NUMBER, rule));
    }
    if !customer_id.is_empty() || !customer_card_id.is_empty() {
        let rule = text!(
            "customer_id と customer_card_id、または card_number のどちらか一方だけを指定してください。",
            "give customer_id with customer_card_id, or card_number, not both"
        );
        return Err(Refusal::field("P010", name::CARD_NUMBER, rule));
    }
    let sought = CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, card_number, "").fingerprint;
    let all = customers(desk, Some(site_id))
        .into_iter()
        .map(|(_, customer_id, customer, record)| (customer_id, customer, record));
    marked(all.collect(), |card| card.card.fingerprint == sought).ok_or_else(|| {
        let rule = text!(
            "このカード番号のカードは登録されていません (site_id ごとに別管理です)。",
            "no card of this number is stored (each site_id has its own)"
        );
        Refusal::with_detail("P022", "指定されたカード番号のカード情報が存在しません。", rule)
    })
}

/// The customers with the cards that are meant marked; `None` when there is no such card.
fn marked(
    customers: Vec<(String, super::Customer, crate::ledger::Record)>,
    is_meant: impl Fn(&StoredCard) -> bool,
) -> Option<Outcome> {
    let mut records = Vec::new();
    let (mut found, mut unchecked) = (Vec::new(), 0);
    for (customer_id, mut customer, record) in customers {
        let before = found.len();
        for card in customer.cards.iter_mut().filter(|card| is_meant(card)) {
            found.push(format!("{customer_id}/{}", card.customer_card_id));
            unchecked += usize::from(card.check.is_none());
            if card.charges == Charges::Open {
                card.charges = Charges::Stopped;
            }
        }
        if found.len() > before {
            records.push(record.with_body(&customer));
        }
    }
    if found.is_empty() {
        return None;
    }
    let mut warnings = Vec::new();
    if unchecked > 0 {
        warnings.push(text!(
            "valid_check_flg=1 なしで登録されたカードが{unchecked}件あります。洗替の対象にならず、027 でも利用停止は分かりません。",
            "stored without valid_check_flg=1: {unchecked}. No card update asks about such a card, and 027 does not show that charges to it were stopped",
            unchecked = unchecked
        ));
    }
    let reply = Reply::ok().with(name::NUM_OF_CARDS, found.len().to_string()).with(name::own::CARDS, found.join(", "));
    Some(Outcome { records, warnings, ..Outcome::reply(reply) })
}
