//! Accepting connections so that nobody can stop the server by being rude.
//!
//! There is a greatest number of connections. While it is reached, a new one takes the place of the one that has kept
//! us waiting longest: whether it is idle, says nothing, never ends its handshake or sends its request drop by drop.
//! A connection whose request we are working on is never closed for another; if all are such, the new one waits.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What clients may use up.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once, on one listener.
    pub max_connections: usize,
    /// How long a TLS handshake may take, from the first byte or its absence.
    pub handshake_timeout: Duration,
    /// How long the head of a connection's first request may take.
    pub header_timeout: Duration,
    /// How long after an answer the head of the next request may take.
    pub idle_timeout: Duration,
    /// How large the head of a request may be, in bytes; some clients send all parameters in the URL, which HTTP
    /// itself limits here to 65,534 bytes. At least 8 KiB are allowed.
    pub max_header_bytes: usize,
    /// How long requests under way may take to end when the server stops.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            max_header_bytes: 128 * 1024,
            farewell: Duration::from_secs(1),
        }
    }
}

/// How long to wait for sockets to become free when the system has no more.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Resolves when the server is told to stop, or when nobody is left to tell it.
pub(super) async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What one connection is about.
#[derive(Debug)]
pub(super) struct Slot {
    order: Arc<AtomicU64>,
    /// A number that grows with time, or 0 while we work on a request.
    waiting_since: AtomicU64,
    asked: AtomicBool,
    close: Notify,
}

impl Slot {
    fn new(order: Arc<AtomicU64>) -> Self {
        let slot =
            Self { order, waiting_since: AtomicU64::new(0), asked: AtomicBool::new(false), close: Notify::new() };
        slot.waits();
        slot
    }

    /// From now on it's the client's turn.
    pub(super) fn waits(&self) {
        self.waiting_since.store(self.order.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// A request has arrived whole: it's our turn.
    pub(super) fn works(&self) {
        self.waiting_since.store(0, Ordering::Relaxed);
    }

    /// The head of a request has arrived.
    pub(super) fn asks(&self) {
        self.asked.store(true, Ordering::Relaxed);
        self.waits();
    }

    /// Whether any request has begun on this connection.
    pub(super) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The connections that are open.
#[derive(Debug)]
struct Book {
    max: usize,
    order: Arc<AtomicU64>,
    open: Mutex<BTreeMap<u64, Arc<Slot>>>,
    left: Notify,
}

impl Book {
    fn new(max: usize) -> Self {
        // 0 is taken: it means "working".
        let order = Arc::new(AtomicU64::new(1));
        Self { max: max.max(1), order, open: Mutex::default(), left: Notify::new() }
    }

    /// Enters a connection, if there is or can be made room for it.
    fn try_enter(&self, id: u64) -> Option<Arc<Slot>> {
        let mut open = self.open();
        if open.len() >= self.max && !close_oldest(&mut open) {
            return None;
        }
        let slot = Arc::new(Slot::new(Arc::clone(&self.order)));
        open.insert(id, Arc::clone(&slot));
        Some(slot)
    }

    async fn enter(&self, id: u64) -> Arc<Slot> {
        loop {
            if let Some(slot) = self.try_enter(id) {
                return slot;
            }
            // Not only a connection that leaves makes room, but also an answer that ends.
            let _ = tokio::time::timeout(ACCEPT_PAUSE, self.left.notified()).await;
        }
    }

    fn leave(&self, id: u64) {
        self.open().remove(&id);
        self.left.notify_one();
    }

    async fn empty(&self) {
        while !self.open().is_empty() {
            self.left.notified().await;
        }
    }

    fn close_all(&self) {
        self.open().values().for_each(|slot| slot.close.notify_one());
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the connection that has kept us waiting longest; tells whether there is one.
fn close_oldest(open: &mut BTreeMap<u64, Arc<Slot>>) -> bool {
    let oldest = open
        .iter()
        .map(|(id, slot)| (slot.waiting_since.load(Ordering::Relaxed), *id))
        .filter(|(since, _)| *since != 0)
        .min();
    let Some(slot) = oldest.and_then(|(_, id)| open.remove(&id)) else { return false };
    slot.close.notify_one();
    true
}

/// Leaves the book even when the connection's task panics.
struct Entry {
    book: Arc<Book>,
    id: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.book.leave(self.id);
    }
}

/// Accepts connections and serves each in a task of its own until the server stops; then gives them
/// [`Limits::farewell`] to end.
pub(super) async fn accept<F>(
    listener: TcpListener,
    limits: &Limits,
    mut stopped: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, SocketAddr, Arc<Slot>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let book = Arc::new(Book::new(limits.max_connections));
    let serving = async {
        let mut in_trouble = false;
        for id in 0_u64.. {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_the_clients(&error) => continue,
                Err(error) => {
                    if !in_trouble {
                        tracing::warn!(%error, "cannot accept connections; trying on");
                    }
                    in_trouble = true;
                    close_oldest(&mut book.open());
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            in_trouble = false;
            // Waiting to fill packets would only delay answers.
            let _ = stream.set_nodelay(true);
            let slot = book.enter(id).await;
            let entry = Entry { book: Arc::clone(&book), id };
            let served = serve(stream, remote, Arc::clone(&slot));
            tokio::spawn(async move {
                let _entry = entry;
                tokio::select! {
                    () = served => {}
                    () = slot.close.notified() => tracing::debug!(%remote, "a connection made room for others"),
                }
            });
        }
    };
    tokio::select! {
        () = serving => {}
        () = stop(&mut stopped) => {}
    }
    drop(listener);
    if tokio::time::timeout(limits.farewell, book.empty()).await.is_err() {
        book.close_all();
    }
}

/// Whether accepting failed because of one client that has gone again.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// Reads what the other side still sends, for a moment. An answer that is on its way is thrown away by the system
/// when the connection closes with bytes that nobody has read, and some clients send more than their request.
pub(super) async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    const MOST: usize = 256 * 1024;
    const LONGEST: Duration = Duration::from_millis(500);
    let reading = async {
        let mut buffer = [0; 2048];
        let mut total = 0;
        while total < MOST {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => total += count,
            }
        }
    };
    let _ = tokio::time::timeout(LONGEST, reading).await;
}
