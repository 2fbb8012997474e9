//! What is told of the past is what happened then: `advance`, events, and one entry of the journal for each cause.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::buyer::browse;
use crate::harness::{Emulator, Shop};
use crate::pages;

/// The journal's entries of a shop, oldest first, as event and name.
fn entries(shop: &Shop<'_>) -> Vec<(String, String)> {
    let path = format!("/api/v1/journal?merchant_id={}&limit=500", shop.merchant_id);
    let answer = shop.emulator.api("GET", &path, Value::Null);
    let entries = answer["entries"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.map(|entry| (text(&entry["event"]), text(&entry["kind"]))).collect()
}

/// The entries that something leaves.
pub(crate) fn left_by(shop: &Shop<'_>, act: impl FnOnce()) -> Vec<(String, String)> {
    let before = entries(shop).len();
    act();
    entries(shop).split_off(before)
}

#[test]
fn advance_lists_each_status_as_it_was_entered() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-24");
    let answer = shop.send("070", &[("claim_amount", "2100"), ("expire_days", "7")]);
    let id: u64 = answer.get("payment_id").parse().unwrap();
    let happened = shop.advance_days(200)["happened"].clone();
    let told: Vec<_> = happened.as_array().unwrap().iter().filter(|one| one["payment_id"] == id).collect();
    let statuses: Vec<_> = told.iter().map(|one| one["payment_status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["12", "16"], "{happened}");
}

#[test]
fn the_clocks_page_lists_each_status_as_it_was_entered() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-24");
    shop.send("070", &[("claim_amount", "2100"), ("expire_days", "7")]);
    let form = format!("merchant_id={}&action=advance&days=200&hours=0&minutes=0&to=", shop.merchant_id);
    let request = format!(
        "POST /clock HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{form}",
        emulator.ports.console,
        form.len()
    );
    let mut stream = TcpStream::connect(emulator.ports.console).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let page = std::io::read_to_string(stream).unwrap();
    let (expired, over) = (page.find("→ <span lang=\"ja\">12 "), page.find("→ <span lang=\"ja\">16 "));
    assert!(expired.is_some() && expired < over, "{page}");
}

#[test]
fn two_quick_changes_are_two_events_with_their_own_statuses() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "1000");
    assert_eq!(shop.send("022", &[("payment_id", &id)]).result, "0");
    assert_eq!(shop.send("023", &[("payment_id", &id)]).result, "0");
    // Whoever reads only now must be told the same as whoever read along.
    let mut stream = TcpStream::connect(emulator.ports.console).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let path = format!("/api/v1/events?after=0&merchant_id={}", shop.merchant_id);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", emulator.ports.console).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut told = Vec::new();
    while told.len() < 3 {
        if lines.next().unwrap() == "event: payment" {
            let data = lines.by_ref().find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).unwrap();
            let data: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(data["payment_id"].to_string(), id);
            told.push(data["payment_status"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(told, ["20", "40", "60"]);
}

#[test]
fn one_click_is_one_entry_of_the_journal() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let page = |name: &str| vec![("page".to_owned(), name.to_owned())];

    let names = [("claim_kana", "ｵｼﾊﾗｲ"), ("claim_kanji", "お支払い")];
    let applied =
        shop.send("060", &[&[("trading_id", "b1"), ("payment_id", "060"), ("amount", "1000")], &names[..]].concat());
    let selection = pages::get(&emulator, applied.get("asp_url"));
    let choice = selection.link("ゆうちょ銀行");
    assert_eq!(left_by(&shop, || drop(pages::get(&emulator, &choice))), page("bank_choice"));
    let bank = pages::get(&emulator, &choice).link("進む");
    let pay = || drop(pages::post(&emulator, &bank, &[("action", "pay")]));
    assert_eq!(left_by(&shop, pay), page("bank"));

    let urls = [("return_url", "https://shop.example/"), ("cancel_url", "https://shop.example/")];
    let applied =
        shop.send("150", &[&[("trading_id", "w1"), ("emoney_type", "1"), ("amount", "1000")], &urls[..]].concat());
    let complete =
        || drop(pages::post(&emulator, applied.get("redirect_url"), &[("action", "complete"), ("outcome", "")]));
    assert_eq!(left_by(&shop, complete), page("webmoney"));

    let applied = crate::paypay::apply(&shop, "p1", "1000");
    assert_eq!(left_by(&shop, || drop(crate::paypay::press(&shop, &applied, "pay"))), page("paypay"));

    let link = [("trading_id", "l1"), ("id", "1000"), ("seq_merchant_id", shop.merchant_id.as_str()), ("isbtob", "1")];
    let answer = browse(&emulator, "POST", "/v/u/request", &[&link[..], &[("threedsecure_ryaku", "1")]].concat());
    let answer = String::from_utf8(answer.body).unwrap();
    let query = answer.lines().find_map(|line| line.split_once("/linktype/top?type=&")).unwrap().1.to_owned();
    let person = [
        ("customer_family_name", "山田"),
        ("customer_name", "太郎"),
        ("customer_family_name_kana", "ヤマダ"),
        ("customer_name_kana", "タロウ"),
        ("cvs", "03"),
    ];
    for (step, name) in [("conveni/issue", "conveni issue"), ("atm/issue", "atm issue")] {
        let issue = || drop(browse(&emulator, "POST", &format!("/linktype/{step}?{query}"), &person));
        assert_eq!(left_by(&shop, issue), page(name));
    }

    // What has no entry of its own gets one: the test tool, the merchants' site, a vendor.
    let ids: Vec<u64> = shop.payments().iter().map(|payment| payment["payment_id"].as_u64().unwrap()).collect();
    for (by, id) in [("tool", ids[0]), ("vendor", ids[1])] {
        let status = if by == "tool" { "40" } else { "43" };
        let body = json!({"payment_status": status, "by": by});
        let act = || drop(emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), body));
        assert_eq!(left_by(&shop, act), [("operation".to_owned(), by.to_owned())]);
    }
}
