//! The doors: TLS for telegrams and pages, a CONNECT proxy, plain HTTP for the console.

mod api;
pub mod connections;
mod console;
mod http;
pub mod proxy;
mod shopper;
mod telegrams;
mod testtool;
pub mod tls;

pub use console::ConsoleSettings;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::gateway::Gateway;
use crate::server::tls::ClientAuth;

/// What a door leads to.
#[derive(Clone)]
pub struct Door {
    /// Who answers.
    pub gateway: Arc<Gateway>,
    /// Which client certificates telegrams need.
    pub client_auth: ClientAuth,
}

/// What the TLS port answers.
pub fn public_routes(door: Door) -> Router {
    Router::new()
        .merge(shopper::routes())
        .merge(testtool::routes())
        .layer(axum::middleware::from_fn(shopper::paidy::own_host))
        .route("/n/{*path}", any(telegrams::telegram))
        .route("/s/{*path}", any(telegrams::telegram))
        .with_state(door)
}

/// What the plain port answers: the token script and its server, for shops on plain HTTP.
pub fn http_routes(door: Door) -> Router {
    shopper::token::routes().with_state(door)
}

/// What the console port answers.
pub fn console_routes(
    gateway: Arc<Gateway>,
    settings: ConsoleSettings,
    stopped: tokio::sync::watch::Receiver<bool>,
) -> Router {
    console::routes(gateway, settings, stopped)
}
