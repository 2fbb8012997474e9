//! Pages that the shopper's browser sees, on the TLS port.

pub(super) mod layout;
mod link;

use axum::Router;

use crate::server::Door;

/// All pages of shoppers and what they need.
pub(super) fn routes() -> Router<Door> {
    Router::new().merge(layout::routes()).merge(link::routes())
}
