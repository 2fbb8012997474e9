//! Stores that make whoever asks wait.

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::ledger::{Hook, Stored};

/// Lets others go on while a store waits for a disk or a network: what else an asynchronous thread has to do is done by
/// another one meanwhile. A store that waits stands in [`Around`](crate::ledger::Around) with this as its hook.
#[derive(Clone, Copy, Debug, Default)]
pub struct OffThread;

impl Hook for OffThread {
    fn call<T>(&self, _name: &'static str, call: impl FnOnce() -> Stored<T>) -> Stored<T> {
        match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(call),
            // Nobody else has anything to do on this thread, or could do it elsewhere.
            _ => call(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;
    use crate::ledger::{Around, Ids, MemoryLedger, StoreError};

    /// Waits until somebody says that it may go on.
    struct Waits(Mutex<Receiver<()>>);

    impl Hook for Waits {
        fn call<T>(&self, _name: &'static str, call: impl FnOnce() -> Stored<T>) -> Stored<T> {
            let told = self.0.lock().unwrap().recv_timeout(Duration::from_secs(20));
            told.map_err(|_| StoreError::new("nobody else could go on"))?;
            call()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_only_thread_has_time_for_others_while_a_store_waits() {
        let (go_on, told) = channel();
        let slow = Around { ledger: MemoryLedger::default(), hook: Waits(Mutex::new(told)) };
        let store = Around { ledger: slow, hook: OffThread };
        let asked = tokio::spawn(async move {
            // Comes to be done only when the thread has time.
            let other = tokio::spawn(async move { go_on.send(()) });
            let number = store.next_payment_id();
            other.await.unwrap().unwrap();
            number
        });
        assert!(asked.await.unwrap().is_ok());
    }
}
