//! The journal has one entry for each cause; it names what it led to, and what it led to names it.

use serde_json::{Value, json};

use crate::buyer::browse;
use crate::harness::{Emulator, Shop, eventually};
use crate::link_pages::{GOOD, PERSON, apply, pay_by_card, step};
use crate::notices::registered;
use crate::pages;
use crate::test_shop::TestShop;
use crate::then::left_by;

fn api(shop: &Shop<'_>, path: &str) -> Value {
    shop.emulator.api("GET", path, Value::Null)
}

/// All that the journal has of a shop, oldest first.
fn journal(shop: &Shop<'_>) -> Vec<Value> {
    let mut page = api(shop, &format!("/api/v1/journal?merchant_id={}&limit=500", shop.merchant_id));
    let mut entries = page["entries"].as_array_mut().unwrap().split_off(0);
    entries.reverse();
    entries
}

fn has(list: &Value, id: &Value) -> bool {
    list.as_array().unwrap().contains(id)
}

fn one(event: &str, kind: &str) -> Vec<(String, String)> {
    vec![(event.to_owned(), kind.to_owned())]
}

/// Payments of many kinds, by all who can change one, with the notices pushed to a shop.
fn live(shop: &Shop<'_>, target: &TestShop) {
    let id = shop.authorize("card", "1000");
    shop.send("022", &[("payment_id", &id)]);
    shop.send("029", &[("payment_id", &id), ("payment_amount", "800"), ("reduction_flag", "0")]);
    let urls = [("return_url", "https://shop.example/"), ("cancel_url", "https://shop.example/")];
    let applied =
        shop.send("150", &[&[("trading_id", "money"), ("emoney_type", "1"), ("amount", "1000")], &urls[..]].concat());
    pages::post(shop.emulator, applied.get("redirect_url"), &[("action", "complete"), ("outcome", "")]);
    let claim = shop.send("070", &[("claim_amount", "2100"), ("expire_days", "7")]);
    pay_by_card(shop, &apply(shop, &[("trading_id", "linked")]), GOOD).unwrap();
    let atm = step(&apply(shop, &[("trading_id", "atm"), ("payment_type", "01")]), "atm/issue");
    browse(shop.emulator, "POST", &atm, &PERSON);
    let of_atm = shop.payments()[0]["payment_id"].clone();
    let body = json!({"payment_status": "40", "by": "vendor"});
    shop.emulator.api("POST", &format!("/api/v1/payments/{of_atm}/transitions"), body);
    let body = json!({"payment_status": "12", "by": "tool"});
    shop.emulator.api("POST", &format!("/api/v1/payments/{}/transitions", claim.get("payment_id")), body);
    shop.authorize("expires", "1000");
    shop.advance_days(200);
    let all = shop.emulator.api("POST", "/api/v1/notices/deliver", json!({"merchant_id": shop.merchant_id}));
    assert_eq!(all["merchants"][0]["waiting"], 0, "{all}");
    while target.arrived().is_some() {}
}

#[test]
fn what_happened_and_its_entry_name_each_other() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    live(&shop, &target);

    let (mut by, mut steps) = (std::collections::BTreeSet::new(), 0);
    for payment in shop.payments() {
        for (at, entered) in payment["history"].as_array().unwrap().iter().enumerate() {
            let entry = api(&shop, &format!("/api/v1/journal/{}", entered["journal_id"]));
            assert!(has(&entry["payment_ids"], &payment["payment_id"]), "{entered} {entry}");
            let place = entry["payment_ids"].as_array().unwrap().iter().position(|id| *id == payment["payment_id"]);
            let left_in = &entry["payment_statuses"][place.unwrap()];
            let by_same = |step: &&Value| step["journal_id"] == entered["journal_id"];
            let last = payment["history"].as_array().unwrap().iter().skip(at).rfind(by_same).unwrap();
            assert_eq!(*left_in, last["payment_status"], "{payment} {entry}");
            match entered["by"].as_str().unwrap() {
                "shopper" => assert_eq!(entry["event"], "page", "{entered} {entry}"),
                who => assert_eq!(entry["kind"], who, "{entered} {entry}"),
            }
            by.insert(entered["by"].as_str().unwrap().to_owned());
            steps += 1;
        }
    }
    assert!(["020", "029", "shopper", "vendor", "tool", "clock"].iter().all(|who| by.contains(*who)), "{by:?}");
    assert!(steps > 15, "{steps}");

    let notices = api(&shop, &format!("/api/v1/notices?merchant_id={}&limit=1000", shop.merchant_id));
    let notices = notices["notices"].as_array().unwrap();
    let attempts: u64 = notices.iter().map(|notice| notice["attempts"].as_u64().unwrap()).sum();
    // A push counts a little before it is written down.
    let journal = eventually("each push", || {
        let journal = journal(&shop);
        let pushes = journal.iter().filter(|entry| entry["event"] == "notice").count();
        (pushes as u64 == attempts).then_some(journal)
    });
    let entry_of = |id: &Value| journal.iter().find(|entry| entry["id"] == *id).unwrap();
    assert!(notices.len() > 10, "{notices:?}");
    for notice in notices {
        let cause = entry_of(&notice["journal_id"]);
        assert!(has(&cause["payment_notice_ids"], &notice["payment_notice_id"]), "{notice} {cause}");
        assert!(has(&cause["payment_ids"], &notice["payment_id"]), "{notice} {cause}");
        assert_ne!(cause["event"], "notice");
        let is_push = |entry: &&Value| {
            entry["event"] == "notice" && has(&entry["payment_notice_ids"], &notice["payment_notice_id"])
        };
        assert_eq!(journal.iter().filter(is_push).count(), notice["attempts"].as_u64().unwrap() as usize, "{notice}");
    }
    // Nobody else claims to have raised one.
    let raised = journal.iter().filter(|entry| entry["event"] != "notice");
    let raised: usize = raised.map(|entry| entry["payment_notice_ids"].as_array().unwrap().len()).sum();
    assert_eq!(raised, notices.len());
    // Deadlines come after the turn of the clock that let them come.
    let turned = journal.iter().position(|entry| entry["event"] == "clock").unwrap();
    let met = journal.iter().position(|entry| entry["kind"] == "clock" && entry["event"] == "operation").unwrap();
    assert!(turned < met && journal[turned]["answer_text"].as_str().unwrap().starts_with("now="), "{journal:?}");
}

