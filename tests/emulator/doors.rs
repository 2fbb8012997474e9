//! The doors over real sockets: who gets in, who is told what, and that nobody can block them.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::routing::{get, post};
use paygent_emulator::internal::pki::{Pki, PkiOptions};
use paygent_emulator::internal::server::connections::{Limits, Shared};
use paygent_emulator::internal::server::proxy::{self, Passthrough};
use paygent_emulator::internal::server::tls::{self, ClientAuth, ClientCertificate, HandshakeRefusal, Peer, Tls};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Longer than anything here takes; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(20);

struct Server {
    dir: TempDir,
    pki: Pki,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    refusals: mpsc::UnboundedReceiver<HandshakeRefusal>,
    peers: mpsc::UnboundedReceiver<Peer>,
}

async fn start(client_auth: ClientAuth) -> Server {
    start_with(client_auth, None, Limits::default()).await
}

async fn start_with(client_auth: ClientAuth, client_ca: Option<&Path>, limits: Limits) -> Server {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::open(dir.path(), &PkiOptions::default()).unwrap();
    let tls = Tls::new(&pki, client_auth, client_ca).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let (refused, refusals) = mpsc::unbounded_channel();
    let (met, peers) = mpsc::unbounded_channel();
    let app = axum::Router::new()
        .route(
            "/",
            post(move |Extension(peer): Extension<Arc<Peer>>, body: Bytes| {
                met.send(Peer::clone(&peer)).unwrap();
                async move { format!("{} bytes", body.len()) }
            }),
        )
        .route("/never", get(std::future::pending::<()>))
        .route("/large", get(|| async { "x".repeat(300_000) }));
    let on_refused: tls::OnRefused = Arc::new(move |refusal| {
        let _ = refused.send(refusal);
    });
    let running = tokio::spawn(tls::serve(listener, tls, app, limits, stopped, on_refused));
    Server { dir, pki, address, stop, running, refusals, peers }
}

impl Server {
    fn client(&self) -> Client {
        Client { ca: Some(self.pki.ca().clone()), identity: None, alpn: vec![], versions: rustls::ALL_VERSIONS }
    }

    async fn refusal(&mut self) -> HandshakeRefusal {
        tokio::time::timeout(LONG, self.refusals.recv()).await.expect("a refusal was told").unwrap()
    }

    /// Sends a telegram and tells whom the server saw.
    async fn met(&mut self, client: &Client) -> Peer {
        let mut stream = client.connect(self.address).await.unwrap();
        let answer = exchange(&mut stream, POST).await;
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\n3 bytes"), "{answer}");
        self.peers.recv().await.unwrap()
    }
}

const POST: &str = "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na=b";

struct Client {
    ca: Option<CertificateDer<'static>>,
    identity: Option<Identity>,
    alpn: Vec<&'static str>,
    versions: &'static [&'static rustls::SupportedProtocolVersion],
}

