//! What real clients send, byte for byte, and what their parsers need (`clients.md` section 0).

use std::path::Path;

use paygent_emulator::internal::wire::Charset;

use crate::harness::{Answer, Emulator, Response};

/// The requests of a recording, without the lines that describe them.
fn recording(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name);
    let bytes = std::fs::read(path).unwrap();
    let text = bytes.as_slice();
    let mut requests = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        assert!(rest.starts_with(b"--- TLSv1."), "{name}");
        rest = &rest[end + 1..];
        let head = rest.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head_text = std::str::from_utf8(&rest[..head]).unwrap();
        let length: usize =
            head_text.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
        requests.push(rest[..head + length].to_vec());
        rest = &rest[head + length..];
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    requests
}

/// Replays a request; HTTP/1.1 clients that keep the connection open are told to close it.
fn replay(emulator: &Emulator, request: &[u8]) -> Response {
    let text = String::from_utf8(request.to_vec()).unwrap();
    let text = if text.contains("HTTP/1.1") && !text.contains("Connection: close") {
        text.replacen("\r\n", "\r\nConnection: close\r\n", 1)
    } else {
        text
    };
    let response = Response::parse(&emulator.exchange(text.as_bytes()));
    assert_eq!(response.status, 200, "{text}");
    response
}

#[test]
fn recorded_authorizations_succeed_without_a_change() {
    let emulator = Emulator::start();
    for name in ["php-module-020.http", "java-020.http", "ruby-020.http", "php-module-hash-020.http"] {
        for request in recording(name) {
            // The recorded hash was made with another key than ours: take that merchant's check away.
            let request = if name.contains("hash") {
                String::from_utf8(request).unwrap().replace("merchant_id=10000", "merchant_id=10001").into_bytes()
            } else {
                request
            };
            let response = replay(&emulator, &request);
            let head = response.head.to_ascii_lowercase();
            assert!(head.contains("content-type: text/html; charset=windows-31j"), "{head}");
            assert!(head.contains("content-length: "), "{head}");
            let answer = Answer::parse(&response.body, Charset::Windows31J);
            assert_eq!(answer.result, "0", "{name}: {answer:?}");
            assert_eq!(answer.get("trading_id"), "t1");
        }
    }
}

#[test]
fn every_recorded_telegram_gets_an_answer_that_its_client_can_read() {
    let emulator = Emulator::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        for request in recording(&name).iter().filter(|request| !request.starts_with(b"POST /v/")) {
            let body = replay(&emulator, request).body;
            if name.contains("027") {
                let text = String::from_utf8_lossy(&body).into_owned();
                assert!(text.starts_with("\"1\",\""), "027 is answered in CSV: {text}");
            } else {
                let charset = if name.contains("utf8") { Charset::Utf8 } else { Charset::Windows31J };
                Answer::parse(&body, charset);
            }
            seen += 1;
        }
    }
    assert!(seen >= 14, "{seen}");
}

#[test]
fn parameters_in_the_query_of_a_post_count() {
    let emulator = Emulator::start();
    let [request] = recording("ruby-020.http").try_into().unwrap();
    let body = replay(&emulator, &request).body;
    // The Ruby client's pattern: a line feed before a name, a carriage return after a value.
    let text = Charset::Windows31J.decode(&body).unwrap().into_owned();
    let value = |name: &str| {
        let start = text.find(&format!("\n{name}=")).unwrap() + name.len() + 2;
        &text[start..start + text[start..].find('\r').unwrap()]
    };
    assert_eq!(value("result"), "0");
    assert_eq!(value("payment_id"), "30000001");
    assert!(!text.contains("response_code"), "a success has no response code");
}

#[test]
fn malformed_header_lines_and_missing_host_are_tolerated() {
    let emulator = Emulator::start();
    let [request] = recording("php-module-020.http").try_into().unwrap();
    let text = String::from_utf8(request).unwrap();
    let spoilt = text
        .replace("Host: localhost:9443\r\n", "")
        .replace("Accept: */*\r\n", "Content-Type=application/x-www-form-urlencoded\r\ncharset=Windows-31J\r\n");
    assert_eq!(Answer::parse(&replay(&emulator, spoilt.as_bytes()).body, Charset::Windows31J).result, "0");
}

