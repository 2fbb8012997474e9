//! Windows-31J and UTF-8: which telegram uses which stands in the catalog, never in the request's headers.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, SHIFT_JIS};
use serde::Deserialize;

/// A character encoding of the wire (`common.md` section 2, charset by telegram kind).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Charset {
    /// Windows-31J, Microsoft's Shift_JIS: all telegrams but a few.
    #[default]
    #[serde(rename = "windows-31j")]
    Windows31J,
    /// UTF-8: 098, 380, 410 to 418, 450 and the link type.
    #[serde(rename = "utf-8")]
    Utf8,
}

impl Charset {
    /// The name for a `Content-Type` header.
    pub fn label(self) -> &'static str {
        match self {
            Charset::Windows31J => "Windows-31J",
            Charset::Utf8 => "UTF-8",
        }
    }

    /// The text of these bytes; `None` when they are not valid in this charset.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Charset::Windows31J => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes),
            Charset::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        }
    }

    /// The text of these bytes, with U+FFFD where they are not valid.
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Charset::Windows31J => SHIFT_JIS.decode_without_bom_handling(bytes).0,
            Charset::Utf8 => String::from_utf8_lossy(bytes),
        }
    }

    /// The bytes of a text; a character that the charset does not have becomes `?`.
    pub fn encode(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Charset::Utf8 => Cow::Borrowed(text.as_bytes()),
            Charset::Windows31J if text.is_ascii() => Cow::Borrowed(text.as_bytes()),
            Charset::Windows31J => {
                let mut bytes = Vec::with_capacity(text.len() + 4);
                encode_windows_31j(text, &mut bytes);
                Cow::Owned(bytes)
            }
        }
    }

    /// Adds the bytes of a text to others.
    pub fn encode_to(self, text: &str, bytes: &mut Vec<u8>) {
        match self {
            Charset::Windows31J if !text.is_ascii() => encode_windows_31j(text, bytes),
            _ => bytes.extend_from_slice(text.as_bytes()),
        }
    }

    /// Whether every character of the text exists in this charset.
    pub fn has(self, text: &str) -> bool {
        self == Charset::Utf8 || !SHIFT_JIS.encode(text).2
    }
}

/// The length of a text in bytes of Windows-31J, the unit of the catalog's sizes.
pub fn windows_31j_len(text: &str) -> usize {
    Charset::Windows31J.encode(text).len()
}

fn encode_windows_31j(text: &str, bytes: &mut Vec<u8>) {
    let mut encoder = SHIFT_JIS.new_encoder();
    let mut rest = text;
    loop {
        bytes.reserve(rest.len() + 4);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, bytes, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => bytes.extend_from_slice(substitute(character)),
        }
    }
}

/// Characters that other tables of the same repertoire use for what Windows-31J has under another code point.
fn substitute(character: char) -> &'static [u8] {
    match character {
        '\u{301c}' => &[0x81, 0x60], // wave dash, ～ here
        '\u{2016}' => &[0x81, 0x61], // double vertical line, ∥ here
        '\u{2014}' => &[0x81, 0x5c], // em dash, ― here
        '\u{00a2}' => &[0x81, 0x91],
        '\u{00a3}' => &[0x81, 0x92],
        '\u{00ac}' => &[0x81, 0xca],
        _ => b"?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_31j_keeps_half_width_kana_and_symbols() {
        let sjis = Charset::Windows31J;
        assert_eq!(&*sjis.encode("ｶﾌﾞ 表示〜①"), b"\xb6\xcc\xde \x95\x5c\x8e\xa6\x81\x60\x87\x40");
        assert_eq!(sjis.decode(b"\xcb\xae\xb3\xbc\xde").as_deref(), Some("ﾋｮｳｼﾞ"));
        assert_eq!(sjis.decode(b"\x95"), None);
        assert_eq!(&*sjis.encode("a😀b"), b"a?b");
        assert_eq!(windows_31j_len("表示ab"), 6);
    }
}
