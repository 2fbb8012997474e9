//! 070: an account to transfer to.

use crate::method::cash::{self, kana};
use crate::method::virtual_account::{TABLE, accounts, facts, over};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::wire::{Reply, Telegram};

/// Answers 070.
pub(super) fn apply(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let claim = telegram.get("claim_amount").unwrap_or_default();
    let amount = claim.parse().unwrap_or_default();
    let fixed = telegram.or_default("numbering_type") == "1";
    let billing_name_kana = kana::folded(telegram, "billing_name_kana", kana::Set::Transfer)?.unwrap_or_default();
    if telegram.has("fix_numbering_reg") && !fixed {
        let rule = "fix_numbering_reg says who has a fixed account; send it with numbering_type=1 only";
        return Err(Refusal::field("P010", "fix_numbering_reg", rule));
    }
    let days = cash::days(telegram, "expire_days", facts().days, facts().default_days)
        .map_err(|refusal| Refusal::field("P010", "expire_days", refusal.explanation))?;
    desk.check_contract(PaymentType::VIRTUAL_ACCOUNT, "claim_amount", amount)?;
    let asked = asked(desk, telegram)?;
    desk.vendor("070")?;

    let mut change = desk.create(&TABLE, Status(10), telegram.get("trading_id"), 0)?;
    let payment_id = change.payment().payment_id;
    let (number, record) = accounts::take(desk, asked, fixed, payment_id)?;
    let limit = desk.now.plus_days(days);
    let limit_date = limit.date8();
    change.set(cash::kept(telegram, &["site_id", "billing_name", "fix_numbering_reg"]));
    change.set([
        ("claim_amount", amount.to_string().as_str()),
        ("billing_name_kana", billing_name_kana.as_str()),
        ("numbering_type", telegram.or_default("numbering_type")),
        ("virtual_account_bank_code", facts().bank_code.as_str()),
        ("virtual_account_branch_code", facts().branch_code.as_str()),
        ("virtual_account_number", number.as_str()),
        ("payment_limit_date", limit_date.as_str()),
        ("virtual_account_status", "0"),
    ]);
    change.set_due(over(limit));
    let reply = Reply::ok()
        .with("payment_id", payment_id.to_string())
        .with("trading_id", telegram.get("trading_id").unwrap_or_default())
        .with("virtual_account_bank_code", &facts().bank_code)
        .with("virtual_account_bank_name", &facts().bank_name)
        .with("virtual_account_branch_code", &facts().branch_code)
        .with("virtual_account_branch_name", &facts().branch_name)
        .with("virtual_account_deposit_kind", &facts().deposit_kind)
        .with("virtual_account_number", number)
        .with("expire_date", limit_date)
        .with("numbering_type", telegram.get("numbering_type").unwrap_or_default())
        .with("fix_numbering_reg", telegram.get("fix_numbering_reg").unwrap_or_default());
    Ok(Outcome { records: vec![record], ..Outcome::changing(vec![change], reply) })
}

/// The account that the telegram asks for; 8003 when it is not one of the merchant's.
fn asked<'a>(desk: &Desk<'_>, telegram: &'a Telegram) -> Result<Option<&'a str>, Refusal> {
    let part = |name| telegram.get(name);
    let (Some(bank), Some(branch), Some(number)) =
        (part("virtual_account_bank_code"), part("virtual_account_branch_code"), part("virtual_account_number"))
    else {
        return Ok(None);
    };
    if accounts::is_own(desk, bank, branch, number) {
        return Ok(Some(number));
    }
    let rule = format!("account {bank}-{branch}-{number} is none of the merchant's; 070 without an account names one");
    Err(Refusal::new("8003", rule))
}
