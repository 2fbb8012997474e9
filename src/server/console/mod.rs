//! The console port: health, the control API, and the pages for developers and QA.

mod api_page;
mod assets;
mod catalog;
mod clock;
mod faults;
mod journal;
mod layout;
mod merchants;
mod notices;
mod payments;
mod safety;
mod start;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::{Extension, Router};
use maud::html;
use tokio::sync::watch;

use crate::gateway::Gateway;
use crate::server::api;
use crate::server::console::layout::{Section, View};
use crate::server::console::token::Guesses;
use crate::server::tls::ClientAuth;
use crate::server::trouble;

pub use token::{ConsoleToken, UnfitToken};

/// What the console tells about its surroundings, and who may use it.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// Where the certificates are.
    pub pki_dir: PathBuf,
    /// Which client certificates telegrams need.
    pub client_auth: ClientAuth,
    /// The secret that whoever uses the console must know, if there is one.
    pub token: Option<ConsoleToken>,
    /// Further host names under which the console may be reached.
    pub hosts: Vec<String>,
}

/// What the console's pages are made from.
#[derive(Clone)]
struct Console {
    gateway: Arc<Gateway>,
    settings: Arc<ConsoleSettings>,
    guesses: Arc<Guesses>,
}

impl FromRef<Console> for Arc<Gateway> {
    fn from_ref(console: &Console) -> Arc<Gateway> {
        Arc::clone(&console.gateway)
    }
}

pub(super) fn routes(gateway: Arc<Gateway>, settings: ConsoleSettings, stopped: watch::Receiver<bool>) -> Router {
    let console = Console { gateway: Arc::clone(&gateway), settings: Arc::new(settings), guesses: Arc::default() };
    let streams = api::Streams::new(Arc::clone(&gateway), stopped);
    let guard = from_fn_with_state(console.clone(), safety::guard);
    let pages = Router::new()
        .merge(start::routes())
        .merge(payments::routes())
        .merge(journal::routes())
        .merge(notices::routes())
        .merge(merchants::routes())
        .merge(clock::routes())
        .merge(faults::routes())
        .merge(catalog::routes())
        .merge(api_page::routes())
        .merge(layout::routes())
        .merge(safety::routes())
        .with_state(console);
    Router::new()
        .merge(pages)
        .merge(api::routes(gateway).layer(Extension(streams)))
        .fallback(unknown)
        .method_not_allowed_fallback(api::method_not_allowed)
        .layer(axum::middleware::from_fn(trouble::guard))
        .layer(guard)
        .merge(assets::routes())
}

/// 404, as a page for people and as a problem for programs.
async fn unknown(view: View, uri: axum::http::Uri) -> Response {
    if uri.path().starts_with("/api/") {
        return api::unknown_path(uri.path());
    }
    view.missing(Section::Start, html! { (view.pick("このページはありません。", "There is no such page.")) })
}
