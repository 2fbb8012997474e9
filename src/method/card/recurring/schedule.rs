//! On which days a recurring charge charges.

use jiff::civil::Date;

use crate::clock::Moment;

/// The first day of charge after a day: the month of the first charge and every `cycle` months on, on the day `timing`
/// (29 to 31: the last day of the month). The day of the first charge plays no part.
pub(super) fn next(first_executed: Moment, cycle: u8, timing: u8, after: Moment) -> Moment {
    let first = first_executed.civil().date();
    let after = after.start_of_day();
    let days = (1..).map_while(|turn: i32| {
        let month = i32::from(first.year()) * 12 + i32::from(first.month()) - 1 + turn * i32::from(cycle);
        let start = Date::new(i16::try_from(month / 12).ok()?, i8::try_from(month % 12 + 1).ok()?, 1).ok()?;
        let last = start.last_of_month().day();
        let day = if timing >= 29 { last } else { i8::try_from(timing).ok()?.min(last) };
        Some(Moment::from_civil(start.with().day(day).build().ok()?.at(0, 0, 0, 0)))
    });
    // The calendar of the computer ends in the year 9999.
    days.into_iter().find(|day| *day > after).unwrap_or(after.plus_days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Moment {
        Moment::parse_datetime14(&format!("{text}000000")).unwrap()
    }

    #[test]
    fn the_printed_example_holds() {
        let mut at = day("20261130");
        for expected in ["20270110", "20270310", "20270510"] {
            at = next(day("20261130"), 2, 10, at);
            assert_eq!(at.date8(), expected);
        }
    }

    #[test]
    fn the_last_days_of_months_are_last_days() {
        let mut at = day("20270115");
        for expected in ["20270228", "20270331", "20270430"] {
            at = next(day("20270115"), 1, 31, at);
            assert_eq!(at.date8(), expected);
        }
        assert_eq!(next(day("20271215"), 2, 28, day("20271215")).date8(), "20280228");
        assert_eq!(next(day("20271215"), 2, 29, day("20271215")).date8(), "20280229");
    }
}
