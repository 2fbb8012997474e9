//! 070: an account to transfer to.

use crate::method::cash::{self, kana};
use crate::method::virtual_account::{TABLE, accounts, facts, over};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// Answers 070.
pub(super) fn apply(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let claim = telegram.get(name::CLAIM_AMOUNT).unwrap_or_default();
    let amount = claim.parse().unwrap_or_default();
    let fixed = telegram.or_default(name::NUMBERING_TYPE) == "1";
    let billing_name_kana = kana::folded(telegram, name::BILLING_NAME_KANA, kana::Set::Transfer)?.unwrap_or_default();
    if telegram.has(name::FIX_NUMBERING_REG) && !fixed {
        let rule = text!(
            "fix_numbering_reg は固定付番（numbering_type=1）の場合だけ指定できます。",
            "fix_numbering_reg says who has a fixed account; send it with numbering_type=1 only"
        );
        return Err(Refusal::field("P010", name::FIX_NUMBERING_REG, rule));
    }
    let days = cash::days(telegram, name::EXPIRE_DAYS, facts().days, facts().default_days)
        .map_err(|refusal| Refusal::field("P010", name::EXPIRE_DAYS, refusal.explanation))?;
    desk.check_contract(PaymentType::VIRTUAL_ACCOUNT, name::CLAIM_AMOUNT, amount)?;
    let asked = asked(desk, telegram)?;
    desk.vendor("070")?;

    let mut change = desk.create(&TABLE, Status(10), telegram.get(name::TRADING_ID), 0)?;
    let payment_id = change.payment().payment_id;
    let (number, record) = accounts::take(desk, asked, fixed, payment_id)?;
    let limit = desk.now.plus_days(days);
    let limit_date = limit.date8();
    change.set(cash::kept(telegram, &[name::SITE_ID, name::BILLING_NAME, name::FIX_NUMBERING_REG]));
    change.set([
        (name::CLAIM_AMOUNT, amount.to_string().as_str()),
        (name::BILLING_NAME_KANA, billing_name_kana.as_str()),
        (name::NUMBERING_TYPE, telegram.or_default(name::NUMBERING_TYPE)),
        (name::VIRTUAL_ACCOUNT_BANK_CODE, facts().bank_code.as_str()),
        (name::VIRTUAL_ACCOUNT_BRANCH_CODE, facts().branch_code.as_str()),
        (name::VIRTUAL_ACCOUNT_NUMBER, number.as_str()),
        (name::PAYMENT_LIMIT_DATE, limit_date.as_str()),
        (name::VIRTUAL_ACCOUNT_STATUS, "0"),
    ]);
    change.set_due(over(limit));
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, telegram.get(name::TRADING_ID).unwrap_or_default())
        .with(name::VIRTUAL_ACCOUNT_BANK_CODE, &facts().bank_code)
        .with(name::VIRTUAL_ACCOUNT_BANK_NAME, &facts().bank_name)
        .with(name::VIRTUAL_ACCOUNT_BRANCH_CODE, &facts().branch_code)
        .with(name::VIRTUAL_ACCOUNT_BRANCH_NAME, &facts().branch_name)
        .with(name::VIRTUAL_ACCOUNT_DEPOSIT_KIND, &facts().deposit_kind)
        .with(name::VIRTUAL_ACCOUNT_NUMBER, number)
        .with(name::EXPIRE_DATE, limit_date)
        .with(name::NUMBERING_TYPE, telegram.get(name::NUMBERING_TYPE).unwrap_or_default())
        .with(name::FIX_NUMBERING_REG, telegram.get(name::FIX_NUMBERING_REG).unwrap_or_default());
    Ok(Outcome { records: vec![record], ..Outcome::changing(vec![change], reply) })
}

/// The account that the telegram asks for; 8003 when it is not one of the merchant's.
fn asked<'a>(desk: &Desk<'_>, telegram: &'a Telegram) -> Result<Option<&'a str>, Refusal> {
    let part = |name| telegram.get(name);
    let (Some(bank), Some(branch), Some(number)) = (
        part(name::VIRTUAL_ACCOUNT_BANK_CODE),
        part(name::VIRTUAL_ACCOUNT_BRANCH_CODE),
        part(name::VIRTUAL_ACCOUNT_NUMBER),
    ) else {
        return Ok(None);
    };
    if accounts::is_own(desk, bank, branch, number) {
        return Ok(Some(number));
    }
    let rule = text!(
        "仮想口座 {bank}-{branch}-{number} は加盟店の口座ではありません。口座を指定せずに 070 を送信すると払い出されます。",
        "account {bank}-{branch}-{number} is none of the merchant's; 070 without an account names one",
        bank = bank,
        branch = branch,
        number = number
    );
    Err(Refusal::new("8003", rule))
}
