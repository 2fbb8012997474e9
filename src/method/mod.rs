//! Payment methods: one folder per method, and the one list of all of them.
//!
//! A method decides; it reads no clock and keeps nothing. What it may look at is handed to it as a
//! [`Desk`], and what it decided comes back as an [`Outcome`] that the gateway commits whole.

pub mod atm;
pub mod card;
mod cash;
pub mod convenience;
pub mod description;
mod desk;
mod difference;
pub mod emoney;
mod failure;
pub(crate) mod file;
#[cfg(test)]
mod house;
mod inquiry;
pub(crate) mod link;
pub mod message;
mod named;
pub mod net_bank;
pub mod paidy;
pub mod paypay;
pub mod site;
mod update;
pub mod virtual_account;

pub(crate) use cash::check_limit;
pub(crate) use cash::typed::limit as limit_of;
pub use description::{Cell, Creation, Description, HostedPage, Stages, Tab, ToolFunction};
pub(crate) use desk::{Asked, House};
pub use desk::{Desk, IdentityCodes};
pub use failure::Failure;
pub use named::Named;
pub use site::{Operation, SiteAction, SiteOperation};
pub use update::{Update, UpdateError, UpdateInput};

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::faults::Fault;
use crate::ledger::{Record, RecordKind};
use crate::merchant::Merchant;
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::text::{Text, text};
use crate::wire::{Name, Reply, Telegram, name};

/// 消込済, in whatever way a payment is paid.
const CLEARED: Status = Status(40);

/// What a decision changes and what it answers.
#[derive(Debug)]
pub struct Outcome {
    /// Payments, as they will be.
    pub changes: Vec<Change>,
    /// Records, as they will be.
    pub records: Vec<Record>,
    /// Records to forget, by kind and key.
    pub forgotten: Vec<(RecordKind, String)>,
    /// Notices that 091 hands out for the first time.
    pub fetched: Vec<u64>,
    /// A site (empty: the base site) that 091 tells that notices were purged before they were fetched.
    pub told_lost: Option<String>,
    /// The answer. A refused request can change payments too: a refused authorization is kept.
    pub reply: Reply,
    /// What was accepted although it breaks a rule, for people.
    pub warnings: Vec<Text>,
}

impl Outcome {
    /// An answer that changes nothing.
    pub fn reply(reply: Reply) -> Outcome {
        Outcome {
            changes: Vec::new(),
            records: Vec::new(),
            forgotten: Vec::new(),
            fetched: Vec::new(),
            told_lost: None,
            reply,
            warnings: Vec::new(),
        }
    }

    /// An answer and the payments that it changes.
    pub fn changing(changes: Vec<Change>, reply: Reply) -> Outcome {
        Outcome { changes, ..Outcome::reply(reply) }
    }
}

/// The greatest amount that usual contracts allow somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualLimit {
    /// Where, in Japanese and in English; empty when it rules everywhere.
    pub at: (&'static str, &'static str),
    /// In yen.
    pub yen: u64,
}

/// A payment method.
pub trait Method: Send + Sync {
    /// The payment types that are this method's.
    fn payment_types(&self) -> &'static [PaymentType];

