//! Recurring charges of stored cards: 280 to 283, 096, and what time does to them (`card_recurring.toml`).

mod change;
mod charge;
mod notice;
mod schedule;
mod start;

pub(super) use change::{change, end, inquire, resume};
pub(super) use charge::due;
pub(super) use start::start;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::fixtures;
use crate::ledger::{Record, RecordKind};
use crate::method::Desk;
use crate::method::card::vault::Whose;
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Name, Telegram, name};

/// The kind of the records; a record's key is 継続課金ID.
pub(super) const KIND: RecordKind = RecordKind::new("running");

/// A recurring charge. Dates are the midnights that they begin with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Running {
    trading_id: String,
    site_id: String,
    customer_id: String,
    customer_card_id: String,
    amount: u64,
    cycle: u8,
    timing: u8,
    description: String,
    created: Moment,
    first_executed: Moment,
    end_scheduled: Option<Moment>,
    /// When a charge was tried last, successfully or not.
    last_executed: Option<Moment>,
    state: State,
}

/// 継続課金ステータス, with what only this status has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// 20 継続発生.
    Running {
        /// The day of the next charge.
        next: Moment,
    },
    /// 30 一時停止, after a charge that failed.
    Suspended {
        /// The last day on which it can be resumed.
        until: Moment,
        /// 課金失敗理由.
        reason: String,
    },
    /// 40 継続終了.
    Ended {
        /// When.
        at: Moment,
    },
}

impl Running {
    /// Whose card is charged.
    fn whose(&self) -> Whose<'_> {
        [&self.site_id, &self.customer_id]
    }

    /// When time does something to it next.
    fn due(&self) -> Option<Moment> {
        let next = match &self.state {
            State::Running { next } => *next,
            State::Suspended { until, .. } => until.plus_days(1),
            State::Ended { .. } => return None,
        };
        Some(self.end_scheduled.map_or(next, |end| end.min(next)))
    }

    /// The record of it as it is now.
    fn kept(&self, mut record: Record) -> Record {
        record.due = self.due();
        record.with_body(self)
    }

    /// All values under their wire names, empty where there is none, as 096 and the notices tell them.
    fn values(&self) -> [(Name, String); 17] {
        let (mut next, mut until, mut reason, mut ended) = Default::default();
        let status = match &self.state {
            State::Running { next: day } => {
                next = day.date8();
                "20"
            }
            State::Suspended { until: day, reason: code } => {
                (until, reason) = (day.date8(), code.clone());
                "30"
            }
            State::Ended { at } => {
                ended = at.datetime14();
                "40"
            }
        };
        let date = |day: Option<Moment>| day.map_or_else(String::new, Moment::date8);
        [
            (name::TRADING_ID, self.trading_id.clone()),
            (name::SITE_ID, self.site_id.clone()),
            (name::RUNNING_STATUS, status.to_owned()),
            (name::CUSTOMER_ID, self.customer_id.clone()),
            (name::CUSTOMER_CARD_ID, self.customer_card_id.clone()),
            (name::AMOUNT, self.amount.to_string()),
            (name::CYCLE, self.cycle.to_string()),
            (name::TIMING, self.timing.to_string()),
            (name::CREATED, self.created.datetime14()),
            (name::FIRST_EXECUTED, self.first_executed.date8()),
            (name::LAST_EXECUTED, self.last_executed.map_or_else(String::new, Moment::datetime14)),
            (name::NEXT_SCHEDULED, next),
            (name::RESUMABLE_UNTIL, until),
            (name::END_SCHEDULED, date(self.end_scheduled)),
            (name::ENDED, ended),
            (name::DESCRIPTION, self.description.clone()),
            (name::FAILED_REASON, reason),
        ]
    }
}

/// P047 for a merchant without recurring charges or stored cards.
fn check_contract(desk: &Desk<'_>) -> Result<(), Refusal> {
    let contracts = &desk.merchant.contracts;
    if contracts.recurring && contracts.stored_cards {
        return Ok(());
    }
    let rule = text!(
        "継続課金には contracts.recurring と contracts.stored_cards の契約が必要です。",
        "recurring charges need contracts.recurring and contracts.stored_cards"
    );
    Err(Refusal::new("P047", rule))
}

/// How a telegram names a recurring charge: by one of its ids, or by both.
struct Named<'a> {
    running_id: Option<&'a str>,
    trading_id: Option<&'a str>,
}

impl<'a> Named<'a> {
    fn read(telegram: &'a Telegram) -> Named<'a> {
        Named { running_id: telegram.get(name::RUNNING_ID), trading_id: telegram.get(name::TRADING_ID) }
    }
}

/// The recurring charge of this name: 18000 and 18001.
fn identify(desk: &Desk<'_>, named: &Named<'_>) -> Result<(Running, Record), Refusal> {
    let fits = |running: &Running| named.trading_id.is_none_or(|id| running.trading_id == id);
    let unknown = || {
        let rule = text!(
            "この running_id と trading_id に該当する継続課金がありません。",
            "the merchant has no recurring charge with this running_id and trading_id"
        );
        Refusal::new("18000", rule)
    };
    if let Some(id) = named.running_id {
        return desk.record::<Running>(KIND, id).filter(|(running, _)| fits(running)).ok_or_else(unknown);
    }
    let mut found = desk.records::<Running>(KIND, "");
    found.retain(|(running, _)| fits(running));
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(unknown()),
        several => {
            let rule = text!(
                "この trading_id の継続課金が {several} 件あります。running_id を指定してください。",
                "{several} recurring charges have this trading_id: name the running_id",
                several = several
            );
            Err(Refusal::new("18001", rule))
        }
    }
}

/// 18002 with the name of the status in brackets.
fn conflict(running: &Running) -> Refusal {
    let (code, name) = match running.state {
        State::Running { .. } => ("20", "継続発生"),
        State::Suspended { .. } => ("30", "一時停止"),
        State::Ended { .. } => ("40", "継続終了"),
    };
    let detail = fixtures::errors().detail("18002", name);
    let rule = text!("この継続課金はステータス {code} です。", "the recurring charge is in status {code}", code = code);
    Refusal::with_detail("18002", &detail, rule)
}

/// Reads a `YYYYMMDD` that the catalog has checked.
fn date(text: &str) -> Option<Moment> {
    Moment::parse_datetime14(&format!("{text}000000"))
}

/// P050 and P051: an end lies in the future and after the first charge.
fn check_end(desk: &Desk<'_>, end: Moment, first_executed: Moment) -> Result<(), Refusal> {
    if end <= desk.now.start_of_day() {
        let rule = text!("end_scheduled は翌日以降を指定してください。", "end_scheduled must be tomorrow or later");
        return Err(Refusal::field("P050", name::END_SCHEDULED, rule));
    }
    if end <= first_executed {
        let rule = text!(
            "end_scheduled は first_executed より後の日付を指定してください。",
            "end_scheduled must be after first_executed"
        );
        return Err(Refusal::field("P051", name::END_SCHEDULED, rule));
    }
    Ok(())
}
