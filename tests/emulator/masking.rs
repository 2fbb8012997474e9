//! Card numbers in places where none belongs: nobody finds them again.

use paygent_emulator::internal::wire::Charset;
use serde_json::json;

use crate::harness::{Emulator, card, form};
use crate::test_shop::TestShop;

/// Passes the Luhn check and begins as a test card does.
const NUMBER: &str = "4980000000000006";

#[test]
fn a_card_number_in_a_free_field_is_masked_wherever_it_is_shown() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    // The payment keeps what the shop sent, and says so to the shop.
    let answer = shop.send("020", &card("4900000000000000", NUMBER, "1000"));
    assert_eq!(answer.get("trading_id"), NUMBER);
    assert_eq!(shop.send("094", &[("payment_id", answer.get("payment_id"))]).get("trading_id"), NUMBER);
    shop.send("020", &card("4900000000000000", "4980 0000-0000 0006", "1000"));
    shop.csv("027", &[("customer_id", NUMBER)]);
    shop.send("094", &[("payment_id", NUMBER)]);
    let head = [("connect_id", "test0001"), ("connect_password", "password"), ("telegram_version", "1.0")];
    for (path, merchant_id, kind, field) in [
        ("/n/card/request", "10000", NUMBER, "x"),
        ("/n/card/request", NUMBER, "020", "x"),
        (&format!("/n/{NUMBER}"), "10000", "020", NUMBER),
        ("/n/4980%200000%2D0000%200006", "10000", "020", "x"),
    ] {
        let more = [("merchant_id", merchant_id), ("telegram_kind", kind), (field, NUMBER)];
        let body = form(&[&head[..], &more].concat(), Charset::Windows31J);
        let request = format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        emulator.exchange(request.as_bytes());
    }
    let shown = [
        emulator.api("GET", "/api/v1/journal?limit=100", json!(null)).to_string(),
        emulator.console("GET", "/journal", "").1,
        emulator.console("GET", "/", "").1,
        (1..=8).map(|id| emulator.console("GET", &format!("/journal/{id}"), "").1).collect(),
        (1..=8).map(|id| emulator.api("GET", &format!("/api/v1/journal/{id}"), json!(null)).to_string()).collect(),
    ];
    for shown in shown {
        assert!(shown.contains("************0006"), "{shown}");
        for number in [NUMBER, "4980 0000", "4980%200000", "0000-0000"] {
            assert!(!shown.contains(number), "{number} in {shown}");
        }
    }
}

#[test]
fn a_notice_of_such_a_payment_is_masked_in_the_journal_and_the_shop_gets_it_whole() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = emulator.shop();
    shop.set(json!({"notification_url": target.url}));
    shop.authorize(NUMBER, "1000");
    assert_eq!(target.next().get("trading_id"), NUMBER);
    assert_eq!(target.next().get("trading_id"), NUMBER);
    // The second push only began when the first one had been written down.
    let told = emulator.api("GET", "/api/v1/journal?event=notice", json!(null)).to_string();
    assert!(told.contains("************0006") && !told.contains(NUMBER), "{told}");
}

#[test]
fn numbers_that_are_no_cards_stay_and_are_found() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    for number in ["2026120112345678", "4111111111111112", "30000001", "41111111111111111"] {
        shop.send("020", &card("4900000000000000", number, "1000"));
        let found = emulator.api("GET", &format!("/api/v1/journal?text={number}"), json!(null));
        assert!(found.to_string().contains(number), "{number}: {found}");
    }
}
