//! 421: an authorization is cancelled, or captured money is given back, all of it or a part.

use crate::method::paypay::capture::transaction;
use crate::method::paypay::periods;
use crate::method::paypay::states::{AUTHORIZED, CANCELLED, CAPTURED, REFUNDED};
use crate::method::paypay::{CODES, TABLE, TYPES, vendor};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, PaymentId, Refusal};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// What a shop asks for.
pub(super) struct Refund<'a> {
    payment: Payment,
    amount: u64,
    told_trading_id: &'a str,
}

impl<'a> Refund<'a> {
    pub(super) fn parse(desk: &Desk<'_>, telegram: &'a Telegram) -> Result<Refund<'a>, Refusal> {
        let payment = desk.identify(telegram, TYPES, CODES)?;
        Ok(Refund {
            amount: telegram.number(name::REPAYMENT_AMOUNT).unwrap_or(payment.amount),
            told_trading_id: telegram.get(name::TRADING_ID).unwrap_or_default(),
            payment,
        })
    }

    pub(super) fn decide(self, desk: &Desk<'_>) -> Result<Outcome, Refusal> {
        match self.payment.status {
            AUTHORIZED => self.cancel(desk),
            CAPTURED => self.give_back(desk),
            _ => Err(vendor::wrong_status(&self.payment, "421", "20, 40")),
        }
    }

    /// A cancel is always whole: the amount is not looked at.
    fn cancel(self, desk: &Desk<'_>) -> Result<Outcome, Refusal> {
        let until = periods::authorized_until(&self.payment);
        if desk.now > until {
            let explanation = text!(
                "PayPayの取消は {until} まで可能でした。",
                "at PayPay, the cancel was possible until {until}",
                until = until
            );
            return Err(vendor::because("取消可能期間を過ぎています", explanation));
        }
        vendor::ask(desk, "421")?;
        let number = transaction(desk, &self.payment);
        let mut change = Change::of(self.payment);
        change.enter(&TABLE, desk.by, CANCELLED, desk.now)?;
        change.set([
            (name::CANCEL_DATE, desk.now.datetime14().as_str()),
            (name::REPAYMENT_TRANSACTION_ID, number.as_str()),
        ]);
        let reply = answer(desk, change.payment().payment_id, self.told_trading_id, &number);
        Ok(Outcome::changing(vec![change], reply))
    }

    fn give_back(self, desk: &Desk<'_>) -> Result<Outcome, Refusal> {
        let Refund { payment, amount, told_trading_id } = self;
        let Some(rest) = payment.amount.checked_sub(amount) else {
            let explanation = text!(
                "返金金額{amount}円が決済金額{has}円を超えています。",
                "{amount} yen are more than the payment's {has} yen",
                amount = amount,
                has = payment.amount
            );
            return Err(Refusal::new("33007", explanation));
        };
        let earlier = refunds(&payment);
        if rest > 0 && earlier >= periods::partial_refunds() {
            let explanation = text!(
                "一部返金は{limit}回までです。残額の全額返金は可能です。",
                "parts can be refunded {limit} times; the whole rest still can",
                limit = periods::partial_refunds()
            );
            return Err(Refusal::new("33009", explanation));
        }
        vendor::ask(desk, "421")?;
        let number = transaction(desk, &payment);
        let left = (rest > 0).then(|| remainder(desk, &payment, rest, earlier + 1)).transpose()?;
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
        let told = left.as_ref().unwrap_or(&old).payment().payment_id;
        let reply = answer(desk, told, told_trading_id, &number);
        Ok(Outcome::changing([Some(old), left].into_iter().flatten().collect(), reply))
    }
}

fn answer(desk: &Desk<'_>, payment_id: PaymentId, trading_id: &str, number: &str) -> Reply {
    Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, trading_id)
        .with(name::REPAYMENT_TRANSACTION_ID, number)
        .with(name::CANCEL_DATE, desk.now.datetime14())
}

/// How many parts were refunded before.
fn refunds(payment: &Payment) -> u32 {
    payment.attributes.get(name::own::PAYPAY_REFUNDS).and_then(|count| count.parse().ok()).unwrap_or_default()
}

/// The payment that holds what is left. It points to the first one, whose dates and numbers it has, not to the one
/// whose place it takes.
fn remainder(desk: &Desk<'_>, old: &Payment, rest: u64, refunds: u32) -> Result<Change, Refusal> {
    let mut left = desk.create_successor(&TABLE, CAPTURED, old, rest)?;
    left.set_init_date(old.init_date);
    left.set_named(old.attributes.iter());
    let of_first = old.attributes.get(name::BASE_PAYMENT_AMOUNT).map_or_else(|| old.amount.to_string(), str::to_owned);
    left.set([
        (name::BASE_PAYMENT_AMOUNT, of_first.as_str()),
        (name::own::PAYPAY_REFUNDS, refunds.to_string().as_str()),
    ]);
    left.set_due(periods::settles(left.payment()));
    Ok(left)
}
