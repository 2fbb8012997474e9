//! When notices are pushed (`observed.md` section 4): shops as they are in the field lose none.

use std::time::Duration;

use serde_json::{Value, json};

use crate::buyer::browse;
use crate::harness::{Emulator, Shop, card, form};
use crate::link_pages::{self, GOOD, PERSON, step};
use crate::net_bank;
use crate::notices::{delivery, registered};
use crate::pages;
use crate::test_shop::{Push, Taking, TestShop};

/// Long enough to see that nothing comes, where it would come at once.
const A_MOMENT: Duration = Duration::from_millis(300);

const BACK: &str = "https://shop.example/back";

fn told(push: &Push) -> (u64, String) {
    (push.id(), push.get("payment_status"))
}

/// What is pushed next, in order: the number and the status.
fn next<const N: usize>(target: &TestShop) -> [(u64, String); N] {
    std::array::from_fn(|_| told(&target.next()))
}

fn statuses<const N: usize>(target: &TestShop) -> [String; N] {
    next(target).map(|(_, status)| status)
}

fn deliver(emulator: &Emulator, body: Value) -> Value {
    emulator.api("POST", "/api/v1/notices/deliver", body)["merchants"].clone()
}

/// The state of a merchant's notice, as the API shows it.
fn notice(shop: &Shop<'_>, id: usize) -> Value {
    let path = format!("/api/v1/notices?merchant_id={}", shop.merchant_id);
    shop.emulator.api("GET", &path, json!(null))["notices"][id - 1].clone()
}

/// Welcart with plug-ins: it needs 0.7 seconds after the answer to store its order, and forgets notices of orders that it
/// does not know.
#[test]
fn a_shop_that_stores_its_order_after_the_answer_loses_no_notice() {
    let emulator = Emulator::start_as_shops_do();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    for (order, first) in [("a", 1), ("b", 3), ("c", 5)] {
        let mut fields = card(GOOD, order, "2490");
        fields.push(("sales_mode", "0"));
        assert_eq!(shop.send("020", &fields).result, "0");
        let early = target.within(Duration::from_millis(700));
        assert!(early.is_none(), "the order was not stored yet: {early:?}");
        assert_eq!(next(&target), [(first, "10".to_owned()), (first + 1, "20".to_owned())]);
    }
    // What QA does is told a while later too, and by a merchant's clock that stands still.
    emulator.api("PUT", "/api/v1/clock", json!({"merchant_id": shop.merchant_id, "frozen": true}));
    let id = shop.payments()[0]["payment_id"].to_string().trim_matches('"').to_owned();
    assert_eq!(shop.send("022", &[("payment_id", &id)]).result, "0");
    assert!(target.within(Duration::from_millis(700)).is_none());
    assert_eq!(next(&target), [(7, "40".to_owned())]);
}

#[test]
fn a_client_that_left_before_its_answer_came_is_told_by_notices() {
    let emulator = Emulator::start_with(&["--notice-delay", "0.5s"]);
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let mut fields = vec![
        ("merchant_id", shop.merchant_id.as_str()),
        ("connect_id", "test0001"),
        ("connect_password", "password"),
        ("telegram_kind", "020"),
        ("telegram_version", "1.0"),
    ];
    fields.extend(card(GOOD, "lost", "100"));
    let body = form(&fields, paygent_emulator::internal::wire::Charset::Windows31J);
    let head = "POST /n/card/request HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded";
    emulator.send_and_leave(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(statuses(&target), ["10", "20"]);
}

/// Welcart's link type makes its order from the notice of 10; EC-CUBE 4 counts an order as pending until the browser is
/// back, and shows its buyer an error page when 20 or 40 came before.
#[test]
fn shops_know_the_order_before_the_buyer_is_back_and_hear_that_it_is_paid_after() {
    let emulator = Emulator::start_as_shops_do();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);

    // Straight back to the shop.
    let direct = [("trading_id", "direct"), ("finish_disable", "1"), ("return_url", BACK)];
    let back = link_pages::pay_by_card(&shop, &link_pages::apply(&shop, &direct), GOOD).unwrap();
    assert_eq!(back, BACK);
    assert_eq!(
        target.arrived().as_ref().map(told),
        Some((1, "10".to_owned())),
        "the buyer is back: the order is there"
    );
    assert!(target.within(A_MOMENT).is_none(), "20 comes after the buyer");
    assert_eq!(next(&target), [(2, "20".to_owned())]);

    // By the button of the last page.
    let captured = [("trading_id", "button"), ("sales_flg", "1"), ("return_url", BACK)];
    let done = link_pages::pay_by_card(&shop, &link_pages::apply(&shop, &captured), GOOD).unwrap();
    assert_eq!(target.arrived().as_ref().map(told), Some((3, "10".to_owned())));
    let done = pages::get(&emulator, &done);
    // He takes longer than the delay to read it.
    assert!(target.within(Duration::from_millis(2500)).is_none());
    assert_eq!(notice(&shop, 4)["held_for"], "browser");
    assert_eq!(done.leave_by(&emulator, "購入したサイトへ戻る"), BACK);
    assert!(target.within(A_MOMENT).is_none());
    assert_eq!(statuses(&target), ["20", "40"]);

    // A page from which no way leads back waits for nobody.
    let nowhere = link_pages::apply(&shop, &[("trading_id", "nowhere")]);
    let done = link_pages::pay_by_card(&shop, &nowhere, GOOD).unwrap();
    assert_eq!(statuses(&target), ["10"]);
    pages::get(&emulator, &done);
    assert_eq!(statuses(&target), ["20"]);
}

