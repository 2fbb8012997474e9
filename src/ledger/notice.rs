//! Notices, and how far their delivery has come.

use crate::text::Text;
use crate::wire::name;
use std::ops::RangeInclusive;

use crate::clock::Moment;
use crate::payment::{Attributes, EntryId, PaymentId, PaymentIds, Status};

/// A notice (決済情報差分): a payment entered a status that its merchant wants to hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// 決済通知ID: counts the merchant's notices from 1, without holes.
    pub payment_notice_id: u64,
    /// 変更日時: when the status was entered.
    pub change_date: Moment,
    /// The payment.
    pub payment_id: PaymentId,
    /// The status entered.
    pub status: Status,
    /// 決済金額 at that moment, in yen.
    pub amount: u64,
    /// The payment's other values at that moment.
    pub attributes: Attributes,
    /// Whether 091 has handed it out.
    pub fetched: bool,
    /// Whether the shop has it.
    pub push: Push,
    /// How often it was pushed.
    pub attempts: u32,
    /// The journal's entry of what caused it. The journal may have forgotten it; `None` when it never had one.
    pub entry: Option<EntryId>,
}

impl Notice {
    /// The site that its payment belongs to; empty for the base site.
    pub fn site_id(&self) -> &str {
        self.attributes.get(name::SITE_ID).unwrap_or_default()
    }
}

/// How far the push of a notice has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// Not pushed: the merchant had no URL for notices when it came into being.
    Never,
    /// It waits, or is under way.
    Waiting(Ready),
    /// The shop accepted it.
    Accepted(Moment),
}

impl Push {
    /// Whether the shop is still to be told.
    pub fn is_waiting(self) -> bool {
        matches!(self, Push::Waiting(_))
    }
}

/// When a notice that waits may be pushed, in real time: no merchant's clock changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// From this moment on; as long as it is held, at this moment at the latest.
    pub at: Moment,
    /// What it is held for.
    pub held: Option<Hold>,
}

/// What a notice waits for before it may be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The answer of the telegram that caused it: the shop gets to know the payment from that.
    Answer,
    /// The buyer's browser, which comes back to the shop from a hosted page.
    Browser,
}

/// Notices of some payments that are held for the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What for.
    pub hold: Hold,
    /// Of which payments.
    pub payment_ids: PaymentIds,
    /// Which of their notices, by number.
    pub notices: RangeInclusive<u64>,
}

/// What is to be pushed to a merchant next.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum NextPush {
    /// This notice, now.
    Now(Box<Notice>),
    /// Something, but not before this moment of real time.
    At(Moment),
    /// Nothing waits.
    #[default]
    Nothing,
}

/// A notice that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNotice {
    /// When the status was entered.
    pub change_date: Moment,
    /// The payment.
    pub payment_id: PaymentId,
    /// The status entered.
    pub status: Status,
    /// 決済金額 at that moment, in yen.
    pub amount: u64,
    /// The payment's other values at that moment.
    pub attributes: Attributes,
    /// When it may be pushed; never when absent.
    pub push: Option<Ready>,
    /// The journal's entry of what caused it.
    pub entry: Option<EntryId>,
}

/// One push of a notice, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which notice.
    pub payment_notice_id: u64,
    /// When, by the merchant's clock.
    pub at: Moment,
    /// Whether the shop accepted it.
    pub accepted: bool,
    /// What came back, for people.
    pub answer: Text,
}

/// After so many failures in a row a merchant's deliveries pause.
pub const FAILURES: u32 = 5;
/// How long they pause, by the merchant's clock.
const PAUSE_MINUTES: i64 = 15;

impl Attempt {
    /// How many failures in a row there are after it, and the pause that they lead to.
    pub(super) fn leads_to(&self, failures: u32) -> (u32, Option<Pause>) {
        match failures.saturating_add(1) {
            _ if self.accepted => (0, None),
            FAILURES.. => (0, Some(Pause { from: self.at, until: self.at.plus_minutes(PAUSE_MINUTES) })),
            fewer => (fewer, None),
        }
    }
}

/// How a merchant's deliveries stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// How many notices wait for their push.
    pub waiting: usize,
    /// How many pushes failed in a row.
    pub failures: u32,
    /// The pause that the failures led to.
    pub pause: Option<Pause>,
}

/// A time in which nothing is pushed to a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it began.
    pub from: Moment,
    /// When it ends.
    pub until: Moment,
}

impl Pause {
    /// Whether it holds. It does not when the clock was turned back to a time before it.
    pub fn holds(&self, now: Moment) -> bool {
        self.from <= now && now < self.until
    }
}
