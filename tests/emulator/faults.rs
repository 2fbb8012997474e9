//! Faults: what a vendor is asked fails once, and a fault that could never fire is not taken.

use paygent_emulator::internal::method::METHODS;
use serde_json::json;

use crate::harness::{Emulator, Shop, card};

fn fault(shop: &Shop<'_>, kind: &str) -> u16 {
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": kind, "response_detail": "1C50"});
    shop.emulator.console("POST", "/api/v1/faults", &fault.to_string()).0
}

fn waiting(shop: &Shop<'_>) -> String {
    shop.emulator.api("GET", &format!("/api/v1/faults?merchant_id={}", shop.merchant_id), json!(null)).to_string()
}

#[test]
fn a_fault_that_can_never_fire_is_refused() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("t", "1000");
    for method in METHODS {
        for kind in method.kinds() {
            let status = if method.asks_vendor(kind) { 201 } else { 422 };
            assert_eq!(fault(&shop, kind), status, "{kind}");
        }
    }
    for kind in ["026", "027", "091", "094", "096", "113", "281", "283", "link:request", "100", "999", ""] {
        assert_eq!(fault(&shop, kind), 422, "{kind}");
    }
    for (kind, leaves, status) in [("023", "50", 201), ("023", "42", 201), ("023", "31", 422), ("022", "50", 422)] {
        let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": kind, "leaves": leaves});
        let (answered, body) = emulator.console("POST", "/api/v1/faults", &fault.to_string());
        assert_eq!(answered, status, "{kind} {leaves}: {body}");
    }
}

/// Corrections are a vendor's business, and a resumed charge is not the first one.
#[test]
fn the_telegrams_of_cards_obey_their_own_faults() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (kind, captured) in [("028", false), ("029", true)] {
        let id = shop.authorize(kind, "1000");
        if captured {
            shop.send("022", &[("payment_id", &id)]);
        }
        assert_eq!(fault(&shop, kind), 201);
        let fields = [("payment_id", id.as_str()), ("payment_amount", "500"), ("reduction_flag", "0")];
        let refused = shop.send(kind, &fields);
        assert_eq!((refused.response_code.as_str(), refused.response_detail.as_str()), ("2002", "1C50"));
        assert_eq!(shop.status(&id), if captured { "40" } else { "20" }, "the old payment is untouched");
        assert_eq!(waiting(&shop), "[]", "{kind}");
        assert_eq!(shop.send(kind, &fields).result, "0");
    }
    let stored =
        shop.send("025", &[("customer_id", "c"), ("card_number", "4900000000000000"), ("card_valid_term", "1239")]);
    let card_id = stored.get("customer_card_id").to_owned();
    let day = shop.emulator.api("GET", &format!("/api/v1/clock?merchant_id={}", shop.merchant_id), json!(null));
    let today = day["now"].as_str().unwrap()[..10].replace('-', "");
    assert_eq!(fault(&shop, "280"), 201);
    let started = shop.send(
        "280",
        &[
            ("trading_id", "running"),
            ("customer_id", "c"),
            ("customer_card_id", &card_id),
            ("amount", "300"),
            ("cycle", "1"),
            ("timing", "1"),
            ("first_executed", &today),
        ],
    );
    assert_eq!((started.result.as_str(), waiting(&shop).as_str()), ("0", "[]"), "{started:?}");
    let running = [("running_id", started.get("running_id")), ("retry", "0")];
    // One for 280 does not concern the charge that 282 makes up for.
    assert_eq!((fault(&shop, "280"), fault(&shop, "282")), (201, 201));
    assert_eq!(shop.send("282", &running).result, "0");
    assert!(waiting(&shop).contains("\"280\"") && !waiting(&shop).contains("\"282\""), "{}", waiting(&shop));
}

#[test]
fn a_fault_of_a_validity_check_tells_its_detail() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.send("020", &card("4900000000000000", "t", "1"));
    assert_eq!(fault(&shop, "025"), 201);
    let fields = [
        ("customer_id", "c"),
        ("card_number", "4900000000000000"),
        ("card_valid_term", "1239"),
        ("valid_check_flg", "1"),
    ];
    assert_eq!(shop.send("025", &fields).response_detail, "1C50");
    assert_eq!(shop.send("025", &fields).result, "0");
}

/// Later revisions of the interface let the cancel of a capture answer details of issuers too.
#[test]
fn a_cancel_can_fail_with_a_detail_of_the_issuer() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("t", "1000");
    shop.send("022", &[("payment_id", &id)]);
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": "023", "response_code": "2001", "response_detail": "1G12"});
    emulator.api("POST", "/api/v1/faults", fault);
    let refused = shop.send("023", &[("payment_id", &id)]);
    assert_eq!((refused.response_code.as_str(), refused.response_detail.as_str()), ("2001", "1G12"));
    assert_eq!(shop.status(&id), "42");
    assert_eq!(shop.send("023", &[("payment_id", &id)]).result, "0");
}
