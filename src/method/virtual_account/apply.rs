//! 070: an account to transfer to.

use crate::method::cash::{self, kana};
use crate::method::virtual_account::{APPLIED, TABLE, accounts, facts, over};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What 070 asks for.
pub(super) struct Request<'a> {
    trading_id: Option<&'a str>,
    /// 請求金額, in yen.
    claim: u64,
    /// 支払期限日数; the usual number when absent.
    expire_days: Option<u64>,
    /// 付番区分: as it was sent, and as it is meant.
    numbering_sent: &'a str,
    numbering_type: &'a str,
    /// 固定付番登録先.
    fix_numbering_reg: &'a str,
    /// 請求先名カナ, as it came.
    billing_name_kana: &'a str,
    /// The account asked for: bank, branch and number.
    account: Option<[&'a str; 3]>,
    /// Other values that the payment keeps as they came.
    kept: Vec<(Name, &'a str)>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        let text = |name| telegram.get(name).unwrap_or_default();
        let account =
            [name::VIRTUAL_ACCOUNT_BANK_CODE, name::VIRTUAL_ACCOUNT_BRANCH_CODE, name::VIRTUAL_ACCOUNT_NUMBER];
        Request {
            trading_id: telegram.get(name::TRADING_ID),
            claim: telegram.number(name::CLAIM_AMOUNT).unwrap_or_default(),
            expire_days: telegram.number(name::EXPIRE_DAYS),
            numbering_sent: text(name::NUMBERING_TYPE),
            numbering_type: telegram.or_default(name::NUMBERING_TYPE),
            fix_numbering_reg: text(name::FIX_NUMBERING_REG),
            billing_name_kana: text(name::BILLING_NAME_KANA),
            account: Some(account.map(text)).filter(|parts| parts.iter().all(|part| !part.is_empty())),
            kept: cash::kept(telegram, &[name::SITE_ID, name::BILLING_NAME, name::FIX_NUMBERING_REG]),
        }
    }
}

/// Answers 070.
pub(super) fn apply(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { trading_id, claim, numbering_type, .. } = *request;
    let fixed = numbering_type == "1";
    let billing_name_kana = kana::folded(name::BILLING_NAME_KANA, request.billing_name_kana, kana::Set::Transfer)?;
    if !request.fix_numbering_reg.is_empty() && !fixed {
        let rule = text!(
            "fix_numbering_reg は固定付番（numbering_type=1）の場合だけ指定できます。",
            "fix_numbering_reg says who has a fixed account; send it with numbering_type=1 only"
        );
        return Err(Refusal::field("P010", name::FIX_NUMBERING_REG, rule));
    }
    let days = cash::days(name::EXPIRE_DAYS, request.expire_days, facts().days, facts().default_days)
        .map_err(|refusal| Refusal::field("P010", name::EXPIRE_DAYS, refusal.explanation))?;
    desk.check_contract(PaymentType::VIRTUAL_ACCOUNT, name::CLAIM_AMOUNT, claim)?;
    let asked = asked(desk, request)?;
    desk.vendor("070")?;

    let mut change = desk.create(&TABLE, APPLIED, trading_id, 0)?;
    let payment_id = change.payment().payment_id;
    let (number, record) = accounts::take(desk, asked, fixed, payment_id)?;
    let limit = desk.now.plus_days(days);
    let limit_date = limit.date8();
    change.set(request.kept.iter().copied());
    change.set([
        (name::CLAIM_AMOUNT, claim.to_string().as_str()),
        (name::BILLING_NAME_KANA, billing_name_kana.as_str()),
        (name::NUMBERING_TYPE, numbering_type),
        (name::VIRTUAL_ACCOUNT_BANK_CODE, facts().bank_code.as_str()),
        (name::VIRTUAL_ACCOUNT_BRANCH_CODE, facts().branch_code.as_str()),
        (name::VIRTUAL_ACCOUNT_NUMBER, number.as_str()),
        (name::PAYMENT_LIMIT_DATE, limit_date.as_str()),
        (name::VIRTUAL_ACCOUNT_STATUS, "0"),
    ]);
    change.set_due(over(limit));
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, trading_id.unwrap_or_default())
        .with(name::VIRTUAL_ACCOUNT_BANK_CODE, &facts().bank_code)
        .with(name::VIRTUAL_ACCOUNT_BANK_NAME, &facts().bank_name)
        .with(name::VIRTUAL_ACCOUNT_BRANCH_CODE, &facts().branch_code)
        .with(name::VIRTUAL_ACCOUNT_BRANCH_NAME, &facts().branch_name)
        .with(name::VIRTUAL_ACCOUNT_DEPOSIT_KIND, &facts().deposit_kind)
        .with(name::VIRTUAL_ACCOUNT_NUMBER, number)
        .with(name::EXPIRE_DATE, limit_date)
        .with(name::NUMBERING_TYPE, request.numbering_sent)
        .with(name::FIX_NUMBERING_REG, request.fix_numbering_reg);
    Ok(Outcome { records: vec![record], ..Outcome::changing(vec![change], reply) })
}

/// The account that the telegram asks for; 8003 when it is not one of the merchant's.
fn asked<'a>(desk: &Desk<'_>, request: &Request<'a>) -> Result<Option<&'a str>, Refusal> {
    let Some([bank, branch, number]) = request.account else { return Ok(None) };
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
