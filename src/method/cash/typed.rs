//! Times that somebody typed into the test tool (`test_tool.md` section 5, rules ※1 and ※2).

use crate::clock::Moment;
use crate::method::{Desk, Update, UpdateError, UpdateInput};
use crate::payment::{Payment, Trigger};
use crate::text::{Text, text};
use crate::wire::{Name, name};

/// The form of a date and time, as the tool's screens print it.
pub(in crate::method) const DATE_AND_TIME: &str = "YYYYMMDDhhmmss";

/// The tool's input for when a payment was made, under one of its labels.
pub(in crate::method) fn time_input(label: &'static str, english: &'static str) -> UpdateInput {
    UpdateInput::text(name::PAYMENT_DATE, label, english, DATE_AND_TIME)
}

/// The date and time of an input; `None` when it is not given.
pub(in crate::method) fn time(update: &Update, names: &[Name]) -> Result<Option<Moment>, UpdateError> {
    let Some((name, text)) = names.iter().find_map(|&name| Some((name, update.input(name)?))) else { return Ok(None) };
    let moment = Moment::parse_datetime14(text);
    let wrong = || {
        let reason = text!(
            "{text:?} は正しい日時ではありません（{form}）。",
            "{text:?} is not an existing date and time as {form}",
            text = text,
            form = DATE_AND_TIME
        );
        UpdateError::invalid(name, reason)
    };
    moment.ok_or_else(wrong).map(Some)
}

/// A date of an input, which may have a time after it; `None` when it is not given.
pub(in crate::method) fn date(update: &Update, name: Name) -> Result<Option<Moment>, UpdateError> {
    let Some(text) = update.input(name) else { return Ok(None) };
    let whole = if text.len() == 8 { format!("{text}000000") } else { text.to_owned() };
    let wrong = || UpdateError::invalid(name, no_date(text));
    Moment::parse_datetime14(&whole).ok_or_else(wrong).map(Some)
}

fn no_date(text: &str) -> Text {
    text!(
        "{text:?} は正しい日付ではありません（YYYYMMDD）。",
        "{text:?} is not an existing date as YYYYMMDD",
        text = text
    )
}

/// The attribute that keeps a limit which is not the end of its day: a hosted page's term in minutes.
pub(in crate::method) const LIMIT: Name = name::PAYMENT_LIMIT_DATETIME;

/// The last moment at which a payment can be made, if it has a limit.
pub(crate) fn limit(payment: &Payment) -> Option<Moment> {
    if let Some(limit) = payment.attributes.get(LIMIT) {
        return Moment::parse_datetime14(limit);
    }
    let date = payment.attributes.get(name::PAYMENT_LIMIT_DATE)?;
    Moment::parse_datetime14(&format!("{date}235959"))
}

/// What a typed payment time breaks of the rule that it lies between the application and the limit. It is taken all the
/// same, unless the merchant wants the tool to be strict.
pub(in crate::method) fn warnings(
    desk: &Desk<'_>,
    payment: &Payment,
    typed: Option<Moment>,
) -> Result<Vec<Text>, UpdateError> {
    let Some(typed) = typed else { return Ok(Vec::new()) };
    let mut broken = Vec::new();
    if typed <= payment.init_date {
        broken.push(text!(
            "入力された日時 {typed} が申込日時 {applied} より後ではありません",
            "{typed} is not after the application at {applied}",
            typed = typed,
            applied = payment.init_date
        ));
    }
    if let Some(limit) = limit(payment).filter(|limit| typed > *limit) {
        broken.push(text!(
            "入力された日時 {typed} が支払期限 {limit} を過ぎています",
            "{typed} is after the payment limit {limit}",
            typed = typed,
            limit = limit
        ));
    }
    taken(desk, name::PAYMENT_DATE, broken)
}

/// The same for a typed limit date, which must lie after the application.
pub(in crate::method) fn limit_warnings(
    desk: &Desk<'_>,
    payment: &Payment,
    typed: Option<Moment>,
) -> Result<Vec<Text>, UpdateError> {
    let early = typed.filter(|typed| typed.end_of_day() <= payment.init_date);
    let told = |typed: Moment| {
        text!(
            "入力された期限 {limit} が申込日時 {applied} より後ではありません",
            "the limit {limit} is not after the application at {applied}",
            limit = typed.date8(),
            applied = payment.init_date
        )
    };
    taken(desk, name::PAYMENT_DATE, early.map(told).into_iter().collect())
}

fn taken_all_the_same(rule: &Text) -> Text {
    Text::filled(
        format!("{}が、このまま処理しました。", rule.japanese),
        format!("{}; it is taken all the same", rule.english),
    )
}

/// Rules that were broken, as warnings or as a refusal.
fn taken(desk: &Desk<'_>, field: Name, broken: Vec<Text>) -> Result<Vec<Text>, UpdateError> {
    match broken.first() {
        Some(first) if desk.by == Trigger::Tool && desk.merchant.contracts.strict_tool => {
            Err(UpdateError::invalid(field, first.clone()))
        }
        _ => Ok(broken.iter().map(taken_all_the_same).collect()),
    }
}
