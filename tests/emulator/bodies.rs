//! Bodies of telegrams: how much is read from whom, and what is told of one that was not read whole.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use paygent_emulator::internal::wire::Charset;
use rustls::{ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;
use serde_json::{Value, json};

use crate::harness::{Answer, Emulator, Response, client_tls};

/// What is read of a stranger's body, in bytes.
const STRANGER: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// The head of a telegram and a body of so many bytes; of it only `sent` are sent.
fn telegram(path: &str, length: usize, sent: usize) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend(b"data=".iter().chain(std::iter::repeat(&b'x')).take(sent));
    request
}

fn code(answer: &[u8]) -> String {
    let response = Response::parse(answer);
    assert_eq!(response.status, 200);
    Answer::parse(&response.body, Charset::Windows31J).response_code
}

/// The newest entry of the journal.
fn newest(emulator: &Emulator) -> Value {
    emulator.api("GET", "/api/v1/journal?limit=1", json!(null))["entries"][0].clone()
}

fn explanation(emulator: &Emulator) -> String {
    newest(emulator)["refusal"]["explanation"].as_str().unwrap().to_owned()
}

#[test]
fn a_stranger_s_large_body_is_refused_before_it_comes() {
    let emulator = Emulator::start();
    // Nothing of the body is sent: whoever waited for it would wait for ever.
    let answer = emulator.exchange_without_certificate(&telegram("/n/card/request", 12_000_000, 0));
    assert_eq!(code(&answer), "P016");
    let told = explanation(&emulator);
    assert!(told.contains("client certificate") && told.contains("larger than 65536 bytes"), "{told}");
    let answer = emulator.exchange_without_certificate(&telegram("/s/card/request", 12_000_000, 0));
    assert_eq!(code(&answer), "P009", "paths under /s/ need no certificate");
    assert_eq!(explanation(&emulator), "the body of the request is larger than 65536 bytes");
    // As much as is read is judged as ever.
    let answer = emulator.exchange_without_certificate(&telegram("/n/card/request", STRANGER, STRANGER));
    assert_eq!(code(&answer), "P001");
}

#[test]
fn a_body_whose_length_nobody_knows_is_read_no_further() {
    let emulator = Emulator::start();
    let mut request = b"POST /s/card/request HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..=STRANGER / 4096 {
        request.extend(b"1000\r\n");
        request.extend([b'x'; 4096]);
        request.extend(b"\r\n");
    }
    // The last chunk never comes.
    let tls = client_tls(&emulator.pki()).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(tls.into(), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(emulator.ports.listen).unwrap());
    stream.write_all(&request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(code(&answer), "P009");
}

#[test]
fn only_files_are_larger_than_a_mebibyte() {
    let emulator = Emulator::start();
    for (path, length, expected) in [
        ("/n/card/request", MIB, "P001"),
        ("/n/card/request", MIB + 1, "P009"),
        ("/n/o/requestdata", 12 * MIB, "P001"),
        ("/n/o/requestdata", 12 * MIB + 1, "P009"),
    ] {
        let sent = if expected == "P009" { 0 } else { length };
        assert_eq!(code(&emulator.exchange(&telegram(path, length, sent))), expected, "{path} {length}");
    }
    assert_eq!(explanation(&emulator), format!("the body of the request is larger than {} bytes", 12 * MIB));
}

#[test]
fn a_body_that_is_cut_off_is_told_so() {
    let emulator = Emulator::start_with(&["--client-auth", "off"]);
    let tls = client_tls(&emulator.pki()).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(tls.into(), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(emulator.ports.listen).unwrap());
    stream.write_all(&telegram("/n/card/request", 1000, 500)).unwrap();
    stream.conn.send_close_notify();
    stream.flush().unwrap();
    stream.sock.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(code(&answer), "P009");
    assert_eq!(explanation(&emulator), "the body of the request is cut off");
}

#[test]
fn a_thousand_parameters_are_enough() {
    let emulator = Emulator::start();
    let head = "merchant_id=20001&connect_id=c&connect_password=secret1&telegram_kind=020&memo=4900000000000000";
    for (more, expected) in [(995, "P005"), (996, "P009")] {
        let body = format!("{head}{}", "&a=b".repeat(more));
        let request =
            format!("POST /n/card/request HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert_eq!(code(&emulator.exchange(request.as_bytes())), expected, "{more}");
    }
    let entry = newest(&emulator);
    let told = entry.to_string();
    assert!(told.contains("more than 1000 parameters") && !told.contains("4900000000000000"), "{told}");
    assert!(!told.contains("secret1") && entry["request"].as_array().unwrap().len() < 600, "{told}");

    // So it is on the door of hosted pages.
    let body = format!("trading_id=t&id=100&seq_merchant_id=20002{}", "&a=b".repeat(1000));
    let request = format!("POST /v/request HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    emulator.exchange_without_certificate(format!("{request}{body}").as_bytes());
    assert_eq!(newest(&emulator)["refusal"]["response_code"], "P009");
}
