//! Style sheet and scripts of the console, embedded in the binary.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

pub(super) fn routes() -> Router {
    let style = "text/css; charset=utf-8";
    let script = "text/javascript; charset=utf-8";
    Router::new()
        .route("/assets/console.css", get(async move || file(style, include_str!("assets/console.css"))))
        .route("/assets/console.js", get(async move || file(script, include_str!("assets/console.js"))))
        .route("/assets/live.js", get(async move || file(script, include_str!("assets/live.js"))))
        .route("/assets/api.js", get(async move || file(script, include_str!("assets/api.js"))))
}

fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content)
}
