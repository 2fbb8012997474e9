//! `/api/v1/clock`: virtual time.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::{Moment, Setting};
use crate::gateway::{Gateway, Happened};
use crate::ledger::Subject;
use crate::merchant::MerchantId;
use crate::server::api::problem::{Json, Query};
use crate::server::api::{Problem, merchant};
use crate::text::text;

/// Whose clock.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// One merchant's clock; the common clock when absent.
    merchant_id: Option<String>,
}

/// A clock.
#[derive(Serialize, ToSchema)]
pub(super) struct ClockView {
    /// What time it is, in Japan.
    #[schema(value_type = String, example = "2026-12-01T09:00:00+09:00")]
    now: Moment,
    /// Whether it stands still.
    frozen: bool,
    /// Whether it is real time.
    real: bool,
}

/// What a clock is to be set to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTime {
    /// What time it shall be; the time that it is when absent.
    #[schema(value_type = Option<String>, example = "2026-12-01T09:00:00+09:00")]
    now: Option<Moment>,
    /// Whether it shall stand still.
    #[serde(default)]
    frozen: bool,
    /// One merchant's clock; the common clock when absent.
    merchant_id: Option<String>,
}

/// How far a clock is to be turned forward.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    #[serde(default)]
    days: u32,
    #[serde(default)]
    hours: u32,
    #[serde(default)]
    minutes: u32,
    #[serde(default)]
    seconds: u32,
    /// One merchant's clock; the common clock when absent.
    merchant_id: Option<String>,
}

/// What happened while a clock was turned forward, and what it shows now.
#[derive(Serialize, ToSchema)]
pub(super) struct Advanced {
    clock: ClockView,
    /// Everything that became due on the way, in order.
    happened: Vec<HappenedView>,
}

/// One thing that became due.
#[derive(Serialize, ToSchema)]
pub(super) struct HappenedView {
    /// When it was due.
    #[schema(value_type = String)]
    at: Moment,
    merchant_id: String,
    /// The payment, when it happened to one.
    payment_id: Option<u64>,
    /// The status that the payment had then.
    payment_status: Option<String>,
    /// The kind of the record, when it happened to one (a stored contract, a page's session).
    record: Option<String>,
}

fn view(gateway: &Gateway, merchant_id: Option<&MerchantId>) -> ClockView {
    let now = merchant_id.map_or_else(|| gateway.clock.common_now(), |id| gateway.clock.now(id));
    let setting = gateway.clock.setting(merchant_id);
    ClockView { now, frozen: matches!(setting, Setting::Frozen(_)), real: setting == Setting::Ticking { ahead_ms: 0 } }
}

fn whose(gateway: &Gateway, merchant_id: Option<&str>) -> Result<Option<MerchantId>, Problem> {
    merchant_id.map(|id| merchant(gateway, id).map(|merchant| merchant.merchant_id.clone())).transpose()
}

/// What time it is.
#[utoipa::path(get, path = "/api/v1/clock", tag = "clock", params(Whose),
    responses((status = 200, body = ClockView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Query(query): Query<Whose>,
) -> Result<axum::Json<ClockView>, Problem> {
    let merchant_id = whose(&gateway, query.merchant_id.as_deref())?;
    Ok(axum::Json(view(&gateway, merchant_id.as_ref())))
}

/// Sets the time, and whether it stands still. What is due by then happens, each as of its own moment.
#[utoipa::path(put, path = "/api/v1/clock", tag = "clock", request_body = NewTime,
    responses((status = 200, body = ClockView), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn set(
    State(gateway): State<Arc<Gateway>>,
    Json(new): Json<NewTime>,
) -> Result<axum::Json<ClockView>, Problem> {
    let merchant_id = whose(&gateway, new.merchant_id.as_deref())?;
    let now = new.now.unwrap_or_else(|| view(&gateway, merchant_id.as_ref()).now);
    let turned = merchant_id.clone();
    gateway.turn_clock(merchant_id.as_ref(), move |clock| clock.set(turned.as_ref(), now, new.frozen)).await;
    Ok(axum::Json(view(&gateway, merchant_id.as_ref())))
}

/// Back to real time.
#[utoipa::path(delete, path = "/api/v1/clock", tag = "clock", params(Whose),
    responses((status = 200, body = ClockView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn reset(
    State(gateway): State<Arc<Gateway>>,
    Query(query): Query<Whose>,
) -> Result<axum::Json<ClockView>, Problem> {
    let merchant_id = whose(&gateway, query.merchant_id.as_deref())?;
    let turned = merchant_id.clone();
    gateway.turn_clock(merchant_id.as_ref(), move |clock| clock.reset(turned.as_ref())).await;
    Ok(axum::Json(view(&gateway, merchant_id.as_ref())))
}

/// Turns the clock forward and does everything that becomes due on the way, in order, each as of its own moment.
/// Answers when all is done; notices that arose may still be on their way to the shop.
#[utoipa::path(post, path = "/api/v1/clock/advance", tag = "clock", request_body = Advance,
    responses((status = 200, body = Advanced), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn advance(State(gateway): State<Arc<Gateway>>, Json(by): Json<Advance>) -> Result<Response, Problem> {
    let merchant_id = whose(&gateway, by.merchant_id.as_deref())?;
    let span = jiff::Span::new()
        .try_days(by.days)
        .and_then(|span| span.try_hours(by.hours))
        .and_then(|span| span.try_minutes(by.minutes))
        .and_then(|span| span.try_seconds(by.seconds))
        .map_err(|error| {
            let rule = text!("進められる範囲を超えています: 「{error}」", "{error}", error = error);
            Problem::invalid("days", rule)
        })?;
    let happened = gateway.advance(merchant_id.as_ref(), span).await;
    // Years of deadlines are told at length: other requests do not wait for that either.
    let told = gateway.aside(move |gateway| {
        let happened = happened.into_iter().map(happened_view).collect();
        axum::Json(Advanced { clock: view(gateway, merchant_id.as_ref()), happened }).into_response()
    });
    Ok(told.await)
}

fn happened_view(happened: Happened) -> HappenedView {
    let Happened { at, merchant_id, subject, status } = happened;
    let (payment_id, record) = match subject {
        Subject::Payment(id) => (Some(id), None),
        Subject::Record(kind, _) => (None, Some(kind.to_string())),
    };
    HappenedView {
        at,
        merchant_id: merchant_id.to_string(),
        payment_id: payment_id.map(|id| id.0),
        payment_status: status.map(|status| status.to_string()),
        record,
    }
}
