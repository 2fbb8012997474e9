//! What `fixtures/paidy.toml` says: test accounts and periods.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

/// The facts of Paidy's test environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The four digits that are accepted in place of an SMS.
    pub code: String,
    /// How long an authorization can be captured or cancelled.
    pub(super) authorization_days: i64,
    /// How long a captured payment can be refunded.
    pub(super) refund_days: i64,
    /// How late a late webhook is.
    pub late_webhook_minutes: i64,
    /// When the gateway asks Paidy again after a time-out.
    pub(super) follow_up_minutes: i64,
    /// The buyers that Paidy's test environment knows.
    pub account: Vec<Account>,
}

/// A buyer of Paidy's test environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Mail address.
    pub mail: String,
    /// Mobile number.
    pub phone: String,
    /// Whether Paidy refuses this buyer's checkouts.
    pub rejected: bool,
}

/// The facts of Paidy's test environment.
pub fn facts() -> &'static Facts {
    static FACTS: LazyLock<Facts> = LazyLock::new(|| fixtures::parse(fixtures::PAIDY));
    &FACTS
}
