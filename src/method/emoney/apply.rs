//! 150: a payment, and the URL of the page on which it is paid.

use crate::method::cash;
use crate::method::emoney::{APPLIED, TABLE};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::wire::{Name, Reply, Telegram, name};

/// What 150 asks for.
pub(super) struct Request<'a> {
    trading_id: Option<&'a str>,
    /// 決済金額, in yen.
    amount: u64,
    /// What the payment keeps as it came.
    kept: Vec<(Name, &'a str)>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        let kept = [name::SITE_ID, name::EMONEY_TYPE, name::RETURN_URL, name::CANCEL_URL];
        Request {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::AMOUNT).unwrap_or_default(),
            kept: cash::kept(telegram, &kept),
        }
    }
}

/// Answers 150.
pub(super) fn apply(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { trading_id, amount, .. } = *request;
    desk.check_contract(PaymentType::EMONEY, name::AMOUNT, amount)?;
    desk.vendor("150")?;
    let mut change = desk.create(&TABLE, APPLIED, trading_id, amount)?;
    let payment_id = change.payment().payment_id;
    change.set(request.kept.iter().copied());
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
        .with(name::TRADING_ID, trading_id.unwrap_or_default())
        .with(name::TRADE_GENERATION_DATE, desk.now.datetime14())
        .with(name::REDIRECT_URL, url);
    Ok(Outcome::changing(vec![change], reply))
}
