//! The control API under `/api/v1/`: everything that the console can do, as JSON, described by OpenAPI.

mod cards;
mod catalog;
mod clock;
mod document;
mod events;
mod faults;
pub(super) mod journal;
pub(super) mod merchants;
mod notices;
pub(super) mod operations;
mod payments;
mod problem;
mod reset;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Gateway;
use crate::merchant::{Merchant, MerchantId};
use crate::text::{Text, text};

pub(super) use events::Streams;
pub(super) use problem::{Problem, for_reader};

/// The OpenAPI document's head; paths and schemas are collected from the handlers.
#[derive(OpenApi)]
#[openapi(info(
    title = "paygent-emulator control API",
    description = "Everything that the console can do. Times are Japan's, written as RFC 3339 with +09:00. \
                   Errors are application/problem+json."
))]
struct Head;

/// The API, and the document that describes it at `/api/v1/openapi.json`.
pub(super) fn routes(gateway: Arc<Gateway>) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(clock::show, clock::set, clock::reset))
        .routes(routes!(clock::advance))
        .routes(routes!(faults::list, faults::add, faults::clear))
        .routes(routes!(merchants::list))
        .routes(routes!(merchants::show, merchants::put, merchants::remove))
        .routes(routes!(notices::list))
        .routes(routes!(notices::resend))
        .routes(routes!(notices::deliver))
        .routes(routes!(payments::list, payments::appear))
        .routes(routes!(payments::show))
        .routes(routes!(payments::transition))
        .routes(routes!(reset::reset))
        .routes(routes!(journal::list))
        .routes(routes!(journal::show))
        .routes(routes!(journal::answer))
        .routes(routes!(events::stream))
        .routes(routes!(catalog::list))
        .routes(routes!(catalog::telegram))
        .routes(routes!(operations::list, operations::operate))
        .routes(routes!(cards::list))
        .routes(routes!(cards::stop))
        .routes(routes!(cards::update))
        .with_state(gateway)
        .split_for_parts();
    let document: Arc<str> = document::finish(&document).to_string().into();
    router.route(
        "/api/v1/openapi.json",
        get(move || {
            let document = Arc::clone(&document);
            async move { ([("content-type", "application/json")], document.to_string()).into_response() }
        }),
    )
}

/// What is said of an id that is nobody's.
fn no_merchant(merchant_id: &str) -> Text {
    text!(
        "マーチャントID {merchant_id} の加盟店はありません。",
        "there is no merchant {merchant_id}",
        merchant_id = merchant_id
    )
}

/// The merchant of an id in a path, a query or a body; 404 when there is none.
fn merchant(gateway: &Gateway, merchant_id: &str) -> Result<Arc<Merchant>, Problem> {
    let unknown = || Problem::not_found(no_merchant(merchant_id));
    gateway.merchants.get(&MerchantId::new(merchant_id)).ok_or_else(unknown)
}

/// The merchant that a request names, or all of them; 404 when there is none of that id.
fn concerned(gateway: &Gateway, merchant_id: Option<&str>) -> Result<Vec<Arc<Merchant>>, Problem> {
    match merchant_id {
        Some(id) => Ok(vec![merchant(gateway, id)?]),
        None => Ok(gateway.merchants.all()),
    }
}

/// 422 unless a page of a list is of a size that we give out.
fn check_limit(limit: usize) -> Result<(), Problem> {
    match limit {
        1..=1000 => Ok(()),
        _ => Err(Problem::invalid("limit", text!("1～1000 で指定してください。", "1 to 1000"))),
    }
}

/// 404 for a path that the API does not have.
pub(super) fn unknown_path(path: &str) -> Response {
    let detail = text!(
        "{path} はありません。/api/v1/openapi.json を参照してください。",
        "there is nothing at {path}; /api/v1/openapi.json tells what there is",
        path = path
    );
    Problem::not_found(detail).into_response()
}

/// 405 for a path that knows other methods.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = text!(
        "{path} は {method} に対応していません。",
        "{path} does not take {method}",
        path = uri.path(),
        method = method
    );
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
