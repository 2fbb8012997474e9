//! The door of applications: `/v/request` and its siblings, in two modes (`link.md` section 2).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::gateway::{self, Done};
use crate::journal::{self, About, Entry, Slot};
use crate::merchant::{Caller, Merchant, MerchantId};
use crate::method::link::{CARD_REGISTRATION, REQUEST, fields};
use crate::method::{self, Desk};
use crate::payment::{Refusal, Trigger};
use crate::server::Door;
use crate::server::called::CalledAs;
use crate::server::shopper::link::cards::{self, CardVisit};
use crate::server::shopper::link::sent::Sent;
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::{frame, top};
use crate::text::{Text, text};
use crate::wire::{self, Form, Reply, TelegramSpec, catalog, name};

/// The charset of an application; its path decides.
#[derive(Clone, Copy)]
enum Charset {
    Windows31J,
    Utf8,
    EucJp,
}

impl Charset {
    fn decode(self, bytes: &[u8]) -> String {
        match self {
            Charset::Windows31J => wire::Charset::Windows31J.decode_lossy(bytes).into_owned(),
            Charset::Utf8 => wire::Charset::Utf8.decode_lossy(bytes).into_owned(),
            Charset::EucJp => encoding_rs::EUC_JP.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Charset::Windows31J => wire::Charset::Windows31J.encode(text).into_owned(),
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::EucJp => encoding_rs::EUC_JP.encode(text).0.into_owned(),
        }
    }

    /// A form's parameters, form-encoded in UTF-8.
    fn to_utf_8(self, form: &Form<'_>) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form.pairs() {
            text.append_pair(&self.decode(name), &self.decode(value));
        }
        text.finish()
    }

    fn content_type(self) -> &'static str {
        match self {
            Charset::Windows31J => "text/plain; charset=Windows-31J",
            Charset::Utf8 => "text/plain; charset=UTF-8",
            Charset::EucJp => "text/plain; charset=EUC-JP",
        }
    }
}

type Parts = (State<Door>, CalledAs, Uri);

/// `/v/request`.
pub(super) async fn windows_31j_request(parts: Parts, body: Bytes) -> Response {
    answer(parts, &body, Charset::Windows31J, REQUEST).await
}

/// `/v/u/request`.
pub(super) async fn utf_8_request(parts: Parts, body: Bytes) -> Response {
    answer(parts, &body, Charset::Utf8, REQUEST).await
}

/// `/v/e/request`.
pub(super) async fn euc_jp_request(parts: Parts, body: Bytes) -> Response {
    answer(parts, &body, Charset::EucJp, REQUEST).await
}

/// `/v/cardreg`.
pub(super) async fn windows_31j_cards(parts: Parts, body: Bytes) -> Response {
    answer(parts, &body, Charset::Windows31J, CARD_REGISTRATION).await
}

/// `/v/u/cardreg`.
pub(super) async fn utf_8_cards(parts: Parts, body: Bytes) -> Response {
    answer(parts, &body, Charset::Utf8, CARD_REGISTRATION).await
}

/// `/v/e/cardreg`.
pub(super) async fn euc_jp_cards(parts: Parts, body: Bytes) -> Response {
    answer(parts, &body, Charset::EucJp, CARD_REGISTRATION).await
}

/// An application as it came, in UTF-8.
struct Application<'a> {
    door: &'a Door,
    spec: &'static TelegramSpec,
    called: &'a CalledAs,
    form: Form<'a>,
}

/// One line for an application: what it was, and why it was refused if it was.
fn log(application: &Application<'_>, reply: &Reply, path: &str) {
    let (kind, sent) = (application.spec.kind, |name| application.value(name));
    match reply.refusal() {
        Some(refusal) => tracing::info!(
            merchant_id = sent(&name::SEQ_MERCHANT_ID),
            telegram_kind = kind,
            trading_id = sent(&name::TRADING_ID),
            path,
            response_code = refusal.code,
            reason = %refusal.explanation,
            response_detail = refusal.detail,
            "application refused"
        ),
        None => tracing::debug!(
            merchant_id = sent(&name::SEQ_MERCHANT_ID),
            telegram_kind = kind,
            trading_id = sent(&name::TRADING_ID),
            path,
            "application accepted"
        ),
    }
}

async fn answer((State(door), called, uri): Parts, body: &[u8], charset: Charset, kind: &'static str) -> Response {
    let Some(spec) = catalog().telegram(kind) else { return StatusCode::NOT_FOUND.into_response() };
    let few = gateway::check_count(uri.query(), body);
    let read = if few.is_ok() { Form::read } else { Form::beginning };
    let text = charset.to_utf_8(&read(uri.query(), body));
    let form = Form::read(None, text.as_bytes());
    let application = Application { door: &door, spec, called: &called, form };
    let mut merchant = None;
    let reply = match few {
        Ok(()) => application.decide(&mut merchant).await,
        Err(refusal) => Err(refusal),
    };
    let at = merchant
        .as_ref()
        .map_or_else(|| door.gateway.clock.common_now(), |merchant| door.gateway.clock.now(&merchant.merchant_id));
    let entry = Entry {
        merchant_id: merchant.as_ref().map(|merchant| merchant.merchant_id.clone()),
        remote: called.peer().map(|peer| peer.remote),
        request: journal::masked(&application.form, |_, id| id.is_some_and(|id| spec.has(id))),
        ..Entry::new(About::Telegram(kind.into()), at, uri.path())
    };
    let (reply, slot, mut entry) = match reply {
        Ok((done, slot)) => {
            let entry = done.noted_in(entry);
            (done.reply, slot, entry)
        }
        Err(refusal) => (Reply::refused(refusal), None, entry),
    };
    let answer = lines(spec, &application.form, &reply);
    log(&application, &reply, uri.path());
    entry.answer = answer.clone().into();
    entry.refusal = reply.refusal().cloned();
    entry.warnings.splice(0..0, journal::warnings::of_repeated(&application.form));
    door.gateway.journal.enter(slot, entry);
    if application.value(&name::ISBTOB) == Some("1") {
        return lines_response(charset, &answer);
    }
    match (reply.refusal(), merchant) {
        (Some(refusal), _) => frame::refused_application(refusal),
        (None, Some(merchant)) => first_page(&application, merchant, &reply).await,
        (None, None) => frame::unknown(),
    }
}

