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
use tokio::time::Instant;

pub use super::limits::{Limits, Shared};

/// How long to wait for sockets to become free when the system has no more.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How many bytes are read of somebody whom we do not know before his connection closes; none of them is kept.
pub(super) const DRAINED: usize = 256 * 1024;
/// How long connections that were told to close take to do so.
const CLOSING: Duration = Duration::from_millis(2);
/// How long nothing must have failed before a new failure to accept is told of again.
const SPELL: Duration = Duration::from_secs(60);

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

    /// Whether it was not told to close.
    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        futures_util::FutureExt::now_or_never(self.close.notified()).is_none()
    }

    /// Whether any request has begun on this connection.
    pub(super) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The connections of one door that are open.
#[derive(Debug)]
pub(super) struct Book {
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

    /// The book of a door with these limits, which the doors that share them know of.
    pub(super) fn of(limits: &Limits) -> Arc<Self> {
        let book = Arc::new(Self::new(limits.max_connections));
        limits.shared.enter(&book);
        book
    }

    /// Enters a connection, if there is or can be made room for it.
    pub(super) fn try_enter(&self, id: u64) -> Option<Arc<Slot>> {
        let mut open = self.open();
        if open.len() >= self.max && !close_oldest(&mut open, 1) {
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

    pub(super) fn len(&self) -> usize {
        self.open().len()
    }

    /// Closes an eighth of the connections, those that have kept us waiting longest; tells whether there are any.
    pub(super) fn close_some(&self) -> bool {
        let mut open = self.open();
        let some = open.len().div_ceil(8);
        close_oldest(&mut open, some)
    }

    fn close_all(&self) {
        self.open().values().for_each(|slot| slot.close.notify_one());
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the connections that have kept us waiting longest, so many at most; tells whether there are any.
fn close_oldest(open: &mut BTreeMap<u64, Arc<Slot>>, most: usize) -> bool {
    let waiting = open.iter().map(|(id, slot)| (slot.waiting_since.load(Ordering::Relaxed), *id));
    let mut waiting: Vec<(u64, u64)> = waiting.filter(|(since, _)| *since != 0).collect();
    if waiting.len() > most {
        waiting.select_nth_unstable(most);
        waiting.truncate(most);
    }
    for slot in waiting.iter().filter_map(|(_, id)| open.remove(id)) {
        slot.close.notify_one();
    }
    !waiting.is_empty()
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
    let book = Book::of(limits);
    let serving = async {
        let mut trouble: Option<Instant> = None;
        for id in 0_u64.. {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_the_clients(&error) => continue,
                Err(error) => {
                    // Each connection that ends lets one in, and then there is no room again.
                    if trouble.replace(Instant::now()).is_none_or(|last| last.elapsed() > SPELL) {
                        tracing::warn!(%error, "cannot accept connections; trying on");
                    }
                    // Sockets are the whole system's: whichever door has the most gives way, or those who hold them
                    // at another door would keep everybody out of this one.
                    let pause = if limits.shared.make_room() { CLOSING } else { ACCEPT_PAUSE };
                    tokio::time::sleep(pause).await;
                    continue;
                }
            };
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
/// when the connection closes with bytes that nobody has read; some clients send more than their request, and one whose
/// body is too large looks for the answer only when it has sent it.
pub(super) async fn drain(stream: &mut (impl AsyncRead + Unpin), most: usize) {
    /// How long nothing may come.
    const SILENCE: Duration = Duration::from_millis(500);
    /// How long it may take in all: as long as a body may.
    const LONGEST: Duration = Duration::from_secs(30);
    let reading = async {
        let mut buffer = [0; 2048];
        let mut total = 0;
        while total < most {
            match tokio::time::timeout(SILENCE, stream.read(&mut buffer)).await {
                Ok(Ok(count @ 1..)) => total += count,
                _ => return,
            }
        }
    };
    let _ = tokio::time::timeout(LONGEST, reading).await;
}
