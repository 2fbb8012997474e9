//! `/api/v1/merchants`: merchants and their settings.

use std::ops::Bound;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::clock::Moment;
use crate::gateway::Gateway;
use crate::merchant::{ForgetError, Merchant, MerchantId, Seconds};
use crate::method::METHODS;
use crate::server::api::problem::{Json, Path, Query};
use crate::server::api::{Problem, check_limit, merchant, no_merchant};
use crate::text::{Text, text};
use crate::wire::{WebUrl, catalog};

/// A merchant, and how the delivery of its notices stands.
#[derive(Serialize, ToSchema)]
pub(super) struct MerchantView {
    #[serde(flatten)]
    merchant: Merchant,
    delivery: DeliveryView,
}

/// How the delivery of a merchant's notices stands.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryView {
    /// How many notices wait for their push, those that are held included.
    waiting: usize,
    /// How many pushes failed in a row.
    failures: u32,
    /// Until when nothing is pushed, by the merchant's clock; null when nothing is paused.
    #[schema(value_type = Option<String>)]
    paused_until: Option<Moment>,
}

fn view(gateway: &Gateway, merchant: &Merchant) -> MerchantView {
    let delivery = gateway.ledger.delivery(&merchant.merchant_id);
    let now = gateway.clock.now(&merchant.merchant_id);
    MerchantView {
        merchant: merchant.clone(),
        delivery: DeliveryView {
            waiting: delivery.waiting,
            failures: delivery.failures,
            paused_until: delivery.pause.filter(|pause| pause.holds(now)).map(|pause| pause.until),
        },
    }
}

/// Which merchants.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Which {
    /// How many at most, 1 to 1000.
    limit: usize,
    /// Only those after this id: the `next` of a page.
    after: Option<String>,
}

impl Default for Which {
    fn default() -> Which {
        Which { limit: 100, after: None }
    }
}

/// A page of merchants.
#[derive(Serialize, ToSchema)]
pub(super) struct MerchantPage {
    items: Vec<MerchantView>,
    /// What `after` must be for the next page; null when this is the last.
    next: Option<String>,
}

/// Merchants, by id.
#[utoipa::path(get, path = "/api/v1/merchants", tag = "merchants", params(Which),
    responses((status = 200, body = MerchantPage), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Query(which): Query<Which>,
) -> Result<axum::Json<MerchantPage>, Problem> {
    check_limit(which.limit)?;
    let from = which.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    // One more than fits tells whether there is another page.
    let mut found = gateway.merchants.page(from, which.limit + 1);
    let more = found.len() > which.limit;
    found.truncate(which.limit);
    let next = found.last().filter(|_| more).map(|last| last.merchant_id.to_string());
    Ok(axum::Json(MerchantPage { items: found.iter().map(|merchant| view(&gateway, merchant)).collect(), next }))
}

