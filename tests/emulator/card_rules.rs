//! What a merchant's contract and later revisions of the interface say of cards (`observed.md` sections 3 and 6).

use serde_json::json;

use crate::harness::{Emulator, card};

/// A shop with settings.
fn settings(emulator: &Emulator, merchant_id: &str, more: serde_json::Value) {
    let mut body = json!({"connect_id": "test0001", "connect_password": "password"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    emulator.api("PUT", &format!("/api/v1/merchants/{merchant_id}"), body);
}

#[test]
fn a_validity_check_by_020_authorizes_nothing() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let check = |number: &str, trading_id: &str| {
        let mut fields = card(number, trading_id, "1000");
        fields.push(("valid_check_flg", "1"));
        shop.send("020", &fields)
    };
    let good = check("4900000000000000", "good");
    assert_eq!((good.result.as_str(), good.get("masked_card_number")), ("0", "************0000"), "{good:?}");
    let id = good.get("payment_id");
    assert_eq!(shop.status(id), "22");
    for kind in ["021", "022", "023"] {
        assert_eq!(shop.send(kind, &[("payment_id", id)]).response_code, "2004", "{kind}: nothing was authorized");
    }
    let bad = check("4900000000008212", "bad");
    assert_eq!((bad.response_code.as_str(), bad.response_detail.as_str()), ("2001", "1G12"));
    let found = shop.send("094", &[("trading_id", "bad")]);
    assert_eq!(found.get("payment_status"), "17");
    settings(&emulator, &shop.merchant_id, json!({"contracts": {"validity_check": false}}));
    assert_eq!(check("4900000000000000", "none").response_code, "P027");
    assert_eq!(shop.send("094", &[("trading_id", "none")]).response_code, "13001", "a refused request leaves nothing");
}

#[test]
fn the_brand_rule_cancels_visa_and_mastercard_after_25_days() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    settings(&emulator, &shop.merchant_id, json!({"contracts": {"brand_rule": true}}));
    let authorize = |number: &str, trading_id: &str| {
        let answer = shop.send("020", &card(number, trading_id, "1000"));
        assert_eq!(answer.result, "0", "{answer:?}");
        answer.get("payment_id").to_owned()
    };
    // The last one's card company refuses the cancel.
    let [visa, master, jcb, refused] = [
        ("4900000000000000", "visa"),
        ("5304000000000000", "master"),
        ("3580000000000000", "jcb"),
        ("4900000000002115", "refused"),
    ]
    .map(|(number, trading_id)| authorize(number, trading_id));
    shop.advance_days(25);
    assert_eq!([&visa, &master].map(|id| shop.status(id)), ["20", "20"], "day 25 still counts");
    shop.advance_days(1);
    assert_eq!([&visa, &master, &jcb, &refused].map(|id| shop.status(id)), ["32", "32", "20", "33"]);
    shop.advance_days(35);
    assert_eq!(shop.status(&jcb), "33");
    // Without the rule nothing happens before the sixtieth day has passed.
    let other = emulator.shop_on("2026-12-01");
    let id = other.authorize("order", "1000");
    other.advance_days(60);
    assert_eq!(other.status(&id), "20");
    other.advance_days(1);
    assert_eq!(other.status(&id), "33");
}

#[test]
fn telegrams_from_elsewhere_than_the_registered_addresses_are_refused() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    settings(&emulator, &shop.merchant_id, json!({"allowed_addresses": ["192.0.2.7", "198.51.100.0/24"]}));
    let refused = shop.send("020", &card("4900000000000000", "order1", "1000"));
    assert_eq!(refused.response_code, "P015", "{refused:?}");
    // A hosted page shows it as the real one does.
    let body =
        format!("seq_merchant_id={}&trading_id=order1&payment_type=02&id=1000&merchant_name=shop", shop.merchant_id);
    let request = |more: &str| {
        format!(
            "POST /v/u/request HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}{more}",
            body.len() + more.len()
        )
    };
    let page = crate::harness::Response::parse(&emulator.exchange_without_certificate(request("").as_bytes()));
    let text = String::from_utf8(page.body).unwrap();
    assert_eq!(page.status, 500);
    assert!(text.contains("取引情報が正しくありません。"), "{text}");
    let lines = emulator.exchange_without_certificate(request("&isbtob=1").as_bytes());
    let lines = crate::harness::Response::parse(&lines);
    assert!(lines.status == 200 && String::from_utf8(lines.body).unwrap().contains("response_code=P015\r\n"));
    settings(&emulator, &shop.merchant_id, json!({"allowed_addresses": ["127.0.0.0/8"]}));
    assert_eq!(shop.send("020", &card("4900000000000000", "order1", "1000")).result, "0");
    let wrong = json!({"allowed_addresses": ["localhost"]}).to_string();
    let (status, problem) = emulator.console("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), &wrong);
    assert!(status == 422 && problem.contains("192.0.2.0/24"), "{status} {problem}");
}
