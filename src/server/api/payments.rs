//! `/api/v1/payments`: payments, and leading one to another status by hand, as the test tool does.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::clock::Moment;
use crate::gateway::Gateway;
use crate::ledger::{PaymentFilter, TextMatch};
use crate::method::{self, Update};
use crate::payment::{Payment, PaymentId, PaymentType, Status, Trigger};
use crate::server::api::operations::no_payment;
use crate::server::api::problem::{Json, Path, Query};
use crate::server::api::{Problem, check_limit, concerned, merchant};
use crate::text::{Text, text};
use crate::wire::catalog;

/// Which payments.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// One merchant's payments; all when absent.
    merchant_id: Option<String>,
    /// マーチャント取引ID, exactly.
    trading_id: Option<String>,
    /// 決済種別CD.
    #[param(pattern = "^[0-9]{2}$")]
    payment_type: Option<String>,
    /// 決済ステータス.
    #[param(pattern = "^[0-9]{2}$")]
    payment_status: Option<String>,
    /// Only payments with a lower id: the `next` of the page before.
    before: Option<u64>,
    /// How many at most: 1 to 1000, 100 when absent.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000)]
    limit: usize,
}

fn hundred() -> usize {
    100
}

/// A page of payments.
#[derive(Serialize, ToSchema)]
pub(super) struct Payments {
    /// Newest first.
    payments: Vec<PaymentView>,
    /// What to give as `before` for the next page; null on the last.
    next: Option<u64>,
}

/// A payment.
#[derive(Serialize, ToSchema)]
pub(super) struct PaymentView {
    payment_id: u64,
    merchant_id: String,
    trading_id: Option<String>,
    /// 決済種別CD.
    payment_type: String,
    payment_type_name: String,
    /// 決済ステータス.
    payment_status: String,
    payment_status_name: String,
    payment_amount: u64,
    /// 取引発生日時.
    #[schema(value_type = String)]
    payment_init_date: Moment,
    /// When time alone will change it next.
    #[schema(value_type = Option<String>)]
    due: Option<Moment>,
    /// All other values, under their wire names.
    values: BTreeMap<String, String>,
    /// The statuses that it went through, oldest first.
    history: Vec<StepView>,
    /// The statuses that the test tool can lead it to.
    transitions: Vec<String>,
}

/// A status that a payment entered.
#[derive(Serialize, ToSchema)]
pub(super) struct StepView {
    #[schema(value_type = String)]
    at: Moment,
    /// The telegram's kind, or `shopper`, `vendor`, `tool`, `merchant_site`, `clock`.
    by: String,
    payment_status: String,
    /// The entry of the journal that caused it: `/api/v1/journal/{id}`, as long as the journal has it. Null when it never
    /// had one.
    journal_id: Option<u64>,
}

fn view(payment: &Payment) -> PaymentView {
    let method = method::for_payment_type(payment.payment_type);
    PaymentView {
        payment_id: payment.payment_id.0,
        merchant_id: payment.merchant_id.to_string(),
        trading_id: payment.trading_id.as_deref().map(str::to_owned),
        payment_type: payment.payment_type.to_string(),
        payment_type_name: catalog()
            .payment_type(payment.payment_type)
            .map_or_else(String::new, |row| row.name.to_owned()),
        payment_status: payment.status.to_string(),
        payment_status_name: catalog().status_name(payment.payment_type, payment.status).to_owned(),
        payment_amount: payment.amount,
        payment_init_date: payment.init_date,
        due: payment.due,
        values: payment.attributes.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        history: payment
            .history
            .iter()
            .map(|step| StepView {
                at: step.at,
                by: step.by.to_string(),
                payment_status: step.status.to_string(),
                journal_id: step.entry.map(|id| id.0.get()),
            })
            .collect(),
        transitions: method
            .iter()
            .flat_map(|method| method.update_targets(payment, Trigger::Tool))
            .map(|status| status.to_string())
            .collect(),
    }
}