    /// The kinds of the telegrams that it handles.
    fn kinds(&self) -> &'static [&'static str];

    /// What others need to know of it.
    fn description(&self) -> &'static Description {
        &Description::NONE
    }

    /// Reads what is known of it, so that the first telegram need not wait for that.
    fn prepare(&self) {}

    /// Whether a vendor is asked for something by telegrams of this kind: only those can be made to fail. It must ask by
    /// [`Desk::vendor`], under the same kind.
    fn asks_vendor(&self, kind: &str) -> bool {
        self.kinds().contains(&kind)
    }

    /// The statuses in which a failure can leave a payment, for operations of several steps.
    fn left_by_failure(&self, _kind: &str) -> &'static [Status] {
        &[]
    }

    /// The transitions of its payment types; nothing else sets a status.
    fn tables(&self) -> &'static [Table];

    /// Decides about a checked telegram. A refusal changes nothing.
    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal>;

    /// The greatest amounts that usual contracts allow for a payment type, in yen, and where each of them rules; a
    /// merchant's own limit takes their place. None when nothing is known of one.
    fn usual_limits(&self, _payment_type: PaymentType, _connection_type: &str) -> Vec<UsualLimit> {
        Vec::new()
    }

    /// Who takes the money, as the merchants' site names it (支払機関名); empty when nobody is known or named.
    fn institution(&self, _payment: &Payment) -> String {
        String::new()
    }

    /// 決済金額 as people are shown it, in yen.
    fn amount_shown(&self, payment: &Payment) -> u64 {
        payment.amount
    }

    /// Decides what time does to a payment whose deadline has come.
    fn payment_due(&self, _desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        Ok(Outcome::changing(vec![Change::of(payment)], Reply::ok()))
    }

    /// Decides about a status that somebody wants a payment to have: by the test tool, a vendor or the merchants' site (`Desk::by`).
    fn update(&self, _desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        let (payment_type, to) = (payment.payment_type, update.payment_status);
        Err(UpdateError::forbidden(text!(
            "決済種別 {payment_type} の決済は決済ステータス {to} へ変更できません。",
            "payments of type {payment_type} cannot be set to status {to}",
            payment_type = payment_type,
            to = to
        )))
    }

    /// The statuses that a trigger can lead a payment to by [`Method::update`], in the order in which a screen offers them.
    fn update_targets(&self, payment: &Payment, by: Trigger) -> Vec<Status> {
        let table = self.tables().iter().find(|table| table.payment_type == payment.payment_type);
        table.map_or_else(Vec::new, |table| {
            table.next(Some(payment.status), by).filter(|next| *next != payment.status).collect()
        })
    }

    /// The inputs that the test tool shows for leading a payment to a status, in the order of its screen.
    fn update_inputs(&self, _payment: &Payment, _to: Status) -> Vec<UpdateInput> {
        Vec::new()
    }

    /// What the merchants' site offers for a payment now; where nothing else is said, what the table allows: clearing
    /// a claim by hand, or a cancel.
    fn site_operations(&self, payment: &Payment) -> Vec<SiteOperation> {
        let operation = |to: Status| {
            let (operation, label, english) = match to {
                CLEARED => (Operation::Capture, "手動消込", "Clear by hand"),
                _ => (Operation::Cancel, "取消処理", "Cancel"),
            };
            SiteOperation { operation, label, english, amount_field: None, action: SiteAction::Update(to) }
        };
        self.update_targets(payment, Trigger::MerchantSite).into_iter().map(operation).collect()
    }

    /// Decides about a payment that comes into being without an application: a deposit that fits no claim, a slip
    /// that the merchant printed.
    fn appear(
        &self,
        _desk: &Desk<'_>,
        payment_type: PaymentType,
        _inputs: &BTreeMap<String, String>,
    ) -> Result<Outcome, UpdateError> {
        Err(UpdateError::forbidden(text!(
            "決済種別 {payment_type} の決済は申込から始まります。",
            "a payment of type {payment_type} starts with an application",
            payment_type = payment_type
        )))
    }

    /// The inputs that [`Method::appear`] takes, in the order of the test tool's screen.
    fn appear_inputs(&self, _payment_type: PaymentType) -> Vec<UpdateInput> {
        Vec::new()
    }

    /// What it tells the shop of what somebody's decision changes, beside the notices: messages.
    fn told(&self, _desk: &Desk<'_>, _changes: &[Change]) -> Vec<Record> {
        Vec::new()
    }

    /// The kinds of the records that it keeps.
    fn record_kinds(&self) -> &'static [RecordKind] {
        &[]
    }

    /// Decides what time does to one of its records whose deadline has come.
    fn record_due(&self, _desk: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
        Ok(Outcome { forgotten: vec![(record.kind, record.key)], ..Outcome::reply(Reply::ok()) })
    }
}

