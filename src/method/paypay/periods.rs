//! How long what is possible: five minutes, six hours, 30, 31 and 365 days (`fixtures/paypay.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::clock::Moment;
use crate::fixtures;
use crate::payment::Payment;
use crate::wire::{Name, name};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    purchase_minutes: i64,
    authorization_days: i64,
    expiry_days: i64,
    consent_hours: i64,
    refund_days: i64,
    partial_refunds: u32,
}

fn facts() -> &'static Facts {
    static FACTS: LazyLock<Facts> = LazyLock::new(|| fixtures::parse(fixtures::PAYPAY));
    &FACTS
}

/// How often a part of a payment can be refunded.
pub(super) fn partial_refunds() -> u32 {
    facts().partial_refunds
}

/// The last moment at which the buyer can pay.
pub fn purchase_until(payment: &Payment) -> Moment {
    payment.init_date.plus_minutes(facts().purchase_minutes)
}

/// The last moment at which an authorization can be captured or cancelled: the same time of day, 30 days later.
pub(super) fn authorized_until(payment: &Payment) -> Moment {
    dated(payment, name::AUTHORIZED_DATE).plus_days(facts().authorization_days)
}

/// The last moment at which more than what was authorized can be asked for.
pub(super) fn raise_until(payment: &Payment) -> Moment {
    authorized_until(payment).plus_minutes(-60 * facts().consent_hours)
}

/// When the buyer has not consented to more.
pub(super) fn consent_until(asked: Moment) -> Moment {
    asked.plus_minutes(60 * facts().consent_hours)
}

/// When an authorization has expired: the midnight after the last day.
pub(super) fn expires(payment: &Payment) -> Moment {
    dated(payment, name::AUTHORIZED_DATE).start_of_day().plus_days(facts().expiry_days + 1)
}

/// When a payment can no longer be refunded: the midnight after the last day. What is left after a refund of a part
/// counts from the purchase, too.
pub(super) fn settles(payment: &Payment) -> Moment {
    dated(payment, name::PAYMENT_DATE).start_of_day().plus_days(facts().refund_days + 1)
}

fn dated(payment: &Payment, name: Name) -> Moment {
    payment.attributes.get(name).and_then(Moment::parse_datetime14).unwrap_or(payment.init_date)
}