/// Payments, newest first.
#[utoipa::path(get, path = "/api/v1/payments", tag = "payments", params(Which),
    responses((status = 200, body = Payments), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Query(which): Query<Which>,
) -> Result<axum::Json<Payments>, Problem> {
    check_limit(which.limit)?;
    let merchants = concerned(&gateway, which.merchant_id.as_deref())?;
    let wrong = |field| move |error: Text| Problem::invalid(field, error);
    let payment_type: Option<PaymentType> =
        which.payment_type.as_deref().map(str::parse).transpose().map_err(wrong("payment_type"))?;
    let status: Option<Status> =
        which.payment_status.as_deref().map(str::parse).transpose().map_err(wrong("payment_status"))?;
    let filter = PaymentFilter {
        trading_id: which.trading_id.map(|id| (TextMatch::Exact, id)),
        payment_types: payment_type.into_iter().collect(),
        statuses: status.into_iter().collect(),
        before: which.before.map(PaymentId),
        ..PaymentFilter::default()
    };
    // One more than fits tells whether there is another page.
    let search = move |gateway: &Gateway| {
        let search = |id| gateway.ledger.search(id, &filter, which.limit + 1);
        let mut found: Vec<Payment> = merchants.iter().flat_map(|merchant| search(&merchant.merchant_id)).collect();
        found.sort_by_key(|payment| std::cmp::Reverse(payment.payment_id));
        found
    };
    let mut found = gateway.aside(search).await;
    let more = found.len() > which.limit;
    found.truncate(which.limit);
    let next = found.last().filter(|_| more).map(|payment| payment.payment_id.0);
    Ok(axum::Json(Payments { payments: found.iter().map(view).collect(), next }))
}

/// A payment.
#[utoipa::path(get, path = "/api/v1/payments/{payment_id}", tag = "payments",
    params(("payment_id" = u64, Path, description = "決済ID")),
    responses((status = 200, body = PaymentView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Path(payment_id): Path<u64>,
) -> Result<axum::Json<PaymentView>, Problem> {
    Ok(axum::Json(view(&payment(&gateway, PaymentId(payment_id))?)))
}

fn payment(gateway: &Gateway, payment_id: PaymentId) -> Result<Payment, Problem> {
    let unknown = || Problem::not_found(no_payment(payment_id));
    let merchant_id = gateway.ledger.owner(payment_id).ok_or_else(unknown)?;
    gateway.ledger.payment(&merchant_id, payment_id).ok_or_else(unknown)
}

/// Who leads a payment to a status.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    /// The test tool.
    #[default]
    Tool,
    /// The payment vendor: a store, a bank. It can do what the tool cannot, such as pay late.
    Vendor,
    /// The merchants' site: ends an unpaid payment, clears a claim by hand.
    MerchantSite,
}

impl By {
    fn trigger(self) -> Trigger {
        match self {
            By::Tool => Trigger::Tool,
            By::Vendor => Trigger::Vendor,
            By::MerchantSite => Trigger::MerchantSite,
        }
    }
}

/// The status that a payment shall get, and the inputs of the test tool's screen under their wire names, such as
/// `payment_date`, `cvs_company_id` or `bank_code`.
#[derive(Deserialize, ToSchema)]
pub(super) struct Transition {
    /// 更新後の決済ステータス.
    #[schema(value_type = String, example = "40", pattern = "^[0-9]{2}$")]
    payment_status: Status,
    #[serde(default)]
    by: By,
    /// Further inputs, texts or numbers; what the transition does not need is ignored.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, String>)]
    inputs: BTreeMap<String, Value>,
}

/// A payment that comes into being without an application, and the inputs of the test tool's screen for it.
#[derive(Deserialize, ToSchema)]
pub(super) struct Appearance {
    merchant_id: String,
    /// 決済種別CD: 07 for a transfer to a virtual account, 04 for a slip that the merchant printed.
    #[schema(value_type = String, example = "07", pattern = "^[0-9]{2}$")]
    payment_type: PaymentType,
    /// The tool's transfer fits no claim; a vendor's is matched with the claims that wait.
    #[serde(default)]
    by: By,
    /// The inputs, texts or numbers.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, String>)]
    inputs: BTreeMap<String, Value>,
}

