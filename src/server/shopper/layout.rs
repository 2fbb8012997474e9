//! What all pages of shoppers look like: one calm column, Japanese or English, readable on a phone.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};

use crate::server::{Door, language};
use crate::text::Lang;

/// A whole page: a title, a content, and the line that says what this is.
///
/// Scripts and styles come from files of ours alone; pages that must run a script name it in `script`.
pub(in crate::server) fn page(lang: Lang, title: &str, script: Option<&str>, content: Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                // Without an icon browsers ask for one that is not there.
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/assets/shopper.css";
                @if let Some(script) = script {
                    script src=(script) defer {}
                }
            }
            body {
                main { (content) }
                footer {
                    (lang.pick("テスト用エミュレーターの画面です。実際のお支払いは発生しません。",
                        "A page of a test emulator. No money is moved."))
                }
            }
        }
    };
    let mut response = page.into_response();
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                  base-uri 'none'; frame-src 'self'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn routes() -> Router<Door> {
    Router::new().route(
        "/assets/shopper.css",
        get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("assets/shopper.css"))),
    )
}

/// The language that a browser wants.
pub(in crate::server) fn accepts_japanese(headers: &HeaderMap) -> bool {
    language::preferred(headers) != Some(Lang::En)
}