impl Client {
    fn with(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    fn offering(mut self, alpn: &[&'static str]) -> Self {
        self.alpn = alpn.to_vec();
        self
    }

    fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.ca.clone());
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            // Unlike the usual resolver, this one sends the certificate whatever CAs the server names.
            Some((chain, key)) => {
                let key = rustls::crypto::ring::sign::any_supported_type(key).unwrap();
                let certified = rustls::sign::CertifiedKey::new(chain.clone(), key);
                builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    async fn connect(&self, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        shake_hands(self.config().into(), TcpStream::connect(address).await?).await
    }
}

async fn shake_hands(config: Arc<ClientConfig>, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
    let host = ServerName::try_from("sandbox.paygent.co.jp").unwrap();
    TlsConnector::from(config).connect(host, stream).await
}

async fn exchange<S: AsyncReadExt + AsyncWriteExt + Unpin>(stream: &mut S, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.expect("an answer came").unwrap();
    String::from_utf8(answer).unwrap()
}

/// A client certificate with other dates or purposes than the usual ones.
fn issue(server: &Server, change: impl FnOnce(&mut rcgen::CertificateParams)) -> Identity {
    let pem = std::fs::read_to_string(server.dir.path().join("ca-key.pem")).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_der(server.pki.ca(), rcgen::KeyPair::from_pem(&pem).unwrap()).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    params.distinguished_name.push(rcgen::DnType::CommonName, "odd one");
    change(&mut params);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
}

fn refused(peer: &Peer) -> (&str, &str) {
    match &peer.certificate {
        ClientCertificate::Refused { reason, remedy, .. } => (&reason.english, &remedy.english),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn our_client_is_known_in_both_versions_of_tls() {
    let mut server = start(ClientAuth::Required).await;
    for (version, name) in [(&rustls::version::TLS12, "TLSv1.2"), (&rustls::version::TLS13, "TLSv1.3")] {
        let mut client = server.client().with(server.pki.client_identity().unwrap());
        let versions: &'static _ = Box::leak(Box::new([version]));
        client.versions = versions;
        let peer = server.met(&client).await;
        assert_eq!(peer.tls_version, name);
        assert_eq!(peer.sni.as_deref(), Some("sandbox.paygent.co.jp"));
        let ClientCertificate::Accepted { subject, issuer } = peer.certificate else { panic!("not accepted") };
        assert_eq!(subject, "O=paygent-emulator, CN=client");
        assert!(issuer.starts_with("O=paygent-emulator, CN=paygent-emulator CA "), "{issuer}");
    }
}

#[tokio::test]
async fn a_resumed_session_keeps_its_certificate() {
    let mut server = start(ClientAuth::Required).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut client = server.client().with(server.pki.client_identity().unwrap());
        let versions: &'static _ = Box::leak(Box::new([version]));
        client.versions = versions;
        let config = Arc::new(client.config());
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let tcp = TcpStream::connect(server.address).await.unwrap();
            let mut stream = shake_hands(Arc::clone(&config), tcp).await.unwrap();
            exchange(&mut stream, POST).await;
            kinds.push(stream.get_ref().1.handshake_kind().unwrap());
            let peer = server.peers.recv().await.unwrap();
            assert!(matches!(peer.certificate, ClientCertificate::Accepted { .. }), "{peer:?}");
        }
        assert_eq!(kinds, [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed]);
    }
}

#[tokio::test]
async fn application_protocols_never_end_a_handshake() {
    let mut server = start(ClientAuth::Off).await;
    for (offered, agreed) in
        [(&[][..], None), (&["http/1.0"], Some("http/1.0")), (&["h2", "http/1.1"], Some("http/1.1")), (&["h2"], None)]
    {
        let peer = server.met(&server.client().offering(offered)).await;
        assert_eq!(peer.alpn.as_deref(), agreed, "{offered:?}");
    }
}

#[tokio::test]
async fn a_missing_certificate_is_not_the_handshakes_business() {
    for mode in [ClientAuth::Required, ClientAuth::Any, ClientAuth::Off] {
        let mut server = start(mode).await;
        let client = server.client();
        assert_eq!(server.met(&client).await.certificate, ClientCertificate::Absent);
    }
}

#[tokio::test]
async fn the_certificate_of_a_foreign_ca_is_refused_with_a_reason() {
    let mut server = start(ClientAuth::Required).await;
    let foreign = tempfile::tempdir().unwrap();
    let foreign = Pki::open(foreign.path(), &PkiOptions::default()).unwrap();
    let client = server.client().with(foreign.client_identity().unwrap());
    // The second time the verdict is remembered.
    for _ in 0..2 {
        let peer = server.met(&client).await;
        let (reason, remedy) = refused(&peer);
        assert!(reason.contains("not a CA that the emulator trusts"), "{reason}");
        assert!(remedy.contains("client.pem") && remedy.contains("--client-auth any"), "{remedy}");
    }
}

#[tokio::test]
async fn a_ca_that_was_given_is_trusted_beside_ours() {
    let foreign_dir = tempfile::tempdir().unwrap();
    let foreign = Pki::open(foreign_dir.path(), &PkiOptions::default()).unwrap();
    let mut server = start_with(ClientAuth::Required, Some(&foreign.ca_file()), Limits::default()).await;
    for identity in [foreign.client_identity().unwrap(), server.pki.client_identity().unwrap()] {
        let peer = server.met(&server.client().with(identity)).await;
        assert!(matches!(peer.certificate, ClientCertificate::Accepted { .. }), "{peer:?}");
    }
}

#[tokio::test]
async fn a_shops_file_with_certificates_and_an_encrypted_key_lets_its_client_in() {
    let foreign_dir = tempfile::tempdir().unwrap();
    let foreign = Pki::open(foreign_dir.path(), &PkiOptions::default()).unwrap();
    let client = std::fs::read_to_string(foreign.client_files().pem).unwrap();
    let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,88A5E0F1C2B3D4E5\n\n\
               AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END RSA PRIVATE KEY-----\n";
    let at_first = format!("Bag Attributes\n    friendlyName: shop\n{key}{client}");
    let with_ca = format!("{}\n{key}", foreign.ca_pem());
    for pem in [at_first, client.clone() + key, with_ca] {
        let file = foreign_dir.path().join("shop.pem");
        std::fs::write(&file, &pem).unwrap();
        let mut server = start_with(ClientAuth::Required, Some(&file), Limits::default()).await;
        let peer = server.met(&server.client().with(foreign.client_identity().unwrap())).await;
        assert!(matches!(peer.certificate, ClientCertificate::Accepted { .. }), "{peer:?} {pem}");
        let stranger_dir = tempfile::tempdir().unwrap();
        let stranger = Pki::open(stranger_dir.path(), &PkiOptions::default()).unwrap();
        let peer = server.met(&server.client().with(stranger.client_identity().unwrap())).await;
        assert!(matches!(peer.certificate, ClientCertificate::Refused { .. }), "{peer:?}");
    }
}

#[test]
fn a_client_ca_without_certificates_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::open(dir.path(), &PkiOptions::default()).unwrap();
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "nothing").unwrap();
    for path in [&empty, &dir.path().join("absent.pem")] {
        let error = Tls::new(&pki, ClientAuth::Required, Some(path)).unwrap_err().to_string();
        assert!(error.contains("--client-ca") && error.contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn expired_and_misused_certificates_are_refused_and_accepted_by_any() {
    let mut server = start(ClientAuth::Required).await;
    let expired = issue(&server, |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let misused = issue(&server, |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    });
    for (identity, expected) in [(&expired, "it has expired"), (&misused, "not meant for clients")] {
        let client = server.client().with((identity.0.clone(), identity.1.clone_key()));
        let peer = server.met(&client).await;
        assert!(refused(&peer).0.contains(expected), "{peer:?}");
    }
    let mut any = start(ClientAuth::Any).await;
    for identity in [expired, misused] {
        let peer = any.met(&any.client().with(identity)).await;
        assert!(
            matches!(&peer.certificate, ClientCertificate::Accepted { subject, .. } if subject.contains("odd one"))
        );
    }
}

#[tokio::test]
async fn an_accepted_certificate_needs_its_key() {
    let mut server = start(ClientAuth::Required).await;
    let (chain, _) = server.pki.client_identity().unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    let client = server.client().with((chain, PrivatePkcs8KeyDer::from(other.serialize_der()).into()));
    // With TLS 1.3 the client learns of it only when it reads.
    if let Ok(mut stream) = client.connect(server.address).await {
        let _ = stream.write_all(POST.as_bytes()).await;
        let mut answer = Vec::new();
        assert!(stream.read_to_end(&mut answer).await.is_err() && answer.is_empty());
    }
    let refusal = server.refusal().await;
    assert!(refusal.reason.english.contains("prove"), "{refusal:?}");
}

#[tokio::test]
async fn a_client_that_does_not_trust_us_is_told_what_to_trust() {
    let mut server = start(ClientAuth::Required).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut client = server.client();
        let foreign = tempfile::tempdir().unwrap();
        client.ca = Some(Pki::open(foreign.path(), &PkiOptions::default()).unwrap().ca().clone());
        let versions: &'static _ = Box::leak(Box::new([version]));
        client.versions = versions;
        assert!(client.connect(server.address).await.is_err());
        let refusal = server.refusal().await;
        assert!(refusal.remedy.english.contains(&server.pki.ca_file().display().to_string()), "{refusal:?}");
    }
}

/// A client's first message of TLS, as a library of today writes it.
fn first_message(server: &Server) -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = rustls::ClientConnection::new(server.client().config().into(), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// The same with one more cipher suite at the front of its list, as Chromium has it: one that means nothing.
fn greased(mut hello: Vec<u8>) -> Vec<u8> {
    const SESSION_ID: usize = 5 + 4 + 2 + 32;
    let suites = SESSION_ID + 1 + usize::from(hello[SESSION_ID]);
    // The lengths of the record, of the message and of the list.
    for at in [3, 7, suites] {
        let length = u16::from_be_bytes([hello[at], hello[at + 1]]) + 2;
        hello[at..at + 2].copy_from_slice(&length.to_be_bytes());
    }
    hello.splice(suites + 2..suites + 2, [0x3a, 0x3a]);
    hello
}

/// Sends a first message, waits for the answer and goes without a word. Returns the address that it had.
async fn drop_the_handshake(server: &Server, hello: &[u8]) -> SocketAddr {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(hello).await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[0], 0x16, "the server shakes hands");
    stream.shutdown().await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    stream.local_addr().unwrap()
}

#[tokio::test]
async fn a_browser_that_goes_to_look_for_a_certificate_is_no_refusal() {
    for client_auth in [ClientAuth::Required, ClientAuth::Any] {
        let mut server = start(client_auth).await;
        let hello = first_message(&server);
        let _browser = drop_the_handshake(&server, &greased(hello.clone())).await;
        let other = drop_the_handshake(&server, &hello).await;
        let refusal = server.refusal().await;
        assert_eq!(refusal.remote, other, "of the other client alone: {refusal:?}");
        assert!(refusal.reason.english.contains("closed the connection"), "{refusal:?}");
    }
    // Where no certificate is asked for, a browser has no reason to go.
    let mut server = start(ClientAuth::Off).await;
    let browser = drop_the_handshake(&server, &greased(first_message(&server))).await;
    assert_eq!(server.refusal().await.remote, browser);
}

#[tokio::test]
async fn a_client_of_an_old_version_is_told_which_one_it_offered() {
    let mut server = start(ClientAuth::Required).await;
    for (version, told) in [([3, 1], "TLS 1.0"), ([3, 2], "TLS 1.1")] {
        let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41];
        hello.extend(version);
        hello.extend([7; 32]);
        // No session, one cipher suite, no compression, no extensions.
        hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&hello).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let refusal = server.refusal().await;
        assert!(refusal.reason.english.contains(told) && refusal.remedy.english.contains("TLS 1.2"), "{refusal:?}");
    }
}

