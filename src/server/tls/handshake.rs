//! From a TCP connection to a TLS connection with a known peer, or to a refusal in plain words.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use rustls::ProtocolVersion;
use rustls::server::{Acceptor, ClientHello};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::{HandshakeRefusal, PROTOCOLS, Peer, Tls, refusal};
use crate::server::connections::{DRAINED, drain};
use crate::text::Text;

/// The first byte of every TLS connection: a record of the handshake.
const HANDSHAKE: u8 = 0x16;
/// Where the first message says which version the client speaks at most, or 1.2 when it speaks a later one too: after
/// the heads of record and message.
const HELLO_VERSION: usize = 9;

/// What went wrong and what to do, or nothing worth telling.
type Told = Option<(Text, Text)>;

impl Tls {
    /// Shakes hands. The error is nothing when the connection ended without a byte.
    pub(super) async fn open(
        &self,
        stream: TcpStream,
        remote: SocketAddr,
        longest: Duration,
    ) -> Result<(TlsStream<TcpStream>, Peer), Option<HandshakeRefusal>> {
        let refuse = |told: Told| told.map(|(reason, remedy)| HandshakeRefusal { remote, reason, remedy });
        match timeout(longest, self.shake_hands(stream)).await {
            Ok(Ok(stream)) => {
                let peer = self.peer(&stream, remote);
                Ok((stream, peer))
            }
            Ok(Err(told)) => Err(refuse(told)),
            Err(_) => Err(refuse(Some(refusal::too_slow(longest)))),
        }
    }

    async fn shake_hands(&self, mut stream: TcpStream) -> Result<TlsStream<TcpStream>, Told> {
        let mut first = [0; HELLO_VERSION + 2];
        let seen = stream.peek(&mut first).await;
        match seen {
            Ok(0) | Err(_) => return Err(None),
            Ok(_) if first[0] == HANDSHAKE => {}
            Ok(_) if first[0].is_ascii_uppercase() => {
                answer_plain_http(&mut stream).await;
                return Err(Some(refusal::plain_http()));
            }
            Ok(_) => return Err(Some(refusal::not_tls(first[0]))),
        }
        let offered = seen.ok().filter(|&count| count == first.len()).and(first.last_chunk().copied());
        let explain = |error: std::io::Error| Some(refusal::explain(&error, &self.ca_file, offered));
        let mut acceptor = pin!(LazyConfigAcceptor::new(Acceptor::default(), stream));
        let start = acceptor.as_mut().await.map_err(explain)?;
        let fits = knows_a_protocol(&start.client_hello());
        let config = if fits { &self.config } else { &self.without_protocols };
        let asks_its_user = self.judge.is_asking() && is_chromium(&start.client_hello());
        start.into_stream(config.clone()).await.map_err(|error| {
            if asks_its_user && refusal::is_closed(&error) {
                tracing::debug!("a browser asks its user for a client certificate, and comes again");
                return None;
            }
            explain(error)
        })
    }

    fn peer(&self, stream: &TlsStream<TcpStream>, remote: SocketAddr) -> Peer {
        let (_, tls) = stream.get_ref();
        Peer {
            remote,
            certificate: self.judge.judge(tls.peer_certificates()),
            tls_version: match tls.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            },
            alpn: tls.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            sni: tls.server_name().map(str::to_owned),
        }
    }
}

/// Whether the client offers none or at least one application protocol that we speak.
fn knows_a_protocol(hello: &ClientHello<'_>) -> bool {
    hello.alpn().is_none_or(|mut offered| offered.any(|name| PROTOCOLS.contains(&name)))
}

/// Whether a client is of Chromium's family: its list of cipher suites holds a number that means nothing (GREASE,
/// RFC 8701), which no other library sends.
///
/// Asked for a client certificate, such a browser closes the connection without a word, looks for one to offer, and
/// comes again with one or with none. It has verified our certificate by then; one that does not trust it says so with
/// an alert.
fn is_chromium(hello: &ClientHello<'_>) -> bool {
    hello.cipher_suites().iter().any(|suite| {
        let [high, low] = u16::from(*suite).to_be_bytes();
        high == low && high & 0x0f == 0x0a
    })
}

/// Tells a client that speaks plain HTTP what is wrong, in its own language.
async fn answer_plain_http(stream: &mut TcpStream) {
    // Read the head first: many clients listen only after they have spoken.
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        match timeout(Duration::from_secs(1), stream.read_buf(&mut head)).await {
            Ok(Ok(count)) if count > 0 && !head.windows(4).any(|four| four == b"\r\n\r\n") => {}
            _ => break,
        }
    }
    let port = stream.local_addr().map_or(443, |address| address.port());
    let advice = format!("This port speaks HTTPS: use https:// instead of http:// in the URL (port {port}).\n");
    let answer = format!(
        "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{advice}",
        advice.len()
    );
    if stream.write_all(answer.as_bytes()).await.is_ok() && stream.shutdown().await.is_ok() {
        drain(stream, DRAINED).await;
    }
}
