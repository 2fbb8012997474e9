//! What PayPay answers when the gateway asks it for something, and what a shop is told of that.

use crate::fixtures;
use crate::method::{Desk, Failure};
use crate::payment::{Payment, Refusal};
use crate::text::{Text, text};

/// The code with which PayPay's own reason is told.
const REFUSED: &str = "33006";
/// The code of failures whose cause nobody knows.
const INTERNAL: &str = "33005";
/// How the codes of PayPay begin.
const FAMILY: &str = "330";

/// Asks PayPay; it fails when a fault was set for that kind of telegram.
pub(super) fn ask(desk: &Desk<'_>, kind: &str) -> Result<(), Refusal> {
    desk.vendor(kind).map_err(|failed| failure(&failed))
}

/// A failure on purpose as a code of PayPay's; those of other vendors are errors inside PayPay.
fn failure(failed: &Failure) -> Refusal {
    let code = if failed.code.starts_with(FAMILY) { failed.code.as_str() } else { INTERNAL };
    let told = text!("PayPayの応答として設定された障害です。", "a fault was set for PayPay's next answer");
    match failed.detail.as_str() {
        "" if code == REFUSED => because("PayPayでエラーが発生しました", told),
        "" => Refusal::new(code, told),
        detail => Refusal::with_detail(code, detail, told),
    }
}

/// 33006, with PayPay's reason in full-width brackets.
pub(super) fn because(reason: &str, explanation: Text) -> Refusal {
    let detail = format!("{}（{reason}）", fixtures::errors().detail(REFUSED, ""));
    Refusal::with_detail(REFUSED, &detail, explanation)
}

/// 33003, with the payment's status in brackets.
pub(super) fn wrong_status(payment: &Payment, kind: &str, needed: &str) -> Refusal {
    const CODE: &str = "33003";
    let detail = format!("{}(payment_status={})", fixtures::errors().detail(CODE, ""), payment.status);
    let explanation = text!(
        "{kind} は決済ステータス {needed} の決済にだけ使えます。この決済は {status} です。",
        "{kind} needs status {needed}; the payment is in {status}",
        kind = kind,
        needed = needed,
        status = payment.status
    );
    Refusal::with_detail(CODE, &detail, explanation)
}
