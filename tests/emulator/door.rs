//! The door: client certificates, TLS versions, application protocols, rude clients, the CONNECT proxy.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use paygent_emulator::internal::pki::{Pki, PkiOptions};
use paygent_emulator::internal::wire::Charset;
use rustls::ClientConfig;

use crate::harness::{Answer, Emulator, Response, card, client_tls, exchange_tls, form};

/// A 020 as bytes.
fn request() -> Vec<u8> {
    let mut pairs = vec![
        ("merchant_id", "10000"),
        ("connect_id", "test0001"),
        ("connect_password", "password"),
        ("telegram_kind", "020"),
        ("telegram_version", "1.0"),
    ];
    pairs.extend(card("4900000000000000", "t", "1000"));
    let body = form(&pairs, Charset::Windows31J);
    format!("POST /n/card/request HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn code(answer: &[u8]) -> String {
    let answer = Answer::parse(&Response::parse(answer).body, Charset::Windows31J);
    if answer.result == "0" { "ok".to_owned() } else { answer.response_code }
}

/// A client that trusts the emulator and presents the certificate of another authority.
fn stranger(emulator: &Emulator) -> (Arc<ClientConfig>, tempfile::TempDir) {
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = Pki::open(elsewhere.path(), &PkiOptions::default()).unwrap();
    let (chain, key) = foreign.client_identity().unwrap();
    (Arc::new(client_tls(&emulator.pki()).with_client_auth_cert(chain, key).unwrap()), elsewhere)
}

#[test]
fn telegrams_need_a_certificate_of_our_authority_unless_told_otherwise() {
    for (policy, ours, foreign, none) in
        [("required", "ok", "P016", "P016"), ("any", "ok", "ok", "P016"), ("off", "ok", "ok", "ok")]
    {
        let emulator = Emulator::start_with(&["--client-auth", policy]);
        assert_eq!(code(&emulator.exchange(&request())), ours, "{policy}");
        assert_eq!(code(&emulator.exchange_without_certificate(&request())), none, "{policy}");
        let (stranger, _elsewhere) = stranger(&emulator);
        assert_eq!(code(&exchange_tls(emulator.ports.listen, stranger, &request())), foreign, "{policy}");
    }
}

#[test]
fn another_authority_can_be_let_in() {
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = Pki::open(elsewhere.path(), &PkiOptions::default()).unwrap();
    let file = elsewhere.path().join("ca.pem");
    let emulator = Emulator::start_with(&["--client-ca", file.to_str().unwrap()]);
    let (chain, key) = foreign.client_identity().unwrap();
    let tls = Arc::new(client_tls(&emulator.pki()).with_client_auth_cert(chain, key).unwrap());
    assert_eq!(code(&exchange_tls(emulator.ports.listen, tls, &request())), "ok");
    assert_eq!(code(&emulator.exchange(&request())), "ok", "ours still counts");
}

#[test]
fn tls_versions_and_application_protocols() {
    let emulator = Emulator::start();
    let pki = emulator.pki();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for protocols in [vec![], vec!["http/1.0"], vec!["http/1.1"], vec!["h2", "http/1.1"], vec!["h2"]] {
            let (chain, key) = pki.client_identity().unwrap();
            let mut roots = rustls::RootCertStore::empty();
            roots.add(pki.ca().clone()).unwrap();
            let mut tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(&[version])
                .unwrap()
                .with_root_certificates(roots)
                .with_client_auth_cert(chain, key)
                .unwrap();
            tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
            let answer = exchange_tls(emulator.ports.listen, Arc::new(tls), &request());
            assert_eq!(code(&answer), "ok", "{version:?} {protocols:?}");
        }
    }
}

#[test]
fn plain_http_on_the_tls_port_is_told_what_to_do() {
    let emulator = Emulator::start();
    let mut stream = TcpStream::connect(emulator.ports.listen).unwrap();
    stream.write_all(b"POST /n/card/request HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 400") && answer.contains("https://"), "{answer}");
}

#[test]
fn telegrams_are_sent_by_post() {
    let emulator = Emulator::start();
    let response = Response::parse(&emulator.exchange(b"GET /n/card/request HTTP/1.0\r\n\r\n"));
    assert_eq!(response.status, 405);
}

#[test]
fn silent_and_half_finished_connections_stop_nobody() {
    let emulator = Emulator::start();
    let mut rude: Vec<TcpStream> = (0..1100).map_while(|_| TcpStream::connect(emulator.ports.listen).ok()).collect();
    for (index, stream) in rude.iter_mut().enumerate() {
        // Some say nothing, some begin a handshake, some talk nonsense.
        let _ =
            stream.write_all([&b""[..], b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"][index % 3]);
    }
    assert_eq!(code(&emulator.exchange(&request())), "ok");
    assert_eq!(emulator.console("GET", "/healthz", "").0, 200);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let emulator = Emulator::start();
    let head = format!("POST /n/card/request HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(1024 * 1024));
    let answer = emulator.exchange_lenient(head.as_bytes());
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 431"), "{}", &text[..text.len().min(200)]);
    assert_eq!(code(&emulator.exchange(&request())), "ok");
}

#[test]
fn the_proxy_leads_to_the_hosts_that_we_play_and_nowhere_else() {
    let emulator = Emulator::start_with(&["--proxy", "127.0.0.1:0"]);
    let proxy = emulator.ports.proxy.unwrap();
    let ask = |line: &str| {
        let mut stream = TcpStream::connect(proxy).unwrap();
        stream.write_all(format!("{line}\r\n\r\n").as_bytes()).unwrap();
        let mut answer = vec![0; 64 * 1024];
        let read = stream.read(&mut answer).unwrap();
        (String::from_utf8_lossy(&answer[..read]).into_owned(), stream)
    };
    for host in ["sandbox.paygent.co.jp", "module.paygent.co.jp", "APPS.PAIDY.COM", "token.paygent.co.jp."] {
        let (answer, stream) = ask(&format!("CONNECT {host}:443 HTTP/1.1"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        assert_eq!(code(&emulator.exchange_over(stream, &name, &request())), "ok", "{host}");
    }
    for (line, status) in [
        ("CONNECT example.com:443 HTTP/1.1", "403"),
        ("CONNECT sandbox.paygent.co.jp:22 HTTP/1.1", "403"),
        ("CONNECT sandbox.paygent.co.jp HTTP/1.1", "400"),
        ("GET http://sandbox.paygent.co.jp/ HTTP/1.1", "405"),
        ("nonsense", "400"),
    ] {
        assert!(ask(line).0.starts_with(&format!("HTTP/1.1 {status}")), "{line}");
    }
}

#[test]
fn the_proxy_does_not_lead_to_the_console_unless_it_may_lead_everywhere() {
    let ask = |flag: &str| {
        let emulator = Emulator::start_with(&["--proxy", "127.0.0.1:0", flag]);
        let mut stream = TcpStream::connect(emulator.ports.proxy.unwrap()).unwrap();
        stream.write_all(format!("CONNECT {} HTTP/1.1\r\n\r\n", emulator.ports.console).as_bytes()).unwrap();
        let mut answer = vec![0; 1024];
        let read = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    };
    let refused = ask("--proxy-passthrough");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("--proxy-passthrough-private"), "{refused}");
    assert!(ask("--proxy-passthrough-private").starts_with("HTTP/1.1 200"));
}
