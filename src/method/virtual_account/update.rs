//! What a bank, the test tool or the merchants' site does to a virtual account payment.

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::method::cash::typed;
use crate::method::virtual_account::deposit::{self, Deposit};
use crate::method::virtual_account::{CLEARED, TABLE, accounts, pass};
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Forbidden, Payment, PaymentType, Status, Trigger};
use crate::text::{Text, text};
use crate::wire::{Name, Reply, name};

/// The payer's inputs and their greatest lengths.
const FROM: [(Name, usize); 3] =
    [(name::TRANSFER_CLIENT_NAME, 48), (name::TRANSFER_BANK_NAME, 15), (name::TRANSFER_BRANCH_NAME, 15)];

fn transfer_date() -> UpdateInput {
    UpdateInput::text(name::TRANSFER_DATE, "振込日", "Transfer date", "YYYYMMDD")
}

/// The inputs of the test tool's screen.
pub(super) fn inputs(payment: &Payment, to: Status) -> Vec<UpdateInput> {
    match to {
        CLEARED => {
            let claim = payment.attributes.get(name::CLAIM_AMOUNT).unwrap_or_default();
            let amount = UpdateInput::text(name::PAYMENT_AMOUNT, "決済金額", "Amount transferred", "半角数字");
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
        let forbidden = Forbidden { payment_type: payment.payment_type, from: Some(from), to, by };
        return Err(UpdateError::forbidden(Text::filled(
            forbidden.japanese(),
            format!("a virtual account payment in status {from} cannot go to {to} by {by}"),
        )));
    }
    if to != CLEARED {
        let mut change = Change::of(payment);
        let records = pass(desk, &mut change, to)?;
        return Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) });
    }
    if desk.by == Trigger::MerchantSite {
        return clear_by_hand(desk, payment, update);
    }
    let claim = payment.attributes.get(name::CLAIM_AMOUNT).unwrap_or_default();
    let amount = amount(update.input(name::PAYMENT_AMOUNT).unwrap_or(claim))?;
    let typed = typed::date(update, name::TRANSFER_DATE)?.or(typed::date(update, name::PAYMENT_DATE)?);
    let mut from = from_of(update)?;
    if from[0].is_empty() {
        payment.attributes.get(name::BILLING_NAME_KANA).unwrap_or_default().clone_into(&mut from[0]);
    }
    let date = typed.unwrap_or(desk.now);
    // A date is typed without a time: a transfer of the day of the application is not before it.
    let mut warnings = typed::warnings(desk, &payment, typed.map(Moment::end_of_day))?;
    let deposit = Deposit { amount, transfer_date: date, noticed: date, from };
    let target = match desk.by {
        Trigger::Vendor => {
            let number = payment.attributes.get(name::VIRTUAL_ACCOUNT_NUMBER).unwrap_or_default();
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
    let detail = update.input(name::CLEAR_DETAIL).unwrap_or("06");
    if !matches!(detail, "06" | "07" | "08") {
        let reason = text!(
            "06（一致）、07（不足）、08（過入金）のいずれかを指定してください。",
            "must be 06 (equal), 07 (short) or 08 (too much)"
        );
        return Err(UpdateError::invalid(name::CLEAR_DETAIL, reason));
    }
    let records = accounts::release(desk, &payment);
    let mut change = Change::of(payment);
    change.enter(&TABLE, desk.by, CLEARED, desk.now)?;
    change.set_amount(0);
    let now = desk.now.datetime14();
    change.set([(name::CLEAR_DETAIL, detail), (name::PAYMENT_DATE, now.as_str()), (name::VIRTUAL_ACCOUNT_STATUS, "1")]);
    Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
}

fn amount(text: &str) -> Result<u64, UpdateError> {
    let amount = text.parse().ok().filter(|amount| (1..=999_999_999).contains(amount));
    amount.ok_or_else(|| {
        let reason = text!(
            "{text:?} は 1 円以上の金額ではありません。",
            "{text:?} is not an amount of at least 1 yen",
            text = text
        );
        UpdateError::invalid(name::PAYMENT_AMOUNT, reason)
    })
}

/// The payer's name, bank and branch, in half-width characters.
fn from_of(update: &Update) -> Result<[String; 3], UpdateError> {
    let mut from = <[String; 3]>::default();
    for ((name, max), value) in FROM.into_iter().zip(&mut from) {
        let text = update.input(name).unwrap_or_default();
        let half_width = text.chars().all(|c| matches!(c, ' '..='~' | '｡'..='ﾟ'));
        if !half_width || text.chars().count() > max {
            let reason = text!(
                "半角{max}文字以内で指定してください。",
                "must be at most {max} half-width characters",
                max = max
            );
            return Err(UpdateError::invalid(name, reason));
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
        text(name::SITE_ID, "サイト", "Site", "").with_choices(site),
        transfer_date().required(),
        text(name::PAYMENT_AMOUNT, "決済金額", "Amount transferred", "半角数字").required(),
        text(name::TRANSFER_CLIENT_NAME, "振込依頼人名", "Payer", kana),
        text(name::TRANSFER_BANK_NAME, "振込元金融機関名", "Payer's bank", kana),
        text(name::TRANSFER_BRANCH_NAME, "振込元金融機関支店名", "Payer's branch", kana),
        text(name::VIRTUAL_ACCOUNT_BANK_CODE, "仮想口座金融機関コード", "Bank of the account", "半角数字4桁")
            .required(),
        text(name::VIRTUAL_ACCOUNT_BRANCH_CODE, "仮想口座支店コード", "Branch of the account", "半角数字3桁")
            .required(),
        text(name::VIRTUAL_ACCOUNT_NUMBER, "仮想口座番号", "Account number", "半角数字7桁").required(),
    ]
}

/// A transfer to an account. The tool makes one that fits no claim; a bank's is matched first.
pub(super) fn appear(desk: &Desk<'_>, inputs: &BTreeMap<String, String>) -> Result<Outcome, UpdateError> {
    desk.check_payment_type(PaymentType::VIRTUAL_ACCOUNT)?;
    let inputs = Update { payment_status: CLEARED, inputs: inputs.clone() };
    let needed = |name: Name| inputs.input(name).ok_or_else(|| UpdateError::missing(name));
    needed(name::TRANSFER_DATE)?;
    let date = typed::date(&inputs, name::TRANSFER_DATE)?.unwrap_or(desk.now);
    let amount = amount(needed(name::PAYMENT_AMOUNT)?)?;
    let from = from_of(&inputs)?;
    let [bank, branch, number] = [
        needed(name::VIRTUAL_ACCOUNT_BANK_CODE)?,
        needed(name::VIRTUAL_ACCOUNT_BRANCH_CODE)?,
        needed(name::VIRTUAL_ACCOUNT_NUMBER)?,
    ];
    if !accounts::is_own(desk, bank, branch, number) {
        let reason = text!(
            "{bank}-{branch}-{number} は加盟店の仮想口座ではありません。口座は 070 で払い出されます。",
            "{bank}-{branch}-{number} is no account of the merchant's; 070 names one",
            bank = bank,
            branch = branch,
            number = number
        );
        return Err(UpdateError::invalid(name::VIRTUAL_ACCOUNT_NUMBER, reason));
    }
    let deposit = Deposit { amount, transfer_date: date, noticed: desk.now, from };
    match deposit::best_match(desk, number, amount).filter(|_| desk.by == Trigger::Vendor) {
        Some(payment) => Ok(deposit::clear(desk, payment, &deposit)?),
        None => Ok(deposit::unclaimed(desk, number, inputs.input(name::SITE_ID), &deposit)?),
    }
}
