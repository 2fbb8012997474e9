//! What clients may use up, on one door and on all doors together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::connections::Book;

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
    /// How long the body of a request may take after its head.
    pub body_timeout: Duration,
    /// How long a client may take nothing of what is written to it.
    pub write_timeout: Duration,
    /// How long a tunnel of the proxy may be silent; when one side has closed its half, [`Limits::idle_timeout`] counts.
    pub tunnel_timeout: Duration,
    /// How large the head of a request may be, in bytes; some clients send all parameters in the URL, which HTTP
    /// itself limits here to 65,534 bytes. At least 8 KiB are allowed.
    pub max_header_bytes: usize,
    /// How many bytes of a body are read from somebody without an accepted client certificate.
    pub stranger_body_bytes: usize,
    /// How many from somebody with one.
    pub body_bytes: usize,
    /// How many of a telegram that brings a file (kind 200): 10 MiB of data and a little.
    pub file_body_bytes: usize,
    /// How long requests under way may take to end when the server stops.
    pub farewell: Duration,
    /// What doors share; those whose limits are clones of each other do.
    pub shared: Shared,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            tunnel_timeout: Duration::from_secs(300),
            max_header_bytes: 128 * 1024,
            stranger_body_bytes: 64 * 1024,
            body_bytes: 1024 * 1024,
            file_body_bytes: 12 * 1024 * 1024,
            farewell: Duration::from_secs(1),
            shared: Shared::new(64 * 1024 * 1024),
        }
    }
}

/// What several doors share: the memory for bodies, and sockets.
#[derive(Debug, Clone)]
pub struct Shared {
    bodies: Arc<Budget>,
    books: Arc<Mutex<Vec<Weak<Book>>>>,
}

#[derive(Debug)]
struct Budget {
    most: usize,
    held: AtomicUsize,
    /// Whether somebody was turned away, and it has not become better since.
    is_full: AtomicBool,
}

impl Shared {
    /// A share of its own, with so many bytes for all bodies that are under way at once.
    pub fn new(body_bytes: usize) -> Self {
        let bodies = Budget { most: body_bytes, held: AtomicUsize::new(0), is_full: AtomicBool::new(false) };
        Self { bodies: Arc::new(bodies), books: Arc::default() }
    }

    /// Takes room for a part of a body, if there is any. Strangers cannot use up more than half of it.
    pub(super) fn take(&self, bytes: usize, trusted: bool) -> bool {
        let Budget { most, held, is_full } = &*self.bodies;
        let mine = if trusted { *most } else { most / 2 };
        if held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= mine {
            return true;
        }
        held.fetch_sub(bytes, Ordering::Relaxed);
        if !is_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                most,
                "the bodies of requests that are under way use up their memory; more are answered with 503"
            );
        }
        false
    }

    /// Gives room back.
    pub(super) fn give_back(&self, bytes: usize) {
        let Budget { most, held, is_full } = &*self.bodies;
        let left = held.fetch_sub(bytes, Ordering::Relaxed) - bytes;
        if left <= most / 4 && is_full.load(Ordering::Relaxed) {
            is_full.store(false, Ordering::Relaxed);
        }
    }

    /// Counts a door in.
    pub(super) fn enter(&self, book: &Arc<Book>) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.retain(|book| book.strong_count() > 0);
        books.push(Arc::downgrade(book));
    }

    /// Lets the door with the most connections close some that have kept it waiting longest; tells whether it could.
    pub(super) fn make_room(&self) -> bool {
        let books: Vec<Arc<Book>> = {
            let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
            books.iter().filter_map(Weak::upgrade).collect()
        };
        books.iter().max_by_key(|book| book.len()).is_some_and(|fullest| fullest.close_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_leave_room_for_others() {
        let shared = Shared::new(100);
        assert!(shared.take(50, false));
        assert!(!shared.take(1, false), "half of it is theirs");
        assert!(shared.take(50, true));
        assert!(!shared.take(1, true), "and it has an end");
        shared.give_back(50);
        assert!(shared.take(50, true), "what was refused took nothing");
    }

    #[test]
    fn the_fullest_door_gives_way() {
        let limits = Limits::default();
        let (full, quiet) = (Book::of(&limits), Book::of(&limits));
        assert!(!limits.shared.make_room(), "nobody is there yet");
        let slots: Vec<_> = (0..16).filter_map(|id| full.try_enter(id)).collect();
        let one = quiet.try_enter(0).unwrap();
        slots[0].works();
        assert!(limits.shared.make_room());
        assert_eq!((full.len(), quiet.len()), (14, 1));
        assert!(slots[0].is_open() && one.is_open() && !slots[1].is_open() && !slots[2].is_open());
    }
}
