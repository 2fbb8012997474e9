//! 060: registers what the bank selection page shows. No payment exists yet.

use std::collections::BTreeMap;

use jiff::Span;

use crate::clock::Moment;
use crate::ledger::RecordKind;
use crate::method::cash::{self, banks::banks, calendar, kana};
use crate::method::net_bank::application::{self, Application, KIND};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What the pages and the payments show as it came.
const KEPT: &[Name] = &[
    name::SITE_ID,
    name::CLAIM_KANJI,
    name::CUSTOMER_FAMILY_NAME,
    name::CUSTOMER_NAME,
    name::RECEIPT_NAME,
    name::RETURN_URL,
    name::MERCHANT_NAME,
    name::BANNER_URL,
    name::FREE_MEMO,
    name::STOP_RETURN_URL,
    name::COPY_RIGHT,
];
const KANA: [Name; 4] =
    [name::CLAIM_KANA, name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA, name::RECEIPT_NAME_KANA];

/// What 060 asks for.
pub(crate) struct Request<'a> {
    /// マーチャント取引ID.
    pub(crate) trading_id: Option<&'a str>,
    /// 請求金額, in yen.
    pub(crate) amount: u64,
    /// Until when the page is open.
    pub(crate) term: Term<'a>,
    /// Values in half-width kana, as they came.
    pub(crate) kana: Vec<(Name, &'a str)>,
    /// Other values that the pages and the payments show as they came.
    pub(crate) kept: Vec<(Name, &'a str)>,
}

/// Until when the page is open.
#[derive(Clone, Copy)]
pub(crate) enum Term<'a> {
    /// `asp_payment_term`.
    Sent(&'a str),
    /// A moment: a hosted page's own limit.
    Until(Moment),
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::AMOUNT).unwrap_or_default(),
            term: Term::Sent(telegram.or_default(name::ASP_PAYMENT_TERM)),
            kana: cash::kept(telegram, &KANA),
            kept: cash::kept(telegram, KEPT),
        }
    }
}

/// Answers 060.
pub(crate) fn apply(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { amount, .. } = *request;
    let limit = match request.term {
        Term::Sent(term) => limit(desk.now, term)?,
        Term::Until(limit) => limit,
    };
    let mut values = BTreeMap::new();
    for (name, value) in &request.kana {
        values.insert(name.to_string(), kana::folded(*name, value, kana::Set::Transfer)?);
    }
    values.extend(request.kept.iter().map(|(name, value)| (name.to_string(), (*value).to_owned())));
    desk.check_contract(PaymentType::NET_BANK, name::AMOUNT, amount)?;
    let trading_id = trading_id(desk, request)?;
    if let Some((existing, _)) = Application::find(desk, &trading_id) {
        existing.check_open(desk)?;
        let rule = text!(
            "trading_id {trading_id} には {limit} まで有効な未払いの申込があります。",
            "trading_id {trading_id} has an unpaid application that is open until {limit}",
            trading_id = trading_id,
            limit = existing.limit
        );
        let reply = Reply::refused(Refusal::new("5010", rule));
        return Ok(Outcome::reply(answered(desk, reply, &existing)));
    }
    application::check_unpaid(desk, &trading_id)?;
    desk.vendor("060")?;

    let date = limit.civil().date();
    let last_day = calendar::plus_business_days(date, banks().asp.business_days);
    let application = Application {
        trading_id: trading_id.clone(),
        key: desk.unguessable(32),
        made: desk.now,
        limit,
        payment_limit: Moment::from_civil(last_day.to_datetime(limit.civil().time())),
        amount,
        values,
        choices: Vec::new(),
    };
    let record = desk.new_record(KIND, trading_id, &application);
    let reply = answered(desk, Reply::ok(), &application);
    Ok(Outcome { records: vec![record], ..Outcome::reply(reply) })
}

/// The fields of a successful answer; those of 5010 too.
fn answered(desk: &Desk<'_>, reply: Reply, application: &Application) -> Reply {
    reply
        .with(name::TRADING_ID, &application.trading_id)
        .with(name::ASP_LIMIT_DATE, application.limit.datetime14())
        .with(name::ASP_PAYMENT_LIMIT_DATE, application.payment_limit.datetime14())
        .with(name::ASP_URL, application.url(desk))
        .with(name::AMOUNT, application.amount.to_string())
        .with(name::CLAIM_KANA, application.value(name::CLAIM_KANA))
        .with(name::CLAIM_KANJI, application.value(name::CLAIM_KANJI))
        .with(name::TRADE_GENERATION_DATE, application.made.datetime14())
}

/// The merchant's trading id, or one of ours where the contract says so.
fn trading_id(desk: &Desk<'_>, request: &Request<'_>) -> Result<String, Refusal> {
    match request.trading_id {
        Some(trading_id) => Ok(trading_id.to_owned()),
        None => {
            desk.check_numbering()?;
            let number = desk.next_number(RecordKind::new("bank_deal"));
            Ok(format!("P{}{number:08}", desk.now.date8()))
        }
    }
}

/// Until when the page opens: `asp_payment_term` is a mode and DDhhmm (`[asp_payment_term]`).
fn limit(now: Moment, term: &str) -> Result<Moment, Refusal> {
    let part = |range: std::ops::Range<usize>| term.get(range).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let (days, hours, minutes) = (part(1..3), part(3..5), part(5..7));
    match term.as_bytes().first() {
        Some(b'0') => Ok(now.plus(Span::new().days(days).hours(hours).minutes(minutes))),
        Some(b'1') => Ok(now.plus_days(days).end_of_day()),
        _ => {
            let rule = text!(
                "asp_payment_term は 0DDhhmm（現在からの期間）または 1DDhhmm（その日の終わりまで）で指定してください。",
                "asp_payment_term is 0DDhhmm (so long from now) or 1DDhhmm (until the end of that day)"
            );
            Err(Refusal::field("P010", name::ASP_PAYMENT_TERM, rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_added_or_end_with_the_day() {
        let now = Moment::parse_datetime14("20070318180000").unwrap();
        for (term, until) in [
            ("0050130", "20070323193000"),
            ("1050130", "20070323235959"),
            ("0050000", "20070323180000"),
            ("0000120", "20070318192000"),
            ("0000080", "20070318192000"),
            ("1000000", "20070318235959"),
        ] {
            assert_eq!(limit(now, term).unwrap().datetime14(), until, "{term}");
        }
        assert_eq!(limit(now, "2000000").unwrap_err().code, "P010");
    }
}
