//! What pages and the control API read from.

use std::collections::HashSet;
use std::sync::Arc;

use crate::clock::Moment;
use crate::ledger::reads::reads;
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

macro_rules! shelf {
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

reads!(shelf);
