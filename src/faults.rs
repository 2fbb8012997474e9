//! Faults on purpose: what a payment vendor is made to answer next.
//!
//! There are none unless somebody sets one; each is used up after so many telegrams. A cancel that fails
//! once (`seed_requirements.md` E3) is a fault for 023.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::keeper::Keeper;
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
pub struct Faults {
    waiting: Mutex<Vec<Fault>>,
    /// Who keeps them, by merchant.
    pub(crate) keeper: Keeper,
}

impl Faults {
    /// Adds a fault; those for the same kind are used in the order in which they were added.
    pub fn add(&self, fault: Fault) {
        let merchant_id = fault.merchant_id.clone();
        self.change(&merchant_id, |faults| faults.push(fault));
    }

    /// Uses up one failure, if one is set for this kind.
    pub fn take(&self, merchant_id: &MerchantId, kind: &str) -> Option<Fault> {
        let is_it = |fault: &Fault| fault.merchant_id == *merchant_id && fault.telegram_kind == kind;
        // Nearly always there is none.
        if !self.lock().iter().any(is_it) {
            return None;
        }
        self.change(merchant_id, |faults| {
            let at = faults.iter().position(is_it)?;
            if faults[at].times > 1 {
                faults[at].times -= 1;
                return Some(faults[at].clone());
            }
            Some(faults.remove(at))
        })
    }

    /// Gives back a failure that came to nothing: it is the next one again.
    pub fn give_back(&self, fault: Fault) {
        let merchant_id = fault.merchant_id.clone();
        self.change(&merchant_id, |faults| faults.insert(0, Fault { times: 1, ..fault }));
    }

    /// The faults that wait, oldest first.
    pub fn waiting(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// Forgets the faults of one merchant, or all.
    pub fn clear(&self, merchant_id: Option<&MerchantId>) {
        let concerned: BTreeSet<MerchantId> = match merchant_id {
            Some(id) => BTreeSet::from([id.clone()]),
            None => self.lock().iter().map(|fault| fault.merchant_id.clone()).collect(),
        };
        for id in &concerned {
            self.change(id, |faults| faults.retain(|fault| fault.merchant_id != *id));
        }
    }

    /// Takes up what was kept of a merchant.
    pub(crate) fn restore(&self, faults: &str) -> Result<(), serde_json::Error> {
        let mut faults = serde_json::from_str(faults)?;
        self.lock().append(&mut faults);
        Ok(())
    }

    /// Changes a merchant's faults, and has them kept.
    fn change<T>(&self, merchant_id: &MerchantId, change: impl FnOnce(&mut Vec<Fault>) -> T) -> T {
        let mut faults = self.lock();
        let changed = change(&mut faults);
        let own: Vec<&Fault> = faults.iter().filter(|fault| fault.merchant_id == *merchant_id).collect();
        match own.is_empty() {
            true => self.keeper.remove(merchant_id.as_str()),
            false => self.keeper.put(merchant_id.as_str(), &own),
        }
        changed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
