//! A store that fails on demand: everybody is told so, nothing is half done, and when it is back all goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use crate::addresses::Called;
use crate::faults::Fault;
use crate::gateway::{Gateway, Incoming};
use crate::ledger::{Around, Hook, MemoryLedger, PaymentFilter, StoreError, Stored};
use crate::merchant::{Merchant, MerchantId, Merchants};
use crate::payment::{PaymentId, Refusal, Status};
use crate::secret::Secret;
use crate::server::tls::ClientAuth;
use crate::server::{ConsoleSettings, Door, console_routes, public_routes};
use crate::{deadlines, outbox};

const AUTHORIZATION: &str = "telegram_kind=020&trading_id=t1&payment_amount=1000&card_number=4900000000000000\
                             &card_valid_term=1239&payment_class=10&3dsecure_ryaku=1";

/// Fails every call from one on, until it is told to work again.
#[derive(Clone, Default)]
struct Broken {
    calls: Arc<AtomicU64>,
    /// 0: works.
    fails_from: Arc<AtomicU64>,
}

impl Broken {
    /// The call after so many others is the first that fails; all after it do too.
    fn after(&self, calls: u64) {
        self.calls.store(0, Ordering::SeqCst);
        self.fails_from.store(calls + 1, Ordering::SeqCst);
    }

    fn mend(&self) {
        self.fails_from.store(0, Ordering::SeqCst);
    }
}

impl Hook for Broken {
    fn call<T>(&self, name: &'static str, call: impl FnOnce() -> Stored<T>) -> Stored<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match self.fails_from.load(Ordering::SeqCst) {
            1.. if number >= self.fails_from.load(Ordering::SeqCst) => {
                Err(StoreError::new(format!("{name} is broken")))
            }
            _ => call(),
        }
    }
}

struct World {
    gateway: Arc<Gateway>,
    store: Broken,
}

impl World {
    fn new() -> World {
        let store = Broken::default();
        let ledger = Around { ledger: MemoryLedger::default(), hook: store.clone() };
        let mut gateway = Gateway::new(Merchants::open_door(), Box::new(ledger), Secret::new([7; 32]));
        gateway.notice_delay = Duration::ZERO;
        World { gateway: Arc::new(gateway), store }
    }

    fn merchant(&self) -> Arc<Merchant> {
        self.gateway.merchants.get(&MerchantId::new("10000")).unwrap()
    }

    /// The answer to a telegram of merchant 10000.
    async fn telegram(&self, fields: &str) -> String {
        let merchant = self.merchant();
        let body = format!(
            "merchant_id=10000&connect_id={}&connect_password={}&telegram_version=1.0&{fields}",
            merchant.connect_id, merchant.connect_password
        );
        let incoming = Incoming {
            path: "/n/card/request",
            query: None,
            called: Called::default(),
            body: body.as_bytes(),
            remote: None,
            admission: Ok::<(), Refusal>(()),
        };
        String::from_utf8_lossy(&self.gateway.telegram(&incoming).await.body).into_owned()
    }

    /// Everything that the merchant has.
    fn kept(&self) -> String {
        let (ledger, id) = (&self.gateway.ledger, &self.merchant().merchant_id);
        let payments = ledger.search(id, &PaymentFilter::default(), 100);
        format!("{payments:?} {:?} {:?}", ledger.notices(id, 0, 100), self.gateway.faults.waiting())
    }

    fn status(&self, id: u64) -> Option<Status> {
        self.gateway.ledger.payment(&self.merchant().merchant_id, PaymentId(id)).map(|payment| payment.status)
    }

    /// Asks the API or the console.
    async fn console(&self, method: Method, path: &str, body: Value) -> (StatusCode, String) {
        let settings =
            ConsoleSettings { pki_dir: "pki".into(), client_auth: ClientAuth::Off, token: None, hosts: Vec::new() };
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let routes = console_routes(Arc::clone(&self.gateway), settings, stopped);
        answer(routes, method, path, body).await
    }

    /// Asks for a page.
    async fn page(&self, path: &str) -> (StatusCode, String) {
        let routes = public_routes(Door { gateway: Arc::clone(&self.gateway), client_auth: ClientAuth::Off });
        answer(routes, Method::GET, path, Value::Null).await
    }
}

