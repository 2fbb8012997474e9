//! Recurring charges: 280 to 283 and 096, the days of charge, the notices (`card_recurring.toml`).

use serde_json::json;

use crate::buyer::{Ear, parameter};
use crate::harness::{Answer, Emulator, Shop};

fn store(shop: &Shop<'_>, number: &str) -> String {
    let fields = [("customer_id", "c"), ("card_number", number), ("card_valid_term", "1239")];
    let answer = shop.send("025", &fields);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer.get("customer_card_id").to_owned()
}

fn begin(shop: &Shop<'_>, card_id: &str, first: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("trading_id", "sub1"),
        ("amount", "980"),
        ("customer_id", "c"),
        ("customer_card_id", card_id),
        ("cycle", "01"),
        ("timing", "10"),
        ("first_executed", first),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
    fields.extend_from_slice(more);
    shop.send("280", &fields)
}

fn shown(shop: &Shop<'_>, running_id: &str, names: &[&str]) -> Vec<String> {
    let answer = shop.send("096", &[("running_id", running_id)]);
    assert_eq!(answer.result, "0", "{answer:?}");
    names.iter().map(|name| answer.get(name).to_owned()).collect()
}

const STATE: [&str; 5] = ["running_status", "next_scheduled", "resumable_until", "ended", "failed_reason"];

#[test]
fn a_stored_card_is_charged_on_its_days() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let card = store(&shop, "4980000000000000");
    let started = begin(&shop, &card, "20261130", &[("cycle", "2"), ("description", "月額 会費")]);
    assert_eq!((started.result.as_str(), started.get("next_scheduled")), ("0", "20270110"));
    let id = started.get("running_id").to_owned();
    assert_eq!(shop.payments().len(), 1, "today's charge happens in the request");
    shop.advance("days", 40);
    assert_eq!(shop.payments().len(), 1);
    shop.advance("days", 125);
    let payments = shop.payments();
    let days: Vec<&str> = payments.iter().map(|p| &p["payment_init_date"].as_str().unwrap()[..10]).collect();
    assert_eq!(days, ["2027-05-10", "2027-03-10", "2027-01-10", "2026-11-30"]);
    assert!(payments.iter().all(|payment| payment["trading_id"] == "sub1"));
    let newest = shop.send("094", &[("payment_id", &payments[0]["payment_id"].to_string())]);
    assert_eq!(
        ["payment_status", "running_id", "customer_id", "customer_card_id", "payment_amount"].map(|n| newest.get(n)),
        ["40", id.as_str(), "c", card.as_str(), "980"]
    );
    assert_eq!(
        shown(&shop, &id, &["running_status", "cycle", "timing", "first_executed", "last_executed", "description"]),
        ["20", "2", "10", "20261130", "20270510000000", "月額 会費"]
    );
    assert_eq!(shown(&shop, &id, &STATE), ["20", "20270710", "", "", ""]);
    assert_eq!(shop.send("023", &[("payment_id", newest.get("payment_id"))]).result, "0");
}

#[test]
fn a_failed_charge_suspends_and_can_be_made_up_for() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let bad = store(&shop, "4980000000001912");
    let started = begin(&shop, &bad, "20261130", &[]);
    assert_eq!((started.result.as_str(), started.get("next_scheduled")), ("0", ""), "a failure is only seen so");
    let id = started.get("running_id").to_owned();
    assert_eq!(shown(&shop, &id, &STATE), ["30", "", "20261209", "", "0001"]);
    let refused = shop.payments().remove(0);
    assert_eq!((&refused["payment_status"], &refused["values"]["joho_code"]), (&json!("11"), &json!("C12")));
    let resume = |retry: &str| shop.send("282", &[("running_id", &id), ("retry", retry)]);
    assert_eq!(resume("0").result, "0");
    assert_eq!(shown(&shop, &id, &STATE)[0], "30", "the same card fails again");
    let good = store(&shop, "4980000000000000");
    assert_eq!(shop.send("281", &[("trading_id", "sub1"), ("customer_card_id", &good)]).result, "0");
    assert_eq!(resume("0").result, "0");
    assert_eq!(shown(&shop, &id, &STATE), ["20", "20261210", "", "", ""]);
    assert_eq!(shop.payments()[0]["payment_status"], "40");
    let conflict = resume("1");
    assert_eq!(conflict.response_code, "18002");
    assert!(conflict.response_detail.contains("ステータス矛盾エラー["), "{conflict:?}");
    // Without a card there is no payment either.
    shop.send("026", &[("customer_id", "c")]);
    let before = shop.payments().len();
    shop.advance("days", 10);
    assert_eq!(shown(&shop, &id, &STATE), ["30", "", "20270109", "", "0002"]);
    assert_eq!(shop.payments().len(), before);
    assert_eq!(resume("1").response_code, "P048");
    shop.advance("days", 31);
    assert_eq!(shown(&shop, &id, &STATE), ["40", "", "", "20270110000000", ""]);
    assert_eq!(resume("1").response_code, "18002");
    assert_eq!(shop.send("283", &[("running_id", &id)]).response_code, "18002");
}

