//! What a bank, the test tool or the merchants' site does to an internet banking payment.

use crate::method::cash::banks::{is_bank_code, no_bank_code};
use crate::method::cash::typed;
use crate::method::net_bank::{CLEARED, TABLE};
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, Status, Trigger};
use crate::text::text;
use crate::wire::{Reply, name};

/// The inputs of the test tool's screen; the bank is the one that the buyer picked unless somebody says otherwise.
pub(super) fn inputs(payment: &Payment, to: Status) -> Vec<UpdateInput> {
    match to {
        CLEARED => vec![
            UpdateInput::text(name::BANK_CODE, "金融機関コード", "Bank code", "半角英数 4桁")
                .filled_with(Some(chosen(payment)).filter(|code| !is_direct(code)).unwrap_or_default())
                .optional(),
            typed::time_input("入金日時", "Paid at"),
        ],
        _ => Vec::new(),
    }
}

/// Whether a code is one of a bank with a direct link; the tool does not take them (`observed.md` section 3).
fn is_direct(code: &str) -> bool {
    code.starts_with('D')
}

fn chosen(payment: &Payment) -> &str {
    payment.attributes.get(name::BANK_CODE).unwrap_or_default()
}

/// Leads a payment to a status.
pub(super) fn update(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let mut warnings = Vec::new();
    let mut change = Change::of(payment.clone());
    change.enter(&TABLE, desk.by, update.payment_status, desk.now)?;
    if update.payment_status == CLEARED {
        let bank = update.input(name::BANK_CODE).unwrap_or(chosen(&payment));
        if !is_bank_code(bank) {
            return Err(UpdateError::invalid(name::BANK_CODE, no_bank_code(bank)));
        }
        if desk.by == Trigger::Tool && update.input(name::BANK_CODE).is_some_and(is_direct) {
            let reason = text!(
                "{bank}: 試験環境ツールでは、D で始まるダイレクト接続の金融機関コードは指定できません。",
                "{bank}: the tool takes no codes of banks with a direct link, which begin with D",
                bank = bank
            );
            return Err(UpdateError::invalid(name::BANK_CODE, reason));
        }
        let paid = typed::time(update, &[name::PAYMENT_DATE])?;
        warnings = typed::warnings(desk, &payment, paid)?;
        let paid = paid.unwrap_or(desk.now).datetime14();
        change.set([(name::BANK_CODE, bank), (name::PAYMENT_DATE, paid.as_str())]);
    }
    Ok(Outcome { warnings, ..Outcome::changing(vec![change], Reply::ok()) })
}