async fn answer(routes: axum::Router, method: Method, path: &str, body: Value) -> (StatusCode, String) {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.header("content-type", "application/json").body(body).unwrap();
    let response = routes.oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn wherever_the_store_fails_a_telegram_is_a_system_error_and_leaves_nothing() {
    let world = World::new();
    let id = world.merchant().merchant_id.clone();
    let fault = Fault {
        merchant_id: id.clone(),
        telegram_kind: "020".to_owned(),
        response_code: "2003".to_owned(),
        response_detail: "1G44".to_owned(),
        done: false,
        leaves: None,
        times: 1,
    };
    let refused = AUTHORIZATION.replace("t1", "t2");
    let telegrams = [(AUTHORIZATION, false), ("telegram_kind=022&trading_id=t1", false), (&refused, true)];
    for (telegram, with_fault) in telegrams {
        if with_fault {
            world.gateway.faults.add(fault.clone());
        }
        let before = world.kept();
        let mut calls = 0;
        loop {
            world.store.after(calls);
            let answer = world.telegram(telegram).await;
            world.store.mend();
            if !answer.contains("response_code=E001") {
                assert!(world.kept() != before && calls > 2, "{calls}: {answer}");
                break;
            }
            assert!(answer.starts_with("\r\nresult=1"), "{answer}");
            assert_eq!(world.kept(), before, "after {calls} calls");
            calls += 1;
        }
    }
    let payments = world.gateway.ledger.search(&id, &PaymentFilter::default(), 9);
    let statuses = payments.into_iter().map(|payment| payment.status.0);
    assert_eq!(statuses.collect::<Vec<_>>(), [10, 40], "the last meets the fault");
}

#[tokio::test]
async fn the_api_the_console_and_pages_answer_503_instead_of_nothing() {
    let world = World::new();
    world.telegram(AUTHORIZATION).await;
    let id = world.gateway.ledger.payments_of(&world.merchant().merchant_id, "t1")[0].payment_id;
    let asked = [
        (Method::GET, "/api/v1/payments?merchant_id=10000".to_owned(), Value::Null),
        (Method::GET, format!("/api/v1/payments/{id}"), Value::Null),
        (Method::GET, "/api/v1/notices?merchant_id=10000".to_owned(), Value::Null),
        (Method::POST, "/api/v1/clock/advance".to_owned(), json!({"days": 1})),
        (Method::POST, "/api/v1/reset".to_owned(), json!({"merchant_id": "10000"})),
        (Method::GET, "/payments".to_owned(), Value::Null),
        (Method::GET, "/notices?merchant_id=10000".to_owned(), Value::Null),
        (Method::GET, "/merchants".to_owned(), Value::Null),
        (Method::GET, "/clock".to_owned(), Value::Null),
    ];
    for (method, path, body) in asked {
        let kept = world.kept();
        world.store.after(0);
        let (status, text) = world.console(method, &path, body).await;
        world.store.mend();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {text}");
        assert!(text.contains("is broken"), "{path}: {text}");
        assert_eq!(text.starts_with("{\"status\":503,"), path.starts_with("/api/"), "{path}: {text}");
        assert_eq!(world.kept(), kept, "{path}");
    }
    let page = "/linktype/top?tid=t1&mid=10000&hv=x";
    assert_eq!(world.page(page).await.0, StatusCode::NOT_FOUND);
    world.store.after(0);
    assert_eq!(world.page(page).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.console(Method::GET, "/healthz", Value::Null).await.0, StatusCode::OK);
    world.store.mend();
    assert_eq!(world.console(Method::GET, &format!("/api/v1/payments/{id}"), Value::Null).await.0, StatusCode::OK);
}

#[tokio::test]
async fn notices_and_deadlines_go_on_when_the_store_is_back() {
    let world = World::new();
    let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", shop.local_addr().unwrap());
    world.gateway.put_merchant(Merchant { notification_url: url, ..Merchant::clone(&world.merchant()) });
    tokio::spawn(outbox::deliver(Arc::clone(&world.gateway), Duration::from_secs(10)));
    tokio::spawn(deadlines::watch(Arc::clone(&world.gateway)));
    let now = "2026-11-24T12:00:00+09:00".parse().unwrap();
    world.gateway.clock.set(None, now, true);
    world.telegram(AUTHORIZATION).await;
    world.telegram("telegram_kind=022&trading_id=t1").await;
    let mut told = Vec::new();
    // The first push is under way when the store breaks: it is not told again when that is kept at last.
    for number in 1..=2 {
        let (mut stream, _) = tokio::time::timeout(Duration::from_secs(20), shop.accept()).await.unwrap().unwrap();
        let mut read = vec![0; 4096];
        let len = stream.read(&mut read).await.unwrap();
        told.push(String::from_utf8_lossy(&read[..len]).contains(&format!("payment_notice_id={number}")));
        if number == 1 {
            world.store.after(0);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nresult=0\r\n").await.unwrap();
        drop(stream);
        if number == 1 {
            // Whatever wakes the outbox meanwhile finds nothing but a broken store.
            world.gateway.put_merchant(Merchant::clone(&world.merchant()));
            let (status, _) = world.console(Method::POST, "/api/v1/clock/advance", json!({"days": 61})).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            world.store.mend();
        }
    }
    assert_eq!(told, [true, true]);
}

#[tokio::test]
async fn a_deadline_that_could_not_be_met_is_met_when_the_store_is_back() {
    let world = World::new();
    tokio::spawn(deadlines::watch(Arc::clone(&world.gateway)));
    let now = "2026-11-24T12:00:00+09:00".parse().unwrap();
    world.gateway.clock.set(None, now, true);
    world.telegram(AUTHORIZATION).await;
    let id = world.gateway.ledger.payments_of(&world.merchant().merchant_id, "t1")[0].payment_id.0;
    world.store.after(0);
    let happened = world.gateway.advance(None, jiff::Span::new().days(61)).await;
    assert_eq!(happened, []);
    world.store.mend();
    assert_eq!(world.status(id), Some(Status(20)));
    world.telegram("telegram_kind=022&trading_id=t1").await;
    assert_eq!(world.status(id), Some(Status(33)), "whoever comes first meets it");
}
