//! Strangers: pages of other origins, merchants that nobody knows yet.

use paygent_emulator::wire::Charset;

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
    for path in
        ["/n/card/request", "/s/card/request", "/testtool/statusupdate", "/n/paidy/receipt", "/linktype/card/pay"]
    {
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
    for path in ["/v/u/request", "/v/e/cardreg", "/3ds/start", "/3ds/acs", "/n/token/request"] {
        let headers = "Sec-Fetch-Site: cross-site\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let answer = Response::parse(&emulator.exchange_without_certificate(&post(path, headers, &[("a", "b")])));
        assert_ne!(answer.status, 403, "{path}");
    }
}
