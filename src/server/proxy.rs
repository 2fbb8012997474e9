//! The zero-edit door: an HTTP CONNECT proxy whose tunnels end at our own TLS port.
//!
//! With `https_proxy` set to it, an unmodified client reaches us under the hosts that it has in its code.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::pki::PLAYED_HOSTS;

/// Tunnels at once.
const MAX_TUNNELS: usize = 1024;
/// How long a client may take to say where it wants to go, and in how many bytes.
const HEAD: (Duration, u64) = (Duration::from_secs(10), 16 * 1024);

/// Opens tunnels until it is stopped: to `target` for the hosts that we play, elsewhere only with `passthrough`.
pub async fn serve(listener: TcpListener, target: SocketAddr, passthrough: bool, mut stopped: watch::Receiver<bool>) {
    let tunnels = Arc::new(Semaphore::new(MAX_TUNNELS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let Ok((stream, remote)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&tunnels).try_acquire_owned() else { continue };
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            tokio::select! {
                done = tunnel(stream, target, passthrough) => {
                    if let Err(error) = done {
                        tracing::debug!(%remote, %error, "a tunnel ended early");
                    }
                }
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
            drop(permit);
        });
    }
}

async fn tunnel(stream: TcpStream, target: SocketAddr, passthrough: bool) -> io::Result<()> {
    let _ = stream.set_nodelay(true);
    let mut client = BufReader::new(stream);
    let (longest, most) = HEAD;
    let head = tokio::time::timeout(longest, read_head(&mut client, most)).await;
    let request_line = match head {
        Ok(Ok(Some(line))) => line,
        Ok(Ok(None)) | Err(_) => {
            return refuse(client, "400 Bad Request", "This is a CONNECT proxy; the request is not one.").await;
        }
        Ok(Err(error)) => return Err(error),
    };
    let mut words = request_line.split_ascii_whitespace();
    let (Some(method), Some(authority)) = (words.next(), words.next()) else {
        return refuse(client, "400 Bad Request", "This is a CONNECT proxy; the request is not one.").await;
    };
    if method != "CONNECT" {
        let advice = "This proxy only opens tunnels (CONNECT): set https_proxy, not http_proxy, and use https:// URLs.";
        return refuse(client, "405 Method Not Allowed", advice).await;
    }
    let Some((host, port)) = authority.rsplit_once(':') else {
        return refuse(client, "400 Bad Request", "CONNECT needs HOST:PORT.").await;
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ours = port == "443" && PLAYED_HOSTS.contains(&host.as_str());
    let reached = if ours {
        TcpStream::connect(target).await
    } else if passthrough {
        TcpStream::connect(authority).await
    } else {
        tracing::warn!(%authority, "the proxy refused a host that the emulator does not play");
        let advice =
            format!("{authority} is not a host that the emulator plays; start with --proxy-passthrough to reach it.");
        return refuse(client, "403 Forbidden", &advice).await;
    };
    let mut server = match reached {
        Ok(server) => server,
        Err(error) => {
            return refuse(client, "502 Bad Gateway", &format!("{authority} cannot be reached: {error}")).await;
        }
    };
    let _ = server.set_nodelay(true);
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// Reads a request's head and returns its first line; `None` when it has none or is too long.
async fn read_head(client: &mut BufReader<TcpStream>, most: u64) -> io::Result<Option<String>> {
    let mut head = client.take(most);
    let mut first = None;
    loop {
        let mut line = Vec::new();
        if head.read_until(b'\n', &mut line).await? == 0 || line.last() != Some(&b'\n') {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if line.is_empty() {
            return Ok(first);
        }
        first.get_or_insert(line);
    }
}

async fn refuse(mut client: BufReader<TcpStream>, status: &str, advice: &str) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{advice}\n",
        advice.len() + 1
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}
