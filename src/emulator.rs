//! What is running: a gateway and its doors, started and stopped together.

mod claim;
mod error;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use crate::addresses::Ports;
use crate::addresses::{Addresses, PublicUrl};
use crate::deadlines;
use crate::files;
use crate::gateway::{Gateway, NOTICE_DELAY};
use crate::journal::{Entry, Event};
use crate::ledger::MemoryLedger;
use crate::merchant::{Merchants, PinnedError};
use crate::outbox;
use crate::payment::Refusal;
use crate::pki::{Pki, PkiOptions};
use crate::random::Seed;
use crate::secret::Secret;
use crate::server::connections::Limits;
use crate::server::exposure::Exposed;
use crate::server::proxy::{self, Passthrough};
use crate::server::tls::{self, ClientAuth, OnRefused, Tls};
use crate::server::{self, ConsoleSettings, ConsoleToken, Door};
use claim::Claim;
pub use error::StartError;

/// How long a shop may take to answer a notice, unless the configuration says otherwise; the interface does not say.
pub const NOTICE_TIMEOUT: Duration = Duration::from_secs(10);

/// How an emulator is to run. [`Config::in_dir`] is a good start; ports are picked freely there.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where telegrams and shopper pages are served, over TLS. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the console and the control API are served, over plain HTTP.
    pub console: SocketAddr,
    /// Where the token script and its server are on plain HTTP too, for shops without TLS, if they are wanted there.
    pub http: Option<SocketAddr>,
    /// Where a CONNECT proxy listens, if one is wanted.
    pub proxy: Option<SocketAddr>,
    /// Whether the proxy also leads to hosts that the emulator does not play.
    pub proxy_passthrough: bool,
    /// Whether it leads to hosts of this machine and of its network too, our own doors among them.
    pub proxy_passthrough_private: bool,
    /// Where a browser finds telegrams and pages, if it is not where they are served.
    pub public_url: Option<PublicUrl>,
    /// Further hosts by which clients reach the TLS port, such as a container's name.
    pub server_names: Vec<String>,
    /// Where certificates and `ports.json` are kept.
    pub data_dir: PathBuf,
    /// Which client certificates telegrams need.
    pub client_auth: ClientAuth,
    /// Further authorities whose client certificates are accepted, as a PEM file.
    pub client_ca: Option<PathBuf>,
    /// The only merchants there are, as a TOML file; unknown merchants are adopted without it.
    pub merchants: Option<PathBuf>,
    /// Whether new keys are RSA instead of ECDSA.
    pub rsa: bool,
    /// How long a shop may take to answer a notice.
    pub notice_timeout: Duration,
    /// How long after its cause a notice is pushed, in real time, to merchants without a delay of their own.
    pub notice_delay: Duration,
    /// What all that is otherwise unguessable follows from, so that the same requests get the same answers.
    pub seed: Option<u64>,
    /// The secret that whoever uses the console must know, if there is one.
    pub console_token: Option<ConsoleToken>,
    /// Further host names under which the console may be reached.
    pub console_hosts: Vec<String>,
}

impl Config {
    /// An emulator that keeps its files in this directory and picks free loopback ports.
    pub fn in_dir(data_dir: impl Into<PathBuf>) -> Config {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Config {
            listen: any_port,
            console: any_port,
            http: None,
            proxy: None,
            proxy_passthrough: false,
            proxy_passthrough_private: false,
            public_url: None,
            server_names: Vec::new(),
            data_dir: data_dir.into(),
            client_auth: ClientAuth::Required,
            client_ca: None,
            merchants: None,
            rsa: false,
            notice_timeout: NOTICE_TIMEOUT,
            notice_delay: NOTICE_DELAY,
            seed: None,
            console_token: None,
            console_hosts: Vec::new(),
        }
    }
}

/// A running emulator. It stops when it is dropped.
pub struct Emulator {
    gateway: Arc<Gateway>,
    ports: Ports,
    data_dir: PathBuf,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
    /// What it does by itself; ends when this is dropped.
    _clockwork: JoinSet<()>,
    /// Its data directory is its own.
    _claim: Claim,
}

