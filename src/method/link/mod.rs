//! The link type: applications for hosted pages, and what shoppers do on those pages (`link.md`).
//!
//! An application is not a payment: it is a record that lets a shopper pay on our pages until its limit.
//! Payments are born when the shopper presses the last button, in the tables of their own methods.

pub(crate) mod application;
pub(crate) mod card;
pub(crate) mod cash;
pub(crate) mod fields;
pub(crate) mod hash;
pub(crate) mod inform;
pub(crate) mod kana;
pub(crate) mod register;
mod request;
pub(crate) mod session;

use crate::ledger::{Record, RecordKind};
use crate::merchant::Key;
use crate::method::description::{Description, Switch};
use crate::method::{Desk, Method, Outcome};
use crate::payment::{Change, PaymentType, Refusal, Table};
use crate::wire::Telegram;

/// The hosted pages.
pub(crate) struct Link;

/// リンクタイプハッシュ生成キー.
const HASH_KEY: Key = Key::new("link_hash");
/// The application for a payment.
pub(crate) const REQUEST: &str = "link:request";
/// The application for pages on which cards are stored.
pub(crate) const CARD_REGISTRATION: &str = "link:cardreg";

static DESCRIPTION: Description = Description {
    switches: &[Switch {
        name: "calls_inform_url",
        label: ("リンクタイプの入金通知 (inform_url、廃止済み)", "Link type: call inform_url (withdrawn)"),
        of: |contracts| &mut contracts.calls_inform_url,
    }],
    ..Description::NONE
};

impl Method for Link {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn payment_types(&self) -> &'static [PaymentType] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[REQUEST, CARD_REGISTRATION]
    }

    fn told(&self, desk: &Desk<'_>, changes: &[Change]) -> Vec<Record> {
        if desk.merchant.contracts.calls_inform_url { inform::received(desk, changes) } else { Vec::new() }
    }

    fn asks_vendor(&self, _kind: &str) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[]
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        let key = desk.merchant.keys.get(HASH_KEY);
        match telegram.kind() {
            CARD_REGISTRATION => register::apply(desk, register::Request::read(telegram, key)?),
            _ => application::apply(desk, request::read(telegram, key)?),
        }
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[session::APPLICATION, card::ENTRY, register::REGISTRATION, register::DRAFT]
    }
}
