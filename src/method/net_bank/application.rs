//! An application (ASP record): what 060 registered, and the payments that the buyer made of it.

use crate::wire::Name;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::Desk;
use crate::method::cash;
use crate::method::net_bank::CLEARED;
use crate::payment::{PaymentId, PaymentType, Refusal};
use crate::text::text;

/// The kind of its records; the key is the trading id.
pub(super) const KIND: RecordKind = RecordKind::new("bank_application");

/// An application for a payment by internet banking.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Application {
    /// マーチャント取引ID.
    pub trading_id: String,
    /// What makes the page's URL unguessable.
    pub key: String,
    /// 取引発生日時.
    pub made: Moment,
    /// ASP画面有効期限.
    pub limit: Moment,
    /// 支払発生期限.
    pub payment_limit: Moment,
    /// 請求金額, in yen.
    pub amount: u64,
    /// The other values that came with it, under their wire names.
    pub values: BTreeMap<String, String>,
    /// The payments made of it: one for each bank picked.
    pub choices: Vec<PaymentId>,
}

impl Application {
    /// The application of a trading id, with its record.
    pub(super) fn find(desk: &Desk<'_>, trading_id: &str) -> Option<(Application, Record)> {
        desk.record(KIND, trading_id)
    }

    /// A value that came with it; empty when there was none.
    pub fn value(&self, name: Name) -> &str {
        self.values.get(name.as_str()).map(String::as_str).unwrap_or_default()
    }

    /// The parameters of all its pages.
    pub fn query<'a>(&'a self, merchant_id: &'a str) -> [(&'static str, &'a str); 4] {
        [("type", "05"), ("tid", &self.trading_id), ("mid", merchant_id), ("hv", &self.key)]
    }

    /// 銀行ネット決済ASP画面URL.
    pub(super) fn url(&self, desk: &Desk<'_>) -> String {
        let page = format!("{}/banking/asp", desk.base_url());
        cash::with_query(&page, &self.query(desk.merchant.merchant_id.as_str()))
    }

    /// 5008 when it is paid, 5009 when its pages have closed.
    pub(super) fn check_open(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        check_unpaid(desk, &self.trading_id)?;
        if desk.now > self.limit {
            let rule = text!(
                "銀行選択画面の有効期限 {limit} を過ぎています（現在 {now}）。",
                "the bank selection page was open until {limit}, it is {now}",
                limit = self.limit,
                now = desk.now
            );
            return Err(Refusal::new("5009", rule));
        }
        Ok(())
    }
}

/// 5008 when a payment of this trading id is paid.
pub(super) fn check_unpaid(desk: &Desk<'_>, trading_id: &str) -> Result<(), Refusal> {
    let payments = desk.payments_of(trading_id);
    let paid =
        payments.iter().find(|payment| payment.payment_type == PaymentType::NET_BANK && payment.status == CLEARED);
    match paid {
        Some(paid) => {
            let rule = text!(
                "trading_id {trading_id} の決済 {payment_id} は既に支払済みです。",
                "payment {payment_id} of trading_id {trading_id} is paid already",
                payment_id = paid.payment_id,
                trading_id = trading_id
            );
            Err(Refusal::new("5008", rule))
        }
        None => Ok(()),
    }
}
