//! TLS: who the other side is, told to the request; client certificates are optional here and judged by the door.
//!
//! The handshake is completed whenever it can be: pages, tokens and hash-checked paths share the port with
//! telegrams and need no certificate (`common.md` section 1, "Client certificates").

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{Acceptor, ClientHello, NoClientAuth, WebPkiClientVerifier};
use tokio_rustls::rustls::{
    self, AlertDescription, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio_rustls::server::TlsStream;

use crate::pki::{Pki, PkiError};
use crate::server::connections::{self, Limits};

/// Which client certificates telegrams need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ClientAuth {
    /// One issued by our authority, or by one given with `--client-ca`.
    Required,
    /// Any, verified or not: clients ship with certificates that we did not issue.
    Any,
    /// None; none is asked for.
    Off,
}

/// The other side of a connection; an extension of each of its requests.
#[derive(Debug)]
pub struct Peer {
    /// Its address.
    pub remote: SocketAddr,
    /// Its certificate.
    pub certificate: ClientCertificate,
    /// The TLS version agreed on.
    pub tls_version: &'static str,
    /// The host that it asked for.
    pub sni: Option<String>,
}

/// What a client presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// Nothing.
    Absent,
    /// A certificate that may send telegrams.
    Accepted,
    /// A certificate that may not.
    Refused {
        /// Whose it says it is.
        subject: String,
        /// Why it is refused.
        reason: String,
        /// What would let it in.
        remedy: String,
    },
}

/// A connection that ended before a request could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeRefusal {
    /// Its address.
    pub remote: SocketAddr,
    /// What went wrong.
    pub reason: String,
    /// What would let it in.
    pub remedy: String,
}

/// Hears of connections that ended before a request could be read.
pub type OnRefused = Arc<dyn Fn(HandshakeRefusal) + Send + Sync>;

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The file given with `--client-ca` cannot be used.
    #[error("cannot use {path} (--client-ca): {reason}", path = path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The certificates do not fit together.
    #[error("cannot set up TLS: {0}")]
    Setup(String),
}

/// The server's side of TLS.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// For clients whose application protocols have none in common with ours.
    without_protocols: Arc<ServerConfig>,
    client_auth: ClientAuth,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Tls {
    /// TLS with our server certificate.
    pub fn new(pki: &Pki, client_auth: ClientAuth, client_ca: Option<&Path>) -> Result<Tls, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let setup = |error: rustls::Error| TlsError::Setup(error.to_string());
        let verifier = match client_auth {
            ClientAuth::Required => Some(verifier(pki, client_ca, &provider)?),
            ClientAuth::Any | ClientAuth::Off => None,
        };
        let asks: Arc<dyn ClientCertVerifier> = match client_auth {
            ClientAuth::Off => Arc::new(NoClientAuth),
            ClientAuth::Required | ClientAuth::Any => Arc::new(Asks {
                hints: verifier.as_ref().map(|verifier| verifier.root_hint_subjects().to_vec()).unwrap_or_default(),
                provider: Arc::clone(&provider),
                demands_proof: client_auth == ClientAuth::Required,
            }),
        };
        let (chain, key) = pki.server_identity()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .map_err(setup)?
            .with_client_cert_verifier(asks)
            .with_single_cert(chain, key)
            .map_err(setup)?;
        let without_protocols = Arc::new(config.clone());
        // A client that was told to speak HTTP/1.0 offers that name alone.
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Tls { config: Arc::new(config), without_protocols, client_auth, verifier })
    }

    fn config_for(&self, hello: &ClientHello<'_>) -> Arc<ServerConfig> {
        let fits = hello.alpn().is_none_or(|mut offered| offered.any(|name| PROTOCOLS.contains(&name)));
        Arc::clone(if fits { &self.config } else { &self.without_protocols })
    }

    fn judge(&self, chain: Option<&[CertificateDer<'_>]>) -> ClientCertificate {
        let Some([leaf, intermediates @ ..]) = chain else { return ClientCertificate::Absent };
        let Some(verifier) = &self.verifier else { return ClientCertificate::Accepted };
        match verifier.verify_client_cert(leaf, intermediates, UnixTime::now()) {
            Ok(_) => ClientCertificate::Accepted,
            Err(error) => ClientCertificate::Refused {
                subject: subject(leaf),
                reason: error.to_string(),
                remedy: "present DATA_DIR/pki/client.pem, name its authority with --client-ca FILE, or start with \
                         --client-auth any"
                    .to_owned(),
            },
        }
    }

    /// Shakes hands. What went wrong is told to `refused`.
    async fn accept(
        &self,
        stream: TcpStream,
        remote: SocketAddr,
        refused: &OnRefused,
    ) -> Option<(TlsStream<TcpStream>, Peer)> {
        let tell = |(reason, remedy): (String, String)| refused(HandshakeRefusal { remote, reason, remedy });
        // Somebody who connects and says nothing asks for nothing.
        let mut first = [0];
        if !matches!(stream.peek(&mut first).await, Ok(1)) {
            return None;
        }
        if first != HANDSHAKE {
            refuse_plain_http(stream).await;
            tell((
                "the client does not speak TLS, but perhaps plain HTTP".into(),
                "use https:// in the client's URL".into(),
            ));
            return None;
        }
        let start = match LazyConfigAcceptor::new(Acceptor::default(), stream).await {
            Ok(start) => start,
            Err(error) => {
                tell(explain(&error));
                return None;
            }
        };
        let config = self.config_for(&start.client_hello());
        let sni = start.client_hello().server_name().map(str::to_owned);
        match start.into_stream(config).await {
            Ok(stream) => {
                let connection = stream.get_ref().1;
                let certificate = match self.client_auth {
                    ClientAuth::Off => ClientCertificate::Absent,
                    ClientAuth::Required | ClientAuth::Any => self.judge(connection.peer_certificates()),
                };
                let tls_version = match connection.protocol_version() {
                    Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
                    _ => "TLS 1.2",
                };
                Some((stream, Peer { remote, certificate, tls_version, sni }))
            }
            Err(error) => {
                tell(explain(&error));
                None
            }
        }
    }
}

