//! Tokens: the server behind the browser's script, and the telegrams that take them (`card_token.md`).

use paygent_emulator::internal::wire::hash::sha256_hex;
use serde_json::{Value, json};

use crate::buyer::{browse, token_of};
use crate::harness::{Answer, Emulator, Response, Shop};

const VISA: &str = "4980000000000000";

fn pay(shop: &Shop<'_>, more: &[(&str, &str)]) -> Answer {
    let mut fields =
        vec![("trading_id", "t1"), ("payment_amount", "100"), ("payment_class", "10"), ("3dsecure_ryaku", "1")];
    fields.extend_from_slice(more);
    shop.send("020", &fields)
}

#[test]
fn the_token_server_answers_any_page_of_any_origin() {
    let emulator = Emulator::start();
    let body = "merchant_id=10000&token_generate_key=test_tokengenerationkey&card_number=4980000000000000\
                &card_expire_year=39&card_expire_month=1&card_cvc=&card_name=";
    for content_type in ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"] {
        let request = format!(
            "POST /n/token/request HTTP/1.0\r\nHost: localhost\r\nOrigin: http://shop.example\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = Response::parse(&emulator.exchange_without_certificate(request.as_bytes()));
        assert_eq!(response.status, 200);
        assert!(response.head.to_lowercase().contains("access-control-allow-origin: *"), "{}", response.head);
        assert!(response.head.to_lowercase().contains("content-type: application/json"), "{}", response.head);
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        let card = &answer["tokenizedCardObject"];
        let text = |name: &str| card[name].as_str().unwrap();
        assert_eq!(text("masked_card_number"), "************0000");
        assert_eq!((text("valid_until").len(), text("fingerprint").len()), (14, 64));
        let parts = ["token", "masked_card_number", "valid_until", "fingerprint"].map(text);
        let hash = sha256_hex(parts.into_iter().chain(["tokenreceipthashkey0123"]));
        assert_eq!(answer["hc"], hash, "{answer}");
    }
    let asked = Response::parse(&emulator.exchange_without_certificate(
        b"OPTIONS /n/token/request HTTP/1.0\r\nHost: localhost\r\nAccess-Control-Request-Method: POST\r\n\r\n",
    ));
    assert_eq!(asked.status, 204);
    assert!(asked.head.to_lowercase().contains("access-control-allow-origin: *"), "{}", asked.head);
    let script = browse(&emulator, "GET", "/js/PaygentToken.js?ver=2.4.8", &[]);
    assert!(script.status == 200 && script.head.contains("text/javascript; charset=UTF-8"), "{}", script.head);
}

#[test]
fn every_result_code_of_the_token_server() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let whole = [
        ("card_number", VISA),
        ("card_expire_year", "39"),
        ("card_expire_month", "12"),
        ("card_cvc", "123"),
        ("card_name", "TARO ﾀﾛｳ"),
    ];
    assert_eq!(shop.ask_for_token(&whole)["result"], "0000");
    let long = "A".repeat(65);
    for (name, value, code) in [
        ("merchant_id", "", "1100"),
        ("merchant_id", "1x", "1201"),
        ("token_generate_key", "", "1200"),
        ("token_generate_key", "test_other", "1201"),
        ("card_number", "", "1300"),
        ("card_number", "4900 0000 0000 0000", "1301"),
        ("card_number", "4900", "1301"),
        ("card_expire_year", "", "1400"),
        ("card_expire_year", "2039", "1401"),
        ("card_expire_month", "", "1500"),
        ("card_expire_month", "1x", "1501"),
        ("card_expire_month", "13", "1502"),
        ("card_expire_year", "20", "1502"),
        ("card_expire_year", "70", "1502"),
        ("card_cvc", "12", "1600"),
        ("card_cvc", "12345", "1600"),
        ("card_name", "太郎", "1700"),
        ("card_name", long.as_str(), "1700"),
    ] {
        let mut fields = whole.to_vec();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        assert_eq!(shop.ask_for_token(&fields), json!({"result": code}), "{name}={value}");
    }
    let both = [("merchant_id", ""), ("token_generate_key", "")];
    assert_eq!(shop.ask_for_token(&both), json!({"result": "1200"}), "as a client has seen");
    let code = |value: &str| shop.ask_for_token(&[("card_cvc", value), ("cvc_only_flg", "1")]);
    assert_eq!((code("")["result"].clone(), code("1x3")["result"].clone()), (json!("1601"), json!("1600")));
    let token = code("1234");
    let keys: Vec<&str> = token["tokenizedCardObject"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((keys, token.get("hc")), (vec!["token", "valid_until"], None));
}

