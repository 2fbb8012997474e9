//! 091: status changes handed out one by one (`inquiry.toml`).

use serde_json::json;

use crate::harness::{Answer, Emulator, Shop, card};
use crate::test_shop::TestShop;

fn next(shop: &Shop<'_>) -> Answer {
    let answer = shop.send("091", &[]);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer
}

/// success_code, payment_notice_id and payment_status.
fn facts(answer: &Answer) -> [&str; 3] {
    ["success_code", "payment_notice_id", "payment_status"].map(|name| answer.get(name))
}

#[test]
fn records_are_handed_out_one_by_one_and_again_by_their_number() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    assert_eq!(facts(&next(&shop)), ["1", "", ""]);
    let id = shop.authorize("order1", "2490");
    shop.send("022", &[("payment_id", &id)]);
    let first = next(&shop);
    assert_eq!(facts(&first), ["0", "1", "10"]);
    let names: Vec<&str> = first.fields.iter().map(|(name, _)| name.as_str()).collect();
    let head = ["success_code", "success_detail", "payment_notice_id", "change_date", "payment_id", "trading_id"];
    // All 73 but the two that name a stored card.
    assert_eq!((&names[..6], names.len()), (&head[..], 71));
    assert_eq!((first.get("payment_id"), first.get("trading_id")), (id.as_str(), "order1"));
    assert_eq!((first.get("payment_type"), first.get("payment_amount")), ("02", "2490"));
    assert_eq!(facts(&next(&shop)), ["0", "2", "20"]);
    // An answer that was lost on its way is fetched by its number; that moves nothing.
    assert_eq!(facts(&shop.send("091", &[("payment_notice_id", "1")])), ["0", "1", "10"]);
    let ahead = shop.send("091", &[("payment_notice_id", "3")]);
    assert_eq!(facts(&ahead), ["0", "3", "40"]);
    let end = next(&shop);
    assert_eq!(facts(&end), ["1", "", ""], "what was fetched by its number counts as fetched");
    let names: Vec<&str> = end.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["success_code", "success_detail"]);
    assert_ne!(end.get("success_detail"), "");
    assert_eq!(facts(&shop.send("091", &[("payment_notice_id", "99")])), ["1", "", ""]);
}

#[test]
fn records_are_purged_after_seven_days_and_the_next_one_tells_of_it_once() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("old", "100");
    assert_eq!(facts(&next(&shop)), ["0", "1", "10"]);
    shop.advance_days(6);
    shop.authorize("young", "100");
    shop.advance_days(1);
    assert_eq!(facts(&shop.send("091", &[("payment_notice_id", "1")])), ["1", "", ""], "purged, fetched or not");
    let after = next(&shop);
    assert_eq!(facts(&after), ["2", "3", "10"], "notice 2 was purged before it was fetched");
    assert_ne!(after.get("success_detail"), "");
    assert_eq!(facts(&next(&shop)), ["0", "4", "20"]);
    shop.advance_days(8);
    assert_eq!(facts(&next(&shop)), ["1", "", ""]);
    shop.authorize("newest", "100");
    assert_eq!(facts(&next(&shop)), ["0", "5", "10"], "all that was purged had been fetched");
}

#[test]
fn when_all_was_purged_the_loss_is_told_with_the_next_record() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("old", "100");
    shop.advance_days(8);
    assert_eq!(facts(&next(&shop)), ["1", "", ""]);
    shop.authorize("new", "100");
    assert_eq!(facts(&next(&shop)), ["2", "3", "10"]);
    assert_eq!(facts(&next(&shop)), ["0", "4", "20"]);
}

#[test]
fn each_site_has_its_own_records() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let authorize = |site: &[(&'static str, &'static str)], order| {
        let answer = shop.send("020", &[&card("4900000000000000", order, "100")[..], site].concat());
        assert_eq!(answer.result, "0", "{answer:?}");
    };
    authorize(&[("site_id", "0001")], "one");
    authorize(&[], "base");
    assert_eq!(facts(&next(&shop)), ["0", "3", "10"]);
    let of_site = shop.send("091", &[("site_id", "0001")]);
    assert_eq!((facts(&of_site), of_site.get("site_id")), (["0", "1", "10"], "0001"));
    assert_eq!(facts(&shop.send("091", &[("site_id", "0002")])), ["1", "", ""]);
    assert_eq!(facts(&shop.send("091", &[("site_id", "0001"), ("payment_notice_id", "4")])), ["1", "", ""]);
    assert_eq!(facts(&shop.send("091", &[("site_id", "0001")])), ["0", "2", "20"]);
}

#[test]
fn columns_of_the_contract_are_there_and_empty_without_it() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("order1", "100");
    let path = format!("/api/v1/merchants/{}", shop.merchant_id);
    emulator.api("PUT", &path, json!({"contracts": {"opt_in_fields": false}}));
    let without = shop.send("091", &[("payment_notice_id", "2")]);
    assert_eq!((without.get("payment_class"), without.get("payment_status")), ("", "20"));
    assert_ne!(without.get("early_notice_date"), "");
    emulator.api("PUT", &path, json!({"contracts": {"opt_in_fields": null}}));
    assert_eq!(shop.send("091", &[("payment_notice_id", "2")]).get("payment_class"), "10");
}

#[test]
fn a_pushed_notice_stays_available() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = emulator.shop();
    let settings = json!({"connect_id": "test0001", "connect_password": "password", "notification_url": target.url});
    emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings);
    shop.authorize("order1", "100");
    assert_eq!([target.next().id(), target.next().id()], [1, 2]);
    assert_eq!(facts(&next(&shop)), ["0", "1", "10"]);
    assert_eq!(facts(&next(&shop)), ["0", "2", "20"]);
    assert_eq!(facts(&next(&shop)), ["1", "", ""]);
}

#[test]
fn inquiries_at_once_get_different_records() {
    const POLLERS: usize = 6;
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for number in 0..10 {
        shop.authorize(&format!("order{number}"), "100");
    }
    let fetched = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..POLLERS {
            scope.spawn(|| {
                loop {
                    let answer = next(&shop);
                    if answer.get("success_code") == "1" {
                        return;
                    }
                    fetched.lock().unwrap().push(answer.get("payment_notice_id").parse::<u64>().unwrap());
                }
            });
        }
    });
    let mut fetched = fetched.into_inner().unwrap();
    fetched.sort_unstable();
    assert_eq!(fetched, (1..=20).collect::<Vec<u64>>());
}
