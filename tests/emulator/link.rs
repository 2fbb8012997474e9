//! Applications of the link type: both modes, both hashes, codes, terms, bytes (`link.md`, `clients.md` section F).

use paygent_emulator::internal::wire::Charset;
use paygent_emulator::internal::wire::hash::sha256_hex;
use serde_json::json;

use crate::harness::{Emulator, Response, form};

const KEY: &str = "LinkKey0123";

type Fields<'a> = Vec<(&'a str, &'a str)>;

/// Changed fields, and the code and the field that the answer names.
type Broken<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

/// An emulator whose merchant 40001 has a link hash key.
fn emulator() -> Emulator {
    let emulator = Emulator::start();
    put_merchant(&emulator, json!({}));
    emulator
}

fn put_merchant(emulator: &Emulator, contracts: serde_json::Value) {
    let merchant = json!({
        "merchant_id": "40001",
        "connect_id": "test0001",
        "connect_password": "password",
        "keys": {"link_hash": KEY},
        "contracts": contracts,
    });
    emulator.api("PUT", "/api/v1/merchants/40001", merchant);
}

/// A usual application in URL mode, with some fields replaced.
fn fields<'a>(more: &[(&'a str, &'a str)]) -> Fields<'a> {
    let mut fields = vec![
        ("trading_id", "ORDER_1"),
        ("payment_type", "02"),
        ("id", "2980"),
        ("seq_merchant_id", "40001"),
        ("threedsecure_ryaku", "1"),
        ("isbtob", "1"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        if *value != "-" {
            fields.push((name, value));
        }
    }
    fields
}

fn value<'a>(fields: &Fields<'a>, name: &str) -> &'a str {
    fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// `hc`, with `inform_url` where it was sent.
fn hc(fields: &Fields<'_>) -> String {
    let names = [
        "trading_id",
        "payment_type",
        "fix_params",
        "id",
        "inform_url",
        "seq_merchant_id",
        "payment_term_day",
        "payment_term_min",
        "payment_class",
        "use_card_conf_number",
        "customer_id",
        "threedsecure_ryaku",
    ];
    sha256_hex(names.into_iter().map(|name| value(fields, name)).chain([KEY]))
}

fn post(emulator: &Emulator, path: &str, body: &str) -> Response {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Response::parse(&emulator.exchange(request.as_bytes()))
}

/// Applies with a right hash. Returns the answer's lines.
fn apply(emulator: &Emulator, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = fields(more);
    let hash = hc(&fields);
    if value(&fields, "hc").is_empty() {
        fields.push(("hc", &hash));
    }
    let response = post(emulator, "/v/u/request", &form(&fields, Charset::Utf8));
    assert_eq!(response.status, 200);
    lines(&String::from_utf8(response.body).unwrap())
}

fn lines(body: &str) -> Vec<(String, String)> {
    assert!(body.ends_with("\r\n") && !body.replace("\r\n", "").contains(['\r', '\n']), "{body:?}");
    body.trim_end().split("\r\n").map(|line| line.split_once('=').unwrap()).map(|(n, v)| (n.into(), v.into())).collect()
}

fn line<'a>(lines: &'a [(String, String)], name: &str) -> &'a str {
    lines.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[test]
fn the_answer_survives_a_client_that_looks_for_names_in_every_line() {
    let emulator = emulator();
    let mut fields = fields(&[("trading_id", "W2025A0001"), ("inform_url", "https://shop.example/cart/")]);
    let hash = hc(&fields);
    fields.push(("hc", &hash));
    let response = post(&emulator, "/v/u/request", &form(&fields, Charset::Utf8));
    let head = response.head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(head.contains("connection: close") && head.contains("content-length: "), "{head}");
    assert!(!head.contains("transfer-encoding") && !head.contains("content-encoding"), "{head}");
    let body = String::from_utf8(response.body).unwrap();
    let names: Vec<String> = lines(&body).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "result",
        "response_code",
        "response_detail",
        "url",
        "trading_id",
        "payment_type",
        "limit_date",
        "trade_generation_date",
    ];
    assert_eq!(names, expected);

    // Welcart reads the socket line by line and assigns by substring, whatever the line is.
    let mut read = std::collections::HashMap::new();
    for line in format!("{}\r\n\r\n{body}", response.head).lines() {
        for name in expected.iter().filter(|name| line.contains(**name)) {
            read.insert(*name, line.split_once('=').map_or("", |(_, value)| value).to_owned());
        }
    }
    let from_lines = lines(&body);
    for name in expected {
        assert_eq!(read[name], line(&from_lines, name), "{name}");
    }
    assert_eq!(read["result"], "0");
    assert!(read["url"].starts_with("https://localhost/linktype/top?") && read["url"].len() <= 256, "{read:?}");
    assert_eq!((read["trading_id"].as_str(), read["payment_type"].as_str()), ("W2025A0001", "02"));
}