#[test]
fn it_ends_when_told_or_on_its_day() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let card = store(&shop, "4980000000000000");
    let id = begin(&shop, &card, "20261210", &[("end_scheduled", "20270110")]).get("running_id").to_owned();
    shop.advance("days", 60);
    assert_eq!(shown(&shop, &id, &STATE), ["40", "", "", "20270110000000", ""]);
    assert_eq!(shop.payments().len(), 1, "the end comes before the charge of the same day");
    let other = begin(&shop, &card, "20270210", &[("trading_id", "sub2")]).get("running_id").to_owned();
    let ended = shop.send("283", &[("trading_id", "sub2")]);
    assert_eq!((ended.get("running_id"), ended.get("ended")), (other.as_str(), "20270129100000"));
    shop.advance("days", 60);
    assert_eq!(shop.payments().len(), 1);
}

#[test]
fn what_cannot_be() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let card = store(&shop, "4980000000000000");
    for (field, code) in [
        (("amount", "0"), "P014"),
        (("amount", "12345678"), "P009"),
        (("cycle", "13"), "P010"),
        (("timing", "32"), "P010"),
        (("customer_card_id", "1"), "P048"),
        (("first_executed", "20261129"), "P049"),
        (("first_executed", "20270531"), "P049"),
        (("end_scheduled", "20261130"), "P050"),
        (("end_scheduled", "20261210"), "P051"),
    ] {
        assert_eq!(begin(&shop, &card, "20261210", &[field]).response_code, code, "{field:?}");
    }
    assert_eq!(begin(&shop, &card, "20270530", &[]).result, "0", "six months ahead");
    let id = begin(&shop, &card, "20261210", &[]).get("running_id").to_owned();
    for kind in ["281", "283", "096"] {
        assert_eq!(shop.send(kind, &[("running_id", "1")]).response_code, "18000", "{kind}");
        assert_eq!(shop.send(kind, &[("trading_id", "sub1")]).response_code, "18001", "{kind}");
        assert_eq!(shop.send(kind, &[("running_id", &id), ("trading_id", "x")]).response_code, "18000", "{kind}");
        assert_eq!(shop.send(kind, &[]).response_code, "P005", "{kind}");
    }
    let change = |field: (&str, &str)| shop.send("281", &[("running_id", &id), field]).response_code;
    assert_eq!(change(("customer_id", "nobody")), "P048");
    assert_eq!(change(("end_scheduled", "20261201")), "P051");
    assert_eq!(change(("end_scheduled", "20270101")), "");
    assert_eq!(change(("amount", "1200")), "");
    assert_eq!(shown(&shop, &id, &["amount", "end_scheduled"]), ["1200", "20270101"]);
    assert_eq!(change(("end_scheduled", "")), "");
    assert_eq!(shown(&shop, &id, &["amount", "end_scheduled"]), ["1200", ""]);
    shop.set(json!({"contracts": {"recurring": false}}));
    assert_eq!(begin(&shop, &card, "20261210", &[]).response_code, "P047");
}

#[test]
fn the_shop_is_told_of_every_new_status() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    // The first answer is no acceptance; the notice comes again.
    let ear = Ear::answering(&[("200 OK", "no"), ("200 OK", "result=0")]);
    shop.set(json!({"notification_url": ear.url, "notified": {"02": []}}));
    let bad = store(&shop, "4980000000001912");
    let id = begin(&shop, &bad, "20261130", &[]).get("running_id").to_owned();
    let hear = || {
        let (line, body) = ear.hear();
        assert!(line.starts_with("POST /shop?key=wc_1 "), "{line}");
        form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<_>>()
    };
    let of = |notice: &[(String, String)], name: &str| parameter(notice, name).unwrap();
    let created = hear();
    assert_eq!(
        (of(&created, "event_id"), of(&created, "running_status")),
        ("card.running.created".into(), "20".into())
    );
    let names: Vec<&str> = created.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        (names[..5].to_vec(), names.len(), names[20]),
        (vec!["running_notice_id", "event_id", "running_id", "trading_id", "amount"], 21, "hc")
    );
    let parts = ["running_notice_id", "running_id", "trading_id", "amount"].map(|name| of(&created, name));
    let hash =
        paygent_emulator::internal::wire::hash::sha256_hex(parts.iter().map(String::as_str).chain(["abcdefg1234567"]));
    assert_eq!(of(&created, "hc"), hash);
    let suspended = hear();
    assert_eq!(
        ["event_id", "running_status", "failed_reason", "resumable_until"].map(|name| of(&suspended, name)),
        ["card.running.suspended", "30", "0001", "20261209"]
    );
    let (_, again) = ear.hear_again(&shop, 15);
    assert_eq!(form_urlencoded::parse(again.as_bytes()).into_owned().collect::<Vec<_>>(), created);
    shop.send("282", &[("running_id", &id), ("retry", "1")]);
    assert_eq!(of(&hear(), "event_id"), "card.running.resumed");
    shop.send("283", &[("running_id", &id)]);
    let deleted = hear();
    assert_eq!(["event_id", "running_status"].map(|name| of(&deleted, name)), ["card.running.deleted", "40"]);
    assert!(of(&deleted, "ended").starts_with("20261130"), "{deleted:?}");
}
