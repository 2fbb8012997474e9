//! `/api/v1/payments/{payment_id}/operations`: what a merchant does on the merchants' site.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::method::{Operation, UpdateError, site};
use crate::payment::{Payment, PaymentId};
use crate::server::api::problem::{Json, Path};
use crate::server::api::{Problem, merchant};
use crate::text::{Text, text};

/// An operation on a payment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOperation {
    operation: Operation,
    /// The new amount for `correct`; the amount to give back for a part `refund`; absent otherwise.
    amount: Option<u64>,
}

/// What an operation led to.
#[derive(Serialize, ToSchema)]
pub(super) struct OperationResult {
    /// 0 when it was done, 1 when the payment vendor refused it.
    result: String,
    /// The vendor's code, when it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_code: Option<String>,
    /// The vendor's detail, when it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_detail: Option<String>,
    /// The payments that it changed or made; a correction makes a new one.
    payments: Vec<Changed>,
}

/// A payment after an operation.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    payment_id: u64,
    payment_status: String,
    amount: u64,
}

/// An operation that is possible now.
#[derive(Serialize, ToSchema)]
pub(super) struct Possible {
    operation: Operation,
    /// The button's text on the merchants' site.
    label: String,
    english: String,
    /// Whether it takes an amount.
    amount: bool,
}

/// What is said of an id that no payment has.
pub(super) fn no_payment(id: PaymentId) -> Text {
    text!("決済ID {id} の決済はありません。", "there is no payment {id}", id = id)
}

/// A payment by id, whoever's it is, with its merchant.
pub(in crate::server) fn payment(gateway: &Gateway, id: u64) -> Result<(Arc<Merchant>, Payment), Problem> {
    let id = PaymentId(id);
    let unknown = || Problem::not_found(no_payment(id));
    let merchant_id = gateway.ledger.owner(id).ok_or_else(unknown)?;
    let payment = gateway.ledger.payment(&merchant_id, id).ok_or_else(unknown)?;
    Ok((merchant(gateway, merchant_id.as_str())?, payment))
}

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Problem {
        match error {
            UpdateError::Forbidden { reason } => Problem::conflict(reason),
            UpdateError::Invalid { field, reason } => Problem::invalid(&field, reason),
        }
    }
}

/// The operations that the merchants' site offers for the payment now.
#[utoipa::path(get, path = "/api/v1/payments/{payment_id}/operations", tag = "payments",
    params(("payment_id" = u64, Path, description = "決済ID")),
    responses((status = 200, body = Vec<Possible>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<u64>,
) -> Result<axum::Json<Vec<Possible>>, Problem> {
    let (_, payment) = payment(&gateway, id)?;
    let possible = site::operations(&payment).into_iter().map(|known| Possible {
        operation: known.operation,
        label: known.label.to_owned(),
        english: known.english.to_owned(),
        amount: known.amount_field.is_some(),
    });
    Ok(axum::Json(possible.collect()))
}

/// Captures, cancels, corrects or refunds a payment as on the merchants' site: the same decisions and notices as by telegram.
#[utoipa::path(post, path = "/api/v1/payments/{payment_id}/operations", tag = "payments", request_body = NewOperation,
    params(("payment_id" = u64, Path, description = "決済ID")),
    responses((status = 200, body = OperationResult), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn operate(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<u64>,
    Json(new): Json<NewOperation>,
) -> Result<axum::Json<OperationResult>, Problem> {
    let (merchant, _) = payment(&gateway, id)?;
    let done = gateway.operate_on_site(&merchant, PaymentId(id), new.operation, new.amount).await?;
    let refusal = done.reply.refusal();
    let changed = done.payment_ids.iter().zip(&done.statuses);
    Ok(axum::Json(OperationResult {
        result: done.reply.result().to_owned(),
        response_code: refusal.map(|refusal| refusal.code.clone()),
        response_detail: refusal.map(|refusal| refusal.detail.clone()),
        payments: changed
            .filter_map(|(id, status)| {
                let payment = gateway.ledger.payment(&merchant.merchant_id, *id)?;
                Some(Changed { payment_id: id.0, payment_status: status.to_string(), amount: payment.amount })
            })
            .collect(),
    }))
}
