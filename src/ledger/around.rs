//! A ledger with something done around each of its methods.

use std::collections::HashSet;

use crate::clock::Moment;
use crate::ledger::reads::reads;
use crate::ledger::{
    Attempt, Claim, Commit, Committed, Conflict, Delivery, Duty, Held, Holder, Ids, Lease, Ledger, LedgerView,
    NextPush, Notice, Pause, PaymentFilter, Record, RecordKind, Setting, Settings, Stored, Subject,
};
use crate::merchant::MerchantId;
use crate::payment::{Payment, PaymentId};

/// What is done around each call of a ledger's method.
pub trait Hook: Send + Sync {
    /// Makes the call, or fails without it. `name` is the method's.
    fn call<T>(&self, name: &'static str, call: impl FnOnce() -> Stored<T>) -> Stored<T>;
}

/// A ledger whose calls go through a hook.
#[derive(Debug)]
pub struct Around<L, H> {
    /// The ledger.
    pub ledger: L,
    /// What is done around its methods.
    pub hook: H,
}

macro_rules! around {
    ($trait:ident: $(fn $name:ident($($given:ident: $given_type:ty),*) -> $shown:ty;)*) => {
        impl<L: Ledger, H: Hook> $trait for Around<L, H> {
            $(fn $name(&self, $($given: $given_type),*) -> Stored<$shown> {
                self.hook.call(stringify!($name), || self.ledger.$name($($given),*))
            })*
        }
    };
}

reads!(around LedgerView:);

around! {
    Ids:
    fn next_payment_id() -> PaymentId;
    fn next_number(merchant_id: &MerchantId, kind: RecordKind) -> u64;
    fn restart_payment_ids() -> ();
}

impl<L: Ledger, H: Hook> Settings for Around<L, H> {
    fn lasts(&self) -> bool {
        self.ledger.lasts()
    }

    fn settings(&self, setting: Setting) -> Stored<Vec<(String, String)>> {
        self.hook.call("settings", || self.ledger.settings(setting))
    }

    fn keep_setting(&self, setting: Setting, key: &str, value: Option<String>) -> Stored<()> {
        self.hook.call("keep_setting", || self.ledger.keep_setting(setting, key, value))
    }
}

around! {
    Ledger:
    fn commit(merchant_id: &MerchantId, commit: Commit) -> Result<Committed, Conflict>;
    fn purge_notices(merchant_id: &MerchantId, before: Moment) -> ();
    fn release(merchant_id: &MerchantId, held: &Held, at: Moment) -> bool;
    fn release_all(merchant_id: &MerchantId, at: Moment) -> Vec<Notice>;
    fn note_attempt(merchant_id: &MerchantId, notice: &Notice, attempt: Attempt) -> Option<Pause>;
    fn push_again(merchant_id: &MerchantId, payment_notice_id: u64, at: Moment) -> bool;
    fn lease(merchant_id: &MerchantId, claim: Claim) -> Lease;
    fn end_lease(merchant_id: &MerchantId, duty: Duty, holder: Holder) -> ();
    fn resume(merchant_id: &MerchantId) -> ();
    fn reset(merchant_id: Option<&MerchantId>) -> ();
}
