//! Which notices come, in which order, with which values (`observed.md` sections 4, 5 and 8).

use paygent_emulator::internal::method::METHODS;
use paygent_emulator::internal::payment::{PaymentType, Status, Trigger};
use serde_json::{Value, json};

use crate::buyer::{browse, parameter, query};
use crate::harness::{Answer, Emulator, Shop, card};
use crate::link_pages::{self, GOOD, step};
use crate::notices::{assert_nothing_waits, registered};
use crate::test_shop::{Taking, TestShop};

/// What 091 hands out next; nothing when it has no more.
fn handed(shop: &Shop<'_>) -> Option<Answer> {
    Some(shop.send("091", &[])).filter(|answer| answer.get("success_code") != "1")
}

/// The payment and the status of all that 091 has left.
fn rest(shop: &Shop<'_>) -> Vec<(String, String)> {
    let told = |answer: Answer| (answer.get("payment_id").to_owned(), answer.get("payment_status").to_owned());
    std::iter::from_fn(|| handed(shop)).map(told).collect()
}

/// The statuses of all that 091 has left.
fn rest_of(shop: &Shop<'_>) -> Vec<String> {
    rest(shop).into_iter().map(|(_, status)| status).collect()
}

fn captured(shop: &Shop<'_>) -> String {
    let id = shop.authorize("order1", "2490");
    assert_eq!(shop.send("022", &[("payment_id", &id)]).result, "0");
    id
}

fn correct(shop: &Shop<'_>, kind: &str, id: &str, timing: &str) {
    let fields = [("payment_id", id), ("payment_amount", "1980"), ("reduction_flag", "0")];
    let answer = shop.send(kind, &[&fields[..], &[("base_payment_cancel_timing", timing)]].concat());
    assert_eq!(answer.result, "0", "{answer:?}");
}

fn press(shop: &Shop<'_>, id: &str, operation: &str, amount: u64) {
    let asked = json!({"operation": operation, "amount": amount});
    shop.emulator.api("POST", &format!("/api/v1/payments/{id}/operations"), asked);
}

