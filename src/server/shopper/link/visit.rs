//! A shopper's visit: which application the URL names, and whether its secret is right.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::method::link::session::{Application, Standing};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentIds, Refusal};
use crate::server::Door;
use crate::server::shopper::leaving;
use crate::server::shopper::link::frame;
use crate::server::shopper::link::sent::Sent;
use crate::server::shopper::link::words::Words;
use crate::wire::{Reply, name};

/// A request of a shopper to a page of one application.
pub(in crate::server::shopper) struct Visit {
    pub(super) sent: Sent,
    pub(super) application: Application,
    pub(super) standing: Standing,
    pub(super) words: Words,
}

impl FromRequest<Door> for Visit {
    type Rejection = Response;

    async fn from_request(request: Request, door: &Door) -> Result<Visit, Response> {
        let sent = Sent::read(request, door).await?;
        let (trading_id, secret) = (sent.field("tid"), sent.field("hv"));
        Visit::of(sent, &trading_id, &secret).ok_or_else(frame::unknown)
    }
}

impl Visit {
    /// A visit to an application; `None` when there is none, or the secret is wrong.
    pub(super) fn of(sent: Sent, trading_id: &str, secret: &str) -> Option<Visit> {
        let (application, standing) = sent.consult(|desk| {
            let (application, _) = Application::find(desk, trading_id, secret)?;
            let standing = application.standing(desk);
            Some((application, standing))
        })?;
        let words = Words { english: application.is_set(name::APPENDIX) };
        Some(Visit { sent, application, standing, words })
    }

    /// A field of the form or of the query.
    pub(super) fn field(&self, name: &str) -> String {
        self.sent.field(name)
    }

    /// Looks at the ledger.
    pub(super) fn consult<T>(&self, look: impl FnOnce(&Desk<'_>) -> T) -> T {
        self.sent.consult(look)
    }

    /// Does what the shopper pressed, and writes it down.
    pub(super) async fn perform(
        &self,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Reply, Refusal> {
        let done = self.sent.perform(|name| name.starts_with(b"customer_"), decide).await;
        done.map(|done| done.reply)
    }

    /// An answer with which the buyer leaves for the shop, or has no way left that leads there.
    pub(super) fn leaves(&self, answer: impl IntoResponse) -> Response {
        leaving::leaves(&self.sent.gateway, &self.sent.merchant, &self.payment_ids(), answer)
    }

    /// Waits, not for ever, until the shop has heard what it must know before the buyer is back.
    pub(super) async fn told_before_return(&self) {
        self.sent.gateway.told_before_return(&self.sent.merchant, &self.payment_ids()).await;
    }

    fn payment_ids(&self) -> PaymentIds {
        self.consult(|desk| self.application.payments(desk)).iter().map(|payment| payment.payment_id).collect()
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
            encode(self.sent.merchant.merchant_id.as_str()),
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

/// The buyer's browser tells that it goes back to the shop.
pub(super) async fn left(visit: Visit) -> Response {
    visit.leaves(StatusCode::NO_CONTENT)
}
