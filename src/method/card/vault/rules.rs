//! What the vault refuses.

use crate::method::Desk;
use crate::method::card::vault::Customer;
use crate::payment::Refusal;
use crate::text::{Text, text};

/// The most cards that a customer can have.
const LIMIT: usize = 10;

/// P021 for a merchant without stored cards.
pub(crate) fn check_contract(desk: &Desk<'_>) -> Result<(), Refusal> {
    if desk.merchant.contracts.stored_cards {
        return Ok(());
    }
    Err(Refusal::new("P021", no_stored_cards()))
}

pub(super) fn no_stored_cards() -> Text {
    text!(
        "加盟店の契約にカード情報お預りサービスが含まれていません (contracts.stored_cards)。",
        "the merchant's contract does not include stored cards (contracts.stored_cards)"
    )
}

/// P023 for a customer who has ten cards already.
pub(super) fn check_room(customer: &Customer) -> Result<(), Refusal> {
    if customer.cards.len() < LIMIT {
        return Ok(());
    }
    let rule = text!(
        "この顧客にはすでに {limit} 枚のカードが登録されています。026 で削除してから登録してください。",
        "the customer has {limit} cards already; delete one first (026)",
        limit = LIMIT
    );
    Err(Refusal::new("P023", rule))
}

/// P022 for a card that nobody has stored.
pub(super) fn unknown() -> Refusal {
    Refusal::new("P022", not_stored())
}

pub(super) fn not_stored() -> Text {
    text!(
        "この customer_id と customer_card_id のカードは登録されていません (site_id ごとに別管理です)。",
        "no card is stored under this customer_id and customer_card_id (each site_id has its own)"
    )
}

/// P027 for a merchant without validity checks, which card updates are a part of.
pub(in crate::method::card) fn check_validity_contract(desk: &Desk<'_>) -> Result<(), Refusal> {
    if desk.merchant.contracts.validity_check {
        return Ok(());
    }
    let rule = text!(
        "加盟店の契約に有効性チェックが含まれていません (contracts.validity_check)。",
        "the merchant's contract does not include validity checks (contracts.validity_check)"
    );
    Err(Refusal::new("P027", rule))
}