impl Application<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.form.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// All checks in their order, then the decision, with the place of its entry in the journal.
    async fn decide(&self, merchant: &mut Option<Arc<Merchant>>) -> Result<(Done, Option<Slot<'_>>), Refusal> {
        let applicant = self.merchant()?;
        *merchant = applicant.known();
        applicant.merchant().check_address(self.called.peer().map(|peer| peer.remote.ip()))?;
        let sent = self
            .form
            .pairs()
            .filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?)));
        for (name, value) in sent.filter(|(name, _)| self.spec.field(name).is_some()) {
            fields::check_characters(name, value)?;
        }
        let telegram = wire::check(self.spec, &self.form)?;
        fields::check_merchant_name(self.value(&name::MERCHANT_NAME))?;
        applicant.merchant().check_site(telegram.get(name::SITE_ID))?;
        let Some(method) = method::for_kind(self.spec.kind) else {
            let rule = Text::filled(
                format!("{}には対応していません。", self.spec.name),
                format!("{} is not emulated", self.spec.english),
            );
            return Err(Refusal::new("P018", rule));
        };
        let gateway = &self.door.gateway;
        let decide = |desk: &Desk<'_>| method.telegram(desk, &telegram);
        let called = self.called.called();
        let receipt = gateway.perform_for(applicant.merchant(), Trigger::Shopper, called, decide).await;
        let (done, slot) = receipt.into_parts();
        let done = done?;
        if done.reply.refusal().is_none() {
            *merchant = Some(gateway.adopt(applicant)?);
        }
        Ok((done, slot))
    }

    /// The merchant that the application names; it proves itself by the hash.
    fn merchant(&self) -> Result<Caller, Refusal> {
        let field = name::SEQ_MERCHANT_ID;
        let id = match self.value(&field) {
            None => {
                let rule = text!("seq_merchant_id がありません。", "seq_merchant_id is missing");
                return Err(Refusal::field("P005", field, rule));
            }
            Some("") => {
                let rule = text!("seq_merchant_id が空です。", "seq_merchant_id is empty");
                return Err(Refusal::field("P006", field, rule));
            }
            Some(id) => id,
        };
        if !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let rule = text!("seq_merchant_id は半角数字で指定してください。", "seq_merchant_id consists of digits");
            return Err(Refusal::field("P008", field, rule));
        }
        if id.len() > 9 {
            let rule = text!("seq_merchant_id は9桁以内で指定してください。", "seq_merchant_id has at most 9 digits");
            return Err(Refusal::field("P009", field, rule));
        }
        self.door
            .gateway
            .merchants
            .applicant(&MerchantId::new(id))
            .ok_or_else(|| Refusal::field("P010", field, gateway::not_in_list(id)))
    }
}

/// The names that an answer always has, even without a value (`link.md` section 2).
fn lines(spec: &TelegramSpec, form: &Form<'_>, reply: &Reply) -> String {
    let (code, detail) = reply.refusal().map_or(("", ""), |refusal| (&refusal.code, &refusal.detail));
    let mut text = format!("result={}\r\nresponse_code={code}\r\nresponse_detail={detail}\r\n", reply.result());
    for field in &spec.response {
        let sent = || form.get(&field.name).and_then(|value| std::str::from_utf8(value).ok());
        let value = match reply.get(field.name) {
            None if field.name == "trading_id" => sent().unwrap_or_default(),
            value => value.unwrap_or_default(),
        };
        text.push_str(&field.name);
        text.push('=');
        // A value must not look like the next line.
        text.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        text.push_str("\r\n");
    }
    text
}

/// Clients read until the connection closes and look for field names in every line, headers included.
fn lines_response(charset: Charset, lines: &str) -> Response {
    let mut response = Response::new(Body::from(charset.encode(lines)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(charset.content_type()));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The page itself, for a browser that sent the application as a form.
async fn first_page(application: &Application<'_>, merchant: Arc<Merchant>, reply: &Reply) -> Response {
    let url = reply.get(name::URL).unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let named = Form::read(Some(query), &[]);
    let nothing = Sent::nothing(&application.door.gateway, merchant, application.called.clone());
    if application.spec.kind == CARD_REGISTRATION {
        return match CardVisit::of(nothing, &named.text("hv")) {
            Some(visit) => cards::show(&visit).await,
            None => frame::unknown(),
        };
    }
    match Visit::of(nothing, &named.text("tid"), &named.text("hv")) {
        Some(visit) => top::show(&visit),
        None => frame::unknown(),
    }
}