/// The application protocols that we speak.
const PROTOCOLS: &[&[u8]] = &[b"http/1.1", b"http/1.0"];

/// What a TLS connection starts with.
const HANDSHAKE: [u8; 1] = [0x16];

const PLAIN_HTTP: &str = "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
                          This port speaks TLS: use https:// instead of http://.\n";

async fn refuse_plain_http(mut stream: TcpStream) {
    let _ = stream.write_all(PLAIN_HTTP.as_bytes()).await;
    let _ = stream.shutdown().await;
    connections::drain(&mut stream).await;
}

/// Verifies certificates of our authority and of those given with `--client-ca`.
fn verifier(
    pki: &Pki,
    client_ca: Option<&Path>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let setup = |error: &dyn std::fmt::Display| TlsError::Setup(error.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in pki.authority()? {
        roots.add(certificate).map_err(|error| setup(&error))?;
    }
    if let Some(path) = client_ca {
        let wrong = |reason: String| TlsError::ClientCa { path: path.to_owned(), reason };
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(wrong("it holds no certificate".to_owned()));
        }
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
        .map_err(|error| setup(&error))
}

/// Asks for a certificate and takes what comes; whether it may send telegrams is judged afterwards.
#[derive(Debug)]
struct Asks {
    hints: Vec<DistinguishedName>,
    provider: Arc<CryptoProvider>,
    /// Whether the client must prove that it has the certificate's key.
    demands_proof: bool,
}

impl ClientCertVerifier for Asks {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.demands_proof {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.demands_proof {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.provider.signature_verification_algorithms.supported_schemes();
        if !self.demands_proof {
            schemes.extend([SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1_Legacy]);
        }
        schemes
    }
}

fn subject(certificate: &CertificateDer<'_>) -> String {
    match x509_parser::parse_x509_certificate(certificate) {
        Ok((_, certificate)) => certificate.subject().to_string(),
        Err(_) => "(not a readable certificate)".to_owned(),
    }
}

/// A failed handshake in plain words, and what would let the client in.
fn explain(error: &std::io::Error) -> (String, String) {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (reason, remedy) = match cause {
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::UnsupportedCertificate,
        )) => (
            "the client does not trust the server certificate".to_owned(),
            "give the client DATA_DIR/pki/ca.pem as its CA file",
        ),
        Some(rustls::Error::PeerIncompatible(detail)) => (
            format!("the client's TLS settings do not fit ({detail:?})"),
            "let the client speak TLS 1.2 or 1.3 with a current cipher suite",
        ),
        Some(rustls::Error::InvalidCertificate(detail)) => (
            format!("the client certificate is unusable ({detail:?})"),
            "present DATA_DIR/pki/client.pem, or start with --client-auth any",
        ),
        Some(other) => (other.to_string(), "compare the client's TLS settings with the README"),
        None => {
            (format!("the connection ended during the TLS handshake ({error})"), "see the client's own error message")
        }
    };
    (reason, remedy.to_owned())
}

/// Serves over TLS until it is stopped.
pub async fn serve(
    listener: TcpListener,
    tls: Tls,
    app: axum::Router,
    limits: Limits,
    stopped: watch::Receiver<bool>,
    refused: OnRefused,
) {
    let handshake_timeout = limits.handshake_timeout;
    connections::serve(listener, app, limits, stopped, move |stream, remote| {
        let (tls, refused) = (tls.clone(), Arc::clone(&refused));
        async move {
            let Ok(done) = tokio::time::timeout(handshake_timeout, tls.accept(stream, remote, &refused)).await else {
                let reason = format!("the TLS handshake took longer than {handshake_timeout:?}");
                refused(HandshakeRefusal { remote, reason, remedy: "see the client's own error message".to_owned() });
                return None;
            };
            done.map(|(stream, peer)| (stream, Some(Arc::new(peer))))
        }
    })
    .await;
}

/// Serves plain HTTP until it is stopped.
pub async fn serve_plain(listener: TcpListener, app: axum::Router, limits: Limits, stopped: watch::Receiver<bool>) {
    connections::serve(listener, app, limits, stopped, async |stream: TcpStream, _| Some((stream, None))).await;
}