#[test]
fn bytes_after_the_body_are_no_second_request() {
    let emulator = Emulator::start();
    let [mut request] = <[Vec<u8>; 1]>::try_from(recording("php-module-020.http")).unwrap();
    request.extend(b"\r\n\r\n");
    assert_eq!(Answer::parse(&replay(&emulator, &request).body, Charset::Windows31J).result, "0");
}

#[test]
fn a_client_may_wait_for_100_continue() {
    let emulator = Emulator::start();
    let [request] = <[Vec<u8>; 1]>::try_from(recording("java-020.http")).unwrap();
    let text = String::from_utf8(request).unwrap().replacen("\r\n", "\r\nExpect: 100-continue\r\n", 1);
    let answer = emulator.exchange(text.as_bytes());
    let rest = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
    assert_eq!(Response::parse(rest).status, 200);
}

#[test]
fn an_encoding_of_blanks_and_symbols_is_a_matter_of_taste() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let head =
        format!("merchant_id={}&connect_id=test0001&connect_password=password&telegram_version=1.0", shop.merchant_id);
    let card = "card_number=4900000000000000&card_valid_term=1239&payment_amount=1&3dsecure_ryaku=1";
    for accept in ["text/html,+*/*;q=0.8", "text/html,%20*/*;q=0.8", "text%2Fhtml%2C+%2A%2F%2A%3Bq%3D0.8"] {
        let body = format!("{head}&telegram_kind=020&{card}&http_accept={accept}");
        let request = format!("POST /n/card/request HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = Response::parse(&emulator.exchange(request.as_bytes()));
        assert_eq!(Answer::parse(&answer.body, Charset::Windows31J).result, "0", "{accept}");
    }
}

#[test]
fn superfluous_parameters_are_ignored() {
    // The WooCommerce plugin sends its whole 020 again with 022, with an empty payment_id.
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let mut fields = crate::harness::card("4900000000000000", "wc_12", "1000");
    shop.send("020", &fields);
    fields.extend([
        ("payment_id", ""),
        ("limit_count", "2000"),
        ("term_url", "https://shop.example/?a=1"),
        ("site_id", ""),
    ]);
    assert_eq!(shop.send("022", &fields).result, "0");
}

#[test]
fn hash_checked_paths_need_no_certificate_but_the_right_hash() {
    let emulator = Emulator::start();
    let head = [("merchant_id", "10000"), ("connect_id", "test0001"), ("connect_password", "password")];
    let rest =
        [("telegram_kind", "020"), ("telegram_version", "1.0"), ("trading_id", "t1"), ("payment_amount", "2490")];
    let key = "requesthashkey0123456789";
    let date = "20261123041918";
    let second_before = "20261123041917";
    let send = |hashed_date: &str, key: &str| {
        let parts = head.iter().chain(&rest).map(|(_, value)| *value).chain([hashed_date, key]);
        let hc = paygent_emulator::internal::wire::hash::sha256_hex(parts);
        let mut pairs = head.to_vec();
        pairs.extend(rest);
        pairs.extend([
            ("card_number", "4900000000000000"),
            ("card_valid_term", "1239"),
            ("request_date", date),
            ("hc", &hc),
        ]);
        let body = crate::harness::form(&pairs, Charset::Windows31J);
        let request = format!("POST /s/card/request HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let response = Response::parse(&emulator.exchange_without_certificate(request.as_bytes()));
        Answer::parse(&response.body, Charset::Windows31J)
    };
    assert_eq!(send(date, key).result, "0");
    assert_eq!(send(second_before, key).result, "0", "the client reads its clock twice");
    assert_eq!(send(date, "another").response_code, "P002");
    assert_eq!(send("20261123041900", key).response_code, "P002");
    let journal = emulator.api("GET", "/api/v1/journal?limit=1", serde_json::Value::Null).to_string();
    assert!(journal.contains(date), "what these paths add is shown: {journal}");
}
