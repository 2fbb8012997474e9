//! Card payments that shoppers make on hosted pages: the same judgement as 020's, without a telegram.

use crate::method::Desk;
use crate::method::card::company::{self, enter_answer, set_deadline};
use crate::method::card::retry::{Retry, retry, was_tried};
use crate::method::card::states::{APPLIED, AUTHENTICATING, REFUSED};
use crate::method::card::three_d_secure::{self, Verdict, classic};
use crate::method::card::{CardFacts, TABLE};
use crate::payment::{Change, PaymentId, Refusal};
use crate::text::text;
use crate::wire::Name;

/// What a shopper applies for.
pub(crate) struct Application<'a> {
    /// マーチャント取引ID.
    pub(crate) trading_id: &'a str,
    /// In yen.
    pub(crate) amount: u64,
    /// A payment that ended in an input error and is tried again.
    pub(crate) retry: Option<PaymentId>,
    /// Values that the payment keeps under their wire names.
    pub(crate) values: Vec<(Name, &'a str)>,
}

/// A payment that is applied for, or one that may not be tried again.
pub(crate) enum Applied {
    /// In status 10, to be authorized.
    Ready(Change),
    /// Refused without asking the card company.
    Refused(Change, Refusal),
}

/// Applies for a card payment.
pub(crate) fn apply(desk: &Desk<'_>, application: &Application<'_>) -> Result<Applied, Refusal> {
    let mut change = match application.retry {
        None => desk.create(&TABLE, APPLIED, Some(application.trading_id), application.amount)?,
        Some(id) => match retry(desk, &id.to_string())? {
            Retry::Ready(change) => change,
            Retry::Refused(change, refusal) => return Ok(Applied::Refused(change, refusal)),
        },
    };
    change.set(application.values.iter().copied());
    Ok(Applied::Ready(change))
}

/// Asks the card company, and enters what its answer leads to. Returns the refusal, if it refused.
pub(crate) fn authorize(
    desk: &Desk<'_>,
    change: &mut Change,
    card: &CardFacts,
    capture: bool,
) -> Result<Option<Refusal>, Refusal> {
    enter_answer(desk, change, card, company::ask(desk, card), capture)
}

/// Sends the shopper to the issuer's pages: the payment waits for what comes back. The shop hears nothing of it before: a
/// buyer who gives up there leaves no order (`observed.md` section 4).
pub(crate) fn await_authentication(desk: &Desk<'_>, change: &mut Change, card: &CardFacts) -> Result<(), Refusal> {
    change.enter(&TABLE, desk.by, AUTHENTICATING, desk.now)?;
    change.keep_quiet();
    change.set(card.attributes());
    set_deadline(desk, change);
    Ok(())
}

/// The shopper is back: authorizes, unless the authentication failed or the contract does not let such an attempt pass.
pub(crate) fn authenticated(
    desk: &Desk<'_>,
    change: &mut Change,
    card: &CardFacts,
    verdict: &Verdict,
    capture: bool,
) -> Result<Option<Refusal>, Refusal> {
    let refusal = if verdict.result == "0" {
        change.set(three_d_secure::attributes(verdict));
        classic::refused(desk, &verdict.attempt_kbn)
    } else {
        let rule = text!(
            "カード発行会社でお客様の本人認証 (3Dセキュア) が成立しませんでした。",
            "the issuer did not authenticate the shopper (3-D Secure)"
        );
        Some(Refusal::with_detail("2001", "1511", rule))
    };
    match refusal {
        None => {
            // A payment that was tried before without authentication has told its beginning.
            if !was_tried(change.payment()) {
                change.tell_late();
            }
            authorize(desk, change, card, capture)
        }
        Some(refusal) => {
            change.enter(&TABLE, desk.by, REFUSED, desk.now)?;
            Ok(Some(refusal))
        }
    }
}