#[test]
fn a_bank_tells_that_it_was_paid_after_the_buyer_is_back() {
    let emulator = Emulator::start_with(&["--notice-delay", "500ms"]);
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let urls = [("return_url", BACK), ("stop_return_url", "https://shop.example/cart")];
    let pay = |url: &str, bank: &str| {
        let bank_url = net_bank::pick(&emulator, url, bank);
        (net_bank::decide(&emulator, &bank_url, "pay"), bank_url)
    };
    // 060: a direct bank sends the browser back, others show a page with a button.
    let (paid, _) = pay(net_bank::apply(&shop, "direct", &urls).get("asp_url"), "楽天銀行");
    assert!(paid.location.starts_with(BACK), "{paid:?}");
    assert!(target.within(A_MOMENT).is_none());
    assert_eq!(next(&target), [(1, "40".to_owned())]);
    let button = |url: &str| {
        let (paid, bank_url) = pay(url, "みずほ銀行");
        assert_eq!(paid.status, 303, "{paid:?}");
        let end = pages::get(&emulator, &bank_url);
        assert!(target.within(Duration::from_secs(1)).is_none(), "he still looks at the page");
        assert!(end.leave_by(&emulator, "購入したサイトへ戻る").starts_with(BACK));
        assert!(target.within(A_MOMENT).is_none());
        statuses::<1>(&target)
    };
    assert_eq!(button(net_bank::apply(&shop, "button", &urls).get("asp_url")), ["40"]);
    // The same behind the link type's pages.
    let link = [&[("trading_id", "link"), ("payment_type", "05")], &urls[..]].concat();
    let url = link_pages::apply(&shop, &link);
    let gone = browse(&emulator, "POST", &step(&url, "bank/go"), &PERSON[..4]);
    assert_eq!(button(gone.location()), ["40"]);
}

#[test]
fn a_buyer_who_never_comes_back_is_waited_for_as_long_as_the_merchant_says() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    shop.set(json!({"notice_hold": 1.5}));
    let url = link_pages::apply(&shop, &[("return_url", BACK)]);
    link_pages::pay_by_card(&shop, &url, GOOD).unwrap();
    assert_eq!(statuses(&target), ["10"]);
    assert!(target.within(Duration::from_secs(1)).is_none());
    assert_eq!(statuses(&target), ["20"]);
}

#[test]
fn a_notice_that_is_held_stops_nobody_but_its_own_payment() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let url = link_pages::apply(&shop, &[("trading_id", "page"), ("return_url", BACK)]);
    let done = link_pages::pay_by_card(&shop, &url, GOOD).unwrap();
    assert_eq!(next(&target), [(1, "10".to_owned())]);
    let id = shop.send("094", &[("trading_id", "page")]).get("payment_id").to_owned();
    assert_eq!(shop.send("022", &[("payment_id", &id)]).result, "0");
    shop.authorize("other", "100");
    assert_eq!(next(&target), [(4, "10".to_owned()), (5, "20".to_owned())]);
    assert!(target.within(A_MOMENT).is_none(), "40 must not overtake 20");
    // 091 has waited for nobody.
    let handed: Vec<String> = (0..5).map(|_| shop.send("091", &[]).get("payment_status").to_owned()).collect();
    assert_eq!(handed, ["10", "20", "40", "10", "20"]);
    pages::get(&emulator, &done).leave_by(&emulator, "購入したサイトへ戻る");
    assert_eq!(next(&target), [(2, "20".to_owned()), (3, "40".to_owned())]);
}

