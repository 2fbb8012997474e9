//! Pushed notices (`notification.md`): at least once, in order, whatever the shop does.

use paygent_emulator::Emulator as Embedded;
use paygent_emulator::internal::journal::Event;
use paygent_emulator::internal::wire::hash::sha256_hex;
use serde_json::json;

use crate::harness::{Emulator, Shop, card, eventually};
use crate::in_process::InProcess;
use crate::test_shop::{Push, Taking, TestShop};

/// A merchant whose notices go to a shop.
pub(crate) fn registered<'a>(emulator: &'a Emulator, to: &TestShop) -> Shop<'a> {
    let shop = emulator.shop();
    let settings = json!({
        "connect_id": "test0001",
        "connect_password": "password",
        "notification_url": to.url,
        "keys": {"notice_hash": "abcdefg1234567"},
    });
    emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings);
    shop
}

pub(crate) fn delivery(shop: &Shop<'_>) -> serde_json::Value {
    let merchant = shop.emulator.api("GET", &format!("/api/v1/merchants/{}", shop.merchant_id), json!(null));
    merchant["delivery"].clone()
}

/// Nothing is left to be pushed, and nothing has come that nobody looked at.
pub(crate) fn assert_nothing_waits(shop: &Shop<'_>, target: &TestShop) {
    let all = shop.emulator.api("POST", "/api/v1/notices/deliver", json!({"merchant_id": shop.merchant_id}));
    // One that has just arrived may still count as under way; nothing else does.
    let counts = ["failed", "waiting"].map(|count| all["merchants"][0][count].as_u64());
    assert_eq!(counts, [Some(0); 2], "{all}");
    // Whatever was pushed before has arrived.
    assert!(target.arrived().is_none());
}

/// Every number from 1 on was accepted once, in order, and not pushed again after that.
fn assert_in_order(pushes: &[Push], last: u64) {
    let mut next = 1;
    for push in pushes {
        assert_eq!(push.id(), next, "notice {} came while {next} was not accepted", push.id());
        if push.taking.accepts() {
            next += 1;
        }
    }
    assert_eq!(next, last + 1);
}

#[test]
fn a_notice_tells_status_and_values_with_a_hash_in_windows_31j() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let id = shop.authorize("order1", "2490");
    shop.send("022", &[("payment_id", &id)]);
    let pushes = [target.next(), target.next(), target.next()];
    assert_eq!(pushes.each_ref().map(|push| push.get("payment_status")), ["10", "20", "40"]);
    for push in &pushes {
        assert!(push.head.starts_with("POST /?hook=paygent HTTP/1.1\r\n"), "{}", push.head);
        let head = push.head.to_ascii_lowercase();
        assert!(head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{head}");
        let names: Vec<String> = push.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..5], ["payment_notice_id", "change_date", "payment_id", "trading_id", "payment_type"]);
        // All 72 but the two that name a stored card.
        assert_eq!((names.len(), names.last().map(String::as_str)), (70, Some("hc")));
        let values = ["payment_notice_id", "payment_id", "trading_id", "payment_type", "payment_amount"]
            .map(|name| push.get(name));
        let hash = sha256_hex(values.iter().map(String::as_str).chain(["abcdefg1234567"]));
        assert_eq!(push.get("hc"), hash);
        assert_eq!(push.get("payment_id"), id);
        assert!(push.body.is_ascii());
    }
    assert_ne!(pushes[2].get("payment_date"), "");
    assert_eq!(pushes[1].get("payment_date"), "", "the values are those of the moment that a notice tells of");
}

