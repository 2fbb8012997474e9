//! `/api/v1/faults`: what payment vendors are made to answer next.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::faults::Fault;
use crate::gateway::Gateway;
use crate::merchant::MerchantId;
use crate::method;
use crate::server::api::problem::{Json, Query};
use crate::server::api::{Problem, merchant};
use crate::text::text;

/// Whose faults.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// One merchant's faults; all when absent.
    merchant_id: Option<String>,
}

/// The faults that wait to be used.
#[utoipa::path(get, path = "/api/v1/faults", tag = "faults", params(Whose),
    responses((status = 200, body = Vec<Fault>), (status = 422, body = Problem)))]
pub(super) async fn list(State(gateway): State<Arc<Gateway>>, Query(whose): Query<Whose>) -> axum::Json<Vec<Fault>> {
    let mut faults = gateway.faults.waiting();
    faults.retain(|fault| whose.merchant_id.as_ref().is_none_or(|id| fault.merchant_id.as_str() == id));
    axum::Json(faults)
}

/// Makes the vendor fail the next telegrams of a kind.
#[utoipa::path(post, path = "/api/v1/faults", tag = "faults", request_body = Fault,
    responses((status = 201, body = Fault), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn add(
    State(gateway): State<Arc<Gateway>>,
    Json(fault): Json<Fault>,
) -> Result<(StatusCode, axum::Json<Fault>), Problem> {
    merchant(&gateway, fault.merchant_id.as_str())?;
    if let Some((field, rule)) = method::idle_fault(&fault) {
        return Err(Problem::invalid(field.as_str(), rule));
    }
    if fault.times == 0 {
        return Err(Problem::invalid(
            "times",
            text!("times は 1 以上で指定してください。", "times must be at least 1"),
        ));
    }
    gateway.faults.add(fault.clone());
    Ok((StatusCode::CREATED, axum::Json(fault)))
}

/// Forgets the faults of one merchant, or all.
#[utoipa::path(delete, path = "/api/v1/faults", tag = "faults", params(Whose),
    responses((status = 204), (status = 422, body = Problem)))]
pub(super) async fn clear(State(gateway): State<Arc<Gateway>>, Query(whose): Query<Whose>) -> StatusCode {
    let merchant_id = whose.merchant_id.as_deref().map(MerchantId::new);
    gateway.faults.clear(merchant_id.as_ref());
    StatusCode::NO_CONTENT
}
