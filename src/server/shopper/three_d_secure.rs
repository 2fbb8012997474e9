//! The pages of 3-D Secure: device data, the issuer's password page, and that of 3-D Secure 1.0 (`card_3ds2.md`).

mod pages;

use crate::wire::name;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::gateway::{Done, Gateway, Receipt};
use crate::journal::About;
use crate::ledger::{Record, RecordKind};
use crate::method::card::three_d_secure::{self as emv, Authentication, ClassicSession, Next};
use crate::method::{Desk, Outcome};
use crate::payment::{Refusal, Trigger};
use crate::server::Door;
use crate::server::shopper::layout::accepts_japanese;
use crate::server::shopper::leaving::leaves;
use crate::server::shopper::pages::Pages;
use crate::text::Lang;
use crate::wire::Reply;

pub(super) static PAGES: Pages = Pages {
    // The form of `out_acs_html`, and that of 3-D Secure 1.0.
    from_shops: &["/3ds/start", "/3ds/acs"],
    ..Pages::of(routes)
};

fn routes() -> Router<Door> {
    Router::new()
        .route("/3ds/start", post(start))
        .route("/3ds/proceed", post(proceed))
        .route("/3ds/challenge/{id}", get(challenge).post(answer))
        .route("/3ds/acs", post(enter_classic))
        .route("/3ds/acs/{md}", get(classic).post(answer_classic))
        .route(
            "/assets/three-d-secure.js",
            get(async || {
                let script = include_str!("assets/three-d-secure.js");
                ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script)
            }),
        )
}

/// The form of `out_acs_html`.
#[derive(Deserialize)]
struct Started {
    #[serde(rename = "3ds_auth_id", default)]
    id: String,
}

/// The form of a password page. The names are those that tools look for on real password pages.
#[derive(Deserialize)]
struct Answered {
    #[serde(rename = "challengeDataEntry", default)]
    password: String,
    #[serde(default)]
    cancel: String,
}

/// The form of 3-D Secure 1.0.
#[derive(Deserialize)]
struct Classic {
    #[serde(rename = "MD", default)]
    md: String,
}

/// The language asked for.
#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

impl Asked {
    fn lang(&self, headers: &HeaderMap) -> Lang {
        match self.lang.as_deref() {
            Some("ja") => Lang::Ja,
            Some("en") => Lang::En,
            _ if accepts_japanese(headers) => Lang::Ja,
            _ => Lang::En,
        }
    }
}

/// The browser arrives from the shop: it shows its data, then goes on by itself.
async fn start(
    State(door): State<Door>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(form): Form<Started>,
) -> Response {
    let lang = asked.lang(&headers);
    match read::<Authentication>(&door.gateway, emv::KIND, &form.id) {
        Some(_) => pages::device(lang, &form.id),
        None => pages::unknown(lang),
    }
}

async fn proceed(State(door): State<Door>, headers: HeaderMap, Form(form): Form<Started>) -> Response {
    let id = &form.id;
    go_on(&door.gateway, id, &headers, Step::Proceed, |desk| emv::proceed(desk, id)).await
}

/// The issuer's page. Whoever comes here after the end is sent back to the shop once more.
async fn challenge(
    State(door): State<Door>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let lang = asked.lang(&headers);
    let Some(authentication) = read::<Authentication>(&door.gateway, emv::KIND, &id) else {
        return pages::unknown(lang);
    };
    match authentication.state {
        emv::State::Waiting { wrong } => pages::challenge(lang, &id, &authentication, wrong),
        _ => go_on(&door.gateway, &id, &headers, Step::Proceed, |desk| emv::proceed(desk, &id)).await,
    }
}

async fn answer(
    State(door): State<Door>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Answered>,
) -> Response {
    let step = if form.cancel.is_empty() { Step::Password } else { Step::Cancel };
    go_on(&door.gateway, &id, &headers, step, |desk| match step {
        Step::Cancel => emv::cancel(desk, &id),
        _ => emv::answer(desk, &id, form.password.trim()),
    })
    .await
}

/// What the buyer did.
#[derive(Clone, Copy)]
enum Step {
    Proceed,
    Password,
    Cancel,
}

impl Step {
    /// Its name in the journal.
    fn name(self) -> &'static str {
        match self {
            Step::Proceed => "device data",
            Step::Password => "password",
            Step::Cancel => "cancel",
        }
    }
}

