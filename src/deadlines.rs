//! Deadlines in real time: whatever becomes due happens without anybody asking.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::{Id, JoinSet};

use crate::clock::{Moment, real_now};
use crate::gateway::{AGAIN, Gateway};
use crate::ledger::{self, StoreError};
use crate::merchant::MerchantId;

/// The longest sleep: a machine that was suspended wakes up late, but not by more than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Sleeps until the next due moment of any merchant and does what is due, for ever. Merchants do not wait for each
/// other.
pub(crate) async fn watch(gateway: Arc<Gateway>) {
    let mut changed = gateway.changed.subscribe();
    let mut clock = gateway.clock.changes();
    let mut due = Due { gateway: Arc::clone(&gateway), next: HashMap::new(), busy: HashMap::new(), again: None };
    let mut runs = JoinSet::new();
    due.look_at_all();
    loop {
        for merchant_id in due.overdue() {
            due.next.remove(&merchant_id);
            if let Some(merchant) = gateway.merchants.get_or_guest(&merchant_id) {
                let gateway = Arc::clone(&gateway);
                let run = runs.spawn(async move {
                    let now = gateway.clock.now(&merchant.merchant_id);
                    gateway.run_due(&merchant, now).await.map(drop)
                });
                due.busy.insert(merchant_id, run.id());
            }
        }
        let wait = due.wait();
        tokio::select! {
            event = changed.recv() => match event {
                Ok(merchant_id) => due.look_at(&merchant_id),
                Err(RecvError::Lagged(_)) => due.look_at_all(),
                Err(RecvError::Closed) => return,
            },
            turned = clock.changed() => if turned.is_err() { return },
            Some(run) = runs.join_next_with_id() => match run {
                Ok((id, Ok(()))) => due.is_done(id, true),
                Ok((id, Err(error))) => {
                    due.is_done(id, false);
                    due.trouble(error);
                }
                // A panic, which would come again at once: wait for the merchant's next change instead.
                Err(error) => due.is_done(error.id(), false),
            },
            () = tokio::time::sleep(wait.unwrap_or(LONGEST)) => {}
        }
        if due.again.is_some_and(|again| again <= real_now()) {
            due.look_at_all();
        }
        // Events come in floods: one look at the time serves all of them.
        loop {
            match changed.try_recv() {
                Ok(merchant_id) => due.look_at(&merchant_id),
                Err(TryRecvError::Lagged(_)) => due.look_at_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
    }
}

/// The next due moment of each merchant that has one.
struct Due {
    gateway: Arc<Gateway>,
    next: HashMap<MerchantId, Moment>,
    /// Whose deadlines are being met; they are looked at when that is done.
    busy: HashMap<MerchantId, Id>,
    /// When all are to be looked at again because the store failed, in real time.
    again: Option<Moment>,
}

impl Due {
    fn look_at(&mut self, merchant_id: &MerchantId) {
        if self.busy.contains_key(merchant_id) {
            return;
        }
        // Somebody who has sent no telegram yet can have tokens.
        let known = self.gateway.merchants.get_or_guest(merchant_id).is_some();
        match self.gateway.store.next_due(merchant_id).map(|due| due.filter(|_| known)) {
            Ok(Some((at, _))) => {
                self.next.insert(merchant_id.clone(), at);
            }
            Ok(None) => {
                self.next.remove(merchant_id);
            }
            Err(error) => self.trouble(error),
        }
    }

    /// The store failed: some time later all is looked at again.
    fn trouble(&mut self, error: StoreError) {
        ledger::note(error);
        self.again = Some(real_now().plus_duration(AGAIN));
    }

    fn look_at_all(&mut self) {
        self.next.clear();
        self.again = None;
        match self.gateway.store.merchants() {
            Ok(merchants) => merchants.iter().for_each(|merchant_id| self.look_at(merchant_id)),
            Err(error) => self.trouble(error),
        }
    }

    fn is_done(&mut self, run: Id, look: bool) {
        let done = self.busy.iter().find(|(_, id)| **id == run).map(|(merchant_id, _)| merchant_id.clone());
        if let Some(merchant_id) = done {
            self.busy.remove(&merchant_id);
            if look {
                self.look_at(&merchant_id);
            }
        }
    }

    fn overdue(&self) -> Vec<MerchantId> {
        let now = |id: &MerchantId| self.gateway.clock.now(id);
        self.next.iter().filter(|(id, at)| **at <= now(id)).map(|(id, _)| id.clone()).collect()
    }

    fn wait(&self) -> Option<Duration> {
        let due = self.next.iter().filter_map(|(id, at)| self.gateway.clock.until(id, *at)).min();
        let again = self.again.map(|again| again.since(real_now()));
        due.into_iter().chain(again).min().map(|wait| wait.min(LONGEST))
    }
}
