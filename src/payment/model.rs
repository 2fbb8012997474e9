//! A payment and the small types that it is made of.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::clock::Moment;
use crate::ids::{Kind, MerchantId, PaymentId, PaymentType, Status};
use crate::payment::Attributes;
use crate::wire::{Name, name};

/// The payments that something concerns: mostly one.
pub type PaymentIds = SmallVec<[PaymentId; 2]>;

/// The statuses of the payments that something concerns, in their order.
pub type Statuses = SmallVec<[Status; 8]>;

/// Who asks for a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The shop, by a telegram of this kind.
    Telegram(Kind),
    /// The buyer, on a hosted page.
    Shopper,
    /// The payment vendor (a store, a bank, Paidy), on its own account.
    Vendor,
    /// QA, with the test tool.
    Tool,
    /// The merchant, on the merchants' site.
    MerchantSite,
    /// Time.
    Clock,
}

impl Trigger {
    /// The trigger of a telegram of this kind.
    pub const fn telegram(kind: &[u8; 3]) -> Trigger {
        Trigger::Telegram(Kind::new(kind))
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trigger::Telegram(kind) => kind.fmt(formatter),
            Trigger::Shopper => formatter.write_str("shopper"),
            Trigger::Vendor => formatter.write_str("vendor"),
            Trigger::Tool => formatter.write_str("tool"),
            Trigger::MerchantSite => formatter.write_str("merchant_site"),
            Trigger::Clock => formatter.write_str("clock"),
        }
    }
}

impl FromStr for Trigger {
    type Err = String;

    fn from_str(text: &str) -> Result<Trigger, String> {
        Ok(match text {
            "shopper" => Trigger::Shopper,
            "vendor" => Trigger::Vendor,
            "tool" => Trigger::Tool,
            "merchant_site" => Trigger::MerchantSite,
            "clock" => Trigger::Clock,
            kind => Trigger::Telegram(kind.parse()?),
        })
    }
}

/// The number of an entry of the journal, which counts them from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub NonZeroU64);

impl fmt::Display for EntryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One line of a payment's history: a status was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Moment,
    /// Who asked for it.
    pub by: Trigger,
    /// The status entered.
    pub status: Status,
    /// The journal's entry of what caused it. The journal may have forgotten it; `None` when it never had one.
    pub entry: Option<EntryId>,
}

/// The statuses that a payment went through, oldest first. Most payments end with two or three.
pub type History = SmallVec<[Step; 2]>;

/// A payment, as the ledger keeps it.
///
/// What all types share is a field; everything else (card, store, bank, dates) is an attribute under
/// its wire name, so that 094, 091 and the notices can be laid out from the catalog alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// 決済ID.
    pub payment_id: PaymentId,
    /// Whose payment it is.
    pub merchant_id: MerchantId,
    /// マーチャント取引ID; not unique.
    pub trading_id: Option<Arc<str>>,
    /// 決済種別CD.
    pub payment_type: PaymentType,
    /// 取引発生日時: when the shop applied.
    pub init_date: Moment,
    /// 決済ステータス.
    pub status: Status,
    /// 決済金額, in yen.
    pub amount: u64,
    /// Everything else, under its wire name.
    pub attributes: Attributes,
    /// When time alone will change it next.
    pub due: Option<Moment>,
    /// The statuses that it went through, oldest first.
    pub history: History,
    /// How many commits it has seen; what was read must be what is overwritten.
    pub version: u32,
}

impl Payment {
    /// 補正前決済ID: under this name a payment keeps which one it takes the place of.
    pub const BASE: Name = name::BASE_PAYMENT_ID;
    /// 補正後決済ID: under this name a payment keeps which one has taken its place. It is on no wire.
    pub const SUCCESSOR: Name = name::own::SUCCEEDING_PAYMENT_ID;

    /// Whether it takes the place of another payment. Some methods name a payment's own id as that of the first one.
    pub fn replaces_another(&self) -> bool {
        self.attributes.get(Payment::BASE).is_some_and(|base| *base != *self.payment_id.to_string())
    }

    /// Whether another payment has taken its place, by a correction or a refund of a part, and it has ended: such a
    /// payment does not count when a trading id is looked up (`observed.md` section 7).
    pub fn is_replaced(&self) -> bool {
        matches!(self.status, Status(32) | Status(60)) && self.attributes.get(Payment::SUCCESSOR).is_some()
    }

    /// The value of a wire field for this payment: a field that all payments have, or an attribute; empty when there is none.
    pub fn field(&self, name: Name) -> std::borrow::Cow<'_, str> {
        self.named(&name)
    }

    /// The same for a name that only data knows, such as that of a column.
    pub fn named(&self, name: &str) -> std::borrow::Cow<'_, str> {
        match name {
            "payment_id" => self.payment_id.to_string().into(),
            "trading_id" => self.trading_id.as_deref().unwrap_or_default().into(),
            "payment_type" => self.payment_type.to_string().into(),
            "payment_status" => self.status.to_string().into(),
            "payment_amount" => self.amount.to_string().into(),
            "payment_init_date" => self.init_date.datetime14().into(),
            _ => self.attributes.named(name).unwrap_or_default().into(),
        }
    }
}