#[test]
fn the_recorded_client_is_answered() {
    let emulator = Emulator::start();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/welcart-link-02.http");
    let text = std::fs::read_to_string(path).unwrap();
    let request = text.split_once('\n').unwrap().1.trim_end();
    // The recorded hash was made with another key than ours: a merchant without one is not checked.
    let request = request.replace("seq_merchant_id=10000", "seq_merchant_id=10001");
    let response = Response::parse(&emulator.exchange(request.as_bytes()));
    let answer = lines(&String::from_utf8(response.body).unwrap());
    assert_eq!((line(&answer, "result"), line(&answer, "trading_id")), ("0", "0000000009"));
    assert_eq!(line(&answer, "limit_date").len(), 14);
}

#[test]
fn every_formula_with_and_without_a_tail_is_right_and_anything_else_is_6005() {
    let emulator = emulator();
    let with_url = fields(&[("inform_url", "https://shop.example/")]);
    let without_url = fields(&[]);
    let ec_cube = [
        value(&without_url, "payment_class"),
        KEY,
        "paygent2006",
        "ORDER_1",
        "2980",
        "02",
        "40001",
        "",
        "",
        "",
        "https://shop.example/",
        "",
        "",
        "1",
    ];
    let right =
        [hc(&with_url), hc(&without_url), hc(&with_url) + "9aF03", hc(&with_url).to_uppercase(), sha256_hex(ec_cube)];
    for hash in &right {
        let answer = apply(&emulator, &[("inform_url", "https://shop.example/"), ("hc", hash)]);
        assert_eq!(line(&answer, "result"), "0", "{hash}: {answer:?}");
    }
    let wrong = "0".repeat(64);
    let answer = apply(&emulator, &[("hc", &wrong)]);
    assert_eq!((line(&answer, "result"), line(&answer, "response_code")), ("1", "6005"));
    assert_eq!((line(&answer, "trading_id"), line(&answer, "url")), ("ORDER_1", ""));
    assert_eq!(answer.len(), 8, "{answer:?}");
}

#[test]
fn each_broken_rule_has_its_code() {
    let emulator = emulator();
    let contracts = json!({"amount_limits": {"02": 500_000}, "without_payment_types": ["03"], "three_d_secure": false});
    put_merchant(&emulator, contracts);
    let table: &[Broken<'_>] = &[
        (&[("seq_merchant_id", "-")], "P005", "seq_merchant_id"),
        (&[("seq_merchant_id", "")], "P006", "seq_merchant_id"),
        (&[("seq_merchant_id", "4000a")], "P008", "seq_merchant_id"),
        (&[("seq_merchant_id", "1234567890")], "P009", "seq_merchant_id"),
        (&[("id", "-")], "P005", "id"),
        (&[("id", "")], "P006", "id"),
        (&[("id", "1a")], "P008", "id"),
        (&[("id", "1234567890")], "P009", "id"),
        (&[("id", "12345678")], "P011", ""),
        (&[("id", "0")], "P014", ""),
        (&[("id", "500001")], "P011", ""),
        (&[("trading_id", "a-b")], "P008", "trading_id"),
        (&[("trading_id", "abcdefghijklmnopqrstuvwxyz")], "P009", "trading_id"),
        (&[("payment_type", "99")], "P010", "payment_type"),
        (&[("payment_type", "15")], "P018", ""),
        (&[("payment_type", "03")], "P007", ""),
        (&[("merchant_name", "")], "P006", "merchant_name"),
        (&[("merchant_name", "Shop")], "P008", "merchant_name"),
        (&[("merchant_name", "①商店")], "6004", "merchant_name"),
        (&[("payment_detail", "😀")], "6004", "payment_detail"),
        (&[("payment_term_day", "5"), ("payment_term_min", "60")], "P010", "payment_term_day"),
        (&[("payment_term_day", "61")], "P010", "payment_term_day"),
        (&[("payment_term_min", "4")], "P010", "payment_term_min"),
        (&[("payment_term_min", "2881")], "P010", "payment_term_min"),
        (&[("finish_disable", "1")], "P005", "return_url"),
        (&[("finish_disable", "1"), ("return_url", "")], "P006", "return_url"),
        (&[("return_url", "javascript:alert(1)")], "P010", "return_url"),
        (&[("stock_card_mode", "1")], "P005", "customer_id"),
        (&[("payment_class", "3")], "P010", "payment_class"),
        (&[("fix_params", "customer_age")], "P010", "fix_params"),
        (&[("payment_type", "03,02"), ("fix_params", "customer_tel")], "P006", "customer_tel"),
        (&[("threedsecure_ryaku", "0")], "P010", "threedsecure_ryaku"),
        (&[("isbtob", "1"), ("hc", "abc")], "P009", "hc"),
    ];
    for (more, code, field) in table {
        let answer = apply(&emulator, more);
        let detail = line(&answer, "response_detail");
        assert_eq!((line(&answer, "result"), line(&answer, "response_code")), ("1", *code), "{more:?}: {detail}");
        assert!(!detail.is_empty() && detail.contains(field), "{more:?}: {detail}");
    }
}