#[test]
fn every_notice_arrives_in_order_whatever_the_shop_answers() {
    use Taking::*;
    let emulator = Emulator::start_with(&["--notice-timeout", "300ms"]);
    let target = TestShop::open(&[
        Status500,
        Garbage,
        TooLate,
        Closed,
        Accepted, // 1
        Refused,
        Redirect,
        AcceptedWithBlanks, // 2
        TooLate,
        TooLate,
        Accepted, // 3
        Accepted,
        Garbage,
        Accepted,
        Closed,
    ]);
    let shop = registered(&emulator, &target);
    for order in ["a", "b"] {
        let id = shop.authorize(order, "100");
        shop.send("022", &[("payment_id", &id)]);
    }
    assert_in_order(&target.until_accepted(6), 6);
    let notices = emulator.api("GET", &format!("/api/v1/notices?merchant_id={}", shop.merchant_id), json!(null));
    let first = &notices["notices"][0];
    assert_eq!((first["push"].as_str(), first["attempts"].as_u64()), (Some("accepted"), Some(5)));
    let answers: Vec<&str> =
        first["last_attempts"].as_array().unwrap().iter().map(|attempt| attempt["answer"].as_str().unwrap()).collect();
    assert_eq!(answers[0], "HTTP status 500");
    assert!(answers[1].contains("Welcome to our shop"), "{answers:?}");
    assert!(answers[2].starts_with("no answer within"), "{answers:?}");
    assert_eq!(answers[4], "result=0");
}

/// Until when a merchant's notices pause; the failure that begins it is written down a moment after the shop answered.
fn paused(shop: &Shop<'_>) -> String {
    eventually("a pause", || delivery(shop)["paused_until"].as_str().map(str::to_owned))
}

