//! A telegram in, its answer out: the checks in their order, the method's decision, one entry of the journal.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::addresses::Called;
use crate::gateway::checks::{check_count, check_request_hash, check_unproved, check_version, known_kind};
use crate::gateway::{Done, Gateway, UntilWritten};
use crate::journal::warnings::Sent;
use crate::journal::{self, About, Entry, Slot};
use crate::merchant::Merchant;
use crate::method;
use crate::payment::{Kind, Refusal, Trigger};
use crate::text::Text;
use crate::wire::{self, Form, TelegramSpec, catalog, name, not_played};

/// A telegram as it came.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The request's path.
    pub path: &'a str,
    /// The request's query string.
    pub query: Option<&'a str>,
    /// What the client called us; pages that the answer points to are offered there if it is a name of ours.
    pub called: Called<'a>,
    /// The request's body.
    pub body: &'a [u8],
    /// Who sent it.
    pub remote: Option<SocketAddr>,
    /// Whether the connection may send telegrams; the client certificate is judged at the door. Paths under `/s/` do
    /// without, but not for a merchant that is unknown.
    pub admission: Result<(), Refusal>,
}

/// The answer to a telegram; its HTTP status is always 200.
pub struct Outgoing {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// The notices that the telegram caused: to be dropped when the answer was written, or cannot be.
    pub held: Option<UntilWritten>,
}

/// What is known about a telegram while it is being answered.
pub(super) struct Exchange<'a> {
    pub(super) form: &'a Form<'a>,
    pub(super) kind: &'a str,
    pub(super) spec: Option<&'static TelegramSpec>,
    merchant: Option<Arc<Merchant>>,
    /// The place of its entry in the journal, once something knows it.
    slot: Option<Slot<'a>>,
}

impl<'a> Exchange<'a> {
    fn of(form: &'a Form<'a>, kind: &'a str) -> Exchange<'a> {
        Exchange { form, kind, spec: catalog().telegram(kind), merchant: None, slot: None }
    }
}

impl Gateway {
    /// Answers a telegram and writes it down. It waits only while deadlines of its merchant are met.
    pub async fn telegram(self: &Arc<Self>, incoming: &Incoming<'_>) -> Outgoing {
        // Before anything is made of them: the name and the value of each are looked at many times.
        if let Err(refusal) = check_count(incoming.query, incoming.body) {
            return self.refuse(incoming, refusal);
        }
        let form = Form::read(incoming.query, incoming.body);
        let kind = form.text(&name::TELEGRAM_KIND);
        let mut exchange = Exchange::of(&form, &kind);
        let done = self.answer(incoming, &mut exchange).await.unwrap_or_else(Done::refused);
        let mut outgoing = self.answered(incoming, &mut exchange, &done);
        outgoing.held = exchange.merchant.and_then(|merchant| self.until_written(merchant, done.awaiting));
        outgoing
    }

    /// Refuses a telegram of which not all was read, or that is too large to be looked at: who sent it is not known.
    pub fn refuse(&self, incoming: &Incoming<'_>, refusal: Refusal) -> Outgoing {
        let form = Form::beginning(incoming.query, incoming.body);
        self.answered(incoming, &mut Exchange::of(&form, ""), &Done::refused(refusal))
    }

    /// The answer as it goes out, written down.
    fn answered(&self, incoming: &Incoming<'_>, exchange: &mut Exchange<'_>, done: &Done) -> Outgoing {
        let spec = exchange.spec.or_else(|| not_played(exchange.kind));
        let body = Bytes::from(done.reply.encode(spec));
        self.write_down(incoming, exchange, done, body.clone());
        let content_type = match spec.map(|spec| spec.charset) {
            Some(wire::Charset::Utf8) => "text/html; charset=UTF-8",
            _ => "text/html; charset=Windows-31J",
        };
        Outgoing { content_type, body, held: None }
    }

