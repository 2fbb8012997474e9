//! What is running: a gateway and its doors, started and stopped together.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use crate::addresses::Ports;
use crate::addresses::{Addresses, PublicUrl};
use crate::deadlines;
use crate::gateway::Gateway;
use crate::journal::{Entry, Event};
use crate::ledger::MemoryLedger;
use crate::merchant::Merchants;
use crate::outbox;
use crate::payment::Refusal;
use crate::pki::{Pki, PkiError, PkiOptions};
use crate::secret::Secret;
use crate::server::connections::Limits;
use crate::server::proxy::{self, Passthrough};
use crate::server::tls::{self, ClientAuth, OnRefused, Tls};
use crate::server::{self, ConsoleSettings, Door};

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
    /// The secret that whoever uses the console must know, if there is one.
    pub console_token: Option<String>,
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
            console_token: None,
            console_hosts: Vec::new(),
        }
    }
}

/// Why an emulator could not be started; each says in one sentence what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// A directory or file of the data directory cannot be written or read.
    #[error("cannot use {path}: {source}", path = path.display())]
    Files {
        /// What could not be used.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A port cannot be opened.
    #[error("cannot listen on {address} ({flag}): {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The flag that says where.
        flag: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The file given with `--merchants` is not a list of merchants.
    #[error("{path} is not a list of merchants: {source}", path = path.display())]
    Merchants {
        /// The file.
        path: PathBuf,
        /// Why.
        source: toml::de::Error,
    },
    /// The certificates cannot be made or read.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
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
}

impl Emulator {
    /// Opens all doors. When this returns, telegrams are accepted.
    pub async fn start(config: Config) -> Result<Emulator, StartError> {
        // The catalog takes as long to read as the certificates: do both at once.
        let catalog = tokio::task::spawn_blocking(|| {
            crate::wire::catalog();
            crate::fixtures::errors();
        });
        let merchants = match &config.merchants {
            None => Merchants::open_door(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| files(path, source))?;
                Merchants::pinned(&text).map_err(|source| StartError::Merchants { path: path.clone(), source })?
            }
        };
        let listener = listen(config.listen, "--listen").await?;
        let console = listen(config.console, "--console").await?;
        let http = match config.http {
            Some(address) => Some(listen(address, "--http").await?),
            None => None,
        };
        let proxy = match config.proxy {
            Some(address) => Some(listen(address, "--proxy").await?),
            None => None,
        };
        let at = |listener: &TcpListener, flag, address| {
            listener.local_addr().map_err(|source| StartError::Listen { address, flag, source })
        };
        let ports = Ports {
            listen: at(&listener, "--listen", config.listen)?,
            console: at(&console, "--console", config.console)?,
            http: http.as_ref().map(|http| at(http, "--http", config.http.unwrap_or(config.listen))).transpose()?,
            proxy: proxy.as_ref().map(|proxy| at(proxy, "--proxy", config.listen)).transpose()?,
        };

        let addresses = Addresses::new(ports, config.public_url, &config.server_names);
        let named = PkiOptions { rsa: config.rsa, extra_hosts: addresses.further_hosts().to_vec() };
        let pki = Pki::open(&config.data_dir.join("pki"), &named)?;
        let tls = Tls::new(&pki, config.client_auth, config.client_ca.as_deref())?;
        let key = fingerprint_key(&config.data_dir.join("fingerprint.key"))?;
        let gateway = Arc::new(Gateway::new(merchants, Box::new(MemoryLedger::default()), Secret::new(key)));
        gateway.set_addresses(addresses);

        let (stop, stopped) = watch::channel(false);
        let mut doors = JoinSet::new();
        let door = Door { gateway: Arc::clone(&gateway), client_auth: config.client_auth };
        let limits = Limits::default();
        let refused = write_down_refusals(Arc::clone(&gateway));
        if let Some(http) = http {
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
        if let Some(proxy) = proxy {
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
        let _ = catalog.await;
        write_ports(&config.data_dir, &ports)?;
        Ok(Emulator { gateway, ports, data_dir: config.data_dir, stop, doors, _clockwork: clockwork })
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
        // Left behind, it would name ports that nobody listens on; another emulator's stays.
        let path = Ports::path(&self.data_dir);
        let ours = std::fs::read(&path)
            .is_ok_and(|text| serde_json::from_slice(&text).is_ok_and(|ports: Ports| ports == self.ports));
        if ours {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn files(path: &Path, source: std::io::Error) -> StartError {
    StartError::Files { path: path.to_owned(), source }
}

async fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, flag, source })
}

/// The secret of this data directory that fingerprints of card numbers are made with; made when it is first needed.
fn fingerprint_key(path: &Path) -> Result<[u8; 32], StartError> {
    if let Ok(Ok(key)) = std::fs::read(path).map(TryInto::try_into) {
        return Ok(key);
    }
    let key = crate::random::bytes();
    std::fs::write(path, key).map_err(|source| files(path, source))?;
    Ok(key)
}

/// Written whole or not at all, so that a reader never sees half of it.
fn write_ports(data_dir: &Path, ports: &Ports) -> Result<(), StartError> {
    let path = Ports::path(data_dir);
    let half = data_dir.join(format!("ports.json.{}", std::process::id()));
    let text = serde_json::to_vec_pretty(ports).unwrap_or_default();
    std::fs::write(&half, text).and_then(|()| std::fs::rename(&half, &path)).map_err(|source| files(&path, source))
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