#[test]
fn a_token_that_was_not_made_is_found_among_the_errors() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    shop.token(VISA);
    shop.code_token();
    shop.ask_for_token(&[("card_number", "4900"), ("card_expire_year", "39"), ("card_expire_month", "12")]);
    shop.ask_for_token(&[("cvc_only_flg", "1")]);
    let journal = emulator.api("GET", "/api/v1/journal?refused=true", json!(null));
    let refused: Vec<&str> =
        journal["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(refused, ["createCvcToken", "createToken"], "{journal}");
    let words = journal.to_string();
    assert!(words.contains("1301") && words.contains("card number: wrong format"), "{words}");
    assert!(words.contains("1601") && words.contains("セキュリティコードがありません。"), "{words}");
}

#[test]
fn a_token_is_good_for_one_telegram_that_succeeds() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let token = shop.token(VISA);
    assert_eq!(pay(&shop, &[("card_token", &token)]).result, "0");
    assert_eq!(pay(&shop, &[("card_token", &token)]).response_code, "2022");
    assert_eq!(shop.send("025", &[("customer_id", "c"), ("card_token", &token)]).response_code, "2022");
    // What is refused has not used it up.
    let refused = shop.token("4980000000008212");
    for _ in 0..2 {
        assert_eq!(pay(&shop, &[("card_token", &refused)]).response_code, "2001");
    }
    assert_eq!(pay(&shop, &[("card_token", "tok_unknown")]).response_code, "2021");
    assert_eq!(pay(&emulator.shop(), &[("card_token", &refused)]).response_code, "2021", "another merchant's");
    let old = shop.token(VISA);
    shop.advance("days", 2);
    assert_eq!(pay(&shop, &[("card_token", &old)]).response_code, "2020");
}

#[test]
fn of_many_payments_with_one_token_one_is_granted() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let token = shop.token(VISA);
    let codes: Vec<String> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..8).map(|_| scope.spawn(|| pay(&shop, &[("card_token", &token)]).response_code)).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| code.is_empty()).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "2022").count(), 7, "{codes:?}");
    assert_eq!(shop.payments().len(), 1);
}

#[test]
fn storing_takes_the_card_token_and_paying_the_code_token() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let named = shop.ask_for_token(&[
        ("card_number", "376500000000000"),
        ("card_expire_year", "39"),
        ("card_expire_month", "7"),
        ("card_name", "HANAKO"),
    ]);
    let token = token_of(&named);
    let fields = [("customer_id", "wc7"), ("card_token", token.as_str()), ("valid_check_flg", "1")];
    let stored = shop.send("025", &fields);
    assert_eq!(
        ["result", "masked_card_number", "card_valid_term", "cardholder_name"].map(|name| match name {
            "result" => stored.result.as_str(),
            name => stored.get(name),
        }),
        ["0", "***********0000", "0739", "HANAKO"]
    );
    assert_eq!(named["tokenizedCardObject"]["fingerprint"], stored.get("fingerprint"));
    let id = stored.get("customer_card_id");
    let code = shop.code_token();
    let with_code = [
        ("stock_card_mode", "1"),
        ("customer_id", "wc7"),
        ("customer_card_id", id),
        ("card_token", code.as_str()),
        ("security_code_token", "1"),
        ("security_code_use", "1"),
    ];
    assert_eq!(pay(&shop, &with_code).result, "0");
    assert_eq!(pay(&shop, &with_code).response_code, "2022");
    assert_eq!(pay(&shop, &with_code[..3]).result, "0", "a stored card needs no code");
}

