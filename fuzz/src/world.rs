//! An emulator in this process: the gateway, and the routes of its doors. Its clock stands still and its randomness is
//! counted, so that an input does the same each time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use paygent_emulator::internal::addresses::{Addresses, Called, Ports};
use paygent_emulator::internal::clock::Moment;
use paygent_emulator::internal::gateway::{Gateway, Incoming};
use paygent_emulator::internal::ledger::MemoryLedger;
use paygent_emulator::internal::merchant::{Key, Keys, Merchant, MerchantId, Merchants};
use paygent_emulator::internal::secret::Secret;
use paygent_emulator::internal::server::tls::ClientAuth;
use paygent_emulator::internal::server::{ConsoleSettings, Door, console_routes, public_routes};
use tower::ServiceExt;

/// The merchants of the state machine. The last has no keys: its hashes are not checked.
pub const MERCHANTS: [&str; 3] = ["10000", "20001", "20002"];
/// The day on which every input starts.
pub const START: &str = "2026-12-01T10:00:00+09:00";

/// How clients call us.
const CALLED: Called<'static> = Called { host: Some("localhost:8443"), server_name: None };

/// A running emulator without sockets.
pub struct World {
    /// What answers.
    pub gateway: Arc<Gateway>,
    public: Router,
    console: Router,
    runtime: tokio::runtime::Runtime,
    /// Without it the console's streams of events end.
    _stop: tokio::sync::watch::Sender<bool>,
}

/// Which port a page is asked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Telegrams, buyers' pages, the test tool.
    Public,
    /// The console and the API.
    Console,
}

/// A page, or whatever else came back.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Location`.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl World {
    /// A new emulator, on the first day.
    #[expect(clippy::new_without_default, reason = "it is not nothing")]
    pub fn new() -> World {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
        let gateway = Gateway::new(Merchants::open_door(), Box::new(MemoryLedger::default()), Secret::new([7; 32]));
        let ports = Ports {
            listen: ([127, 0, 0, 1], 8443).into(),
            console: ([127, 0, 0, 1], 8080).into(),
            http: None,
            proxy: None,
        };
        gateway.set_addresses(Addresses::new(ports, None, &[]));
        let gateway = Arc::new(gateway);
        let door = Door { gateway: Arc::clone(&gateway), client_auth: ClientAuth::Off };
        let settings = ConsoleSettings {
            pki_dir: PathBuf::from("pki"),
            client_auth: ClientAuth::Off,
            token: None,
            hosts: Vec::new(),
        };
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let console = console_routes(Arc::clone(&gateway), settings, stopped);
        let world =
            World { gateway, public: public_routes(door), console, runtime: runtime.expect("a runtime"), _stop: stop };
        world.start_again();
        world
    }

    /// Forgets everything and puts the merchants back as they were. Making all anew would cost more than most inputs.
    pub fn start_again(&self) {
        RANDOM.store(0, Ordering::Relaxed);
        self.gateway.reset(None);
        self.set_clock();
        for (at, id) in MERCHANTS.into_iter().enumerate() {
            let mut merchant = Merchant::new(MerchantId::new(id), "test0001", "password");
            if at < 2 {
                merchant.keys = keys();
            }
            if at == 1 {
                // Nothing takes them here, but they wait in their order.
                merchant.notification_url = "http://127.0.0.1:9/notice".to_owned();
            }
            self.gateway.put_merchant(merchant);
        }
    }

    fn set_clock(&self) {
        let now: Moment = START.parse().expect("a moment");
        self.wait(self.gateway.turn_clock(None, move |clock| clock.set(None, now, true)));
    }

    /// Waits for what the gateway does.
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// Sends a telegram past the door.
    pub fn telegram(&self, path: &str, query: Option<&str>, body: &[u8]) -> (&'static str, Vec<u8>) {
        let incoming = Incoming { path, query, called: CALLED, body, remote: None, admission: Ok(()) };
        let answer = self.wait(self.gateway.telegram(&incoming));
        (answer.content_type, answer.body.to_vec())
    }

    /// Sends a request through a door.
    pub fn ask(&self, port: Port, mut request: Request<Body>) -> Response {
        let (router, host) = match port {
            Port::Public => (&self.public, "localhost:8443"),
            Port::Console => (&self.console, "localhost:8080"),
        };
        request.headers_mut().entry(header::HOST).or_insert(header::HeaderValue::from_static(host));
        let router = router.clone();
        self.runtime.block_on(async move {
            let Ok(response) = router.oneshot(request).await;
            let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
            let location = text(header::LOCATION);
            let status = response.status().as_u16();
            // A stream of events has no end.
            let body = match content_type.starts_with("text/event-stream") {
                true => Vec::new(),
                false => response.into_body().collect().await.expect("a body").to_bytes().to_vec(),
            };
            Response { status, content_type, location, body }
        })
    }
}

/// Keys that switch on every check of a hash but that of `/s/`.
pub fn keys() -> Keys {
    let mut keys = Keys::default();
    for (name, value) in [
        ("notice_hash", "notice"),
        ("token_generation", "token"),
        ("token_receipt_hash", "receipt"),
        ("three_d_secure_hash", "secure"),
        ("paidy_public", "pk_test_1"),
    ] {
        keys.set(Key::new(name), value);
    }
    keys
}

static RANDOM: AtomicU64 = AtomicU64::new(0);

/// Stands in for the operating system's randomness (`getrandom_backend="custom"`, set by `fuzz/run`).
///
/// # Safety
///
/// `to` is valid for writing `length` bytes, as `getrandom` promises.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(to: *mut u8, length: usize) -> Result<(), getrandom::Error> {
    // SAFETY: see above.
    let bytes = unsafe {
        std::ptr::write_bytes(to, 0, length);
        std::slice::from_raw_parts_mut(to, length)
    };
    for part in bytes.chunks_mut(8) {
        let mut draw = crate::values::Draw::new(RANDOM.fetch_add(1, Ordering::Relaxed));
        part.copy_from_slice(&draw.next().to_le_bytes()[..part.len()]);
    }
    Ok(())
}
