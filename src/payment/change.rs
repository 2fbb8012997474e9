//! A change of one payment: what a decision returns and the ledger commits.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::clock::Moment;
use crate::ids::{MerchantId, PaymentId, PaymentType, Status};
use crate::payment::{Attributes, EntryId, Payment, Step, Table, Trigger};
use crate::text::Text;
use crate::wire::{Name, Refusal, catalog};

/// A payment as it will be, with the statuses that it entered on the way there.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    payment: Payment,
    entered: SmallVec<[Entered; 2]>,
    /// A status entered whose values may still be filled in; it is written down when the next one is entered.
    open: Option<Moment>,
    /// How many statuses the payment had entered before.
    known: usize,
}

/// A status that a payment entered, with its values at that moment: what a notice tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered {
    /// When.
    pub at: Moment,
    /// The status.
    pub status: Status,
    /// 決済金額 at that moment, in yen.
    pub amount: u64,
    /// All other values at that moment.
    pub attributes: Attributes,
}

/// What a payment has from the start.
#[derive(Clone, Debug)]
pub struct NewPayment<'a> {
    /// 決済ID.
    pub payment_id: PaymentId,
    /// Whose payment it is.
    pub merchant_id: MerchantId,
    /// マーチャント取引ID.
    pub trading_id: Option<&'a str>,
    /// 決済金額, in yen.
    pub amount: u64,
    /// 取引発生日時.
    pub init_date: Moment,
}

/// A transition that the table of the payment's type does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no transition from {} to {to} by {by}", from.map_or("nothing".to_owned(), |status| status.to_string()))]
pub struct Forbidden {
    /// Whose table it is.
    pub payment_type: PaymentType,
    /// The status before; `None` for a payment that does not exist yet.
    pub from: Option<Status>,
    /// The status asked for.
    pub to: Status,
    /// Who asked for it.
    pub by: Trigger,
}

impl Forbidden {
    /// The same in Japanese, with the names of the statuses.
    pub(crate) fn japanese(&self) -> String {
        let status = |status: Status| match catalog().status_name(self.payment_type, status) {
            "" => status.to_string(),
            name => format!("{status}（{name}）"),
        };
        let by = match self.by {
            Trigger::Telegram(kind) => format!("電文 {kind}"),
            Trigger::Shopper => "購入者".to_owned(),
            Trigger::Vendor => "決済機関".to_owned(),
            Trigger::Tool => "試験環境ツール".to_owned(),
            Trigger::MerchantSite => "加盟店".to_owned(),
            Trigger::Clock => "時間経過".to_owned(),
        };
        let to = status(self.to);
        match self.from {
            Some(from) => format!("決済ステータス {}から {to}へは変更できません（操作元: {by}）。", status(from)),
            None => format!("決済を {to}から始めることはできません（操作元: {by}）。"),
        }
    }
}

impl From<Forbidden> for Refusal {
    /// A decision asked for a transition that its own table lacks: our fault, told as the gateway's system error.
    fn from(forbidden: Forbidden) -> Refusal {
        let japanese = format!("内部エラー: {}", forbidden.japanese());
        Refusal::new("E001", Text::filled(japanese, format!("internal: {forbidden}")))
    }
}

impl Change {
    /// A payment that comes into being in a status which the table lets it start in.
    pub fn create(table: &Table, by: Trigger, first: Status, new: NewPayment<'_>) -> Result<Change, Forbidden> {
        if !table.allows(None, first, by) {
            return Err(Forbidden { payment_type: table.payment_type, from: None, to: first, by });
        }
        let now = new.init_date;
        let payment = Payment {
            payment_id: new.payment_id,
            merchant_id: new.merchant_id,
            trading_id: new.trading_id.map(Arc::from),
            payment_type: table.payment_type,
            init_date: now,
            status: first,
            amount: new.amount,
            attributes: Attributes::default(),
            due: None,
            history: smallvec![Step { at: now, by, status: first, entry: None }],
            version: 0,
        };
        Ok(Change { payment, entered: SmallVec::new(), open: Some(now), known: 0 })
    }

