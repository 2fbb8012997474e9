//! One worker for each merchant that has something to be delivered.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{AbortHandle, JoinSet};

use crate::gateway::Gateway;
use crate::ledger::{self, Stored};
use crate::merchant::MerchantId;

/// The workers, and the bells that wake them.
pub(super) struct Staff {
    gateway: Arc<Gateway>,
    hired: HashMap<MerchantId, Hired>,
    /// They end when this is dropped.
    workers: JoinSet<()>,
}

struct Hired {
    bell: Arc<Notify>,
    worker: AbortHandle,
}

impl Staff {
    pub(super) fn new(gateway: &Arc<Gateway>) -> Staff {
        Staff { gateway: Arc::clone(gateway), hired: HashMap::new(), workers: JoinSet::new() }
    }

    /// Whom an event of [`Gateway::changed`] concerns: all, when some events were missed. `None` when no more come.
    pub(super) fn concerned(&self, event: Result<MerchantId, RecvError>) -> Option<Vec<MerchantId>> {
        match event {
            Ok(merchant_id) => Some(vec![merchant_id]),
            Err(RecvError::Lagged(_)) => Some(self.all()),
            Err(RecvError::Closed) => None,
        }
    }

    /// Everybody who has something in the ledger, or a worker.
    pub(super) fn all(&self) -> Vec<MerchantId> {
        let mut all = self.gateway.store.merchants().unwrap_or_else(|error| {
            ledger::note(error);
            self.gateway.merchants.all().iter().map(|merchant| merchant.merchant_id.clone()).collect()
        });
        all.extend(self.hired.keys().cloned());
        all
    }

    /// Wakes a merchant's worker; hires one when he is needed for the first time, or when that cannot be said, and lets the worker of a merchant go
    /// that was forgotten.
    pub(super) fn ring<W: Future<Output = ()> + Send + 'static>(
        &mut self,
        merchant_id: &MerchantId,
        needed: impl FnOnce() -> Stored<bool>,
        work: impl FnOnce(Arc<Notify>) -> W,
    ) {
        if self.gateway.merchants.get(merchant_id).is_none() {
            if let Some(hired) = self.hired.remove(merchant_id) {
                hired.worker.abort();
            }
        } else if let Some(hired) = self.hired.get(merchant_id) {
            hired.bell.notify_one();
        } else if needed().unwrap_or(true) {
            let bell = Arc::new(Notify::new());
            let worker = self.workers.spawn(work(Arc::clone(&bell)));
            self.hired.insert(merchant_id.clone(), Hired { bell, worker });
        }
        // Those that ended take room until they are asked for.
        while self.workers.try_join_next().is_some() {}
    }
}
