//! Keeping payments, notices and the methods' own records.
//!
//! The traits are shaped for a database: values go in and come out, nothing borrowed leaks, a commit is
//! checked against the versions that were read, and everything belongs to one merchant. [`LedgerView`]
//! reads, [`Ids`] gives out what is given out once, [`Ledger`] writes. All of it can fail
//! ([`StoreError`]), as a disk or a network can.
//!
//! The doors read from a [`Shelf`], which answers as if there was nothing when the store fails, and tells
//! whoever watches the request ([`watch`]) that its answer is worth nothing.

mod around;
#[cfg(test)]
pub(crate) mod contract;
mod kind;
mod lease;
mod memory;
mod notice;
mod off_thread;
mod owners;
mod queue;
mod read;
mod reads;
mod setting;
mod shelf;
mod trouble;

use std::collections::HashSet;
use std::sync::Arc;

pub use around::{Around, Hook};
pub use kind::RecordKind;
pub use lease::{Claim, Duty, Holder, Lease};
pub use memory::{FIRST_PAYMENT_ID, MemoryLedger};
pub use notice::{Attempt, Delivery, FAILURES, Held, Hold, NewNotice, NextPush, Notice, Pause, Push, Ready};
pub use off_thread::OffThread;
pub use read::Read;
pub use setting::Setting;
pub use shelf::Shelf;
pub use trouble::{StoreError, Stored, note, noted, watch};
pub(crate) use trouble::{tell, watch_now};

use crate::clock::Moment;
use crate::merchant::MerchantId;
use crate::payment::{Payment, PaymentId, PaymentType, Status};

/// A record that a method keeps beside payments: a stored card, a token, a page's session.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is, such as `card_token`; the method's own name space.
    pub kind: RecordKind,
    /// Its key among the merchant's records of this kind.
    pub key: String,
    /// The method's own JSON.
    pub body: Arc<str>,
    /// When time alone will change it next.
    pub due: Option<Moment>,
    /// How many commits it has seen; 0 for a record that was not kept yet.
    pub version: u32,
    /// Whether nobody else can have a record of this kind with this key: [`LedgerView::holder`] finds it.
    pub unique: bool,
}

/// What a deadline belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A payment.
    Payment(PaymentId),
    /// A record, by kind and key.
    Record(RecordKind, String),
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
    pub forgotten: Vec<(RecordKind, String)>,
    /// Notices that 091 hands out for the first time; somebody else must not have handed them out meanwhile.
    pub fetched: Vec<u64>,
    /// A site (empty: the base site) that 091 tells that notices were purged before they were fetched.
    pub told_lost: Option<String>,
    /// What the decision depends on: it must still be so.
    pub read: Vec<Read>,
}

impl Commit {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        let Commit { payments, notices, records, forgotten, fetched, told_lost, read: _ } = self;
        payments.is_empty()
            && notices.is_empty()
            && records.is_empty()
            && forgotten.is_empty()
            && fetched.is_empty()
            && told_lost.is_none()
    }
}

/// What a commit led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Whether the merchant's earliest deadline is another now.
    pub due_moved: bool,
    /// The numbers that its notices were given: the first, and the one after the last.
    pub notices: (u64, u64),
    /// The newest older payment that has the same マーチャント取引ID as the first payment that came into being.
    pub earlier: Option<PaymentId>,
    /// Whether it is the first of the merchant, or the first after a reset.
    pub opened: bool,
}

/// Somebody else changed in between what is changed here, or what the decision depends on: read again, decide again.
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
    /// 決済金額 not below, in yen.
    pub amount_from: Option<u64>,
    /// 決済金額 not above, in yen.
    pub amount_to: Option<u64>,
    /// Further wire fields, such as `customer_number` or `payment_limit_date`, and what their values must be.
    pub fields: Vec<(String, FieldMatch)>,
    /// Only payments with a lower id: the next page.
    pub before: Option<PaymentId>,
}

/// What the value of a wire field must be. A payment without the field does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldMatch {
    /// This text.
    Text(TextMatch, String),
    /// A date or time of digits, not before the first and not after the second; a shorter bound stands for all that starts with it.
    Between(Option<String>, Option<String>),
}

