//! The console port: health, the control API, and the pages for developers and QA.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::gateway::Gateway;
use crate::server::api;

pub(super) fn routes(gateway: Arc<Gateway>) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).merge(api::routes(gateway))
}
