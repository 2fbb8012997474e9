//! `/api/v1/reset`: a fresh start without a restart.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::merchant::MerchantId;
use crate::server::api::problem::Json;
use crate::server::api::{Problem, no_merchant};

/// What to forget.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct What {
    /// One merchant's payments, notices, records, faults, journal and clock; those of all when absent.
    merchant_id: Option<String>,
}

/// Forgets payments, notices, records, faults and journal, and sets the clock back to real time. Merchants and
/// their settings stay. Merchants that were adopted by their first contact, and never changed since, are forgotten; one
/// that is reset alone stays, but its credentials are those of its next telegram. A merchant that nobody knows has
/// nothing to forget; where unknown merchants are not adopted, it is 404.
#[utoipa::path(post, path = "/api/v1/reset", tag = "reset", request_body = What,
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn reset(State(gateway): State<Arc<Gateway>>, Json(what): Json<What>) -> Result<StatusCode, Problem> {
    let merchant_id = what.merchant_id.as_deref().map(MerchantId::new);
    if let Some(id) = &merchant_id
        && gateway.merchants.get_or_stranger(id).is_none()
    {
        return Err(Problem::not_found(no_merchant(id.as_str())));
    }
    gateway.aside(move |gateway| gateway.reset(merchant_id.as_ref())).await;
    Ok(StatusCode::NO_CONTENT)
}
