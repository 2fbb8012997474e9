//! Virtual time in Japan: real, shifted or frozen, for everybody or for one merchant.
//!
//! This is the only place that reads the machine's clock (TLS apart); everything else is handed a
//! [`Moment`]. Japan has no summer time, so a moment is a civil date and time at UTC+9.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::ids::MerchantId;
use crate::keeper::Keeper;

const JAPAN: Offset = Offset::constant(9);

/// A date and time in Japan, to the microsecond.
///
/// It is read from RFC 3339 text with any offset, or from a date and time without one, which is Japan's; it is written
/// with Japan's.
///
/// ```
/// use paygent_emulator::Moment;
///
/// let moment: Moment = "2026-12-01T00:00:05Z".parse()?;
/// assert_eq!(moment.to_string(), "2026-12-01T09:00:05+09:00");
/// assert_eq!("2026-12-01T09:00:05".parse::<Moment>()?, moment);
/// # Ok::<(), paygent_emulator::MomentError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Microseconds since 1970 began in Greenwich: 8 bytes, where a calendar date with its time of day takes 12.
    unix_us: i64,
}

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 24 * 60 * 60 * SECOND_US;

impl Moment {
    fn from_unix_us(unix_us: i64) -> Moment {
        Moment { unix_us: unix_us.clamp(Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond()) }
    }

    /// The moment of a Japanese calendar date and time.
    pub(crate) fn from_civil(civil: DateTime) -> Moment {
        let end = if civil.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Moment { unix_us: JAPAN.to_timestamp(civil).unwrap_or(end).as_microsecond() }
    }

    /// The Japanese calendar date and time.
    pub(crate) fn civil(self) -> DateTime {
        JAPAN.to_datetime(Timestamp::from_microsecond(self.unix_us).unwrap_or(Timestamp::MAX))
    }

    /// Reads `YYYYMMDDhhmmss`; `None` unless it is a real date and time of 14 digits.
    ///
    /// ```
    /// use paygent_emulator::Moment;
    ///
    /// let moment = Moment::parse_datetime14("20261201090005").unwrap();
    /// assert_eq!(moment.to_string(), "2026-12-01T09:00:05+09:00");
    /// assert_eq!(Moment::parse_datetime14("20261301090005"), None);
    /// ```
    pub fn parse_datetime14(text: &str) -> Option<Moment> {
        if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        DateTime::strptime("%Y%m%d%H%M%S", text).ok().map(Moment::from_civil)
    }

    /// `YYYYMMDDhhmmss`, the wire's form of a date and time.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.datetime14(), "20261201090005");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn datetime14(self) -> String {
        let civil = self.civil();
        let mut text = date8(civil);
        push_digits(&mut text, [civil.hour(), civil.minute(), civil.second()]);
        text
    }

    /// `YYYYMMDD`, the wire's form of a date.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.date8(), "20261201");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn date8(self) -> String {
        date8(self.civil())
    }

    /// This moment and a span of time; stays at the end of the calendar when it would leave it.
    pub(crate) fn plus(self, span: Span) -> Moment {
        Moment::from_civil(self.civil().saturating_add(span))
    }

    /// The same time of day, `days` days later.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.plus_days(31).date8(), "20270101");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn plus_days(self, days: i64) -> Moment {
        Moment::from_unix_us(self.unix_us.saturating_add(days.saturating_mul(DAY_US)))
    }

    /// `minutes` minutes later.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.plus_minutes(-10).datetime14(), "20261201085005");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn plus_minutes(self, minutes: i64) -> Moment {
        Moment::from_unix_us(self.unix_us.saturating_add(minutes.saturating_mul(60 * SECOND_US)))
    }

    /// 00:00:00 of the same day.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.start_of_day().datetime14(), "20261201000000");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn start_of_day(self) -> Moment {
        let ahead = i64::from(JAPAN.seconds()) * SECOND_US;
        Moment::from_unix_us(self.unix_us - (self.unix_us + ahead).rem_euclid(DAY_US))
    }

    /// So much later.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// let later = moment.plus_duration(std::time::Duration::from_secs(55));
    /// assert_eq!(later.datetime14(), "20261201090100");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn plus_duration(self, duration: Duration) -> Moment {
        Moment::from_unix_us(self.unix_us.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after another moment it is; nothing when it is not.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.plus_minutes(1).since(moment).as_secs(), 60);
    /// assert_eq!(moment.since(moment.plus_minutes(1)).as_secs(), 0);
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_micros(u64::try_from(self.unix_us.saturating_sub(earlier.unix_us)).unwrap_or(0))
    }

    /// 23:59:59 of the same day: the last second in which a payment limit of that day is met.
    ///
    /// ```
    /// # use paygent_emulator::Moment;
    /// let moment: Moment = "2026-12-01T09:00:05+09:00".parse()?;
    /// assert_eq!(moment.end_of_day().datetime14(), "20261201235959");
    /// # Ok::<(), paygent_emulator::MomentError>(())
    /// ```
    pub fn end_of_day(self) -> Moment {
        Moment::from_unix_us(self.start_of_day().unix_us + DAY_US - SECOND_US)
    }
}