    /// A change of an existing payment; nothing is changed yet.
    pub fn of(payment: Payment) -> Change {
        let known = payment.history.len();
        Change { payment, entered: SmallVec::new(), open: None, known }
    }

    /// Enters a status, if the table allows it. Entering the status that it is in changes nothing.
    pub fn enter(&mut self, table: &Table, by: Trigger, to: Status, now: Moment) -> Result<(), Forbidden> {
        let from = self.payment.status;
        if !table.allows(Some(from), to, by) {
            return Err(Forbidden { payment_type: table.payment_type, from: Some(from), to, by });
        }
        if from != to {
            self.close();
            self.payment.status = to;
            self.payment.due = None;
            self.payment.history.push(Step { at: now, by, status: to, entry: None });
            self.open = Some(now);
        }
        Ok(())
    }

    /// Sets values of the payment under their wire names; an empty value removes its name.
    pub fn set<'a>(&mut self, values: impl IntoIterator<Item = (Name, &'a str)>) {
        self.payment.attributes.set_all(values);
    }

    /// The same for names that come out of data, such as those of another payment or numbered ones.
    pub fn set_named<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.payment.attributes.set_named(values);
    }

    /// Sets values that the payment has from the beginning of this change on: what is told of the statuses that it enters
    /// has them too.
    pub fn set_throughout<'a>(&mut self, values: impl IntoIterator<Item = (Name, &'a str)> + Clone) {
        for entered in &mut self.entered {
            entered.attributes.set_all(values.clone());
        }
        self.set(values);
    }

    /// Lets nobody be told of the statuses entered before this one; [`Change::tell_late`] may do so in a later change.
    pub fn keep_quiet(&mut self) {
        self.entered.clear();
    }

    /// Lets be told of the status that the payment had at first, as of that time, with the values of now.
    pub fn tell_late(&mut self) {
        if let Some(first) = self.payment.history.first() {
            let attributes = self.payment.attributes.clone();
            let amount = self.payment.amount;
            self.entered.push(Entered { at: first.at, status: first.status, amount, attributes });
        }
    }

    /// Says that another payment takes the place of this one.
    pub fn set_successor(&mut self, payment_id: PaymentId) {
        self.set([(Payment::SUCCESSOR, payment_id.to_string().as_str())]);
    }

    /// Sets when time alone will change the payment next; entering a status clears it.
    pub fn set_due(&mut self, due: Moment) {
        self.payment.due = Some(due);
    }

    /// Sets 取引発生日時, for payments that began elsewhere and earlier.
    pub fn set_init_date(&mut self, init_date: Moment) {
        self.payment.init_date = init_date;
    }

    /// Sets the amount, in yen.
    pub fn set_amount(&mut self, amount: u64) {
        self.payment.amount = amount;
    }

    /// The payment as it will be.
    pub fn payment(&self) -> &Payment {
        &self.payment
    }

    /// The payment as it will be, and the statuses that it entered, in order. Its history names the journal's entry of
    /// what caused the change.
    pub fn finish(mut self, entry: Option<EntryId>) -> (Payment, SmallVec<[Entered; 2]>) {
        self.close();
        for step in self.payment.history.iter_mut().skip(self.known) {
            step.entry = entry;
        }
        (self.payment, self.entered)
    }

    fn close(&mut self) {
        if let Some(at) = self.open.take() {
            self.entered.push(Entered {
                at,
                status: self.payment.status,
                amount: self.payment.amount,
                attributes: self.payment.attributes.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forbidden_is_told_in_japanese_with_the_names_of_the_statuses() {
        let told = |from, by| Forbidden { payment_type: PaymentType(1), from, to: Status(40), by }.japanese();
        assert_eq!(
            told(Some(Status(12)), Trigger::Tool),
            "決済ステータス 12（支払期限切）から 40（消込済）へは変更できません（操作元: 試験環境ツール）。"
        );
        assert_eq!(
            told(None, Trigger::telegram(b"010")),
            "決済を 40（消込済）から始めることはできません（操作元: 電文 010）。"
        );
    }
}
