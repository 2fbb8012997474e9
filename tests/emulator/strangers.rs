//! Strangers: pages of other origins, merchants that nobody knows yet, shops with odd URLs and certificates.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use paygent_emulator::internal::wire::Charset;
use serde_json::{Value, json};

use crate::harness::{Answer, Emulator, Response, card, form};

/// A request with a form, with these header lines.
fn post(path: &str, headers: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let body = form(fields, Charset::Windows31J);
    format!("POST {path} HTTP/1.0\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into()
}

/// A 020 of a merchant.
fn authorization<'a>(merchant_id: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("merchant_id", merchant_id),
        ("connect_id", "test0001"),
        ("connect_password", password),
        ("telegram_kind", "020"),
        ("telegram_version", "1.0"),
    ];
    fields.extend(card("4900000000000000", "t", "1000"));
    fields
}

#[test]
fn what_a_foreign_page_makes_a_browser_send_is_refused_and_told() {
    let emulator = Emulator::start();
    for path in [
        "/n/card/request",
        "/s/card/request",
        "/testtool/statusupdate",
        "/n/paidy/receipt",
        "/linktype/card/pay",
        "/paypay/payment",
    ] {
        for headers in [
            "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\n",
            "Origin: https://evil.example\r\n",
            "Origin: null\r\n",
        ] {
            let answer = Response::parse(&emulator.exchange(&post(path, headers, &authorization("10000", "password"))));
            assert_eq!(answer.status, 403, "{path} {headers}");
        }
    }
    let (_, journal) = emulator.console("GET", "/api/v1/journal?event=page", "");
    assert!(journal.contains("https://evil.example"), "{journal}");
    let text = emulator.console("GET", "/api/v1/payments?merchant_id=10000", "").1;
    assert!(!text.contains("payment_id"), "{text}");
}

#[test]
fn clients_that_are_no_browsers_and_our_own_pages_are_not_concerned() {
    let emulator = Emulator::start();
    for headers in ["", "Origin: https://localhost\r\n", "Origin: null\r\nSec-Fetch-Site: same-origin\r\n"] {
        let request = post("/n/card/request", headers, &authorization("10000", "password"));
        let answer = Response::parse(&emulator.exchange(&request));
        assert_eq!(Answer::parse(&answer.body, Charset::Windows31J).result, "0", "{headers}");
    }
    for path in ["/v/u/request", "/v/e/cardreg", "/3ds/start", "/3ds/acs", "/n/token/request", "/paypay/login"] {
        let headers = "Sec-Fetch-Site: cross-site\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let answer = Response::parse(&emulator.exchange_without_certificate(&post(path, headers, &[("a", "b")])));
        assert_ne!(answer.status, 403, "{path}");
    }
}

/// Sends a telegram, with or without our certificate; the code of a refusal, `0` for a success.
fn send(emulator: &Emulator, certificate: bool, path: &str, fields: &[(&str, &str)]) -> String {
    let request = post(path, "", fields);
    let answer =
        if certificate { emulator.exchange(&request) } else { emulator.exchange_without_certificate(&request) };
    let answer = Answer::parse(&Response::parse(&answer).body, Charset::Windows31J);
    if answer.result == "0" { answer.result } else { answer.response_code }
}

fn is_known(emulator: &Emulator, merchant_id: &str) -> bool {
    emulator.console("GET", &format!("/api/v1/merchants/{merchant_id}"), "").0 == 200
}

#[test]
fn a_refused_strangers_telegram_locks_nobody_out() {
    let emulator = Emulator::start();
    let right = authorization("12345", "right");
    let with = |name: &'static str, value: &'static str| {
        let mut fields = authorization("12345", "wrong");
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        fields
    };
    let hashed = [&authorization("12345", "wrong")[..], &[("request_date", "20261201000000"), ("hc", "x")]].concat();
    for (certificate, path, fields, code) in [
        (false, "/n/card/request", authorization("12345", "wrong"), "P016"),
        (true, "/n/card/request", with("telegram_version", "2.0"), "P003"),
        (true, "/n/card/request", with("telegram_kind", "999"), "P010"),
        (true, "/n/atm/request", authorization("12345", "wrong"), "P004"),
        // Nothing proves whose it is.
        (false, "/s/card/request", hashed, "P002"),
    ] {
        assert_eq!(send(&emulator, certificate, path, &fields), code, "{path}");
        assert!(!is_known(&emulator, "12345"), "{code} leaves no trace");
    }
    let list = emulator.console("GET", "/api/v1/merchants", "").1;
    assert!(!list.contains("\"12345\""), "{list}");
    assert_eq!(send(&emulator, true, "/n/card/request", &right), "0");
    assert_eq!(send(&emulator, true, "/n/card/request", &authorization("12345", "wrong")), "P002");
}

