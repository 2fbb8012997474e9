//! A transfer arrives: it clears a claim, or becomes a payment of its own (`[[clear_detail]]`, `[matching]`).

use std::cmp::Reverse;

use crate::clock::Moment;
use crate::method::cash::typed;
use crate::method::virtual_account::{CLEARED, TABLE, accounts, facts};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, Refusal};
use crate::text::text;
use crate::wire::{Reply, name};

/// A transfer.
#[derive(Debug)]
pub(super) struct Deposit {
    /// In yen.
    pub(super) amount: u64,
    /// 振込日.
    pub(super) transfer_date: Moment,
    /// When it was noticed: the payment date.
    pub(super) noticed: Moment,
    /// 振込依頼人名, 振込元金融機関名, 振込元金融機関支店名.
    pub(super) from: [String; 3],
}

impl Deposit {
    fn set_on(&self, change: &mut Change, clear_detail: &str) {
        let [client, bank, branch] = &self.from;
        change.set_amount(self.amount);
        change.set([
            (name::CLEAR_DETAIL, clear_detail),
            (name::PAYMENT_DATE, self.noticed.datetime14().as_str()),
            (name::TRANSFER_DATE, self.transfer_date.date8().as_str()),
            (name::TRANSFER_CLIENT_NAME, client.as_str()),
            (name::TRANSFER_BANK_NAME, bank.as_str()),
            (name::TRANSFER_BRANCH_NAME, branch.as_str()),
        ]);
    }
}

/// The claim of a payment, in yen.
pub(super) fn claim(payment: &Payment) -> u64 {
    payment.attributes.get(name::CLAIM_AMOUNT).and_then(|claim| claim.parse().ok()).unwrap_or_default()
}

/// Whether an amount clears a claim within the allowance of the contract.
fn clears(desk: &Desk<'_>, amount: u64, claim: u64) -> bool {
    amount <= claim && claim - amount <= desk.merchant.contracts.virtual_account.allowance
}

/// The waiting payment that a transfer is compared with (`[matching]`).
pub(super) fn best_match(desk: &Desk<'_>, number: &str, amount: u64) -> Option<Payment> {
    let oldest_first = desk.merchant.contracts.virtual_account.oldest_first;
    accounts::waiting(desk, number).into_iter().min_by_key(|payment| {
        let claim = claim(payment);
        let late = typed::limit(payment).is_some_and(|limit| desk.now > limit);
        let id = payment.payment_id.0;
        let order = if oldest_first { (id, Reverse(0)) } else { (0, Reverse(id)) };
        (amount != claim, !clears(desk, amount, claim), late, order)
    })
}

/// A transfer for a claim. Equal or a little short clears it; otherwise it becomes a payment of its own and the claim stays.
pub(super) fn clear(desk: &Desk<'_>, payment: Payment, deposit: &Deposit) -> Result<Outcome, Refusal> {
    let claim = claim(&payment);
    if !clears(desk, deposit.amount, claim) {
        return beside(desk, &payment, claim, deposit);
    }
    let short = claim - deposit.amount;
    let records = accounts::release(desk, &payment);
    let mut change = Change::of(payment);
    change.enter(&TABLE, desk.by, CLEARED, desk.now)?;
    deposit.set_on(&mut change, if short == 0 { "01" } else { "02" });
    let difference = if short == 0 { "0".to_owned() } else { format!("-{short}") };
    change.set([
        (name::EXCESS_DEFICIENCY_AMOUNT, difference.as_str()),
        (name::ADJUSTMENT_AMOUNT, short.to_string().as_str()),
    ]);
    Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
}

/// 03 and 04: a new payment with the claim's trading id; the waiting one stays as it is.
fn beside(desk: &Desk<'_>, payment: &Payment, claim: u64, deposit: &Deposit) -> Result<Outcome, Refusal> {
    let number = payment.attributes.get(name::VIRTUAL_ACCOUNT_NUMBER).unwrap_or_default();
    let mut change = new(desk, number, payment.trading_id.as_deref(), deposit)?;
    let (detail, difference) = if deposit.amount < claim {
        ("03", format!("-{}", claim - deposit.amount))
    } else {
        ("04", (deposit.amount - claim).to_string())
    };
    deposit.set_on(&mut change, detail);
    change.set([
        (name::SITE_ID, payment.attributes.get(name::SITE_ID).unwrap_or_default()),
        (name::CLAIM_AMOUNT, claim.to_string().as_str()),
        (name::EXCESS_DEFICIENCY_AMOUNT, difference.as_str()),
        (name::ADJUSTMENT_AMOUNT, "0"),
    ]);
    let told = text!(
        "入金額{deposited}円では請求額{claim}円の消込ができません。決済 {old} は {status} のまま、入金は決済 {new} になりました。",
        "{deposited} yen do not clear the claim of {claim} yen: payment {old} keeps status {status}, the transfer became payment {new}",
        deposited = deposit.amount,
        claim = claim,
        old = payment.payment_id,
        status = payment.status,
        new = change.payment().payment_id
    );
    Ok(Outcome { warnings: vec![told], ..Outcome::changing(vec![change], Reply::ok()) })
}

/// 05: a transfer to an account for which nobody waits.
pub(super) fn unclaimed(
    desk: &Desk<'_>,
    number: &str,
    site_id: Option<&str>,
    deposit: &Deposit,
) -> Result<Outcome, Refusal> {
    let mut change = new(desk, number, None, deposit)?;
    deposit.set_on(&mut change, "05");
    change.set([(name::CLAIM_AMOUNT, "0"), (name::SITE_ID, site_id.unwrap_or_default())]);
    Ok(Outcome::changing(vec![change], Reply::ok()))
}

fn new(desk: &Desk<'_>, number: &str, trading_id: Option<&str>, deposit: &Deposit) -> Result<Change, Refusal> {
    let mut change = desk.create(&TABLE, CLEARED, trading_id, deposit.amount)?;
    change.set([
        (name::VIRTUAL_ACCOUNT_BANK_CODE, facts().bank_code.as_str()),
        (name::VIRTUAL_ACCOUNT_BRANCH_CODE, facts().branch_code.as_str()),
        (name::VIRTUAL_ACCOUNT_NUMBER, number),
        (name::VIRTUAL_ACCOUNT_STATUS, "0"),
    ]);
    Ok(change)
}
