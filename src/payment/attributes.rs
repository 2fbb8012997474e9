//! The values of a payment that only some payment types have.

use std::fmt;
use std::sync::Arc;

/// Wire names and their values, packed into one string (`name=value` lines), shared until changed.
///
/// A shop's ledger can hold a million payments with a dozen values each: one allocation for all of them
/// costs a third of a map, and a notice shares the string of the payment that it tells about.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(Option<Arc<str>>);

impl Attributes {
    /// The value under a name; `None` when it was never set or set to nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All names and values, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once('='))
    }

    /// Sets several values at once; an empty value removes its name. Line breaks in values become blanks.
    pub fn set_all<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let values: Vec<(&str, &str)> = values.into_iter().collect();
        let mut text = String::new();
        let mut push = |name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(name);
                text.push('=');
                text.extend(value.chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }));
                text.push('\n');
            }
        };
        for (name, old) in self.iter() {
            match values.iter().rfind(|(changed, _)| *changed == name) {
                Some((_, new)) => push(name, new),
                None => push(name, old),
            }
        }
        for (index, (name, value)) in values.iter().enumerate() {
            let superseded = values[index + 1..].iter().any(|(later, _)| later == name);
            if self.get(name).is_none() && !superseded {
                push(name, value);
            }
        }
        self.0 = (!text.is_empty()).then(|| text.into());
    }

    /// Sets one value; an empty value removes the name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.set_all([(name, value)]);
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
        attributes.set_all([("a", "1"), ("b", "x=y"), ("a", "2"), ("c", "")]);
        attributes.set("b", "two\r\nlines");
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("b", "two  lines"), ("a", "2")]);
        attributes.set("a", "");
        assert_eq!(attributes.get("a"), None);
        assert_eq!(attributes.get("b"), Some("two  lines"));
    }
}
