//! `/api/v1/events`: what happens, as it happens, for tests that wait and pages that follow.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};

use crate::gateway::Gateway;
use crate::journal::Entry;
use crate::server::api::problem::Query;
use crate::server::api::{Problem, journal, merchant};

/// Tells the streams that the emulator stops.
#[derive(Clone)]
pub(in crate::server) struct Stopped(pub(in crate::server) watch::Receiver<bool>);

/// How many entries are read from the journal at once.
const BATCH: usize = 64;

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

struct Source {
    gateway: Arc<Gateway>,
    merchant_id: Option<String>,
    after: u64,
    added: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    waiting: Vec<Event>,
}

/// A stream of server-sent events: `journal` for every entry of the journal (its data is the entry, its id the
/// entry's number), and `payment` for every payment that the entry changed, with the status in which it left the payment.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(Whose),
    responses((status = 200, description = "A stream that does not end", body = PaymentEvent, content_type = "text/event-stream"),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn stream(
    State(gateway): State<Arc<Gateway>>,
    Extension(Stopped(stopped)): Extension<Stopped>,
    headers: HeaderMap,
    Query(whose): Query<Whose>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    if let Some(id) = &whose.merchant_id {
        merchant(&gateway, id)?;
    }
    let added = gateway.journal.follow();
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = last_seen.or(whose.after).unwrap_or_else(|| gateway.journal.last_id());
    let source = Source { gateway, merchant_id: whose.merchant_id, after, added, stopped, waiting: Vec::new() };
    let events = futures_util::stream::unfold(source, |mut source| async move {
        let event = source.next().await?;
        Some((Ok(event), source))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Source {
    /// The next event; `None` when the emulator stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop() {
                return Some(event);
            }
            // Before looking, so that what is added meanwhile is not slept over.
            self.added.borrow_and_update();
            let entries = self.gateway.journal.after(self.after, BATCH, |_| true);
            let Some(last) = entries.last() else {
                tokio::select! {
                    changed = self.added.changed() => changed.ok()?,
                    _ = self.stopped.wait_for(|stopped| *stopped) => return None,
                }
                continue;
            };
            self.after = last.id;
            let wanted = |entry: &&Entry| match &self.merchant_id {
                Some(id) => entry.merchant_id.as_ref().is_some_and(|known| known.as_str() == id),
                None => true,
            };
            self.waiting = entries.iter().filter(wanted).flat_map(|entry| self.events(entry)).collect();
            self.waiting.reverse();
        }
    }

    fn events(&self, entry: &Entry) -> Vec<Event> {
        let id = entry.id.to_string();
        let journal = Event::default().event("journal").id(&id).json_data(journal::view(entry));
        let payments = entry.merchant_id.iter().flat_map(|merchant_id| {
            let changed = entry.payment_ids.iter().zip(&entry.statuses);
            changed.filter_map(|(payment_id, status)| {
                let payment = self.gateway.ledger.payment(merchant_id, *payment_id)?;
                let event = Event::default().event("payment").id(&id).json_data(PaymentEvent {
                    merchant_id: merchant_id.to_string(),
                    payment_id: payment.payment_id.0,
                    trading_id: payment.trading_id.as_deref().map(str::to_owned),
                    payment_type: payment.payment_type.to_string(),
                    payment_status: status.to_string(),
                });
                Some(event)
            })
        });
        [journal].into_iter().chain(payments).filter_map(Result::ok).collect()
    }
}
