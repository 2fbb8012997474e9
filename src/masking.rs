//! Card numbers that somebody put where no card number belongs, masked before they are shown or logged.
//!
//! What counts as one, and what cannot be promised, stands in `docs/safety.md`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// How many digits a card number has.
const LENGTHS: RangeInclusive<usize> = 13..=16;
/// The digits at the end that stay.
const SHOWN: usize = 4;

/// Masks every card number in a text but for its last four digits: 13 to 16 digits, blanks or hyphens between them or
/// not, that begin as the numbers of a card brand do and whose check digit is right. Digits, blanks and hyphens may be
/// percent-encoded, digits full-width.
pub(crate) fn mask_cards(text: &str) -> Cow<'_, str> {
    match mask_card_bytes(text.as_bytes()) {
        // A digit is replaced by a character of the same length.
        Some(masked) => Cow::Owned(String::from_utf8(masked).unwrap_or_default()),
        None => Cow::Borrowed(text),
    }
}

/// The same for bytes in UTF-8 or Windows-31J; `None` when there is nothing to mask.
pub(crate) fn mask_card_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let mut masked = None;
    let mut wide = None;
    each_stretch(text, |start, end| {
        let wide =
            *wide.get_or_insert_with(|| if std::str::from_utf8(text).is_ok() { Wide::Utf8 } else { Wide::Windows31J });
        let mut run = Run::default();
        let mut at = start;
        while at < end {
            let token = Token::at(&text[at..end], wide);
            match token {
                Token::Digit(digit, length) => run.push(digit, at, length),
                Token::Between(_) | Token::Other => run.end_group(&mut masked, text),
            }
            if matches!(token, Token::Other) {
                run = Run::default();
            }
            at += token.length();
        }
        run.end_group(&mut masked, text);
    });
    masked
}

/// Masks every run of 13 to 19 digits but for its last four, blanks and hyphens inside ignored: for values of which
/// nothing is known.
pub(crate) fn mask_long_numbers(value: &[u8]) -> Vec<u8> {
    let mut masked = value.to_vec();
    let mut run: Vec<usize> = Vec::new();
    for at in 0..=value.len() {
        match value.get(at) {
            Some(byte) if byte.is_ascii_digit() => run.push(at),
            Some(b' ' | b'-') if !run.is_empty() => {}
            _ => {
                if (13..=19).contains(&run.len()) {
                    for digit in &run[..run.len() - SHOWN] {
                        masked[*digit] = b'*';
                    }
                }
                run.clear();
            }
        }
    }
    mask_card_bytes(&masked).unwrap_or(masked)
}

/// Finds the stretches of bytes that may hold a card number. It looks at every 13th byte of a text without one, so that
/// it costs next to nothing.
fn each_stretch(text: &[u8], mut found: impl FnMut(usize, usize)) {
    let least = *LENGTHS.start();
    let mut at = 0;
    while let Some(byte) = text.get(at + least - 1) {
        let middle = at + least - 1;
        if !may_be_part(*byte) {
            at = middle + 1;
            continue;
        }
        let start = text[at..middle].iter().rposition(|byte| !may_be_part(*byte)).map_or(at, |last| at + last + 1);
        let end = text[middle..].iter().position(|byte| !may_be_part(*byte)).map_or(text.len(), |more| middle + more);
        if end - start >= least {
            found(start, end);
        }
        at = end + 1;
    }
}

/// Whether a byte stands in any [`Token`] other than [`Token::Other`].
fn may_be_part(byte: u8) -> bool {
    matches!(byte,
        b'0'..=b'9' | b' ' | b'-' | b'+' | b'%' | b'D' | b'd'
        | 0x82 | b'O'..=b'X' | 0xef | 0xbc | 0x90..=0x99)
}

/// How full-width digits are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wide {
    Utf8,
    Windows31J,
}

