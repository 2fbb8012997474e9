//! Pages that the shopper's browser sees, on the TLS port.

mod bank;
mod barcode;
pub(super) mod layout;
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

/// All pages of shoppers and what they need.
pub(super) fn routes() -> Router<Door> {
    Router::new()
        .merge(layout::routes())
        .merge(slip::routes())
        .merge(bank::routes())
        .merge(webmoney::routes())
        .merge(link::routes())
        .merge(three_d_secure::routes())
        .merge(token::routes())
        .merge(paidy::routes())
}
