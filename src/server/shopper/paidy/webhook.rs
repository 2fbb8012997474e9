//! Paidy's webhook: `POST /n/paidy/receipt?mid=…`, which needs no client certificate.
//!
//! Our own checkout calls it from within. From outside it brings a webhook that was lost, or, with the
//! payment itself, a checkout that no browser made.

use crate::text::text;
use crate::wire::name;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::journal::About;
use crate::merchant::{Merchant, MerchantId};
use crate::method::paidy;
use crate::payment::{PaymentId, Refusal, Trigger};
use crate::server::Door;
use crate::server::shopper::paidy::form;

/// Where Paidy sends its webhooks to.
pub(super) const RECEIPT: &str = "/n/paidy/receipt";

/// Whose webhook it is.
#[derive(Deserialize)]
pub(super) struct Whose {
    #[serde(default)]
    mid: String,
}

/// What Paidy sends.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Told {
    /// Paidy's id.
    payment_id: String,
    /// What happened; only an authorization changes anything, as the gateway itself does the rest.
    status: String,
    /// The payment, for one that our Paidy does not have: what the checkout's payload has.
    payment: Option<Value>,
}

impl Default for Told {
    fn default() -> Told {
        Told { payment_id: String::new(), status: "authorize_success".to_owned(), payment: None }
    }
}

/// Takes a webhook in.
pub(super) async fn receipt(State(door): State<Door>, Query(whose): Query<Whose>, Json(told): Json<Told>) -> Response {
    let Some(merchant) = door.gateway.merchants.get(&MerchantId::new(&whose.mid)) else {
        return problem(StatusCode::NOT_FOUND, &format!("mid={} is not the id of a merchant", whose.mid));
    };
    if !told.status.eq_ignore_ascii_case("authorize_success") {
        return Json(json!({})).into_response();
    }
    let named = told.payment.as_ref().and_then(|payment| payment.get("id")).and_then(Value::as_str);
    let id = match (told.payment_id.as_str(), named) {
        ("", None) if told.payment.is_some() => paidy::new_id(|length| door.gateway.unguessable(&merchant, length)),
        ("", named) => named.unwrap_or_default().to_owned(),
        (id, _) => id.to_owned(),
    };
    let fits = (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        return problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "payment_id must be Paidy's id of the payment, such as pay_…",
        );
    }
    match deliver(&door.gateway, &merchant, &id, told.payment.as_ref()).await {
        Ok(payment_id) => Json(json!({"payment_id": payment_id.to_string(), "paidy_payment_id": id})).into_response(),
        Err(refusal) => problem(StatusCode::UNPROCESSABLE_ENTITY, &refusal.explanation.english),
    }
}

/// Lets the gateway make its payment of what Paidy tells, and writes it down.
pub(super) async fn deliver(
    gateway: &Arc<Gateway>,
    merchant: &Merchant,
    id: &str,
    payment: Option<&Value>,
) -> Result<PaymentId, Refusal> {
    let receipt = gateway.perform(merchant, Trigger::Vendor, |desk| paidy::receive(desk, id, payment)).await;
    let done = receipt.enter(About::Page("paidy_webhook".into()), RECEIPT, |entry, _| {
        entry.request = form(&[("payment_id", id), ("status", "authorize_success")]);
    })?;
    let payment_id = done.reply.get(name::PAYMENT_ID).and_then(|id| id.parse().ok());
    payment_id.ok_or_else(|| {
        let rule =
            text!("内部エラー: Webhook から決済が作成されませんでした。", "internal: the webhook made no payment");
        Refusal::new("E001", rule)
    })
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}
