//! What a bank, the test tool or the merchants' site does to a virtual account payment.

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::method::cash::typed;
use crate::method::virtual_account::deposit::{self, Deposit};
use crate::method::virtual_account::{TABLE, accounts, pass};
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, PaymentType, Status, Trigger};
use crate::wire::Reply;

/// The payer's inputs and their greatest lengths.
const FROM: [(&str, usize); 3] =
    [("transfer_client_name", 48), ("transfer_bank_name", 15), ("transfer_branch_name", 15)];

fn transfer_date() -> UpdateInput {
    UpdateInput::text("transfer_date", "振込日", "Transfer date", "YYYYMMDD")
}

/// The inputs of the test tool's screen.
pub(super) fn inputs(payment: &Payment, to: Status) -> Vec<UpdateInput> {
    match to {
        Status(40) => {
            let claim = payment.attributes.get("claim_amount").unwrap_or_default();
            let amount = UpdateInput::text("payment_amount", "決済金額", "Amount transferred", "半角数字");
            vec![amount.filled_with(claim), transfer_date()]
        }
        _ => Vec::new(),
    }
}

/// Leads a payment to a status.
pub(super) fn update(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let (from, to) = (payment.status, update.payment_status);
    if !TABLE.allows(Some(from), to, desk.by) {
        let by = desk.by;
        return Err(UpdateError::forbidden(format!(
            "a virtual account payment in status {from} cannot go to {to} by {by}"
        )));
    }
    if to != Status(40) {
        let mut change = Change::of(payment);
        let records = pass(desk, &mut change, to)?;
        return Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) });
    }
    if desk.by == Trigger::MerchantSite {
        return clear_by_hand(desk, payment, update);
    }
    let claim = payment.attributes.get("claim_amount").unwrap_or_default();
    let amount = amount(update.input("payment_amount").unwrap_or(claim))?;
    let typed = typed::date(update, "transfer_date")?.or(typed::date(update, "payment_date")?);
    let mut from = from_of(update)?;
    if from[0].is_empty() {
        payment.attributes.get("billing_name_kana").unwrap_or_default().clone_into(&mut from[0]);
    }
    let date = typed.unwrap_or(desk.now);
    // A date is typed without a time: a transfer of the day of the application is not before it.
    let mut warnings = typed::warnings(desk, &payment, typed.map(Moment::end_of_day))?;
    let deposit = Deposit { amount, transfer_date: date, noticed: date, from };
    let target = match desk.by {
        Trigger::Vendor => {
            let number = payment.attributes.get("virtual_account_number").unwrap_or_default();
            deposit::best_match(desk, number, amount).unwrap_or(payment)
        }
        _ => payment,
    };
    let mut outcome = deposit::clear(desk, target, &deposit)?;
    warnings.append(&mut outcome.warnings);
    Ok(Outcome { warnings, ..outcome })
}

/// 手動消込: no transfer belongs to it, so the amount is 0.
fn clear_by_hand(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let detail = update.input("clear_detail").unwrap_or("06");
    if !matches!(detail, "06" | "07" | "08") {
        let reason = "must be 06 (equal), 07 (short) or 08 (too much)";
        return Err(UpdateError::invalid("clear_detail", reason));
    }
    let records = accounts::release(desk, &payment);
    let mut change = Change::of(payment);
    change.enter(&TABLE, desk.by, Status(40), desk.now)?;
    change.set_amount(0);
    let now = desk.now.datetime14();
    change.set([("clear_detail", detail), ("payment_date", now.as_str()), ("virtual_account_status", "1")]);
    Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
}

fn amount(text: &str) -> Result<u64, UpdateError> {
    let amount = text.parse().ok().filter(|amount| (1..=999_999_999).contains(amount));
    amount.ok_or_else(|| UpdateError::invalid("payment_amount", format!("{text:?} is not an amount of at least 1 yen")))
}

/// The payer's name, bank and branch, in half-width characters.
fn from_of(update: &Update) -> Result<[String; 3], UpdateError> {
    let mut from = <[String; 3]>::default();
    for ((name, max), value) in FROM.into_iter().zip(&mut from) {
        let text = update.input(name).unwrap_or_default();
        let half_width = text.chars().all(|c| matches!(c, ' '..='~' | '｡'..='ﾟ'));
        if !half_width || text.chars().count() > max {
            return Err(UpdateError::invalid(name, format!("must be at most {max} half-width characters")));
        }
        text.clone_into(value);
    }
    Ok(from)
}

/// The inputs of 仮想口座データ生成画面, in its order.
pub(super) fn appear_inputs() -> Vec<UpdateInput> {
    let site = vec![(String::new(), "基本サイト".to_owned())];
    let kana = "半角英数カナ";
    let text = UpdateInput::text;
    vec![
        text("site_id", "サイト", "Site", "").with_choices(site),
        transfer_date().required(),
        text("payment_amount", "決済金額", "Amount transferred", "半角数字").required(),
        text("transfer_client_name", "振込依頼人名", "Payer", kana),
        text("transfer_bank_name", "振込元金融機関名", "Payer's bank", kana),
        text("transfer_branch_name", "振込元金融機関支店名", "Payer's branch", kana),
        text("virtual_account_bank_code", "仮想口座金融機関コード", "Bank of the account", "半角数字4桁").required(),
        text("virtual_account_branch_code", "仮想口座支店コード", "Branch of the account", "半角数字3桁").required(),
        text("virtual_account_number", "仮想口座番号", "Account number", "半角数字7桁").required(),
    ]
}

/// A transfer to an account. The tool makes one that fits no claim; a bank's is matched first.
pub(super) fn appear(desk: &Desk<'_>, inputs: &BTreeMap<String, String>) -> Result<Outcome, UpdateError> {
    desk.check_payment_type(PaymentType::VIRTUAL_ACCOUNT)?;
    let inputs = Update { payment_status: Status(40), inputs: inputs.clone() };
    let needed = |name: &str| inputs.input(name).ok_or_else(|| UpdateError::invalid(name, "must be given"));
    needed("transfer_date")?;
    let date = typed::date(&inputs, "transfer_date")?.unwrap_or(desk.now);
    let amount = amount(needed("payment_amount")?)?;
    let from = from_of(&inputs)?;
    let [bank, branch, number] = [
        needed("virtual_account_bank_code")?,
        needed("virtual_account_branch_code")?,
        needed("virtual_account_number")?,
    ];
    if !accounts::is_own(desk, bank, branch, number) {
        let reason = format!("{bank}-{branch}-{number} is no account of the merchant's; 070 names one");
        return Err(UpdateError::invalid("virtual_account_number", reason));
    }
    let deposit = Deposit { amount, transfer_date: date, noticed: desk.now, from };
    match deposit::best_match(desk, number, amount).filter(|_| desk.by == Trigger::Vendor) {
        Some(payment) => Ok(deposit::clear(desk, payment, &deposit)?),
        None => Ok(deposit::unclaimed(desk, number, inputs.input("site_id"), &deposit)?),
    }
}
