//! The buyer's way back to the shop, and knowing when he took it: what the pages did is told to the shop after that.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, Render, html};

use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::payment::PaymentId;
use crate::server::{Door, written};

pub(super) fn routes() -> Router<Door> {
    let script = include_str!("assets/leaving.js");
    Router::new().route(
        "/assets/leaving.js",
        get(async move || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script)),
    )
}

/// The button back to the shop, straight to its URL as on the real pages. The browser tells `left`, a path of ours, that
/// it goes; browsers that send no pings do so by a script.
pub(super) fn way_back(url: &str, left: &str, quiet: bool, text: impl Render) -> Markup {
    html! {
        a.button.quiet[quiet] href=(url) ping=(left) { (text) }
        script src="/assets/leaving.js" defer {}
    }
}

/// An answer with which the buyer leaves for the shop, or has no page left that leads there: when it is written, what the
/// pages did to these payments can be told.
pub(super) fn leaves(
    gateway: &Arc<Gateway>,
    merchant: &Arc<Merchant>,
    payment_ids: &[PaymentId],
    answer: impl IntoResponse,
) -> Response {
    written::hold(answer.into_response(), gateway.buyer_leaves(merchant, payment_ids))
}

/// The answer to a browser that tells that it leaves.
pub(super) fn left(gateway: &Arc<Gateway>, merchant: &Arc<Merchant>, payment_ids: &[PaymentId]) -> Response {
    leaves(gateway, merchant, payment_ids, StatusCode::NO_CONTENT)
}
