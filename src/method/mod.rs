//! Payment methods: one folder per method, and the one list of all of them.
//!
//! A method decides; it reads no clock and keeps nothing. What it may look at is handed to it as a
//! [`Desk`], and what it decided comes back as an [`Outcome`] that the gateway commits whole.

pub mod card;
mod desk;
mod inquiry;

pub use desk::{Desk, IdentityCodes};

use crate::ledger::Record;
use crate::payment::{Change, Payment, PaymentType, Refusal, Table};
use crate::wire::{Reply, Telegram};

/// What a decision changes and what it answers.
#[derive(Debug)]
pub struct Outcome {
    /// Payments, as they will be.
    pub changes: Vec<Change>,
    /// Records, as they will be.
    pub records: Vec<Record>,
    /// Records to forget, by kind and key.
    pub forgotten: Vec<(&'static str, String)>,
    /// The answer. A refused request can change payments too: a refused authorization is kept.
    pub reply: Reply,
}

impl Outcome {
    /// An answer that changes nothing.
    pub fn reply(reply: Reply) -> Outcome {
        Outcome { changes: Vec::new(), records: Vec::new(), forgotten: Vec::new(), reply }
    }

    /// An answer and the payments that it changes.
    pub fn changing(changes: Vec<Change>, reply: Reply) -> Outcome {
        Outcome { changes, ..Outcome::reply(reply) }
    }
}

/// A payment method.
pub trait Method: Send + Sync {
    /// The payment types that are this method's.
    fn payment_types(&self) -> &'static [PaymentType];

    /// The kinds of the telegrams that it handles.
    fn kinds(&self) -> &'static [&'static str];

    /// The transitions of its payment types; nothing else sets a status.
    fn tables(&self) -> &'static [Table];

    /// Decides about a checked telegram. A refusal changes nothing.
    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal>;

    /// Decides what time does to a payment whose deadline has come.
    fn payment_due(&self, _desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        Ok(Outcome::changing(vec![Change::of(payment)], Reply::ok()))
    }

    /// The kinds of the records that it keeps.
    fn record_kinds(&self) -> &'static [&'static str] {
        &[]
    }

    /// Decides what time does to one of its records whose deadline has come.
    fn record_due(&self, _desk: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
        Ok(Outcome { forgotten: vec![(record.kind, record.key)], ..Outcome::reply(Reply::ok()) })
    }
}

/// All methods.
pub const METHODS: &[&dyn Method] = &[&card::Card, &inquiry::Inquiry];

/// The method that handles telegrams of a kind.
pub fn for_kind(kind: &str) -> Option<&'static dyn Method> {
    METHODS.iter().copied().find(|method| method.kinds().contains(&kind))
}

/// The method whose payment type this is.
pub fn for_payment_type(payment_type: PaymentType) -> Option<&'static dyn Method> {
    METHODS.iter().copied().find(|method| method.payment_types().contains(&payment_type))
}

/// The method that keeps records of this kind.
pub fn for_record_kind(kind: &str) -> Option<&'static dyn Method> {
    METHODS.iter().copied().find(|method| method.record_kinds().contains(&kind))
}

/// The transitions of a payment type.
pub fn table(payment_type: PaymentType) -> Option<&'static Table> {
    for_payment_type(payment_type)?.tables().iter().find(|table| table.payment_type == payment_type)
}
