//! What a method may look at while it decides.

mod draws;

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::addresses::{Addresses, Called};
use crate::clock::Moment;
use crate::faults::{Fault, Faults};
use crate::ledger::{Ids, LedgerView, Notice, Read, Record, RecordKind, StoreError, Stored};
use crate::merchant::Merchant;
use crate::method::desk::draws::Draws;
use crate::method::{Failure, Named};
use crate::payment::{Change, NewPayment, Payment, PaymentId, PaymentType, Refusal, Status, Table, Trigger};
use crate::random::Seed;
use crate::secret::Secret;
use crate::text::text;
use crate::wire::{Name, name};

/// The merchant's side of the ledger, read only, with the moment and the one who asks.
///
/// What a decision takes from it that is given out once (ids, numbers, unguessable texts, faults) it gets again when it
/// must be made anew.
///
/// When the store fails the desk shows nothing and remembers it: whatever is decided then is thrown away
/// ([`Desk::failure`]), so that no decision needs to know that stores can fail.
pub struct Desk<'a> {
    /// Whose request it is.
    pub merchant: &'a Merchant,
    /// What time it is for this merchant.
    pub now: Moment,
    /// Who asks.
    pub by: Trigger,
    /// What the client called us.
    pub called: Called<'a>,
    /// Where we are.
    pub addresses: &'a Addresses,
    /// What fingerprints of card numbers and the keys of pages are made with.
    pub secret: &'a Secret,
    ledger: &'a dyn LedgerView,
    draws: Draws<'a>,
    faults: &'a Faults,
    met: RefCell<Vec<Fault>>,
    failed: RefCell<Option<StoreError>>,
    read: RefCell<Vec<Read>>,
}

/// Who asks for a decision, for whom and when.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Whose request it is.
    pub(crate) merchant: &'a Merchant,
    /// What time it is for this merchant.
    pub(crate) now: Moment,
    /// Who asks.
    pub(crate) by: Trigger,
    /// What the client called us.
    pub(crate) called: Called<'a>,
}

/// What decisions are made with, whoever asks.
#[derive(Clone, Copy)]
pub(crate) struct House<'a> {
    pub(crate) addresses: &'a Addresses,
    pub(crate) secret: &'a Secret,
    pub(crate) ledger: &'a dyn LedgerView,
    pub(crate) ids: &'a dyn Ids,
    /// What unguessable texts follow from; nothing when nobody shall guess them.
    pub(crate) seed: Option<&'a Seed>,
    pub(crate) faults: &'a Faults,
}

/// The codes with which a method says that it can't tell which payment is meant.
#[derive(Clone, Copy, Debug)]
pub struct IdentityCodes {
    /// No such payment.
    pub unknown: &'static str,
    /// The trading id alone fits several payments.
    pub ambiguous: &'static str,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(house: House<'a>, asked: Asked<'a>) -> Desk<'a> {
        let House { addresses, secret, ledger, ids, seed, faults } = house;
        let Asked { merchant, now, by, called } = asked;
        let draws = Draws::new(ids, seed, &merchant.merchant_id);
        let (met, failed, read) = (RefCell::default(), RefCell::default(), RefCell::default());
        Desk { merchant, now, by, called, addresses, secret, ledger, draws, faults, met, failed, read }
    }

    /// The decision is made anew.
    pub(crate) fn again(&self) {
        self.draws.again();
        self.read.take();
    }

    /// What was looked at from here: a decision depends on it.
    pub(crate) fn read(&self) -> Vec<Read> {
        self.read.take()
    }

    /// How the store failed when it was looked at from here: what was decided is worth nothing then.
    pub(crate) fn failure(&self) -> Result<(), StoreError> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// The decision came to nothing: the faults that it met are met by others.
    pub(crate) fn give_back(&self) {
        self.met.take().into_iter().rev().for_each(|fault| self.faults.give_back(fault));
    }

    /// What the store shows; nothing when it fails, which is remembered.
    fn shown<T: Default>(&self, stored: Stored<T>) -> T {
        stored.unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            T::default()
        })
    }
}

