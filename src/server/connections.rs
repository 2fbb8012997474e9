//! Connections: how many, how long, how big, so that nobody can stop the server by being rude.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use crate::server::tls::Peer;

/// What a client may use up.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; one more closes the one that has been idle longest.
    pub max_connections: usize,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long the head of a request may take, and how long a connection may stay idle before one.
    pub header_timeout: Duration,
    /// How large the head of a request may be: some clients send all parameters in the URL.
    pub max_header_bytes: usize,
    /// How long requests under way may take to end when the server is stopped.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_connections: 1024,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(30),
            max_header_bytes: 256 * 1024,
            farewell: Duration::from_secs(1),
        }
    }
}

/// How long to wait when the system gives no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How much and how long is read after the last answer, so that the system does not throw the answer away.
const DRAIN: (usize, Duration) = (64 * 1024, Duration::from_millis(500));

/// The connections that are open.
#[derive(Default)]
struct Open {
    slots: Mutex<BTreeMap<u64, Arc<Slot>>>,
    all_closed: Notify,
}

#[derive(Default)]
struct Slot {
    busy: AtomicBool,
    close: Notify,
}

impl Open {
    /// Takes in a connection; when there are too many, the oldest idle one must go, or the oldest of all.
    fn enter(&self, id: u64, max: usize) -> Arc<Slot> {
        let mut slots = self.lock();
        if slots.len() >= max {
            let idle = slots.iter().find(|(_, slot)| !slot.busy.load(Ordering::Relaxed)).map(|(id, _)| *id);
            if let Some(slot) = idle.or_else(|| slots.keys().next().copied()).and_then(|id| slots.remove(&id)) {
                slot.close.notify_one();
            }
        }
        let slot = Arc::new(Slot::default());
        slots.insert(id, Arc::clone(&slot));
        slot
    }

    fn leave(&self, id: u64) {
        let mut slots = self.lock();
        slots.remove(&id);
        if slots.is_empty() {
            self.all_closed.notify_one();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts connections until it is stopped; `open` makes of a TCP connection what requests come over.
pub(super) async fn serve<S, F>(
    listener: TcpListener,
    app: axum::Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
    open: impl Fn(TcpStream, SocketAddr) -> F,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Option<(S, Option<Arc<Peer>>)>> + Send + 'static,
{
    let connections = Arc::new(Open::default());
    for id in 0_u64.. {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are written at once; waiting to fill packets only delays them.
        let _ = stream.set_nodelay(true);
        let slot = connections.enter(id, limits.max_connections);
        let (app, limits, stopped) = (app.clone(), limits.clone(), stopped.clone());
        let (connections, opening) = (Arc::clone(&connections), open(stream, remote));
        tokio::spawn(async move {
            let opened = tokio::select! {
                opened = opening => opened,
                () = slot.close.notified() => None,
            };
            if let Some((stream, peer)) = opened {
                answer(stream, peer, app, &limits, stopped, &slot).await;
            }
            connections.leave(id);
        });
    }
    drop(listener);
    let closed = async {
        while !connections.lock().is_empty() {
            connections.all_closed.notified().await;
        }
    };
    let _ = tokio::time::timeout(limits.farewell, closed).await;
}

/// Answers the requests of one connection.
async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Option<Arc<Peer>>,
    app: axum::Router,
    limits: &Limits,
    mut stopped: watch::Receiver<bool>,
    slot: &Arc<Slot>,
) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        if let Some(peer) = &peer {
            request.extensions_mut().insert(Arc::clone(peer));
        }
        let (answering, slot) = (app.call(request), Arc::clone(slot));
        slot.busy.store(true, Ordering::Relaxed);
        Box::pin(async move {
            let answer = answering.await;
            slot.busy.store(false, Ordering::Relaxed);
            answer
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.max_header_bytes)
        .max_buf_size(limits.max_header_bytes + 16 * 1024)
        .ignore_invalid_headers(true)
        .title_case_headers(true)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut ending = false;
    let done = loop {
        tokio::select! {
            done = poll_fn(|context| connection.poll_without_shutdown(context)) => break done,
            _ = stopped.wait_for(|stopped| *stopped), if !ending => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                ending = true;
            }
            () = slot.close.notified() => return,
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a connection ended early");
    }
    let mut stream = connection.into_parts().io.into_inner();
    if stream.shutdown().await.is_ok() {
        drain(&mut stream).await;
    }
}

/// Reads what the other side still sends, for a moment: bytes that nobody reads make the system throw away the answer.
pub(super) async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let (most, longest) = DRAIN;
    let reading = async {
        let mut buffer = [0; 4096];
        let mut read = 0;
        while read < most {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => read += count,
            }
        }
    };
    let _ = tokio::time::timeout(longest, reading).await;
}
