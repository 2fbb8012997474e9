//! 152 full refund, 153 reduction of the amount.

use crate::method::emoney::{CLEARED, CODES, REFUNDED, TABLE, TYPES, facts, page, refund_deadline};
use crate::method::{Desk, Named, Outcome};
use crate::payment::{Change, Payment, Refusal};
use crate::text::{Text, text};
use crate::wire::{Reply, Telegram, name};

/// What 152 and 153 ask for.
pub(super) struct Request<'a> {
    /// The telegram's kind: the vendor can be made to fail for one of them.
    kind: &'static str,
    named: Named<'a>,
    /// The amount after the correction, in yen; 0 when none is sent.
    amount: u64,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            kind: telegram.kind(),
            named: telegram.into(),
            amount: telegram.number(name::AMOUNT).unwrap_or_default(),
        }
    }
}

/// Answers 152.
pub(super) fn cancel(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let payment = paid(desk, request)?;
    ask_vendor(desk, request, &payment)?;
    let refunded = card(&payment);
    let mut change = Change::of(payment);
    refund(desk, &mut change, &refunded)?;
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, change.payment().payment_id.to_string())
        .with(name::TRADING_ID, request.named.trading_id.unwrap_or_default())
        .with(name::REFUND_EMONEY_USER_ID, refunded);
    Ok(Outcome::changing(vec![change], reply))
}

/// Answers 153: a new payment of the smaller amount takes the place of the old one.
pub(super) fn correct(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let payment = paid(desk, request)?;
    let amount = request.amount;
    if amount == 0 || amount >= payment.amount {
        let rule = text!(
            "補正後の金額は 1 円から {most} 円までで指定してください。",
            "the amount after the correction must be 1 to {most}",
            most = payment.amount.saturating_sub(1)
        );
        return Err(Refusal::new("11009", rule));
    }
    ask_vendor(desk, request, &payment)?;
    let refunded = card(&payment);
    let mut new = desk.create_successor(&TABLE, CLEARED, &payment, amount)?;
    let old_id = payment.payment_id.to_string();
    let now = desk.now.datetime14();
    new.set_named(
        payment
            .attributes
            .iter()
            .filter(|(name, _)| ![name::REFUND_EMONEY_USER_ID, Payment::BASE].iter().any(|own| own == name)),
    );
    new.set([(name::PAYMENT_DATE, now.as_str())]);
    new.set_due(refund_deadline(desk.now));
    let mut old = Change::of(payment);
    refund(desk, &mut old, &refunded)?;
    old.set_successor(new.payment().payment_id);
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, new.payment().payment_id.to_string())
        .with(name::TRADING_ID, request.named.trading_id.unwrap_or_default())
        .with(name::BASE_PAYMENT_ID, old_id)
        .with(name::REFUND_EMONEY_USER_ID, refunded);
    Ok(Outcome::changing(vec![old, new], reply))
}

/// The payment of the telegram, if money can be given back for it: 11008 otherwise.
fn paid(desk: &Desk<'_>, request: &Request<'_>) -> Result<Payment, Refusal> {
    let payment = desk.identify(request.named, TYPES, CODES)?;
    if !TABLE.allows(Some(payment.status), REFUNDED, desk.by) {
        let rule = text!(
            "取消・補正ができるのは決済ステータス 40（消込済）の決済だけです（現在 {status}）。",
            "only payments in status 40 can be refunded; this one is in {status}",
            status = payment.status
        );
        return Err(Refusal::new("11008", rule));
    }
    Ok(payment)
}

/// The prepaid card that gets money back.
fn card(payment: &Payment) -> String {
    payment.attributes.get(name::EMONEY_USER_ID).unwrap_or_default().to_owned()
}

fn refund(desk: &Desk<'_>, change: &mut Change, refunded: &str) -> Result<(), Refusal> {
    change.enter(&TABLE, desk.by, REFUNDED, desk.now)?;
    change.set([(name::CANCEL_DATE, desk.now.datetime14().as_str()), (name::REFUND_EMONEY_USER_ID, refunded)]);
    Ok(())
}

/// What WebMoney says to a refund: a fault comes first, then what the test screen chose.
fn ask_vendor(desk: &Desk<'_>, request: &Request<'_>, payment: &Payment) -> Result<(), Refusal> {
    desk.vendor(request.kind)?;
    let chosen = payment.attributes.get(page::OUTCOME).unwrap_or_default();
    match facts().outcome.iter().find(|outcome| outcome.id == chosen && !outcome.code.is_empty()) {
        Some(outcome) => {
            let rule = Text::filled(
                format!("試験画面でこの決済に「{}」が選択されています。", outcome.name),
                format!("the test screen chose it for this payment: {}", outcome.english),
            );
            Err(Refusal::new(&outcome.code, rule))
        }
        None => Ok(()),
    }
}