#[test]
fn a_reset_forgets_adopted_merchants_and_their_credentials() {
    let emulator = Emulator::start();
    let fields = |password| authorization("12345", password);
    for reset in [json!({}), json!({"merchant_id": "12345"})] {
        // The first telegram had a typing error in its password.
        assert_eq!(send(&emulator, true, "/n/card/request", &fields("pasword")), "0");
        assert_eq!(send(&emulator, true, "/n/card/request", &fields("password")), "P002");
        emulator.api("POST", "/api/v1/reset", reset.clone());
        assert_eq!(is_known(&emulator, "12345"), reset.get("merchant_id").is_some(), "one that is named stays");
        emulator.api("POST", "/api/v1/reset", reset);
        assert_eq!(send(&emulator, true, "/n/card/request", &fields("password")), "0");
        emulator.api("POST", "/api/v1/reset", json!({}));
    }
    // Whose settings somebody changed stays, and so does the first merchant.
    assert_eq!(send(&emulator, true, "/n/card/request", &fields("password")), "0");
    let settings = json!({"notification_url": "http://127.0.0.1:9/"});
    assert_eq!(emulator.api("PUT", "/api/v1/merchants/12345", settings)["adopted"], false);
    emulator.api("POST", "/api/v1/reset", json!({}));
    assert!(is_known(&emulator, "12345") && is_known(&emulator, "10000"));
    let kept = emulator.api("GET", "/api/v1/merchants/12345", Value::Null);
    assert_eq!(kept["notification_url"], "http://127.0.0.1:9/");
}

#[test]
fn a_merchant_is_removed_with_all_that_it_has() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let payment_id = shop.authorize("t", "1000");
    let path = format!("/api/v1/merchants/{}", shop.merchant_id);
    emulator.api("POST", "/api/v1/faults", json!({"merchant_id": shop.merchant_id, "telegram_kind": "023"}));
    emulator.api("POST", "/api/v1/clock/advance", json!({"merchant_id": shop.merchant_id, "days": 1}));
    emulator.api("DELETE", &path, Value::Null);
    assert_eq!(emulator.console("DELETE", &path, "").0, 404);
    assert_eq!(emulator.console("GET", &format!("/api/v1/payments/{payment_id}"), "").0, 404);
    assert!(!emulator.console("GET", "/api/v1/faults", "").1.contains("023"));
    let (status, why) = emulator.console("DELETE", "/api/v1/merchants/10000", "");
    assert!(status == 409 && why.contains("reset"), "{status} {why}");
    // Whoever comes with its id later is somebody else.
    assert_eq!(send(&emulator, true, "/n/card/request", &authorization(&shop.merchant_id, "another")), "0");
    let now = emulator.api("GET", &format!("/api/v1/clock?merchant_id={}", shop.merchant_id), Value::Null);
    assert_eq!(now["real"], true, "{now}");
}

#[test]
fn only_an_application_that_is_taken_adopts_a_merchant() {
    let emulator = Emulator::start();
    let apply = |fields: &[(&str, &str)]| {
        let fields = [&[("seq_merchant_id", "12345"), ("isbtob", "1")], fields].concat();
        String::from_utf8(emulator.exchange_without_certificate(&post("/v/u/request", "", &fields))).unwrap()
    };
    let refused = apply(&[("trading_id", "t"), ("id", "many")]);
    assert!(refused.contains("result=1") && !is_known(&emulator, "12345"), "{refused}");
    let taken = apply(&[("trading_id", "t"), ("id", "1000")]);
    assert!(taken.contains("result=0") && is_known(&emulator, "12345"), "{taken}");
    assert_eq!(send(&emulator, true, "/n/card/request", &authorization("12345", "mine")), "0");
    assert_eq!(send(&emulator, true, "/n/card/request", &authorization("12345", "other")), "P002");
}