/// When a notice was pushed, by the merchant's clock, once it was accepted.
fn attempts(shop: &Shop<'_>, id: usize) -> Vec<String> {
    let path = format!("/api/v1/notices?merchant_id={}", shop.merchant_id);
    let notice = eventually("an accepted notice", || {
        let notice = shop.emulator.api("GET", &path, json!(null))["notices"][id - 1].take();
        (notice["push"] == "accepted").then_some(notice)
    });
    let times = notice["last_attempts"].as_array().unwrap().iter();
    times.map(|attempt| attempt["at"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn five_failures_in_a_row_pause_the_merchant_for_fifteen_virtual_minutes() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[Taking::Status500; 5]);
    let shop = registered(&emulator, &target);
    let path = format!("/api/v1/clock?merchant_id={}", shop.merchant_id);
    let frozen = json!({"now": "2026-12-01T09:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", frozen);
    shop.authorize("order1", "100");
    for _ in 0..5 {
        assert_eq!(target.next().id(), 1);
    }
    let advance = |minutes: u32| {
        let by = json!({"minutes": minutes, "merchant_id": shop.merchant_id});
        emulator.api("POST", "/api/v1/clock/advance", by);
    };
    assert_eq!(paused(&shop), "2026-12-01T09:15:00+09:00");
    advance(14);
    shop.authorize("order2", "100");
    assert_eq!(paused(&shop), "2026-12-01T09:15:00+09:00");
    advance(1);
    assert_in_order(&target.until_accepted(4), 4);
    assert!(delivery(&shop)["paused_until"].is_null());
    // Nothing was pushed during the pause: the clock stood still at 09:00, 09:14 and 09:15.
    let after = |at: &&str| *at > "2026-12-01T09:00:00+09:00";
    let [first, others] = [1..=1, 2..=4].map(|ids| ids.flat_map(|id| attempts(&shop, id)).collect::<Vec<_>>());
    assert_eq!(first.iter().map(String::as_str).filter(after).collect::<Vec<_>>(), ["2026-12-01T09:15:00+09:00"]);
    assert_eq!(others, ["2026-12-01T09:15:00+09:00"; 3]);
    emulator.api("DELETE", &path, json!(null));
}

#[test]
fn a_pause_ends_when_the_url_is_corrected_or_the_clock_is_turned_back() {
    let emulator = Emulator::start();
    let (wrong, right) = (TestShop::open(&[Taking::Refused; 5]), TestShop::open(&[Taking::Status500; 5]));
    let shop = registered(&emulator, &wrong);
    shop.advance_days(400);
    shop.authorize("order1", "100");
    paused(&shop);
    let path = format!("/api/v1/merchants/{}", shop.merchant_id);
    emulator.api("PUT", &path, json!({"notification_url": right.url}));
    for _ in 0..5 {
        assert_eq!(right.next().id(), 1);
    }
    paused(&shop);
    emulator.api("DELETE", &format!("/api/v1/clock?merchant_id={}", shop.merchant_id), json!(null));
    assert_in_order(&right.until_accepted(2), 2);
}

#[test]
fn a_shop_that_hangs_slows_nobody_else() {
    let emulator = Emulator::start();
    let (hanging, quick) = (TestShop::open(&[Taking::Held]), TestShop::open(&[]));
    let (slow, other) = (registered(&emulator, &hanging), registered(&emulator, &quick));
    slow.authorize("order1", "100");
    for order in ["a", "b", "c"] {
        other.authorize(order, "100");
        slow.authorize(order, "100");
    }
    assert_in_order(&quick.until_accepted(6), 6);
    assert_eq!(delivery(&slow)["waiting"], 8, "the first push still hangs");
    hanging.let_go();
    assert_in_order(&hanging.until_accepted(8), 8);
}

#[test]
fn notices_go_over_tls_to_a_certificate_that_the_shop_made_itself() {
    let emulator = Emulator::start();
    let target = TestShop::open_secure();
    let shop = registered(&emulator, &target);
    shop.authorize("order1", "100");
    let push = target.next();
    assert_eq!(push.server_name.as_deref(), Some("localhost"));
    assert_eq!(push.get("payment_status"), "10");
}

#[test]
fn only_ticked_statuses_are_told_and_only_from_the_url_on() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = emulator.shop();
    shop.authorize("before", "100");
    let path = format!("/api/v1/merchants/{}", shop.merchant_id);
    emulator.api("PUT", &path, json!({"notification_url": target.url, "notified": {"02": ["40"]}}));
    let id = shop.authorize("after", "100");
    shop.send("022", &[("payment_id", &id)]);
    let push = target.next();
    assert_eq!((push.id(), push.get("payment_status").as_str()), (3, "40"));
    // What came before the URL can still be sent by hand.
    let resent =
        emulator.api("POST", &format!("/api/v1/notices/1/resend?merchant_id={}", shop.merchant_id), json!(null));
    assert_eq!((resent["push"].as_str(), resent["payment_status"].as_str()), (Some("waiting"), Some("10")));
    assert_eq!(target.next().id(), 1);
    assert_nothing_waits(&shop, &target);
}

#[test]
fn a_reset_forgets_what_was_under_way() {
    let emulator = Emulator::start_with(&["--notice-timeout", "500ms"]);
    let target = TestShop::open(&[Taking::TooLate]);
    let shop = registered(&emulator, &target);
    shop.authorize("before", "100");
    assert_eq!(target.next().get("trading_id"), "before");
    emulator.api("POST", "/api/v1/reset", json!({"merchant_id": shop.merchant_id}));
    shop.authorize("after", "100");
    let pushes = target.until_accepted(2);
    assert_in_order(&pushes, 2);
    assert!(pushes.iter().all(|push| push.get("trading_id") == "after"));
}

#[test]
fn ten_thousand_notices_wait_for_a_slow_shop_and_all_arrive_once() {
    const PAYMENTS: u64 = 3_334;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let builder =
        Embedded::builder().notice_timeout(std::time::Duration::from_secs(120)).notice_delay(std::time::Duration::ZERO);
    let emulator = runtime.block_on(builder.start()).unwrap();
    let mut office = InProcess::of(paygent_emulator::internal::gateway(&emulator));
    let target = TestShop::open(&[Taking::Held]);
    office.set(|merchant| merchant.notification_url = target.url.clone());
    for number in 0..PAYMENTS {
        let trading_id = format!("order{number}");
        let fields = [&card("4900000000000000", &trading_id, "100")[..], &[("sales_mode", "1")]].concat();
        assert_eq!(runtime.block_on(office.tell("020", &fields)).result, "0");
    }
    let (gateway, merchant_id) = (&office.gateway, &office.merchant.merchant_id);
    let delivery = gateway.ledger.delivery(merchant_id);
    assert_eq!(delivery.waiting as u64, 3 * PAYMENTS, "the shop hangs and none is lost");
    target.let_go();
    assert_in_order(&target.until_accepted(3 * PAYMENTS), 3 * PAYMENTS);
    let rest = runtime.block_on(gateway.deliver_now(merchant_id));
    assert_eq!((rest.failed, rest.waiting), (0, 0));
    assert!(target.arrived().is_none(), "none came twice");
    let written = gateway.journal.newest(2, |entry| entry.event() == Event::Notice);
    assert!(written.iter().all(|entry| entry.refusal.is_none() && entry.answer == b"result=0"[..]), "{written:?}");
    drop(emulator);
    runtime.shutdown_background();
}
