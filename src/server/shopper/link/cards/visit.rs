//! A customer's visit to the pages of stored cards.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::gateway::Gateway;
use crate::journal::{self, Entry, Event};
use crate::merchant::{Merchant, MerchantId};
use crate::method::link::register::Registration;
use crate::method::{Desk, Outcome};
use crate::payment::{Refusal, Trigger};
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame};
use crate::server::shopper::link::visit::BODY_LIMIT;
use crate::server::shopper::link::words::{Words, stamp};
use crate::wire::{Form, Reply};

/// A request of a customer to these pages.
pub(in crate::server::shopper::link) struct CardVisit {
    gateway: Arc<Gateway>,
    merchant: Arc<Merchant>,
    pub(super) registration: Registration,
    pub(super) words: Words,
    host: Option<String>,
    path: String,
    query: String,
    body: Vec<u8>,
}

impl FromRequest<Door> for CardVisit {
    type Rejection = Response;

    async fn from_request(request: Request, door: &Door) -> Result<CardVisit, Response> {
        let uri = request.uri().clone();
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let read = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await;
        let body = read.map_err(|_| frame::unknown())?;
        let query = uri.query().unwrap_or_default();
        let form = Form::read(Some(query), &[]);
        let text = |name: &str| String::from_utf8_lossy(form.get(name).unwrap_or_default()).into_owned();
        let merchants = &door.gateway.merchants;
        let merchant = merchants.get(&MerchantId::new(&text("mid"))).ok_or_else(frame::unknown)?;
        let visit = CardVisit::of(&door.gateway, merchant, host, &text("hv")).ok_or_else(frame::unknown)?;
        Ok(CardVisit { path: uri.path().to_owned(), query: query.to_owned(), body: body.to_vec(), ..visit })
    }
}

impl CardVisit {
    /// A visit to the pages of a secret; `None` when there are none.
    pub(in crate::server::shopper::link) fn of(
        gateway: &Arc<Gateway>,
        merchant: Arc<Merchant>,
        host: Option<String>,
        secret: &str,
    ) -> Option<CardVisit> {
        let found = gateway.look(&merchant, host.as_deref(), |desk| Registration::find(desk, secret));
        let (registration, _) = found?;
        let words = Words { english: registration.is_set("appendix") };
        let gateway = Arc::clone(gateway);
        let (path, query, body) = (String::new(), String::new(), Vec::new());
        Some(CardVisit { gateway, merchant, registration, words, host, path, query, body })
    }

    /// A field of the form or of the query.
    pub(super) fn field(&self, name: &str) -> String {
        let form = Form::read(Some(&self.query), &self.body);
        String::from_utf8_lossy(form.get(name).unwrap_or_default()).trim().to_owned()
    }

    /// Looks at the ledger.
    pub(super) fn consult<T>(&self, look: impl FnOnce(&Desk<'_>) -> T) -> T {
        self.gateway.look(&self.merchant, self.host.as_deref(), look)
    }

    /// Does what the customer pressed, and writes it down.
    pub(super) fn perform(&self, decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>) -> Result<Reply, Refusal> {
        let done = self.gateway.perform_for(&self.merchant, Trigger::Shopper, self.host.as_deref(), decide);
        let form = Form::read(None, &self.body);
        self.gateway.journal.add(Entry {
            merchant_id: Some(self.merchant.merchant_id.clone()),
            kind: self.path.trim_start_matches("/linktype/").replace('/', " ").into(),
            request: journal::masked(&form, |_, _| false),
            refusal: done.as_ref().err().cloned(),
            payment_ids: done.as_ref().map(|done| done.payment_ids.clone()).unwrap_or_default(),
            ..Entry::new(Event::Page, self.gateway.clock.now(&self.merchant.merchant_id), &self.path)
        });
        done.map(|done| done.reply)
    }

    /// The URL of another of these pages.
    pub(super) fn url(&self, step: &str, more: &[(&str, &str)]) -> String {
        let mut url = format!(
            "/linktype/cards{step}?mid={}&hv={}",
            utf8_percent_encode(self.merchant.merchant_id.as_str(), NON_ALPHANUMERIC),
            self.registration.secret
        );
        for (name, value) in more {
            url.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
        url
    }

    /// `return_url` with the customer, and the card unless the list was used.
    pub(super) fn return_url(&self, card_id: Option<&str>) -> String {
        let url = self.with_customer("return_url");
        match card_id {
            Some(id) => format!("{url}&customer_card_id={id}"),
            None => url,
        }
    }

    fn with_customer(&self, name: &str) -> String {
        let url = self.registration.get(name);
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}customer_id={}", self.registration.get("customer_id"))
    }

    /// Where 前画面に戻る leads from the first page: to the shop, once something was changed even without a URL for giving up.
    pub(super) fn leave_url(&self) -> Option<String> {
        if !self.registration.get("stop_return_url").is_empty() {
            return Some(self.with_customer("stop_return_url"));
        }
        self.registration.changed.then(|| self.return_url(None))
    }

    /// The frame of these pages.
    pub(super) fn frame(&self) -> Frame<'_> {
        let registration = &self.registration;
        let name = format!("{}{}", registration.get("customer_family_name"), registration.get("customer_name"));
        Frame {
            words: self.words,
            heading: ("お客様情報", "Your data"),
            merchant_name: registration.get("merchant_name"),
            banner_url: registration.get("banner_url"),
            copy_right: registration.get("copy_right"),
            rows: vec![
                ("店舗名", "Shop", registration.get("merchant_name").to_owned()),
                ("法人名", "Company", registration.get("company_name").to_owned()),
                ("お客様氏名", "Name", name),
                ("画面有効期限", "Valid until", stamp(registration.limit)),
            ],
            free_memo: "",
            stop_url: None,
            choice_url: None,
        }
    }
}