#[test]
fn merchants_are_listed_in_pages() {
    let emulator = Emulator::start();
    let known = json!({"connect_id": "test0001", "connect_password": "password"});
    for number in 0..250 {
        emulator.api("PUT", &format!("/api/v1/merchants/2{number:04}"), known.clone());
    }
    let mut ids: Vec<String> = Vec::new();
    let mut after = String::new();
    loop {
        let page = emulator.api("GET", &format!("/api/v1/merchants?limit=100{after}"), Value::Null);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 100);
        ids.extend(items.iter().map(|item| item["merchant_id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected = std::iter::once("10000".to_owned()).chain((0..250).map(|number| format!("2{number:04}")));
    assert_eq!(ids, expected.collect::<Vec<_>>());
    for wrong in ["limit=0", "limit=1001", "limits=1"] {
        assert_eq!(emulator.console("GET", &format!("/api/v1/merchants?{wrong}"), "").0, 422, "{wrong}");
    }
    // No page of the console names them all.
    for path in ["/", "/merchants", "/payments", "/journal", "/notices", "/clock", "/faults"] {
        let (status, page) = emulator.console("GET", path, "");
        assert!(status == 200 && !page.contains("20200"), "{path}");
    }
    let (_, page) = emulator.console("GET", "/merchants", "");
    let next = page.split("href=\"/merchants?from=").nth(1).unwrap().split('"').next().unwrap();
    let (_, second) = emulator.console("GET", &format!("/merchants?from={next}"), "");
    assert!(second.contains(&format!(">{next}<")) && !second.contains(">10000<"), "{next}");
    // One that no list names can still be chosen.
    assert!(emulator.console("GET", "/?merchant_id=20249", "").1.contains("/merchants/20249"));
}

#[test]
fn a_url_that_nobody_can_call_is_refused_wherever_it_comes_from() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("known", "1");
    for url in ["javascript:alert(1)", "http://127.0.0.1:99999/", "http:///cart", "https://:443/", "/cart"] {
        let fields = [
            ("payment_amount", "1000"),
            ("merchant_name", "TEST SHOP"),
            ("authentication_type", "01"),
            ("card_set_method", "direct"),
            ("card_number", "4980000000000000"),
            ("card_valid_term", "1239"),
            ("term_url", url),
        ];
        let answer = shop.send("450", &fields);
        assert_eq!(answer.response_code, "P010", "{url}: {answer:?}");
        let answer = crate::net_bank::apply(&shop, "bank", &[("stop_return_url", url)]);
        assert_eq!(answer.response_code, "P010", "{url}: {answer:?}");
        let money = [("emoney_type", "1"), ("amount", "100"), ("return_url", url), ("cancel_url", "http://localhost/")];
        let answer = shop.send("150", &money);
        assert_eq!(answer.response_code, "P010", "{url}: {answer:?}");
        for (path, field) in [("/v/u/request", "stop_return_url"), ("/v/u/cardreg", "inform_url")] {
            let fields = [
                ("seq_merchant_id", shop.merchant_id.as_str()),
                ("isbtob", "1"),
                ("id", "1000"),
                ("customer_id", "c"),
                ("hc", &"0".repeat(64)),
                ("return_url", "http://localhost/"),
                (field, url),
            ];
            let answer = emulator.exchange_without_certificate(&post(path, "", &fields));
            assert!(String::from_utf8_lossy(&answer).contains("response_code=P010"), "{path} {url}");
        }
        let path = format!("/api/v1/merchants/{}", shop.merchant_id);
        let settings = json!({"notification_url": url, "connect_id": "a"}).to_string();
        assert_eq!(emulator.console("PUT", &path, &settings).0, 422, "{url}");
    }
}

/// A shop that OpenSSL plays with a key that our own TLS library does not take: it accepts one notice. Nothing where
/// there is no OpenSSL; its address and what it was sent otherwise.
fn odd_shop(key: &[&str], version: &str) -> Option<(u16, std::thread::JoinHandle<String>)> {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (key_file, certificate) = (at("key.pem"), at("shop.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=shop", "-keyout", &key_file, "-out", &certificate])
        .args(key)
        .stderr(Stdio::null())
        .status();
    if made.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return None;
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = Command::new("openssl")
        .args(["s_server", "-quiet", "-naccept", "1", "-cipher", "DEFAULT@SECLEVEL=0", version])
        .args(["-accept", &free.to_string(), "-cert", &certificate, "-key", &key_file])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let served = std::thread::spawn(move || {
        let _dir = dir;
        let mut asked = BufReader::new(server.stdout.take().unwrap());
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") && asked.read_line(&mut head).unwrap() > 0 {
            let last = head.lines().last().unwrap_or_default().to_ascii_lowercase();
            length = last.strip_prefix("content-length: ").map_or(length, |length| length.parse().unwrap());
        }
        let mut body = vec![0; length];
        asked.read_exact(&mut body).unwrap();
        let mut answer = server.stdin.take().unwrap();
        answer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nresult=0").unwrap();
        answer.flush().unwrap();
        // It ends when the emulator has hung up.
        server.wait().unwrap();
        String::from_utf8(body).unwrap()
    });
    Some((free.port(), served))
}

#[test]
fn a_shop_with_a_short_or_unusual_key_is_told_too() {
    let emulator = Emulator::start_with(&["--notice-timeout", "20s"]);
    let p521 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"];
    for (key, version) in [
        (&["-newkey", "rsa:1024"][..], "-tls1_2"),
        (&["-newkey", "rsa:1024"], "-tls1_3"),
        (&p521, "-tls1_2"),
        (&p521, "-tls1_3"),
    ] {
        let Some((port, served)) = odd_shop(key, version) else { return };
        let shop = emulator.shop();
        shop.authorize("adopted", "1");
        let path = format!("/api/v1/merchants/{}", shop.merchant_id);
        emulator.api("PUT", &path, json!({"notification_url": format!("https://localhost:{port}/")}));
        let payment_id = shop.authorize("t", "1000");
        let told = served.join().unwrap();
        assert!(told.contains(&format!("payment_id={payment_id}")), "{key:?} {version}: {told}");
    }
}
