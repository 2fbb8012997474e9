//! The values of a payment that only some payment types have.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

/// Wire names and their values, packed into one string (`name=value` lines), shared until changed.
///
/// A shop's ledger can hold a million payments with a dozen values each: one allocation for all of them
/// costs a third of a map, and a notice shares the string of the payment that it tells about.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(Option<Arc<str>>);

impl Attributes {
    /// The value under a name; `None` when it was never set or set to nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let text = self.0.as_deref().unwrap_or_default();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
            let value = text[start..end].strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
            if value.is_some() {
                return value;
            }
            start = end + 1;
        }
        None
    }

    /// All names and values, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.0.as_deref().unwrap_or_default();
        std::iter::from_fn(move || {
            // Lines are short: a plain look for the separators beats the library's search for them.
            let name = rest.bytes().position(|byte| byte == b'=')?;
            let end = name + rest.bytes().skip(name).position(|byte| byte == b'\n')?;
            let pair = (&rest[..name], &rest[name + 1..end]);
            rest = &rest[end + 1..];
            Some(pair)
        })
    }

    /// Sets several values at once; an empty value removes its name. Line breaks in values become blanks.
    pub fn set_all<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut all: SmallVec<[(&str, &str); 32]> = self.iter().collect();
        for (name, value) in values {
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => all.push((name, value)),
            }
        }
        all.retain(|(_, value)| !value.is_empty());
        let mut text = String::with_capacity(all.iter().map(|(name, value)| name.len() + value.len() + 2).sum());
        for (name, value) in all {
            text.push_str(name);
            text.push('=');
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
        attributes.set_all([("a", "1"), ("site_id", "x=y"), ("a", "2"), ("c", "")]);
        attributes.set("site_id", "two\r\nlines");
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("a", "2"), ("site_id", "two  lines")]);
        attributes.set("a", "");
        assert_eq!(attributes.get("a"), None);
        assert_eq!(attributes.get("site_id"), Some("two  lines"));
    }
}
