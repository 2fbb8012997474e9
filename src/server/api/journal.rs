//! `/api/v1/journal`: what crossed the wire, decoded and explained.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Moment;
use crate::gateway::Gateway;
use crate::journal::{Answer, Entry, Event, Field};
use crate::payment::PaymentId;
use crate::server::api::problem::{Path, Query};
use crate::server::api::{Problem, merchant};
use crate::text::{Text, text};

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::server) struct Filter {
    /// Only entries of one merchant.
    pub(in crate::server) merchant_id: Option<String>,
    /// Only one kind of event.
    pub(in crate::server) event: Option<Event>,
    /// Only one kind of telegram (or page, or operation), such as `020`.
    pub(in crate::server) kind: Option<String>,
    /// Only entries that changed this payment.
    pub(in crate::server) payment_id: Option<u64>,
    /// Only refused requests (`true`), or only accepted ones.
    pub(in crate::server) refused: Option<bool>,
    /// Only entries with warnings (`true`), or only those without.
    pub(in crate::server) warned: Option<bool>,
    /// Only entries in whose request, answer or path this text stands, such as a trading_id.
    pub(in crate::server) text: Option<String>,
    /// Only entries with a lower number: the next page.
    pub(in crate::server) before: Option<u64>,
    /// How many entries at most, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub(in crate::server) limit: Option<usize>,
}

impl Filter {
    /// The entries asked for, newest first, at most `limit`. All may have to be looked at, which no other request
    /// waits for.
    pub(in crate::server) async fn newest(&self, gateway: &Arc<Gateway>, limit: usize) -> Vec<Arc<Entry>> {
        let filter = self.clone();
        gateway.aside(move |gateway| gateway.journal.newest(limit, |entry| filter.admits(entry))).await
    }

    /// Whether an entry is one of those asked for.
    fn admits(&self, entry: &Entry) -> bool {
        let is_merchant = |id: &String| entry.merchant_id.as_ref().is_some_and(|known| known.as_str() == id);
        let there = |bytes: &[u8], text: &str| String::from_utf8_lossy(bytes).contains(text);
        let has = |text: &String| {
            entry.path.contains(text.as_str())
                || there(&entry.answer, text)
                || there(&entry.request, text)
                // Requests are kept form-encoded, in the charset of the telegram.
                || (!text.is_ascii() && entry.request_fields().iter().any(|field| field.value.contains(text.as_str())))
        };
        self.merchant_id.as_ref().is_none_or(is_merchant)
            && self.event.is_none_or(|event| event == entry.event())
            && self.kind.as_ref().is_none_or(|kind| *kind == entry.about.kind())
            && self.payment_id.is_none_or(|id| entry.payment_ids.contains(&PaymentId(id)))
            && self.refused.is_none_or(|refused| refused == entry.refusal.is_some())
            && self.warned.is_none_or(|warned| warned != entry.warnings.is_empty())
            && self.before.is_none_or(|before| entry.id < before)
            && self.text.as_ref().is_none_or(has)
    }
}

/// One event, decoded.
#[derive(Serialize, ToSchema)]
pub(in crate::server) struct EntryView {
    /// Counts all events from 1.
    id: u64,
    /// When, by the merchant's clock.
    #[schema(value_type = String, example = "2026-12-01T09:00:00+09:00")]
    at: Moment,
    event: Event,
    merchant_id: Option<String>,
    /// The kind of the telegram, the name of the page, or who did the operation.
    kind: String,
    /// What the interface calls the telegram; empty for anything else.
    name: String,
    path: String,
    /// The other side's address.
    remote: Option<String>,
    /// `result` of the answer; empty when it has none.
    result: String,
    refusal: Option<RefusalView>,
    /// What works here but would hurt in production.
    warnings: Vec<Text>,
    /// The payments that it changed.
    payment_ids: Vec<u64>,
    /// The statuses in which it left them, in their order; empty when it is a notice.
    payment_statuses: Vec<String>,
    /// 決済通知ID of the merchant's notices that it raised; of a push, the notice that was pushed.
    payment_notice_ids: Vec<u64>,
    /// The request's parameters, secrets masked.
    request: Vec<Field>,
    /// The answer's fields, when it consists of fields.
    answer: Vec<Field>,
    /// The answer's records, when it is CSV.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answer_records: Vec<Vec<String>>,
    /// The answer's text, when it is neither.
    #[serde(skip_serializing_if = "String::is_empty")]
    answer_text: String,
}