impl Emulator {
    /// Opens all doors. When this returns, telegrams are accepted.
    pub async fn start(config: Config) -> Result<Emulator, StartError> {
        // The fixtures take as long to read as the certificates: do both at once. And one thread reads them all, because
        // what its parser leaves behind stays with this thread's heap, and with each heap where it ever ran.
        let fixtures = tokio::task::spawn_blocking(|| {
            crate::wire::catalog();
            crate::fixtures::errors();
            crate::method::card::read_fixtures();
        });
        let merchants = match &config.merchants {
            None => Merchants::open_door(),
            Some(path) => {
                let text = std::fs::read_to_string(path);
                let text = text.map_err(|reason| StartError::NoMerchants { path: path.clone(), reason })?;
                pinned(&text).map_err(|reason| StartError::Merchants { path: path.clone(), reason })?
            }
        };
        let mut claim = Claim::new(&config.data_dir)?;
        let (listener, listen) = bind(config.listen, "--listen").await?;
        let (console, console_at) = bind(config.console, "--console").await?;
        let http = bind_if_wanted(config.http, "--http").await?;
        let proxy = bind_if_wanted(config.proxy, "--proxy").await?;
        let ports = Ports {
            listen,
            console: console_at,
            http: http.as_ref().map(|(_, at)| *at),
            proxy: proxy.as_ref().map(|(_, at)| *at),
        };

        for door in Exposed::doors(&ports, config.console_token.is_some()) {
            tracing::warn!("{}", door.english());
        }
        let addresses = Addresses::new(ports, config.public_url, &config.server_names);
        let named = PkiOptions { rsa: config.rsa, extra_hosts: addresses.further_hosts().to_vec() };
        let pki = Pki::open(&config.data_dir.join("pki"), &named)?;
        pki.check_client_files()?;
        let tls = Tls::new(&pki, config.client_auth, config.client_ca.as_deref())?;
        let seed = config.seed.map(Seed::new);
        let key = match &seed {
            None => fingerprint_key(&config.data_dir.join("fingerprint.key"))?,
            Some(seed) => seed.bytes("fingerprint.key", 0, 0),
        };
        let mut gateway = Gateway::new(merchants, Box::new(MemoryLedger::default()), Secret::new(key));
        gateway.notice_delay = config.notice_delay;
        gateway.seed = seed;
        let gateway = Arc::new(gateway);
        gateway.set_addresses(addresses);

        let (stop, stopped) = watch::channel(false);
        let mut doors = JoinSet::new();
        let door = Door { gateway: Arc::clone(&gateway), client_auth: config.client_auth };
        let limits = Limits::default();
        let refused = write_down_refusals(Arc::clone(&gateway));
        if let Some((http, _)) = http {
            let app = server::http_routes(door.clone());
            doors.spawn(tls::serve_plain(http, app, limits.clone(), stopped.clone()));
        }
        doors.spawn(tls::serve(listener, tls, server::public_routes(door), limits.clone(), stopped.clone(), refused));
        let settings = ConsoleSettings {
            pki_dir: config.data_dir.join("pki"),
            client_auth: config.client_auth,
            token: config.console_token,
            hosts: config.console_hosts,
        };
        let console_routes = server::console_routes(Arc::clone(&gateway), settings, stopped.clone());
        // Its own rules say who may use it: whoever may sends as much as a shop does.
        let of_console = Limits { stranger_body_bytes: limits.body_bytes, ..limits.clone() };
        doors.spawn(tls::serve_plain(console, console_routes, of_console, stopped.clone()));
        if let Some((proxy, _)) = proxy {
            let passthrough = match (config.proxy_passthrough, config.proxy_passthrough_private) {
                (_, true) => Passthrough::Anywhere,
                (true, false) => Passthrough::Public { own: ports.all().into() },
                (false, false) => Passthrough::Nowhere,
            };
            doors.spawn(proxy::serve(proxy, ports.listen, passthrough, stopped, limits));
        }
        let mut clockwork = JoinSet::new();
        clockwork.spawn(deadlines::watch(Arc::clone(&gateway)));
        clockwork.spawn(outbox::deliver(Arc::clone(&gateway), config.notice_timeout));
        clockwork.spawn(outbox::deliver_messages(Arc::clone(&gateway), config.notice_timeout));
        // A panic in there is a fixture that does not parse, which every request would meet again.
        let _ = fixtures.await;
        claim.tell(ports)?;
        Ok(Emulator { gateway, ports, data_dir: config.data_dir, stop, doors, _clockwork: clockwork, _claim: claim })
    }

    /// Where it listens.
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// What answers telegrams.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The directory of its certificates, which a client needs.
    pub fn pki_dir(&self) -> PathBuf {
        self.data_dir.join("pki")
    }

    /// Closes all doors and waits until they are closed.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.doors.join_next().await.is_some() {}
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// The merchants of a list, each fit to send telegrams.
fn pinned(text: &str) -> Result<Merchants, PinnedError> {
    let merchants = Merchants::pinned(text)?;
    for merchant in merchants.all() {
        let merchant_id = merchant.merchant_id.clone();
        server::check_merchant(&merchant).map_err(|reason| PinnedError::Unfit { merchant_id, reason })?;
    }
    Ok(merchants)
}

/// A listener, and where it listens: a port of 0 is picked here.
async fn bind(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let open = async {
        let listener = TcpListener::bind(address).await?;
        let at = listener.local_addr()?;
        Ok((listener, at))
    };
    open.await.map_err(|reason| StartError::Listen { address, flag, reason })
}

async fn bind_if_wanted(
    address: Option<SocketAddr>,
    flag: &'static str,
) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    match address {
        Some(address) => bind(address, flag).await.map(Some),
        None => Ok(None),
    }
}

/// The secret of this data directory that fingerprints of card numbers are made with; made when it is first needed.
fn fingerprint_key(path: &Path) -> Result<[u8; 32], StartError> {
    if files::read_secret(path)?.is_none() {
        files::place_new(path, &crate::random::bytes::<32>())?;
    }
    let key = files::read(path)?;
    key.as_slice().try_into().map_err(|_| StartError::Damaged {
        path: path.to_owned(),
        reason: format!("it has {} bytes instead of 32", key.len()),
        price: "fingerprints of cards are other ones then",
    })
}

fn write_down_refusals(gateway: Arc<Gateway>) -> OnRefused {
    Arc::new(move |refused| {
        tracing::warn!(remote = %refused.remote, reason = refused.reason, remedy = refused.remedy, "connection refused");
        let rule = format!("{}; {}", refused.reason, refused.remedy);
        gateway.journal.add(Entry {
            remote: Some(refused.remote),
            refusal: Some(Refusal::with_detail("", &refused.reason, rule)),
            ..Entry::new(Event::Connection, gateway.clock.common_now(), "")
        });
    })
}
