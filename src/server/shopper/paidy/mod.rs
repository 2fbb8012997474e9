//! Paidy as a buyer's browser sees it: the checkout script, its dialogue, and Paidy's webhook to the gateway.
//!
//! Shops load `https://apps.paidy.com/`; that name leads here by a hosts entry, the proxy, or a browser's rule.
//! Shops that can change the address load `/paidy/checkout.js` from any host.

mod checkout;
mod dialog;
mod webhook;

use webhook::RECEIPT;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::journal;
use crate::server::Door;
use crate::server::shopper::pages::{OwnHost, Pages};
use crate::wire::Form;

/// What a shop's page loads and what its dialogue needs.
pub(super) static PAGES: Pages = Pages {
    under_telegrams: &[RECEIPT],
    own_host: Some(OwnHost { host: "apps.paidy.com", but: &["/paidy/", "/assets/"], answer: script }),
    ..Pages::of(routes)
};

fn routes() -> Router<Door> {
    Router::new()
        .route("/paidy/checkout.js", get(async || script()))
        .route("/paidy/dialog", get(dialog::dialog))
        .route(
            "/paidy/dialog.js",
            get(async || asset("text/javascript; charset=utf-8", include_str!("assets/dialog.js"))),
        )
        .route("/paidy/dialog.css", get(async || asset("text/css; charset=utf-8", include_str!("assets/dialog.css"))))
        .route("/paidy/checkout/open", post(checkout::open))
        .route("/paidy/checkout/code", post(checkout::code))
        .route("/paidy/checkout/finish", post(checkout::finish))
        .route(RECEIPT, post(webhook::receipt))
}

/// The script, for pages of any origin.
fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("assets/checkout.js"))
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    embeddable(headers);
    response
}

/// Parameters for the journal, which keeps nothing that looks like a card number.
fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    journal::masked(&Form::read(None, text.as_bytes()), |_, _| false)
}

/// Lets pages embed a response that ask everything they embed for its consent.
fn embeddable(headers: &mut HeaderMap) {
    let name = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(name, HeaderValue::from_static("cross-origin"));
}