/// An operation that replaces a payment: its trigger, and how to do it. Returns the old payment.
type Replacing = (PaymentType, Trigger, fn(&Shop<'_>) -> String);

const REPLACING: &[Replacing] = &[
    (PaymentType::CARD, Trigger::telegram(b"028"), |shop| {
        let id = shop.authorize("order1", "2490");
        rest(shop);
        correct(shop, "028", &id, "0");
        id
    }),
    (PaymentType::CARD, Trigger::telegram(b"028"), |shop| {
        let id = captured(shop);
        rest(shop);
        correct(shop, "028", &id, "1");
        id
    }),
    (PaymentType::CARD, Trigger::telegram(b"029"), |shop| {
        let id = captured(shop);
        rest(shop);
        correct(shop, "029", &id, "0");
        id
    }),
    (PaymentType::CARD, Trigger::telegram(b"029"), |shop| {
        let id = shop.authorize("order1", "2490");
        rest(shop);
        correct(shop, "029", &id, "1");
        id
    }),
    (PaymentType::CARD, Trigger::MerchantSite, |shop| {
        let id = captured(shop);
        rest(shop);
        press(shop, &id, "correct", 1980);
        id
    }),
    (PaymentType::EMONEY, Trigger::telegram(b"153"), |shop| {
        let id = crate::emoney::paid(shop, "order1", "0");
        rest(shop);
        assert_eq!(shop.send("153", &[("payment_id", &id), ("amount", "400")]).result, "0");
        id
    }),
    (PaymentType::PAIDY, Trigger::telegram(b"342"), |shop| {
        let id = shop.captured("order1", 1000);
        rest(shop);
        assert_eq!(shop.send("342", &[("payment_id", &id), ("amount", "400")]).result, "0");
        id
    }),
    (PaymentType::PAIDY, Trigger::MerchantSite, |shop| {
        let id = shop.captured("order1", 1000);
        rest(shop);
        press(shop, &id, "refund", 400);
        id
    }),
    (PaymentType::PAYPAY, Trigger::telegram(b"421"), |shop| {
        let id = crate::paypay::bought(shop, "order1", "1000").get("payment_id").to_owned();
        rest(shop);
        assert_eq!(shop.send("421", &[("payment_id", &id), ("repayment_amount", "400")]).result, "0");
        id
    }),
    (PaymentType::PAYPAY, Trigger::MerchantSite, |shop| {
        let id = crate::paypay::bought(shop, "order1", "1000").get("payment_id").to_owned();
        rest(shop);
        press(shop, &id, "refund", 400);
        id
    }),
    (PaymentType::PAIDY, Trigger::Clock, |shop| {
        let id = shop.captured("order1", 1000);
        rest(shop);
        shop.fault("342", "24005", true);
        assert_eq!(shop.send("342", &[("payment_id", &id), ("amount", "400")]).response_code, "24005");
        shop.advance("hours", 2);
        id
    }),
];

/// The end of a payment that another one replaces.
const ENDS: [Status; 2] = [Status(32), Status(60)];

#[test]
fn the_end_of_the_old_payment_is_told_before_the_new_one() {
    let emulator = Emulator::start();
    for (payment_type, by, replace) in REPLACING {
        let shop = emulator.shop();
        shop.set(json!({}));
        let old = replace(&shop);
        let told = rest(&shop);
        let of_old: Vec<bool> = told.iter().map(|(id, _)| *id == old).collect();
        assert!(of_old.len() > 1 && !of_old[of_old.len() - 1], "{payment_type} {by}: {told:?}");
        assert!(of_old.is_sorted_by_key(|old| !old) && of_old[0], "{payment_type} {by}: {told:?}");
        assert!(ENDS.iter().any(|end| told[0].1 == end.to_string()), "{payment_type} {by}: {told:?}");
    }
    // Whatever can both end a payment and make one is among them, in all methods.
    for table in METHODS.iter().flat_map(|method| method.tables()) {
        for group in table.groups {
            let makes = group.steps.iter().any(|(from, to)| *from == 0 && matches!(to, 10 | 40));
            let ends = group.steps.iter().any(|(from, to)| *from != 0 && from != to && ENDS.contains(&Status(*to)));
            let known =
                REPLACING.iter().any(|(payment_type, by, _)| (*payment_type, *by) == (table.payment_type, group.by));
            // Recurring charges make payments and the brand rule ends others: neither takes the other's place.
            let apart = (table.payment_type, group.by) == (PaymentType::CARD, Trigger::Clock);
            assert!(
                known || apart || !(makes && ends),
                "{} {}: in which order is it told?",
                table.payment_type,
                group.by
            );
        }
    }
}

/// An application for a card with 3-D Secure, and the buyer at the issuer's page: the page of the application, and the
/// path of the issuer's page.
fn at_the_issuer(shop: &Shop<'_>, more: &[(&str, &str)]) -> (String, String) {
    let secure =
        [&[("threedsecure_ryaku", "0"), ("return_url", "https://shop.example/back"), ("id", "200000")], more].concat();
    let url = link_pages::apply(shop, &secure);
    let going_on = link_pages::pay_by_card(shop, &url, GOOD).unwrap_err();
    let (_, id) = going_on.split_once("name=\"3ds_auth_id\" value=\"").unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let challenge = browse(shop.emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", &id)]);
    (url, challenge.location().to_owned())
}

/// Types something at the issuer's page, and goes back to the page that the browser is sent to.
fn answer_at_the_issuer(shop: &Shop<'_>, challenge: &str, fields: &[(&str, &str)]) {
    let back = browse(shop.emulator, "POST", challenge, fields);
    let (_, back) = back.location().split_once("localhost").unwrap();
    browse(shop.emulator, "GET", back, &[]);
}

#[test]
fn nobody_is_told_of_a_buyer_before_he_is_authenticated() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let (_, challenge) = at_the_issuer(&shop, &[("trading_id", "good")]);
    assert_eq!(shop.payments()[0]["payment_status"], "14");
    assert_eq!(rest_of(&shop), [""; 0]);
    assert_nothing_waits(&shop, &target);
    answer_at_the_issuer(&shop, &challenge, &[("challengeDataEntry", "14012")]);
    assert_eq!(rest_of(&shop), ["10", "20"]);
    assert_eq!(target.next().get("payment_status"), "10");

    // Who fails there was never authenticated.
    let (_, challenge) = at_the_issuer(&shop, &[("trading_id", "wrong")]);
    for _ in 0..2 {
        browse(shop.emulator, "POST", &challenge, &[("challengeDataEntry", "wrong")]);
    }
    answer_at_the_issuer(&shop, &challenge, &[("challengeDataEntry", "wrong")]);
    assert_eq!(rest_of(&shop), ["11"]);
}

#[test]
fn a_buyer_who_gives_up_at_the_issuer_leaves_no_order_and_is_told_as_13() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    let (_, challenge) = at_the_issuer(&shop, &[("trading_id", "cancelled")]);
    answer_at_the_issuer(&shop, &challenge, &[("cancel", "1")]);
    at_the_issuer(&shop, &[("trading_id", "closed")]);
    assert_eq!(rest_of(&shop), [""; 0]);
    shop.advance_days(2);
    assert_eq!(rest_of(&shop), [""; 0]);
    shop.advance_days(1);
    assert_eq!(rest_of(&shop), ["13", "13"]);
    // Only where it is ticked.
    shop.set(json!({"notified": {"02": ["10", "20", "40"]}}));
    at_the_issuer(&shop, &[("trading_id", "silent")]);
    shop.advance_days(3);
    assert_eq!(rest_of(&shop), [""; 0]);
}

/// The names and the values that a notice has of the stored card.
fn stored_card(answer: &Answer) -> Vec<(&str, &str)> {
    let fields = answer.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    fields.filter(|(name, _)| name.starts_with("customer_")).collect()
}

#[test]
fn the_first_notice_of_a_purchase_names_the_card_that_it_stores_or_uses() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let storing = [("stock_card_mode", "2"), ("customer_id", "member1")];
    let mut secure_url = String::new();
    for secure in [false, true] {
        let trading_id = if secure { "secure" } else { "plain" };
        let more = [&storing[..], &[("trading_id", trading_id)]].concat();
        if secure {
            let (url, challenge) = at_the_issuer(&shop, &more);
            answer_at_the_issuer(&shop, &challenge, &[("challengeDataEntry", "14012")]);
            secure_url = url;
        } else {
            link_pages::pay_by_card(&shop, &link_pages::apply(&shop, &more), GOOD).unwrap();
        }
        let (first, second) = (handed(&shop).unwrap(), handed(&shop).unwrap());
        assert_eq!((first.get("payment_status"), second.get("payment_status")), ("10", "20"));
        assert_eq!(stored_card(&first), stored_card(&second), "{trading_id}");
        assert_eq!((first.get("customer_id"), first.get("customer_card_id").is_empty()), ("member1", false));
    }
    assert!(secure_url.starts_with("/linktype/top"));

    // The stored card is used.
    let cards = emulator.api("GET", &format!("/api/v1/cards?merchant_id={}", shop.merchant_id), json!(null));
    let card_id = cards[0]["customer_card_id"].as_str().unwrap_or_else(|| panic!("{cards}")).to_owned();
    let url = link_pages::apply(&shop, &[&storing[..], &[("trading_id", "again")]].concat());
    let form = [("customer_card_id", card_id.as_str()), ("times", "once")];
    let entered = browse(&emulator, "POST", &step(&url, "card"), &form);
    let key = parameter(&query(entered.location()), "e").unwrap();
    browse(&emulator, "POST", &step(&url, "card/pay"), &[("e", &key)]);
    let first = handed(&shop).unwrap();
    assert_eq!((first.get("payment_status"), first.get("customer_card_id")), ("10", card_id.as_str()));
    rest(&shop);

    // A purchase without one has neither field, so that the shop keeps the card that it knows.
    let plain = [("trading_id", "without"), ("stock_card_mode", "1"), ("customer_id", "member1")];
    let url = link_pages::apply(&shop, &plain);
    link_pages::pay_by_card(&shop, &url, GOOD).unwrap();
    for _ in 0..2 {
        assert_eq!(stored_card(&handed(&shop).unwrap()), []);
    }
    // Nor has one whose card was refused, and therefore not stored.
    let url = link_pages::apply(&shop, &[&storing[..], &[("trading_id", "refused")]].concat());
    link_pages::pay_by_card(&shop, &url, "4900000000008299").unwrap();
    for status in ["10", "11"] {
        let told = handed(&shop).unwrap();
        assert_eq!((told.get("payment_status"), stored_card(&told)), (status, vec![]));
    }
}

