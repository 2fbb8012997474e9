//! What the buttons of a payment do; each leads back to the payment, or says why not.

use crate::text::{Text, text};
use crate::wire::name;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::gateway::Done;
use crate::method::{Operation, Update, UpdateError};
use crate::payment::{PaymentId, Trigger};
use crate::server::api::operations::payment as find;
use crate::server::console::Console;
use crate::server::console::layout::{At, Section, View};

/// A form's pairs; a form may have one name several times.
fn pairs(body: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(body.as_bytes()).map(|(name, value)| (name.into_owned(), value.trim().to_owned())).collect()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn refused(view: &View, error: &UpdateError, id: u64) -> Response {
    let status = match error {
        UpdateError::Forbidden { .. } => StatusCode::CONFLICT,
        UpdateError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    };
    view.failed(status, Section::Payments, html! { (error) " " a href={ "/payments/" (id) } { (id) } })
}

/// Back to the payment; what the vendor refused, or what was accepted with a warning, is told first.
fn told(view: &View, done: &Done, id: u64) -> Response {
    let newest = done.payment_ids.iter().map(|id| id.0).max().unwrap_or(id).max(id);
    if let Some(refusal) = done.reply.refusal() {
        let sentence = html! { (refusal.code) " " (refusal.detail) " " (refusal.explanation.pick(view.lang)) " " a href={ "/payments/" (id) } { (id) } };
        return view.failed(StatusCode::CONFLICT, Section::Payments, sentence);
    }
    if done.warnings.is_empty() {
        return Redirect::to(&format!("/payments/{newest}")).into_response();
    }
    let content = html! {
        @for warning in &done.warnings { p .notice.warn { (warning.pick(view.lang)) } }
        p { a href={ "/payments/" (newest) } { (view.pick("決済へ戻る", "Back to the payment")) } }
    };
    view.page(Section::Payments, view.pick("更新しました (警告あり)", "Done, with a warning"), content)
}

/// An operation of the merchants' site.
pub(super) async fn operate(State(console): State<Console>, view: View, At(id): At<u64>, body: String) -> Response {
    let Ok((merchant, _)) = find(&console.gateway, id) else {
        return view.missing(Section::Payments, view.pick("この決済はありません。", "There is no such payment."));
    };
    let pairs = pairs(&body);
    let amount = value(&pairs, "amount").replace(',', "");
    let done = match (value(&pairs, "operation").parse::<Operation>(), amount.as_str(), amount.parse::<u64>()) {
        (Ok(operation), "", _) => console.gateway.operate_on_site(&merchant, PaymentId(id), operation, None).await,
        (Ok(operation), _, Ok(amount)) => {
            console.gateway.operate_on_site(&merchant, PaymentId(id), operation, Some(amount)).await
        }
        (Ok(_), _, Err(_)) => {
            let rule = text!("金額は半角数字で指定してください。", "an amount consists of digits");
            Err(UpdateError::invalid(name::AMOUNT, rule))
        }
        (Err(reason), ..) => {
            let rule = Text::filled("この操作はありません。".to_owned(), reason);
            Err(UpdateError::invalid(name::OPERATION, rule))
        }
    };
    match done {
        Ok(done) => told(&view, &done, id),
        Err(error) => refused(&view, &error, id),
    }
}

/// A transition of the test tool.
pub(super) async fn update(State(console): State<Console>, view: View, At(id): At<u64>, body: String) -> Response {
    let Ok((merchant, _)) = find(&console.gateway, id) else {
        return view.missing(Section::Payments, view.pick("この決済はありません。", "There is no such payment."));
    };
    let pairs = pairs(&body);
    let Ok(payment_status) = value(&pairs, "payment_status").parse() else {
        let rule = text!("決済ステータスは2桁の数字です。", "a status has two digits");
        return refused(&view, &UpdateError::invalid(name::PAYMENT_STATUS, rule), id);
    };
    let inputs = pairs.into_iter().filter(|(name, _)| name != "payment_status").collect();
    match console.gateway.update(&merchant, Trigger::Tool, PaymentId(id), &Update { payment_status, inputs }).await {
        Ok(done) => told(&view, &done, id),
        Err(error) => refused(&view, &error, id),
    }
}

/// 一括売上処理 and 一括キャンセル処理: the ticked payments one after the other.
pub(super) async fn batch(State(console): State<Console>, view: View, body: String) -> Response {
    let pairs = pairs(&body);
    let Ok(operation) = value(&pairs, "operation").parse::<Operation>() else {
        return view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Payments, "operation");
    };
    let ids = pairs.iter().filter(|(name, _)| name == "payment_id").filter_map(|(_, id)| id.parse::<u64>().ok());
    let mut rows: Vec<(u64, Markup)> = Vec::new();
    for id in ids {
        rows.push((id, one_of_many(&console, &view, operation, id).await));
    }
    let content = html! {
        @if rows.is_empty() {
            p .notice.warn { (view.pick("決済が選択されていません。", "No payment was ticked.")) }
        } @else {
            div .scroll tabindex="0" role="region" aria-label=(view.pick("結果", "Results")) {
                table {
                    thead { tr { th { (view.pick("決済ID", "Payment id")) } th { (view.pick("結果", "Outcome")) } } }
                    tbody { @for (id, outcome) in &rows {
                        tr { td { a href={ "/payments/" (id) } { (id) } } td { (outcome) } }
                    } }
                }
            }
        }
        p { a href="/payments" { (view.pick("戻る", "Back")) } }
    };
    view.page(Section::Payments, view.pick("決済一括処理", "Operation on several payments"), content)
}

async fn one_of_many(console: &Console, view: &View, operation: Operation, id: u64) -> Markup {
    let Ok((merchant, _)) = find(&console.gateway, id) else { return html! { span .tag.bad { "404" } } };
    match console.gateway.operate_on_site(&merchant, PaymentId(id), operation, None).await {
        Ok(done) => match done.reply.refusal() {
            None => html! { span .tag.good { (view.pick("正常", "done")) } },
            Some(refusal) => html! { span .tag.bad { (refusal.code) } " " (refusal.explanation.pick(view.lang)) },
        },
        Err(error) => html! { span .tag.bad { (view.pick("不可", "not possible")) } " " (error) },
    }
}
