//! 150: a payment, and the URL of the page on which it is paid.

use crate::method::cash;
use crate::method::emoney::TABLE;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::wire::{Reply, Telegram};

/// Answers 150.
pub(super) fn apply(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let amount = telegram.number("amount").unwrap_or_default();
    desk.check_contract(PaymentType::EMONEY, "amount", amount)?;
    desk.vendor("150")?;
    let mut change = desk.create(&TABLE, Status(10), telegram.get("trading_id"), amount)?;
    let payment_id = change.payment().payment_id;
    change.set(cash::kept(telegram, &["site_id", "emoney_type", "return_url", "cancel_url"]));
    let page = format!("{}/emoney/webmoney", desk.base_url());
    let url = cash::with_query(
        &page,
        &[
            ("mid", desk.merchant.merchant_id.as_str()),
            ("pid", &payment_id.to_string()),
            ("hv", &cash::page_key(desk, "webmoney", payment_id)),
        ],
    );
    let reply = Reply::ok()
        .with("payment_id", payment_id.to_string())
        .with("trading_id", telegram.get("trading_id").unwrap_or_default())
        .with("trade_generation_date", desk.now.datetime14())
        .with("redirect_url", url);
    Ok(Outcome::changing(vec![change], reply))
}
