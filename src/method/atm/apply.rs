//! 010: the three numbers with which a buyer pays at an ATM.

use crate::method::atm::TABLE;
use crate::method::cash::{self, banks::banks, kana};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::wire::{Reply, Telegram};

/// What the payment keeps as it came.
const KEPT: &[&str] = &["site_id", "customer_family_name", "customer_name", "payment_detail"];

/// Answers 010.
pub(crate) fn apply(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let rules = &banks().atm;
    let amount = telegram.number("payment_amount").unwrap_or_default();
    desk.check_contract(PaymentType::ATM, "payment_amount", amount)?;
    let mut kanas = Vec::new();
    for name in ["customer_family_name_kana", "customer_name_kana", "payment_detail_kana"] {
        kanas.push((name, kana::folded(telegram, name, kana::Set::Transfer)?.unwrap_or_default()));
    }
    cash::check_contract(desk, PaymentType::ATM, "payment_amount", amount, rules.limit)?;
    let days = cash::days(telegram, "payment_limit_date", rules.days, rules.default_days)?;
    desk.vendor("010")?;

    let mut change = desk.create(&TABLE, Status(10), telegram.get("trading_id"), amount)?;
    let payment_id = change.payment().payment_id;
    let limit = desk.now.plus_days(days);
    let values = [
        ("pay_center_number", rules.pay_center_number.clone()),
        ("customer_number", cash::number("###########", payment_id)),
        ("conf_number", cash::number("######", payment_id)),
        ("payment_limit_date", limit.date8()),
    ];
    change.set(cash::kept(telegram, KEPT));
    change.set(kanas.iter().chain(&values).map(|(name, value)| (*name, value.as_str())));
    change.set_due(rules.expires_at.on_the_day_after(limit));
    let reply = Reply::ok()
        .with("payment_id", payment_id.to_string())
        .with("trading_id", telegram.get("trading_id").unwrap_or_default())
        .with_all(values);
    Ok(Outcome::changing(vec![change], reply))
}
