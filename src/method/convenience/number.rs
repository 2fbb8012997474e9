//! 030: a number to pay with at a convenience store (`convenience.toml`).

use jiff::Span;

use crate::clock::Moment;
use crate::method::cash::{self, kana, typed};
use crate::method::convenience::facts::{Group, Vendor, facts};
use crate::method::convenience::{APPLIED, NUMBER, tickets};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
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
];

/// What is printed at the store, line by line.
pub(crate) const NOTICES: [Name; 10] = [
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

/// What 030 asks for.
pub(crate) struct Request<'a> {
    /// マーチャント取引ID.
    pub(crate) trading_id: Option<&'a str>,
    /// 決済金額, in yen.
    pub(crate) amount: u64,
    /// CVSタイプ; it wins over the company.
    pub(crate) cvs_type: Option<&'a str>,
    /// コンビニ企業CD.
    pub(crate) cvs_company_id: Option<&'a str>,
    /// 利用者電話番号.
    pub(crate) customer_tel: &'a str,
    /// 支払期限日: in how many days; the usual number when absent.
    pub(crate) limit_days: Option<u64>,
    /// The moment until which the number can be paid, from a hosted page whose term is in minutes.
    pub(crate) until: Option<Moment>,
    /// The tickets to be printed, if any are.
    pub(crate) tickets: Option<tickets::Request<'a>>,
    /// Names in half-width kana, as they came.
    pub(crate) kana: [(Name, &'a str); 2],
    /// Other values that the payment keeps as they came.
    pub(crate) kept: Vec<(Name, &'a str)>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default(),
            cvs_type: telegram.get(name::CVS_TYPE),
            cvs_company_id: telegram.get(name::CVS_COMPANY_ID),
            customer_tel: telegram.get(name::CUSTOMER_TEL).unwrap_or_default(),
            limit_days: telegram.number(name::PAYMENT_LIMIT_DATE),
            until: None,
            tickets: tickets::Request::read(telegram),
            kana: cash::sent(telegram, [name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA]),
            kept: [cash::kept(telegram, KEPT), cash::kept(telegram, &NOTICES)].concat(),
        }
    }
}

impl Request<'_> {
    /// A name that is given and has nothing but blanks.
    fn blank_name(&self) -> Option<Name> {
        let names = [name::CUSTOMER_FAMILY_NAME, name::CUSTOMER_NAME];
        let blank = |value: &str| !value.is_empty() && value.trim().is_empty();
        names.into_iter().find(|name| self.kept.iter().any(|(kept, value)| kept == name && blank(value)))
    }
}

/// Answers 030.
pub(crate) fn apply(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { trading_id, amount, until, .. } = *request;
    desk.check_contract(PaymentType::CONVENIENCE, name::PAYMENT_AMOUNT, amount)?;
    let (group, vendor) = store_group(desk, request)?;
    let tickets = request.tickets.as_ref().map(|tickets| tickets::check(desk, tickets, vendor, amount)).transpose()?;
    let mut kanas = Vec::new();
    for (name, value) in request.kana {
        kanas.push((name, kana::folded(name, value, kana::Set::Store)?));
    }
    if let Some(name) = request.blank_name().filter(|_| !vendor.blank_names) {
        let rule = Text::filled(
            format!("{name} には、{}のコンビニでは空白だけの値を指定できません。", vendor.name),
            format!("{name} must not consist of blanks only for the stores of {}", vendor.english),
        );
        return Err(Refusal::field("P010", name, rule));
    }
    cash::check_contract(desk, PaymentType::CONVENIENCE, name::PAYMENT_AMOUNT, amount, vendor.limit)?;
    let limit = match (tickets.as_ref().and_then(|tickets| tickets.last_day), until) {
        (Some(_), _) => None,
        (None, Some(until)) => Some(until),
        (None, None) => {
            let rules = &facts().limits;
            let days = cash::days(name::PAYMENT_LIMIT_DATE, request.limit_days, rules.days, rules.default_days)?;
            Some(desk.now.plus_days(days))
        }
    };
    ask_vendor(desk, request, vendor)?;

    let mut change = desk.create(&NUMBER, APPLIED, trading_id, amount)?;
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
    change.set(request.kept.iter().copied());
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
        .with(name::TRADING_ID, trading_id.unwrap_or_default())
        .with(name::RECEIPT_NUMBER, receipt_number)
        .with(name::RECEIPT_PRINT_URL, url)
        .with(name::USABLE_CVS_COMPANY_ID, usable)
        .with(name::PAYMENT_LIMIT_DATE, limit_date);
    Ok(Outcome::changing(vec![change], reply))
}

/// The stores that the number is for: `cvs_type` wins; P010 for one that the connection type does not have.
fn store_group(desk: &Desk<'_>, request: &Request<'_>) -> Result<(&'static Group, &'static Vendor), Refusal> {
    let connection_type = &desk.merchant.contracts.connection_type;
    let groups = facts().groups(connection_type);
    let (field, found) = match (request.cvs_type, request.cvs_company_id) {
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
fn ask_vendor(desk: &Desk<'_>, request: &Request<'_>, vendor: &Vendor) -> Result<(), Refusal> {
    desk.vendor("030")?;
    match request.customer_tel {
        tel if vendor.fails_for(tel) => {
            let rule = Text::filled(
                format!("電話番号 {tel} を指定すると、{}の番号取得が失敗します（試験用の電話番号）。", vendor.name),
                format!("the phone number {tel} makes {} fail", vendor.english),
            );
            Err(Refusal::new(&vendor.error, rule))
        }
        _ => Ok(()),
    }
}
