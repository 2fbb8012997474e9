//! What a buyer sent to one of our own pages: whose page it is, which fields came, and what is written down of it.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;

use crate::gateway::{Done, Gateway};
use crate::journal::{self, About, Entry};
use crate::merchant::{Merchant, MerchantId};
use crate::method::{Desk, Outcome};
use crate::payment::{Refusal, Trigger};
use crate::server::Door;
use crate::server::called::CalledAs;
use crate::server::shopper::link::frame;
use crate::wire::Form;

/// The forms of our own pages are small.
const BODY_LIMIT: usize = 64 * 1024;

/// A request to a page.
pub(super) struct Sent {
    pub(super) gateway: Arc<Gateway>,
    pub(super) merchant: Arc<Merchant>,
    called: CalledAs,
    path: String,
    query: String,
    body: Vec<u8>,
}

impl Sent {
    /// Nothing: a page that opens with an application.
    pub(super) fn nothing(gateway: &Arc<Gateway>, merchant: Arc<Merchant>, called: CalledAs) -> Sent {
        let (path, query, body) = (String::new(), String::new(), Vec::new());
        Sent { gateway: Arc::clone(gateway), merchant, called, path, query, body }
    }

    /// Reads a request whose query names the merchant (`mid`).
    pub(super) async fn read(request: Request, door: &Door) -> Result<Sent, Response> {
        let uri = request.uri().clone();
        let called = CalledAs::of(request.headers(), request.extensions());
        let read = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await;
        let body = read.map_err(|_| frame::unknown())?;
        let query = uri.query().unwrap_or_default();
        let merchant_id = MerchantId::new(&Form::read(Some(query), &[]).text("mid"));
        let merchant = door.gateway.merchants.get(&merchant_id).ok_or_else(frame::unknown)?;
        let nothing = Sent::nothing(&door.gateway, merchant, called);
        Ok(Sent { path: uri.path().to_owned(), query: query.to_owned(), body: body.to_vec(), ..nothing })
    }

    /// A field of the form or of the query.
    pub(super) fn field(&self, name: &str) -> String {
        Form::read(Some(&self.query), &self.body).text(name).trim().to_owned()
    }

    /// The path that was asked for.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Looks at the ledger.
    pub(super) fn consult<T>(&self, look: impl FnOnce(&Desk<'_>) -> T) -> T {
        self.gateway.look(&self.merchant, self.called.called(), look)
    }

    /// Does what the buyer pressed, and writes it down. Only fields whose names are `known` are kept as they are;
    /// whatever looks like a card number in others is masked.
    pub(super) async fn perform(
        &self,
        known: impl Fn(&[u8]) -> bool,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Done, Refusal> {
        let receipt = self.gateway.perform_for(&self.merchant, Trigger::Shopper, self.called.called(), decide).await;
        let name = self.path.trim_start_matches("/linktype/").replace('/', " ");
        receipt.enter(About::Page(name.into()), &self.path, |entry, _| {
            entry.request = journal::masked(&Form::read(None, &self.body), |name, _| known(name));
            self.log(entry);
        })
    }

    fn log(&self, entry: &Entry) {
        if let Some(refusal) = &entry.refusal {
            tracing::info!(
                merchant_id = %self.merchant.merchant_id,
                path = self.path,
                response_code = refusal.code,
                reason = %refusal.explanation,
                response_detail = refusal.detail,
                "page refused"
            );
        }
    }
}
