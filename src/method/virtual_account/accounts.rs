//! A merchant's accounts: which are free, which are fixed, and who waits for a transfer to which (`[pool]`, `[[numbering]]`).

use crate::wire::name;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::Desk;
use crate::method::virtual_account::facts;
use crate::payment::{Payment, PaymentId, Refusal};
use crate::text::text;

/// The kind of the records of accounts that were used; the key is the account's number.
pub(super) const KIND: RecordKind = RecordKind::new("virtual_account");

/// An account that was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    /// Whether it is registered as fixed (固定付番).
    pub(super) fixed: bool,
    /// The payments in 10 or 12 on it.
    pub(super) waiting: Vec<PaymentId>,
    /// ステータス最終更新日.
    changed: Moment,
}

impl Account {
    fn is_free(&self) -> bool {
        !self.fixed && self.waiting.is_empty()
    }
}

/// An account number: a counter of six digits and a check digit, so that numbers are not consecutive.
fn number(index: u32) -> String {
    let digits = format!("{index:06}");
    let sum: u32 = digits.bytes().zip([1, 3, 7].into_iter().cycle()).map(|(d, w)| u32::from(d - b'0') * w).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Whether an account is one of the merchant's.
pub(super) fn is_own(desk: &Desk<'_>, bank: &str, branch: &str, account: &str) -> bool {
    let index = account.get(..6).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let count = desk.merchant.contracts.virtual_account.accounts;
    bank == facts().bank_code
        && branch == facts().branch_code
        && (1..=count).contains(&index)
        && account == number(index)
}

/// The record of an account, or a new one.
fn open(desk: &Desk<'_>, account: &str) -> (Account, Record) {
    desk.record(KIND, account).unwrap_or_else(|| {
        let fresh = Account { fixed: false, waiting: Vec::new(), changed: desk.now };
        let record = desk.new_record(KIND, account, &fresh);
        (fresh, record)
    })
}

/// Takes an account for a new payment: the one that was asked for, or the one that was free for longest.
///
/// Returns its number and its record.
pub(super) fn take(
    desk: &Desk<'_>,
    asked: Option<&str>,
    fixed: bool,
    payment_id: PaymentId,
) -> Result<(String, Record), Refusal> {
    let account_number = match asked {
        Some(account) => account.to_owned(),
        None => longest_free(desk).ok_or_else(|| {
            let count = desk.merchant.contracts.virtual_account.accounts;
            let rule = text!(
                "加盟店の {count} 口座がすべて固定付番または入金待ちです。",
                "all {count} accounts of the merchant are fixed or wait for a transfer",
                count = count
            );
            Refusal::new("8001", rule)
        })?,
    };
    let (mut account, record) = open(desk, &account_number);
    if account.fixed && !fixed {
        let rule = text!(
            "仮想口座 {account} は固定付番で登録されています。numbering_type=1 を指定してください。",
            "account {account} is registered as fixed; send numbering_type=1",
            account = account_number
        );
        return Err(Refusal::new("8002", rule));
    }
    if !account.fixed && !account.waiting.is_empty() {
        let rule = text!(
            "仮想口座 {account}（回転付番）は別の決済の入金待ちです。",
            "rotating account {account} waits for the transfer of another payment",
            account = account_number
        );
        return Err(Refusal::new("8001", rule));
    }
    account.fixed |= fixed;
    account.waiting.push(payment_id);
    account.changed = desk.now;
    Ok((account_number, record.with_body(&account)))
}

/// The free account whose state changed longest ago; those that were never used come first.
fn longest_free(desk: &Desk<'_>) -> Option<String> {
    let used: HashMap<String, Account> =
        desk.records::<Account>(KIND, "").into_iter().map(|(account, record)| (record.key, account)).collect();
    let never_used = (1..=desk.merchant.contracts.virtual_account.accounts).map(number).find(|n| !used.contains_key(n));
    never_used.or_else(|| {
        let free = used.into_iter().filter(|(_, account)| account.is_free());
        free.min_by(|(a, x), (b, y)| (x.changed, a).cmp(&(y.changed, b))).map(|(number, _)| number)
    })
}

/// A payment on an account waits no longer. Returns the account's record, if that changes it.
pub(super) fn release(desk: &Desk<'_>, payment: &Payment) -> Vec<Record> {
    let Some(number) = payment.attributes.get(name::VIRTUAL_ACCOUNT_NUMBER) else { return Vec::new() };
    let Some((mut account, record)) = desk.record::<Account>(KIND, number) else { return Vec::new() };
    if !account.waiting.contains(&payment.payment_id) {
        return Vec::new();
    }
    account.waiting.retain(|id| *id != payment.payment_id);
    account.changed = desk.now;
    vec![record.with_body(&account)]
}

/// The payments that wait for a transfer to an account, oldest first.
pub(super) fn waiting(desk: &Desk<'_>, number: &str) -> Vec<Payment> {
    let account = desk.record::<Account>(KIND, number).map(|(account, _)| account);
    let ids = account.map(|account| account.waiting).unwrap_or_default();
    ids.into_iter().filter_map(|id| desk.payment(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_seven_digits_and_are_not_consecutive() {
        let numbers: Vec<String> = (1..=12).map(number).collect();
        assert!(numbers.iter().all(|number| number.len() == 7));
        assert_eq!(&numbers[..3], ["0000013", "0000026", "0000039"].map(str::to_owned));
        assert_ne!(numbers[9].parse::<u32>().unwrap() - numbers[8].parse::<u32>().unwrap(), 13);
    }
}