/// What stands at a place of a text.
#[derive(Clone, Copy)]
enum Token {
    /// A digit, and its length in bytes.
    Digit(u8, usize),
    /// A blank or hyphen, and its length in bytes.
    Between(usize),
    /// Anything else; one byte.
    Other,
}

impl Token {
    fn at(text: &[u8], wide: Wide) -> Token {
        match *text {
            [digit @ b'0'..=b'9', ..] => Token::Digit(digit - b'0', 1),
            [b' ' | b'-' | b'+', ..] => Token::Between(1),
            [b'%', b'3', digit @ b'0'..=b'9', ..] => Token::Digit(digit - b'0', 3),
            [b'%', b'2', b'0' | b'D' | b'd', ..] => Token::Between(3),
            [0x82, digit @ b'O'..=b'X', ..] if wide == Wide::Windows31J => Token::Digit(digit - b'O', 2),
            [0xef, 0xbc, digit @ 0x90..=0x99, ..] if wide == Wide::Utf8 => Token::Digit(digit - 0x90, 3),
            _ => Token::Other,
        }
    }

    fn length(self) -> usize {
        match self {
            Token::Digit(_, length) | Token::Between(length) => length,
            Token::Other => 1,
        }
    }
}

/// The last digits of a run with nothing but blanks and hyphens in between.
#[derive(Default)]
struct Run {
    /// At most as many as a card number has.
    digits: Vec<Digit>,
    /// Whether the next digit follows a blank, a hyphen, or the start.
    in_group: bool,
}

struct Digit {
    digit: u8,
    at: usize,
    length: usize,
    starts_group: bool,
}

impl Run {
    fn push(&mut self, digit: u8, at: usize, length: usize) {
        // One more than a card number has: a longer group is none, wherever it is cut.
        if self.digits.len() > *LENGTHS.end() {
            self.digits.remove(0);
        }
        self.digits.push(Digit { digit, at, length, starts_group: !self.in_group });
        self.in_group = true;
    }

    /// Masks the longest card number that ends here. It is made of whole groups: part of a longer number is none.
    fn end_group(&mut self, masked: &mut Option<Vec<u8>>, text: &[u8]) {
        if !std::mem::take(&mut self.in_group) {
            return;
        }
        let card = LENGTHS.rev().filter_map(|length| self.digits.len().checked_sub(length));
        let card = card.map(|start| &self.digits[start..]).find(|digits| digits[0].starts_group && is_card(digits));
        let Some(card) = card else { return };
        let masked = masked.get_or_insert_with(|| text.to_vec());
        for Digit { at, length, .. } in &card[..card.len() - SHOWN] {
            let star: &[u8] = match (text[*at], length) {
                (_, 1) => b"*",
                (b'%', _) => b"%2A",
                // Full-width, in Windows-31J and in UTF-8.
                (_, 2) => b"\x81\x96",
                _ => "＊".as_bytes(),
            };
            masked[*at..*at + star.len()].copy_from_slice(star);
        }
    }
}

fn is_card(digits: &[Digit]) -> bool {
    let head = digits[..6].iter().fold(0, |head, digit| head * 10 + u32::from(digit.digit));
    is_brand(head) && luhn(digits.iter().map(|digit| digit.digit))
}

/// Whether numbers of a card brand begin with these six digits; the test cards' are among them.
fn is_brand(head: u32) -> bool {
    match head / 10_000 {
        // Visa; Mastercard; American Express; Diners Club; JCB; Discover, UnionPay.
        40..=49 | 51..=55 | 59 | 34 | 37 | 30 | 36 | 38 | 39 | 31 | 35 | 60 | 62 | 64 | 65 => true,
        // Mastercard's second range, which no date of these decades falls into.
        22..=27 => (2221..=2720).contains(&(head / 100)),
        _ => false,
    }
}

