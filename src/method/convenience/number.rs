//! 030: a number to pay with at a convenience store (`convenience.toml`).

use jiff::Span;

use crate::clock::Moment;
use crate::method::cash::{self, kana, typed};
use crate::method::convenience::facts::{Group, Vendor, facts};
use crate::method::convenience::{NUMBER, tickets};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal, Status};
use crate::text::{Text, text};
use crate::wire::{Name, Reply, Telegram, name};

/// What the payment keeps as it came.
const KEPT: &[Name] = &[
    name::SITE_ID,
    name::CUSTOMER_FAMILY_NAME,
    name::CUSTOMER_NAME,
    name::CUSTOMER_TEL,
    name::SITE_INFO,
    name::SALES_TYPE,
    name::CUSTOMER_NOTICE_1,
    name::CUSTOMER_NOTICE_2,
    name::CUSTOMER_NOTICE_3,
    name::CUSTOMER_NOTICE_4,
    name::CUSTOMER_NOTICE_5,
    name::CUSTOMER_NOTICE_6,
    name::CUSTOMER_NOTICE_7,
    name::CUSTOMER_NOTICE_8,
    name::CUSTOMER_NOTICE_9,
    name::CUSTOMER_NOTICE_10,
];

/// Answers 030. A hosted page whose term is in minutes gives the moment `until` which the number can be paid.
pub(crate) fn apply(desk: &Desk<'_>, telegram: &Telegram, until: Option<Moment>) -> Result<Outcome, Refusal> {
    let amount = telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default();
    desk.check_contract(PaymentType::CONVENIENCE, name::PAYMENT_AMOUNT, amount)?;
    let (group, vendor) = store_group(desk, telegram)?;
    let tickets = tickets::check(desk, telegram, vendor, amount)?;
    let mut kanas = Vec::new();
    for name in [name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA] {
        kanas.push((name, kana::folded(telegram, name, kana::Set::Store)?.unwrap_or_default()));
    }
    if !vendor.blank_names {
        for name in [name::CUSTOMER_FAMILY_NAME, name::CUSTOMER_NAME] {
            if telegram.get(name).is_some_and(|value| value.trim().is_empty()) {
                let rule = Text::filled(
                    format!("{name} には、{}のコンビニでは空白だけの値を指定できません。", vendor.name),
                    format!("{name} must not consist of blanks only for the stores of {}", vendor.english),
                );
                return Err(Refusal::field("P010", name, rule));
            }
        }
    }
    cash::check_contract(desk, PaymentType::CONVENIENCE, name::PAYMENT_AMOUNT, amount, vendor.limit)?;
    let limit = match (tickets.as_ref().and_then(|tickets| tickets.last_day), until) {
        (Some(_), _) => None,
        (None, Some(until)) => Some(until),
        (None, None) => {
            let days =
                cash::days(telegram, name::PAYMENT_LIMIT_DATE, facts().limits.days, facts().limits.default_days)?;
            Some(desk.now.plus_days(days))
        }
    };
    ask_vendor(desk, telegram, vendor)?;

    let mut change = desk.create(&NUMBER, Status(10), telegram.get(name::TRADING_ID), amount)?;
    let payment_id = change.payment().payment_id;
    let receipt_number = cash::number(&vendor.number, payment_id);
    let page = format!("{}/convenience/slip", desk.base_url());
    let url = cash::with_query(
        &page,
        &[
            (name::MID, desk.merchant.merchant_id.as_str()),
            (name::PID, &payment_id.to_string()),
            (name::HV, &cash::page_key(desk, "slip", payment_id)),
        ],
    );
    let limit_date = limit.map(|limit| limit.date8()).unwrap_or_default();
    let (usable, paid_at) = (group.usable(), group.paid_at());
    change.set(cash::kept(telegram, KEPT));
    change.set(kanas.iter().map(|(name, value)| (*name, value.as_str())));
    change.set([
        (name::CVS_TYPE, group.cvs_type.as_str()),
        (name::USABLE_CVS_COMPANY_ID, usable.as_str()),
        (name::PAYABLE_CVS_COMPANY_ID, paid_at.as_str()),
        (name::RECEIPT_NUMBER, receipt_number.as_str()),
        (name::RECEIPT_PRINT_URL, url.as_str()),
        (name::PAYMENT_LIMIT_DATE, limit_date.as_str()),
    ]);
    if let Some(tickets) = &tickets {
        change.set(tickets.attributes().iter().map(|(name, value)| (*name, value.as_str())));
    }
    if let Some(until) = until {
        change.set([(typed::LIMIT, until.datetime14().as_str())]);
        // The last moment still counts.
        change.set_due(until.plus(Span::new().microseconds(1)));
    } else if let Some(last_day) = limit.or(tickets.and_then(|tickets| tickets.last_day)) {
        change.set_due(vendor.expires_at.on_the_day_after(last_day));
    }
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, telegram.get(name::TRADING_ID).unwrap_or_default())
        .with(name::RECEIPT_NUMBER, receipt_number)
        .with(name::RECEIPT_PRINT_URL, url)
        .with(name::USABLE_CVS_COMPANY_ID, usable)
        .with(name::PAYMENT_LIMIT_DATE, limit_date);
    Ok(Outcome::changing(vec![change], reply))
}

/// The stores that the number is for: `cvs_type` wins; P010 for one that the connection type does not have.
fn store_group(desk: &Desk<'_>, telegram: &Telegram) -> Result<(&'static Group, &'static Vendor), Refusal> {
    let connection_type = &desk.merchant.contracts.connection_type;
    let groups = facts().groups(connection_type);
    let (field, found) = match (telegram.get(name::CVS_TYPE), telegram.get(name::CVS_COMPANY_ID)) {
        (Some(cvs_type), _) => (name::CVS_TYPE, groups.iter().find(|group| group.cvs_type == cvs_type)),
        (None, Some(code)) => (name::CVS_COMPANY_ID, groups.iter().find(|group| group.codes.iter().any(|c| c == code))),
        (None, None) => (name::CVS_TYPE, None),
    };
    let vendor = found.and_then(|group| Some((group, facts().vendor(&group.cvs_type)?)));
    vendor.ok_or_else(|| {
        let known: Vec<String> = groups.iter().map(|g| format!("{} ({})", g.cvs_type, g.usable())).collect();
        let rule = text!(
            "コンビニ接続タイプ {connection_type} で指定できるのは {known} です。",
            "connection type {connection_type} has the stores {known}",
            connection_type = connection_type,
            known = known.join(", ")
        );
        Refusal::field("P010", field, rule)
    })
}

/// Whether the vendor gives a number.
fn ask_vendor(desk: &Desk<'_>, telegram: &Telegram, vendor: &Vendor) -> Result<(), Refusal> {
    desk.vendor("030")?;
    match telegram.get(name::CUSTOMER_TEL) {
        Some(tel) if vendor.fails_for(tel) => {
            let rule = Text::filled(
                format!("電話番号 {tel} を指定すると、{}の番号取得が失敗します（試験用の電話番号）。", vendor.name),
                format!("the phone number {tel} makes {} fail", vendor.english),
            );
            Err(Refusal::new(&vendor.error, rule))
        }
        _ => Ok(()),
    }
}