/// Lets the buyer's step be decided, and sends the browser where it leads.
async fn go_on(
    gateway: &Arc<Gateway>,
    id: &str,
    headers: &HeaderMap,
    step: Step,
    decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>,
) -> Response {
    let lang = Asked { lang: None }.lang(headers);
    let merchant = gateway.ledger.holder(emv::KIND, id).and_then(|holder| gateway.merchants.get(&holder));
    let Some(merchant) = merchant else { return pages::unknown(lang) };
    let receipt = gateway.perform(&merchant, Trigger::Shopper, decide).await;
    let leads_to = |reply: &Reply| match Next::read(reply) {
        Some(Next::Return(url) | Next::TooLate(url)) => url,
        _ => String::new(),
    };
    let Ok(done) = enter(receipt, ("3ds_auth_id", id), step, leads_to) else { return pages::unknown(lang) };
    match Next::read(&done.reply) {
        Some(Next::Return(url)) => see_other(&url),
        Some(Next::Challenge(_)) => Redirect::to(&format!("/3ds/challenge/{id}")).into_response(),
        Some(Next::TooLate(url)) => pages::too_late(lang, &url),
        None => pages::unknown(lang),
    }
}

/// The browser arrives from the shop with 3-D Secure 1.0.
async fn enter_classic(State(door): State<Door>, headers: HeaderMap, Form(form): Form<Classic>) -> Response {
    match read::<ClassicSession>(&door.gateway, emv::CLASSIC_KIND, &form.md) {
        Some(_) => Redirect::to(&format!("/3ds/acs/{}", form.md)).into_response(),
        None => pages::unknown(Asked { lang: None }.lang(&headers)),
    }
}

async fn classic(
    State(door): State<Door>,
    Path(md): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let lang = asked.lang(&headers);
    match read::<ClassicSession>(&door.gateway, emv::CLASSIC_KIND, &md) {
        Some(session) => pages::classic(lang, &md, &session),
        None => pages::unknown(lang),
    }
}

async fn answer_classic(
    State(door): State<Door>,
    Path(md): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Answered>,
) -> Response {
    let gateway = &door.gateway;
    let holder = gateway.ledger.holder(emv::CLASSIC_KIND, &md);
    let merchant = holder.and_then(|holder| gateway.merchants.get(&holder));
    let Some(merchant) = merchant else { return pages::unknown(Asked { lang: None }.lang(&headers)) };
    let password = Some(form.password.trim()).filter(|_| form.cancel.is_empty());
    let step = if password.is_some() { Step::Password } else { Step::Cancel };
    let decided = gateway.perform(&merchant, Trigger::Shopper, |desk| emv::finish_classic(desk, &md, password));
    let url = |reply: &Reply| reply.get(name::URL).unwrap_or_default().to_owned();
    match enter(decided.await, ("MD", &md), step, url) {
        Ok(done) => leaves(gateway, &merchant, &done.payment_ids, see_other(&url(&done.reply))),
        Err(_) => pages::unknown(Asked { lang: None }.lang(&headers)),
    }
}

/// A record of whichever merchant has it: the key is one that nobody can guess.
fn read<T: serde::de::DeserializeOwned>(gateway: &Gateway, kind: RecordKind, key: &str) -> Option<T> {
    let holder = gateway.ledger.holder(kind, key)?;
    let record: Record = gateway.ledger.record(&holder, kind, key)?;
    serde_json::from_str(&record.body).ok()
}

/// To the shop, by GET. `term_url` is printable ASCII by the catalog, but a shop may still have sent one that is no header.
fn see_other(url: &str) -> Response {
    match header::HeaderValue::from_str(&url.replace(' ', "%20")) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// Writes down what the buyer did (a password stays his), and where his browser was sent or why not.
fn enter(
    receipt: Receipt<'_, Refusal>,
    (name, id): (&str, &str),
    step: Step,
    leads_to: impl FnOnce(&Reply) -> String,
) -> Result<Done, Refusal> {
    let request =
        form_urlencoded::Serializer::new(String::new()).append_pair(name, id).append_pair("step", step.name()).finish();
    receipt.enter(About::Page("3-D Secure".into()), "/3ds", |entry, done| {
        entry.request = request.into_bytes();
        match done {
            Ok(done) => entry.answer = leads_to(&done.reply).into(),
            Err(refusal) => tracing::warn!(
                response_code = refusal.code,
                reason = %refusal.explanation,
                response_detail = refusal.detail,
                "a 3-D Secure page was refused"
            ),
        }
    })
}
