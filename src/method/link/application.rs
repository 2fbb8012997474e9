//! `link:request`: an application for a hosted payment page (`link.md` sections 2 to 4).

use crate::clock::Moment;
use crate::method::description::HostedRequest;
use crate::method::link::session::{APPLICATION, Application, Standing};
use crate::method::link::{fields, inform};
use crate::method::{self, Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Reply, name};

/// The methods that the interface knows.
const KNOWN: &[&str] = &["01", "02", "03", "05", "06", "07", "11", "15", "17", "26"];
const DEFAULT_DAYS: i64 = 5;
const MAX_DAYS: u64 = 60;
const MINUTES: std::ops::RangeInclusive<u64> = 5..=2880;

/// Answers an application: a new one, or the one that has this マーチャント取引ID already.
pub(super) fn apply(desk: &Desk<'_>, request: HostedRequest) -> Result<Outcome, Refusal> {
    let requested = requested(&request)?;
    fields::check_fixed(&request, &requested)?;
    if let Some((known, _)) = request.get(name::TRADING_ID).and_then(|id| desk.record::<Application>(APPLICATION, id)) {
        return again(desk, &request, &known);
    }
    let limit = limit(desk.now, &request)?;
    let methods = usable(desk, &request, &requested)?;
    for offer in methods.iter().filter_map(|payment_type| method::offer(*payment_type)) {
        (offer.demand)(desk, &request)?;
    }
    let warnings = inform::warnings(desk, &request);
    let trading_id = match request.get(name::TRADING_ID) {
        Some(trading_id) => trading_id.to_owned(),
        None => number(desk)?,
    };
    let application = Application {
        trading_id,
        secret: desk.unguessable(24),
        amount: request.amount,
        methods,
        made: desk.now,
        limit,
        fields: request.fields,
        cards_refused: 0,
        card_retry: None,
    };
    if application.standing(desk) == Standing::Paid {
        return Err(paid(&application.trading_id));
    }
    let reply = answer(desk, &application);
    Ok(Outcome { records: vec![application.record(desk)], warnings, ..Outcome::reply(reply) })
}

/// The same マーチャント取引ID again: the first application stays in force (`link.md` section 4).
fn again(desk: &Desk<'_>, request: &HostedRequest, known: &Application) -> Result<Outcome, Refusal> {
    match known.standing(desk) {
        Standing::Paid => Err(paid(&known.trading_id)),
        Standing::Expired => {
            let rule = text!(
                "trading_id {trading_id} の画面有効期限 {limit} を過ぎています。",
                "the page of trading_id {trading_id} was open until {limit}",
                trading_id = known.trading_id,
                limit = known.limit
            );
            Err(Refusal::new("6002", rule))
        }
        Standing::Open if request.amount != known.amount => {
            let trading_id = request.get(name::TRADING_ID).unwrap_or_default();
            let rule = text!(
                "trading_id {trading_id} は既に id={amount} で申し込まれています。",
                "trading_id {trading_id} was applied for with id={amount} before",
                trading_id = trading_id,
                amount = known.amount
            );
            Err(Refusal::field("P010", name::ID, rule))
        }
        Standing::Open => {
            let warnings = inform::warnings(desk, request);
            Ok(Outcome { warnings, ..Outcome::reply(answer(desk, known)) })
        }
    }
}

/// 6001 for a マーチャント取引ID that is paid.
pub(super) fn paid(trading_id: &str) -> Refusal {
    let rule = text!(
        "trading_id {trading_id} は既に支払済みです。",
        "trading_id {trading_id} is paid already",
        trading_id = trading_id
    );
    Refusal::new("6001", rule)
}

fn answer(desk: &Desk<'_>, application: &Application) -> Reply {
    let methods: Vec<String> = application.methods.iter().map(ToString::to_string).collect();
    Reply::ok()
        .with(name::URL, format!("{}{}", desk.base_url(), path(desk, application)))
        .with(name::TRADING_ID, application.trading_id.as_str())
        .with(name::PAYMENT_TYPE, methods.join(","))
        .with(name::LIMIT_DATE, application.limit.datetime14())
        .with(name::TRADE_GENERATION_DATE, application.made.datetime14())
}