#[tokio::test]
async fn plain_http_is_answered_in_plain_words() {
    let mut server = start(ClientAuth::Required).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let answer = exchange(&mut stream, POST).await;
    assert!(answer.starts_with("HTTP/1.0 400 ") && answer.contains("use https://"), "{answer}");
    assert!(server.refusal().await.remedy.english.contains("https://"));
}

#[tokio::test]
async fn other_bytes_are_not_tls() {
    let mut server = start(ClientAuth::Required).await;
    // An SSL 2.0 hello, something unknown, and a TLS record of nonsense.
    for bytes in [&b"\x80\x2e\x01\x03\x00"[..], b"\x00\x01", b"\x16\x03\x01\x00\x05hello"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let refusal = server.refusal().await;
        assert!(!refusal.reason.is_empty() && !refusal.remedy.is_empty(), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_ended() {
    let limits = Limits { handshake_timeout: Duration::from_millis(50), ..Limits::default() };
    let mut server = start_with(ClientAuth::Required, None, limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"\x16\x03\x01").await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
    assert!(server.refusal().await.reason.english.contains("not complete after 50ms"));
}

#[tokio::test]
async fn a_request_that_never_ends_is_ended() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = start_with(ClientAuth::Off, None, limits).await;
    let mut stream = server.client().connect(server.address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost:").await.unwrap();
    let ended = tokio::time::timeout(LONG, stream.read(&mut [0])).await.unwrap();
    assert_eq!(ended.unwrap_or(0), 0);
}

#[tokio::test]
async fn silent_connections_block_nobody() {
    let limits = Limits { max_connections: 50, ..Limits::default() };
    let mut server = start_with(ClientAuth::Required, None, limits).await;
    let mut silent = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if number % 2 == 0 {
            // A slot taken early may have been given away already.
            let _ = stream.write_all(b"\x16\x03").await;
        }
        silent.push(stream);
    }
    let client = server.client().with(server.pki.client_identity().unwrap());
    for _ in 0..5 {
        tokio::time::timeout(LONG, server.met(&client)).await.expect("silent connections blocked a client");
    }
}

#[tokio::test]
async fn bodies_that_never_end_block_nobody() {
    let limits = Limits { max_connections: 4, ..Limits::default() };
    let mut server = start_with(ClientAuth::Off, None, limits).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = server.client().connect(server.address).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na").await.unwrap();
        slow.push(stream);
    }
    let client = server.client();
    tokio::time::timeout(LONG, server.met(&client)).await.expect("slow bodies blocked a client");
}

#[tokio::test]
async fn a_body_that_stops_coming_is_ended_on_every_door() {
    let limits = Limits { body_timeout: Duration::from_millis(50), ..Limits::default() };
    let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na";
    let server = start_with(ClientAuth::Off, None, limits.clone()).await;
    let mut stream = server.client().connect(server.address).await.unwrap();
    let answer = exchange(&mut stream, request).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("in time"), "{answer}");

    let (address, _stop) = start_plain(limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = exchange(&mut stream, request).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_ended() {
    let limits = Limits { write_timeout: Duration::from_millis(50), ..Limits::default() };
    // The answer has no end, and what makes it is dropped with its connection.
    let (alive, gone) = tokio::sync::oneshot::channel::<()>();
    let alive = Arc::new(std::sync::Mutex::new(Some(alive)));
    let endless = move || {
        let alive = alive.lock().unwrap().take();
        let parts = futures_util::stream::repeat_with(move || {
            let _ = &alive;
            Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 65_536]))
        });
        async move { axum::body::Body::from_stream(parts) }
    };
    let (address, _stop) = serve_plain(axum::Router::new().route("/", axum::routing::get(endless)), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(tokio::time::timeout(LONG, gone).await.expect("the connection stays").is_err());
}

