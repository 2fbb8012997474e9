//! 010: the three numbers with which a buyer pays at an ATM.

use crate::method::atm::{APPLIED, TABLE};
use crate::method::cash::{self, banks::banks, kana};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::wire::{Name, Reply, Telegram, name};

const KANA: [Name; 3] = [name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA, name::PAYMENT_DETAIL_KANA];
/// What the payment keeps as it came.
const KEPT: &[Name] = &[name::SITE_ID, name::CUSTOMER_FAMILY_NAME, name::CUSTOMER_NAME, name::PAYMENT_DETAIL];

/// What 010 asks for.
pub(crate) struct Request<'a> {
    /// マーチャント取引ID.
    pub(crate) trading_id: Option<&'a str>,
    /// 決済金額, in yen.
    pub(crate) amount: u64,
    /// 支払期限日: in how many days; the usual number when absent.
    pub(crate) limit_days: Option<u64>,
    /// Values in half-width kana, as they came.
    pub(crate) kana: [(Name, &'a str); 3],
    /// Other values that the payment keeps as they came.
    pub(crate) kept: Vec<(Name, &'a str)>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default(),
            limit_days: telegram.number(name::PAYMENT_LIMIT_DATE),
            kana: cash::sent(telegram, KANA),
            kept: cash::kept(telegram, KEPT),
        }
    }
}

/// Answers 010.
pub(crate) fn apply(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let rules = &banks().atm;
    let Request { trading_id, amount, .. } = *request;
    desk.check_contract(PaymentType::ATM, name::PAYMENT_AMOUNT, amount)?;
    let mut kanas = Vec::new();
    for (name, value) in request.kana {
        kanas.push((name, kana::folded(name, value, kana::Set::Transfer)?));
    }
    cash::check_contract(desk, PaymentType::ATM, name::PAYMENT_AMOUNT, amount, rules.limit)?;
    let days = cash::days(name::PAYMENT_LIMIT_DATE, request.limit_days, rules.days, rules.default_days)?;
    desk.vendor("010")?;

    let mut change = desk.create(&TABLE, APPLIED, trading_id, amount)?;
    let payment_id = change.payment().payment_id;
    let limit = desk.now.plus_days(days);
    let values = [
        (name::PAY_CENTER_NUMBER, rules.pay_center_number.clone()),
        (name::CUSTOMER_NUMBER, cash::number("###########", payment_id)),
        (name::CONF_NUMBER, cash::number("######", payment_id)),
        (name::PAYMENT_LIMIT_DATE, limit.date8()),
    ];
    change.set(request.kept.iter().copied());
    change.set(kanas.iter().chain(&values).map(|(name, value)| (*name, value.as_str())));
    change.set_due(rules.expires_at.on_the_day_after(limit));
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, trading_id.unwrap_or_default())
        .with_all(values);
    Ok(Outcome::changing(vec![change], reply))
}
