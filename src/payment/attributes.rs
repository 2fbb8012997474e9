//! The values of a payment that only some payment types have.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::wire::catalog;

/// Wire names and their values, packed into one string (a line for each), shared until changed.
///
/// A shop's ledger can hold a million payments with a dozen values each: one allocation for all of them costs a
/// third of a map, and a notice shares the string of the payment that it tells about. A line starts with the one
/// character that stands for its name, or with the name itself and `=` when the catalog does not know it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(Option<Arc<str>>);

impl Attributes {
    /// The value under a name; `None` when it was never set or set to nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let name = Name::of(name);
        self.lines().find(|line| line.name == name).map(|line| line.value)
    }

    /// All names and values, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines().map(|line| (line.name.text(), line.value))
    }

    /// Sets several values at once; an empty value removes its name. Line breaks in values become blanks.
    pub fn set_all<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let values = values.into_iter();
        let mut lines: Vec<Line<'_>> = Vec::with_capacity(values.size_hint().0 + 16);
        lines.extend(self.lines());
        for (name, value) in values {
            let name = Name::of(name);
            match lines.iter_mut().find(|line| line.name == name) {
                Some(line) => line.value = value,
                None => lines.push(Line { name, value }),
            }
        }
        lines.retain(|line| !line.value.is_empty());
        let mut text = String::with_capacity(lines.iter().map(Line::len).sum());
        for Line { name, value } in lines {
            match name {
                Name::Known(code) => text.push(code),
                Name::Other(name) => {
                    text.push_str(name);
                    text.push('=');
                }
            }
            match value.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
                true => text.push_str(&value.replace(['\r', '\n'], " ")),
                false => text.push_str(value),
            }
            text.push('\n');
        }
        self.0 = (!text.is_empty()).then(|| text.into());
    }

    /// Sets one value; an empty value removes the name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.set_all([(name, value)]);
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = self.0.as_deref().unwrap_or_default();
        // Names and values are short: a plain look for the separators beats the library's search for them.
        let find = |text: &str, separator: u8| text.bytes().position(|byte| byte == separator);
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let (name, start) = if first >= FIRST_CODE {
                (Name::Known(first), first.len_utf8())
            } else {
                let end = find(rest, b'=')?;
                (Name::Other(&rest[..end]), end + 1)
            };
            let end = start + find(&rest[start..], b'\n')?;
            let line = Line { name, value: &rest[start..end] };
            rest = &rest[end + 1..];
            Some(line)
        })
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

struct Line<'a> {
    name: Name<'a>,
    value: &'a str,
}

impl Line<'_> {
    fn len(&self) -> usize {
        let name = match self.name {
            Name::Known(code) => code.len_utf8(),
            Name::Other(name) => name.len() + 1,
        };
        name + self.value.len() + 1
    }
}

/// What the names of the wire are packed into: this character and those after it. Names themselves are ASCII.
const FIRST_CODE: char = '\u{100}';

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name<'a> {
    Known(char),
    Other(&'a str),
}

impl<'a> Name<'a> {
    fn of(name: &'a str) -> Name<'a> {
        NAMES.codes.get(name).map_or(Name::Other(name), |code| Name::Known(*code))
    }

    fn text(self) -> &'a str {
        match self {
            Name::Known(code) => NAMES.names.get(code as usize - FIRST_CODE as usize).copied().unwrap_or_default(),
            Name::Other(name) => name,
        }
    }
}

/// The names of the wire's fields, and the characters that stand for them.
struct Names {
    names: Vec<&'static str>,
    codes: HashMap<&'static str, char>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let names = catalog().field_names();
    let codes = names.iter().copied().zip(FIRST_CODE..).collect();
    Names { names, codes }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_replaced_and_removed() {
        let mut attributes = Attributes::default();
        attributes.set_all([("a", "1"), ("site_id", "x=y"), ("a", "2"), ("c", "")]);
        attributes.set("site_id", "two\r\nlines");
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("a", "2"), ("site_id", "two  lines")]);
        attributes.set("a", "");
        assert_eq!(attributes.get("a"), None);
        assert_eq!(attributes.get("site_id"), Some("two  lines"));
    }

    #[test]
    fn the_names_of_the_wire_take_little_room() {
        let mut attributes = Attributes::default();
        attributes.set("masked_card_number", "************0000");
        assert!(attributes.0.is_some_and(|packed| packed.len() <= 20));
    }
}
