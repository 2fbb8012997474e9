//! What shoppers do on hosted pages ends in payments like all others (`link.md` sections 5 to 8).

use paygent_emulator::internal::wire::hash::sha256_hex;
use serde_json::json;

use crate::buyer::{Ear, browse, parameter, query};
use crate::harness::{Emulator, Shop};

pub(crate) const GOOD: &str = "4900000000000000";

/// An application in URL mode; the merchant has no link hash key, so nothing is checked. Returns the page's path and query.
pub(crate) fn apply(shop: &Shop<'_>, more: &[(&str, &str)]) -> String {
    let answer = applied(shop, "/v/u/request", more);
    let url = answer.lines().find_map(|line| line.strip_prefix("url=https://localhost")).map(str::to_owned);
    url.filter(|url| !url.is_empty()).unwrap_or_else(|| panic!("{answer}"))
}

/// What an application is answered.
pub(crate) fn applied(shop: &Shop<'_>, path: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("trading_id", "order1"),
        ("payment_type", "02"),
        ("id", "2980"),
        ("seq_merchant_id", shop.merchant_id.as_str()),
        ("threedsecure_ryaku", "1"),
        ("isbtob", "1"),
    ];
    fields.retain(|(name, _)| path.ends_with("/request") || matches!(*name, "seq_merchant_id" | "isbtob"));
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    String::from_utf8(browse(shop.emulator, "POST", path, &fields).body).unwrap()
}

/// The URL of another page of the same application.
pub(crate) fn step(url: &str, step: &str) -> String {
    let (_, query) = url.split_once('?').unwrap();
    format!("/linktype/{step}?{}", query.trim_start_matches("type=&"))
}

/// Types a card, confirms it, and presses お支払い. Returns where the browser is sent, or the page that says no.
pub(crate) fn pay_by_card(shop: &Shop<'_>, url: &str, number: &str) -> Result<String, String> {
    let card = [
        ("card_brand", "VISA"),
        ("card_number", number),
        ("valid_month", "12"),
        ("valid_year", "2039"),
        ("times", "once"),
    ];
    let entered = browse(shop.emulator, "POST", &step(url, "card"), &card);
    if entered.status != 303 {
        return Err(String::from_utf8(entered.body).unwrap());
    }
    let key = parameter(&query(entered.location()), "e").unwrap();
    let paid = browse(shop.emulator, "POST", &step(url, "card/pay"), &[("e", &key)]);
    if paid.status == 303 { Ok(paid.location().to_owned()) } else { Err(String::from_utf8(paid.body).unwrap()) }
}

pub(crate) fn page(shop: &Shop<'_>, url: &str) -> String {
    String::from_utf8(browse(shop.emulator, "GET", url, &[]).body).unwrap()
}

fn first_id(shop: &Shop<'_>) -> String {
    shop.payments().first().unwrap()["payment_id"].to_string().trim_matches('"').to_owned()
}

pub(crate) const PERSON: [(&str, &str); 5] = [
    ("customer_family_name", "山田"),
    ("customer_name", "太郎"),
    ("customer_family_name_kana", "ヤマダ"),
    ("customer_name_kana", "タロウ"),
    ("customer_tel", "09012345678"),
];

#[test]
fn a_card_payment_is_captured_corrected_and_cancelled_by_telegrams() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let done = pay_by_card(&shop, &apply(&shop, &[]), GOOD).unwrap();
    assert!(page(&shop, &done).contains("お支払い完了"));
    let answer = shop.send("094", &[("trading_id", "order1")]);
    assert_eq!((answer.get("payment_status"), answer.get("payment_amount")), ("20", "2980"), "{answer:?}");
    let id = answer.get("payment_id").to_owned();
    assert_eq!(shop.send("022", &[("payment_id", &id)]).result, "0");
    let corrected = shop.send("029", &[("payment_id", &id), ("payment_amount", "1980"), ("reduction_flag", "0")]);
    assert_eq!(corrected.result, "0", "{corrected:?}");
    assert_eq!((shop.status(&id).as_str(), shop.status(corrected.get("payment_id")).as_str()), ("60", "40"));
    assert!(page(&shop, &apply_again(&shop)).contains("お支払い済み"), "a cancelled payment was received once");
}

/// The page of the application that `apply` made, as the shopper has it in his history.
fn apply_again(shop: &Shop<'_>) -> String {
    let answer = applied(shop, "/v/u/request", &[]);
    assert!(answer.contains("response_code=6001"), "{answer}");
    let other = apply(shop, &[("trading_id", "order2")]);
    pay_by_card(shop, &other, GOOD).unwrap();
    other
}

