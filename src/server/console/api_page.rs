//! The control API to try out: its operations with forms, made in the browser from the OpenAPI document.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use crate::server::console::Console;
use crate::server::console::layout::{Section, View};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/api", get(page))
}

async fn page(view: View) -> Response {
    let content = html! {
        p { (view.pick("コンソールでできることは、すべて JSON でもできます。", "Everything that the console can do, as JSON."))
            " " a href="/api/v1/openapi.json" { "OpenAPI" } }
        div #operations data-send=(view.pick("送信", "Send")) data-body=(view.pick("本文 (JSON)", "Body (JSON)"))
            data-answer=(view.pick("応答", "Answer")) data-stop=(view.pick("停止", "Stop")) aria-live="off" {
            noscript { p { (view.pick("この画面にはスクリプトが必要です。", "This page needs scripts.")) } }
        }
    };
    view.page_with(Section::Api, view.pick("API を試す", "Try the API"), &["/assets/api.js"], content)
}