/// A plain door that answers how long a body was.
async fn start_plain(limits: Limits) -> (SocketAddr, watch::Sender<bool>) {
    let app = axum::Router::new().route("/", post(|body: Bytes| async move { format!("{} bytes", body.len()) }));
    serve_plain(app, limits).await
}

async fn serve_plain(app: axum::Router, limits: Limits) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(tls::serve_plain(listener, app, limits, stopped));
    (address, stop)
}

#[tokio::test]
async fn the_bodies_of_all_doors_have_one_budget() {
    let limits = Limits { shared: Shared::new(2000), ..Limits::default() };
    let server = start_with(ClientAuth::Off, None, limits.clone()).await;
    let (plain, _stop) = start_plain(limits).await;
    let mut slow = server.client().connect(server.address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1900\r\n\r\n";
    slow.write_all(format!("{head}{}", "a".repeat(1899)).as_bytes()).await.unwrap();

    let request = format!("POST / HTTP/1.0\r\nContent-Length: 500\r\n\r\n{}", "b".repeat(500));
    let other = async || {
        let mut stream = TcpStream::connect(plain).await.unwrap();
        exchange(&mut stream, &request).await
    };
    // Until the first body is there.
    let refused = tokio::time::timeout(LONG, async {
        loop {
            let answer = other().await;
            if !answer.starts_with("HTTP/1.0 200 ") {
                return answer;
            }
        }
    });
    let answer = refused.await.expect("the budget has an end");
    assert!(answer.starts_with("HTTP/1.0 503 ") && answer.contains("\r\nRetry-After: 1\r\n"), "{answer}");

    let answer = exchange(&mut slow, "a").await;
    assert!(answer.ends_with("1900 bytes"), "whoever was there first is served: {answer}");
    assert!(other().await.ends_with("500 bytes"), "what was answered is given back");
}

#[tokio::test]
async fn work_under_way_is_not_closed_for_another() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let server = start_with(ClientAuth::Off, None, limits).await;
    let mut working = server.client().connect(server.address).await.unwrap();
    working.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let client = server.client();
    let waiting = tokio::time::timeout(Duration::from_millis(200), client.connect(server.address)).await;
    // The one that works may have been closed before its request was there; if not, it stays.
    if waiting.is_err() {
        let more = tokio::time::timeout(Duration::from_millis(10), working.read(&mut [0])).await;
        assert!(more.is_err(), "the connection was closed");
    }
}

