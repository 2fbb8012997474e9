//! The character classes of the catalog (`common.md` section 2; the attributes of the interface's field tables).

use serde::Deserialize;

use crate::text::Text;

/// What a field's value may consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Characters {
    /// `0`-`9`.
    Digits,
    /// ASCII letters and digits.
    Alnum,
    /// ASCII letters, digits and the underscore.
    Id,
    /// ASCII letters.
    Alpha,
    /// ASCII capital letters.
    AlphaUpper,
    /// Printable ASCII.
    Alnumsym,
    /// Printable ASCII.
    Ascii,
    /// Printable ASCII: a URL of the web, which [`super::WebUrl`] reads.
    Url,
    /// Anything but line breaks: a tab in a browser's name is passed on by shops (`observed.md` section 7).
    Mixed,
    /// Anything, with line breaks.
    Lines,
    /// Full-width characters: JIS X 0208, no user-defined ones.
    Zenkaku,
    /// Half-width letters, digits, kana and the symbols of bank transfers.
    HankakuKana,
    /// Half-width letters, digits and kana.
    Alnumkana,
    /// `YYYYMMDD`, a real date.
    Date8,
    /// `YYYYMMDDhhmmss`, a real date and time.
    Datetime14,
    /// `YYYYMM`.
    Ym6,
    /// `MMYY`.
    Mmyy,
    /// Hexadecimal digits.
    Hex,
    /// Digits with an optional decimal point.
    Decimal,
    /// A page of HTML.
    Html,
    /// A JSON text.
    Json,
}