/// A merchant, with its passwords and keys.
#[utoipa::path(get, path = "/api/v1/merchants/{merchant_id}", tag = "merchants",
    params(("merchant_id" = String, Path, description = "マーチャントID")),
    responses((status = 200, body = MerchantView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Path(merchant_id): Path<String>,
) -> Result<axum::Json<MerchantView>, Problem> {
    Ok(axum::Json(view(&gateway, &*merchant(&gateway, &merchant_id)?)))
}

/// Adds a merchant, or changes the settings that the body names: keys that are absent stay as they are, also inside
/// `keys`, `contracts` and `notified`; null sets a key back to its default. A new merchant needs `connect_id` and
/// `connect_password`.
#[utoipa::path(put, path = "/api/v1/merchants/{merchant_id}", tag = "merchants",
    params(("merchant_id" = String, Path, description = "マーチャントID: up to nine digits")), request_body = Merchant,
    responses((status = 200, body = MerchantView), (status = 201, body = MerchantView), (status = 400, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn put(
    State(gateway): State<Arc<Gateway>>,
    Path(merchant_id): Path<String>,
    Json(settings): Json<Value>,
) -> Result<(StatusCode, axum::Json<MerchantView>), Problem> {
    let known = gateway.merchants.get(&MerchantId::new(&merchant_id));
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    change(&gateway, &merchant_id, settings)?;
    Ok((status, axum::Json(view(&gateway, &*merchant(&gateway, &merchant_id)?))))
}

/// Adds a merchant, or changes the settings that are named.
pub(in crate::server) fn change(gateway: &Gateway, merchant_id: &str, settings: Value) -> Result<(), Problem> {
    if !settings.is_object() {
        return Err(Problem::invalid(
            "",
            text!("設定は JSON オブジェクトで指定してください。", "the settings must be a JSON object"),
        ));
    }
    for name in ["notice_delay", "notice_hold"] {
        let value = settings.get(name).filter(|value| !value.is_null());
        if let Some(Err(error)) = value.map(|value| serde_json::from_value::<Seconds>(value.clone())) {
            let rule = text!("設定値が正しくありません: 「{error}」", "{error}", error = error);
            return Err(Problem::invalid(name, rule));
        }
    }
    let mut merged = match gateway.merchants.get(&MerchantId::new(merchant_id)) {
        Some(merchant) => serde_json::to_value(&*merchant).unwrap_or_default(),
        None => serde_json::json!({ "merchant_id": merchant_id }),
    };
    merge(&mut merged, settings);
    let merchant: Merchant = serde_json::from_value(merged).map_err(|error| {
        let text = error.to_string();
        let field = text.split('`').nth(1).unwrap_or_default().to_owned();
        Problem::invalid(&field, Text::filled(format!("設定値が正しくありません: 「{text}」"), text))
    })?;
    check(&merchant, merchant_id)?;
    gateway.put_merchant(merchant);
    Ok(())
}

/// Forgets a merchant with all that it has. One that is there from the start can be reset, not removed: 409.
#[utoipa::path(delete, path = "/api/v1/merchants/{merchant_id}", tag = "merchants",
    params(("merchant_id" = String, Path, description = "マーチャントID")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn remove(
    State(gateway): State<Arc<Gateway>>,
    Path(merchant_id): Path<String>,
) -> Result<StatusCode, Problem> {
    match gateway.remove_merchant(&MerchantId::new(&merchant_id)) {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(ForgetError::Unknown) => Err(Problem::not_found(no_merchant(&merchant_id))),
        Err(ForgetError::Founder) => {
            let detail = text!(
                "加盟店 {merchant_id} は起動時から登録されているため、削除できません。データは POST /api/v1/reset で消去できます。",
                "merchant {merchant_id} cannot be removed: it is there from the start and stays; POST /api/v1/reset forgets \
                 what it has",
                merchant_id = merchant_id
            );
            Err(Problem::conflict(detail))
        }
    }
}

/// JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// What the types do not say: forms of ids, URLs, statuses that exist.
pub(in crate::server) fn check(merchant: &Merchant, merchant_id: &str) -> Result<(), Problem> {
    let digits = merchant_id.bytes().all(|byte| byte.is_ascii_digit());
    if merchant.merchant_id.as_str() != merchant_id || !digits || !(1..=9).contains(&merchant_id.len()) {
        let rule = text!(
            "マーチャントIDは9桁以内の数字で、変更できません。",
            "a merchant_id has up to nine digits and cannot be changed"
        );
        return Err(Problem::invalid("merchant_id", rule));
    }
    for (field, value) in [("connect_id", &merchant.connect_id), ("connect_password", &merchant.connect_password)] {
        if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !(1..=32).contains(&value.len()) {
            return Err(Problem::invalid(
                field,
                text!("1～32文字の半角英数字で指定してください。", "1 to 32 letters and digits"),
            ));
        }
    }
    check_url("notification_url", &merchant.notification_url)?;
    check_url("file_notification_url", &merchant.file_notification_url)?;
    for (payment_type, statuses) in &merchant.notified {
        let Some(row) = catalog().payment_type(*payment_type) else {
            let rule = text!(
                "決済種別CD {payment_type} はありません。",
                "there is no payment type {payment_type}",
                payment_type = payment_type
            );
            return Err(Problem::invalid("notified", rule));
        };
        if let Some(status) = statuses.iter().find(|status| !row.notifiable.contains(status)) {
            let detail = text!(
                "決済種別CD {payment_type} の決済ステータス {status} は通知の対象にできません。",
                "status {status} of payment type {payment_type} cannot be notified",
                status = status,
                payment_type = payment_type
            );
            return Err(Problem::invalid("notified", detail));
        }
    }
    if let Some(site) = merchant
        .sites
        .iter()
        .find(|site| !site.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !(1..=4).contains(&site.len()))
    {
        let rule = Text::filled(
            format!("サイトIDは4桁以内の半角英数字です。({site})"),
            format!("{site:?} is not a site id of up to four letters and digits"),
        );
        return Err(Problem::invalid("sites", rule));
    }
    let mut contracts = merchant.contracts.clone();
    for choice in METHODS.iter().flat_map(|method| method.description().choices) {
        if !choice.values.contains(&(choice.of)(&mut contracts).as_str()) {
            let rule =
                text!("{values} のいずれかで指定してください。", "one of {values}", values = choice.values.join(", "));
            return Err(Problem::invalid(choice.name, rule));
        }
    }
    Ok(())
}

fn check_url(field: &str, url: &str) -> Result<(), Problem> {
    if url.is_empty() {
        return Ok(());
    }
    WebUrl::parse(url).map_err(|Text { japanese, english }| {
        let rule = Text::filled(
            format!("URL{japanese}使用しない場合は空にしてください。"),
            format!("a URL {english}; empty for none"),
        );
        Problem::invalid(field, rule)
    })?;
    match url.parse::<axum::http::Uri>() {
        Ok(_) => Ok(()),
        Err(_) => {
            let rule = text!(
                "URLに使用できるのは半角英数字記号です。それ以外の文字は %XX の形式で指定してください。",
                "a URL consists of printable ASCII characters; others are written as %XX"
            );
            Err(Problem::invalid(field, rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_keys_stay_and_null_removes() {
        let mut target = serde_json::json!({"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]});
        merge(&mut target, serde_json::json!({"b": {"c": null, "x": {"y": null, "z": 1}}, "e": [3]}));
        assert_eq!(target, serde_json::json!({"a": 1, "b": {"d": 3, "x": {"z": 1}}, "e": [3]}));
    }
}
