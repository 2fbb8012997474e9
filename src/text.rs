//! Sentences for people, in Japanese and English.

use std::borrow::Cow;
use std::fmt;

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Lang {
    /// The text in this language.
    pub(crate) fn pick<'a>(self, japanese: &'a str, english: &'a str) -> &'a str {
        match self {
            Lang::Ja => japanese,
            Lang::En => english,
        }
    }

    /// The `lang` attribute.
    pub(crate) fn code(self) -> &'static str {
        self.pick("ja", "en")
    }
}

/// A sentence in both languages, made by [`text!`]; shown in English where nobody says which.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Text {
    /// In English.
    pub english: Cow<'static, str>,
    /// In Japanese.
    pub japanese: Cow<'static, str>,
}

impl Text {
    /// A sentence without values.
    pub const fn fixed(japanese: &'static str, english: &'static str) -> Text {
        Text { english: Cow::Borrowed(english), japanese: Cow::Borrowed(japanese) }
    }

    /// A sentence into which values were put.
    pub fn filled(japanese: String, english: String) -> Text {
        Text { english: Cow::Owned(english), japanese: Cow::Owned(japanese) }
    }

    /// The sentence in one language.
    pub(crate) fn pick(&self, lang: Lang) -> &str {
        lang.pick(&self.japanese, &self.english)
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.english.is_empty()
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.english.len() + self.japanese.len()
    }
}

impl fmt::Display for Text {
    /// In English, as the log speaks.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.english)
    }
}

/// A [`Text`]: the sentence in Japanese, in English, and the values that both put in, by name.
///
/// It does not compile when one of the two leaves a value out or knows one more.
macro_rules! text {
    ($japanese:literal, $english:literal $(,)?) => {{
        const {
            assert!(!$crate::text::has_values($japanese) && !$crate::text::has_values($english), "name the values");
        }
        $crate::text::Text::fixed($japanese, $english)
    }};
    ($japanese:literal, $english:literal, $($name:ident = $value:expr),+ $(,)?) => {
        match ($(&$value,)+) {
            ($($name,)+) => $crate::text::Text::filled(
                format!($japanese, $($name = $name),+),
                format!($english, $($name = $name),+),
            ),
        }
    };
}
pub(crate) use text;

/// Whether a sentence has places for values.
pub(crate) const fn has_values(sentence: &str) -> bool {
    let bytes = sentence.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'{' {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_the_same_values_in_both_languages() {
        let (amount, limit) = (1200, 1000);
        let text = text!(
            "金額は{limit}円までです。({amount}円)",
            "{amount} yen is more than the limit of {limit} yen",
            amount = amount,
            limit = limit
        );
        assert_eq!(text.pick(Lang::Ja), "金額は1000円までです。(1200円)");
        assert_eq!(text.to_string(), "1200 yen is more than the limit of 1000 yen");
        assert_eq!(text!("はい", "yes"), Text::fixed("はい", "yes"));
    }
}
