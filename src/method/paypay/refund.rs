//! 421: an authorization is cancelled, or captured money is given back, all of it or a part.

use crate::method::paypay::capture::transaction;
use crate::method::paypay::periods;
use crate::method::paypay::states::{AUTHORIZED, CANCELLED, CAPTURED, REFUNDED};
use crate::method::paypay::{CODES, TABLE, TYPES, vendor};
use crate::method::{Desk, Named, Outcome};
use crate::payment::{Change, Payment, Refusal};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// What 421 asks for.
pub(super) struct Request<'a> {
    named: Named<'a>,
    /// 返金金額, in yen; all of it when absent.
    amount: Option<u64>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request { named: telegram.into(), amount: telegram.number(name::REPAYMENT_AMOUNT) }
    }
}

/// Answers 421.
pub(super) fn refund(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let payment = desk.identify(request.named, TYPES, CODES)?;
    match payment.status {
        AUTHORIZED => cancel(desk, request, payment),
        CAPTURED => give_back(desk, request, payment),
        _ => Err(vendor::wrong_status(&payment, "421", "20, 40")),
    }
}

/// A cancel is always whole: the amount is not looked at.
fn cancel(desk: &Desk<'_>, request: &Request<'_>, payment: Payment) -> Result<Outcome, Refusal> {
    let until = periods::authorized_until(&payment);
    if desk.now > until {
        let explanation = text!(
            "PayPayの取消は {until} まで可能でした。",
            "at PayPay, the cancel was possible until {until}",
            until = until
        );
        return Err(vendor::because("取消可能期間を過ぎています", explanation));
    }
    vendor::ask(desk, "421")?;
    let number = transaction(desk, &payment);
    let mut change = Change::of(payment);
    change.enter(&TABLE, desk.by, CANCELLED, desk.now)?;
    change
        .set([(name::CANCEL_DATE, desk.now.datetime14().as_str()), (name::REPAYMENT_TRANSACTION_ID, number.as_str())]);
    let reply = answer(desk, request, change.payment(), &number);
    Ok(Outcome::changing(vec![change], reply))
}

/// The payment ends; what is left of it is in a new one.
fn give_back(desk: &Desk<'_>, request: &Request<'_>, payment: Payment) -> Result<Outcome, Refusal> {
    let amount = request.amount.unwrap_or(payment.amount);
    let rest = rest(&payment, amount)?;
    vendor::ask(desk, "421")?;
    let number = transaction(desk, &payment);
    let left = (rest > 0).then(|| remainder(desk, &payment, rest)).transpose()?;
    let mut old = Change::of(payment);
    old.enter(&TABLE, desk.by, REFUNDED, desk.now)?;
    old.set([
        (name::CANCEL_DATE, desk.now.datetime14().as_str()),
        (name::REPAYMENT_AMOUNT, amount.to_string().as_str()),
        (name::REPAYMENT_TRANSACTION_ID, number.as_str()),
    ]);
    if let Some(left) = &left {
        old.set_successor(left.payment().payment_id);
    }
    let reply = answer(desk, request, left.as_ref().unwrap_or(&old).payment(), &number);
    Ok(Outcome::changing([Some(old), left].into_iter().flatten().collect(), reply))
}

/// What is left after a refund, in yen: 33007 for more than there is, 33009 for one part too many.
fn rest(payment: &Payment, amount: u64) -> Result<u64, Refusal> {
    let Some(rest) = payment.amount.checked_sub(amount) else {
        let explanation = text!(
            "返金金額{amount}円が決済金額{has}円を超えています。",
            "{amount} yen are more than the payment's {has} yen",
            amount = amount,
            has = payment.amount
        );
        return Err(Refusal::new("33007", explanation));
    };
    if rest > 0 && refunds(payment) >= periods::partial_refunds() {
        let explanation = text!(
            "一部返金は{limit}回までです。残額の全額返金は可能です。",
            "parts can be refunded {limit} times; the whole rest still can",
            limit = periods::partial_refunds()
        );
        return Err(Refusal::new("33009", explanation));
    }
    Ok(rest)
}

fn answer(desk: &Desk<'_>, request: &Request<'_>, told: &Payment, number: &str) -> Reply {
    Reply::ok()
        .with(name::PAYMENT_ID, told.payment_id.to_string())
        .with(name::TRADING_ID, request.named.trading_id.unwrap_or_default())
        .with(name::REPAYMENT_TRANSACTION_ID, number)
        .with(name::CANCEL_DATE, desk.now.datetime14())
}

/// How many parts were refunded before.
fn refunds(payment: &Payment) -> u32 {
    payment.attributes.get(name::own::PAYPAY_REFUNDS).and_then(|count| count.parse().ok()).unwrap_or_default()
}

/// The payment that holds what is left. It points to the first one, whose dates and numbers it has, not to the one
/// whose place it takes.
fn remainder(desk: &Desk<'_>, old: &Payment, rest: u64) -> Result<Change, Refusal> {
    let mut left = desk.create_successor(&TABLE, CAPTURED, old, rest)?;
    left.set_init_date(old.init_date);
    left.set_named(old.attributes.iter());
    let of_first = old.attributes.get(name::BASE_PAYMENT_AMOUNT).map_or_else(|| old.amount.to_string(), str::to_owned);
    left.set([
        (name::BASE_PAYMENT_AMOUNT, of_first.as_str()),
        (name::own::PAYPAY_REFUNDS, (refunds(old) + 1).to_string().as_str()),
    ]);
    left.set_due(periods::settles(left.payment()));
    Ok(left)
}
