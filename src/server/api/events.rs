//! `/api/v1/events`: what happens, as it happens, for tests that wait and pages that follow.

mod feed;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use utoipa::{IntoParams, ToSchema};

use crate::gateway::Gateway;
use crate::merchant::MerchantId;
use crate::server::api::problem::Query;
use crate::server::api::{Problem, merchant};
use crate::server::connections;
use feed::{Batch, Feed, Item};

/// What the streams need beside the gateway: where events come from, and to be told that the emulator stops.
#[derive(Clone)]
pub(in crate::server) struct Streams {
    feed: Arc<Feed>,
    stopped: watch::Receiver<bool>,
}

impl Streams {
    pub(in crate::server) fn new(gateway: Arc<Gateway>, stopped: watch::Receiver<bool>) -> Streams {
        Streams { feed: Feed::new(gateway), stopped }
    }
}

/// How many bytes a stream may send at once after it was quiet.
const BURST: usize = 1024 * 1024;
/// How many more with each batch: as batches come the more seldom the more streams there are, all together send
/// 16 MiB in a second, however many they are.
const SHARE: usize = 32 * 1024;
/// After so long without an event something is sent, so that nobody on the way takes the connection for dead.
const ALIVE: Duration = Duration::from_secs(15);

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Only events of one merchant.
    merchant_id: Option<String>,
    /// Only events after this number of the journal; only new ones when absent. `Last-Event-ID` says the same.
    after: Option<u64>,
}

/// A payment after an event that changed it.
#[derive(Serialize, ToSchema)]
pub(super) struct PaymentEvent {
    merchant_id: String,
    payment_id: u64,
    trading_id: Option<String>,
    payment_type: String,
    payment_status: String,
}

/// A stream of server-sent events: `journal` for every entry of the journal (its data is the entry, its id the
/// entry's number), and `payment` for every payment that the entry changed, with the status in which it left the payment.
/// A stream that is too slow, or one of many while much happens, loses events: `lagged` tells of how many entries
/// (`{"missed": 3}`, those of other merchants included); `after` or the journal has them as long as they are kept.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(Whose),
    responses((status = 200, description = "A stream that does not end", body = PaymentEvent, content_type = "text/event-stream"),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn stream(
    State(gateway): State<Arc<Gateway>>,
    Extension(Streams { feed, stopped }): Extension<Streams>,
    headers: HeaderMap,
    Query(whose): Query<Whose>,
) -> Result<Response, Problem> {
    let merchant_id = match &whose.merchant_id {
        Some(id) => Some(merchant(&gateway, id)?.merchant_id.clone()),
        None => None,
    };
    // Before looking at the journal, so that nothing falls between.
    let batches = feed.subscribe();
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let seen = last_seen.or(whose.after);
    let source = Source {
        is_behind: seen.is_some(),
        seen: seen.unwrap_or_else(|| gateway.journal.last_id()),
        starts: gateway.journal.starts(),
        gateway,
        merchant_id,
        credit: BURST,
        batches,
        stopped,
    };
    let events = futures_util::stream::unfold(source, |mut source| async move {
        let text = source.next().await?;
        Some((Ok::<Bytes, Infallible>(text), source))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// Where one stream stands.
struct Source {
    gateway: Arc<Gateway>,
    merchant_id: Option<MerchantId>,
    /// The number of the last entry that was told or passed over.
    seen: u64,
    /// How often the numbers of entries had begun again from 1.
    starts: u64,
    /// Whether there may be entries that are older than what the feed brings.
    is_behind: bool,
    /// How many bytes it may send.
    credit: usize,
    batches: broadcast::Receiver<Arc<Batch>>,
    stopped: watch::Receiver<bool>,
}

impl Source {
    /// The next events; `None` when the emulator stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(text) = self.catch_up() {
                return Some(text);
            }
            let batch = tokio::select! {
                batch = self.batches.recv() => batch,
                () = connections::stop(&mut self.stopped) => return None,
                () = tokio::time::sleep(ALIVE) => return Some(Bytes::from_static(b":\n\n")),
            };
            match batch {
                Ok(batch) => {
                    if let Some(text) = self.take(&batch) {
                        return Some(text);
                    }
                }
                // How much it was is seen from the numbers of the next.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// What was before the stream began, a few entries at a time, as fast as the client takes them.
    fn catch_up(&mut self) -> Option<Bytes> {
        while self.is_behind {
            let entries = self.gateway.journal.after(self.seen, feed::ENTRIES);
            if entries.is_empty() {
                self.is_behind = false;
                break;
            }
            let mut batch = Batch::of(&self.gateway, self.starts, &entries, self.seen, true);
            // From the start means: from the oldest that there is.
            if self.seen == 0 {
                batch.missed = 0;
            }
            self.credit = usize::MAX;
            let text = self.take(&batch);
            self.credit = BURST;
            if text.is_some() {
                return text;
            }
        }
        None
    }

    fn wants(&self, item: &Item) -> bool {
        item.id > self.seen && (self.merchant_id.is_none() || item.merchant_id == self.merchant_id)
    }

    /// What of a batch is for this stream, as far as it may send it; before it, how many entries it lost.
    fn take(&mut self, batch: &Batch) -> Option<Bytes> {
        self.credit = if batch.rested { self.credit.max(BURST) } else { self.credit.saturating_add(SHARE).min(BURST) };
        if batch.starts != self.starts {
            (self.starts, self.seen) = (batch.starts, 0);
        }
        if batch.last <= self.seen {
            return None;
        }
        let mut missed = if batch.after < self.seen { 0 } else { batch.after - self.seen + batch.missed };
        let mut parts = Vec::new();
        if self.merchant_id.is_none() && batch.after == self.seen && batch.whole.len() <= self.credit {
            self.credit -= batch.whole.len();
            parts.push(batch.whole.clone());
        } else {
            for item in &batch.items {
                if !self.wants(item) {
                    continue;
                }
                // One that is larger than any burst is sent alone.
                if item.text.len() <= self.credit || self.credit == BURST {
                    self.credit = self.credit.saturating_sub(item.text.len());
                    parts.push(item.text.clone());
                } else {
                    missed += 1;
                }
            }
        }
        self.seen = batch.last;
        if missed > 0 {
            parts.insert(0, feed::lagged(missed));
        }
        (!parts.is_empty()).then(|| feed::join(&parts))
    }
}
