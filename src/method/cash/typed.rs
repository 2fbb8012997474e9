//! Times that somebody typed into the test tool (`test_tool.md` section 5, rules ※1 and ※2).

use crate::clock::Moment;
use crate::method::{Update, UpdateError, UpdateInput};
use crate::payment::Payment;

/// The form of a date and time, as the tool's screens print it.
pub(in crate::method) const DATE_AND_TIME: &str = "YYYYMMDDhhmmss";

/// The tool's input for when a payment was made, under one of its labels.
pub(in crate::method) fn time_input(label: &'static str, english: &'static str) -> UpdateInput {
    UpdateInput::text("payment_date", label, english, DATE_AND_TIME)
}

/// The date and time of an input; `None` when it is not given.
pub(in crate::method) fn time(update: &Update, names: &[&str]) -> Result<Option<Moment>, UpdateError> {
    let Some((name, text)) = names.iter().find_map(|name| Some((name, update.input(name)?))) else { return Ok(None) };
    let moment = Moment::parse_datetime14(text);
    let wrong = || UpdateError::invalid(name, format!("{text:?} is not an existing date and time as {DATE_AND_TIME}"));
    moment.ok_or_else(wrong).map(Some)
}

/// A date of an input, which may have a time after it; `None` when it is not given.
pub(in crate::method) fn date(update: &Update, name: &str) -> Result<Option<Moment>, UpdateError> {
    let Some(text) = update.input(name) else { return Ok(None) };
    let whole = if text.len() == 8 { format!("{text}000000") } else { text.to_owned() };
    let wrong = || UpdateError::invalid(name, format!("{text:?} is not an existing date as YYYYMMDD"));
    Moment::parse_datetime14(&whole).ok_or_else(wrong).map(Some)
}

/// The last moment of a payment's limit date, if it has one.
pub(in crate::method) fn limit(payment: &Payment) -> Option<Moment> {
    let date = payment.attributes.get("payment_limit_date")?;
    Moment::parse_datetime14(&format!("{date}235959"))
}

/// What a typed payment time breaks of the rule that it lies between the application and the limit. It is taken all the same.
pub(in crate::method) fn warnings(payment: &Payment, typed: Option<Moment>) -> Vec<String> {
    let Some(typed) = typed else { return Vec::new() };
    let mut warnings = Vec::new();
    if typed <= payment.init_date {
        warnings
            .push(format!("{typed} is not after the application at {}; it is taken all the same", payment.init_date));
    }
    if let Some(limit) = limit(payment).filter(|limit| typed > *limit) {
        warnings.push(format!("{typed} is after the payment limit {limit}; it is taken all the same"));
    }
    warnings
}

/// The same for a typed limit date, which must lie after the application.
pub(in crate::method) fn limit_warnings(payment: &Payment, typed: Option<Moment>) -> Vec<String> {
    let early = typed.filter(|typed| typed.end_of_day() <= payment.init_date);
    let told = |typed: Moment| {
        let init = payment.init_date;
        format!("the limit {} is not after the application at {init}; it is taken all the same", typed.date8())
    };
    early.map(told).into_iter().collect()
}