    /// All checks in their order, then the method's decision.
    async fn answer<'a>(
        self: &'a Arc<Self>,
        incoming: &Incoming<'_>,
        exchange: &mut Exchange<'a>,
    ) -> Result<Done, Refusal> {
        let caller = self.authenticate(exchange.form)?;
        exchange.merchant = caller.known();
        caller.merchant().check_address(incoming.remote.map(|remote| remote.ip()))?;
        let path = match incoming.path.strip_prefix("/s/") {
            Some(rest) => {
                check_unproved(&caller, incoming)?;
                check_request_hash(caller.merchant(), exchange.form)?;
                Cow::Owned(format!("/n/{rest}"))
            }
            None => {
                incoming.admission.clone()?;
                Cow::Borrowed(incoming.path)
            }
        };
        check_version(exchange.form)?;
        let spec = known_kind(exchange, &path)?;
        let merchant = self.adopt(caller)?;
        exchange.merchant = Some(Arc::clone(&merchant));
        let telegram = wire::check(spec, exchange.form)?;
        merchant.check_site(telegram.get(name::SITE_ID))?;
        let Some(method) = method::for_kind(spec.kind) else {
            let rule = Text::filled(
                format!("電文 {} ({}) は定義されていますが、まだ動作しません。", spec.kind, spec.name),
                format!("telegram {} ({}) is in the catalog but not emulated yet", spec.kind, spec.english),
            );
            return Err(Refusal::new("P018", rule));
        };
        let by = spec.kind.parse::<Kind>().map_or(Trigger::Shopper, Trigger::Telegram);
        let called = incoming.called;
        let receipt = self.perform_for(&merchant, by, called, |desk| method.telegram(desk, &telegram)).await;
        let (done, slot) = receipt.into_parts();
        exchange.slot = slot;
        let mut done = done?;
        done.earlier = done.earlier.filter(|_| !self.is_correction(&merchant, &done));
        Ok(done)
    }

    /// Whether one of the payments takes the place of another: it shares its trading id on purpose.
    fn is_correction(&self, merchant: &Merchant, done: &Done) -> bool {
        let mut payments = done.payment_ids.iter().filter_map(|id| self.ledger.payment(&merchant.merchant_id, *id));
        payments.any(|payment| payment.replaces_another())
    }

    fn write_down(&self, incoming: &Incoming<'_>, exchange: &mut Exchange<'_>, done: &Done, body: Bytes) {
        let merchant_id = exchange.merchant.as_ref().map(|merchant| merchant.merchant_id.clone());
        let at = merchant_id.as_ref().map_or_else(|| self.clock.common_now(), |id| self.clock.now(id));
        let mut warnings = journal::warnings::of_telegram(&Sent {
            spec: exchange.spec,
            form: exchange.form,
            merchant: exchange.merchant.as_deref(),
            earlier: done.earlier,
            refused: done.reply.refusal().is_some(),
        });
        log(incoming, exchange, done);
        let kind = exchange.spec.map_or_else(|| exchange.kind.to_owned().into(), |spec| spec.kind.into());
        let entry = Entry {
            merchant_id,
            path: match exchange.spec.filter(|spec| spec.path == incoming.path) {
                Some(spec) => spec.path.into(),
                None => incoming.path.to_owned().into(),
            },
            remote: incoming.remote,
            request: journal::masked(exchange.form, |name, id| match exchange.spec {
                // What paths under /s/ add to all telegrams.
                _ if matches!(name, b"request_date" | b"hc") => incoming.path.starts_with("/s/"),
                Some(spec) => id.is_some_and(|id| spec.has(id)),
                None => id.is_some_and(|id| catalog().is_in_header(id)),
            }),
            answer: body,
            ..Entry::new(About::Telegram(kind), at, "")
        };
        let mut entry = done.noted_in(entry);
        warnings.append(&mut entry.warnings);
        entry.warnings = warnings;
        self.journal.enter(exchange.slot.take(), entry);
    }
}

/// One line for a telegram: what it was, and why it was refused if it was.
fn log(incoming: &Incoming<'_>, exchange: &Exchange<'_>, done: &Done) {
    let sent = |name| Some(exchange.form.text(name)).filter(|value| !value.is_empty());
    let payment_id = || {
        let changed = done.payment_ids.first().map(|id| Cow::Owned(id.to_string()));
        changed.or_else(|| sent("payment_id"))
    };
    match done.reply.refusal() {
        Some(refusal) => tracing::info!(
            merchant_id = sent("merchant_id").as_deref(),
            telegram_kind = exchange.kind,
            trading_id = sent("trading_id").as_deref(),
            payment_id = payment_id().as_deref(),
            path = incoming.path,
            response_code = refusal.code,
            reason = %refusal.explanation,
            response_detail = refusal.detail,
            "telegram refused"
        ),
        None => tracing::debug!(
            merchant_id = sent("merchant_id").as_deref(),
            telegram_kind = exchange.kind,
            trading_id = sent("trading_id").as_deref(),
            payment_id = payment_id().as_deref(),
            "telegram accepted"
        ),
    }
}
