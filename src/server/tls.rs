//! TLS: who the other side is, told to each request.
//!
//! The handshake is completed whenever it can be. Pages, tokens and hash-checked paths share the port with telegrams
//! and need no certificate; so a certificate is asked for but not demanded, and whoever answers a request decides by
//! its [`Peer`] (`common.md` section 1, "Client certificates").

mod handshake;
mod judge;
mod refusal;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::server::{NoClientAuth, ServerConfig};
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::bodies::Account;
use super::connections::{self, Limits};
use super::http;
use crate::pki::Pki;
use crate::text::Text;
use judge::Judge;

/// Which client certificates telegrams need.
///
/// ```
/// use paygent_emulator::{ClientAuth, Emulator};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// // A shop whose certificate is of another authority.
/// let emulator = Emulator::builder().client_auth(ClientAuth::Any).start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ClientAuth {
    /// One issued by our CA, or by one given with `--client-ca`.
    Required,
    /// Any at all, verified or not: modules ship with certificates that we did not issue.
    Any,
    /// None; none is asked for.
    Off,
}

/// The other side of a connection. Each request that came over TLS has it as an extension, `Arc<Peer>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address; for a client that came through the CONNECT door, that door's.
    pub remote: SocketAddr,
    /// What it presented.
    pub certificate: ClientCertificate,
    /// The version agreed on: `TLSv1.2` or `TLSv1.3`.
    pub tls_version: &'static str,
    /// The application protocol agreed on, if the client offered one that we know.
    pub alpn: Option<String>,
    /// The host that it asked for.
    pub sni: Option<String>,
}

/// What a client presented, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificate {
    /// Nothing.
    Absent,
    /// A certificate that may send telegrams.
    Accepted {
        /// Whose it is, like `O=paygent-emulator, CN=client`.
        subject: String,
        /// Who issued it.
        issuer: String,
    },
    /// A certificate that may not.
    Refused {
        /// Whose it says it is.
        subject: String,
        /// Why it is refused.
        reason: Text,
        /// What would let the client in.
        remedy: Text,
    },
}

/// A connection that ended before a request could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeRefusal {
    /// Whose it was.
    pub remote: SocketAddr,
    /// What went wrong, in plain words.
    pub reason: Text,
    /// What would let the client in.
    pub remedy: Text,
}

/// Hears of connections that ended before a request could be read. One that ends without a single byte, as a probe of
/// the port does, is not told. It is called on the connection's task and must not block.
pub type OnRefused = Arc<dyn Fn(HandshakeRefusal) + Send + Sync>;

/// Why TLS can't be set up, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file given with `--client-ca` can't be used.
    #[error("cannot use {} (--client-ca): {reason}. It must be a PEM file with certificates of clients or of their CAs", path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The TLS library does not accept the settings.
    #[error("cannot set up TLS")]
    Setup(#[from] rustls::Error),
    /// Client certificates can't be verified against our CA.
    #[error("cannot verify client certificates against {}: {reason}. Delete its directory to start with a new CA", ca.display())]
    OurCa {
        /// Our CA's certificate.
        ca: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// The application protocols that we speak. A client that was told to speak HTTP/1.0, as the PHP module tells curl,
/// offers that one alone, and would not go on without it.
const PROTOCOLS: [&[u8]; 2] = [b"http/1.1", b"http/1.0"];

/// The server's side of TLS: cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// For clients that offer application protocols of which we know none, like h2 alone: most go on without.
    without_protocols: Arc<ServerConfig>,
    judge: Arc<Judge>,
    /// For remedies.
    ca_file: Arc<Path>,
}

impl Tls {
    /// TLS with the server certificate of `pki`. Client certificates are verified against its CA and, if given, those
    /// in the PEM file `client_ca`.
    ///
    /// # Errors
    ///
    /// When `client_ca` can't be read or has no CA certificate in it, or a key is unfit.
    pub fn new(pki: &Pki, client_auth: ClientAuth, client_ca: Option<&Path>) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let judge = Judge::new(pki, client_auth, client_ca, &provider)?;
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(rustls::ALL_VERSIONS)?;
        let builder = match judge.asks() {
            Some(asks) => builder.with_client_cert_verifier(asks),
            None => builder.with_client_cert_verifier(Arc::new(NoClientAuth)),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(pki.server())));
        config.ticketer = ring::Ticketer::new()?;
        // One is enough: it may be used again and again.
        config.send_tls13_tickets = 1;
        let without_protocols = Arc::new(config.clone());
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Self { config: Arc::new(config), without_protocols, judge: Arc::new(judge), ca_file: pki.ca_file().into() })
    }

    /// Whether a client showed all that telegrams need of it.
    fn trusts(&self, peer: &Peer) -> bool {
        !self.judge.wants_certificates() || matches!(peer.certificate, ClientCertificate::Accepted { .. })
    }
}

/// Serves `app` over TLS until `stopped` becomes true or its sender is dropped, then ends within
/// [`Limits::farewell`].
pub async fn serve(
    listener: TcpListener,
    tls: Tls,
    app: axum::Router,
    limits: Limits,
    stopped: watch::Receiver<bool>,
    on_refused: OnRefused,
) {
    let shared = Arc::new((tls, limits.clone(), on_refused));
    let app = app.with_state(());
    connections::accept(listener, &limits, stopped.clone(), move |stream, remote, slot| {
        let (shared, router, mut stopped) = (Arc::clone(&shared), app.clone(), stopped.clone());
        async move {
            let (tls, limits, on_refused) = &*shared;
            let opened = tokio::select! {
                opened = tls.open(stream, remote, limits.handshake_timeout) => opened,
                () = connections::stop(&mut stopped) => return,
            };
            match opened {
                Ok((stream, peer)) => {
                    let trusted = tls.trusts(&peer);
                    let account = Account::new(limits, trusted);
                    let peer = Some(Arc::new(peer));
                    let app = http::App { router, remote, peer, slot, account, unwritten: Arc::default() };
                    http::serve(stream, app, limits, stopped).await;
                }
                Err(Some(refusal)) => on_refused(refusal),
                Err(None) => {}
            }
        }
    })
    .await;
}

/// Serves `app` over plain HTTP, otherwise like [`serve`]. Requests have no [`Peer`].
pub async fn serve_plain(listener: TcpListener, app: axum::Router, limits: Limits, stopped: watch::Receiver<bool>) {
    let shared = Arc::new(limits.clone());
    let app = app.with_state(());
    connections::accept(listener, &limits, stopped.clone(), move |stream, remote, slot| {
        let (limits, router, stopped) = (Arc::clone(&shared), app.clone(), stopped.clone());
        async move {
            // Nobody shows a certificate here.
            let account = Account::new(&limits, false);
            let app = http::App { router, remote, peer: None, slot, account, unwritten: Arc::default() };
            http::serve(stream, app, &limits, stopped).await;
        }
    })
    .await;
}
