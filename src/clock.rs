//! Virtual time in Japan: real, shifted or frozen, for everybody or for one merchant.
//!
//! This is the only place that reads the machine's clock (TLS apart); everything else is handed a
//! [`Moment`]. Japan has no summer time, so a moment is a civil date and time at UTC+9.

use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use dashmap::DashMap;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::merchant::MerchantId;

const JAPAN: Offset = Offset::constant(9);

/// A date and time in Japan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(DateTime);

impl Moment {
    /// The moment of a Japanese calendar date and time.
    pub const fn from_civil(civil: DateTime) -> Moment {
        Moment(civil)
    }

    /// The Japanese calendar date and time.
    pub const fn civil(self) -> DateTime {
        self.0
    }

    /// Reads `YYYYMMDDhhmmss`; `None` unless it is a real date and time of 14 digits.
    pub fn parse_datetime14(text: &str) -> Option<Moment> {
        if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        DateTime::strptime("%Y%m%d%H%M%S", text).ok().map(Moment)
    }

    /// `YYYYMMDDhhmmss`, the wire's form of a date and time.
    pub fn datetime14(self) -> String {
        format!("{}{:02}{:02}{:02}", self.date8(), self.0.hour(), self.0.minute(), self.0.second())
    }

    /// `YYYYMMDD`, the wire's form of a date.
    pub fn date8(self) -> String {
        format!("{:04}{:02}{:02}", self.0.year(), self.0.month(), self.0.day())
    }

    /// This moment and a span of time; stays at the end of the calendar when it would leave it.
    pub fn plus(self, span: Span) -> Moment {
        Moment(self.0.saturating_add(span))
    }

    /// The same time of day, `days` days later.
    pub fn plus_days(self, days: i64) -> Moment {
        self.plus(days.days())
    }

    /// `minutes` minutes later.
    pub fn plus_minutes(self, minutes: i64) -> Moment {
        self.plus(minutes.minutes())
    }

    /// 00:00:00 of the same day.
    pub fn start_of_day(self) -> Moment {
        Moment(self.0.date().to_datetime(jiff::civil::Time::midnight()))
    }

