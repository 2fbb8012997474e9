//! Ids and codes: of merchants, of payments and what they are, of telegrams.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// マーチャントID: up to nine digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MerchantId(Arc<str>);

impl MerchantId {
    /// The id as written.
    pub fn new(id: &str) -> MerchantId {
        MerchantId(id.into())
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for MerchantId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MerchantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// 決済ID: the gateway's own number of a payment, unique over all merchants and rising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaymentId(pub u64);

impl fmt::Display for PaymentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for PaymentId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<PaymentId, Self::Err> {
        text.parse().map(PaymentId)
    }
}

/// 決済種別CD: the two-digit code of a payment's type, as 091, 094 and the notices show it. Each method names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentType(pub u8);

/// 決済ステータス: the two-digit code of the state of a payment. What a code means depends on the payment's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u8);

/// Two-digit codes are written, read and serialized alike.
macro_rules! two_digits {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:02}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = Text;

            fn from_str(text: &str) -> Result<$name, Text> {
                match text.as_bytes() {
                    [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Ok($name((tens - b'0') * 10 + (ones - b'0'))),
                    _ => Err(Text::filled(
                        format!("コードは2桁の数字です。({text})"),
                        format!("{text:?} is not a code of two digits"),
                    )),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

two_digits!(PaymentType);
two_digits!(Status);

/// 電文種別ID: the three-character kind of a telegram.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind([u8; 3]);

impl Kind {
    /// The kind written in three ASCII characters.
    pub const fn new(kind: &[u8; 3]) -> Kind {
        Kind(*kind)
    }

    /// The three characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        match text.as_bytes().try_into() {
            Ok(kind) if text.is_ascii() => Ok(Kind(kind)),
            _ => Err(format!("{text:?} is not a telegram kind of three characters")),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
