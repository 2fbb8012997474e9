//! What a bank, the test tool or the merchants' site does to an ATM payment.

use crate::method::atm::{APPLIED, CLEARED, TABLE};
use crate::method::cash::banks::{banks, is_bank_code, no_bank_code};
use crate::method::cash::typed;
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, Status, Trigger};
use crate::text::text;
use crate::wire::{Reply, name};

/// The inputs of the test tool's screen.
pub(super) fn inputs(payment: &Payment, to: Status) -> Vec<UpdateInput> {
    match (payment.status, to) {
        (APPLIED, CLEARED) => vec![
            UpdateInput::text(name::BANK_CODE, "金融機関コード", "Bank code", "半角英数 4桁")
                .filled_with(&banks().atm.usual_bank),
            typed::time_input("入金日時", "Paid at"),
        ],
        _ => Vec::new(),
    }
}

/// Leads a payment to a status.
pub(super) fn update(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let limit = typed::limit(&payment).filter(|limit| desk.by == Trigger::Vendor && desk.now > *limit);
    if let Some(limit) = limit {
        return Err(UpdateError::forbidden(text!(
            "支払期限 {limit} を過ぎているため、ATMで支払えません（現在 {now}）。",
            "ATMs take the numbers until {limit}, it is {now}",
            limit = limit,
            now = desk.now
        )));
    }
    let mut warnings = Vec::new();
    let mut change = Change::of(payment.clone());
    change.enter(&TABLE, desk.by, update.payment_status, desk.now)?;
    if update.payment_status == CLEARED {
        let bank = bank(update)?;
        let paid = typed::time(update, &[name::PAYMENT_DATE])?;
        warnings = typed::warnings(desk, &payment, paid)?;
        let paid = paid.unwrap_or(desk.now).datetime14();
        change.set([(name::BANK_CODE, bank.as_str()), (name::PAYMENT_DATE, paid.as_str())]);
    }
    Ok(Outcome { warnings, ..Outcome::changing(vec![change], Reply::ok()) })
}

/// Where the payment was made. Banks of the list that have no ATMs for it are refused, as are all direct links.
fn bank(update: &Update) -> Result<String, UpdateError> {
    let Some(code) = update.input(name::BANK_CODE) else { return Ok(banks().atm.usual_bank.clone()) };
    if !is_bank_code(code) {
        return Err(UpdateError::invalid(name::BANK_CODE, no_bank_code(code)));
    }
    let known_without_atm = banks().find(code).is_some_and(|bank| !bank.atm && bank.group.is_empty());
    if code.starts_with('D') || known_without_atm {
        let usable: Vec<String> =
            banks().bank.iter().filter(|bank| bank.atm).map(|bank| format!("{} {}", bank.code, bank.name)).collect();
        let reason = text!(
            "{code} は試験環境のATM決済では利用できません。利用できる金融機関: {usable}",
            "{code} takes no ATM payments in the test environment; these do: {usable}",
            code = code,
            usable = usable.join(", ")
        );
        return Err(UpdateError::invalid(name::BANK_CODE, reason));
    }
    Ok(code.to_owned())
}
