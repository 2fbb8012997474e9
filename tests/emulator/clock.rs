//! The clock: turned, set, frozen, for all or for one merchant, and deadlines in real time.

use serde_json::json;

use crate::harness::Emulator;
use crate::test_shop::TestShop;

fn now(emulator: &Emulator, merchant_id: &str) -> String {
    let clock = emulator.api("GET", &format!("/api/v1/clock?merchant_id={merchant_id}"), json!(null));
    clock["now"].as_str().unwrap().to_owned()
}

#[test]
fn an_advance_meets_every_deadline_in_order_and_lists_them() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let start = json!({"now": "2026-12-01T10:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    shop.authorize("adopted", "1");
    emulator.api("POST", "/api/v1/reset", json!({"merchant_id": shop.merchant_id}));
    emulator.api("PUT", "/api/v1/clock", start);
    let first = shop.authorize("first", "100");
    shop.advance_days(1);
    let second = shop.authorize("second", "100");
    shop.send("022", &[("payment_id", &second)]);
    let advanced = shop.advance_days(70);
    let happened = advanced["happened"].as_array().unwrap();
    let facts: Vec<[String; 3]> = happened
        .iter()
        .map(|row| {
            [row["at"].as_str().unwrap(), &row["payment_id"].to_string(), row["payment_status"].as_str().unwrap()]
                .map(str::to_owned)
        })
        .collect();
    let expected =
        [["2027-01-31T00:00:00+09:00", first.as_str(), "33"], ["2027-02-01T00:00:00+09:00", second.as_str(), "41"]];
    assert_eq!(facts, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(advanced["clock"]["now"], "2027-02-10T10:00:00+09:00");
    // Each as of its own moment.
    let notice = shop.send("091", &[]);
    assert_eq!(notice.get("success_code"), "1", "after seven days nothing is left: {notice:?}");
    let payment = emulator.api("GET", &format!("/api/v1/payments/{first}"), json!(null));
    let last = payment["history"].as_array().unwrap().last().unwrap();
    assert_eq!((last["at"].as_str(), last["by"].as_str()), (Some("2027-01-31T00:00:00+09:00"), Some("clock")));
}

#[test]
fn two_merchants_live_on_different_days() {
    let emulator = Emulator::start();
    let (early, late) = (emulator.shop(), emulator.shop());
    let (early_id, late_id) = (early.authorize("order", "100"), late.authorize("order", "100"));
    late.advance_days(100);
    assert_eq!((early.status(&early_id).as_str(), late.status(&late_id).as_str()), ("20", "33"));
    assert!(now(&emulator, &late.merchant_id) > now(&emulator, &early.merchant_id));
    // The common clock moves only those that have no clock of their own.
    let advanced = emulator.api("POST", "/api/v1/clock/advance", json!({"days": 61}));
    assert_eq!(advanced["happened"].as_array().unwrap().len(), 1);
    assert_eq!(early.status(&early_id), "33");
}

#[test]
fn setting_the_clock_meets_the_deadlines_before_it() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order", "100");
    let far = json!({"now": "2030-01-01T00:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    let clock = emulator.api("PUT", "/api/v1/clock", far);
    assert_eq!((clock["frozen"].as_bool(), clock["real"].as_bool()), (Some(true), Some(false)));
    assert_eq!(shop.status(&id), "33");
    let real = emulator.api("DELETE", &format!("/api/v1/clock?merchant_id={}", shop.merchant_id), json!(null));
    assert_eq!(real["real"], true);
}

#[test]
fn deadlines_are_met_in_real_time_without_anybody_asking() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = emulator.shop();
    let settings = json!({
        "connect_id": "test0001", "connect_password": "password", "notification_url": target.url,
        "notified": {"02": ["33"]},
    });
    emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings);
    let clock = |now: &str| {
        emulator.api("PUT", "/api/v1/clock", json!({"now": now, "frozen": false, "merchant_id": shop.merchant_id}));
    };
    clock("2026-12-01T10:00:00+09:00");
    let id = shop.authorize("order", "100");
    // The last second in which the authorization is good; the clock ticks on.
    clock("2027-01-30T23:59:59+09:00");
    let push = target.next();
    assert_eq!([push.get("payment_id"), push.get("payment_status")], [id, "33".to_owned()]);
    assert_eq!(push.get("change_date"), "20270131000000");
}

#[test]
fn a_telegram_sees_what_time_has_done_before_it() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order", "100");
    shop.advance_days(61);
    let late = shop.send("022", &[("payment_id", &id)]);
    assert_eq!((late.result.as_str(), late.response_code.as_str()), ("1", "2007"));
}