#[test]
fn a_number_of_a_store_is_paid_by_the_test_tool_and_locks_the_page() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let url =
        apply(&shop, &[("payment_type", "03,02"), ("payment_term_day", "7"), ("return_url", "https://shop.example/")]);
    let mut fields = vec![("cvs", "02")];
    fields.extend(PERSON);
    let issued = browse(&emulator, "POST", &step(&url, "conveni/issue"), &fields);
    let shown = page(&shop, issued.location());
    let answer = shop.send("094", &[("trading_id", "order1")]);
    assert_eq!((answer.get("payment_status"), answer.get("payment_type")), ("10", "03"), "{answer:?}");
    assert!(shown.contains(answer.get("receipt_number")), "{shown}");
    assert!(!page(&shop, &url).contains("お支払い済み"), "an unpaid number locks nothing");
    let id = first_id(&shop);
    let paid = json!({"payment_status": "40", "payment_date": "20300101120000", "cvs_company_id": "00C002"});
    emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), paid);
    assert!(page(&shop, &url).contains("お支払い済み"));
    assert!(pay_by_card(&shop, &url, GOOD).unwrap_err().contains("お支払い済み"));
    assert!(applied(&shop, "/v/u/request", &[]).contains("response_code=6001"));
}

/// A term in minutes rules the number as it rules the page (`observed.md` section 8).
#[test]
fn a_number_with_a_term_in_minutes_ends_with_its_page() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    let url = apply(&shop, &[("payment_type", "03"), ("payment_term_min", "30")]);
    assert!(page(&shop, &url).contains("2026/12/01 10:30:00"));
    shop.advance("minutes", 10);
    let mut fields = vec![("cvs", "02")];
    fields.extend(PERSON);
    let issue = || browse(&emulator, "POST", &step(&url, "conveni/issue"), &fields);
    let shown = page(&shop, issue().location());
    let (_, figures) = shown.split_once("お支払い期限").unwrap();
    assert!(figures.split("</dl>").next().unwrap().contains("2026/12/01 10:30:00"), "{shown}");
    let answer = shop.send("094", &[("trading_id", "order1")]);
    assert_eq!(answer.get("payment_limit_date"), "20261201");
    let payment = emulator.api("GET", &format!("/api/v1/payments/{}", first_id(&shop)), json!(null));
    let slip = payment["values"]["receipt_print_url"].as_str().unwrap();
    let slip = page(&shop, slip.trim_start_matches("https://localhost"));
    assert!(slip.contains("2026年12月1日 10:30:00"), "{slip}");

    let ids: Vec<String> = (0..2)
        .map(|_| {
            issue();
            first_id(&shop)
        })
        .collect();
    let pay = |id: &str| {
        let body = json!({"payment_status": "40", "by": "vendor"}).to_string();
        emulator.console("POST", &format!("/api/v1/payments/{id}/transitions"), &body).0
    };
    shop.advance("minutes", 20);
    assert_eq!(shop.status(&ids[0]), "10", "the last moment counts");
    assert_eq!(pay(&ids[0]), 200);
    shop.advance("seconds", 1);
    assert_eq!(shop.status(&ids[1]), "12");
    assert_eq!(pay(&ids[1]), 409);
    let late = apply(&shop, &[("trading_id", "order2"), ("payment_type", "05"), ("payment_term_min", "5")]);
    let gone = browse(&emulator, "POST", &step(&late, "bank/go"), &PERSON);
    assert!(page(&shop, gone.location().trim_start_matches("https://localhost")).contains("2026/12/01 10:35:01"));
}

/// Names stand as they were typed, and whoever came without a shop's URL for the end finds the other one.
#[test]
fn pages_show_names_as_typed_and_lead_back_to_the_shop() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let names = [("customer_family_name", "動作"), ("customer_name", "テスト")];
    let cart = ("stop_return_url", "https://shop.example/cart");
    for (count, (urls, back)) in [
        (vec![("return_url", "https://shop.example/order"), cart], "https://shop.example/order"),
        (vec![cart], "https://shop.example/cart"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("n{count}");
        let more = [&[("trading_id", id.as_str()), ("payment_type", "02,03,01")], &names[..], &urls[..]].concat();
        let url = apply(&shop, &more);
        assert!(page(&shop, &url).contains("動作 テスト"));
        let mut fields = vec![("cvs", "03")];
        fields.extend(PERSON);
        for step_name in ["conveni/issue", "atm/issue"] {
            let issued = browse(&emulator, "POST", &step(&url, step_name), &fields);
            let shown = page(&shop, issued.location());
            assert!(shown.contains(&format!("href=\"{back}\"")), "{step_name}: {shown}");
        }
        // Once there is a number, the buttons of the other stores step back.
        let stores = page(&shop, &step(&url, "conveni"));
        assert!(
            stores.contains("class=\"button method quiet\"") && !stores.contains("class=\"button method\""),
            "{stores}"
        );
        let done = pay_by_card(&shop, &url, GOOD).unwrap();
        assert!(page(&shop, &done).contains(&format!("href=\"{back}\"")));
        assert!(page(&shop, &url).contains(&format!("href=\"{back}\"")), "already paid");
    }
}

