//! The door without edits: an HTTP CONNECT proxy whose tunnels end at our own TLS port.
//!
//! With `https_proxy` set to it, an unmodified client that has the real service's hosts in its code reaches us.

mod passthrough;
mod tunnel;

pub use passthrough::Passthrough;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::connections::{self, DRAINED, Limits, Slot, drain};
use crate::addresses::{hosts, reachable};
use passthrough::NoWay;

/// How large the head of a CONNECT request may be, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Opens tunnels until `stopped` becomes true or its sender is dropped: to `target` for port 443 of the hosts that we
/// play, elsewhere as far as `passthrough` says.
///
/// A played host is never dialled for real: a test that lost its way must not reach the real service.
///
/// Of the limits count the number of connections, [`Limits::header_timeout`] for the CONNECT request,
/// [`Limits::tunnel_timeout`] and [`Limits::idle_timeout`] for silent and half-closed tunnels.
pub async fn serve(
    listener: TcpListener,
    target: SocketAddr,
    passthrough: Passthrough,
    stopped: watch::Receiver<bool>,
    limits: Limits,
) {
    let door = Door { target: reachable(target), passthrough, limits: limits.clone() };
    connections::accept(listener, &limits, stopped, move |stream, remote, slot| {
        let door = door.clone();
        async move {
            if let Err(error) = door.pass(stream, &slot).await {
                tracing::debug!(%remote, %error, "a tunnel ended early");
            }
        }
    })
    .await;
}

#[derive(Debug, Clone)]
struct Door {
    target: SocketAddr,
    passthrough: Passthrough,
    limits: Limits,
}

/// An answer other than a tunnel.
struct No {
    status: &'static str,
    advice: String,
}

impl No {
    fn new(status: &'static str, advice: impl Into<String>) -> Self {
        Self { status, advice: advice.into() }
    }
}

impl Door {
    async fn pass(self, mut client: TcpStream, slot: &Slot) -> io::Result<()> {
        let limits = self.limits.clone();
        let opened = match timeout(limits.header_timeout, read_head(&mut client)).await {
            Err(_) => Err(No::new("408 Request Timeout", "The CONNECT request did not arrive in time.")),
            Ok(head) => match head? {
                None => return Ok(()),
                Some(Head { bytes, end }) if end > 0 => {
                    self.open(&bytes[..end]).await.map(|server| (server, bytes[end..].to_vec()))
                }
                Some(_) => Err(No::new("431 Request Header Fields Too Large", "The CONNECT request is too long.")),
            },
        };
        let (mut server, early) = match opened {
            Ok(opened) => opened,
            Err(no) => return refuse(client, &no).await,
        };
        let _ = server.set_nodelay(true);
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        // Some clients begin to speak before they have the answer.
        server.write_all(&early).await?;
        tunnel::pass(client, server, slot, &limits).await
    }

    /// Dials where a request wants to go.
    async fn open(self, head: &[u8]) -> Result<TcpStream, No> {
        let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_ascii_whitespace();
        let (Some(method), Some(wanted), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Err(No::new("400 Bad Request", "This is a CONNECT proxy, and the request is not HTTP."));
        };
        if !version.starts_with("HTTP/1.") {
            return Err(No::new("400 Bad Request", "This is a CONNECT proxy for HTTP/1.0 and HTTP/1.1."));
        }
        if method != "CONNECT" {
            return Err(No::new(
                "405 Method Not Allowed\r\nAllow: CONNECT",
                format!(
                    "This is a CONNECT proxy, which does not answer {method}: set it as https_proxy, not as \
                     http_proxy, and use https:// URLs."
                ),
            ));
        }
        let Some((host, port)) =
            wanted.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
        else {
            return Err(No::new("400 Bad Request", "CONNECT needs HOST:PORT."));
        };
        let dialled = match (hosts::find_played(host).is_some(), port) {
            (true, 443) => TcpStream::connect(self.target).await.map_err(NoWay::Unreachable),
            (true, _) => {
                return Err(No::new("403 Forbidden", format!("The emulator plays {host} on port 443 only.")));
            }
            (false, _) if matches!(self.passthrough, Passthrough::Nowhere) => {
                tracing::warn!(%host, port, "the proxy refused a host that the emulator does not play");
                return Err(No::new(
                    "403 Forbidden",
                    format!("The emulator does not play {host}: start it with --proxy-passthrough to reach it."),
                ));
            }
            (false, _) => self.passthrough.dial(host, port).await,
        };
        dialled.map_err(|error| match error {
            NoWay::Forbidden(ip) => {
                tracing::warn!(%host, port, %ip, "the proxy refused a host of this machine or of its network");
                let advice = format!(
                    "{wanted} is {ip}, which is this machine's or in its network: start the emulator with \
                     --proxy-passthrough-private to reach it."
                );
                No::new("403 Forbidden", advice)
            }
            NoWay::Unreachable(error) => No::new("502 Bad Gateway", format!("{wanted} cannot be reached: {error}")),
        })
    }
}

/// The bytes of a request; `end` is where its head ends, 0 if it is too long.
struct Head {
    bytes: Vec<u8>,
    end: usize,
}

/// Reads a request's head; nothing if the client goes before it is whole.
async fn read_head(client: &mut TcpStream) -> io::Result<Option<Head>> {
    let mut bytes = Vec::with_capacity(1024);
    while bytes.len() < MAX_HEAD {
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        if let Some(end) = end_of_head(&bytes) {
            return Ok(Some(Head { bytes, end }));
        }
        // A TLS client that was told that this is an HTTPS proxy never sends the end of a line.
        if bytes.first().is_some_and(|first| !first.is_ascii_alphabetic() && !first.is_ascii_whitespace()) {
            let end = bytes.len();
            return Ok(Some(Head { bytes, end }));
        }
    }
    Ok(Some(Head { bytes, end: 0 }))
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let lf = bytes.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
    crlf.into_iter().chain(lf).min()
}

async fn refuse(mut client: TcpStream, no: &No) -> io::Result<()> {
    let No { status, advice } = no;
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{advice}\n",
        advice.len() + 1
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await?;
    drain(&mut client, DRAINED).await;
    Ok(())
}
