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
            // Whatever woke it before now, this poll sees.
            self.woken.again.swap(false, Ordering::SeqCst);
            let polled = poll(&mut Context::from_waker(&self.waker));
            self.woken.polled.store(false, Ordering::SeqCst);
            if polled.is_ready() || !self.woken.again.load(Ordering::SeqCst) {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Task {
        woken: AtomicUsize,
    }

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.woken.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Polls in one turn of a task what wakes itself so many times; how often it was polled, and the last waker.
    fn turn(at_once: &AtOnce, task: &Arc<Task>, wakes: usize) -> (usize, Waker) {
        let (mut polls, mut last) = (0, Waker::noop().clone());
        let polled = at_once.poll(&mut Context::from_waker(&Arc::clone(task).into()), |context| {
            polls += 1;
            last = context.waker().clone();
            if polls <= wakes {
                context.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        });
        assert!(polled.is_pending());
        (polls, last)
    }

    #[test]
    fn what_wakes_itself_is_polled_again_in_the_same_turn() {
        let (at_once, task) = (AtOnce::new(), Arc::new(Task::default()));
        let woken = || task.woken.load(Ordering::SeqCst);
        let (polls, waker) = turn(&at_once, &task, 2);
        assert_eq!((polls, woken()), (3, 0));
        waker.wake();
        assert_eq!(woken(), 1, "what happens between two turns wakes the task");
        assert_eq!(turn(&at_once, &task, 0).0, 1, "and does not count once more");
    }

    #[test]
    fn nobody_keeps_others_from_their_turn() {
        let (at_once, task) = (AtOnce::new(), Arc::new(Task::default()));
        assert_eq!(turn(&at_once, &task, usize::MAX).0, TURNS);
        assert_eq!(task.woken.load(Ordering::SeqCst), 1, "the rest is done in another turn");
    }
}
