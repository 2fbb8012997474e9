//! A payment that ended in an input error is tried again: 020 with `payment_id` (`card_states.md` section 4).

use crate::method::Desk;
use crate::method::card::states::{APPLIED, REFUSED};
use crate::method::card::{TABLE, TYPES};
use crate::payment::{Change, Payment, Refusal};
use crate::text::{Text, text};
use crate::wire::{Name, name};

/// How often a payment may be tried again.
const MOST: u8 = 3;
/// The attribute that counts how often it was.
const RETRIED: Name = name::own::RETRIES;

/// A payment that ended in an input error, tried again.
pub(super) enum Retry {
    /// The card company is to be asked again.
    Ready(Change),
    /// Tried too often.
    Refused(Change, Refusal),
}

/// The payment that a retry names: 2001 with P901 to P903.
pub(super) fn retry(desk: &Desk<'_>, id: &str) -> Result<Retry, Refusal> {
    let payment = id.parse().ok().and_then(|id| desk.payment(id)).filter(|p| TYPES.contains(&p.payment_type));
    let refuse = |detail: &str, rule: Text| Refusal::with_detail("2001", detail, rule);
    let Some(payment) = payment else {
        let rule = text!(
            "payment_id に該当するカード決済がありません。新規の申込では payment_id を空にしてください。",
            "payment_id names no card payment of the merchant; leave it empty for a new payment"
        );
        return Err(refuse("P901", rule));
    };
    if payment.status != APPLIED {
        let rule = text!(
            "再申込できるのはステータス 10 の決済だけです。この決済はステータス {status} です。",
            "only a payment in status 10 can be tried again; this one is in {status}",
            status = payment.status
        );
        return Err(refuse("P902", rule));
    }
    let tried = payment.attributes.get(RETRIED).and_then(|count| count.parse().ok()).unwrap_or(0u8);
    let mut change = Change::of(payment);
    if tried >= MOST {
        change.enter(&TABLE, desk.by, REFUSED, desk.now)?;
        let rule = text!("この決済はすでに3回再申込されています。", "the payment was tried again three times already");
        return Ok(Retry::Refused(change, refuse("P903", rule)));
    }
    change.set([(RETRIED, (tried + 1).to_string().as_str())]);
    Ok(Retry::Ready(change))
}

/// Whether a payment was tried before.
pub(super) fn was_tried(payment: &Payment) -> bool {
    payment.attributes.get(RETRIED).is_some()
}
