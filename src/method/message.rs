//! Messages to a shop beside the difference notices: the time-out notice of 3-D Secure, the notices of recurring charges.
//!
//! A message is a record. Decisions write it; whoever delivers takes the ready ones, sends them, and either forgets a
//! message or has it repeated later. Repeats wait on the merchant's clock like every other deadline.

use serde::{Deserialize, Serialize};

use crate::ledger::{LedgerView, Record, RecordKind, Stored};
use crate::merchant::MerchantId;
use crate::method::{Desk, Method, Outcome};
use crate::payment::{PaymentType, Refusal, Table, Trigger};
use crate::text::text;
use crate::wire::{Reply, Telegram};

/// The kind of the records.
pub const KIND: RecordKind = RecordKind::new("message");

/// A message that waits to be sent, or to be sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// What it is, for people who read the journal.
    pub name: String,
    /// Where it goes.
    pub url: String,
    /// The form to post; a message without one is a GET.
    pub body: Option<String>,
    /// What counts as accepted.
    pub acceptance: Acceptance,
    /// How often it may still be repeated.
    pub repeats_left: u32,
    /// How many minutes later it is repeated.
    pub repeat_after_minutes: i64,
    /// Whether it may be sent now; otherwise it is held, or waits to be repeated.
    pub ready: bool,
}

/// How often, and after how many minutes, a message is repeated that is not accepted: every quarter of an hour for a week,
/// as long as a difference notice is kept.
pub const FOR_A_WEEK: (u32, i64) = (7 * 24 * 4, 15);

/// How long a message is held at most for the answer to the telegram that caused it.
const HELD_MINUTES: i64 = 15;

/// What counts as accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acceptance {
    /// HTTP status 2xx or 3xx.
    Status,
    /// A body that is `result=0`.
    ResultZero,
}

impl Message {
    /// Values under their names with their hash at the end, posted every 15 minutes for a week until the shop accepts them.
    pub(super) fn hashed<'a>(
        name: &str,
        url: &str,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
        hc: &str,
    ) -> Message {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(values).append_pair("hc", hc).finish();
        let (repeats_left, repeat_after_minutes) = FOR_A_WEEK;
        Message {
            name: name.to_owned(),
            url: url.to_owned(),
            body: Some(body),
            acceptance: Acceptance::ResultZero,
            repeats_left,
            repeat_after_minutes,
            ready: true,
        }
    }

    /// The record of a new message.
    pub fn record(&self, desk: &Desk<'_>) -> Record {
        // Keys in the order in which messages came into being.
        let number = desk.next_number(KIND);
        let key = format!("{number:012}");
        if !matches!(desk.by, Trigger::Telegram(_)) {
            return desk.new_record(KIND, key, self);
        }
        // A shop hears of it after the answer to its telegram; should nobody let it go, it does so by itself.
        let mut record = desk.new_record(KIND, key, &Message { ready: false, ..self.clone() });
        record.due = Some(desk.now.plus_minutes(HELD_MINUTES));
        record
    }
}

/// The keys of the new messages among some records: held until the answer to the telegram that caused them is written.
pub fn held(records: &[Record]) -> Vec<String> {
    let new = records.iter().filter(|record| record.kind == KIND && record.version == 0);
    new.map(|record| record.key.clone()).collect()
}

/// Lets a message that was held be sent.
pub fn let_go(desk: &Desk<'_>, key: &str) -> Outcome {
    let mut outcome = Outcome::reply(Reply::ok());
    if let Some((message, mut record)) = desk.record::<Message>(KIND, key) {
        record.due = None;
        outcome.records.push(record.with_body(&Message { ready: true, ..message }));
    }
    outcome
}

/// The oldest message of a merchant that may be sent now, with its key.
pub fn ready(ledger: &dyn LedgerView, merchant_id: &MerchantId) -> Stored<Option<(Message, String)>> {
    let records = ledger.records(merchant_id, KIND, "")?.into_iter();
    let mut read = records.filter_map(|record| Some((serde_json::from_str::<Message>(&record.body).ok()?, record.key)));
    Ok(read.find(|(message, _)| message.ready))
}

/// What follows from an attempt to send a message.
pub fn sent(desk: &Desk<'_>, key: &str, accepted: bool) -> Outcome {
    let nothing = Outcome::reply(Reply::ok());
    match desk.record::<Message>(KIND, key) {
        Some((message, mut record)) if !accepted && message.repeats_left > 0 => {
            let minutes = message.repeat_after_minutes;
            let later = Message { ready: false, repeats_left: message.repeats_left - 1, ..message };
            record.due = Some(desk.now.plus_minutes(minutes));
            Outcome { records: vec![record.with_body(&later)], ..nothing }
        }
        Some((_, record)) => Outcome { forgotten: vec![(KIND, record.key)], ..nothing },
        None => nothing,
    }
}

/// The method that keeps messages; it has no telegrams.
pub(super) struct Messages;

impl Method for Messages {
    fn payment_types(&self) -> &'static [PaymentType] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[]
    }

    fn asks_vendor(&self, _kind: &str) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[]
    }

    fn telegram(&self, _: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        let kind = telegram.kind();
        Err(Refusal::new(
            "P018",
            text!("電文 {kind} はありません。", "there is no telegram {kind} of messages", kind = kind),
        ))
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[KIND]
    }

    /// A repeat has come due.
    fn record_due(&self, _: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
        match serde_json::from_str::<Message>(&record.body) {
            Ok(message) => {
                let again = Message { ready: true, ..message };
                Ok(Outcome { records: vec![record.with_body(&again)], ..Outcome::reply(Reply::ok()) })
            }
            Err(_) => Ok(Outcome { forgotten: vec![(KIND, record.key)], ..Outcome::reply(Reply::ok()) }),
        }
    }
}