/// Why a request was refused.
#[derive(Serialize, ToSchema)]
pub(in crate::server) struct RefusalView {
    /// `response_code`.
    response_code: String,
    /// `response_detail`.
    response_detail: String,
    /// The field at fault, if one is.
    field: Option<String>,
    /// Which rule was broken and what would be right.
    explanation: String,
    /// The same in Japanese.
    explanation_japanese: String,
}

/// A page of the journal.
#[derive(Serialize, ToSchema)]
pub(super) struct JournalPage {
    /// Newest first.
    entries: Vec<EntryView>,
    /// `before` of the next page; null when this is the last one.
    next_before: Option<u64>,
}

/// An entry, decoded.
pub(in crate::server) fn view(entry: &Entry) -> EntryView {
    let (mut answer, mut answer_records, mut answer_text) = (Vec::new(), Vec::new(), String::new());
    match entry.answer_read() {
        Answer::Fields(fields) => answer = fields,
        Answer::Records(records) => answer_records = records,
        Answer::Text(text) => answer_text = text,
    }
    let result = answer.iter().find(|field| field.name == "result").map(|field| field.value.clone());
    EntryView {
        id: entry.id,
        at: entry.at,
        event: entry.event(),
        merchant_id: entry.merchant_id.as_ref().map(ToString::to_string),
        kind: entry.about.kind().into_owned(),
        name: entry.spec().map_or_else(String::new, |spec| spec.name.to_owned()),
        path: entry.path.to_string(),
        remote: entry.remote.map(|remote| remote.to_string()),
        result: result.or_else(|| Some(answer_records.first()?.get(1)?.clone())).unwrap_or_default(),
        refusal: entry.refusal.as_ref().map(|refusal| RefusalView {
            response_code: refusal.code.clone(),
            response_detail: refusal.detail.clone(),
            field: refusal.field.clone(),
            explanation: refusal.explanation.english.to_string(),
            explanation_japanese: refusal.explanation.japanese.to_string(),
        }),
        warnings: entry.warnings.clone(),
        payment_ids: entry.payment_ids.iter().map(|id| id.0).collect(),
        payment_statuses: entry.statuses.iter().map(ToString::to_string).collect(),
        payment_notice_ids: entry.notices.clone().collect(),
        request: entry.request_fields(),
        answer,
        answer_records,
        answer_text,
    }
}

/// What happened, newest first.
#[utoipa::path(get, path = "/api/v1/journal", tag = "journal", params(Filter),
    responses((status = 200, body = JournalPage), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<JournalPage>, Problem> {
    if let Some(id) = &filter.merchant_id {
        merchant(&gateway, id)?;
    }
    let limit = filter.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            text!("limit は 1～500 で指定してください。", "limit must lie between 1 and 500"),
        ));
    }
    let mut entries = filter.newest(&gateway, limit + 1).await;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next_before = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(axum::Json(JournalPage { entries: entries.iter().map(|entry| view(entry)).collect(), next_before }))
}

/// One event.
#[utoipa::path(get, path = "/api/v1/journal/{id}", tag = "journal", params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, body = EntryView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<u64>,
) -> Result<axum::Json<EntryView>, Problem> {
    let entry = gateway.journal.entry(id).ok_or_else(|| missing(id))?;
    Ok(axum::Json(view(&entry)))
}

/// The bytes of one event's answer, as they went out.
#[utoipa::path(get, path = "/api/v1/journal/{id}/answer", tag = "journal",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn answer(State(gateway): State<Arc<Gateway>>, Path(id): Path<u64>) -> Result<Response, Problem> {
    let entry = gateway.journal.entry(id).ok_or_else(|| missing(id))?;
    Ok(([("content-type", "application/octet-stream")], entry.answer.clone()).into_response())
}

fn missing(id: u64) -> Problem {
    Problem::not_found(text!(
        "ジャーナルに {id} の記録はありません。古い記録は削除されます。",
        "there is no entry {id} in the journal; the oldest ones are dropped",
        id = id
    ))
}
