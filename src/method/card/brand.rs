//! The brand rule of VISA and Mastercard (PIF): an authorization that is not captured in time is cancelled (`observed.md`
//! section 6). It holds for merchants that it was applied to.

use crate::clock::Moment;
use crate::merchant::Merchant;
use crate::method::card::settlement::Settlement;
use crate::method::card::states::{CANCELLED, EXPIRED};
use crate::method::card::{CardFacts, TABLE, stub};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, Refusal, Trigger};
use crate::wire::{Reply, name};

/// For how many days an authorization of these brands stands.
const DAYS: i64 = 25;
/// The brands.
const BRANDS: [&str; 2] = ["VISA", "MASTER"];

/// Whether the rule holds for a payment.
pub(super) fn rules(merchant: &Merchant, payment: &Payment) -> bool {
    let brand = || CardFacts::of(&payment.attributes).map(|card| card.issuer().brand.as_str());
    merchant.contracts.brand_rule && brand().is_some_and(|brand| BRANDS.contains(&brand))
}

/// When an authorization that was given at a moment is cancelled: the first second after the last day that counts.
pub(super) fn deadline(since: Moment) -> Moment {
    since.start_of_day().plus_days(DAYS + 1)
}

/// Cancels an authorization: 32, or 33 where the card company refuses.
pub(super) fn cancel(desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
    let released = stub::operation(desk, Settlement::Cancel, &payment).is_ok();
    let mut change = Change::of(payment);
    change.enter(&TABLE, Trigger::Clock, if released { CANCELLED } else { EXPIRED }, desk.now)?;
    if released {
        change.set([(name::CANCEL_DATE, desk.now.datetime14().as_str())]);
    }
    Ok(Outcome::changing(vec![change], Reply::ok()))
}
