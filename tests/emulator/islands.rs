//! Merchants are islands: whatever is done for one, nobody else waits for it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use paygent_emulator::Emulator;
use paygent_emulator::internal::merchant::MerchantId;
use paygent_emulator::internal::pki::{Pki, PkiOptions};
use paygent_emulator::internal::wire::Charset;
use rustls::ClientConfig;

use crate::harness::{Answer, Response, card, client_tls, exchange_tls, form};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);
/// As many telegrams as wait for a merchant's turn: more than the emulator has threads.
const WAITING: usize = 40;

/// A client that sends telegrams for any merchant.
#[derive(Clone)]
struct Client {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
}

impl Client {
    fn of(emulator: &Emulator) -> Client {
        let pki = Pki::open(emulator.certificates().dir(), &PkiOptions::default()).unwrap();
        let (chain, key) = pki.client_identity().unwrap();
        let tls = client_tls(&pki).with_client_auth_cert(chain, key).unwrap();
        Client { address: emulator.ports().listen, tls: Arc::new(tls) }
    }

    fn send(&self, merchant_id: &str, path: &str, kind: &str, fields: &[(&str, &str)]) -> Answer {
        let head = [("connect_id", "test0001"), ("connect_password", "password"), ("telegram_version", "1.0")];
        let mut pairs = vec![("merchant_id", merchant_id), ("telegram_kind", kind)];
        pairs.extend(head);
        pairs.extend_from_slice(fields);
        let body = form(&pairs, Charset::Windows31J);
        let request = format!(
            "POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = exchange_tls(self.address, Arc::clone(&self.tls), request.as_bytes());
        Answer::parse(&Response::parse(&answer).body, Charset::Windows31J)
    }

    fn authorize(&self, merchant_id: &str) -> Answer {
        self.send(merchant_id, "/n/card/request", "020", &card("4900000000000000", "island", "100"))
    }
}

fn healthz(address: SocketAddr) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it is answered while a clock is turned");
    Response::parse(&answer).status
}

/// Does something in a thread of its own; it must be done before long.
fn soon<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    is_done.recv_timeout(LONG).unwrap_or_else(|_| panic!("{what} waited for another merchant"))
}

#[test]
fn a_long_turn_of_one_clock_keeps_only_its_own_merchant_waiting() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let emulator = runtime.block_on(Emulator::start()).unwrap();
    let client = Client::of(&emulator);
    let id = client.authorize("10000").get("payment_id").to_owned();

    // The clock goes past the authorization's last day, and the turn ends only when we say so.
    let (begun, has_begun) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let gateway = paygent_emulator::internal::gateway(&emulator);
    let turn = runtime.spawn(async move {
        let merchant_id = MerchantId::new("10000");
        let whose = merchant_id.clone();
        let turned = gateway.turn_clock(Some(&merchant_id), move |clock| {
            clock.shift(Some(&whose), jiff::Span::new().days(61));
            begun.send(()).unwrap();
            goes_on.recv().unwrap();
        });
        turned.await
    });
    has_begun.recv_timeout(LONG).unwrap();

    let waiting: Vec<JoinHandle<Answer>> = (0..WAITING)
        .map(|_| {
            let (client, id) = (client.clone(), id.clone());
            std::thread::spawn(move || client.send("10000", "/n/ref/paymentref", "094", &[("payment_id", &id)]))
        })
        .collect();
    let console = emulator.ports().console;
    for _ in 0..100 {
        assert_eq!(soon("/healthz", move || healthz(console)), 200);
        let client = client.clone();
        assert_eq!(soon("a telegram", move || client.authorize("20001")).result, "0");
    }
    assert!(waiting.iter().all(|telegram| !telegram.is_finished()), "deadlines come before later telegrams");

    go_on.send(()).unwrap();
    let happened = runtime.block_on(turn).unwrap();
    assert_eq!(happened.len(), 1);
    for telegram in waiting {
        let answer = telegram.join().unwrap();
        assert_eq!((answer.result.as_str(), answer.get("payment_status")), ("0", "33"), "{answer:?}");
    }
    drop(emulator);
    runtime.shutdown_background();
}
