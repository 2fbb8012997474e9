//! What the buyer does on PayPay's pages: he pays, is refused, or lets his time pass.

use crate::method::cash;
use crate::method::paypay::periods::{self, purchase_until};
use crate::method::paypay::states::{APPLIED, AUTHORIZED, CAPTURED, REFUSED};
use crate::method::paypay::{CODES, TABLE};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Forbidden, Payment, PaymentType, Refusal, Status};
use crate::text::text;
use crate::wire::{Name, Reply, name};

/// What the keys of PayPay's pages are made for.
pub(super) const PAGE: &str = "paypay";
/// The value of 売上方式 of a payment that is captured when the shop ships; others have none.
pub(super) const SHIPPING: &str = "shipping";
/// PayPay's number of a purchase.
const NUMBER: &str = "##############";

/// A payment as PayPay's pages show it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The payment.
    pub payment: Payment,
    /// Whether the buyer can still pay.
    pub open: bool,
}

/// The page of a URL; `None` for a wrong URL.
pub fn page(desk: &Desk<'_>, payment_id: &str, key: &str) -> Option<Page> {
    let payment = desk.payment(payment_id.parse().ok()?)?;
    if payment.payment_type != PaymentType::PAYPAY || cash::page_key(desk, PAGE, payment.payment_id) != key {
        return None;
    }
    let open = is_open(desk, &payment);
    Some(Page { payment, open })
}

/// PayPay forgets a purchase that was not made in time; the gateway's payment stays where it is.
pub(super) fn is_open(desk: &Desk<'_>, payment: &Payment) -> bool {
    let void = payment.attributes.get(name::own::PAYPAY_VOID).is_some();
    payment.status == APPLIED && desk.now <= purchase_until(payment) && !void
}

impl Page {
    /// Where the browser goes: to `cancel_url` after a refusal, otherwise to `return_url`. No hash protects it.
    pub fn target(&self) -> String {
        let text = |name: Name| self.payment.attributes.get(name).unwrap_or_default();
        let payment_id = self.payment.payment_id.to_string();
        let mut values = vec![(name::PAYMENT_ID, payment_id.as_str())];
        values.extend(self.payment.trading_id.as_deref().map(|trading_id| (name::TRADING_ID, trading_id)));
        if self.payment.status == REFUSED {
            return cash::with_query(text(name::CANCEL_URL), &values);
        }
        values.push((name::PAYPAY_PAYMENT_ID, text(name::PAYPAY_PAYMENT_ID)));
        values.push((name::ACCEPT_DATE, text(name::AUTHORIZED_DATE)));
        cash::with_query(text(name::RETURN_URL), &values)
    }

    /// Whether the link type's pages sent the buyer here, to which he returns.
    pub fn is_hosted(&self) -> bool {
        self.payment.attributes.get(name::RETURN_URL).is_some_and(|url| url.starts_with('/'))
    }

    /// Whether the shop captures when it ships.
    pub fn ships_first(&self) -> bool {
        ships_first(&self.payment)
    }
}

pub(super) fn ships_first(payment: &Payment) -> bool {
    payment.attributes.get(name::own::PAYPAY_SALE) == Some(SHIPPING)
}

/// The status of a payment that the buyer has made.
pub(super) fn bought(payment: &Payment) -> Status {
    if ships_first(payment) { AUTHORIZED } else { CAPTURED }
}

/// What a buyer can do while a payment is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// He pays.
    Pay,
    /// PayPay refuses him.
    Refuse,
    /// He lets so much time pass that PayPay forgets the purchase.
    Wait,
}

/// The buyer's step on the pages. What was decided before stays.
pub fn decide(desk: &Desk<'_>, payment_id: &str, key: &str, step: Step) -> Result<Outcome, Refusal> {
    let page = page(desk, payment_id, key).ok_or_else(|| {
        Refusal::new(CODES.unknown, text!("該当するPayPayの決済がありません。", "there is no such PayPay payment"))
    })?;
    if !page.open {
        return Ok(Outcome::reply(Reply::ok()));
    }
    let mut change = Change::of(page.payment);
    match step {
        Step::Pay => buy(desk, &mut change)?,
        Step::Refuse => change.enter(&TABLE, desk.by, REFUSED, desk.now)?,
        Step::Wait => change.set([(name::own::PAYPAY_VOID, "1")]),
    }
    Ok(Outcome::changing(vec![change], Reply::ok()))
}

/// PayPay has taken the money, or holds it for the shop.
pub(super) fn buy(desk: &Desk<'_>, change: &mut Change) -> Result<(), Forbidden> {
    let to = bought(change.payment());
    change.enter(&TABLE, desk.by, to, desk.now)?;
    let now = desk.now.datetime14();
    let number = cash::number(NUMBER, change.payment().payment_id);
    change.set([(name::AUTHORIZED_DATE, now.as_str()), (name::PAYPAY_PAYMENT_ID, number.as_str())]);
    if to == CAPTURED {
        change.set([(name::PAYMENT_DATE, now.as_str())]);
        change.set_due(periods::settles(change.payment()));
    } else {
        change.set_due(periods::expires(change.payment()));
    }
    Ok(())
}
