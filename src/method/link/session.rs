//! An application for hosted pages: the record that they live from (`link.md` section 4).

use crate::wire::{Name, name};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::Desk;
use crate::payment::{Payment, PaymentId, PaymentType, Status};

/// Records of applications, by マーチャント取引ID.
pub(crate) const APPLICATION: RecordKind = RecordKind::new("link_application");
/// How long an application is remembered after its limit, in days, so that its page can say that it is over.
const REMEMBERED: i64 = 60;
/// After how many refused cards the card page of an application is closed; the real threshold is not known.
pub(crate) const CARDS_TRIED: u32 = 10;

/// An application: one マーチャント取引ID of one merchant, payable on our pages until its limit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Application {
    /// マーチャント取引ID.
    pub(crate) trading_id: String,
    /// What nobody but the shopper and the shop knows: the key in the pages' URLs.
    pub(crate) secret: String,
    /// 請求金額, in yen.
    pub(crate) amount: u64,
    /// The methods that the shopper can choose from.
    pub(crate) methods: Vec<PaymentType>,
    /// 取引発生日時.
    pub(crate) made: Moment,
    /// 画面有効期限.
    pub(crate) limit: Moment,
    /// The application's fields.
    pub(crate) fields: BTreeMap<String, String>,
    /// How many cards were refused.
    #[serde(default)]
    pub(crate) cards_refused: u32,
    /// The card payment that ended in an input error and may be tried again.
    #[serde(default)]
    pub(crate) card_retry: Option<PaymentId>,
}

/// What can be done with an application now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It can be paid.
    Open,
    /// It is paid already.
    Paid,
    /// Its limit has passed.
    Expired,
}

impl Application {
    /// A field of the application; nothing when it was not sent.
    pub(crate) fn get(&self, name: Name) -> &str {
        self.named(&name)
    }

    /// The same for a name that is made up of parts.
    pub(crate) fn named(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Where the button back to the shop leads from a payment that is made, or a number that is issued; nothing when
    /// the shop named no URL at all.
    pub(crate) fn way_back(&self) -> &str {
        Some(self.get(name::RETURN_URL))
            .filter(|url| !url.is_empty())
            .unwrap_or_else(|| self.get(name::STOP_RETURN_URL))
    }

    /// お客様氏名, as it was sent.
    pub(crate) fn customer(&self) -> String {
        let names = [self.get(name::CUSTOMER_FAMILY_NAME), self.get(name::CUSTOMER_NAME)];
        names.join(" ").trim().to_owned()
    }

    /// Whether a flag of the application is set.
    pub(crate) fn is_set(&self, name: Name) -> bool {
        self.get(name) == "1"
    }

    /// Whether the shopper may not change a field on the pages.
    pub(crate) fn is_fixed(&self, name: Name) -> bool {
        self.get(name::FIX_PARAMS).split(',').any(|fixed| fixed == name)
    }

    /// What can be done with it now.
    pub(crate) fn standing(&self, desk: &Desk<'_>) -> Standing {
        if self.payments(desk).iter().any(was_received) {
            Standing::Paid
        } else if desk.now > self.limit {
            Standing::Expired
        } else {
            Standing::Open
        }
    }

    /// Whether too many cards were refused.
    pub(crate) fn is_locked_for_cards(&self) -> bool {
        self.cards_refused >= CARDS_TRIED
    }

    /// The payments of its マーチャント取引ID, by rising id.
    pub(crate) fn payments(&self, desk: &Desk<'_>) -> Vec<Payment> {
        desk.payments_of(&self.trading_id)
    }

    /// The record of a new application.
    pub(crate) fn record(&self, desk: &Desk<'_>) -> Record {
        let mut record = desk.new_record(APPLICATION, self.trading_id.as_str(), self);
        record.due = Some(self.limit.plus_days(REMEMBERED));
        record
    }

    /// The application that a shopper's URL names, if its secret is right.
    pub(crate) fn find(desk: &Desk<'_>, trading_id: &str, secret: &str) -> Option<(Application, Record)> {
        desk.record::<Application>(APPLICATION, trading_id).filter(|(application, _)| application.secret == secret)
    }
}

/// The statuses in which money was promised or paid, whatever the method: オーソリOK, 消込済, 速報検知済.
const RECEIVED: [Status; 3] = [Status(20), Status(40), Status(43)];

/// Whether money was promised or paid at any time: the guard against paying twice (`link.md` section 4).
pub(crate) fn was_received(payment: &Payment) -> bool {
    payment.history.iter().any(|step| RECEIVED.contains(&step.status))
}
