//! What every ledger promises, as functions that are run against each kind of store.
//!
//! [`all`] makes a fresh, empty ledger for each promise.

mod notices;
mod payments;
mod records;
mod settings;
mod together;

use std::sync::Arc;

use crate::clock::Moment;
use crate::ledger::{Commit, Committed, Conflict, Ledger, NewNotice, Ready, Record, RecordKind};
use crate::merchant::MerchantId;
use crate::payment::{
    Attributes, Change, NewPayment, Payment, PaymentId, PaymentType, Status, Table, TransitionGroup, Trigger,
};

/// A promise.
type Promise = (&'static str, fn(Arc<dyn Ledger>));

/// Checks all that a ledger promises.
pub(crate) fn all(make: impl Fn() -> Arc<dyn Ledger>) {
    let promises: Vec<Promise> =
        [payments::PROMISES, notices::PROMISES, records::PROMISES, settings::PROMISES, together::PROMISES].concat();
    for (name, promise) in promises {
        println!("{name}");
        promise(make());
    }
}

#[test]
fn the_ledger_in_memory_keeps_the_contract() {
    all(|| Arc::new(crate::ledger::MemoryLedger::default()));
}

const TABLE: Table = Table {
    payment_type: PaymentType::CARD,
    groups: &[TransitionGroup { by: Trigger::Shopper, steps: &[(0, 10), (10, 40)] }],
};
const KIND: RecordKind = RecordKind::new("kind");
const OTHER_KIND: RecordKind = RecordKind::new("kinder");

fn now() -> Moment {
    "2026-12-01T09:00:00+09:00".parse().unwrap()
}

fn merchant(id: &str) -> MerchantId {
    MerchantId::new(id)
}

/// A new payment of merchant 1.
fn payment(id: u64, trading_id: &str) -> Payment {
    let new = NewPayment {
        payment_id: PaymentId(id),
        merchant_id: merchant("1"),
        trading_id: Some(trading_id),
        amount: 1000 + id,
        init_date: now().plus_minutes(id as i64),
    };
    Change::create(&TABLE, Trigger::Shopper, Status(10), new).unwrap().finish(None).0
}

/// A notice of payment 1 at some site.
fn notice(site_id: &str) -> NewNotice {
    let mut attributes = Attributes::default();
    attributes.set(crate::wire::name::SITE_ID, site_id);
    NewNotice {
        change_date: now(),
        payment_id: PaymentId(1),
        status: Status(10),
        amount: 1,
        attributes,
        push: None,
        entry: None,
    }
}

/// A notice of a payment that may be pushed from a moment on.
fn waiting(payment_id: u64, at: Moment) -> NewNotice {
    NewNotice { payment_id: PaymentId(payment_id), push: Some(Ready { at, held: None }), ..notice("") }
}

fn record(kind: RecordKind, key: &str, body: &str) -> Record {
    Record { kind, key: key.to_owned(), body: body.into(), due: None, version: 0, unique: false }
}

/// Commits for merchant 1.
fn commit(ledger: &dyn Ledger, commit: Commit) -> Result<Committed, Conflict> {
    ledger.commit(&merchant("1"), commit).unwrap()
}

fn keep(ledger: &dyn Ledger, payments: Vec<Payment>) -> Result<Committed, Conflict> {
    commit(ledger, Commit { payments, ..Commit::default() })
}

fn ids(payments: &[Payment]) -> Vec<u64> {
    payments.iter().map(|payment| payment.payment_id.0).collect()
}
