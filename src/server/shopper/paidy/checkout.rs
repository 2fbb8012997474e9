//! What the dialogue asks for: may this order be bought, is the code right, and the end of the checkout.

use crate::text::Text;
use crate::wire::name;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::journal::About;
use crate::merchant::Merchant;
use crate::method::paidy::{self, Order, Webhook};
use crate::payment::{PaymentType, Refusal, Trigger};
use crate::server::Door;
use crate::server::shopper::paidy::{form, webhook};

/// How long after the shop's page Paidy's webhook follows, so that shops meet the gap that is there in real life.
const A_MOMENT: Duration = Duration::from_millis(500);

/// A shop's order and, as far as the buyer has come, what was typed.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Checkout {
    /// Whether answers are wanted in English.
    english: bool,
    api_key: String,
    payload: Value,
    mail: String,
    phone: String,
    code: String,
    /// Whether the buyer agreed; otherwise Paidy refuses.
    agreed: bool,
    webhook: Webhook,
}

impl Default for Checkout {
    fn default() -> Checkout {
        Checkout {
            english: false,
            api_key: String::new(),
            payload: Value::Null,
            mail: String::new(),
            phone: String::new(),
            code: String::new(),
            agreed: false,
            webhook: Webhook::Now,
        }
    }
}

/// The argument of the shop's `closed` function.
#[derive(Serialize)]
struct CallbackData {
    id: String,
    amount: u64,
    currency: &'static str,
    created_at: String,
    status: &'static str,
}

impl Checkout {
    /// The merchant of the public key, and the order.
    fn read(&self, gateway: &Gateway) -> Result<(Arc<Merchant>, Order), Refusal> {
        let Some(merchant) = paidy::of_public_key(&gateway.merchants, &self.api_key) else {
            let japanese = format!(
                "公開キー（api_key）「{}」は、どのマーチャントのものでもありません。マーチャントの設定の \
                 paidy_public（空の場合は pk_test_ とマーチャントID）を指定してください。",
                self.api_key
            );
            let english = format!(
                "the public key (api_key) {:?} belongs to no merchant; a merchant's key is paidy_public in its \
                 settings, or pk_test_ and its merchant id when that is empty",
                self.api_key
            );
            return Err(Refusal::with_detail("", &japanese.clone(), Text::filled(japanese, english)));
        };
        if merchant.contracts.without_payment_types.contains(&PaymentType::PAIDY) {
            let rule = Text::filled(
                format!("加盟店 {} の設定では、Paidyの契約がありません。", merchant.merchant_id),
                format!("the settings of merchant {} exclude Paidy", merchant.merchant_id),
            );
            return Err(Refusal::with_detail("", "このマーチャントはPaidyの契約がありません。", rule));
        }
        let order = Order::read(&self.payload)?;
        Ok((merchant, order))
    }

    fn wrong(&self, refusal: &Refusal) -> Response {
        tracing::info!(api_key = self.api_key, reason = %refusal.explanation, "Paidy checkout refused");
        let message = if self.english { &*refusal.explanation.english } else { refusal.detail.as_str() };
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"message": message}))).into_response()
    }
}

/// The dialogue opens: is the key known, is the order complete?
pub(super) async fn open(State(door): State<Door>, Json(checkout): Json<Checkout>) -> Response {
    match checkout.read(&door.gateway) {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => checkout.wrong(&refusal),
    }
}

/// The buyer typed the code of the SMS.
pub(super) async fn code(Json(checkout): Json<Checkout>) -> Response {
    match paidy::judge(&checkout.mail, &checkout.phone, &checkout.code) {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => checkout.wrong(&refusal),
    }
}

/// The buyer agrees, or Paidy is made to refuse. Answers what the shop's `closed` function gets.
pub(super) async fn finish(State(door): State<Door>, Json(checkout): Json<Checkout>) -> Response {
    match end(&door.gateway, &checkout).await {
        Ok(data) => Json(data).into_response(),
        Err(refusal) => checkout.wrong(&refusal),
    }
}

async fn end(gateway: &Arc<Gateway>, checkout: &Checkout) -> Result<CallbackData, Refusal> {
    let (merchant, order) = checkout.read(gateway)?;
    let accepted = paidy::judge(&checkout.mail, &checkout.phone, &checkout.code)? && checkout.agreed;
    let id = paidy::new_id(|length| gateway.unguessable(&merchant, length));
    let decided = gateway.perform(&merchant, Trigger::Shopper, |desk| -> Result<_, Refusal> {
        let outcome = paidy::authorize(desk, &id, &order, checkout.webhook)?;
        // A refused checkout leaves nothing.
        Ok(if accepted { outcome } else { crate::method::Outcome::reply(outcome.reply) })
    });
    let status = if accepted { "authorized" } else { "rejected" };
    let about = About::Page("paidy_checkout".into());
    let done = decided.await.enter(about, "/paidy/checkout/finish", |entry, done| {
        entry.request = form(&[("order_ref", &order.order_ref), ("amount", &order.amount.to_string())]);
        if done.is_ok() {
            entry.answer = form(&[("id", &id), ("status", status)]).into();
        }
    })?;
    if accepted && checkout.webhook == Webhook::Now {
        let (gateway, id) = (Arc::clone(gateway), id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(A_MOMENT).await;
            if let Err(refusal) = webhook::deliver(&gateway, &merchant, &id, None).await {
                tracing::warn!(paidy_payment_id = id, reason = %refusal.explanation, "Paidy's webhook was refused");
            }
        });
    }
    let created_at = done.reply.get(name::own::CREATED_AT).unwrap_or_default().to_owned();
    Ok(CallbackData { id, amount: order.amount, currency: "JPY", created_at, status })
}
