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
struct Staff {
    gateway: Arc<Gateway>,
    hired: HashMap<MerchantId, Hired>,
    /// They end when this is dropped.
    workers: JoinSet<()>,
}

struct Hired {
    bell: Arc<Notify>,
    worker: AbortHandle,
}

/// Hires and wakes the workers of one kind, for ever: at first for everybody who has something to be delivered already,
/// then for whoever has something new. `needed` tells whether a merchant has, `work` is what its worker does.
pub(super) async fn employ<W: Future<Output = ()> + Send + 'static>(
    gateway: Arc<Gateway>,
    needed: impl Fn(&MerchantId) -> Stored<bool>,
    work: impl Fn(MerchantId, Arc<Notify>) -> W,
) {
    let mut changed = gateway.changed.subscribe();
    let mut staff = Staff { gateway, hired: HashMap::new(), workers: JoinSet::new() };
    let mut concerned = staff.all();
    loop {
        for merchant_id in concerned {
            staff.ring(merchant_id, &needed, &work);
        }
        concerned = match changed.recv().await {
            Ok(merchant_id) => vec![merchant_id],
            // Some events were missed.
            Err(RecvError::Lagged(_)) => staff.all(),
            Err(RecvError::Closed) => return,
        };
    }
}

impl Staff {
    /// Everybody who has something in the ledger, or a worker.
    fn all(&self) -> Vec<MerchantId> {
        let mut all = self.gateway.store.merchants().unwrap_or_else(|error| {
            ledger::note(error);
            self.gateway.merchants.all().iter().map(|merchant| merchant.merchant_id.clone()).collect()
        });
        all.extend(self.hired.keys().cloned());
        all
    }

    /// Wakes a merchant's worker; hires one when he is needed for the first time, or when that cannot be said, and lets the
    /// worker of a merchant go that was forgotten.
    fn ring<W: Future<Output = ()> + Send + 'static>(
        &mut self,
        merchant_id: MerchantId,
        needed: impl Fn(&MerchantId) -> Stored<bool>,
        work: impl Fn(MerchantId, Arc<Notify>) -> W,
    ) {
        if self.gateway.merchants.get(&merchant_id).is_none() {
            if let Some(hired) = self.hired.remove(&merchant_id) {
                hired.worker.abort();
            }
        } else if let Some(hired) = self.hired.get(&merchant_id) {
            hired.bell.notify_one();
        } else if needed(&merchant_id).unwrap_or(true) {
            let bell = Arc::new(Notify::new());
            let worker = self.workers.spawn(work(merchant_id.clone(), Arc::clone(&bell)));
            self.hired.insert(merchant_id, Hired { bell, worker });
        }
        // Those that ended take room until they are asked for.
        while self.workers.try_join_next().is_some() {}
    }
}