#[test]
fn all_that_waits_is_delivered_on_request() {
    let emulator = Emulator::start_with(&["--notice-delay", "1m"]);
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    assert_eq!(deliver(&emulator, json!(null)), json!([]), "nothing waits");
    let id = shop.authorize("order1", "100");
    shop.send("022", &[("payment_id", &id)]);
    let url = link_pages::apply(&shop, &[("trading_id", "page"), ("return_url", BACK)]);
    link_pages::pay_by_card(&shop, &url, GOOD).unwrap();
    // 10 of a hosted page waits for nothing.
    assert_eq!(next(&target), [(4, "10".to_owned())]);
    let named = deliver(&emulator, json!({"merchant_id": shop.merchant_id}));
    assert_eq!(named, json!([{"merchant_id": shop.merchant_id, "delivered": 4, "failed": 0, "waiting": 0}]));
    let numbers: Vec<u64> = std::iter::from_fn(|| target.arrived()).map(|push| push.id()).collect();
    assert_eq!(numbers, [1, 2, 3, 5]);
    assert_eq!(emulator.console("POST", "/api/v1/notices/deliver", r#"{"merchant_id": "1"}"#).0, 404);
    assert_eq!(emulator.console("POST", "/api/v1/notices/deliver", r#"{"merchant": "1"}"#).0, 422);
}

#[test]
fn a_delivery_on_request_ends_a_pause_and_tells_of_the_first_failure() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[Taking::Refused; 6]);
    let shop = registered(&emulator, &target);
    shop.authorize("order1", "100");
    while delivery(&shop)["paused_until"].is_null() {}
    let told = deliver(&emulator, json!(null));
    assert_eq!(told, json!([{"merchant_id": shop.merchant_id, "delivered": 0, "failed": 1, "waiting": 1}]));
    // It is tried again as always.
    let accepted = target.until_accepted(2);
    assert_eq!(accepted.iter().map(Push::id).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 1, 2]);
    // Without a URL nothing can be told.
    let wait = json!({"notice_delay": 60});
    shop.set(wait);
    shop.authorize("order2", "100");
    shop.set(json!({"notification_url": ""}));
    let told = deliver(&emulator, json!({"merchant_id": shop.merchant_id}));
    assert_eq!(told, json!([{"merchant_id": shop.merchant_id, "delivered": 0, "failed": 0, "waiting": 2}]));
}

#[test]
fn a_merchants_own_delay_counts_before_that_of_the_start() {
    let emulator = Emulator::start_with(&["--notice-delay", "1m"]);
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let path = format!("/api/v1/merchants/{}", shop.merchant_id);
    let shown = emulator.api("GET", &path, json!(null));
    assert_eq!((&shown["notice_delay"], &shown["notice_hold"]), (&json!(null), &json!(30)));
    shop.set(json!({"notice_delay": 0.25, "notice_hold": 5}));
    let shown = emulator.api("GET", &path, json!(null));
    assert_eq!((&shown["notice_delay"], &shown["notice_hold"]), (&json!(0.25), &json!(5)));
    shop.authorize("order1", "100");
    assert_eq!(statuses(&target), ["10", "20"]);
    for (name, wrong) in [("notice_delay", json!(-1)), ("notice_hold", json!("soon")), ("notice_delay", json!(86401))] {
        let (status, problem) = emulator.console("PUT", &path, &json!({ name: wrong }).to_string());
        let problem: Value = serde_json::from_str(&problem).unwrap();
        assert_eq!((status, problem["field"].as_str()), (422, Some(name)), "{problem}");
    }
    shop.set(json!({"notice_delay": null}));
    shop.authorize("order2", "100");
    assert!(target.within(A_MOMENT).is_none());
}

#[test]
fn a_list_of_merchants_says_when_their_notices_come() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("merchants.toml");
    let text = "[[merchant]]\nmerchant_id = \"7\"\nconnect_id = \"test0001\"\nconnect_password = \"password\"\n\
                notice_delay = 0.5\nnotice_hold = 2\n";
    std::fs::write(&list, text).unwrap();
    let emulator = Emulator::start_with(&["--merchants", list.to_str().unwrap()]);
    let shown = emulator.api("GET", "/api/v1/merchants/7", json!(null));
    assert_eq!((&shown["notice_delay"], &shown["notice_hold"]), (&json!(0.5), &json!(2)));
}