fn date8(civil: DateTime) -> String {
    let mut text = String::with_capacity(14);
    let year = civil.year().clamp(0, 9999);
    // Both halves of the year are below 100.
    push_digits(&mut text, [(year / 100) as i8, (year % 100) as i8, civil.month(), civil.day()]);
    text
}

/// Two digits of each number; every date on the wire is made of such.
fn push_digits<const N: usize>(text: &mut String, numbers: [i8; N]) {
    for number in numbers {
        let number = number.unsigned_abs();
        text.push(char::from(b'0' + number / 10 % 10));
        text.push(char::from(b'0' + number % 10));
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 with Japan's offset, to the second: `2026-12-01T09:00:00+09:00`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}+09:00", self.civil().strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::str::FromStr for Moment {
    type Err = MomentError;

    /// Reads RFC 3339 with any offset; a time without offset is taken as Japan's.
    fn from_str(text: &str) -> Result<Moment, MomentError> {
        match text.parse::<Timestamp>() {
            Ok(timestamp) => Ok(Moment { unix_us: timestamp.as_microsecond() }),
            Err(_) => text.parse::<DateTime>().map(Moment::from_civil).map_err(MomentError),
        }
    }
}

/// Why a text is no [`Moment`].
///
/// ```
/// use paygent_emulator::{Moment, MomentError};
///
/// let error: MomentError = "tomorrow".parse::<Moment>().unwrap_err();
/// assert!(!error.to_string().is_empty());
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct MomentError(jiff::Error);

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let us = self.unix_us.rem_euclid(SECOND_US);
        match us {
            // Whole seconds, which most moments that people set are, stay short.
            0 => serializer.collect_str(self),
            _ => serializer.collect_str(&format_args!("{}.{us:06}+09:00", self.civil().strftime("%Y-%m-%dT%H:%M:%S"))),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How a clock stands to the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Real time.
    pub const REAL: Setting = Setting::Ticking { ahead_ms: 0 };

    fn now(self) -> Moment {
        match self {
            Setting::Ticking { ahead_ms } => {
                Moment::from_unix_us(real_now().unix_us.saturating_add(ahead_ms.saturating_mul(1000)))
            }
            Setting::Frozen(moment) => moment,
        }
    }
}

/// Seconds since 1970 by the machine's clock, for certificates alone.
pub fn wall_clock_seconds() -> i64 {
    machine_time().as_second()
}

/// What time it really is, whatever anybody's clock was turned to: for what waits in real time.
pub fn real_now() -> Moment {
    Moment { unix_us: machine_time().as_microsecond() }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

/// The clocks of the emulator: one for all merchants, and one for each merchant that was given its own.
#[derive(Debug)]
pub struct Clock {
    settings: RwLock<Settings>,
    /// How all of them stood at the start.
    first: Setting,
    changes: watch::Sender<()>,
    /// Who keeps it, by merchant; nothing stands for the clock of all others.
    pub(crate) keeper: Keeper,
}

#[derive(Debug)]
struct Settings {
    common: Setting,
    own: HashMap<MerchantId, Setting>,
}

impl Settings {
    fn all(common: Setting) -> Settings {
        Settings { common, own: HashMap::new() }
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::starting_as(Setting::REAL)
    }
}

impl Clock {
    /// Clocks that stand like this at the start.
    pub fn starting_as(first: Setting) -> Clock {
        let (settings, changes) = (RwLock::new(Settings::all(first)), watch::Sender::new(()));
        Clock { settings, first, changes, keeper: Keeper::default() }
    }

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
        let settings = self.settings();
        *merchant_id.and_then(|id| settings.own.get(id)).unwrap_or(&settings.common)
    }

    /// Whether this merchant has a clock of its own.
    pub fn has_own(&self, merchant_id: &MerchantId) -> bool {
        self.settings().own.contains_key(merchant_id)
    }

    /// Sets the time for one merchant (which gets a clock of its own), or for all others.
    pub fn set(&self, merchant_id: Option<&MerchantId>, now: Moment, frozen: bool) {
        let setting = if frozen {
            Setting::Frozen(now)
        } else {
            // Rounded up: the clock must not fall behind what was asked for.
            let ahead_us = now.unix_us.saturating_sub(real_now().unix_us);
            Setting::Ticking { ahead_ms: ahead_us.saturating_add(999).div_euclid(1000) }
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
        self.change(|settings| match merchant_id {
            Some(id) => {
                settings.own.insert(id.clone(), setting);
            }
            None => settings.common = setting,
        });
        self.keeper.put(merchant_id.map_or("", MerchantId::as_str), &setting);
    }

    /// Takes up how a clock stood.
    pub(crate) fn restore(&self, key: &str, setting: &str) -> Result<(), serde_json::Error> {
        let merchant_id = (!key.is_empty()).then(|| MerchantId::new(key));
        self.put(merchant_id.as_ref(), serde_json::from_str(setting)?);
        Ok(())
    }

    /// How long it really takes until a merchant's clock shows this moment: nothing when it has passed, `None` when
    /// the clock stands still before it.
    pub fn until(&self, merchant_id: &MerchantId, moment: Moment) -> Option<Duration> {
        let setting = self.setting(Some(merchant_id));
        let left = u64::try_from(moment.unix_us.saturating_sub(setting.now().unix_us)).unwrap_or(0);
        match setting {
            _ if left == 0 => Some(Duration::ZERO),
            Setting::Frozen(_) => None,
            Setting::Ticking { .. } => Some(Duration::from_micros(left)),
        }
    }

    /// Tells when a clock is set, turned or reset.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Back to real time: one merchant (which then follows the common clock again), or the common clock.
    pub fn reset(&self, merchant_id: Option<&MerchantId>) {
        if merchant_id.is_some_and(|id| !self.has_own(id)) {
            return;
        }
        self.change(|settings| match merchant_id {
            Some(id) => {
                settings.own.remove(id);
            }
            None => settings.common = Setting::REAL,
        });
        self.keeper.remove(merchant_id.map_or("", MerchantId::as_str));
    }

    /// All clocks as they were at the start.
    pub fn reset_all(&self) {
        let own: Vec<MerchantId> = self.settings().own.keys().cloned().collect();
        self.change(|settings| *settings = Settings::all(self.first));
        own.iter().map(MerchantId::as_str).chain([""]).for_each(|key| self.keeper.remove(key));
    }

    fn settings(&self) -> RwLockReadGuard<'_, Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.write().unwrap_or_else(PoisonError::into_inner));
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
    fn a_moment_comes_back_from_json_as_it_was() {
        for text in ["2026-12-01T09:00:05.000001Z", "2026-12-01T09:00:05.25Z", "1969-12-31T23:59:59.9Z"] {
            let moment: Moment = text.parse().unwrap();
            let json = serde_json::to_string(&moment).unwrap();
            assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment, "{json}");
        }
        let whole: Moment = "2026-12-01T00:00:05Z".parse().unwrap();
        assert_eq!(serde_json::to_string(&whole).unwrap(), "\"2026-12-01T09:00:05+09:00\"");
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
