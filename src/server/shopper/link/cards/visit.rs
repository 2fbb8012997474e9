//! A customer's visit to the pages of stored cards.

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::method::link::register::Registration;
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame};
use crate::server::shopper::link::sent::Sent;
use crate::server::shopper::link::words::{Words, stamp};
use crate::wire::{Name, Reply, name};

/// A request of a customer to these pages.
pub(in crate::server::shopper::link) struct CardVisit {
    sent: Sent,
    pub(super) registration: Registration,
    pub(super) words: Words,
}

impl FromRequest<Door> for CardVisit {
    type Rejection = Response;

    async fn from_request(request: Request, door: &Door) -> Result<CardVisit, Response> {
        let sent = Sent::read(request, door).await?;
        let secret = sent.field("hv");
        CardVisit::of(sent, &secret).ok_or_else(frame::unknown)
    }
}

impl CardVisit {
    /// A visit to the pages of a secret; `None` when there are none.
    pub(in crate::server::shopper::link) fn of(sent: Sent, secret: &str) -> Option<CardVisit> {
        let (registration, _) = sent.consult(|desk| Registration::find(desk, secret))?;
        let words = Words { english: registration.is_set(name::APPENDIX) };
        Some(CardVisit { sent, registration, words })
    }

    /// A field of the form or of the query.
    pub(super) fn field(&self, name: &str) -> String {
        self.sent.field(name)
    }

    /// Looks at the ledger.
    pub(super) fn consult<T>(&self, look: impl FnOnce(&Desk<'_>) -> T) -> T {
        self.sent.consult(look)
    }

    /// Does what the customer pressed, and writes it down.
    pub(super) async fn perform(
        &self,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Reply, Refusal> {
        self.sent.perform(|_| false, decide).await.map(|done| done.reply)
    }

    /// The URL of another of these pages.
    pub(super) fn url(&self, step: &str, more: &[(&str, &str)]) -> String {
        let mut url = format!(
            "/linktype/cards{step}?mid={}&hv={}",
            utf8_percent_encode(self.sent.merchant.merchant_id.as_str(), NON_ALPHANUMERIC),
            self.registration.secret
        );
        for (name, value) in more {
            url.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
        url
    }

    /// `return_url` with the customer, and the card unless the list was used.
    pub(super) fn return_url(&self, card_id: Option<&str>) -> String {
        let url = self.with_customer(name::RETURN_URL);
        match card_id {
            Some(id) => format!("{url}&customer_card_id={id}"),
            None => url,
        }
    }

    fn with_customer(&self, name: Name) -> String {
        let url = self.registration.get(name);
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}customer_id={}", self.registration.get(name::CUSTOMER_ID))
    }

    /// Where 前画面に戻る leads from the first page: to the shop, once something was changed even without a URL for giving up.
    pub(super) fn leave_url(&self) -> Option<String> {
        if !self.registration.get(name::STOP_RETURN_URL).is_empty() {
            return Some(self.with_customer(name::STOP_RETURN_URL));
        }
        self.registration.changed.then(|| self.return_url(None))
    }

    /// The frame of these pages.
    pub(super) fn frame(&self) -> Frame<'_> {
        let registration = &self.registration;
        let name = format!("{}{}", registration.get(name::CUSTOMER_FAMILY_NAME), registration.get(name::CUSTOMER_NAME));
        Frame {
            words: self.words,
            heading: ("お客様情報", "Your data"),
            merchant_name: registration.get(name::MERCHANT_NAME),
            banner_url: registration.get(name::BANNER_URL),
            copy_right: registration.get(name::COPY_RIGHT),
            rows: vec![
                ("店舗名", "Shop", registration.get(name::MERCHANT_NAME).to_owned()),
                ("法人名", "Company", registration.get(name::COMPANY_NAME).to_owned()),
                ("お客様氏名", "Name", name),
                ("画面有効期限", "Valid until", stamp(registration.limit)),
            ],
            free_memo: "",
            stop_url: None,
            choice_url: None,
        }
    }
}
