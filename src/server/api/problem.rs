//! The API's errors: `application/problem+json` (RFC 9457).

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::text::{Lang, Text};

/// What is wrong with a request, and how to make it right.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::server) struct Problem {
    /// The HTTP status.
    status: u16,
    /// The status in words.
    title: String,
    /// What is wrong, in a sentence: in Japanese for whoever's `Accept-Language` prefers that, otherwise in English.
    #[schema(value_type = String)]
    #[serde(serialize_with = "in_english")]
    detail: Text,
    /// The field at fault, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

fn in_english<S: serde::Serializer>(detail: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&detail.english)
}

impl Problem {
    /// A problem with any status.
    pub(in crate::server) fn new(status: StatusCode, detail: Text) -> Problem {
        let title = status.canonical_reason().unwrap_or_default().to_owned();
        Problem { status: status.as_u16(), title, detail, field: None }
    }

    /// 404: no such thing.
    pub(in crate::server) fn not_found(detail: Text) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: the state of things forbids it.
    pub(in crate::server) fn conflict(detail: Text) -> Problem {
        Problem::new(StatusCode::CONFLICT, detail)
    }

    /// 422: a value is wrong.
    pub(in crate::server) fn invalid(field: &str, detail: Text) -> Problem {
        Problem { field: Some(field.to_owned()), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }
}

impl Problem {
    /// The field at fault, which may be empty, and what is wrong with it.
    pub(in crate::server) fn into_parts(self) -> (String, String) {
        (self.field.unwrap_or_default(), self.detail.english.into_owned())
    }
}

impl Problem {
    /// The field at fault and what is wrong with it, in one line.
    pub(in crate::server) fn told(&self) -> Text {
        match self.field.as_deref().filter(|field| !field.is_empty()) {
            Some(field) => {
                Text::filled(format!("{field}: {}", self.detail.japanese), format!("{field}: {}", self.detail.english))
            }
            None => self.detail.clone(),
        }
    }
}

/// The answer carries the problem along, so that [`for_reader`] can put it into another language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        response.extensions_mut().insert(Told(self));
        response
    }
}

#[derive(Clone)]
struct Told(Problem);

/// A problem in the language of whoever asked.
pub(in crate::server) fn for_reader(lang: Option<Lang>, response: &mut Response) {
    let told = response.extensions_mut().remove::<Told>();
    if let (Some(Told(problem)), Some(Lang::Ja)) = (told, lang) {
        let detail = Text::filled(String::new(), problem.detail.japanese.into_owned());
        let body = serde_json::to_string(&Problem { detail, ..problem }).unwrap_or_default();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("ja"));
        *response.body_mut() = body.into();
    }
}

/// What a library says of a request that it cannot read.
fn unreadable(what: &'static str, error: &str) -> Text {
    Text::filled(format!("{what}を読み取れません: 「{error}」"), error.to_owned())
}

/// A JSON body; what does not parse is told as a [`Problem`].
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(in crate::server) struct Json<T>(pub(in crate::server) T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        Problem::new(rejection.status(), unreadable("リクエストボディ", &rejection.body_text()))
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
        let body = body.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, unreadable("リクエストボディ", &error.to_string()))
        })?;
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
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, unreadable("パス", &rejection.body_text()))
    }
}

/// A query string; what does not parse is told as a [`Problem`].
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(in crate::server) struct Query<T>(pub(in crate::server) T);

impl From<axum::extract::rejection::QueryRejection> for Problem {
    fn from(rejection: axum::extract::rejection::QueryRejection) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, unreadable("クエリパラメーター", &rejection.body_text()))
    }
}
