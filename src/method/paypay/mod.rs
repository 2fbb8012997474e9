//! PayPay: 420 application, 421 cancel and refund, 422 capture (`paypay.toml`; `other_states.md` section 2).
//!
//! A site sells at once or when it ships; no telegram says which. The buyer pays on PayPay's pages, which are played.

mod apply;
mod capture;
mod description;
mod periods;
mod purchase;
mod refund;
mod states;
mod vendor;

pub use apply::{Application, begin};
pub use capture::{consent, raised};
pub use periods::purchase_until;
pub use purchase::{Page, Step, decide, page};
pub use states::*;

use crate::method::description::Description;
use crate::method::site::{Operation, SiteOperation};
use crate::method::{Desk, IdentityCodes, Method, Outcome, Update, UpdateError};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table, Trigger};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// The PayPay method.
pub struct PayPay;

impl PaymentType {
    /// PayPay.
    pub const PAYPAY: PaymentType = PaymentType(26);
}

const TYPES: &[PaymentType] = &[PaymentType::PAYPAY];
const TABLES: &[Table] = &[TABLE];
const CODES: IdentityCodes = IdentityCodes { unknown: "33002", ambiguous: "33001" };

impl Method for PayPay {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["420", "421", "422"]
    }

    fn description(&self) -> &'static Description {
        &description::DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        desk.check_payment_type(PaymentType::PAYPAY)?;
        match telegram.kind() {
            "420" => apply::apply(desk, &telegram.into()),
            "421" => refund::refund(desk, &telegram.into()),
            _ => capture::capture(desk, &telegram.into()),
        }
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let mut change = Change::of(payment);
        match change.payment().status {
            AUTHORIZED => change.enter(&TABLE, desk.by, EXPIRED, desk.now)?,
            RAISING => capture::lapse(desk, &mut change)?,
            CAPTURED => change.enter(&TABLE, desk.by, SETTLED, desk.now)?,
            _ => {}
        }
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }

    /// PayPay reports what its buyer did, without our pages.
    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        if desk.by != Trigger::Vendor {
            return Err(UpdateError::forbidden(text!(
                "試験環境ツールはPayPayに対応していません。PayPayの画面で操作してください。",
                "the test tool does not serve PayPay; use PayPay's pages",
            )));
        }
        let to = update.payment_status;
        if !self.update_targets(&payment, desk.by).contains(&to) {
            return Err(UpdateError::forbidden(text!(
                "決済ステータス{from}のこの決済を{to}にすることはできません。",
                "this payment cannot go from status {from} to {to}",
                from = payment.status,
                to = to
            )));
        }
        if payment.status == APPLIED && !purchase::is_open(desk, &payment) {
            return Err(UpdateError::forbidden(text!(
                "PayPayの支払期限(申込から5分)を過ぎています。",
                "at PayPay the five minutes for this payment have passed",
            )));
        }
        let mut change = Change::of(payment);
        match (change.payment().status, to) {
            (RAISING, _) => capture::allow(desk, &mut change)?,
            (_, REFUSED) => change.enter(&TABLE, desk.by, to, desk.now)?,
            _ => purchase::buy(desk, &mut change)?,
        }
        Ok(Outcome::changing(vec![change], Reply::ok()))
    }

    /// What the table allows; a purchase leads where the site's way of selling says.
    fn update_targets(&self, payment: &Payment, by: Trigger) -> Vec<Status> {
        let possible = TABLE.next(Some(payment.status), by);
        possible.filter(|to| payment.status != APPLIED || *to == REFUSED || *to == purchase::bought(payment)).collect()
    }

    fn site_operations(&self, payment: &Payment) -> Vec<SiteOperation> {
        let button = SiteOperation::telegram;
        match payment.status {
            AUTHORIZED => vec![
                button(Operation::Capture, "売上", "Capture", "422"),
                button(Operation::Capture, "売上(金額変更)", "Capture another amount", "422")
                    .with_amount(name::PAYMENT_AMOUNT),
                button(Operation::Cancel, "取消", "Cancel", "421"),
            ],
            CAPTURED => vec![
                button(Operation::Refund, "返金(全額)", "Refund all", "421"),
                button(Operation::Refund, "返金(一部)", "Refund a part", "421").with_amount(name::REPAYMENT_AMOUNT),
            ],
            _ => Vec::new(),
        }
    }
}
