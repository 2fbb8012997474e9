//! The browser's token script and the server behind it (`card_token.md` sections 1 to 3).
//!
//! Both are open to every page: a token is worth nothing without the merchant's credentials. Shops on plain HTTP load
//! the script over plain HTTP too, so these routes stand on the plain port (`--http`) as well.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use crate::fixtures;
use crate::gateway::Gateway;
use crate::journal::{About, Entry};
use crate::merchant::MerchantId;
use crate::method::card::token::{self, TokenRequest};
use crate::payment::{Refusal, Trigger};
use crate::secret;
use crate::server::Door;
use crate::server::shopper::pages::Pages;
use crate::text::Text;
use crate::wire::{Form, Name, Reply, name};

/// Where the script sends card data to.
const ENDPOINT: &str = "/n/token/request";
/// Ten short values.
const BODY_LIMIT: usize = 16 * 1024;
/// The result of a token that was made.
const MADE: &str = "0000";

pub(super) static PAGES: Pages =
    Pages { under_telegrams: &[ENDPOINT], from_shops: &[ENDPOINT], on_plain_http: true, ..Pages::of(routes) };

fn routes() -> Router<Door> {
    Router::new().route("/js/PaygentToken.js", get(script)).route(ENDPOINT, post(request).options(preflight))
}

/// The script, whatever its query string says.
async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=UTF-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, include_str!("assets/PaygentToken.js")).into_response()
}

/// Browsers ask first only when a page adds headers of its own, or when it is public and we are on its own machine.
async fn preflight() -> Response {
    let headers = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST, OPTIONS"),
        ("access-control-allow-headers", "*"),
        ("access-control-allow-private-network", "true"),
        ("access-control-max-age", "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The object that the script hands to its caller.
#[derive(Serialize)]
struct Answer<'a> {
    result: &'a str,
    #[serde(rename = "tokenizedCardObject", skip_serializing_if = "Option::is_none")]
    card: Option<TokenizedCard<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hc: Option<&'a str>,
}

#[derive(Serialize)]
struct TokenizedCard<'a> {
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    masked_card_number: Option<&'a str>,
    valid_until: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
}

async fn request(State(door): State<Door>, request: Request) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=UTF-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    let query = request.uri().query().map(str::to_owned);
    // Whatever the content type says, the body is a form.
    let body = match to_bytes(request.into_body(), BODY_LIMIT).await {
        Ok(body) => body,
        Err(_) => return (StatusCode::PAYLOAD_TOO_LARGE, headers, "").into_response(),
    };
    let answer = answer(&door.gateway, query.as_deref(), &body).await;
    drop(body);
    secret::clear_stack();
    (headers, answer).into_response()
}

async fn answer(gateway: &Arc<Gateway>, query: Option<&str>, body: &Bytes) -> String {
    let form = Form::read(query, body);
    let value = |name: Name| {
        let value = std::str::from_utf8(form.get(name.as_str())?).ok()?;
        Some(value).filter(|value| !value.is_empty())
    };
    let reply = issue(gateway, &TokenRequest { value: &value }).await;
    let of = |name: Name| reply.get(name);
    let card = of(name::TOKEN).zip(of(name::VALID_UNTIL)).map(|(token, valid_until)| TokenizedCard {
        token,
        masked_card_number: of(name::MASKED_CARD_NUMBER),
        valid_until,
        fingerprint: of(name::FINGERPRINT),
    });
    let answer = Answer { result: of(name::own::TOKEN_RESULT).unwrap_or("9000"), card, hc: of(name::HC) };
    let text = serde_json::to_string(&answer).unwrap_or_default();
    let call = if value(name::CVC_ONLY_FLG) == Some("1") { "createCvcToken" } else { "createToken" };
    write_down(gateway, value(name::MERCHANT_ID), call, answer.result, &text);
    text
}

/// Why no token was made, for the journal: the script's caller is told the code alone.
fn refusal(call: &str, code: &str) -> Option<Refusal> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'static"))]
    struct File {
        result: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        code: &'static str,
        name: Name,
        english: &'static str,
    }
    static FILE: LazyLock<File> = LazyLock::new(|| fixtures::parse(fixtures::TOKEN_RESULTS));
    if code == MADE {
        return None;
    }
    let row = FILE.result.iter().find(|row| row.code == code);
    let (name, english) =
        row.map_or(("不明な結果コードです。", "unknown result"), |row| (&row.name, row.english));
    let rule = Text::filled(
        format!("{call} でトークンを作成できませんでした。{name}"),
        format!("{call} made no token: {english}"),
    );
    let detail = if row.is_some() { name } else { "" };
    Some(Refusal::with_detail(code, detail, rule))
}

/// Lets the merchant's token be made. A merchant that nobody knows yet gets one too, where strangers are adopted: the
/// browser comes before the shop's first telegram.
async fn issue(gateway: &Arc<Gateway>, request: &TokenRequest<'_>) -> Reply {
    let id = (request.value)(name::MERCHANT_ID).unwrap_or_default();
    let merchant = gateway.merchants.get_or_stranger(&MerchantId::new(id)).filter(|_| id.is_empty() || is_id(id));
    let Some(merchant) = merchant else {
        let code = if (request.value)(name::TOKEN_GENERATE_KEY).is_none() { "1200" } else { "1201" };
        return Reply::ok().with(name::own::TOKEN_RESULT, code);
    };
    // It is written down with the answer to the script.
    match gateway.perform(&merchant, Trigger::Shopper, |desk| token::issue(desk, request)).await.unwritten() {
        Ok(done) => done.reply,
        Err(refusal) => {
            tracing::error!(
                merchant_id = id,
                response_code = refusal.code,
                reason = %refusal.explanation,
                response_detail = refusal.detail,
                "a token could not be made"
            );
            Reply::ok().with(name::own::TOKEN_RESULT, "9000")
        }
    }
}

fn is_id(id: &str) -> bool {
    (1..=9).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Who asked and what was answered; nothing of the card.
fn write_down(gateway: &Gateway, merchant_id: Option<&str>, call: &'static str, result: &str, answer: &str) {
    let merchant_id = merchant_id.filter(|id| is_id(id)).map(MerchantId::new);
    let at = merchant_id.as_ref().map_or_else(|| gateway.clock.common_now(), |id| gateway.clock.now(id));
    let request = merchant_id.as_ref().map(|id| format!("merchant_id={id}").into_bytes());
    gateway.journal.add(Entry {
        merchant_id,
        request: request.unwrap_or_default(),
        answer: answer.to_owned().into(),
        refusal: refusal(call, result),
        ..Entry::new(About::Page(call.into()), at, ENDPOINT)
    });
}
