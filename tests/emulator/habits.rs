//! What clients send that no table of the interface foresees (`observed.md` section 7).

use serde_json::json;

use crate::harness::{Emulator, Shop, card};

/// The warnings of a shop's newest telegram, in English.
fn warnings(shop: &Shop<'_>) -> String {
    let journal =
        shop.emulator.api("GET", &format!("/api/v1/journal?merchant_id={}&limit=1", shop.merchant_id), json!(null));
    journal["entries"][0]["warnings"].to_string()
}

#[test]
fn a_browsers_name_may_hold_a_tab() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (agent, code) in [("Mozilla\t5.0", ""), ("Mozilla\u{1}5.0", ""), ("Mozilla\n5.0", "P008"), ("a\r", "P008")] {
        let mut fields = card("4900000000000000", "t", "1000");
        fields.push(("http_user_agent", agent));
        assert_eq!(shop.send("020", &fields).response_code, code, "{agent:?}");
        let authentication = [
            ("term_url", "https://shop.example/back"),
            ("merchant_name", agent),
            ("authentication_type", "01"),
            ("card_set_method", "direct"),
            ("card_number", "4900000000000000"),
            ("card_valid_term", "1239"),
            ("payment_amount", "1000"),
            ("http_user_agent", "Mozilla\t5.0"),
        ];
        assert_eq!(shop.send("450", &authentication).response_code, code, "{agent:?}");
    }
}

/// The official EC-CUBE 4 plugin's code for bonus payments.
#[test]
fn bonus_payments_may_come_under_another_number() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let mut fields = card("4900000000000000", "t", "1000");
    fields.retain(|(name, _)| *name != "payment_class");
    fields.push(("payment_class", "21"));
    let answer = shop.send("020", &fields);
    assert_eq!(answer.result, "0", "{answer:?}");
    assert!(warnings(&shop).contains("taken as 23"), "{}", warnings(&shop));
    assert_eq!(shop.send("094", &[("trading_id", "t")]).get("payment_class"), "23");
}

/// The official EC-CUBE 4 plugin sends both on every plain purchase.
#[test]
fn three_d_secure_that_is_left_out_is_left_out() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    // A card that would ask for a password.
    let mut fields = card("4708224192406930", "t", "1000");
    fields.push(("3dsecure_use_type", "1"));
    let answer = shop.send("020", &fields);
    assert_eq!((answer.result.as_str(), answer.get("attempt_kbn")), ("0", ""), "{answer:?}");
    assert!(!warnings(&shop).contains("3-D Secure"), "{}", warnings(&shop));
    fields.push(("term_url", "https://shop.example/back"));
    assert_eq!(shop.send("020", &fields).result, "0");
    assert!(!warnings(&shop).contains("3-D Secure"), "{}", warnings(&shop));
}

#[test]
fn what_partners_add_is_passed_over() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let partner = [
        ("partner", "lockon"),
        ("eccube_version", "4.1.2"),
        ("eccube_plugin_version", "1.0.0"),
        ("ship_address_first_use_date", "01"),
    ];
    let mut fields = card("4900000000000000", "t", "1000");
    fields.extend_from_slice(&partner);
    assert_eq!(shop.send("020", &fields).result, "0");
    let mut fields = vec![
        ("term_url", "https://shop.example/back"),
        ("merchant_name", "shop"),
        ("authentication_type", "01"),
        ("card_set_method", "direct"),
        ("card_number", "4900000000000000"),
        ("card_valid_term", "1239"),
        ("payment_amount", "1000"),
    ];
    fields.extend_from_slice(&partner);
    assert_eq!(shop.send("450", &fields).result, "0");
}

/// EC-CUBE's telegrams all have a trading id, and its settings screen tests the connection with 091.
#[test]
fn nought_stands_for_no_trading_id_and_no_number() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let nought = ("trading_id", "0");
    for fields in [vec![nought], vec![nought, ("payment_notice_id", "0")]] {
        let test = shop.send("091", &fields);
        assert_eq!((test.result.as_str(), test.get("success_code")), ("0", "1"), "{test:?}");
    }
    let customer = ("customer_id", "c");
    let stored =
        [nought, customer, ("card_number", "4900000000000000"), ("card_valid_term", "1239"), ("valid_check_flg", "0")];
    let stored = shop.send("025", &stored);
    assert_eq!(stored.result, "0", "{stored:?}");
    assert!(shop.csv("027", &[nought, customer, ("limit_count", "2000")]).ends_with("\"4\",\"1\"\r\n"));
    let card_id = stored.get("customer_card_id");
    assert_eq!(shop.send("026", &[nought, customer, ("customer_card_id", card_id)]).get("num_of_cards"), "0");
    // With something to tell, the test hands nothing out.
    shop.authorize("t", "1000");
    assert_eq!(shop.send("091", &[nought, ("payment_notice_id", "0")]).get("success_code"), "1");
    assert_eq!(shop.send("091", &[nought]).get("payment_notice_id"), "1");
}

/// WooCommerce writes amounts of every currency with two decimals.
#[test]
fn noughts_behind_the_point_are_no_decimals() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let start = |amount: &str, currency: &str| {
        let fields = [
            ("term_url", "https://shop.example/back"),
            ("merchant_name", "shop"),
            ("authentication_type", "01"),
            ("card_set_method", "direct"),
            ("card_number", "4900000000000000"),
            ("card_valid_term", "1239"),
            ("payment_amount", amount),
            ("currency_code", currency),
        ];
        shop.send("450", &fields).response_code
    };
    for (amount, currency, code) in [
        ("1000.00", "JPY", ""),
        ("1000.00", "", ""),
        ("1000.50", "JPY", "P010"),
        ("10.50", "USD", ""),
        ("10.500", "USD", ""),
        ("10.505", "USD", "P010"),
    ] {
        assert_eq!(start(amount, currency), code, "{amount} {currency}");
    }
}
