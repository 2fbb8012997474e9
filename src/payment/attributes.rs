//! The values of a payment that only some payment types have.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::wire::Name;

/// Wire names and their values, packed into one string, shared until changed.
///
/// A shop's ledger can hold a million payments with a dozen values each: one allocation for all of them
/// costs a third of a map, and a notice shares the string of the payment that it tells about.
///
/// Each value is packed as the length of its name, its own length, the name and the value, so that whoever looks for a
/// name can jump over the others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(Option<Arc<str>>);

/// Says that a length does not fit one character, but takes the next [`DIGITS`].
const LONG: u8 = 0x7f;
/// How many digits to the base of 128 a long length has.
const DIGITS: usize = 4;

impl Attributes {
    /// The value under a name; `None` when it was never set or set to nothing.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.named(name.as_str())
    }

    /// The same for a name that only data knows, such as that of a column.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All names and values, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.0.as_deref().unwrap_or_default();
        std::iter::from_fn(move || {
            let (name, value);
            (name, value, rest) = unpack(rest)?;
            Some((name, value))
        })
    }

    /// Sets several values at once; an empty value removes its name. Line breaks in values become blanks.
    pub fn set_all<'a>(&mut self, values: impl IntoIterator<Item = (Name, &'a str)>) {
        self.set_named(values.into_iter().map(|(name, value)| (name.as_str(), value)));
    }

    /// The same for names that come out of data, such as those of another payment or numbered ones.
    pub fn set_named<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut new: SmallVec<[(&str, &str); 16]> = SmallVec::new();
        for (name, value) in values {
            match new.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => new.push((name, value)),
            }
        }
        let old = self.0.as_deref().unwrap_or_default();
        let room = new.iter().map(|(name, value)| 2 * (1 + DIGITS) + name.len() + value.len()).sum::<usize>();
        let mut text = String::with_capacity(old.len() + room);
        for (name, value) in self.iter() {
            match new.iter().position(|(known, _)| *known == name) {
                Some(at) => pack(&mut text, name, std::mem::take(&mut new[at].1)),
                None => pack(&mut text, name, value),
            }
        }
        for (name, value) in new {
            pack(&mut text, name, value);
        }
        self.0 = (!text.is_empty()).then(|| text.into());
    }

    /// Sets one value; an empty value removes the name.
    pub fn set(&mut self, name: Name, value: &str) {
        self.set_all([(name, value)]);
    }
}

/// Adds a value to a packed string, unless it is empty.
fn pack(text: &mut String, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    pack_length(text, name.len());
    pack_length(text, value.len());
    text.push_str(name);
    match value.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
        true => text.push_str(&value.replace(['\r', '\n'], " ")),
        false => text.push_str(value),
    }
}

fn pack_length(text: &mut String, length: usize) {
    let digit = |number: usize| char::from((number & 0x7f) as u8);
    if length < usize::from(LONG) {
        text.push(digit(length));
    } else {
        text.push(char::from(LONG));
        text.extend((0..DIGITS).map(|at| digit(length >> (7 * at))));
    }
}

/// The first name and value of a packed string, and the rest of it.
fn unpack(text: &str) -> Option<(&str, &str, &str)> {
    let (name_length, rest) = unpack_length(text)?;
    let (value_length, rest) = unpack_length(rest)?;
    let (name, rest) = rest.split_at_checked(name_length)?;
    let (value, rest) = rest.split_at_checked(value_length)?;
    Some((name, value, rest))
}

fn unpack_length(text: &str) -> Option<(usize, &str)> {
    let (first, rest) = text.split_at_checked(1)?;
    match first.as_bytes()[0] {
        LONG => {
            let (digits, rest) = rest.split_at_checked(DIGITS)?;
            let number = digits.bytes().rev().fold(0, |number, digit| (number << 7) | usize::from(digit));
            Some((number, rest))
        }
        short => Some((usize::from(short), rest)),
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_replaced_and_removed() {
        let mut attributes = Attributes::default();
        attributes.set_named([("a", "1"), ("site_id", "x=y"), ("a", "2"), ("c", "")]);
        attributes.set_named([("site_id", "two\r\nlines")]);
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("a", "2"), ("site_id", "two  lines")]);
        attributes.set_named([("a", "")]);
        assert_eq!(attributes.named("a"), None);
        assert_eq!(attributes.named("site_id"), Some("two  lines"));
    }

    #[test]
    fn names_and_values_of_any_length_are_kept() {
        let lengths = [1, 125, 126, 127, 128, 129, 16_383, 16_384, 3_000_000];
        let mut attributes = Attributes::default();
        let name = |length: usize| format!("{length:0>width$}", width = length.min(1000));
        for length in lengths {
            attributes.set_named([(name(length).as_str(), "表".repeat(length).as_str())]);
        }
        attributes.set_named([("last", "1")]);
        for length in lengths {
            let value = attributes.named(&name(length));
            assert_eq!(value.map(|value| value.chars().count()), Some(length));
        }
        assert_eq!(attributes.named("last"), Some("1"));
    }
}
