//! Keeping payments, notices and the methods' own records.
//!
//! The [`Ledger`] trait is shaped for a database: values go in and come out, nothing borrowed leaks,
//! a commit is checked against the versions that were read, and everything belongs to one merchant.
//! Its methods are synchronous; a store that waits for a disk or a network runs them off the
//! asynchronous threads.

mod memory;

use std::sync::Arc;

pub use memory::MemoryLedger;

use crate::clock::Moment;
use crate::merchant::MerchantId;
use crate::payment::{Attributes, Payment, PaymentId, PaymentType, Status};

/// A notice (決済情報差分): a payment entered a status that its merchant wants to hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// 決済通知ID: counts the merchant's notices from 1, without holes.
    pub payment_notice_id: u64,
    /// 変更日時: when the status was entered.
    pub change_date: Moment,
    /// The payment.
    pub payment_id: PaymentId,
    /// The status entered.
    pub status: Status,
    /// 決済金額 at that moment, in yen.
    pub amount: u64,
    /// The payment's other values at that moment.
    pub attributes: Attributes,
    /// Whether 091 has handed it out.
    pub fetched: bool,
}

/// A notice that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNotice {
    /// When the status was entered.
    pub change_date: Moment,
    /// The payment.
    pub payment_id: PaymentId,
    /// The status entered.
    pub status: Status,
    /// 決済金額 at that moment, in yen.
    pub amount: u64,
    /// The payment's other values at that moment.
    pub attributes: Attributes,
}

/// A record that a method keeps beside payments: a stored card, a token, a page's session.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is, such as `card_token`; the method's own name space.
    pub kind: &'static str,
    /// Its key among the merchant's records of this kind.
    pub key: String,
    /// The method's own JSON.
    pub body: Arc<str>,
    /// When time alone will change it next.
    pub due: Option<Moment>,
    /// How many commits it has seen; 0 for a record that was not kept yet.
    pub version: u32,
}

/// What a deadline belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A payment.
    Payment(PaymentId),
    /// A record, by kind and key.
    Record(&'static str, String),
}

/// Everything that one request changes, to be kept whole or not at all.
#[derive(Debug, Default)]
pub struct Commit {
    /// Payments as they will be; `version` is the one that was read, 0 for a new payment.
    pub payments: Vec<Payment>,
    /// Notices, in order.
    pub notices: Vec<NewNotice>,
    /// Records as they will be; `version` is the one that was read, 0 for a new one.
    pub records: Vec<Record>,
    /// Records to forget, by kind and key.
    pub forgotten: Vec<(&'static str, String)>,
}

/// Somebody else changed the same payment or record in between: read again, decide again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

/// What a search for payments asks for; fields that are `None` match everything.
#[derive(Clone, Debug, Default)]
pub struct PaymentFilter {
    /// Exactly this payment.
    pub payment_id: Option<PaymentId>,
    /// A マーチャント取引ID and how it must match.
    pub trading_id: Option<(TextMatch, String)>,
    /// Only these types; all when empty.
    pub payment_types: Vec<PaymentType>,
    /// Only these statuses; all when empty.
    pub statuses: Vec<Status>,
    /// 取引発生日時 not before.
    pub init_from: Option<Moment>,
    /// 取引発生日時 not after.
    pub init_to: Option<Moment>,
    /// Only payments with a lower id: the next page.
    pub before: Option<PaymentId>,
}

/// How a text must match, as the merchants' site offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextMatch {
    /// 完全一致.
    Exact,
    /// 前方一致.
    Prefix,
    /// 後方一致.
    Suffix,
    /// 部分一致.
    Contains,
}

impl PaymentFilter {
    /// Whether a payment is one of those asked for.
    pub fn admits(&self, payment: &Payment) -> bool {
        let trading_id = payment.trading_id.as_deref().unwrap_or_default();
        self.payment_id.is_none_or(|id| id == payment.payment_id)
            && self.trading_id.as_ref().is_none_or(|(how, text)| match how {
                TextMatch::Exact => trading_id == text,
                TextMatch::Prefix => trading_id.starts_with(text.as_str()),
                TextMatch::Suffix => trading_id.ends_with(text.as_str()),
                TextMatch::Contains => trading_id.contains(text.as_str()),
            })
            && (self.payment_types.is_empty() || self.payment_types.contains(&payment.payment_type))
            && (self.statuses.is_empty() || self.statuses.contains(&payment.status))
            && self.init_from.is_none_or(|from| payment.init_date >= from)
            && self.init_to.is_none_or(|to| payment.init_date <= to)
            && self.before.is_none_or(|before| payment.payment_id < before)
    }
}

/// Where payments, notices and records are kept.
pub trait Ledger: Send + Sync {
    /// A payment id that was never given out, greater than all before.
    fn next_payment_id(&self) -> PaymentId;

    /// A number for a record of this kind that was never given out to this merchant, from 1 and rising.
    fn next_number(&self, merchant_id: &MerchantId, kind: &'static str) -> u64;

    /// A merchant's payment.
    fn payment(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Option<Payment>;

    /// A merchant's payments with this マーチャント取引ID, by rising id.
    fn payments_of(&self, merchant_id: &MerchantId, trading_id: &str) -> Vec<Payment>;

    /// A merchant's payments that a filter admits, newest first, at most `limit`.
    fn search(&self, merchant_id: &MerchantId, filter: &PaymentFilter, limit: usize) -> Vec<Payment>;

    /// The merchant whose payment this is.
    fn owner(&self, payment_id: PaymentId) -> Option<MerchantId>;

    /// A merchant's record.
    fn record(&self, merchant_id: &MerchantId, kind: &'static str, key: &str) -> Option<Record>;

    /// The merchant whose record this is, for keys that nobody else can have.
    fn holder(&self, kind: &'static str, key: &str) -> Option<MerchantId>;

    /// A merchant's records of a kind whose keys start with a prefix, by key.
    fn records(&self, merchant_id: &MerchantId, kind: &'static str, prefix: &str) -> Vec<Record>;

    /// A merchant's notices from this number on, by rising number, at most `limit`.
    fn notices(&self, merchant_id: &MerchantId, from: u64, limit: usize) -> Vec<Notice>;

    /// The highest number that a notice of this merchant has; 0 when there was none.
    fn last_notice_id(&self, merchant_id: &MerchantId) -> u64;

    /// Marks a notice as handed out by 091.
    fn mark_fetched(&self, merchant_id: &MerchantId, payment_notice_id: u64);

    /// Forgets notices that are older than this moment.
    fn purge_notices(&self, merchant_id: &MerchantId, before: Moment);

    /// Keeps a commit whole or not at all. Returns the numbers of its notices.
    fn commit(&self, merchant_id: &MerchantId, commit: Commit) -> Result<Vec<u64>, Conflict>;

    /// The merchant's earliest deadline.
    fn next_due(&self, merchant_id: &MerchantId) -> Option<(Moment, Subject)>;

    /// How many payments a merchant has.
    fn count(&self, merchant_id: &MerchantId) -> usize;

    /// Forgets all that one merchant has, or everything.
    fn reset(&self, merchant_id: Option<&MerchantId>);

    /// The merchants that have anything in the ledger.
    fn merchants(&self) -> Vec<MerchantId>;
}
