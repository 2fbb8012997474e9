//! `/api/v1/cards`: stored cards, and what the test tool does to them.

use crate::text::Text;
use crate::wire::name;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use crate::addresses::Called;
use crate::gateway::Gateway;
use crate::method::card::vault::{self, stop};
use crate::method::file;
use crate::payment::{Refusal, Trigger};
use crate::server::api::problem::{Json, Query};
use crate::server::api::{Problem, merchant};

/// Whose cards.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The merchant.
    merchant_id: String,
    /// One customer's cards; all when absent.
    customer_id: Option<String>,
}

/// A stored card, as 027 shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct CardView {
    /// サイトID; empty for the base site.
    site_id: String,
    customer_id: String,
    customer_card_id: String,
    masked_card_number: String,
    /// MMYY.
    card_valid_term: String,
    card_brand: String,
    /// The last check; null for a card that was stored without one.
    check: Option<CheckView>,
    /// Whether charges to it were stopped (請求停止).
    stopped: bool,
}

/// The last validity check or card update of a card.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckView {
    /// 有効性チェック結果: 0 有効性OK, 1 有効性NG, 2 カード会社照合エラー, 3 請求停止, 4 カード会社契約無し, 5 非対応カード会社.
    valid_check_result: String,
    /// What was updated: empty, C number, V expiry, A both.
    valid_update_cd: String,
    /// YYYYMMDDhhmmss.
    valid_check_date: String,
}

/// A stored card to which charges are to be stopped: `customer_id` with `customer_card_id`, or `card_number`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stop {
    merchant_id: String,
    /// サイトID; the base site when absent.
    #[serde(default)]
    site_id: String,
    #[serde(default)]
    customer_id: String,
    #[serde(default)]
    customer_card_id: String,
    /// Every card of the site with this number. It is not kept.
    #[serde(default)]
    card_number: String,
}

/// The cards to which charges were stopped.
#[derive(Serialize, ToSchema)]
pub(super) struct Stopped {
    /// How many.
    num_of_cards: u64,
    /// What makes the mark useless, such as a card stored without a validity check.
    warnings: Vec<String>,
}

/// Whose stored cards are to be updated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    merchant_id: String,
}

/// The result of a card update.
#[derive(Serialize, ToSchema)]
pub(super) struct Updated {
    /// 受付番号, for telegram 201.
    file_receipt_id: String,
    /// The cards that were asked about.
    cards: Vec<AskedView>,
}

/// A card that was asked about, and the answer.
#[derive(Serialize, ToSchema)]
pub(super) struct AskedView {
    site_id: String,
    customer_id: String,
    customer_card_id: String,
    /// 有効性判定結果: 0 to 5 as in 027.
    result: String,
    /// Whether it has a new number; null unless the result is 0.
    new_number: Option<bool>,
    /// Whether it has a new expiry; null unless the result is 0.
    new_expiry: Option<bool>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let (code, Text { japanese, english }) = (refusal.code, refusal.explanation);
        let told = Text::filled(format!("{code}: {japanese}"), format!("{code}: {english}"));
        match refusal.field {
            Some(field) => Problem::invalid(&field, told),
            None if code == "P022" => Problem::not_found(told),
            None => Problem::conflict(told),
        }
    }
}

/// The cards that a merchant's customers have stored, by site and customer, oldest first.
#[utoipa::path(get, path = "/api/v1/cards", tag = "cards", params(Whose),
    responses((status = 200, body = Vec<CardView>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Query(whose): Query<Whose>,
) -> Result<axum::Json<Vec<CardView>>, Problem> {
    let merchant = merchant(&gateway, &whose.merchant_id)?;
    let wanted = |customer_id: &str| whose.customer_id.as_deref().is_none_or(|wanted| wanted == customer_id);
    let cards = gateway
        .look(&merchant, Called::default(), vault::all)
        .into_iter()
        .filter(|(_, customer_id, _)| wanted(customer_id));
    let view = |(site_id, customer_id, stored): (String, String, vault::StoredCard)| CardView {
        site_id,
        customer_id,
        check: stored.last_check().map(|[valid_check_result, valid_update_cd, valid_check_date, _]| CheckView {
            valid_check_result,
            valid_update_cd,
            valid_check_date,
        }),
        stopped: stored.is_stopped(),
        customer_card_id: stored.customer_card_id,
        masked_card_number: stored.card.masked_card_number,
        card_valid_term: stored.card.card_valid_term,
        card_brand: stored.brand,
    };
    Ok(axum::Json(cards.map(view).collect()))
}

/// Stops charges to a stored card, as 請求停止カード登録 of the test tool does: 027 shows it at once, the next card update
/// reports it, later ones leave the card out.
#[utoipa::path(post, path = "/api/v1/cards/stop", tag = "cards", request_body = Stop,
    responses((status = 200, body = Stopped), (status = 400, body = Problem),
        (status = 404, body = Problem, description = "There is no such merchant, or no such card"),
        (status = 409, body = Problem, description = "The merchant's contract does not include it"),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn stop(
    State(gateway): State<Arc<Gateway>>,
    Json(stop): Json<Stop>,
) -> Result<axum::Json<Stopped>, Problem> {
    let card_number = Zeroizing::new(stop.card_number);
    let merchant = merchant(&gateway, &stop.merchant_id)?;
    let which = stop::Which {
        site_id: &stop.site_id,
        customer_id: &stop.customer_id,
        customer_card_id: &stop.customer_card_id,
        card_number: &card_number,
    };
    let done = gateway.operate(&merchant, Trigger::Tool, |desk| stop::stop(desk, &which)).await?;
    let num_of_cards = done.reply.get(name::NUM_OF_CARDS).and_then(|count| count.parse().ok()).unwrap_or_default();
    Ok(axum::Json(Stopped { num_of_cards, warnings: done.warnings.iter().map(ToString::to_string).collect() }))
}

/// Asks the card companies about all stored cards that take part, as 洗替処理実行 of the test tool does. The result is there
/// at once, also for telegram 201; a ファイル決済通知 goes to `file_notification_url`.
#[utoipa::path(post, path = "/api/v1/cards/update", tag = "cards", request_body = Update,
    responses((status = 200, body = Updated), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "No card takes part, or the contract does not include it"),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn update(
    State(gateway): State<Arc<Gateway>>,
    Json(update): Json<Update>,
) -> Result<axum::Json<Updated>, Problem> {
    let merchant = merchant(&gateway, &update.merchant_id)?;
    let done = gateway.operate(&merchant, Trigger::Tool, file::update_cards).await?;
    let file_receipt_id = done.reply.get(name::FILE_RECEIPT_ID).unwrap_or_default().to_owned();
    let asked = gateway.look(&merchant, Called::default(), |desk| file::Asked::of_file(desk, &file_receipt_id));
    let cards = asked.into_iter().map(|file::Asked { name, said }| AskedView {
        site_id: name.site_id,
        customer_id: name.customer_id,
        customer_card_id: name.customer_card_id,
        result: said.result,
        new_number: said.number,
        new_expiry: said.expiry,
    });
    Ok(axum::Json(Updated { file_receipt_id, cards: cards.collect() }))
}
