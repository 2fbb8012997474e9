//! The console port: health, and everything that people and test suites do beside telegrams.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::gateway::Gateway;

pub(super) fn routes(gateway: Arc<Gateway>) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).with_state(gateway)
}