/// All methods, in the order of the merchants' site.
pub const METHODS: &[&dyn Method] = &[
    &card::Card,
    &convenience::Convenience,
    &net_bank::NetBank,
    &atm::Atm,
    &virtual_account::VirtualAccount,
    &emoney::Emoney,
    &paidy::Paidy,
    &paypay::PayPay,
    &link::Link,
    &inquiry::Inquiry,
    &file::Files,
    &message::Messages,
];

/// The method that handles telegrams of a kind.
pub fn for_kind(kind: &str) -> Option<&'static dyn Method> {
    static BY_KIND: LazyLock<HashMap<&'static str, &'static dyn Method>> = LazyLock::new(|| {
        METHODS.iter().flat_map(|method| method.kinds().iter().map(|kind| (*kind, *method))).collect()
    });
    BY_KIND.get(kind).copied()
}

/// Why a fault can never fire, if so: nobody plays the telegram, no vendor is asked, or no such status is on the way.
pub fn idle_fault(fault: &Fault) -> Option<(Name, Text)> {
    let kind = fault.telegram_kind.as_str();
    let Some(method) = for_kind(kind) else {
        return Some((
            name::TELEGRAM_KIND,
            text!("電文 {kind} はありません。", "there is no telegram {kind}", kind = kind),
        ));
    };
    if !method.asks_vendor(kind) {
        let rule = text!(
            "電文 {kind} は決済機関に問い合わせないため、失敗させることができません。",
            "telegram {kind} asks no payment vendor, so that none can fail",
            kind = kind
        );
        return Some((name::TELEGRAM_KIND, rule));
    }
    let possible = method.left_by_failure(kind);
    let leaves = fault.leaves.filter(|leaves| !possible.contains(leaves))?;
    let known: Vec<String> = possible.iter().map(Status::to_string).collect();
    let rule = if known.is_empty() {
        text!(
            "電文 {kind} が決済を {leaves} のままにすることはありません（処理は1段階だけです）。",
            "telegram {kind} never leaves a payment in {leaves} (it has one step only)",
            kind = kind,
            leaves = leaves
        )
    } else {
        text!(
            "電文 {kind} が決済を {leaves} のままにすることはありません（{known}）。",
            "telegram {kind} never leaves a payment in {leaves} ({known})",
            kind = kind,
            leaves = leaves,
            known = known.join(", ")
        )
    };
    Some((name::own::LEAVES, rule))
}

/// The method whose payment type this is.
pub fn for_payment_type(payment_type: PaymentType) -> Option<&'static dyn Method> {
    METHODS.iter().copied().find(|method| method.payment_types().contains(&payment_type))
}

/// How the link type offers a payment type, if it does.
pub fn offer(payment_type: PaymentType) -> Option<&'static HostedPage> {
    offers().find(|offer| offer.payment_type == payment_type)
}

/// What the link type offers, in the order of its method choice: first what is paid at once.
pub fn offers() -> impl Iterator<Item = &'static HostedPage> {
    let offers = |at_once: bool| {
        let offers = METHODS.iter().filter_map(|method| method.description().hosted.as_ref());
        offers.filter(move |offer| offer.at_once == at_once)
    };
    offers(true).chain(offers(false))
}

/// How far a payment has come.
pub fn stages(payment_type: PaymentType) -> &'static Stages {
    &for_payment_type(payment_type).map_or(&Description::NONE, Method::description).stages
}

/// The method that keeps records of this kind.
pub fn for_record_kind(kind: RecordKind) -> Option<&'static dyn Method> {
    METHODS.iter().copied().find(|method| method.record_kinds().contains(&kind))
}

/// The greatest amount of a payment type that a merchant's usual contract allows, in yen, if one is known.
pub fn usual_limit(merchant: &Merchant, payment_type: PaymentType) -> Option<u64> {
    let limits = for_payment_type(payment_type)?.usual_limits(payment_type, &merchant.contracts.connection_type);
    limits.iter().map(|limit| limit.yen).max()
}

/// The transitions of a payment type.
pub fn table(payment_type: PaymentType) -> Option<&'static Table> {
    for_payment_type(payment_type)?.tables().iter().find(|table| table.payment_type == payment_type)
}
