//! Japan's bank business days (`fixtures/holidays.toml`).

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use crate::fixtures;

#[derive(Deserialize)]
struct Holidays {
    fixed: Vec<(i8, i8)>,
    nth_monday: Vec<(i8, i8)>,
    equinox: Vec<(i8, f64)>,
    bank: Vec<(i8, i8)>,
}

static HOLIDAYS: LazyLock<Holidays> = LazyLock::new(|| fixtures::parse(fixtures::HOLIDAYS));

/// Whether banks work on a day.
pub(in crate::method) fn is_business_day(date: Date) -> bool {
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let closed = HOLIDAYS.bank.contains(&(date.month(), date.day()));
    !weekend && !closed && !is_holiday(date)
}

/// A holiday by law: one of its own, the substitute of one on a Sunday, or a day between two.
fn is_holiday(date: Date) -> bool {
    if is_named_holiday(date) {
        return true;
    }
    let (Ok(yesterday), Ok(tomorrow)) = (date.yesterday(), date.tomorrow()) else { return false };
    if is_named_holiday(yesterday) && is_named_holiday(tomorrow) {
        return true;
    }
    // The first day after a row of holidays is one too when the row has a Sunday.
    let mut day = yesterday;
    while is_named_holiday(day) {
        if day.weekday() == Weekday::Sunday {
            return true;
        }
        let Ok(before) = day.yesterday() else { return false };
        day = before;
    }
    false
}

fn is_named_holiday(date: Date) -> bool {
    let (month, day) = (date.month(), date.day());
    let monday = date.weekday() == Weekday::Monday && HOLIDAYS.nth_monday.contains(&(month, (day - 1) / 7 + 1));
    let years = f64::from(date.year()) - 1980.0;
    let equinox = HOLIDAYS.equinox.iter().any(|(in_month, base)| {
        *in_month == month && f64::from(day) == (base + 0.242_194 * years - (years / 4.0).floor()).floor()
    });
    monday || equinox || HOLIDAYS.fixed.contains(&(month, day))
}

/// The day that lies `days` business days before a date.
pub(in crate::method) fn minus_business_days(date: Date, days: u32) -> Date {
    step(date, days, Date::yesterday)
}

/// The day that lies `days` business days after a date.
pub(in crate::method) fn plus_business_days(date: Date, days: u32) -> Date {
    step(date, days, Date::tomorrow)
}

fn step(date: Date, days: u32, next: impl Fn(Date) -> Result<Date, jiff::Error>) -> Date {
    let (mut date, mut left) = (date, days);
    while left > 0 {
        // The calendar ends in the year 9999.
        let Ok(day) = next(date) else { break };
        date = day;
        left -= u32::from(is_business_day(date));
    }
    date
}

/// The first day on which a date lies before "today minus so many business days": when a batch takes it as over.
pub(in crate::method) fn first_day_past(date: Date, days: u32) -> Date {
    let mut today = date;
    while minus_business_days(today, days) <= date {
        let Ok(tomorrow) = today.tomorrow() else { break };
        today = tomorrow;
    }
    today
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn banks_are_closed_on_holidays() {
        for holiday in [
            date(2026, 1, 1),
            date(2026, 1, 2),
            date(2026, 1, 12), // second Monday
            date(2026, 2, 23),
            date(2026, 3, 20), // equinox
            date(2026, 5, 6),  // substitute of Sunday, 3 May
            date(2026, 9, 21),
            date(2026, 9, 22), // between two
            date(2026, 9, 23),
            date(2026, 11, 23),
            date(2026, 12, 31),
            date(2026, 11, 28), // Saturday
            date(2027, 3, 22),  // substitute of Sunday, 21 March
        ] {
            assert!(!is_business_day(holiday), "{holiday}");
        }
        for open in [date(2026, 1, 5), date(2026, 5, 7), date(2026, 11, 24), date(2026, 12, 30)] {
            assert!(is_business_day(open), "{open}");
        }
    }

    #[test]
    fn an_application_is_over_on_the_third_business_day_after_it() {
        // Thursday 26 November 2026: Friday, Monday, Tuesday.
        assert_eq!(first_day_past(date(2026, 11, 26), 2), date(2026, 12, 1));
        // Saturday: Monday, Tuesday, Wednesday.
        assert_eq!(first_day_past(date(2026, 11, 28), 2), date(2026, 12, 2));
        // Over the new year: 4 January 2027 is a Monday.
        assert_eq!(first_day_past(date(2026, 12, 29), 2), date(2027, 1, 5));
        assert_eq!(plus_business_days(date(2026, 11, 20), 2), date(2026, 11, 25));
    }
}
