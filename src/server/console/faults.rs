//! Faults: what payment vendors are made to answer next.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use serde::Deserialize;

use crate::faults::Fault;
use crate::fixtures;
use crate::merchant::MerchantId;
use crate::method;
use crate::server::console::Console;
use crate::server::console::layout::{Section, View, merchant_select};
use crate::wire::catalog;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/faults", get(index).post(add)).route("/faults/clear", post(clear))
}

async fn index(State(console): State<Console>, view: View) -> Response {
    let waiting = console.gateway.faults.waiting();
    let mut codes: Vec<_> = fixtures::errors().codes().collect();
    codes.sort_by(|a, b| a.code.cmp(b.code));
    let content = html! {
        p { (view.pick("決済機関の次の応答を失敗させます。障害は設定した回数だけ使われ、自動では発生しません。",
            "Makes the payment vendor fail the next telegrams of a kind. There are no faults unless you set one; each is used up.")) }
        form method="post" action="/faults" .filters {
            div { (merchant_select(&view, &console, None, false)) }
            div {
                label for="telegram_kind" { (view.pick("電文", "Telegram")) }
                select #telegram_kind name="telegram_kind" {
                    @for spec in catalog().telegrams().into_iter().filter(|spec| asks_vendor(spec.kind)) {
                        option value=(spec.kind) { (spec.kind) " " (view.lang.pick(spec.name, spec.english)) }
                    }
                }
            }
            div {
                label for="response_code" { "response_code" }
                input #response_code name="response_code" list="codes" value="2002" size="6" required maxlength="5";
                datalist #codes { @for row in codes { option value=(row.code) { (view.pick(row.name, row.english)) } } }
            }
            div {
                label for="response_detail" { "response_detail" }
                input #response_detail name="response_detail" size="8" placeholder="1G12";
            }
            div {
                label for="leaves" { (view.pick("023 の残り状態", "023 stops in")) }
                select #leaves name="leaves" { option value="" { "42" } option value="50" { "50" } }
            }
            div {
                label for="times" { (view.pick("回数", "Times")) }
                input #times name="times" size="4" value="1" inputmode="numeric" required;
            }
            div .end { button { (view.pick("設定", "Set")) } }
        }
        h2 { (view.pick("設定中の障害", "Waiting faults")) }
        @if waiting.is_empty() { p .quiet { (view.pick("ありません。", "None.")) } } @else {
            div .scroll tabindex="0" role="region" aria-label=(view.pick("設定中の障害", "Waiting faults")) {
                table {
                    thead { tr { th { (view.pick("加盟店", "Merchant")) } th { (view.pick("電文", "Telegram")) } th { "response_code" } th { "response_detail" } th .right { (view.pick("残り回数", "Left")) } } }
                    tbody { @for fault in &waiting {
                        tr { td { (fault.merchant_id) } td { (fault.telegram_kind) } td { (fault.response_code) } td { (fault.response_detail) } td .right { (fault.times) } }
                    } }
                }
            }
            form method="post" action="/faults/clear" { button { (view.pick("すべて解除", "Clear all")) } }
        }
    };
    view.page(Section::Faults, view.pick("障害", "Faults"), content)
}

fn asks_vendor(kind: &str) -> bool {
    method::for_kind(kind).is_some_and(|method| method.asks_vendor(kind))
}

#[derive(Deserialize)]
struct NewFault {
    merchant_id: String,
    telegram_kind: String,
    response_code: String,
    #[serde(default)]
    response_detail: String,
    #[serde(default)]
    leaves: String,
    times: String,
}

async fn add(State(console): State<Console>, view: View, axum::Form(new): axum::Form<NewFault>) -> Response {
    let known = console.gateway.merchants.get(&MerchantId::new(&new.merchant_id)).is_some();
    let times: u32 = new.times.trim().parse().unwrap_or(0);
    let mut fault = serde_json::json!({
        "merchant_id": new.merchant_id, "telegram_kind": new.telegram_kind, "response_code": new.response_code.trim(),
        "response_detail": new.response_detail.trim(), "times": times,
    });
    if !new.leaves.is_empty() {
        fault["leaves"] = new.leaves.into();
    }
    match serde_json::from_value::<Fault>(fault) {
        Ok(fault) if known && times > 0 && method::idle_fault(&fault).is_none() => {
            console.gateway.faults.add(fault);
            Redirect::to("/faults").into_response()
        }
        _ => {
            let sentence = view
                .pick("入力が正しくありません。", "The merchant, the telegram or the number of times is not right.");
            view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Faults, sentence)
        }
    }
}

async fn clear(State(console): State<Console>) -> Response {
    console.gateway.faults.clear(None);
    Redirect::to("/faults").into_response()
}
