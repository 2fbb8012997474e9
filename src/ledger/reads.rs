//! The methods of [`crate::ledger::LedgerView`], for whoever does the same with each of them.

/// Calls a macro with what it wants first, and then with the signature of each read.
macro_rules! reads {
    ($call:ident $($first:tt)*) => {
        $call! {
            $($first)*
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
            fn next_unfetched(merchant_id: &MerchantId, site_id: &str) -> Option<Notice>;
            fn has_lost(merchant_id: &MerchantId, site_id: &str) -> bool;
            fn next_to_push(merchant_id: &MerchantId, now: Moment) -> NextPush;
            fn delivery(merchant_id: &MerchantId) -> Delivery;
            fn attempts(merchant_id: &MerchantId) -> Vec<Attempt>;
            fn has_work(merchant_id: &MerchantId, now: Moment, purge_before: Moment) -> bool;
            fn next_due(merchant_id: &MerchantId) -> Option<(Moment, Subject)>;
            fn deadlines(merchant_id: &MerchantId, limit: usize) -> Vec<(Moment, Subject)>;
            fn count(merchant_id: &MerchantId) -> usize;
            fn merchants() -> Vec<MerchantId>;
        }
    };
}
pub(super) use reads;