impl Desk<'_> {
    /// Where our pages are for this client, such as `https://localhost:8443`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.addresses.base_url(self.called)
    }

    /// Asks the vendor whom this kind of telegram concerns: it fails when a fault was set for that, which is used up.
    pub fn vendor(&self, kind: &str) -> Result<(), Failure> {
        match self.fault(kind) {
            Some(fault) => Err(Failure::from(fault)),
            None => Ok(()),
        }
    }

    fn fault(&self, kind: &str) -> Option<Fault> {
        let mut met = self.met.borrow_mut();
        if let Some(fault) = met.iter().find(|fault| fault.telegram_kind == kind) {
            return Some(fault.clone());
        }
        let fault = self.faults.take(&self.merchant.merchant_id, kind)?;
        met.push(fault.clone());
        Some(fault)
    }

    /// The payment that is named by `payment_id` or `trading_id`; when both are given, both must name it.
    ///
    /// Only payments of these types count (`common.md` section 3, "trading_id and payment_id"). A trading id alone never
    /// means a payment that another one has replaced.
    pub fn identify<'n>(
        &self,
        named: impl Into<Named<'n>>,
        types: &[PaymentType],
        codes: IdentityCodes,
    ) -> Result<Payment, Refusal> {
        let Named { payment_id, trading_id } = named.into();
        if let Some(id) = payment_id {
            let payment = id.parse().ok().and_then(|id| self.payment(id));
            let Some(payment) = payment.filter(|payment| types.contains(&payment.payment_type)) else {
                let rule = text!(
                    "該当する決済がありません: payment_id {id}",
                    "the merchant has no such payment: payment_id {id}",
                    id = id
                );
                return Err(Refusal::new(codes.unknown, rule));
            };
            if trading_id.is_some_and(|trading_id| payment.trading_id.as_deref() != Some(trading_id)) {
                let rule = text!(
                    "payment_id {id} と trading_id が別の決済を指しています。",
                    "payment_id {id} and the trading_id belong to different payments",
                    id = id
                );
                return Err(Refusal::new(codes.unknown, rule));
            }
            return Ok(payment);
        }
        let trading_id = trading_id.unwrap_or_default();
        let mut found = self.payments_of(trading_id);
        found.retain(|payment| types.contains(&payment.payment_type) && !payment.is_replaced());
        match found.len() {
            0 => {
                let rule = text!(
                    "該当する決済がありません: trading_id {trading_id}",
                    "the merchant has no such payment: trading_id {trading_id}",
                    trading_id = trading_id
                );
                Err(Refusal::new(codes.unknown, rule))
            }
            1 => Ok(found.remove(0)),
            several => {
                let rule = text!(
                    "trading_id {trading_id} の決済が {several} 件あります。payment_id を指定してください。",
                    "{several} payments have trading_id {trading_id}: name the payment_id",
                    several = several,
                    trading_id = trading_id
                );
                Err(Refusal::new(codes.ambiguous, rule))
            }
        }
    }

    /// A new payment in its first status, with a new id.
    pub fn create(
        &self,
        table: &Table,
        first: Status,
        trading_id: Option<&str>,
        amount: u64,
    ) -> Result<Change, Refusal> {
        let new = NewPayment {
            payment_id: self.next_payment_id(),
            merchant_id: self.merchant.merchant_id.clone(),
            trading_id,
            amount,
            init_date: self.now,
        };
        Ok(Change::create(table, self.by, first, new)?)
    }

    /// A new payment in its first status that takes the place of another one: it has that one's trading id.
    pub fn create_successor(
        &self,
        table: &Table,
        first: Status,
        old: &Payment,
        amount: u64,
    ) -> Result<Change, Refusal> {
        let mut new = self.create(table, first, old.trading_id.as_deref(), amount)?;
        new.set([(Payment::BASE, old.payment_id.to_string().as_str())]);
        Ok(new)
    }

    /// P006 for a trading_id left out, unless the contract lets the gateway number the deals.
    pub fn check_numbering(&self) -> Result<(), Refusal> {
        if self.merchant.contracts.gateway_numbers_deals {
            return Ok(());
        }
        let rule = text!(
            "trading_id は申込を特定する番号です。省略できるのは、取引IDの自動採番が契約に含まれる加盟店だけです \
             (contracts.gateway_numbers_deals)。",
            "trading_id names the application; only merchants whose contract lets the gateway number the deals \
             (contracts.gateway_numbers_deals) leave it out"
        );
        Err(Refusal::field("P006", name::TRADING_ID, rule))
    }

    /// P007 when the merchant has no contract for a payment type.
    pub fn check_payment_type(&self, payment_type: PaymentType) -> Result<(), Refusal> {
        if self.merchant.contracts.without_payment_types.contains(&payment_type) {
            let rule = text!(
                "加盟店設定で決済種別 {payment_type} が利用できない契約になっています。",
                "the merchant's settings exclude payment type {payment_type}",
                payment_type = payment_type
            );
            return Err(Refusal::new("P007", rule));
        }
        Ok(())
    }

    /// P007 when the merchant has no contract for a payment type, P011 when the amount is above its limit.
    pub fn check_contract(&self, payment_type: PaymentType, amount_field: Name, amount: u64) -> Result<(), Refusal> {
        self.check_payment_type(payment_type)?;
        match self.merchant.contracts.amount_limits.get(&payment_type) {
            Some(limit) if amount > *limit => {
                let rule = text!(
                    "{field} が {amount} 円です。加盟店の上限は {limit} 円です。",
                    "{field} is {amount}, the merchant's limit is {limit}",
                    field = amount_field,
                    amount = amount,
                    limit = limit
                );
                Err(Refusal::field("P011", amount_field, rule))
            }
            _ => Ok(()),
        }
    }

    /// A payment of this merchant by id.
    pub fn payment(&self, payment_id: PaymentId) -> Option<Payment> {
        let payment = self.shown(self.ledger.payment(&self.merchant.merchant_id, payment_id));
        let version = payment.as_ref().map_or(0, |payment| payment.version);
        self.read.borrow_mut().push(Read::Payment(payment_id, version));
        payment
    }

    /// This merchant's payments with a マーチャント取引ID, by rising id.
    pub fn payments_of(&self, trading_id: &str) -> Vec<Payment> {
        let payments = self.shown(self.ledger.payments_of(&self.merchant.merchant_id, trading_id));
        let versions = payments.iter().map(|payment| (payment.payment_id, payment.version)).collect();
        self.read.borrow_mut().push(Read::PaymentsOf(trading_id.to_owned(), versions));
        payments
    }

    /// A notice of this merchant.
    pub fn notice(&self, payment_notice_id: u64) -> Option<Notice> {
        self.shown(self.ledger.notice(&self.merchant.merchant_id, payment_notice_id))
    }

    /// The first notice of a site (empty: the base site) that 091 has not handed out.
    pub fn next_unfetched(&self, site_id: &str) -> Option<Notice> {
        self.shown(self.ledger.next_unfetched(&self.merchant.merchant_id, site_id))
    }

    /// Whether 091 is to tell that notices of a site (empty: the base site) were purged before it handed them out.
    pub fn has_lost(&self, site_id: &str) -> bool {
        self.shown(self.ledger.has_lost(&self.merchant.merchant_id, site_id))
    }

    /// An id for a new payment.
    pub fn next_payment_id(&self) -> PaymentId {
        PaymentId(self.shown(self.draws.payment_id().map(|id| id.0)))
    }

    /// A number of a kind that this merchant has not got yet, from 1 and rising.
    pub fn next_number(&self, kind: RecordKind) -> u64 {
        self.shown(self.draws.number(kind))
    }

    /// So many letters and digits that nobody can guess.
    pub fn unguessable(&self, length: usize) -> String {
        self.shown(self.draws.text(length))
    }

    /// A UUID that nobody can guess.
    pub fn uuid(&self) -> String {
        self.shown(self.draws.uuid())
    }

    /// A record of this merchant as it is kept.
    pub(crate) fn kept(&self, kind: RecordKind, key: &str) -> Option<Record> {
        let record = self.shown(self.ledger.record(&self.merchant.merchant_id, kind, key));
        let version = record.as_ref().map_or(0, |record| record.version);
        self.read.borrow_mut().push(Read::Record(kind, key.to_owned(), version));
        record
    }

    /// A record of this merchant, read as the method's own type, with what is needed to write it back.
    pub fn record<T: DeserializeOwned>(&self, kind: RecordKind, key: &str) -> Option<(T, Record)> {
        let record = self.kept(kind, key)?;
        let body = serde_json::from_str(&record.body).ok()?;
        Some((body, record))
    }

    /// This merchant's records of a kind whose keys start with a prefix.
    pub fn records<T: DeserializeOwned>(&self, kind: RecordKind, prefix: &str) -> Vec<(T, Record)> {
        let records = self.shown(self.ledger.records(&self.merchant.merchant_id, kind, prefix));
        let versions = records.iter().map(|record| (record.key.clone(), record.version)).collect();
        self.read.borrow_mut().push(Read::Records(kind, prefix.to_owned(), versions));
        records.into_iter().filter_map(|record| Some((serde_json::from_str(&record.body).ok()?, record))).collect()
    }

    /// A new record with a body of the method's own type.
    pub fn new_record<T: Serialize>(&self, kind: RecordKind, key: impl Into<String>, body: &T) -> Record {
        Record { kind, key: key.into(), body: json(body), due: None, version: 0, unique: false }
    }
}

impl Record {
    /// The same record, to be found by its key alone: nobody can guess it, so that nobody else has it.
    #[must_use]
    pub fn unique(self) -> Record {
        Record { unique: true, ..self }
    }

    /// The same record with another body.
    #[must_use]
    pub fn with_body<T: Serialize>(mut self, body: &T) -> Record {
        self.body = json(body);
        self
    }
}

fn json<T: Serialize>(body: &T) -> std::sync::Arc<str> {
    // Bodies are plain structs of strings and numbers, which always have a JSON form.
    serde_json::to_string(body).unwrap_or_default().into()
}
