//! `/api/v1/catalog`: the telegrams, payment types and codes that the emulator knows.

use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

use crate::fixtures;
use crate::gateway::Gateway;
use crate::method;
use crate::server::api::Problem;
use crate::server::api::problem::Path;
use crate::text::text;
use crate::wire::catalog::Unit;
use crate::wire::{FieldSpec, TelegramSpec, catalog};

/// The catalog.
#[derive(Serialize, ToSchema)]
pub(super) struct CatalogView {
    telegrams: Vec<TelegramSummary>,
    payment_types: Vec<PaymentTypeView>,
    response_codes: Vec<CodeView>,
}

/// A telegram without its fields.
#[derive(Serialize, ToSchema)]
pub(super) struct TelegramSummary {
    kind: &'static str,
    name: &'static str,
    english: &'static str,
    path: &'static str,
    charset: &'static str,
    summary: &'static str,
    /// Whether it is answered here; the others are refused with P018.
    emulated: bool,
}

/// A payment type with its statuses and transitions.
#[derive(Serialize, ToSchema)]
pub(super) struct PaymentTypeView {
    payment_type: String,
    name: &'static str,
    english: &'static str,
    statuses: Vec<StatusView>,
    transitions: Vec<TransitionView>,
}

/// A status of a payment type.
#[derive(Serialize, ToSchema)]
pub(super) struct StatusView {
    payment_status: String,
    name: &'static str,
    /// Whether entering it makes a notice, if the merchant ticked it.
    notifiable: bool,
}

/// A transition of a payment type.
#[derive(Serialize, ToSchema)]
pub(super) struct TransitionView {
    /// Null when the payment comes into being.
    from: Option<String>,
    to: String,
    /// A telegram's kind, `shopper`, `vendor`, `tool`, `merchant_site` or `clock`.
    by: String,
}

/// A response code.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeView {
    response_code: &'static str,
    name: &'static str,
    response_detail: &'static str,
    english: &'static str,
    remedy: &'static str,
    /// Whether the same request may be sent again unchanged.
    retry: bool,
}

/// A telegram with its fields.
#[derive(Serialize, ToSchema)]
pub(super) struct TelegramView {
    #[serde(flatten)]
    summary: TelegramSummary,
    /// Groups of fields of which at least one must be given.
    either: &'static [Vec<&'static str>],
    request: Vec<FieldView>,
    response: Vec<FieldView>,
}

/// A field of a telegram.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldView {
    name: &'static str,
    label: &'static str,
    required: bool,
    /// It must be given when this holds.
    when: Option<String>,
    /// What it may consist of.
    characters: String,
    min: Option<usize>,
    max: Option<usize>,
    unit: Unit,
    values: &'static [&'static str],
    default: Option<&'static str>,
    secret: bool,
    note: &'static str,
}

fn summary(spec: &TelegramSpec) -> TelegramSummary {
    TelegramSummary {
        kind: spec.kind,
        name: spec.name,
        english: spec.english,
        path: spec.path,
        charset: spec.charset.label(),
        summary: spec.summary,
        emulated: method::for_kind(spec.kind).is_some(),
    }
}

fn field(field: &'static FieldSpec) -> FieldView {
    FieldView {
        name: &field.name,
        label: field.label,
        required: field.required,
        when: field.when.as_ref().map(ToString::to_string),
        characters: field.characters.describe().english.to_string(),
        min: field.min,
        max: field.max,
        unit: field.unit,
        values: &field.values,
        default: field.default,
        secret: field.secret,
        note: field.note,
    }
}

/// Telegrams, payment types with their transitions, and response codes.
#[utoipa::path(get, path = "/api/v1/catalog", tag = "catalog", responses((status = 200, body = CatalogView)))]
pub(super) async fn list(State(_): State<Arc<Gateway>>) -> axum::Json<CatalogView> {
    let payment_types = catalog().payment_types().iter().map(|row| PaymentTypeView {
        payment_type: row.code.to_string(),
        name: row.name,
        english: row.english,
        statuses: row
            .status
            .iter()
            .map(|status| StatusView {
                payment_status: status.code.to_string(),
                name: status.name,
                notifiable: row.notifiable.contains(&status.code),
            })
            .collect(),
        transitions: method::table(row.code)
            .into_iter()
            .flat_map(|table| table.transitions())
            .map(|step| TransitionView {
                from: step.from.map(|from| from.to_string()),
                to: step.to.to_string(),
                by: step.by.to_string(),
            })
            .collect(),
    });
    let mut response_codes: Vec<CodeView> = fixtures::errors()
        .codes()
        .map(|row| CodeView {
            response_code: row.code,
            name: row.name,
            response_detail: row.detail,
            english: row.english,
            remedy: row.remedy,
            retry: row.retry,
        })
        .collect();
    response_codes.sort_by_key(|row| row.response_code);
    axum::Json(CatalogView {
        telegrams: catalog().telegrams().into_iter().map(summary).collect(),
        payment_types: payment_types.collect(),
        response_codes,
    })
}

/// A telegram with its fields.
#[utoipa::path(get, path = "/api/v1/catalog/telegrams/{kind}", tag = "catalog",
    params(("kind" = String, Path, description = "Its kind, such as `020`")),
    responses((status = 200, body = TelegramView), (status = 404, body = Problem)))]
pub(super) async fn telegram(
    State(_): State<Arc<Gateway>>,
    Path(kind): Path<String>,
) -> Result<axum::Json<TelegramView>, Problem> {
    let spec = catalog().telegram(&kind).ok_or_else(|| {
        let detail = text!("電文種別ID {kind} の電文はありません。", "there is no telegram {kind}", kind = kind);
        Problem::not_found(detail)
    })?;
    Ok(axum::Json(TelegramView {
        summary: summary(spec),
        either: &spec.either,
        request: spec.fields().map(field).collect(),
        response: spec.response.iter().map(field).collect(),
    }))
}
