//! What happens, encoded once for all streams.
//!
//! Telegrams only ring a bell. Somebody else takes the new entries of the journal, a few at a time and the slower the
//! more streams there are, and hands the same bytes to all of them. What all streams together may send in a second is
//! bounded, and so is what waits for them: a stream that is not quick enough, or more than its part, loses events and
//! is told how many.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::gateway::Gateway;
use crate::journal::Entry;
use crate::merchant::MerchantId;
use crate::server::api::events::PaymentEvent;
use crate::server::api::journal;

/// How many entries are taken at once, at most.
pub(super) const ENTRIES: usize = 256;
/// How many bytes they become before the rest waits for the next time.
const BYTES: usize = 512 * 1024;
/// How many batches wait for a stream.
const WAITING: usize = 16;
/// How long to rest after a batch, for each stream.
const REST: Duration = Duration::from_millis(2);

/// What one entry of the journal is to a stream.
pub(super) struct Item {
    pub(super) id: u64,
    pub(super) merchant_id: Option<MerchantId>,
    /// Its events as they are sent.
    pub(super) text: Bytes,
}

/// Some entries, one after the other.
pub(super) struct Batch {
    /// How often the numbers of entries had begun again from 1.
    pub(super) starts: u64,
    /// The number after which it starts.
    pub(super) after: u64,
    /// The number of its last entry.
    pub(super) last: u64,
    /// Entries that were dropped before anybody could take them.
    pub(super) missed: u64,
    pub(super) items: Vec<Item>,
    /// The events of all of them.
    pub(super) whole: Bytes,
    /// Whether there was nothing to tell for a while before.
    pub(super) rested: bool,
}

impl Batch {
    /// Encodes entries of the journal.
    pub(super) fn of(gateway: &Gateway, starts: u64, entries: &[Arc<Entry>], after: u64, rested: bool) -> Batch {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(entries.len()));
        for entry in entries {
            events(gateway, entry, &mut text);
            ends.push(text.len());
            if text.len() > BYTES {
                break;
            }
        }
        let whole = Bytes::from(text);
        let begins = [0].into_iter().chain(ends.iter().copied());
        let items: Vec<Item> = entries
            .iter()
            .zip(begins.zip(&ends))
            .map(|(entry, (begin, end))| Item {
                id: entry.id,
                merchant_id: entry.merchant_id.clone(),
                text: whole.slice(begin..*end),
            })
            .collect();
        let last = items.last().map_or(after, |item| item.id);
        let missed = last.saturating_sub(after).saturating_sub(items.len() as u64);
        Batch { starts, after, last, missed, items, whole, rested }
    }
}

/// Adds an event of a stream.
fn event(text: &mut String, name: &str, id: u64, data: &impl Serialize) {
    if let Ok(data) = serde_json::to_string(data) {
        // JSON without line breaks is one line of data.
        let _ = write!(text, "event: {name}\nid: {id}\ndata: {data}\n\n");
    }
}

/// The events of one entry.
fn events(gateway: &Gateway, entry: &Entry, text: &mut String) {
    event(text, "journal", entry.id, &journal::view(entry));
    let Some(merchant_id) = &entry.merchant_id else { return };
    for (payment_id, status) in entry.payment_ids.iter().zip(&entry.statuses) {
        let Some(payment) = gateway.ledger.payment(merchant_id, *payment_id) else { continue };
        let told = PaymentEvent {
            merchant_id: merchant_id.to_string(),
            payment_id: payment.payment_id.0,
            trading_id: payment.trading_id.as_deref().map(str::to_owned),
            payment_type: payment.payment_type.to_string(),
            payment_status: status.to_string(),
        };
        event(text, "payment", entry.id, &told);
    }
}

/// Tells a stream that it lost something.
pub(super) fn lagged(missed: u64) -> Bytes {
    Bytes::from(format!("event: lagged\ndata: {{\"missed\":{missed}}}\n\n"))
}

/// Hands out batches as long as there are streams.
pub(super) struct Feed {
    gateway: Arc<Gateway>,
    batches: broadcast::Sender<Arc<Batch>>,
    /// Whether somebody takes entries now.
    runs: Mutex<bool>,
}

impl Feed {
    pub(super) fn new(gateway: Arc<Gateway>) -> Arc<Feed> {
        Arc::new(Feed { gateway, batches: broadcast::Sender::new(WAITING), runs: Mutex::new(false) })
    }

    /// All that is added from now on, and perhaps a little of what was before.
    pub(super) fn subscribe(self: &Arc<Feed>) -> broadcast::Receiver<Arc<Batch>> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = self.batches.subscribe();
        if !*runs {
            *runs = true;
            tokio::spawn(Arc::clone(self).run(self.gateway.journal.last_id()));
        }
        batches
    }

    /// Whether nobody listens any more; then this is the end of it.
    fn ends(&self) -> bool {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        *runs = self.batches.receiver_count() > 0;
        !*runs
    }

    async fn run(self: Arc<Feed>, mut last: u64) {
        let mut added = self.gateway.journal.follow();
        let (mut rested, mut starts) = (true, self.gateway.journal.starts());
        while !self.ends() {
            // Before looking, so that what is added meanwhile is not slept over.
            added.borrow_and_update();
            let begun = self.gateway.journal.starts();
            if begun != starts {
                (starts, last) = (begun, 0);
            }
            let entries = self.gateway.journal.after(last, ENTRIES);
            if entries.is_empty() {
                rested = true;
                if added.changed().await.is_err() {
                    return;
                }
                continue;
            }
            let batch = Batch::of(&self.gateway, starts, &entries, last, rested);
            (last, rested) = (batch.last, false);
            let streams = self.batches.send(Arc::new(batch)).unwrap_or_default();
            // One wake and one write for many events: the more streams, the more events in each.
            tokio::time::sleep(REST * u32::try_from(streams).unwrap_or(u32::MAX).min(50)).await;
        }
    }
}

/// Joins what is sent at once.
pub(super) fn join(parts: &[Bytes]) -> Bytes {
    match parts {
        [only] => only.clone(),
        _ => {
            let mut joined = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
            parts.iter().for_each(|part| joined.extend_from_slice(part));
            joined.freeze()
        }
    }
}
