//! Bar codes as pictures: Interleaved 2 of 5, which scanners read and which needs no table but ten rows.

use std::fmt::Write;

use maud::{Markup, html};

/// Which of the five bars (or blanks) of a digit are wide.
const WIDE: [&str; 10] = ["00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010"];
const NARROW_WIDTH: u32 = 2;
const WIDE_WIDTH: u32 = 5;
const HEIGHT: u32 = 80;

/// The bar code of the digits of a text; other characters are left out.
pub(super) fn picture(text: &str, label: &str) -> Markup {
    let widths = widths(text);
    let quiet = NARROW_WIDTH * 10;
    let mut at = quiet;
    let mut path = String::new();
    for (index, width) in widths.iter().enumerate() {
        if index % 2 == 0 {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{at} 0h{width}v{HEIGHT}h-{width}z");
        }
        at += width;
    }
    html! {
        svg .barcode viewBox=(format!("0 0 {} {HEIGHT}", at + quiet)) role="img" aria-label=(label) preserveAspectRatio="none" {
            path d=(path) {}
        }
    }
}

/// The widths of bars and blanks, a bar first.
fn widths(text: &str) -> Vec<u32> {
    let mut digits: Vec<usize> =
        text.bytes().filter(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0')).collect();
    if digits.len() % 2 == 1 {
        digits.insert(0, 0);
    }
    let width = |wide: u8| if wide == b'1' { WIDE_WIDTH } else { NARROW_WIDTH };
    let mut widths = vec![NARROW_WIDTH; 4];
    for pair in digits.chunks_exact(2) {
        let (bars, blanks) = (WIDE[pair[0]].bytes(), WIDE[pair[1]].bytes());
        widths.extend(bars.zip(blanks).flat_map(|(bar, blank)| [width(bar), width(blank)]));
    }
    widths.extend([WIDE_WIDTH, NARROW_WIDTH, NARROW_WIDTH]);
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_digit_has_two_wide_elements() {
        for digit in WIDE {
            assert_eq!(digit.matches('1').count(), 2);
        }
        // Start, two digits, stop.
        assert_eq!(widths("12").len(), 4 + 10 + 3);
        assert_eq!(widths("1"), widths("01"));
    }
}
