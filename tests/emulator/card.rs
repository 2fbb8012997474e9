//! Card payments: 020 to 023, 028, 029 and 094 (`card_states.md`, `test_cards.md`).

use crate::harness::{Emulator, card};

#[test]
fn a_card_is_authorized_captured_and_cancelled() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "2490");
    assert_eq!(shop.status(&id), "20");
    assert_eq!(shop.send("022", &[("payment_id", &id)]).get("payment_id"), id);
    assert_eq!(shop.status(&id), "40");
    assert_eq!(shop.send("023", &[("trading_id", "order1")]).get("payment_id"), id);
    assert_eq!(shop.status(&id), "60");
    let again = shop.send("020", &card("4900000000008212", "order2", "1"));
    assert_eq!(
        (again.result.as_str(), again.response_code.as_str(), again.response_detail.as_str()),
        ("1", "2001", "1G12")
    );
}