#[test]
fn a_token_stands_alone() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.send("025", &[("customer_id", "c"), ("card_token", &shop.token(VISA))]);
    let id = id.get("customer_card_id");
    let (card, code) = (shop.token(VISA), shop.code_token());
    let bare = token_of(&shop.ask_for_token(&[
        ("card_number", VISA),
        ("card_expire_year", "39"),
        ("card_expire_month", "12"),
    ]));
    let (card, code, bare) = (card.as_str(), code.as_str(), bare.as_str());
    let stored = [("stock_card_mode", "1"), ("customer_id", "c"), ("customer_card_id", id)];
    for (token, more, expected) in [
        (card, vec![("card_number", VISA), ("card_valid_term", "1239")], "2024"),
        (card, vec![("card_conf_number", "123")], "2024"),
        (card, vec![("ref_trading_id", "x")], "2024"),
        (card, stored.to_vec(), "2024"),
        (card, [&stored[..], &[("security_code_token", "1")]].concat(), "2026"),
        (code, vec![], "2026"),
        (code, stored.to_vec(), "2026"),
        (code, [&stored[..], &[("security_code_token", "1"), ("card_number", VISA)]].concat(), "2025"),
        (code, [&stored[..], &[("security_code_token", "1"), ("ref_trading_id", "x")]].concat(), "2025"),
        (code, [&stored[1..], &[("security_code_token", "1")]].concat(), "P006"),
        (bare, vec![("security_code_use", "1")], "P006"),
    ] {
        let fields = [&[("card_token", token)], &more[..]].concat();
        let answer = pay(&shop, &fields);
        assert_eq!(answer.response_code, expected, "{fields:?}");
        if expected == "P006" && token == bare {
            // A shop plugin looks for this name in the detail.
            assert!(answer.response_detail.contains("card_conf_number"), "{answer:?}");
        }
    }
    for (fields, expected) in [
        (vec![("card_token", code)], "2026"),
        (vec![("card_token", card), ("card_number", VISA)], "2024"),
        (vec![("card_token", card), ("cardholder_name", "TARO")], "2024"),
        (vec![("card_token", bare), ("security_code_use", "1")], "P006"),
    ] {
        let fields = [&[("customer_id", "c")], &fields[..]].concat();
        assert_eq!(shop.send("025", &fields).response_code, expected, "{fields:?}");
    }
    shop.set(json!({"contracts": {"token_only": true}}));
    let direct = [("card_number", VISA), ("card_valid_term", "1239")];
    assert_eq!(pay(&shop, &direct).response_code, "2023");
    let named = [("customer_id", "c"), ("card_token", card), ("cardholder_name", "TARO")];
    assert_eq!(shop.send("025", &named).response_code, "2023");
    assert_eq!(pay(&shop, &[("card_token", card)]).result, "0", "none of this has used the token up");
}

#[test]
fn shops_without_tls_have_a_plain_port_for_tokens_alone() {
    let emulator = Emulator::start_with(&["--http", "127.0.0.1:0"]);
    let port = emulator.ports.http.unwrap();
    let ask = |head: &str, body: &str| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(port).unwrap();
        write!(stream, "{head}\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Response::parse(&answer)
    };
    assert_eq!(ask("GET /js/PaygentToken.js?ver=1 HTTP/1.0", "").status, 200);
    let body = "merchant_id=10000&token_generate_key=test_tokengenerationkey&card_cvc=123&cvc_only_flg=1";
    let answer: Value = serde_json::from_slice(&ask("POST /n/token/request HTTP/1.0", body).body).unwrap();
    token_of(&answer);
    assert_eq!(ask("POST /n/card/request HTTP/1.0", "").status, 404);
}

#[test]
fn no_card_number_stays_anywhere() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let number = "4980123412340000";
    let token = shop.token(number);
    assert_eq!(shop.send("025", &[("customer_id", "c"), ("card_token", &token)]).result, "0");
    let (_, journal) = emulator.console("GET", "/api/v1/payments", "");
    assert!(!journal.contains(number));
    for (page, status) in [("/", 404), ("/js/other.js", 404)] {
        assert_eq!(browse(&emulator, "GET", page, &[]).status, status);
    }
}
