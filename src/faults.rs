//! Faults on purpose: what a payment vendor is made to answer next.
//!
//! There are none unless somebody sets one; each is used up after so many telegrams. A cancel that fails
//! once (`seed_requirements.md` E3) is a fault for 023.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::merchant::MerchantId;
use crate::payment::Status;

/// The payment vendor's next answers to one kind of telegram of one merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Whose telegrams.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// Which kind of telegram, such as `023`.
    pub telegram_kind: String,
    /// `response_code` of the vendor's failure.
    #[serde(default = "vendor_error")]
    pub response_code: String,
    /// `response_detail`: a detail code, or empty for the code's own sentence.
    #[serde(default)]
    pub response_detail: String,
    /// After a time-out that the gateway looks after by itself: whether the vendor had done what it was asked.
    #[serde(default)]
    pub done: bool,
    /// How far an operation of several steps comes before it fails: 023 stands in 42 (when absent) or in 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub leaves: Option<Status>,
    /// How many telegrams fail.
    #[serde(default = "once")]
    pub times: u32,
}

fn vendor_error() -> String {
    "2002".to_owned()
}

fn once() -> u32 {
    1
}

/// The faults that wait to be used.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault; those for the same kind are used in the order in which they were added.
    pub fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Uses up one failure, if one is set for this kind.
    pub fn take(&self, merchant_id: &MerchantId, kind: &str) -> Option<Fault> {
        let mut faults = self.lock();
        let at = faults.iter().position(|fault| fault.merchant_id == *merchant_id && fault.telegram_kind == kind)?;
        if faults[at].times > 1 {
            faults[at].times -= 1;
            return Some(faults[at].clone());
        }
        Some(faults.remove(at))
    }

    /// Gives back a failure that came to nothing: it is the next one again.
    pub fn give_back(&self, fault: Fault) {
        self.lock().insert(0, Fault { times: 1, ..fault });
    }

    /// The faults that wait, oldest first.
    pub fn waiting(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// Forgets the faults of one merchant, or all.
    pub fn clear(&self, merchant_id: Option<&MerchantId>) {
        self.lock().retain(|fault| merchant_id.is_some_and(|id| fault.merchant_id != *id));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