/// Where an application's first page is. Clients look for field names in the whole answer, so none may stand in it.
fn path(desk: &Desk<'_>, application: &Application) -> String {
    let Application { trading_id, secret, .. } = application;
    format!("/linktype/top?type=&tid={trading_id}&mid={}&hv={secret}", desk.merchant.merchant_id)
}

/// A マーチャント取引ID for a shop that leaves the numbering to us.
fn number(desk: &Desk<'_>) -> Result<String, Refusal> {
    desk.check_numbering()?;
    Ok(format!("L{}{:08}", desk.now.date8(), desk.next_number(APPLICATION)))
}

/// The payment types asked for; all that our pages serve when none is named.
fn requested(request: &HostedRequest) -> Result<Vec<PaymentType>, Refusal> {
    let Some(list) = request.get(name::PAYMENT_TYPE) else {
        return Ok(method::offers().map(|offer| offer.payment_type).collect());
    };
    let codes: Vec<&str> = list.split(',').collect();
    if let [only] = codes.as_slice()
        && !KNOWN.contains(only)
    {
        let rule = text!(
            "payment_type {only} は指定できません。指定できる値: {known}",
            "payment_type {only} is not one of {known}",
            only = only,
            known = KNOWN.join(", ")
        );
        return Err(Refusal::field("P010", name::PAYMENT_TYPE, rule));
    }
    let mut requested: Vec<PaymentType> = codes.into_iter().filter_map(|code| code.parse().ok()).collect();
    let mut seen = Vec::new();
    requested.retain(|payment_type| {
        let first = !seen.contains(payment_type);
        seen.push(*payment_type);
        first
    });
    Ok(requested)
}

/// The methods that can be used for this application. One asked for alone must be usable; of several, the others are dropped.
fn usable(desk: &Desk<'_>, request: &HostedRequest, requested: &[PaymentType]) -> Result<Vec<PaymentType>, Refusal> {
    let judged = requested.iter().map(|payment_type| check_method(desk, request, *payment_type));
    let (usable, refused): (Vec<_>, Vec<_>) =
        requested.iter().zip(judged).partition(|(_, judgement)| judgement.is_ok());
    if !usable.is_empty() {
        return Ok(usable.into_iter().map(|(payment_type, _)| *payment_type).collect());
    }
    match refused.into_iter().find_map(|(_, judgement)| judgement.err()) {
        Some(refusal) => Err(refusal),
        None => {
            let rule = text!("payment_type に決済種別が指定されていません。", "payment_type names no payment type");
            Err(Refusal::field("P010", name::PAYMENT_TYPE, rule))
        }
    }
}

/// Why one method cannot be used.
fn check_method(desk: &Desk<'_>, request: &HostedRequest, payment_type: PaymentType) -> Result<(), Refusal> {
    let Some(offer) = method::offer(payment_type) else {
        let rule = text!(
            "payment_type {payment_type} の決済画面は、エミュレータでは未対応です。",
            "payment_type {payment_type} has no hosted page here",
            payment_type = payment_type
        );
        return Err(Refusal::new("P018", rule));
    };
    let usual = method::usual_limit(desk.merchant, payment_type);
    method::check_limit(desk, payment_type, name::ID, request.amount, usual)?;
    (offer.check)(request)
}

/// 画面有効期限 (`link.md` section 4, Validity).
fn limit(now: Moment, request: &HostedRequest) -> Result<Moment, Refusal> {
    if let Some(minutes) = request.term_minutes {
        if !MINUTES.contains(&minutes) {
            let rule = text!(
                "payment_term_min は 5 分から 2880 分までで指定してください（{minutes}）。",
                "payment_term_min is 5 to 2880 minutes, not {minutes}",
                minutes = minutes
            );
            return Err(Refusal::field("P010", name::PAYMENT_TERM_MIN, rule));
        }
        return Ok(now.plus_minutes(i64::try_from(minutes).unwrap_or_default()));
    }
    let days = request.term_days;
    if let Some(days) = days.filter(|days| *days > MAX_DAYS) {
        let rule = text!(
            "payment_term_day は 0 日から 60 日までで指定してください（{days}）。",
            "payment_term_day is 0 to 60 days, not {days}",
            days = days
        );
        return Err(Refusal::field("P010", name::PAYMENT_TERM_DAY, rule));
    }
    let days = days.and_then(|days| i64::try_from(days).ok()).unwrap_or(DEFAULT_DAYS);
    Ok(now.plus_days(days).end_of_day())
}