#[tokio::test]
async fn connections_that_break_off_stop_nothing() {
    let mut server = start(ClientAuth::Required).await;
    for _ in 0..300 {
        let stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_zero_linger().unwrap();
        drop(stream);
    }
    let client = server.client();
    server.met(&client).await;
}

#[tokio::test]
async fn odd_requests_are_answered() {
    let mut server = start(ClientAuth::Off).await;
    let long_query =
        format!("POST /?q={} HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "x".repeat(60_000));
    for (request, what) in [
        ("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na=b\r\n\r\n", "bytes after the body"),
        (
            "POST / HTTP/1.0\r\nContent-Type=x\r\ncharset=y\r\nContent-Length: 3\r\n\r\na=b",
            "header lines without colon",
        ),
        ("POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b", "HTTP/1.1 without host"),
        (&long_query, "all parameters in the URL"),
    ] {
        let mut stream = server.client().connect(server.address).await.unwrap();
        let answer = exchange(&mut stream, request).await;
        assert!(answer.contains(" 200 OK\r\n") && answer.ends_with(" bytes"), "{what}: {answer}");
        assert!(answer.contains("\r\nContent-Length: "), "names in title case: {answer}");
        server.peers.recv().await.unwrap();
    }
}

#[tokio::test]
async fn a_large_answer_survives_bytes_that_nobody_reads() {
    let server = start(ClientAuth::Off).await;
    let mut stream = server.client().connect(server.address).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.0\r\n\r\n").await.unwrap();
    stream.write_all(&[b'\n'; 4000]).await.unwrap();
    let answer = exchange(&mut stream, "").await;
    assert!(answer.ends_with('x') && answer.len() > 300_000);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let limits = Limits { max_header_bytes: 16 * 1024, ..Limits::default() };
    let server = start_with(ClientAuth::Off, None, limits).await;
    let mut stream = server.client().connect(server.address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000));
    let answer = exchange(&mut stream, &head).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn keep_alive_and_half_closed_connections_work() {
    let server = start(ClientAuth::Off).await;
    let mut stream = server.client().connect(server.address).await.unwrap();
    let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b";
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = exchange_rest(&mut stream).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
}

async fn exchange_rest<S: AsyncReadExt + Unpin>(stream: &mut S) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.expect("the connection ended").unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn stopping_closes_what_is_idle_and_ends() {
    let mut server = start(ClientAuth::Off).await;
    let mut idle = server.client().connect(server.address).await.unwrap();
    let mut used = server.client().connect(server.address).await.unwrap();
    used.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    server.peers.recv().await.unwrap();
    let mut working = server.client().connect(server.address).await.unwrap();
    working.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();

    server.stop.send(true).unwrap();
    tokio::time::timeout(LONG, server.running).await.expect("the server ended").unwrap();
    for stream in [&mut idle, &mut used, &mut working] {
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut rest)).await.expect("the connection ended");
    }
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn the_plain_door_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let app = axum::Router::new().route("/", get(|| async { "console" }));
    let running = tokio::spawn(tls::serve_plain(listener, app, Limits::default(), stopped));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = exchange(&mut stream, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.ends_with("console"), "{answer}");
    drop(stop);
    tokio::time::timeout(LONG, running).await.expect("the server ended").unwrap();
}

