//! A store that failed while a page or the API was answering: what was made of nothing is not shown.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ledger;
use crate::server::api::Problem;
use crate::text::text;

/// Answers 503 instead of what was answered, when the store failed meanwhile.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let (answer, failure) = ledger::watch(next.run(request)).await;
    let Some(error) = failure else { return answer };
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut answer = if is_api {
        let detail = text!(
            "データを保存・取得できません。しばらくしてから再度お試しください: 「{error}」",
            "{error}",
            error = error
        );
        Problem::new(status, detail).into_response()
    } else {
        let text = format!(
            "ただいまご利用いただけません。しばらくしてからもう一度お試しください。\n{error}; try again later\n"
        );
        (status, text).into_response()
    };
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    answer
}

#[cfg(test)]
mod tests;
