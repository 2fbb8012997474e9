//! `/api/v1/reset`: a fresh start without a restart.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::server::api::problem::Json;
use crate::server::api::{Problem, merchant};

/// What to forget.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct What {
    /// One merchant's payments, notices, records, faults, journal and clock; everything when absent.
    merchant_id: Option<String>,
}

/// Forgets payments, notices, records, faults and journal, and sets the clock back to real time. Merchants and
/// their settings stay.
#[utoipa::path(post, path = "/api/v1/reset", tag = "reset", request_body = What,
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn reset(State(gateway): State<Arc<Gateway>>, Json(what): Json<What>) -> Result<StatusCode, Problem> {
    let merchant = what.merchant_id.as_deref().map(|id| merchant(&gateway, id)).transpose()?;
    gateway.reset(merchant.as_ref().map(|merchant| &merchant.merchant_id));
    Ok(StatusCode::NO_CONTENT)
}