    /// 23:59:59 of the same day: the last second in which a payment limit of that day is met.
    pub fn end_of_day(self) -> Moment {
        Moment(self.0.date().at(23, 59, 59, 0))
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 with Japan's offset, to the second: `2026-12-01T09:00:00+09:00`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}+09:00", self.0.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::str::FromStr for Moment {
    type Err = jiff::Error;

    /// Reads RFC 3339 with any offset; a time without offset is taken as Japan's.
    fn from_str(text: &str) -> Result<Moment, jiff::Error> {
        match text.parse::<Timestamp>() {
            Ok(timestamp) => Ok(Moment(JAPAN.to_datetime(timestamp))),
            Err(_) => text.parse::<DateTime>().map(Moment),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How a clock stands to the machine's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setting {
    /// Ticks, that many milliseconds ahead of the machine's clock (0: real time).
    Ticking {
        /// Milliseconds ahead of real time; negative when behind.
        ahead_ms: i64,
    },
    /// Stands still.
    Frozen(Moment),
}

impl Setting {
    const REAL: Setting = Setting::Ticking { ahead_ms: 0 };

    fn now(self) -> Moment {
        match self {
            Setting::Ticking { ahead_ms } => real_now().plus(ahead_ms.milliseconds()),
            Setting::Frozen(moment) => moment,
        }
    }
}

/// Seconds since 1970 by the machine's clock, for certificates alone.
pub fn wall_clock_seconds() -> i64 {
    machine_time().as_second()
}

fn real_now() -> Moment {
    Moment(JAPAN.to_datetime(machine_time()))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

/// The clocks of the emulator: one for all merchants, and one for each merchant that was given its own.
#[derive(Debug)]
pub struct Clock {
    common: RwLock<Setting>,
    own: DashMap<MerchantId, Setting>,
    changes: watch::Sender<()>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { common: RwLock::new(Setting::REAL), own: DashMap::new(), changes: watch::Sender::new(()) }
    }
}

impl Clock {
    /// What time it is for this merchant.
    pub fn now(&self, merchant_id: &MerchantId) -> Moment {
        self.setting(Some(merchant_id)).now()
    }

    /// What time it is for merchants without a clock of their own.
    pub fn common_now(&self) -> Moment {
        self.setting(None).now()
    }

    /// The setting that rules for this merchant, or for merchants without a clock of their own.
    pub fn setting(&self, merchant_id: Option<&MerchantId>) -> Setting {
        if let Some(own) = merchant_id.and_then(|id| self.own.get(id)) {
            return *own;
        }
        *self.common.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this merchant has a clock of its own.
    pub fn has_own(&self, merchant_id: &MerchantId) -> bool {
        self.own.contains_key(merchant_id)
    }

    /// Sets the time for one merchant (which gets a clock of its own), or for all others.
    pub fn set(&self, merchant_id: Option<&MerchantId>, now: Moment, frozen: bool) {
        let setting = if frozen {
            Setting::Frozen(now)
        } else {
            let ahead = now.civil() - real_now().civil();
            let ahead_ms = ahead.total((jiff::Unit::Millisecond, jiff::SpanRelativeTo::days_are_24_hours()));
            // Rounded up: the clock must not fall behind what was asked for.
            Setting::Ticking { ahead_ms: ahead_ms.map_or(0, |total| total.ceil() as i64) }
        };
        self.put(merchant_id, setting);
    }

    /// Turns the clock of one merchant (which gets a clock of its own), or of all others, forward or back.
    pub fn shift(&self, merchant_id: Option<&MerchantId>, span: Span) {
        let setting = match self.setting(merchant_id) {
            Setting::Frozen(moment) => Setting::Frozen(moment.plus(span)),
            Setting::Ticking { ahead_ms } => {
                let more = span.total((jiff::Unit::Millisecond, jiff::SpanRelativeTo::days_are_24_hours()));
                Setting::Ticking { ahead_ms: ahead_ms.saturating_add(more.map_or(0, |total| total as i64)) }
            }
        };
        self.put(merchant_id, setting);
    }

    fn put(&self, merchant_id: Option<&MerchantId>, setting: Setting) {
        match merchant_id {
            Some(id) => {
                self.own.insert(id.clone(), setting);
            }
            None => *self.common.write().unwrap_or_else(PoisonError::into_inner) = setting,
        }
        self.changes.send_replace(());
    }

    /// How long it really takes until a merchant's clock shows this moment: nothing when it has passed, `None` when
    /// the clock stands still before it.
    pub fn until(&self, merchant_id: &MerchantId, moment: Moment) -> Option<Duration> {
        let setting = self.setting(Some(merchant_id));
        let left = moment.civil().duration_since(setting.now().civil());
        match (Duration::try_from(left), setting) {
            (Err(_), _) => Some(Duration::ZERO),
            (Ok(Duration::ZERO), _) => Some(Duration::ZERO),
            (Ok(_), Setting::Frozen(_)) => None,
            (Ok(left), Setting::Ticking { .. }) => Some(left),
        }
    }

    /// Tells when a clock is set, turned or reset.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Back to real time: one merchant (which then follows the common clock again), or the common clock.
    pub fn reset(&self, merchant_id: Option<&MerchantId>) {
        match merchant_id {
            Some(id) => {
                self.own.remove(id);
            }
            None => *self.common.write().unwrap_or_else(PoisonError::into_inner) = Setting::REAL,
        }
        self.changes.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_forms_and_rfc_3339_agree() {
        let moment: Moment = "2026-12-01T00:00:05Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-12-01T09:00:05+09:00");
        assert_eq!(moment.datetime14(), "20261201090005");
        assert_eq!(Moment::parse_datetime14("20261201090005"), Some(moment));
        assert_eq!(moment.end_of_day().datetime14(), "20261201235959");
        assert_eq!(Moment::parse_datetime14("20261301090005"), None);
        assert_eq!(Moment::parse_datetime14("2026120109000"), None);
    }

    #[test]
    fn merchants_can_live_on_different_days() {
        let clock = Clock::default();
        let (early, late) = (MerchantId::new("1"), MerchantId::new("2"));
        let there: Moment = "2030-01-01T00:00:00+09:00".parse().unwrap();
        clock.set(Some(&late), there, true);
        assert_eq!(clock.now(&late), there);
        assert!(clock.now(&early) < there);
        clock.set(None, there.plus_days(1), false);
        assert!(clock.now(&early) >= there.plus_days(1) && clock.now(&early) < there.plus_days(2));
        assert_eq!(clock.until(&late, there), Some(Duration::ZERO));
        assert_eq!(clock.until(&late, there.plus_days(1)), None);
        assert!(clock.until(&early, there.plus_days(2)).is_some_and(|left| left <= Duration::from_secs(86_400)));
        clock.reset(Some(&late));
        assert!(clock.now(&late) >= there.plus_days(1));
    }
}
