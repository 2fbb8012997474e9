//! 150: a payment, and the URL of the page on which it is paid.

use crate::method::cash;
use crate::method::emoney::TABLE;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::wire::{Reply, Telegram, name};

/// Answers 150.
pub(super) fn apply(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let amount = telegram.number(name::AMOUNT).unwrap_or_default();
    desk.check_contract(PaymentType::EMONEY, name::AMOUNT, amount)?;
    desk.vendor("150")?;
    let mut change = desk.create(&TABLE, Status(10), telegram.get(name::TRADING_ID), amount)?;
    let payment_id = change.payment().payment_id;
    change.set(cash::kept(telegram, &[name::SITE_ID, name::EMONEY_TYPE, name::RETURN_URL, name::CANCEL_URL]));
    let page = format!("{}/emoney/webmoney", desk.base_url());
    let url = cash::with_query(
        &page,
        &[
            (name::MID, desk.merchant.merchant_id.as_str()),
            (name::PID, &payment_id.to_string()),
            (name::HV, &cash::page_key(desk, "webmoney", payment_id)),
        ],
    );
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, telegram.get(name::TRADING_ID).unwrap_or_default())
        .with(name::TRADE_GENERATION_DATE, desk.now.datetime14())
        .with(name::REDIRECT_URL, url);
    Ok(Outcome::changing(vec![change], reply))
}
