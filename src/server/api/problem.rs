//! The API's errors: `application/problem+json` (RFC 9457).

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// What is wrong with a request, and how to make it right.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Problem {
    /// The HTTP status.
    status: u16,
    /// The status in words.
    title: String,
    /// What is wrong, in a sentence.
    detail: String,
    /// The field at fault, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    /// A problem with any status.
    pub(in crate::server) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        let title = status.canonical_reason().unwrap_or_default().to_owned();
        Problem { status: status.as_u16(), title, detail: detail.into(), field: None }
    }

    /// 404: no such thing.
    pub(in crate::server) fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: the state of things forbids it.
    pub(in crate::server) fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, detail)
    }

    /// 422: a value is wrong.
    pub(in crate::server) fn invalid(field: &str, detail: impl Into<String>) -> Problem {
        Problem { field: Some(field.to_owned()), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }
}

impl Problem {
    /// The field at fault, which may be empty, and what is wrong with it.
    pub(in crate::server) fn into_parts(self) -> (String, String) {
        (self.field.unwrap_or_default(), self.detail)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.field.as_deref().filter(|field| !field.is_empty()) {
            Some(field) => write!(formatter, "{field}: {}", self.detail),
            None => formatter.write_str(&self.detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// A JSON body; what does not parse is told as a [`Problem`].
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(in crate::server) struct Json<T>(pub(in crate::server) T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        Problem::new(rejection.status(), rejection.body_text())
    }
}

/// A JSON body that may be empty: then it is the default.
pub(in crate::server) struct MaybeJson<T>(pub(in crate::server) T);

/// More than any such body has.
const MOST: usize = 64 * 1024;

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<MaybeJson<T>, Problem> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MOST).await;
        let body = body.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        if body.is_empty() {
            return Ok(MaybeJson(T::default()));
        }
        let Json(value) = Json::<T>::from_request(Request::from_parts(parts, body.into()), state).await?;
        Ok(MaybeJson(value))
    }
}

/// The parameters in a path; what does not parse is told as a [`Problem`].
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(in crate::server) struct Path<T>(pub(in crate::server) T);

impl From<axum::extract::rejection::PathRejection> for Problem {
    fn from(rejection: axum::extract::rejection::PathRejection) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
    }
}

/// A query string; what does not parse is told as a [`Problem`].
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(in crate::server) struct Query<T>(pub(in crate::server) T);

impl From<axum::extract::rejection::QueryRejection> for Problem {
    fn from(rejection: axum::extract::rejection::QueryRejection) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
    }
}
