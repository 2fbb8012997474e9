//! A shopper's visit: which application the URL names, and whether its secret is right.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::gateway::Gateway;
use crate::journal::{self, Entry, Event};
use crate::merchant::{Merchant, MerchantId};
use crate::method::link::session::{Application, Standing};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentIds, Refusal, Trigger};
use crate::server::Door;
use crate::server::shopper::link::frame;
use crate::server::shopper::link::words::Words;
use crate::wire::{Form, Reply};

/// The forms of our own pages are small.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// A request of a shopper to a page of one application.
pub(super) struct Visit {
    pub(super) gateway: Arc<Gateway>,
    pub(super) merchant: Arc<Merchant>,
    pub(super) application: Application,
    pub(super) standing: Standing,
    pub(super) words: Words,
    host: Option<String>,
    path: String,
    query: String,
    body: Vec<u8>,
}

impl FromRequest<Door> for Visit {
    type Rejection = Response;

    async fn from_request(request: Request, door: &Door) -> Result<Visit, Response> {
        let uri = request.uri().clone();
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let read = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await;
        let body = read.map_err(|_| frame::unknown())?;
        let query = uri.query().unwrap_or_default();
        let form = Form::read(Some(query), &[]);
        let text = |name: &str| String::from_utf8_lossy(form.get(name).unwrap_or_default()).into_owned();
        let merchant = door.gateway.merchants.get(&MerchantId::new(&text("mid"))).ok_or_else(frame::unknown)?;
        let visit = Visit::of(&door.gateway, merchant, host, &text("tid"), &text("hv")).ok_or_else(frame::unknown)?;
        Ok(Visit { path: uri.path().to_owned(), query: query.to_owned(), body: body.to_vec(), ..visit })
    }
}

impl Visit {
    /// A visit to an application; `None` when there is none, or the secret is wrong.
    pub(super) fn of(
        gateway: &Arc<Gateway>,
        merchant: Arc<Merchant>,
        host: Option<String>,
        trading_id: &str,
        secret: &str,
    ) -> Option<Visit> {
        let found = gateway.look(&merchant, host.as_deref(), |desk| {
            Application::find(desk, trading_id, secret).map(|(application, _)| {
                let standing = application.standing(desk);
                (application, standing)
            })
        });
        let (application, standing) = found?;
        let words = Words { english: application.is_set("appendix") };
        let gateway = Arc::clone(gateway);
        let (path, query, body) = (String::new(), String::new(), Vec::new());
        Some(Visit { gateway, merchant, application, standing, words, host, path, query, body })
    }

    /// A field of the form or of the query.
    pub(super) fn field(&self, name: &str) -> String {
        let form = Form::read(Some(&self.query), &self.body);
        String::from_utf8_lossy(form.get(name).unwrap_or_default()).trim().to_owned()
    }

    /// The path that was asked for.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Looks at the ledger.
    pub(super) fn consult<T>(&self, look: impl FnOnce(&Desk<'_>) -> T) -> T {
        self.gateway.look(&self.merchant, self.host.as_deref(), look)
    }

    /// Does what the shopper pressed, and writes it down.
    pub(super) fn perform(&self, decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>) -> Result<Reply, Refusal> {
        let done = self.gateway.perform_for(&self.merchant, Trigger::Shopper, self.host.as_deref(), decide);
        let (refusal, payment_ids) = match &done {
            Ok(done) => (done.reply.refusal().cloned(), done.payment_ids.clone()),
            Err(refusal) => (Some(refusal.clone()), PaymentIds::new()),
        };
        if let Some(refusal) = &refusal {
            tracing::info!(path = self.path, trading_id = self.application.trading_id, %refusal, "page refused");
        }
        let form = Form::read(None, &self.body);
        let at = self.gateway.clock.now(&self.merchant.merchant_id);
        self.gateway.journal.add(Entry {
            merchant_id: Some(self.merchant.merchant_id.clone()),
            kind: self.path.trim_start_matches("/linktype/").replace('/', " ").into(),
            request: journal::masked(&form, |name, _| name.starts_with(b"customer_")),
            refusal,
            payment_ids,
            ..Entry::new(Event::Page, at, &self.path)
        });
        done.map(|done| done.reply)
    }

    /// The URL of another page of this application.
    pub(super) fn url(&self, step: &str) -> String {
        self.url_with(step, &[])
    }

    /// The same with more parameters.
    pub(super) fn url_with(&self, step: &str, more: &[(&str, &str)]) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let application = &self.application;
        let mut url = format!(
            "/linktype/{step}?tid={}&mid={}&hv={}",
            encode(&application.trading_id),
            encode(self.merchant.merchant_id.as_str()),
            application.secret
        );
        for (name, value) in more {
            url.push_str(&format!("&{name}={}", encode(value)));
        }
        url
    }

    /// Whether the shopper can go back and choose another method.
    pub(super) fn has_choice(&self) -> bool {
        self.application.methods.len() > 1
    }
}