/// A refused card can be replaced as one can whose authentication was given up.
#[test]
fn another_card_can_be_tried_after_a_refused_one() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let again = "もう一度カードで支払う";
    for (count, (flag, offered)) in [("", true), ("1", true), ("0", false)].into_iter().enumerate() {
        let id = format!("r{count}");
        let url = apply(&shop, &[("trading_id", &id), ("re_payment_type", flag)]);
        let refused = pay_by_card(&shop, &url, "4900000000008212").unwrap();
        assert_eq!(page(&shop, &refused).contains(again), offered, "re_payment_type={flag}");
    }
}

#[test]
fn an_expired_page_issues_nothing() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let url = apply(&shop, &[("payment_type", "03")]);
    shop.advance_days(6);
    let mut fields = vec![("cvs", "03")];
    fields.extend(PERSON);
    let issued = browse(&emulator, "POST", &step(&url, "conveni/issue"), &fields);
    assert!(String::from_utf8(issued.body).unwrap().contains("有効期限切れ"));
    assert!(shop.payments().is_empty());
}

#[test]
fn three_d_secure_that_is_never_finished_becomes_13() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let url = apply(&shop, &[("threedsecure_ryaku", "0"), ("id", "200000"), ("payment_term_day", "30")]);
    let sent = pay_by_card(&shop, &url, GOOD).unwrap_err();
    assert!(sent.contains("/3ds/start"), "{sent}");
    let id = first_id(&shop);
    assert_eq!(shop.status(&id), "14");
    shop.advance_days(3);
    assert_eq!(shop.status(&id), "13");
}

#[test]
fn attempts_are_authorized_as_the_contract_says() {
    let emulator = Emulator::start();
    // 314050 and 314020: attempts 1 and 0 of VISA cards (`test_cards.md` section 5).
    for (rule, amount, status) in [
        ("all", "314050", "20"),
        ("normal", "314050", "11"),
        ("normal", "314020", "20"),
        ("none", "314020", "11"),
        ("none", "1000", "20"),
        ("all", "314060", "11"),
    ] {
        let shop = emulator.shop();
        shop.set(json!({"contracts": {"attempt_authorization": rule}}));
        let url = apply(&shop, &[("threedsecure_ryaku", "0"), ("id", amount)]);
        let sent = pay_by_card(&shop, &url, GOOD).unwrap_err();
        let (_, rest) = sent.split_once("name=\"3ds_auth_id\" value=\"").unwrap();
        let auth = rest.split('"').next().unwrap();
        let back = browse(&emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", auth)]);
        let back = back.location().trim_start_matches("https://localhost").to_owned();
        browse(&emulator, "GET", &back, &[]);
        assert_eq!(shop.status(&first_id(&shop)), status, "{rule} {amount}");
        // Coming back once more changes nothing.
        browse(&emulator, "GET", &back, &[]);
        assert_eq!(shop.payments().len(), 1);
    }
}

#[test]
fn a_card_page_closes_after_ten_refused_cards() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let url = apply(&shop, &[("re_payment_type", "1")]);
    for _ in 0..10 {
        pay_by_card(&shop, &url, "4900000000008212").unwrap();
    }
    assert!(page(&shop, &url).contains("ご利用を停止しました"));
    assert!(pay_by_card(&shop, &url, GOOD).unwrap_err().contains("ご利用を停止しました"));
}

#[test]
fn a_card_stored_by_telegram_can_be_used_on_the_page_and_the_other_way_round() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let stored = shop.send("025", &[("customer_id", "m1"), ("card_number", GOOD), ("card_valid_term", "1239")]);
    let url = apply(&shop, &[("stock_card_mode", "2"), ("customer_id", "m1")]);
    assert!(page(&shop, &url).contains("*****0000"));
    let id = stored.get("customer_card_id");
    let entered = browse(&emulator, "POST", &step(&url, "card"), &[("customer_card_id", id), ("times", "once")]);
    let key = parameter(&query(entered.location()), "e").unwrap();
    browse(&emulator, "POST", &step(&url, "card/pay"), &[("e", &key)]);
    assert_eq!(shop.send("094", &[("trading_id", "order1")]).get("customer_card_id"), id);

    let forced = apply(&shop, &[("trading_id", "order2"), ("stock_card_mode", "2"), ("customer_id", "m2")]);
    pay_by_card(&shop, &forced, "4900000000001234").unwrap();
    let listed = shop.csv("027", &[("customer_id", "m2")]);
    assert!(listed.contains("1234"), "{listed}");
    let refused = apply(&shop, &[("trading_id", "order3"), ("stock_card_mode", "2"), ("customer_id", "m3")]);
    pay_by_card(&shop, &refused, "4900000000008212").unwrap();
    assert!(shop.csv("027", &[("customer_id", "m3")]).contains("P026"), "a refused card is not stored");
}

