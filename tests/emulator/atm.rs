//! Paying at an ATM: 010 (`atm.toml`; seed group A).

use serde_json::json;

use crate::harness::Emulator;

const DETAIL: [(&str, &str); 2] = [("payment_detail", "お支払い一式"), ("payment_detail_kana", "ｵｼﾊﾗｲｲﾂｼｷ")];

/// A1 to A8 of the seed.
#[test]
fn the_walk_through_of_an_atm_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    // The WooCommerce plugin sends the kind as payment_id.
    let sent = [&DETAIL[..], &[("trading_id", "order1"), ("payment_id", "010"), ("payment_amount", "2490")]].concat();
    let answer = shop.send("010", &sent);
    assert_eq!(answer.result, "0", "{answer:?}");
    for (name, least, most) in [("pay_center_number", 5, 10), ("customer_number", 1, 20), ("conf_number", 1, 6)] {
        let value = answer.get(name);
        assert!((least..=most).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()), "{name}={value}");
    }
    assert_eq!(answer.get("payment_limit_date").len(), 8);
    let id = answer.get("payment_id");
    assert_ne!(id, "010");

    // Welcart asks for the status right after the application.
    let before = shop.send("094", &[("trading_id", "order1"), ("payment_id", id)]);
    assert_eq!((before.result.as_str(), before.get("payment_status")), ("0", "10"));
    assert_eq!(before.get("customer_number"), answer.get("customer_number"));

    // The picture's time lies before the order.
    let typed = json!({"payment_status": "40", "bank_code": "9900", "payment_date": "20210927090000"});
    let done = emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), typed);
    assert_eq!(done["warnings"].as_array().unwrap().len(), 1);
    let after = shop.send("094", &[("payment_id", id)]);
    let values = ["payment_status", "payment_date", "bank_code"].map(|name| after.get(name));
    assert_eq!(values, ["40", "20210927090000", "9900"]);
    // 申込済 of ATM payments is told to nobody.
    let notice = shop.send("091", &[]);
    assert_eq!((notice.get("payment_status"), notice.get("bank_code")), ("40", "9900"));
    assert_eq!(shop.send("091", &[]).get("success_code"), "1");
}

#[test]
fn limits_and_characters_of_010() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (changes, code) in [
        (vec![("payment_amount", "0")], "P014"),
        (vec![("payment_amount", "500001")], "P011"),
        (vec![("payment_limit_date", "61")], "P012"),
        (vec![("payment_detail", "abc")], "P008"),
        (vec![("payment_detail", "一二三四五六七八九十一二三")], "P009"),
        (vec![("payment_detail_kana", "オシハライ")], "P008"),
        // The long vowel mark is in the set of 030 alone.
        (vec![("payment_detail_kana", "ｼﾞｭｰｽ")], "P008"),
        (vec![("customer_name", "一二三四五六七")], "P009"),
        (vec![], ""),
        (vec![("payment_limit_date", "0"), ("customer_name_kana", "tarou")], ""),
    ] {
        let mut fields = [&DETAIL[..], &[("payment_amount", "100")]].concat();
        for (name, value) in &changes {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        let answer = shop.send("010", &fields);
        assert_eq!(answer.response_code, code, "{changes:?}: {answer:?}");
    }
}

#[test]
fn the_limit_follows_the_shops_setting_and_ends_the_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.send("094", &[("payment_id", "1")]);
    let clock = json!({"now": "2026-11-24T12:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    let mut ids = Vec::new();
    for (days, limit) in [("", "20261224"), ("0", "20261124"), ("60", "20270123")] {
        let mut fields = [&DETAIL[..], &[("payment_amount", "100")]].concat();
        if !days.is_empty() {
            fields.push(("payment_limit_date", days));
        }
        let answer = shop.send("010", &fields);
        assert_eq!(answer.get("payment_limit_date"), limit, "{days}");
        ids.push(answer.get("payment_id").to_owned());
    }
    shop.advance_days(1);
    assert_eq!(ids.iter().map(|id| shop.status(id)).collect::<Vec<_>>(), ["10", "12", "10"]);
    let notice = shop.send("091", &[]);
    assert_eq!((notice.get("payment_id"), notice.get("payment_status")), (ids[1].as_str(), "12"));
    shop.advance_days(30);
    assert_eq!(ids.iter().map(|id| shop.status(id)).collect::<Vec<_>>(), ["12", "12", "10"]);
}
