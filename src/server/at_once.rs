//! Polling again at once what wakes itself while it is polled.
//!
//! The HTTP library wakes itself twice for each request with a body: once when the application asks for the body, once
//! when the body has come. Through the scheduler that is two more turns, each with cold caches and perhaps on another
//! processor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// How often something is polled in one turn; then others have theirs.
const TURNS: usize = 4;

/// What polls again at once.
pub(super) struct AtOnce {
    woken: Arc<Woken>,
    waker: Waker,
}

#[derive(Default)]
struct Woken {
    /// Whether it is being polled, so that the task need not be woken.
    polled: AtomicBool,
    again: AtomicBool,
    task: AtomicWaker,
}

impl AtOnce {
    pub(super) fn new() -> AtOnce {
        let woken = Arc::new(Woken::default());
        AtOnce { waker: Arc::clone(&woken).into(), woken }
    }

    /// Polls until it is ready or nothing has woken it meanwhile.
    pub(super) fn poll<T>(
        &self,
        context: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.woken.task.register(context.waker());
        for _ in 0..TURNS {
            self.woken.polled.store(true, Ordering::SeqCst);
            let polled = poll(&mut Context::from_waker(&self.waker));
            self.woken.polled.store(false, Ordering::SeqCst);
            if polled.is_ready() || !self.woken.again.swap(false, Ordering::SeqCst) {
                return polled;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.again.store(true, Ordering::SeqCst);
        // Whoever polls looks at `again` after it says that it polls no more.
        if !self.polled.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}
