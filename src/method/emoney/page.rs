//! WebMoney's test screen: pays, or gives up (`[test_screen]`, `[[callback]]`).

use crate::method::cash;
use crate::method::emoney::{self, APPLIED, CLEARED, TABLE, facts, refund_deadline};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, name};

/// The attribute that says that the buyer gave up: no status tells it, but the payment is dead.
const GIVEN_UP: Name = name::own::EMONEY_GIVEN_UP;
/// The attribute that keeps what the screen chose for later refunds.
pub(super) const OUTCOME: Name = name::own::EMONEY_OUTCOME;

/// What the screen shows.
#[derive(Clone, Debug)]
pub struct Screen {
    /// The payment.
    pub payment: Payment,
    /// Whether it can still be paid.
    pub open: bool,
}

/// What can happen to later refunds, in the screen's order.
pub fn outcomes() -> &'static [emoney::Outcome] {
    &facts().outcome
}

/// The screen of a page's URL; `None` for a wrong URL.
pub fn screen(desk: &Desk<'_>, payment_id: &str, key: &str) -> Option<Screen> {
    let payment = desk.payment(payment_id.parse().ok()?)?;
    if payment.payment_type != PaymentType::EMONEY || cash::page_key(desk, "webmoney", payment.payment_id) != key {
        return None;
    }
    let in_time = desk.now <= payment.init_date.plus_minutes(facts().valid_minutes);
    let open = payment.status == APPLIED && in_time && payment.attributes.get(GIVEN_UP).is_none();
    Some(Screen { payment, open })
}

impl Screen {
    /// Where the browser goes: to `return_url` when it is paid, otherwise to `cancel_url`.
    pub fn target(&self) -> String {
        let text = |name: Name| self.payment.attributes.get(name).unwrap_or_default();
        let payment_id = self.payment.payment_id.to_string();
        let trading_id = self.payment.trading_id.as_deref().unwrap_or_default();
        let ids = [(name::PAYMENT_ID, payment_id.as_str()), (name::TRADING_ID, trading_id)];
        if self.payment.status == APPLIED {
            return cash::with_query(text(name::CANCEL_URL), &ids);
        }
        let more = [
            (name::EMONEY_USER_ID, text(name::EMONEY_USER_ID)),
            (name::EMONEY_PAYMENT_ID, text(name::EMONEY_PAYMENT_ID)),
            (name::ACCEPT_DATE, text(name::PAYMENT_DATE)),
        ];
        cash::with_query(text(name::RETURN_URL), &[&ids[..], &more[..]].concat())
    }
}

fn known(desk: &Desk<'_>, payment_id: &str, key: &str) -> Result<Screen, Refusal> {
    let unknown = || Refusal::new("11001", text!("該当する決済がありません。", "there is no such payment"));
    screen(desk, payment_id, key).ok_or_else(unknown)
}

/// The buyer completes the payment; later refunds go as was chosen. What was completed before stays.
pub fn complete(desk: &Desk<'_>, payment_id: &str, key: &str, outcome: &str) -> Result<Outcome, Refusal> {
    let screen = known(desk, payment_id, key)?;
    if !screen.open {
        return Ok(Outcome::reply(Reply::ok()));
    }
    let mut change = Change::of(screen.payment);
    change.enter(&TABLE, desk.by, CLEARED, desk.now)?;
    pay(desk, &mut change);
    change.set([(OUTCOME, outcome)]);
    Ok(Outcome::changing(vec![change], Reply::ok()))
}

/// What WebMoney reports with a completed payment.
pub(super) fn pay(desk: &Desk<'_>, change: &mut Change) {
    let id = change.payment().payment_id;
    let now = desk.now.datetime14();
    let deal = format!("WM{now}{:09}", id.0 % 1_000_000_000);
    change.set([
        (name::AUTHORIZED_DATE, now.as_str()),
        (name::PAYMENT_DATE, now.as_str()),
        (name::EMONEY_USER_ID, cash::number("################", id).as_str()),
        (name::EMONEY_PAYMENT_ID, deal.as_str()),
    ]);
    change.set_due(refund_deadline(desk.now));
}

/// The buyer gives up: the payment stays in 10, but can no longer be paid.
pub fn abort(desk: &Desk<'_>, payment_id: &str, key: &str) -> Result<Outcome, Refusal> {
    let screen = known(desk, payment_id, key)?;
    if !screen.open {
        return Ok(Outcome::reply(Reply::ok()));
    }
    let mut change = Change::of(screen.payment);
    change.set([(GIVEN_UP, "1")]);
    Ok(Outcome::changing(vec![change], Reply::ok()))
}
