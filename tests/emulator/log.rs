//! The log: which lines there are, what stands in them, and what no client can write into them.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;

use paygent_emulator::internal::wire::Charset;
use rustls::ClientConnection;
use rustls_pki_types::ServerName;
use serde_json::Value;

use crate::harness::{Emulator, card, client_tls, form};

/// A line of its own, a color, a one-byte escape and a reversed direction of writing.
const EVIL: &str = "x\n2026-01-01T00:00:00Z ERROR forged\r\u{1b}[31mred\u{9b}1m\u{202e}\u{0}";

fn post(path: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.0\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn post_form(path: &str, pairs: &[(&str, &str)]) -> Vec<u8> {
    post(path, "application/x-www-form-urlencoded", &form(pairs, Charset::Utf8))
}

/// Sends bytes as they are and reads until the other side closes.
fn raw(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// The first bytes of a TLS client that asks for a host whose name is none.
fn hello_to_an_evil_host(emulator: &Emulator) -> Vec<u8> {
    let tls = Arc::new(client_tls(&emulator.pki()).with_no_client_auth());
    let mut client = ClientConnection::new(tls, ServerName::try_from("evil-host").unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    let at = hello.windows(9).position(|nine| nine == b"evil-host").unwrap();
    hello[at..at + 9].copy_from_slice(b"e\n\x1b[31mil");
    hello
}

/// Knocks at every door with bytes that would end or color a line of the log.
fn attack(emulator: &Emulator) {
    let head = [("merchant_id", "10000"), ("connect_id", "test0001"), ("connect_password", "password")];
    let telegram = |more: &[(&str, &str)]| {
        emulator.exchange(&post_form("/n/card/request", &[&head[..], &[("telegram_version", "1.0")], more].concat()))
    };
    telegram(&[("telegram_kind", EVIL)]);
    telegram(&[("telegram_kind", "094"), ("payment_id", EVIL), ("trading_id", EVIL)]);
    telegram(&[("telegram_kind", "020"), (EVIL, EVIL), ("site_id", EVIL)]);
    emulator.exchange(&post_form("/n/card/request", &[("merchant_id", EVIL), ("connect_id", EVIL)]));
    emulator.exchange(&post_form("/v/u/request", &[("seq_merchant_id", EVIL), ("trading_id", EVIL)]));
    emulator.exchange(&post_form("/n/x%0AERROR%1b[31m\u{9b}", &head));
    let checkout = serde_json::json!({"api_key": EVIL, "payload": {}, "language": "en"});
    emulator.exchange_lenient(&post("/paidy/checkout/open", "application/json", &checkout.to_string()));
    emulator.exchange_lenient(b"POST /n/card/request HTTP/1.0\r\nHost: e\x1b[31m\x9b\r\nContent-Length: 0\r\n\r\n");
    raw(emulator.ports.listen, &hello_to_an_evil_host(emulator));
    raw(emulator.ports.listen, b"G\x1b[31m\nERROR forged\r\n\r\n");
    raw(emulator.ports.proxy.unwrap(), b"CONNECT evil\x1b[31m\x0bhost\xc2\x9b:444 HTTP/1.1\r\n\r\n");
    raw(emulator.ports.console, b"GET /\x1b[31m HTTP/1.0\r\nHost: e\x1b[31m\r\n\r\n");
}

fn unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
}

#[test]
fn no_client_can_end_a_line_of_the_log_or_color_it() {
    for format in ["text", "json"] {
        let emulator = Emulator::start_with(&["--proxy", "127.0.0.1:0", "--log", "debug", "--log-format", format]);
        attack(&emulator);
        let log = emulator.log();
        assert!(log.lines().count() >= 8, "{log}");
        for line in log.lines() {
            assert!(!line.chars().any(unseen), "{line:?}");
            match format {
                "json" => {
                    assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line["time"].is_string()), "{line}")
                }
                _ => assert!(line.starts_with("20") && !line.starts_with("2026-01-01"), "{line}"),
            }
        }
        assert!(log.contains("forged") && log.contains("evil"), "{log}");
    }
}

