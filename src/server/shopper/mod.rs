//! Pages that the shopper's browser sees, on the TLS port.

mod bank;
mod barcode;
pub(super) mod layout;
mod leaving;
mod link;
pub(super) mod paidy;
mod slip;
mod three_d_secure;
pub(super) mod token;
mod visitor;
mod webmoney;

use axum::Router;

use crate::server::Door;

/// What shoppers' pages need under the paths of telegrams.
pub(super) const AMONG_TELEGRAMS: [&str; 2] = [token::ENDPOINT, paidy::RECEIPT];

/// Where shops' pages send buyers' browsers with a form or a script, each a path or, with a slash at its end, all below.
pub(super) const FROM_SHOPS: [&str; 4] = [
    // Applications for hosted pages (`link.md` section 2).
    "/v/",
    // The form of `out_acs_html`, and that of 3-D Secure 1.0.
    "/3ds/start",
    "/3ds/acs",
    token::ENDPOINT,
];

/// All pages of shoppers and what they need.
pub(super) fn routes() -> Router<Door> {
    Router::new()
        .merge(layout::routes())
        .merge(leaving::routes())
        .merge(slip::routes())
        .merge(bank::routes())
        .merge(webmoney::routes())
        .merge(link::routes())
        .merge(three_d_secure::routes())
        .merge(token::routes())
        .merge(paidy::routes())
}
