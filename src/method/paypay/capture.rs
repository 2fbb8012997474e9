//! 422: an authorization is captured; more than what was authorized waits for the buyer's consent.

use crate::method::cash;
use crate::method::paypay::periods;
use crate::method::paypay::purchase::page;
use crate::method::paypay::states::{AUTHORIZED, CAPTURED, RAISING};
use crate::method::paypay::{CODES, TABLE, TYPES, vendor};
use crate::method::{Desk, Named, Outcome};
use crate::payment::{Change, Forbidden, Payment, PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// `result` of a capture that waits for the buyer.
const ACCEPTED: &str = "2";

/// What 422 asks for.
pub(super) struct Request<'a> {
    named: Named<'a>,
    /// 売上金額, in yen; what was authorized when absent.
    amount: Option<u64>,
    /// What the buyer reads in his history.
    description: Option<&'a str>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            named: telegram.into(),
            amount: telegram.number(name::PAYMENT_AMOUNT),
            description: telegram.get(name::ORDER_DESCRIPTION),
        }
    }
}

/// Answers 422.
pub(super) fn capture(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let payment = desk.identify(request.named, TYPES, CODES)?;
    let amount = request.amount.unwrap_or(payment.amount);
    let raises = amount > payment.amount;
    check(desk, &payment, amount)?;
    vendor::ask(desk, "422")?;
    let number = transaction(desk, &payment);
    let mut change = Change::of(payment);
    if raises {
        change.enter(&TABLE, desk.by, RAISING, desk.now)?;
        change.set([(name::own::PAYPAY_RAISED_AMOUNT, amount.to_string().as_str())]);
        change.set_due(periods::consent_until(desk.now));
    } else {
        complete(desk, &mut change, amount)?;
    }
    change.set([
        (name::SALES_TRANSACTION_ID, number.as_str()),
        (name::ORDER_DESCRIPTION, request.description.unwrap_or_default()),
    ]);
    let reply = answer(request, change.payment(), &number);
    let reply = if raises { reply.with_result(ACCEPTED) } else { reply };
    Ok(Outcome::changing(vec![change], reply))
}

/// Refuses what the status, the period or the contract does not allow.
fn check(desk: &Desk<'_>, payment: &Payment, amount: u64) -> Result<(), Refusal> {
    if payment.status != AUTHORIZED {
        return Err(vendor::wrong_status(payment, "422", "20"));
    }
    let raises = amount > payment.amount;
    let until = if raises { periods::raise_until(payment) } else { periods::authorized_until(payment) };
    if desk.now > until {
        let explanation = text!(
            "PayPayの売上は {until} まで可能でした(増額は6時間前まで)。",
            "at PayPay, this capture was possible until {until} (a higher amount until six hours before the end)",
            until = until
        );
        return Err(vendor::because("売上可能期間を過ぎています", explanation));
    }
    if raises {
        desk.check_contract(PaymentType::PAYPAY, name::PAYMENT_AMOUNT, amount)?;
    }
    Ok(())
}

fn answer(request: &Request<'_>, payment: &Payment, number: &str) -> Reply {
    Reply::ok()
        .with(name::PAYMENT_ID, payment.payment_id.to_string())
        .with(name::TRADING_ID, request.named.trading_id.unwrap_or_default())
        .with(name::SALES_TRANSACTION_ID, number)
        .with(name::PAYMENT_DATE, payment.attributes.get(name::PAYMENT_DATE).unwrap_or_default())
}

/// PayPay's number of a capture or a refund: no two of a payment are of the same second and status.
pub(super) fn transaction(desk: &Desk<'_>, payment: &Payment) -> String {
    format!("{}{}", desk.now.datetime14(), cash::number("############", payment.payment_id))
}

/// The money is the shop's: this much of it.
fn complete(desk: &Desk<'_>, change: &mut Change, amount: u64) -> Result<(), Forbidden> {
    change.enter(&TABLE, desk.by, CAPTURED, desk.now)?;
    change.set_amount(amount);
    change.set([(name::PAYMENT_DATE, desk.now.datetime14().as_str()), (name::own::PAYPAY_RAISED_AMOUNT, "")]);
    change.set_due(periods::settles(change.payment()));
    Ok(())
}

/// What the buyer is asked to pay instead, in yen, while a higher amount waits for him.
pub fn raised(payment: &Payment) -> Option<u64> {
    let asked = payment.attributes.get(name::own::PAYPAY_RAISED_AMOUNT)?.parse().ok()?;
    Some(asked).filter(|_| payment.status == RAISING)
}

/// The buyer allows the higher amount in his app; nothing happens when it does not wait for that.
pub fn consent(desk: &Desk<'_>, payment_id: &str, key: &str) -> Result<Outcome, Refusal> {
    match page(desk, payment_id, key) {
        Some(page) if page.payment.status == RAISING => {
            let mut change = Change::of(page.payment);
            allow(desk, &mut change)?;
            Ok(Outcome::changing(vec![change], Reply::ok()))
        }
        _ => Ok(Outcome::reply(Reply::ok())),
    }
}

/// The capture that waited for the buyer.
pub(super) fn allow(desk: &Desk<'_>, change: &mut Change) -> Result<(), Forbidden> {
    let amount = raised(change.payment()).unwrap_or(change.payment().amount);
    complete(desk, change, amount)
}

/// The buyer has not consented in time: the authorization is what it was.
pub(super) fn lapse(desk: &Desk<'_>, change: &mut Change) -> Result<(), Forbidden> {
    change.enter(&TABLE, desk.by, AUTHORIZED, desk.now)?;
    change.set([
        (name::own::PAYPAY_RAISED_AMOUNT, ""),
        (name::SALES_TRANSACTION_ID, ""),
        (name::ORDER_DESCRIPTION, ""),
    ]);
    change.set_due(periods::expires(change.payment()));
    Ok(())
}
