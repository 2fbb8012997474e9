//! 422: an authorization is captured; more than what was authorized waits for the buyer's consent.

use crate::method::cash;
use crate::method::paypay::periods;
use crate::method::paypay::purchase::page;
use crate::method::paypay::states::{AUTHORIZED, CAPTURED, RAISING};
use crate::method::paypay::{CODES, TABLE, TYPES, vendor};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Forbidden, Payment, PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// `result` of a capture that waits for the buyer.
const ACCEPTED: &str = "2";

/// What a shop asks for.
pub(super) struct Capture<'a> {
    payment: Payment,
    amount: u64,
    description: Option<&'a str>,
    told_trading_id: &'a str,
}

impl<'a> Capture<'a> {
    pub(super) fn parse(desk: &Desk<'_>, telegram: &'a Telegram) -> Result<Capture<'a>, Refusal> {
        let payment = desk.identify(telegram, TYPES, CODES)?;
        Ok(Capture {
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or(payment.amount),
            description: telegram.get(name::ORDER_DESCRIPTION),
            told_trading_id: telegram.get(name::TRADING_ID).unwrap_or_default(),
            payment,
        })
    }

    /// More than what was authorized.
    fn raises(&self) -> bool {
        self.amount > self.payment.amount
    }

    fn check(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        if self.payment.status != AUTHORIZED {
            return Err(vendor::wrong_status(&self.payment, "422", "20"));
        }
        let until =
            if self.raises() { periods::raise_until(&self.payment) } else { periods::authorized_until(&self.payment) };
        if desk.now > until {
            let explanation = text!(
                "PayPayの売上は {until} まで可能でした(増額は6時間前まで)。",
                "at PayPay, this capture was possible until {until} (a higher amount until six hours before the end)",
                until = until
            );
            return Err(vendor::because("売上可能期間を過ぎています", explanation));
        }
        if self.raises() {
            desk.check_contract(PaymentType::PAYPAY, name::PAYMENT_AMOUNT, self.amount)?;
        }
        Ok(())
    }

    pub(super) fn decide(self, desk: &Desk<'_>) -> Result<Outcome, Refusal> {
        self.check(desk)?;
        vendor::ask(desk, "422")?;
        let raises = self.raises();
        let Capture { payment, amount, description, told_trading_id } = self;
        let number = transaction(desk, &payment);
        let mut change = Change::of(payment);
        if raises {
            change.enter(&TABLE, desk.by, RAISING, desk.now)?;
            change.set([(name::own::PAYPAY_RAISED_AMOUNT, amount.to_string().as_str())]);
            change.set_due(periods::consent_until(desk.now));
        } else {
            complete(desk, &mut change, amount)?;
        }
        change.set([(name::SALES_TRANSACTION_ID, number.as_str())]);
        change.set([(name::ORDER_DESCRIPTION, description.unwrap_or_default())]);
        let told = change.payment();
        let reply = Reply::ok()
            .with(name::PAYMENT_ID, told.payment_id.to_string())
            .with(name::TRADING_ID, told_trading_id)
            .with(name::SALES_TRANSACTION_ID, number)
            .with(name::PAYMENT_DATE, told.attributes.get(name::PAYMENT_DATE).unwrap_or_default());
        let reply = if raises { reply.with_result(ACCEPTED) } else { reply };
        Ok(Outcome::changing(vec![change], reply))
    }
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