impl Characters {
    /// Whether the value consists of these characters. Dates must exist in the calendar.
    pub fn admit(self, value: &str) -> bool {
        let bytes = |admitted: fn(&u8) -> bool| value.bytes().all(|byte| admitted(&byte));
        match self {
            Characters::Digits => bytes(u8::is_ascii_digit),
            Characters::Alnum => bytes(u8::is_ascii_alphanumeric),
            Characters::Id => value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
            Characters::Alpha => bytes(u8::is_ascii_alphabetic),
            Characters::AlphaUpper => bytes(u8::is_ascii_uppercase),
            Characters::Hex => bytes(u8::is_ascii_hexdigit),
            Characters::Alnumsym | Characters::Ascii | Characters::Url => {
                value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            }
            Characters::Mixed => !value.contains(['\r', '\n']),
            Characters::Lines => true,
            Characters::Html | Characters::Json => value.chars().all(|c| !c.is_control() || c.is_whitespace()),
            Characters::Zenkaku => value.chars().all(is_zenkaku),
            Characters::HankakuKana => {
                value.chars().all(|c| c.is_ascii_alphanumeric() || is_half_width_kana(c) || is_transfer_symbol(c))
            }
            Characters::Alnumkana => {
                value.chars().all(|c| c.is_ascii_alphanumeric() || is_half_width_kana(c) || is_transfer_symbol(c))
            }
            Characters::Date8 => {
                value.len() == 8 && crate::clock::Moment::parse_datetime14(&format!("{value}000000")).is_some()
            }
            Characters::Datetime14 => crate::clock::Moment::parse_datetime14(value).is_some(),
            Characters::Ym6 => {
                value.len() == 6 && crate::clock::Moment::parse_datetime14(&format!("{value}01000000")).is_some()
            }
            Characters::Mmyy => {
                value.len() == 4 && bytes(u8::is_ascii_digit) && matches!(value[..2].parse::<u8>(), Ok(1..=12))
            }
            Characters::Decimal => {
                let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
                [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            }
        }
    }

    /// What is allowed, in words for people: a noun, as both languages put it into a sentence.
    pub fn describe(self) -> Text {
        let (japanese, english) = match self {
            Characters::Digits => ("半角数字", "digits 0-9"),
            Characters::Alnum => ("半角英数字", "ASCII letters and digits"),
            Characters::Id => ("半角英数字とアンダースコア", "ASCII letters, digits and underscores"),
            Characters::Alpha => ("半角英字", "ASCII letters"),
            Characters::AlphaUpper => ("半角英大文字", "ASCII capital letters"),
            Characters::Alnumsym | Characters::Ascii => ("半角英数字記号", "printable ASCII characters"),
            Characters::Url => ("半角英数字記号によるURL", "a URL in printable ASCII characters"),
            Characters::Mixed => {
                ("電文の文字コードの文字 (改行を除く)", "any characters of the telegram's charset but line breaks")
            }
            Characters::Lines => {
                ("電文の文字コードの文字 (改行を含む)", "any characters of the telegram's charset, with line breaks")
            }
            Characters::Zenkaku => (
                "JIS X 0208 の全角文字 (半角文字と外字を除く)",
                "full-width characters of JIS X 0208 (no half-width, no user-defined characters)",
            ),
            Characters::HankakuKana => (
                "半角英数字、半角カナと振込用の記号",
                "half-width letters, digits, kana and the symbols of bank transfers",
            ),
            Characters::Alnumkana => ("半角英数字と半角カナ", "half-width letters, digits and kana"),
            Characters::Date8 => ("実在する日付 (YYYYMMDD)", "an existing date as YYYYMMDD"),
            Characters::Datetime14 => ("実在する日時 (YYYYMMDDhhmmss)", "an existing date and time as YYYYMMDDhhmmss"),
            Characters::Ym6 => ("年月 (YYYYMM)", "a month as YYYYMM"),
            Characters::Mmyy => ("月年 (MMYY)", "a month as MMYY"),
            Characters::Hex => ("16進数の文字", "hexadecimal digits"),
            Characters::Decimal => ("半角数字 (小数点可)", "digits with an optional decimal point"),
            Characters::Html => ("HTML", "HTML"),
            Characters::Json => ("JSON", "JSON"),
        };
        Text::fixed(japanese, english)
    }
}

/// Half-width katakana with its marks and punctuation, U+FF61 to U+FF9F.
pub fn is_half_width_kana(c: char) -> bool {
    matches!(c, '\u{ff61}'..='\u{ff9f}')
}

fn is_transfer_symbol(c: char) -> bool {
    matches!(c, ' ' | '.' | ',' | '(' | ')' | '-' | '/' | '\\' | '¥' | '&' | '\'' | '+' | ':' | '?')
}

/// A double-byte character of JIS X 0208: rows 1 to 8 and 16 to 84 (`common.md` section 2).
pub fn is_zenkaku(c: char) -> bool {
    let mut text = [0; 4];
    let (bytes, _, unmappable) = encoding_rs::SHIFT_JIS.encode(c.encode_utf8(&mut text));
    match *bytes {
        [lead, trail] if !unmappable => {
            let lead = if lead >= 0xe0 { lead - 0xc1 } else { lead - 0x81 };
            let row = lead * 2 + if trail >= 0x9f { 2 } else { 1 };
            matches!(row, 1..=8 | 16..=84)
        }
        _ => matches!(c, '\u{301c}' | '\u{2016}' | '\u{2014}'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_admits_its_own() {
        for (class, good, bad) in [
            (Characters::Digits, "0129", "１"),
            (Characters::Id, "a_1", "a-1"),
            (Characters::Mixed, "Mozilla\t5.0 表ｱ①", "a\nb"),
            (Characters::Mixed, "", "a\r"),
            (Characters::Zenkaku, "表示ー、Ａ　", "表a"),
            (Characters::Zenkaku, "ア漢熙", "①"),
            (Characters::HankakuKana, "ｶﾌﾞ A1(-)", "カ"),
            (Characters::Date8, "20240229", "20230229"),
            (Characters::Mmyy, "1230", "1330"),
            (Characters::Decimal, "10.5", "10."),
        ] {
            assert!(class.admit(good), "{class:?} {good}");
            assert!(!class.admit(bad), "{class:?} {bad}");
        }
    }
}
