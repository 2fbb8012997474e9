//! An address, or a range of them, from which a merchant's telegrams may come.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Text;

/// One address such as `192.0.2.7`, or a range such as `192.0.2.0/24`. In JSON and TOML a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange(IpNet);

impl AddressRange {
    /// Whether an address is in it. An IPv4 address in the clothes of IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.prefix_len() == self.0.max_prefix_len() {
            true => self.0.addr().fmt(formatter),
            false => self.0.fmt(formatter),
        }
    }
}

impl FromStr for AddressRange {
    type Err = Text;

    fn from_str(text: &str) -> Result<AddressRange, Text> {
        let alone = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())).ok();
        let range = text.parse().ok().or_else(alone);
        range.map(AddressRange).ok_or_else(|| {
            Text::filled(
                format!(
                    "IPアドレスは 192.0.2.7、範囲は 192.0.2.0/24 の形式で指定してください。(allowed_addresses: {text})"
                ),
                format!(
                    "{text:?} is not an address such as 192.0.2.7 nor a range such as 192.0.2.0/24 (allowed_addresses)"
                ),
            )
        })
    }
}

impl Serialize for AddressRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AddressRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AddressRange, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_its_range_whatever_it_wears() {
        let range: AddressRange = "192.0.2.0/24".parse().unwrap();
        assert!(range.contains("192.0.2.9".parse().unwrap()) && range.contains("::ffff:192.0.2.9".parse().unwrap()));
        assert!(!range.contains("192.0.3.9".parse().unwrap()));
        let alone: AddressRange = "2001:db8::1".parse().unwrap();
        assert_eq!(alone.to_string(), "2001:db8::1");
        assert!(alone.contains("2001:db8::1".parse().unwrap()) && !alone.contains("2001:db8::2".parse().unwrap()));
        assert!("192.0.2".parse::<AddressRange>().unwrap_err().english.contains("192.0.2.0/24"));
    }
}
