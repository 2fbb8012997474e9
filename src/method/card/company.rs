//! The card company's answer to an authorization, and what it leads to.

use crate::method::Desk;
use crate::method::card::states::{APPLIED, AUTHENTICATING, AUTHORIZED, BLOCKED, CAPTURED, REFUSED};
use crate::method::card::{CardFacts, Failure, TABLE, brand, deadline, stub, token};
use crate::payment::{Change, Refusal};
use crate::wire::{Name, name};

/// Asks the card company for an authorization; a fault set for 020 comes first.
pub(super) fn ask(desk: &Desk<'_>, card: &CardFacts) -> Result<(), Failure> {
    desk.vendor("020")?;
    // Only a stored card can have expired meanwhile; 1G83 is the issuer's word for it.
    if token::months_ahead(desk.now, &card.card_valid_term).is_some_and(|ahead| ahead < 0) {
        return Err(Failure::new("2003", "1G83"));
    }
    stub::authorization(card)
}

/// Enters what the card company's answer leads to. Returns the refusal, if it refused.
pub(super) fn enter_answer(
    desk: &Desk<'_>,
    change: &mut Change,
    card: &CardFacts,
    answer: Result<(), Failure>,
    captures: bool,
) -> Result<Option<Refusal>, Refusal> {
    let refusal = match answer {
        Ok(()) => {
            grant(desk, change, card, captures)?;
            None
        }
        Err(failure) => {
            refuse(desk, change, card, &failure)?;
            Some(failure.refusal())
        }
    };
    set_deadline(desk, change);
    Ok(refusal)
}

fn grant(desk: &Desk<'_>, change: &mut Change, card: &CardFacts, captures: bool) -> Result<(), Refusal> {
    let now = desk.now.datetime14();
    change.enter(&TABLE, desk.by, AUTHORIZED, desk.now)?;
    let receipt = format!("{}{:08}", &now[..8], change.payment().payment_id.0);
    let approval = &receipt[receipt.len() - 6..];
    let granted = [
        (name::JOHO_CODE, "000"),
        (name::AUTHRIZED_NUMBER, approval),
        (name::RECEIPT_NUMBER, receipt.as_str()),
        (name::AUTHORIZED_DATE, now.as_str()),
        (name::EARLY_NOTICE_DATE, now.as_str()),
    ];
    change.set(card.attributes().into_iter().chain(granted));
    if captures {
        change.enter(&TABLE, desk.by, CAPTURED, desk.now)?;
        change.set([(name::PAYMENT_DATE, now.as_str())]);
    }
    Ok(())
}

fn refuse(desk: &Desk<'_>, change: &mut Change, card: &CardFacts, failure: &Failure) -> Result<(), Refusal> {
    let status = change.payment().status;
    // 2054: the blocker of mass transactions, which no test card sets off but a fault.
    let blocked = failure.code == "2054" && TABLE.allows(Some(status), BLOCKED, desk.by);
    // A payment that waited for its buyer cannot be applied for once more.
    if failure.code != "2003" || status == AUTHENTICATING {
        change.enter(&TABLE, desk.by, if blocked { BLOCKED } else { REFUSED }, desk.now)?;
    }
    change.set(card.attributes().into_iter().chain([(name::JOHO_CODE, failure.joho_code())]));
    Ok(())
}

/// Sets when time alone will end the status that the payment is in.
pub(super) fn set_deadline(desk: &Desk<'_>, change: &mut Change) {
    let status = change.payment().status;
    let since = if status == APPLIED { change.payment().init_date } else { desk.now };
    let due = match status {
        AUTHORIZED if brand::rules(desk.merchant, change.payment()) => Some(brand::deadline(since)),
        _ => deadline(status, since),
    };
    if let Some(due) = due {
        change.set_due(due);
    }
}

/// The card's values in an answer, as 020, 028 and 029 have them.
pub(super) fn card_reply(card: &CardFacts) -> [(Name, &str); 7] {
    let issuer = card.issuer();
    [
        (name::ISSUR_CLASS, card.issur_class()),
        (name::ACQ_ID, &issuer.acq_id),
        (name::ACQ_NAME, &issuer.acq_name),
        (name::ISSUR_NAME, &issuer.issur_name),
        (name::FINGERPRINT, &card.fingerprint),
        (name::MASKED_CARD_NUMBER, &card.masked_card_number),
        (name::CARD_VALID_TERM, &card.card_valid_term),
    ]
}