async fn start_proxy(
    target: SocketAddr,
    passthrough: Passthrough,
    limits: Limits,
) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(proxy::serve(listener, target, passthrough, stopped, limits));
    (address, stop)
}

#[tokio::test]
async fn the_connect_door_leads_played_hosts_to_us() {
    let mut server = start(ClientAuth::Required).await;
    let (proxy, _stop) = start_proxy(server.address, Passthrough::Nowhere, Limits::default()).await;
    for request in [
        "CONNECT sandbox.paygent.co.jp:443 HTTP/1.1\r\nHost: sandbox.paygent.co.jp:443\r\n\r\n",
        "CONNECT Module.PAYGENT.co.jp.:443 HTTP/1.0\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(proxy).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let expected = "HTTP/1.1 200 Connection established\r\n\r\n";
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, expected.as_bytes());
        let client = server.client().with(server.pki.client_identity().unwrap());
        let mut stream = shake_hands(client.config().into(), stream).await.unwrap();
        assert!(exchange(&mut stream, POST).await.ends_with("3 bytes"));
        server.peers.recv().await.unwrap();
    }
}

#[tokio::test]
async fn the_connect_door_says_no_in_plain_words() {
    let server = start(ClientAuth::Required).await;
    let limits = Limits { header_timeout: Duration::from_millis(200), ..Limits::default() };
    let (proxy, _stop) = start_proxy(server.address, Passthrough::Nowhere, limits).await;
    let long = format!("CONNECT x:443 HTTP/1.1\r\nX: {}", "x".repeat(20_000));
    for (request, status, word) in [
        ("CONNECT example.com:443 HTTP/1.1\r\n\r\n", "403", "example.com: start it with --proxy-passthrough"),
        ("CONNECT sandbox.paygent.co.jp:80 HTTP/1.1\r\n\r\n", "403", "port 443 only"),
        ("CONNECT sandbox.paygent.co.jp HTTP/1.1\r\n\r\n", "400", "HOST:PORT"),
        ("GET http://sandbox.paygent.co.jp/ HTTP/1.1\r\n\r\n", "405", "https_proxy"),
        ("\u{16}\u{3}\u{1}", "400", "not HTTP"),
        ("hello\r\n\r\n", "400", "not HTTP"),
        (&long, "431", "too long"),
        ("CONNECT sandbox", "408", "in time"),
    ] {
        let mut stream = TcpStream::connect(proxy).await.unwrap();
        let answer = exchange(&mut stream, request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(word), "{request}: {answer}");
    }
}

