//! Cards: payments (020 to 023, 028, 029), stored cards, tokens, 3-D Secure, recurring charges (`card.toml`, `card_vault.toml`,
//! `card_token.md`, `card_3ds2.md`, `card_states.md`, `test_cards.md`).

pub(crate) mod apply;
mod authorize;
mod brand;
mod company;
mod correct;
mod debit;
mod description;
mod designate;
mod direct;
mod facts;
mod issuers;
mod outlook;
mod recurring;
mod retry;
pub mod rules;
mod settle;
mod settlement;
pub(crate) mod states;
mod stub;
pub mod three_d_secure;
pub mod token;
pub(crate) mod vault;

pub use facts::CardFacts;
pub use states::TABLE;

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::card::settlement::Settlement;
use crate::method::card::states::{APPLIED, AUTHENTICATING, AUTHORIZED, CAPTURED, CAPTURING, REFUND_SUMMED, REFUNDING};
use crate::method::description::Description;
use crate::method::{Desk, Failure, IdentityCodes, Method, Operation, Outcome, SiteOperation};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::wire::{Name, Reply, Telegram, name};

/// The card method.
pub struct Card;

impl PaymentType {
    /// カード決済.
    pub const CARD: PaymentType = PaymentType(2);
}

const TYPES: &[PaymentType] = &[PaymentType::CARD];
const TABLES: &[Table] = &[TABLE];
const CODES: IdentityCodes = IdentityCodes { unknown: "2006", ambiguous: "2005" };

impl Method for Card {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "020", "021", "022", "023", "025", "026", "027", "028", "029", "096", "113", "116", "280", "281", "282",
            "283", "450",
        ]
    }

    /// Stored cards are listed, deleted and told apart here, and recurring charges are changed, ended and told of: nobody
    /// else is asked.
    fn asks_vendor(&self, kind: &str) -> bool {
        self.kinds().contains(&kind) && !matches!(kind, "026" | "027" | "096" | "113" | "281" | "283")
    }

    fn left_by_failure(&self, kind: &str) -> &'static [Status] {
        if kind == "023" { &[REFUNDING, REFUND_SUMMED] } else { &[] }
    }

    fn description(&self) -> &'static Description {
        &description::DESCRIPTION
    }

    fn prepare(&self) {
        issuers::read();
        rules::rules();
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        match telegram.kind() {
            "020" => authorize::authorize(desk, telegram),
            "021" => settle::settle(desk, telegram, Settlement::Cancel),
            "022" => settle::settle(desk, telegram, Settlement::Capture),
            "025" => vault::register(desk, telegram),
            "026" => vault::delete(desk, telegram),
            "027" => vault::list(desk, telegram),
            "028" | "029" => correct::correct(desk, telegram),
            "096" => recurring::inquire(desk, telegram),
            "113" => debit::debit(desk, telegram),
            "116" => vault::change(desk, telegram),
            "280" => recurring::start(desk, telegram),
            "281" => recurring::change(desk, telegram),
            "282" => recurring::resume(desk, telegram),
            "283" => recurring::end(desk, telegram),
            "450" => three_d_secure::start(desk, telegram),
            _ => settle::settle(desk, telegram, Settlement::Refund),
        }
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[token::KIND, vault::KIND, three_d_secure::KIND, three_d_secure::CLASSIC_KIND, recurring::KIND]
    }

    fn record_due(&self, desk: &Desk<'_>, record: Record) -> Result<Outcome, Refusal> {
        Ok(match record.kind {
            recurring::KIND => recurring::due(desk, record)?,
            three_d_secure::KIND => three_d_secure::expired(desk, record),
            _ => Outcome { forgotten: vec![(record.kind, record.key)], ..Outcome::reply(Reply::ok()) },
        })
    }

    /// 海外 for a card from abroad, else the card company (`merchant_site.md` section 5.2).
    fn institution(&self, payment: &Payment) -> String {
        let text = |name: Name| payment.attributes.get(name).unwrap_or_default();
        match (text(name::JOHO_ISSUR_TYPE), text(name::ISSUR_NAME)) {
            ("1", _) => "海外".to_owned(),
            (_, "") => text(name::ACQ_NAME).to_owned(),
            (_, name) => name.to_owned(),
        }
    }

    fn site_operations(&self, payment: &Payment) -> Vec<SiteOperation> {
        use Operation::{Cancel, Capture, Correct};
        let button = SiteOperation::telegram;
        match payment.status {
            AUTHORIZED => vec![
                button(Capture, "売上処理", "Capture", "022"),
                button(Cancel, "オーソリキャンセル処理", "Cancel authorization", "021"),
                button(Correct, "オーソリ変更", "Change amount", "028")
                    .with_amount(name::PAYMENT_AMOUNT)
                    .with_field(name::REDUCTION_FLAG, "0"),
            ],
            CAPTURING => vec![button(Capture, "売上処理", "Capture", "022")],
            CAPTURED => vec![
                button(Cancel, "キャンセル処理", "Cancel capture", "023"),
                button(Correct, "売上変更", "Change amount", "029")
                    .with_amount(name::PAYMENT_AMOUNT)
                    .with_field(name::REDUCTION_FLAG, "0"),
            ],
            REFUNDING | REFUND_SUMMED => vec![button(Cancel, "キャンセル処理", "Cancel capture", "023")],
            _ => Vec::new(),
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        if payment.status == AUTHORIZED && brand::rules(desk.merchant, &payment) {
            return brand::cancel(desk, payment);
        }
        let mut change = Change::of(payment);
        if let Some(next) = TABLE.next(Some(change.payment().status), Trigger::Clock).next() {
            change.enter(&TABLE, Trigger::Clock, next, desk.now)?;
        }
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }
}

/// When time alone ends a status that began at `since` (`card_states.md` section 7): the first second after the last day that counts.
fn deadline(status: Status, since: Moment) -> Option<Moment> {
    let days = match status {
        APPLIED => 30,
        AUTHENTICATING => 2,
        AUTHORIZED | CAPTURED => 60,
        _ => return None,
    };
    Some(since.start_of_day().plus_days(days + 1))
}