#[test]
fn notices_of_cards_always_say_when_they_came_to_their_status() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    shop.authorize("good", "100");
    shop.send("020", &card("4900000000008299", "bad", "100"));
    for status in ["10", "20", "10", "11"] {
        let told = handed(&shop).unwrap();
        let values = ["payment_status", "early_notice_date"].map(|name| told.get(name));
        assert_eq!(values, [status, "20261201100000"]);
    }
}

#[test]
fn a_page_with_a_line_that_accepts_is_shown_as_it_came_and_as_right() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[Taking::AcceptedInPage]);
    let shop = registered(&emulator, &target);
    shop.authorize("order1", "100");
    target.until_accepted(2);
    let attempts = |path: &str| -> Value {
        let shown = emulator.api("GET", &format!("{path}?merchant_id={}", shop.merchant_id), json!(null));
        shown["notices"][0].clone()
    };
    // It is written down a moment after the shop has answered.
    while attempts("/api/v1/notices")["push"] != "accepted" {}
    let first = attempts("/api/v1/notices");
    assert_eq!((&first["attempts"], &first["last_attempts"][0]["answer"]), (&json!(1), &json!("result = 0")));
    let (status, page) = emulator.console("GET", &format!("/notices/{}/1", shop.merchant_id), "");
    assert_eq!(status, 200);
    assert!(
        page.contains("class=\"same\"") && page.contains("result = 0") && !page.contains("class=\"plus\""),
        "{page}"
    );
}

#[test]
fn the_boxes_of_13_and_of_paidys_11_are_ticked_and_stay_so_when_they_are_saved() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.set(json!({"notified": {"02": ["13", "20"], "22": ["11"]}}));
    let (_, page) = emulator.console("GET", &format!("/merchants/{}", shop.merchant_id), "");
    assert!(page.contains(r#"name="box-02" value="13" checked"#), "{page}");
    assert!(page.contains(r#"name="box-22" value="11" checked"#) && !page.contains("disabled"), "{page}");
}
