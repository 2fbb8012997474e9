//! Times that somebody typed into the test tool (`test_tool.md` section 5, rules ※1 and ※2).

use crate::clock::Moment;
use crate::method::{Desk, Update, UpdateError, UpdateInput};
use crate::payment::{Payment, Trigger};
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
    let wrong = || UpdateError::invalid(name, format!("{text:?} is not an existing date and time as {DATE_AND_TIME}"));
    moment.ok_or_else(wrong).map(Some)
}

/// A date of an input, which may have a time after it; `None` when it is not given.
pub(in crate::method) fn date(update: &Update, name: Name) -> Result<Option<Moment>, UpdateError> {
    let Some(text) = update.input(name) else { return Ok(None) };
    let whole = if text.len() == 8 { format!("{text}000000") } else { text.to_owned() };
    let wrong = || UpdateError::invalid(name, format!("{text:?} is not an existing date as YYYYMMDD"));
    Moment::parse_datetime14(&whole).ok_or_else(wrong).map(Some)
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
) -> Result<Vec<String>, UpdateError> {
    let Some(typed) = typed else { return Ok(Vec::new()) };
    let mut broken = Vec::new();
    if typed <= payment.init_date {
        broken.push(format!("{typed} is not after the application at {}", payment.init_date));
    }
    if let Some(limit) = limit(payment).filter(|limit| typed > *limit) {
        broken.push(format!("{typed} is after the payment limit {limit}"));
    }
    taken(desk, name::PAYMENT_DATE, broken)
}

/// The same for a typed limit date, which must lie after the application.
pub(in crate::method) fn limit_warnings(
    desk: &Desk<'_>,
    payment: &Payment,
    typed: Option<Moment>,
) -> Result<Vec<String>, UpdateError> {
    let early = typed.filter(|typed| typed.end_of_day() <= payment.init_date);
    let told =
        |typed: Moment| format!("the limit {} is not after the application at {}", typed.date8(), payment.init_date);
    taken(desk, name::PAYMENT_DATE, early.map(told).into_iter().collect())
}

/// Rules that were broken, as warnings or as a refusal.
fn taken(desk: &Desk<'_>, field: Name, broken: Vec<String>) -> Result<Vec<String>, UpdateError> {
    match broken.first() {
        Some(first) if desk.by == Trigger::Tool && desk.merchant.contracts.strict_tool => {
            Err(UpdateError::invalid(field, first))
        }
        _ => Ok(broken.iter().map(|rule| format!("{rule}; it is taken all the same")).collect()),
    }
}