/// Whether the last digit is the check digit of the others (ISO/IEC 7812-1).
fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, digit) => u32::from(digit),
            (_, digit) if digit > 4 => u32::from(digit) * 2 - 9,
            (_, digit) => u32::from(digit) * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_numbers_are_masked_however_they_are_written() {
        for (text, masked) in [
            ("4111111111111111", "************1111"),
            ("4111 1111 1111 1111", "**** **** **** 1111"),
            ("4111-1111-1111-1111", "****-****-****-1111"),
            ("378282246310005", "***********0005"),
            ("30569309025904", "**********5904"),
            ("2223003122003222", "************3222"),
            ("order4111111111111111x", "order************1111x"),
            ("7 4111111111111111 1000", "7 ************1111 1000"),
            ("/n/4111%201111%2d1111+1111", "/n/****%20****%2d****+1111"),
            ("%34111111111111111", "%2A***********1111"),
            ("あO4111111111111111", "あO************1111"),
            ("４１１１１１１１１１１１１１１１", "＊＊＊＊＊＊＊＊＊＊＊＊１１１１"),
        ] {
            assert_eq!(mask_cards(text), masked);
        }
        let wide = mask_card_bytes(&[&b"\x82\x53"[..], &b"\x82\x50".repeat(15)].concat());
        assert_eq!(wide, Some([b"\x81\x96".repeat(12), b"\x82\x50".repeat(4)].concat()));
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "4111111111111112",
            "20261201120000",
            "2026120112345678",
            "1111111111111117",
            "41111111111111111",
            "94111111111111111",
            "411111111111",
            "30000001",
        ] {
            assert_eq!(mask_cards(text), text);
        }
    }

    #[test]
    fn a_value_of_which_nothing_is_known_shows_no_long_number() {
        assert_eq!(mask_long_numbers(b"4900-0000 0000 0000"), b"****-**** **** 0000");
        assert_eq!(mask_long_numbers(b"1234 4111111111111111"), b"1234 ************1111");
    }

    prop_compose! {
        fn card()(brand in prop::sample::select(vec!["4", "51", "2221", "3765", "3600", "3580", "6440", "62"]),
                  length in 13usize..=16, more in proptest::collection::vec(0u8..10, 16)) -> Vec<u8> {
            let mut digits: Vec<u8> = brand.bytes().map(|byte| byte - b'0').chain(more).take(length - 1).collect();
            let check = (0..10).find(|check| luhn(digits.iter().copied().chain([*check]))).unwrap();
            digits.push(check);
            digits
        }
    }

    proptest! {
        #[test]
        fn no_card_number_passes(card in card(), between in proptest::collection::vec(prop::sample::select(vec!["", "", " ", "-", " - ", "%20", "+"]), 16),
                                 before in "[^0-9%]{0,20}", after in "([^0-9][^\u{0}]{0,20})?") {
            let number: String = card.iter().zip(&between).map(|(digit, between)| format!("{between}{digit}")).collect();
            let text = format!("{before}{number}{after}");
            let masked = mask_cards(&text);
            let shown = masked[before.len()..masked.len() - after.len()].bytes().filter(u8::is_ascii_digit).count();
            // Those of an encoded blank count too; what follows may make another number with it, and hide more.
            let encoded = between[..card.len()].iter().filter(|between| **between == "%20").count();
            prop_assert!(shown <= 4 + 2 * encoded, "{}", masked);
            prop_assert_eq!(masked.len(), text.len());
        }

        #[test]
        fn what_is_masked_stays_so(text in "[0-9 %+x-]{0,60}") {
            let once = mask_cards(&text).into_owned();
            prop_assert_eq!(mask_cards(&once), once.as_str());
        }

        #[test]
        fn bytes_without_thirteen_digits_stay(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let masked = mask_card_bytes(&text);
            if text.iter().filter(|byte| byte.is_ascii_digit() || matches!(byte, 0x82 | 0xef)).count() < 13 {
                prop_assert_eq!(masked, None);
            }
        }
    }
}
