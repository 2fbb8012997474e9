//! Merchants: credentials, keys, URLs, ticked statuses, contracts.

mod cards;
mod form;
mod save;

use std::ops::Bound;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use serde::Deserialize;

use crate::merchant::{Merchant, MerchantId};
use crate::server::api::merchants::check;
use crate::server::console::Console;
use crate::server::console::layout::{At, MERCHANTS, Search, Section, View};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/merchants", get(index).post(add))
        .route("/merchants/{id}", get(show).post(save))
        .route("/merchants/{id}/cards", get(cards::show))
        .route("/merchants/{id}/reset", post(reset))
}

/// Where the list starts.
#[derive(Deserialize)]
struct Which {
    from: Option<String>,
}

async fn index(State(console): State<Console>, view: View, Search(which): Search<Which>) -> Response {
    let from = which.from.as_deref().map_or(Bound::Unbounded, Bound::Included);
    // One more than fits tells whether there is another page.
    let mut merchants = console.gateway.merchants.page(from, MERCHANTS + 1);
    let next = merchants.get(MERCHANTS).map(|next| next.merchant_id.clone());
    merchants.truncate(MERCHANTS);
    let paged = next.is_some() || which.from.is_some();
    let content = html! {
        @if paged {
            form method="get" action="/merchants" .filters {
                div { label for="from" { (view.pick("このマーチャントIDから表示", "Show from merchant id")) }
                    input #from name="from" maxlength="9" inputmode="numeric" value=(which.from.as_deref().unwrap_or_default()); }
                div .end { button { (view.pick("表示", "Show")) } " " a href="/merchants" { (view.pick("最初から", "From the start")) } }
            }
            p .quiet { (console.gateway.merchants.count()) (view.pick("件", " merchants")) }
        }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("加盟店", "Merchants")) {
            table {
                thead { tr {
                    th { (view.pick("マーチャントID", "Merchant id")) } th { (view.pick("接続ID", "Connect id")) }
                    th { (view.pick("差分通知先URL", "Notification URL")) } th .right { (view.pick("決済", "Payments")) }
                    th .right { (view.pick("送信待ち通知", "Waiting notices")) } th { (view.pick("登録", "Came by")) }
                } }
                tbody { @for merchant in &merchants {
                    @let delivery = console.gateway.ledger.delivery(&merchant.merchant_id);
                    tr {
                        td { a href={ "/merchants/" (merchant.merchant_id) } { (merchant.merchant_id) } }
                        td { (merchant.connect_id) }
                        td .value { (merchant.notification_url) }
                        td .right { a href={ "/payments?merchant_id=" (merchant.merchant_id) } { (console.gateway.ledger.count(&merchant.merchant_id)) } }
                        td .right { a href={ "/notices?merchant_id=" (merchant.merchant_id) } { (delivery.waiting) } }
                        td { @if merchant.adopted { (view.pick("最初の電文で自動登録", "adopted with its first telegram")) } @else { (view.pick("設定", "settings")) } }
                    }
                } }
            }
        }
        @if let Some(next) = next {
            p { a rel="next" href={ "/merchants?from=" (next) } { (view.pick("次のページ", "Next page")) } }
        }
        h2 { (view.pick("加盟店を追加", "Add a merchant")) }
        form method="post" action="/merchants" .filters {
            div { label for="merchant_id" { (view.pick("マーチャントID (数字9桁まで)", "Merchant id (up to 9 digits)")) }
                input #merchant_id name="merchant_id" required maxlength="9" inputmode="numeric" pattern="[0-9]+"; }
            div { label for="connect_id" { (view.pick("接続ID", "Connect id")) } input #connect_id name="connect_id" required maxlength="32"; }
            div { label for="connect_password" { (view.pick("接続パスワード", "Connect password")) }
                input #connect_password name="connect_password" required maxlength="32"; }
            div .end { button { (view.pick("追加", "Add")) } }
        }
    };
    view.page(Section::Merchants, view.pick("加盟店", "Merchants"), content)
}

async fn add(State(console): State<Console>, view: View, body: String) -> Response {
    let value = |name: &str| save::value(&body, name);
    let id = value("merchant_id");
    let merchant_id = MerchantId::new(&id);
    if console.gateway.merchants.get(&merchant_id).is_some() {
        let sentence = format!("{id}: {}", view.pick("既に登録されています。", "there is such a merchant already."));
        return view.failed(StatusCode::CONFLICT, Section::Merchants, sentence);
    }
    let merchant = Merchant::new(merchant_id, &value("connect_id"), &value("connect_password"));
    keep(&console, &view, merchant)
}

async fn show(State(console): State<Console>, view: View, At(id): At<String>) -> Response {
    match console.gateway.merchants.get(&MerchantId::new(&id)) {
        Some(merchant) => {
            let title = format!("{} {}", view.pick("加盟店", "Merchant"), merchant.merchant_id);
            view.page(Section::Merchants, &title, form::form(&view, &console, &merchant))
        }
        None => view.missing(Section::Merchants, view.pick("この加盟店はありません。", "There is no such merchant.")),
    }
}

async fn save(State(console): State<Console>, view: View, At(id): At<String>, body: String) -> Response {
    let Some(known) = console.gateway.merchants.get(&MerchantId::new(&id)) else {
        return view.missing(Section::Merchants, view.pick("この加盟店はありません。", "There is no such merchant."));
    };
    match save::read(&known, &body, |length| console.gateway.unguessable(&known, length)) {
        Ok(merchant) => keep(&console, &view, merchant),
        Err(sentence) => view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Merchants, sentence.pick(view.lang)),
    }
}

/// A fresh start for one merchant: its settings stay.
async fn reset(State(console): State<Console>, view: View, At(id): At<String>) -> Response {
    match console.gateway.merchants.get(&MerchantId::new(&id)) {
        Some(merchant) => {
            console.gateway.aside(move |gateway| gateway.reset(Some(&merchant.merchant_id))).await;
            Redirect::to(&format!("/merchants/{id}")).into_response()
        }
        None => view.missing(Section::Merchants, view.pick("この加盟店はありません。", "There is no such merchant.")),
    }
}

fn keep(console: &Console, view: &View, merchant: Merchant) -> Response {
    let id = merchant.merchant_id.clone();
    match check(&merchant, id.as_str()) {
        Ok(()) => {
            console.gateway.put_merchant(merchant);
            Redirect::to(&format!("/merchants/{id}")).into_response()
        }
        Err(problem) => {
            view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Merchants, problem.told().pick(view.lang))
        }
    }
}