fn texts(inputs: BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, Problem> {
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        _ => Err(Problem::invalid(&name, text!("文字列または数値で指定してください。", "a text or a number"))),
    };
    inputs.into_iter().map(text).collect()
}

/// A payment after its transition.
#[derive(Serialize, ToSchema)]
pub(super) struct Transitioned {
    #[serde(flatten)]
    payment: PaymentView,
    /// What was accepted although it breaks a rule, such as a date before the application.
    warnings: Vec<String>,
    /// The same in Japanese.
    warnings_japanese: Vec<String>,
}

/// Leads a payment to another status, as the test tool does: paid, expired, withdrawn.
#[utoipa::path(post, path = "/api/v1/payments/{payment_id}/transitions", tag = "payments",
    params(("payment_id" = u64, Path, description = "決済ID")), request_body = Transition,
    responses((status = 200, body = Transitioned), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The payment's state forbids it"), (status = 415, body = Problem),
        (status = 422, body = Problem, description = "An input is wrong")))]
pub(super) async fn transition(
    State(gateway): State<Arc<Gateway>>,
    Path(payment_id): Path<u64>,
    Json(transition): Json<Transition>,
) -> Result<axum::Json<Transitioned>, Problem> {
    let before = payment(&gateway, PaymentId(payment_id))?;
    let merchant = merchant(&gateway, before.merchant_id.as_str())?;
    let update = Update { payment_status: transition.payment_status, inputs: texts(transition.inputs)? };
    let by = transition.by.trigger();
    let done = gateway.update(&merchant, by, before.payment_id, &update).await.map_err(Problem::from)?;
    // A transfer that does not fit its claim is a new payment; the old one stays as it is.
    let changed = done.payment_ids.last().copied().unwrap_or(before.payment_id);
    Ok(axum::Json(Transitioned {
        payment: view(&payment(&gateway, changed)?),
        warnings: done.warnings.iter().map(|warning| warning.english.to_string()).collect(),
        warnings_japanese: done.warnings.iter().map(|warning| warning.japanese.to_string()).collect(),
    }))
}

/// Makes a payment that has no application: a transfer to a virtual account, a slip that the merchant printed.
#[utoipa::path(post, path = "/api/v1/payments", tag = "payments", request_body = Appearance,
    responses((status = 201, body = Transitioned), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Payments of this type start with an application"),
        (status = 415, body = Problem), (status = 422, body = Problem, description = "An input is wrong")))]
pub(super) async fn appear(
    State(gateway): State<Arc<Gateway>>,
    Json(appearance): Json<Appearance>,
) -> Result<(StatusCode, axum::Json<Transitioned>), Problem> {
    let merchant = merchant(&gateway, &appearance.merchant_id)?;
    let payment_type = appearance.payment_type;
    let unknown = || {
        let rule = text!(
            "決済種別CD {payment_type} の決済はありません。",
            "there are no payments of type {payment_type}",
            payment_type = payment_type
        );
        Problem::invalid("payment_type", rule)
    };
    let method = method::for_payment_type(payment_type).ok_or_else(unknown)?;
    let inputs = texts(appearance.inputs)?;
    let by = appearance.by.trigger();
    let done = gateway
        .operate(&merchant, by, |desk| method.appear(desk, payment_type, &inputs))
        .await
        .map_err(Problem::from)?;
    let payment_id = done.payment_ids.last().copied().ok_or_else(unknown)?;
    let transitioned = Transitioned {
        payment: view(&payment(&gateway, payment_id)?),
        warnings: done.warnings.iter().map(|warning| warning.english.to_string()).collect(),
        warnings_japanese: done.warnings.iter().map(|warning| warning.japanese.to_string()).collect(),
    };
    Ok((StatusCode::CREATED, axum::Json(transitioned)))
}