#[test]
fn each_broken_rule_of_a_registration_has_its_code() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.set(json!({"keys": {"link_hash": "LinkKey0123"}}));
    let merchant = shop.merchant_id.as_str();
    for (more, code) in [
        (vec![], "0"),
        (vec![("use_delete", "1")], "P010"),
        (vec![("use_update", "1")], "P010"),
        (vec![("use_delete", "1"), ("use_card_list_view", "1")], "0"),
        (vec![("operation_type", "02"), ("customer_card_id", "1")], "6010"),
        (vec![("operation_type", "03"), ("customer_card_id", "1"), ("use_card_list_view", "1")], "0"),
        (vec![("return_url", "shop")], "P010"),
        (vec![("merchant_name", "")], "P006"),
        (vec![("hc", "0000000000000000000000000000000000000000000000000000000000000000")], "6005"),
        (vec![("hc", "")], "P006"),
        (vec![("use_card_conf_number", "1")], "P010"),
    ] {
        let code_number = if more.iter().any(|(name, _)| *name == "use_card_conf_number") { "1" } else { "" };
        let hc = sha256_hex([merchant, code_number, "m1", "LinkKey0123"]);
        let mut fields = vec![("customer_id", "m1"), ("return_url", "https://shop.example/"), ("hc", hc.as_str())];
        for (name, value) in &more {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        let answer = applied(&shop, "/v/u/cardreg", &fields);
        let result = if code == "0" {
            "result=0\r\nresponse_code=\r\n".to_owned()
        } else {
            format!("result=1\r\nresponse_code={code}\r\n")
        };
        assert!(answer.starts_with(&result), "{more:?}: {answer}");
    }
}

#[test]
fn an_inform_url_is_called_once_where_the_merchant_says_so_and_warned_of_elsewhere() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let ear = Ear::answering(&[("200 OK", "result=0")]);
    let apply_for = |trading_id: &str, payment_type: &str| {
        apply(&shop, &[("trading_id", trading_id), ("payment_type", payment_type), ("inform_url", &ear.url)])
    };
    let newest_warnings = || {
        let path = format!("/api/v1/journal?merchant_id={}&limit=1", shop.merchant_id);
        emulator.api("GET", &path, json!(null))["entries"][0]["warnings"].to_string()
    };
    let url = apply_for("silent", "02");
    assert!(newest_warnings().contains("inform_url is not called"), "{}", newest_warnings());
    pay_by_card(&shop, &url, GOOD).unwrap();

    shop.set(json!({"contracts": {"calls_inform_url": true}, "keys": {"link_hash": ""}}));
    let url = apply_for("card", "02");
    assert_eq!(newest_warnings(), "[]");
    pay_by_card(&shop, &url, GOOD).unwrap();
    let id = first_id(&shop);
    let expected = |id: &str, trading_id: &str, payment_type: &str| {
        let hc = sha256_hex([payment_type, "2980", "", trading_id, id]);
        format!("seq_payment_id={id}&trading_id={trading_id}&payment_type={payment_type}&amount=2980&hc={hc}")
    };
    let (line, body) = ear.hear();
    assert!(line.starts_with("POST /shop?key=wc_1 "), "{line}");
    assert_eq!(body, expected(&id, "card", "02"));
    // What the shop does with the payment later is no news to it.
    assert_eq!(shop.send("022", &[("payment_id", &id)]).result, "0");
    correct_half(&shop, &id);

    // A store's report says so first, then the deposit.
    browse(
        &emulator,
        "POST",
        &step(&apply_for("store", "03"), "conveni/issue"),
        &[&PERSON[..], &[("cvs", "03")]].concat(),
    );
    let id = first_id(&shop);
    for status in ["43", "40"] {
        emulator.api(
            "POST",
            &format!("/api/v1/payments/{id}/transitions"),
            json!({"payment_status": status, "by": "vendor"}),
        );
    }
    assert_eq!(ear.hear().1, expected(&id, "store", "03"));
    shop.authorize("telegram", "2980");
    pay_by_card(&shop, &apply_for("last", "02"), GOOD).unwrap();
    assert_eq!(ear.hear().1, expected(&first_id(&shop), "last", "02"));
    assert!(ear.is_silent());
}

fn correct_half(shop: &Shop<'_>, id: &str) {
    let fields = [("payment_id", id), ("payment_amount", "1490"), ("reduction_flag", "0")];
    assert_eq!(shop.send("029", &fields).result, "0");
}