#[test]
fn a_line_tells_who_sent_what_and_why_it_was_refused() {
    let emulator = Emulator::start_with(&["--log", "debug", "--log-format", "json"]);
    let shop = emulator.first_shop();
    let payment_id = shop.authorize("order_1", "1000");
    shop.send("021", &[("payment_id", "1"), ("trading_id", "order_2")]);
    let log = emulator.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let accepted = lines.iter().find(|line| line["message"] == "telegram accepted").unwrap();
    assert_eq!(accepted["level"], "debug");
    assert!(accepted["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{accepted}");
    let fields = |line: &Value| {
        ["merchant_id", "telegram_kind", "trading_id", "payment_id"].map(|name| line[name].as_str().unwrap().to_owned())
    };
    assert_eq!(fields(accepted), ["10000", "020", "order_1", &payment_id]);
    let refused = lines.iter().find(|line| line["message"] == "telegram refused").unwrap();
    assert_eq!(refused["level"], "info");
    assert_eq!(fields(refused), ["10000", "021", "order_2", "1"]);
    assert!(refused["reason"].as_str().unwrap().is_ascii(), "one language: {refused}");
    assert_eq!(refused["response_code"].as_str().unwrap().len(), 4, "{refused}");
}

#[test]
fn the_log_says_as_much_as_was_asked_for() {
    for (flags, accepted, refused) in [
        (&["--log", "debug"][..], 1, 1),
        (&["--log", "paygent_emulator=debug"], 1, 1),
        (&[], 0, 1),
        (&["--log", "warn"], 0, 0),
        (&["--log", "off"], 0, 0),
    ] {
        let emulator = Emulator::start_with(flags);
        let shop = emulator.first_shop();
        shop.authorize("t", "1000");
        shop.send("021", &[("payment_id", "1")]);
        let log = emulator.log();
        assert_eq!(log.matches(" DEBUG telegram accepted ").count(), accepted, "{flags:?}: {log}");
        assert_eq!(log.matches("  INFO telegram refused ").count(), refused, "{flags:?}: {log}");
    }
    let quiet = Emulator::start_with(&["--log", "off"]);
    attack_lightly(&quiet);
    assert_eq!(quiet.log(), "");
    let loud = Command::new(env!("CARGO_BIN_EXE_paygent-emulator")).args(["--log", "loud"]).output().unwrap();
    assert!(String::from_utf8(loud.stderr).unwrap().contains("off, error, warn, info or debug"));
}

fn attack_lightly(emulator: &Emulator) {
    emulator.exchange(&post_form("/n/card/request", &[("telegram_kind", EVIL)]));
    raw(emulator.ports.listen, b"GET / HTTP/1.0\r\n\r\n");
}

#[test]
fn a_long_value_does_not_fill_the_log() {
    let emulator = Emulator::start();
    let kind = "k".repeat(500_000);
    emulator.exchange(&post_form(
        "/n/card/request",
        &[
            ("merchant_id", "10000"),
            ("connect_id", "test0001"),
            ("connect_password", "password"),
            ("telegram_version", "1.0"),
            ("telegram_kind", &kind),
        ],
    ));
    let log = emulator.log();
    assert!(log.contains("(500000 bytes)") && log.len() < 10_000, "{} bytes", log.len());
}

#[test]
fn a_lack_of_descriptors_is_told_once() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 48; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_paygent-emulator")]);
    let emulator = Emulator::start_by(shell, &[]);
    for _ in 0..20 {
        // More than there are descriptors; each that is closed lets another one in, and then there are none again.
        let open: Vec<TcpStream> = (0..60).map(|_| TcpStream::connect(emulator.ports.console).unwrap()).collect();
        drop(open);
    }
    let shop = emulator.first_shop();
    while shop.emulator.console("GET", "/healthz", "").0 != 200 {}
    let log = emulator.log();
    let told = log.matches("cannot accept connections").count();
    assert!((1..=2).contains(&told), "{told} in {log}");
}

#[test]
fn card_numbers_are_not_logged() {
    let emulator = Emulator::start_with(&["--log", "debug", "--proxy", "127.0.0.1:0"]);
    let number = "4111111111111111";
    let shop = emulator.first_shop();
    shop.send("020", &card("4900000000000000", number, "1000"));
    shop.send("094", &[("payment_id", number)]);
    shop.send("094", &[("trading_id", "4111 1111-1111 1111")]);
    raw(emulator.ports.proxy.unwrap(), format!("CONNECT {number}:443 HTTP/1.1\r\n\r\n").as_bytes());
    emulator.exchange(&post_form(&format!("/n/{number}"), &[("merchant_id", number), ("telegram_kind", number)]));
    let log = emulator.log();
    assert!(log.matches("************1111").count() >= 6, "{log}");
    assert!(!log.contains(number) && !log.contains("4111 "), "{log}");
}
