//! Pages that the shopper's browser sees, on the TLS port.

pub(super) mod layout;
mod three_d_secure;
pub(super) mod token;

use axum::Router;

use crate::server::Door;

/// All pages of shoppers and what they need.
pub(super) fn routes() -> Router<Door> {
    Router::new().merge(layout::routes()).merge(three_d_secure::routes()).merge(token::routes())
}
