//! What a method may look at while it decides.

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::addresses::{Addresses, Called};
use crate::clock::Moment;
use crate::faults::{Fault, Faults};
use crate::ledger::{Ledger, Record};
use crate::merchant::Merchant;
use crate::method::Failure;
use crate::payment::{Change, NewPayment, Payment, PaymentId, PaymentType, Refusal, Status, Table, Trigger};
use crate::secret::Secret;
use crate::wire::Telegram;

/// The merchant's side of the ledger, read only, with the moment and the one who asks.
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
    /// Where payments and records are kept.
    pub ledger: &'a dyn Ledger,
    /// What is made to fail.
    pub faults: &'a Faults,
    /// The failures that this decision has met: they are met again when it must be made anew.
    pub(crate) met: RefCell<Vec<Fault>>,
}

/// The codes with which a method says that it can't tell which payment is meant.
#[derive(Clone, Copy, Debug)]
pub struct IdentityCodes {
    /// No such payment.
    pub unknown: &'static str,
    /// The trading id alone fits several payments.
    pub ambiguous: &'static str,
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

    /// The payment that `payment_id` or `trading_id` names; when both are given, both must name it.
    ///
    /// Only payments of these types count (`common.md` section 3, "trading_id and payment_id"). A trading id alone never
    /// means a payment that another one has replaced.
    pub fn identify(
        &self,
        telegram: &Telegram,
        types: &[PaymentType],
        codes: IdentityCodes,
    ) -> Result<Payment, Refusal> {
        let merchant_id = &self.merchant.merchant_id;
        let trading_id = telegram.get("trading_id");
        if let Some(id) = telegram.get("payment_id") {
            let payment = id.parse().ok().and_then(|id| self.ledger.payment(merchant_id, id));
            let Some(payment) = payment.filter(|payment| types.contains(&payment.payment_type)) else {
                return Err(Refusal::new(codes.unknown, format!("the merchant has no such payment: payment_id {id}")));
            };
            if trading_id.is_some_and(|trading_id| payment.trading_id.as_deref() != Some(trading_id)) {
                let rule = format!("payment_id {id} and the trading_id belong to different payments");
                return Err(Refusal::new(codes.unknown, rule));
            }
            return Ok(payment);
        }
        let trading_id = trading_id.unwrap_or_default();
        let mut found = self.ledger.payments_of(merchant_id, trading_id);
        found.retain(|payment| types.contains(&payment.payment_type) && !payment.is_replaced());
        match found.len() {
            0 => Err(Refusal::new(codes.unknown, format!("the merchant has no such payment: trading_id {trading_id}"))),
            1 => Ok(found.remove(0)),
            several => {
                let rule = format!("{several} payments have trading_id {trading_id}: name the payment_id");
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
            payment_id: self.ledger.next_payment_id(),
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
        let rule = "trading_id names the application; only merchants whose contract lets the gateway number the deals \
                    (contracts.gateway_numbers_deals) leave it out";
        Err(Refusal::field("P006", "trading_id", rule))
    }

    /// P007 when the merchant has no contract for a payment type.
    pub fn check_payment_type(&self, payment_type: PaymentType) -> Result<(), Refusal> {
        if self.merchant.contracts.without_payment_types.contains(&payment_type) {
            let rule = format!("the merchant's settings exclude payment type {payment_type}");
            return Err(Refusal::new("P007", rule));
        }
        Ok(())
    }

    /// P007 when the merchant has no contract for a payment type, P011 when the amount is above its limit.
    pub fn check_contract(&self, payment_type: PaymentType, amount_field: &str, amount: u64) -> Result<(), Refusal> {
        self.check_payment_type(payment_type)?;
        match self.merchant.contracts.amount_limits.get(&payment_type) {
            Some(limit) if amount > *limit => {
                let rule = format!("{amount_field} is {amount}, the merchant's limit is {limit}");
                Err(Refusal::field("P011", amount_field, rule))
            }
            _ => Ok(()),
        }
    }

    /// A payment of this merchant by id.
    pub fn payment(&self, payment_id: PaymentId) -> Option<Payment> {
        self.ledger.payment(&self.merchant.merchant_id, payment_id)
    }

    /// A record of this merchant, read as the method's own type, with what is needed to write it back.
    pub fn record<T: DeserializeOwned>(&self, kind: &'static str, key: &str) -> Option<(T, Record)> {
        let record = self.ledger.record(&self.merchant.merchant_id, kind, key)?;
        let body = serde_json::from_str(&record.body).ok()?;
        Some((body, record))
    }

    /// This merchant's records of a kind whose keys start with a prefix.
    pub fn records<T: DeserializeOwned>(&self, kind: &'static str, prefix: &str) -> Vec<(T, Record)> {
        let records = self.ledger.records(&self.merchant.merchant_id, kind, prefix);
        records.into_iter().filter_map(|record| Some((serde_json::from_str(&record.body).ok()?, record))).collect()
    }

    /// A new record with a body of the method's own type.
    pub fn new_record<T: Serialize>(&self, kind: &'static str, key: impl Into<String>, body: &T) -> Record {
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
