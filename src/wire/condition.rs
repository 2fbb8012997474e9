//! The small language in which the catalog says when a field is needed.
//!
//! `name=value`, `name!=value`, `name` (given), `!name` (not given); `&` binds stronger than `|`.

use std::fmt;

use crate::text::Text;

/// A condition over the fields of a telegram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Alternatives, each a list of tests that must all hold.
    any: Box<[Box<[Test]>]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Test {
    name: String,
    /// `None`: given at all.
    value: Option<String>,
    negated: bool,
}

impl Condition {
    /// Reads a condition; an error tells what is wrong with it.
    pub fn parse(text: &str) -> Result<Condition, String> {
        let any = text
            .split('|')
            .map(|conjunction| conjunction.split('&').map(|test| Test::parse(test.trim())).collect())
            .collect::<Result<_, _>>()?;
        Ok(Condition { any })
    }

    /// Whether it holds; `value` gives a field's value, `None` when it is absent or empty.
    pub fn holds<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.any.iter().any(|all| {
            all.iter().all(|test| {
                let given = value(&test.name);
                let holds = match &test.value {
                    Some(wanted) => given == Some(wanted),
                    None => given.is_some(),
                };
                holds != test.negated
            })
        })
    }

    /// The fields that it looks at.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.any.iter().flatten().map(|test| test.name.as_str())
    }
}

impl Test {
    fn parse(text: &str) -> Result<Test, String> {
        let (name, value, negated) = if let Some((name, value)) = text.split_once("!=") {
            (name, Some(value), true)
        } else if let Some((name, value)) = text.split_once('=') {
            (name, Some(value), false)
        } else if let Some(name) = text.strip_prefix('!') {
            (name, None, true)
        } else {
            (text, None, false)
        };
        let name = name.trim();
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name {
            return Err(format!("{text:?} is not a condition"));
        }
        Ok(Test { name: name.to_owned(), value: value.map(|value| value.trim().to_owned()), negated })
    }
}

impl Condition {
    /// The condition in words for people, to stand where a noun stands: `class is 61`, 「class が 61」.
    pub fn describe(&self) -> Text {
        Text::filled(self.worded(" かつ ", "、または ", Test::japanese), self.worded(" and ", ", or ", Test::english))
    }

    fn worded(&self, and: &str, or: &str, test: impl Fn(&Test) -> String) -> String {
        let alternatives = self.any.iter().map(|all| all.iter().map(&test).collect::<Vec<_>>().join(and));
        alternatives.collect::<Vec<_>>().join(or)
    }
}

impl Test {
    fn english(&self) -> String {
        let name = &self.name;
        match (&self.value, self.negated) {
            (Some(value), false) => format!("{name} is {value}"),
            (Some(value), true) => format!("{name} is not {value}"),
            (None, false) => format!("{name} is given"),
            (None, true) => format!("{name} is not given"),
        }
    }

    fn japanese(&self) -> String {
        let name = &self.name;
        match (&self.value, self.negated) {
            (Some(value), false) => format!("{name} が {value}"),
            (Some(value), true) => format!("{name} が {value} 以外"),
            (None, false) => format!("{name} の指定あり"),
            (None, true) => format!("{name} の指定なし"),
        }
    }
}

impl fmt::Display for Condition {
    /// In English.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.worded(" and ", ", or ", Test::english))
    }
}

impl<'de> serde::Deserialize<'de> for Condition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Condition, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Condition::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_and_negations() {
        let condition = Condition::parse("!card_token & mode!=1 | class=61").unwrap();
        let holds = |fields: &[(&str, &'static str)]| {
            condition.holds(|name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
        };
        assert!(holds(&[]));
        assert!(!holds(&[("card_token", "tok")]));
        assert!(!holds(&[("mode", "1")]));
        assert!(holds(&[("mode", "1"), ("class", "61")]));
        assert_eq!(condition.to_string(), "card_token is not given and mode is not 1, or class is 61");
        assert_eq!(condition.describe().english, condition.to_string());
        assert_eq!(condition.describe().japanese, "card_token の指定なし かつ mode が 1 以外、または class が 61");
        assert!(Condition::parse("a = b & ").is_err());
    }
}