#[test]
fn the_same_id_again_is_the_same_page() {
    let emulator = emulator();
    let first = apply(&emulator, &[("payment_term_day", "3")]);
    let again = apply(&emulator, &[("payment_term_day", "60")]);
    assert_eq!(first, again);
    let other = apply(&emulator, &[("id", "2981")]);
    assert_eq!((line(&other, "response_code"), line(&other, "url")), ("P010", ""));
    let by = json!({"days": 4, "merchant_id": "40001"});
    emulator.api("POST", "/api/v1/clock/advance", by);
    assert_eq!(line(&apply(&emulator, &[]), "response_code"), "6002");
}

#[test]
fn terms_end_when_the_interface_says() {
    let emulator = emulator();
    emulator.api(
        "PUT",
        "/api/v1/clock",
        json!({"now": "2026-12-01T10:20:30+09:00", "frozen": true, "merchant_id": "40001"}),
    );
    // Stores take every term; what is asked for alone must be usable with it.
    for (count, payment_type) in ["02", "03", "05", "03,01"].into_iter().enumerate() {
        let id = format!("K{count}");
        let term = [("trading_id", id.as_str()), ("payment_type", payment_type), ("payment_term_min", "30")];
        let answer = apply(&emulator, &term);
        assert_eq!(line(&answer, "limit_date"), "20261201105030", "{payment_type}: {answer:?}");
        let usable = if payment_type == "03,01" { "03" } else { payment_type };
        assert_eq!(line(&answer, "payment_type"), usable);
    }
    let atm = apply(&emulator, &[("trading_id", "K9"), ("payment_type", "01"), ("payment_term_min", "30")]);
    assert_eq!(line(&atm, "response_code"), "P010", "{atm:?}");

    for (id, name, term, limit) in [
        ("T1", "payment_term_day", "0", "20261201235959"),
        ("T2", "payment_term_day", "2", "20261203235959"),
        ("T3", "payment_term_day", "60", "20270130235959"),
        ("T4", "payment_term_min", "5", "20261201102530"),
        ("T5", "payment_term_min", "2880", "20261203102030"),
        ("T6", "payment_term_day", "", "20261206235959"),
    ] {
        let answer = apply(&emulator, &[("trading_id", id), (name, term)]);
        assert_eq!(line(&answer, "limit_date"), limit, "{name}={term}: {answer:?}");
        assert_eq!(line(&answer, "trade_generation_date"), "20261201102030");
    }
}

