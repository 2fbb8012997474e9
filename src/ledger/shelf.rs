//! What pages and the control API read from.

use std::collections::HashSet;
use std::sync::Arc;

use crate::clock::Moment;
use crate::ledger::{
    Attempt, Delivery, Ledger, LedgerView, NextPush, Notice, PaymentFilter, Record, RecordKind, Subject, noted,
};
use crate::merchant::MerchantId;
use crate::payment::{Payment, PaymentId};

/// A ledger to look at. When its store fails it shows nothing, and notes that ([`crate::ledger::watch`]): a page asks for
/// many small things, and is not shown at all if one of them could not be had.
#[derive(Clone)]
pub struct Shelf(Arc<dyn Ledger>);

impl Shelf {
    /// What is in a ledger.
    pub fn of(ledger: Arc<dyn Ledger>) -> Shelf {
        Shelf(ledger)
    }
}

macro_rules! reads {
    ($(fn $name:ident($($given:ident: $given_type:ty),*) -> $shown:ty;)*) => {
        impl Shelf {
            $(
                #[doc = concat!("See [`LedgerView::", stringify!($name), "`].")]
                pub fn $name(&self, $($given: $given_type),*) -> $shown {
                    noted(LedgerView::$name(&*self.0, $($given),*))
                }
            )*
        }
    };
}

reads! {
    fn payment(merchant_id: &MerchantId, payment_id: PaymentId) -> Option<Payment>;
    fn payments_of(merchant_id: &MerchantId, trading_id: &str) -> Vec<Payment>;
    fn search(merchant_id: &MerchantId, filter: &PaymentFilter, limit: usize) -> Vec<Payment>;
    fn owner(payment_id: PaymentId) -> Option<MerchantId>;
    fn record(merchant_id: &MerchantId, kind: RecordKind, key: &str) -> Option<Record>;
    fn holder(kind: RecordKind, key: &str) -> Option<MerchantId>;
    fn records(merchant_id: &MerchantId, kind: RecordKind, prefix: &str) -> Vec<Record>;
    fn notices(merchant_id: &MerchantId, from: u64, limit: usize) -> Vec<Notice>;
    fn notices_of(merchant_id: &MerchantId, payment_id: PaymentId) -> Vec<Notice>;
    fn waiting_of(merchant_id: &MerchantId, payment_id: PaymentId) -> Vec<Notice>;
    fn heard(merchant_id: &MerchantId) -> HashSet<PaymentId>;
    fn last_notice_id(merchant_id: &MerchantId) -> u64;
    fn notice(merchant_id: &MerchantId, payment_notice_id: u64) -> Option<Notice>;
    fn next_to_push(merchant_id: &MerchantId, now: Moment) -> NextPush;
    fn delivery(merchant_id: &MerchantId) -> Delivery;
    fn attempts(merchant_id: &MerchantId) -> Vec<Attempt>;
    fn next_due(merchant_id: &MerchantId) -> Option<(Moment, Subject)>;
    fn deadlines(merchant_id: &MerchantId, limit: usize) -> Vec<(Moment, Subject)>;
    fn count(merchant_id: &MerchantId) -> usize;
    fn merchants() -> Vec<MerchantId>;
}