impl FieldMatch {
    /// Whether a value is one of those asked for.
    fn admits(&self, value: &str) -> bool {
        match self {
            _ if value.is_empty() => false,
            FieldMatch::Text(how, text) => how.admits(value, text),
            FieldMatch::Between(from, to) => {
                from.as_deref().is_none_or(|from| value >= from)
                    && to.as_deref().is_none_or(|to| value <= to || value.starts_with(to))
            }
        }
    }
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

impl TextMatch {
    /// Whether a value matches a text in this way.
    fn admits(self, value: &str, text: &str) -> bool {
        match self {
            TextMatch::Exact => value == text,
            TextMatch::Prefix => value.starts_with(text),
            TextMatch::Suffix => value.ends_with(text),
            TextMatch::Contains => value.contains(text),
        }
    }
}

impl PaymentFilter {
    /// Whether a payment is one of those asked for.
    pub fn admits(&self, payment: &Payment) -> bool {
        let trading_id = payment.trading_id.as_deref().unwrap_or_default();
        self.payment_id.is_none_or(|id| id == payment.payment_id)
            && self.trading_id.as_ref().is_none_or(|(how, text)| how.admits(trading_id, text))
            && (self.payment_types.is_empty() || self.payment_types.contains(&payment.payment_type))
            && (self.statuses.is_empty() || self.statuses.contains(&payment.status))
            && self.init_from.is_none_or(|from| payment.init_date >= from)
            && self.init_to.is_none_or(|to| payment.init_date <= to)
            && self.amount_from.is_none_or(|from| payment.amount >= from)
            && self.amount_to.is_none_or(|to| payment.amount <= to)
            && self.before.is_none_or(|before| payment.payment_id < before)
            && self.fields.iter().all(|(name, rule)| rule.admits(&payment.named(name)))
    }
}

/// What was kept, to be looked at: whoever has only this cannot change anything.
pub trait LedgerView: Send + Sync {
    /// A merchant's payment.
    fn payment(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Stored<Option<Payment>>;

    /// A merchant's payments with this マーチャント取引ID, by rising id.
    fn payments_of(&self, merchant_id: &MerchantId, trading_id: &str) -> Stored<Vec<Payment>>;

    /// A merchant's payments that a filter admits, newest first, at most `limit`.
    fn search(&self, merchant_id: &MerchantId, filter: &PaymentFilter, limit: usize) -> Stored<Vec<Payment>>;

    /// The merchant whose payment this is.
    fn owner(&self, payment_id: PaymentId) -> Stored<Option<MerchantId>>;

    /// A merchant's record.
    fn record(&self, merchant_id: &MerchantId, kind: RecordKind, key: &str) -> Stored<Option<Record>>;

    /// The merchant whose record this is; only unique ones are found.
    fn holder(&self, kind: RecordKind, key: &str) -> Stored<Option<MerchantId>>;

    /// A merchant's records of a kind whose keys start with a prefix, by key.
    fn records(&self, merchant_id: &MerchantId, kind: RecordKind, prefix: &str) -> Stored<Vec<Record>>;

    /// A merchant's notices from this number on, by rising number, at most `limit`.
    fn notices(&self, merchant_id: &MerchantId, from: u64, limit: usize) -> Stored<Vec<Notice>>;

    /// The notices of one payment, by rising number.
    fn notices_of(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Stored<Vec<Notice>>;

    /// The notices of one payment that wait for their push, by rising number.
    fn waiting_of(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Stored<Vec<Notice>>;

    /// The payments of which the shop has heard: it accepted one of their notices, or fetched one.
    fn heard(&self, merchant_id: &MerchantId) -> Stored<HashSet<PaymentId>>;

    /// The highest number that a notice of this merchant has; 0 when there was none.
    fn last_notice_id(&self, merchant_id: &MerchantId) -> Stored<u64>;

    /// A merchant's notice.
    fn notice(&self, merchant_id: &MerchantId, payment_notice_id: u64) -> Stored<Option<Notice>>;

    /// The first notice of a site (empty: the base site) that 091 has not handed out.
    fn next_unfetched(&self, merchant_id: &MerchantId, site_id: &str) -> Stored<Option<Notice>>;

    /// Whether notices of a site (empty: the base site) were purged before 091 handed them out, and 091 has not told
    /// yet ([`Commit::told_lost`]).
    fn has_lost(&self, merchant_id: &MerchantId, site_id: &str) -> Stored<bool>;

    /// What is to be pushed next at a moment of real time: of the notices that wait and are ready the one with the lowest
    /// number, but none while an earlier one of the same payment waits.
    fn next_to_push(&self, merchant_id: &MerchantId, now: Moment) -> Stored<NextPush>;

    /// How the merchant's deliveries stand.
    fn delivery(&self, merchant_id: &MerchantId) -> Stored<Delivery>;

    /// The last pushes to a merchant, oldest first; older ones are forgotten.
    fn attempts(&self, merchant_id: &MerchantId) -> Stored<Vec<Attempt>>;

    /// Whether a deadline of the merchant has come, or [`Ledger::purge_notices`] has anything to do.
    fn has_work(&self, merchant_id: &MerchantId, now: Moment, purge_before: Moment) -> Stored<bool>;

    /// The merchant's earliest deadline.
    fn next_due(&self, merchant_id: &MerchantId) -> Stored<Option<(Moment, Subject)>>;

    /// The merchant's next deadlines, earliest first, at most `limit`.
    fn deadlines(&self, merchant_id: &MerchantId, limit: usize) -> Stored<Vec<(Moment, Subject)>>;

    /// How many payments a merchant has.
    fn count(&self, merchant_id: &MerchantId) -> Stored<usize>;

    /// The merchants that have anything in the ledger.
    fn merchants(&self) -> Stored<Vec<MerchantId>>;
}

/// What is given out once: whoever takes one and does not keep what it is for leaves a gap.
pub trait Ids: Send + Sync {
    /// A payment id that was never given out, greater than all before.
    fn next_payment_id(&self) -> Stored<PaymentId>;

    /// A number of this kind that was never given out to this merchant, from 1 and rising, until a reset.
    fn next_number(&self, merchant_id: &MerchantId, kind: RecordKind) -> Stored<u64>;

    /// Lets payment ids start again from the first. Nobody may have a payment.
    fn restart_payment_ids(&self) -> Stored<()>;
}

/// What is set beside payments: merchants, clocks, faults, as JSON of those whom they belong to.
pub trait Settings: Send + Sync {
    /// Whether what is kept outlives the process. What is set is not kept otherwise: nobody would read it again.
    fn lasts(&self) -> bool;

    /// All that was set of something, by key.
    fn settings(&self, setting: Setting) -> Stored<Vec<(String, String)>>;

    /// Keeps a value, or that there is none any more.
    fn keep_setting(&self, setting: Setting, key: &str, value: Option<String>) -> Stored<()>;
}

/// Where payments, notices and records are kept.
pub trait Ledger: LedgerView + Ids + Settings {
    /// Keeps a commit whole or not at all. After an error of the store it may have been kept, when the store was lost
    /// while it answered.
    fn commit(&self, merchant_id: &MerchantId, commit: Commit) -> Stored<Result<Committed, Conflict>>;

    /// Ends the time in which 091 hands out notices that are older than this moment. What a shop is still to be told
    /// by a push is kept for that.
    fn purge_notices(&self, merchant_id: &MerchantId, before: Moment) -> Stored<()>;

    /// Lets notices that are held be pushed from a moment of real time on. Those that are held for something else, or
    /// no longer, stay as they are. Returns whether there were any.
    fn release(&self, merchant_id: &MerchantId, held: &Held, at: Moment) -> Stored<bool>;

    /// Lets all notices that wait be pushed from a moment of real time on, whatever they wait for. Returns them, by
    /// rising number.
    fn release_all(&self, merchant_id: &MerchantId, at: Moment) -> Stored<Vec<Notice>>;

    /// Writes down a push of a notice. Returns the pause that it leads to.
    fn note_attempt(&self, merchant_id: &MerchantId, notice: &Notice, attempt: Attempt) -> Stored<Option<Pause>>;

    /// Lets a notice be pushed, or pushed once more, from a moment of real time on; false when there is none of this
    /// number.
    fn push_again(&self, merchant_id: &MerchantId, payment_notice_id: u64, at: Moment) -> Stored<bool>;

    /// Takes a duty, or keeps it for longer; nobody else is given it until it is over or was ended.
    fn lease(&self, merchant_id: &MerchantId, claim: Claim) -> Stored<Lease>;

    /// Ends a holder's duty before its time, so that others need not wait.
    fn end_lease(&self, merchant_id: &MerchantId, duty: Duty, holder: Holder) -> Stored<()>;

    /// Ends a pause of deliveries.
    fn resume(&self, merchant_id: &MerchantId) -> Stored<()>;

    /// Forgets all that one merchant has, or everything; what is set stays.
    fn reset(&self, merchant_id: Option<&MerchantId>) -> Stored<()>;
}