/// An amount that no page can take is refused before there is a page.
#[test]
fn an_amount_above_every_limit_is_refused_with_the_application() {
    let emulator = emulator();
    let code = |count: usize, payment_type: &str, amount: &str| {
        let id = format!("A{count}");
        let answer = apply(&emulator, &[("trading_id", &id), ("payment_type", payment_type), ("id", amount)]);
        (line(&answer, "response_code").to_owned(), line(&answer, "payment_type").to_owned())
    };
    for (count, (payment_type, amount, refused, usable)) in [
        ("03", "500000", "", "03"),
        ("03", "500001", "P011", ""),
        ("01", "500000", "", "01"),
        ("01", "500001", "P011", ""),
        ("01,03", "500001", "P011", ""),
        ("02,03,01", "500001", "", "02"),
        ("05", "5000000", "", "05"),
        ("02", "9999999", "", "02"),
    ]
    .into_iter()
    .enumerate()
    {
        let expected = (refused.to_owned(), usable.to_owned());
        assert_eq!(code(count, payment_type, amount), expected, "{payment_type} {amount}");
    }
    // A limit of the merchant's own takes the place of the usual one.
    put_merchant(&emulator, json!({"amount_limits": {"03": 600_000, "01": 1000}}));
    assert_eq!(code(20, "03", "600000").0, "");
    assert_eq!(code(21, "03", "600001").0, "P011");
    assert_eq!(code(22, "01", "1001").0, "P011");
    let journal = emulator.api("GET", "/api/v1/journal?merchant_id=40001&limit=1", json!(null));
    let told = journal["entries"][0]["refusal"]["explanation"].as_str().unwrap().to_owned();
    assert!(told.contains("limit is 1000"), "the limit is named: {told}");
    let settings = emulator.console("GET", "/merchants/40001", "").1;
    assert!(
        settings.contains("placeholder=\"500,000\"") && settings.contains("300,000"),
        "the settings show the limits"
    );
}

#[test]
fn who_numbers_the_deals_is_one_rule_for_all_doors() {
    let emulator = emulator();
    let without_id = [("trading_id", "-")];
    let refused = apply(&emulator, &without_id);
    assert_eq!(line(&refused, "response_code"), "P006", "{refused:?}");
    assert!(line(&refused, "response_detail").contains("trading_id"), "{refused:?}");
    put_merchant(&emulator, json!({"gateway_numbers_deals": true}));
    let numbered = apply(&emulator, &without_id);
    assert_eq!(line(&numbered, "result"), "0", "{numbered:?}");
    assert!(line(&numbered, "trading_id").starts_with('L'));
}

#[test]
fn charsets_follow_the_path_and_forms_get_pages() {
    let emulator = emulator();
    let page = |path: &str, body: &[u8]| {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let response = Response::parse(&emulator.exchange(&request));
        assert_eq!(response.status, 200, "{}", response.head);
        String::from_utf8(response.body).unwrap()
    };
    for (path, id, name) in [
        ("/v/request", "C1", "%83e%83X%83g%8F%A4%93X"),
        ("/v/u/request", "C2", "%E3%83%86%E3%82%B9%E3%83%88%E5%95%86%E5%BA%97"),
        ("/v/e/request", "C3", "%A5%C6%A5%B9%A5%C8%BE%A6%C5%B9"),
    ] {
        let fields = fields(&[("trading_id", id), ("isbtob", "-")]);
        let body = format!("{}&merchant_name={name}&hc={}", form(&fields, Charset::Utf8), hc(&fields));
        let html = page(path, body.as_bytes());
        assert!(html.starts_with("<!DOCTYPE html>") && html.contains("テスト商店"), "{path}: {html}");
        assert!(html.contains("クレジットカードでのお支払い"), "{path}");
    }
    let fields = fields(&[("isbtob", "-")]);
    let html = page("/v/u/request", form(&fields, Charset::Utf8).as_bytes());
    assert!(html.contains("エラー") && html.contains("P006"), "a missing hash is told on a page: {html}");
}

#[test]
fn pages_need_the_secret_of_their_url() {
    let emulator = emulator();
    let url = line(&apply(&emulator, &[]), "url").to_owned();
    let get = |url: &str| {
        let path = url.split_once("https://localhost").unwrap().1;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Response::parse(&emulator.exchange(request.as_bytes()))
    };
    assert_eq!(get(&url).status, 200);
    assert_eq!(get(&format!("{url}x")).status, 404);
    assert_eq!(get(&url.replace("mid=40001", "mid=10000")).status, 404);
    assert_eq!(get(&url.replace("tid=ORDER_1", "tid=ORDER_2")).status, 404);
}
