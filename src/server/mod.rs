//! The doors: TLS for telegrams and pages, a CONNECT proxy, plain HTTP for the console.

mod api;
mod at_once;
mod bodies;
mod called;
pub mod connections;
mod console;
pub mod exposure;
mod foreign;
mod http;
mod language;
mod limits;
pub mod proxy;
mod shopper;
mod taken;
mod telegrams;
mod testtool;
pub mod tls;
mod trouble;
mod written;

pub use console::{ConsoleSettings, ConsoleToken, UnfitToken};

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get};
use tower::{Service, ServiceExt};

use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::server::tls::ClientAuth;

/// Whether a merchant can be as it is; an error tells which setting cannot be so, and why.
pub fn check_merchant(merchant: &Merchant) -> Result<(), String> {
    api::merchants::check(merchant, merchant.merchant_id.as_str())
        .map_err(|problem| problem.told().english.into_owned())
}

/// Adds a merchant or changes the settings that are named, as the control API does; an error tells which setting cannot
/// be so, and why.
pub(crate) fn put_merchant(
    gateway: &Gateway,
    merchant_id: &str,
    settings: serde_json::Value,
) -> Result<(), (String, String)> {
    api::merchants::change(gateway, merchant_id, settings).map_err(api::Problem::into_parts)
}

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
    let pages = {
        let door = door.clone();
        when_asked(move || {
            Router::new()
                .merge(shopper::routes())
                .merge(testtool::routes())
                .layer(from_fn(shopper::own_hosts))
                .layer(from_fn_with_state(door.clone(), foreign::guard))
                .layer(from_fn(trouble::guard))
                .with_state(door)
        })
    };
    let telegrams = Router::new()
        .route("/n/{*path}", any(telegrams::telegram))
        .route("/s/{*path}", any(telegrams::telegram))
        .with_state(door);
    let under = shopper::under_telegrams();
    under.fold(telegrams, |routes, path| routes.route_service(path, pages.clone())).fallback_service(pages)
}

/// What the plain port answers: what shops on plain HTTP need of the shoppers' pages.
pub fn http_routes(door: Door) -> Router {
    let guarded = shopper::plain_routes().layer(from_fn_with_state(door.clone(), foreign::guard));
    guarded.layer(from_fn(trouble::guard)).with_state(door)
}

/// What the console port answers.
pub fn console_routes(
    gateway: Arc<Gateway>,
    settings: ConsoleSettings,
    stopped: tokio::sync::watch::Receiver<bool>,
) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .fallback_service(when_asked(move || console::routes(gateway, settings, stopped)))
}

/// Routes that are made when they are first asked for: most emulators in CI never show a page, and the pages with the
/// API and its document take more time and memory than all else at the start.
fn when_asked(
    make: impl FnOnce() -> Router + Send + 'static,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync {
    let routes = Arc::new(LazyLock::new(make));
    tower::service_fn(move |request| Router::clone(&routes).oneshot(request))
}