#[tokio::test]
async fn other_hosts_are_dialled_only_on_wish() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = other.local_addr().unwrap().port();
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let (proxy, _stop) = start_proxy(nowhere, Passthrough::Anywhere, Limits::default()).await;
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream.write_all(format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nearly").as_bytes()).await.unwrap();
    let (mut reached, _) = tokio::time::timeout(LONG, other.accept()).await.expect("the host was dialled").unwrap();
    let mut early = [0; 5];
    reached.read_exact(&mut early).await.unwrap();
    assert_eq!(&early, b"early");

    // A host that we play is never dialled for real.
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    let answer = exchange(&mut stream, "CONNECT sandbox.paygent.co.jp:8443 HTTP/1.1\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

/// Opens a tunnel through a proxy to a listener of ours; both its ends.
async fn tunnel(proxy: SocketAddr, other: &TcpListener) -> (TcpStream, TcpStream) {
    let mut client = TcpStream::connect(proxy).await.unwrap();
    let port = other.local_addr().unwrap().port();
    client.write_all(format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    let (reached, _) = tokio::time::timeout(LONG, other.accept()).await.expect("the host was dialled").unwrap();
    let mut answer = [0; 39];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 Connection established\r\n\r\n");
    (client, reached)
}

#[tokio::test]
async fn silent_and_half_closed_tunnels_end() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let short = Duration::from_millis(50);
    for (limits, half_closed) in [
        (Limits { tunnel_timeout: short, ..Limits::default() }, false),
        (Limits { idle_timeout: short, tunnel_timeout: 4 * LONG, ..Limits::default() }, true),
    ] {
        let (proxy, _stop) = start_proxy(nowhere, Passthrough::Anywhere, limits).await;
        let (mut client, mut reached) = tunnel(proxy, &other).await;
        if half_closed {
            reached.shutdown().await.unwrap();
        }
        let ended = tokio::time::timeout(LONG, client.read_to_end(&mut Vec::new())).await;
        ended.expect("the client is told").unwrap_or_default();
        // Only a tunnel that is gone as a whole ends for both.
        let ended = tokio::time::timeout(LONG, reached.read_to_end(&mut Vec::new())).await;
        ended.expect("the tunnel ended").unwrap_or_default();
    }
}

#[tokio::test]
async fn the_tunnel_that_works_is_not_the_one_that_is_closed() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let limits = Limits { max_connections: 2, ..Limits::default() };
    let (proxy, _stop) = start_proxy(nowhere, Passthrough::Anywhere, limits).await;
    let (mut busy, mut reached) = tunnel(proxy, &other).await;
    let (mut silent, _held) = tunnel(proxy, &other).await;
    for _ in 0..3 {
        busy.write_all(b"x").await.unwrap();
        reached.read_exact(&mut [0]).await.unwrap();
        reached.write_all(b"y").await.unwrap();
        busy.read_exact(&mut [0]).await.unwrap();
        let (third, _also_held) = tunnel(proxy, &other).await;
        let ended = tokio::time::timeout(LONG, silent.read_to_end(&mut Vec::new())).await;
        ended.expect("the silent one made room").unwrap_or_default();
        silent = third;
    }
}

#[tokio::test]
async fn what_only_this_machine_can_reach_is_not_reached_through_the_proxy() {
    let console = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = console.local_addr().unwrap().port();
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let own = [SocketAddr::from(([0, 0, 0, 0], port))];
    let (proxy, _stop) = start_proxy(nowhere, Passthrough::Public { own: own.into() }, Limits::default()).await;
    // However it is written.
    for host in
        ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]"]
    {
        let mut stream = TcpStream::connect(proxy).await.unwrap();
        let answer = exchange(&mut stream, &format!("CONNECT {host}:{port} HTTP/1.1\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{host}: {answer}");
        assert!(answer.contains("--proxy-passthrough-private"), "{host}: {answer}");
    }
    let reached = tokio::time::timeout(Duration::ZERO, console.accept()).await;
    assert!(reached.is_err(), "nobody came through");
}

/// Runs a tool; nothing if this machine has none.
async fn run(tool: &'static str, args: Vec<String>) -> Option<Output> {
    let ran = tokio::task::spawn_blocking(move || Command::new(tool).args(args).output()).await.unwrap();
    match ran {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        ran => Some(ran.unwrap()),
    }
}

fn curl(server: &Server, more: &[&str]) -> Vec<String> {
    let ca = server.pki.ca_file().display().to_string();
    let to = format!("sandbox.paygent.co.jp:443:{}", server.address);
    let fixed = ["-sS", "--max-time", "20", "--cacert", &ca, "--connect-to", &to, "-d", "a=b"];
    fixed.iter().chain(more).map(|&arg| arg.to_owned()).chain(["https://sandbox.paygent.co.jp/".to_owned()]).collect()
}

#[tokio::test]
async fn curl_gets_in_as_the_php_module_calls_it() {
    let mut server = start(ClientAuth::Required).await;
    let files = server.pki.client_files();
    let (pem, p12) = (files.pem.display().to_string(), files.p12.display().to_string());
    for more in [
        &["--http1.0", "--cert", &format!("{pem}:changeit"), "--key", &pem][..],
        &["--tls-max", "1.2", "--cert", &format!("{pem}:changeit")],
        &["--cert-type", "P12", "--cert", &format!("{p12}:changeit")],
    ] {
        let Some(output) = run("curl", curl(&server, more)).await else { return };
        assert_eq!(String::from_utf8_lossy(&output.stdout), "3 bytes", "{more:?}: {output:?}");
        let peer = server.peers.recv().await.unwrap();
        assert!(matches!(peer.certificate, ClientCertificate::Accepted { .. }), "{peer:?}");
    }
}

/// Lets OpenSSL, and curl by it, use keys that it holds to be too short.
const LAX: &str = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n[lax]\n\
                   CipherString = DEFAULT@SECLEVEL=0\nMinProtocol = TLSv1.2\n";

#[tokio::test]
async fn an_rsa_1024_sha_1_certificate_is_refused_or_accepted_by_any() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (pem, key, lax) = (path("old.pem"), path("old-key.pem"), path("lax.cnf"));
    std::fs::write(&lax, LAX).unwrap();
    let kind = ["req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-days", "1", "-subj", "/O=PAYGENT/CN=old"];
    let args = kind.iter().chain(&["-keyout", &key, "-out", &pem]).map(|&arg| arg.to_owned()).collect();
    let Some(made) = run("openssl", args).await else { return };
    assert!(made.status.success(), "{made:?}");
    for version in ["1.2", "1.3"] {
        for mode in [ClientAuth::Required, ClientAuth::Any] {
            let mut server = start(mode).await;
            let mut args = vec![format!("OPENSSL_CONF={lax}"), "curl".into()];
            args.extend(curl(&server, &["--tls-max", version, "--cert", &pem, "--key", &key]));
            let Some(output) = run("env", args).await else { return };
            let refusal = server.refusals.try_recv();
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                "3 bytes",
                "{mode:?} {version}: {output:?} {refusal:?}"
            );
            let peer = server.peers.recv().await.unwrap();
            match mode {
                ClientAuth::Required => assert!(refused(&peer).0.contains("signed by itself"), "{peer:?}"),
                _ => assert!(matches!(peer.certificate, ClientCertificate::Accepted { .. }), "{peer:?}"),
            }
        }
    }
}

#[tokio::test]
async fn curl_reaches_us_by_its_proxy_setting_alone() {
    let mut server = start(ClientAuth::Off).await;
    let (proxy, _stop) = start_proxy(server.address, Passthrough::Nowhere, Limits::default()).await;
    let ca = server.pki.ca_file().display().to_string();
    let proxy = format!("http://{proxy}");
    let args =
        ["-sS", "--max-time", "20", "--cacert", &ca, "-x", &proxy, "-d", "a=b", "https://sandbox.paygent.co.jp/"];
    let Some(output) = run("curl", args.iter().map(|&arg| arg.to_owned()).collect()).await else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "3 bytes", "{output:?}");
    server.peers.recv().await.unwrap();
}
