//! A length of time in a merchant's settings.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{Text, text};

/// Seconds, with fractions down to the millisecond: 0 to one day. In JSON and TOML a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds {
    milliseconds: u32,
}

/// The most seconds.
const MOST: f64 = 86_400.0;

impl Seconds {
    /// Whole seconds.
    pub const fn whole(seconds: u16) -> Seconds {
        Seconds { milliseconds: seconds as u32 * 1000 }
    }

    fn of(seconds: f64) -> Result<Seconds, Text> {
        if !(0.0..=MOST).contains(&seconds) {
            return Err(text!(
                "秒数は 0～{most} で指定してください。({seconds})",
                "{seconds} is not a number of seconds from 0 to {most}",
                seconds = seconds,
                most = MOST
            ));
        }
        Ok(Seconds { milliseconds: (seconds * 1000.0).round() as u32 })
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Duration {
        Duration::from_millis(seconds.milliseconds.into())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", f64::from(self.milliseconds) / 1000.0)
    }
}

impl FromStr for Seconds {
    type Err = Text;

    fn from_str(text: &str) -> Result<Seconds, Text> {
        let unreadable = |_| {
            Text::filled(
                format!("秒数は 2 や 0.5 のように半角数字で指定してください。({text})"),
                format!("{text:?} is not a number of seconds such as 2 or 0.5"),
            )
        };
        text.parse().map_err(unreadable).and_then(Seconds::of)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.milliseconds % 1000 {
            0 => serializer.serialize_u32(self.milliseconds / 1000),
            _ => serializer.serialize_f64(f64::from(self.milliseconds) / 1000.0),
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
        f64::deserialize(deserializer).and_then(|seconds| Seconds::of(seconds).map_err(serde::de::Error::custom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_fractions_and_ends() {
        for (text, milliseconds, json) in [("2", 2000, "2"), ("0", 0, "0"), ("0.5", 500, "0.5"), ("1.0004", 1000, "1")]
        {
            let seconds: Seconds = text.parse().unwrap();
            assert_eq!(Duration::from(seconds), Duration::from_millis(milliseconds), "{text}");
            assert_eq!(serde_json::to_string(&seconds).unwrap(), json);
            assert_eq!(serde_json::from_str::<Seconds>(json).unwrap(), seconds);
        }
        for wrong in ["-1", "86401", "NaN", "", "2s"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
    }
}
