//! 010: the three numbers with which a buyer pays at an ATM.

use crate::method::atm::TABLE;
use crate::method::cash::{self, banks::banks, kana};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::wire::{Name, Reply, Telegram, name};

/// What the payment keeps as it came.
const KEPT: &[Name] = &[name::SITE_ID, name::CUSTOMER_FAMILY_NAME, name::CUSTOMER_NAME, name::PAYMENT_DETAIL];

/// Answers 010.
pub(crate) fn apply(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let rules = &banks().atm;
    let amount = telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default();
    desk.check_contract(PaymentType::ATM, name::PAYMENT_AMOUNT, amount)?;
    let mut kanas = Vec::new();
    for name in [name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA, name::PAYMENT_DETAIL_KANA] {
        kanas.push((name, kana::folded(telegram, name, kana::Set::Transfer)?.unwrap_or_default()));
    }
    cash::check_contract(desk, PaymentType::ATM, name::PAYMENT_AMOUNT, amount, rules.limit)?;
    let days = cash::days(telegram, name::PAYMENT_LIMIT_DATE, rules.days, rules.default_days)?;
    desk.vendor("010")?;

    let mut change = desk.create(&TABLE, Status(10), telegram.get(name::TRADING_ID), amount)?;
    let payment_id = change.payment().payment_id;
    let limit = desk.now.plus_days(days);
    let values = [
        (name::PAY_CENTER_NUMBER, rules.pay_center_number.clone()),
        (name::CUSTOMER_NUMBER, cash::number("###########", payment_id)),
        (name::CONF_NUMBER, cash::number("######", payment_id)),
        (name::PAYMENT_LIMIT_DATE, limit.date8()),
    ];
    change.set(cash::kept(telegram, KEPT));
    change.set(kanas.iter().chain(&values).map(|(name, value)| (*name, value.as_str())));
    change.set_due(rules.expires_at.on_the_day_after(limit));
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, telegram.get(name::TRADING_ID).unwrap_or_default())
        .with_all(values);
    Ok(Outcome::changing(vec![change], reply))
}