#[test]
fn the_payments_page_finds_the_entry_of_each_step() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "1000");
    // Within the same second, by the same who: only the entry's number tells these apart.
    for _ in 0..100 {
        shop.send("094", &[("payment_id", &id)]);
    }
    shop.send("022", &[("payment_id", &id)]);
    let payment = api(&shop, &format!("/api/v1/payments/{id}"));
    let (_, page) = emulator.console("GET", &format!("/payments/{id}"), "");
    for entered in payment["history"].as_array().unwrap() {
        let link = format!("<a href=\"/journal/{0}\">#{0}</a>", entered["journal_id"]);
        assert!(page.contains(&link), "{link}");
    }
}

#[test]
fn each_press_on_a_page_that_pays_is_one_entry() {
    let emulator = Emulator::start();
    let shop = emulator.shop();

    let card = [
        ("card_brand", "VISA"),
        ("card_number", GOOD),
        ("valid_month", "12"),
        ("valid_year", "2039"),
        ("times", "once"),
    ];
    let url = apply(&shop, &[]);
    let mut entered = String::new();
    let enter = || entered = browse(&emulator, "POST", &step(&url, "card"), &card).location().to_owned();
    assert_eq!(left_by(&shop, enter), one("page", "card"));
    let key = crate::buyer::parameter(&crate::buyer::query(&entered), "e").unwrap();
    let pay = || drop(browse(&emulator, "POST", &step(&url, "card/pay"), &[("e", &key)]));
    assert_eq!(left_by(&shop, pay), one("page", "card pay"));
    assert_eq!(shop.payments().len(), 1);

    let fields = [
        ("trading_id", "t1"),
        ("term_url", "https://shop.example/"),
        ("merchant_name", "TEST SHOP"),
        ("authentication_type", "01"),
        ("card_set_method", "direct"),
        ("card_number", "4980000000000001"),
        ("card_valid_term", "1239"),
        ("payment_amount", "1000"),
    ];
    let mut id = String::new();
    assert_eq!(left_by(&shop, || id = shop.send("450", &fields).get("3ds_auth_id").to_owned()), one("telegram", "450"));
    browse(&emulator, "POST", "/3ds/start", &[("3ds_auth_id", &id)]);
    let proceed = || drop(browse(&emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", &id)]));
    assert_eq!(left_by(&shop, proceed), one("page", "3-D Secure"));

    assert_eq!(left_by(&shop, || drop(shop.token(GOOD))), one("page", "createToken"));
    assert_eq!(left_by(&shop, || drop(shop.send("094", &[("payment_id", "1")]))), one("telegram", "094"));
    let first = shop.payments()[0]["payment_id"].clone();
    let site = || {
        let path = format!("/api/v1/payments/{first}/operations");
        drop(emulator.api("POST", &path, json!({"operation": "capture"})));
    };
    assert_eq!(left_by(&shop, site), one("operation", "merchant_site"));
    assert_eq!(left_by(&shop, || drop(shop.advance_days(1))), one("clock", "clock"));
}

#[test]
fn a_push_is_one_entry_each_time() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    shop.authorize("order1", "1000");
    let (applied, authorized) = (target.next(), target.next());
    assert_eq!([applied.get("payment_status"), authorized.get("payment_status")], ["10", "20"]);
    let pushes = || {
        let pushes = journal(&shop).into_iter().filter(|entry| entry["event"] == "notice");
        pushes.map(|entry| entry["payment_notice_ids"].clone()).collect::<Vec<_>>()
    };
    let told = eventually("the second push", || Some(pushes()).filter(|pushes| pushes.len() == 2));
    assert_eq!(told, [json!([1]), json!([2])]);
}
