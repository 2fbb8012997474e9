//! What stands on the pages: Japanese, with English beside it when the shop asks for it (`appendix`).

use crate::wire::name;
use maud::{Markup, html};

use crate::method::limit_of;
use crate::payment::Payment;

/// The language of an application's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// Whether English stands beside the Japanese.
    pub(super) english: bool,
}

impl Words {
    /// A caption.
    pub(super) fn say(self, ja: &str, en: &str) -> Markup {
        html! {
            (ja)
            @if self.english { " " span.en lang="en" { (en) } }
        }
    }

    /// A caption where no markup can stand: a title, an option of a select.
    pub(super) fn text(self, ja: &str, en: &str) -> String {
        if self.english { format!("{ja} / {en}") } else { ja.to_owned() }
    }
}

/// An amount as the pages show it: `1,000 円`.
pub(super) fn yen(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + " 円"
}

/// A moment as the pages show it: `YYYY/MM/DD HH:MM:SS`.
pub(super) fn stamp(moment: crate::clock::Moment) -> String {
    moment.civil().strftime("%Y/%m/%d %H:%M:%S").to_string()
}

/// The last moment at which a payment can be made: `YYYY/MM/DD HH:MM:SS`.
pub(super) fn payment_limit(payment: &Payment) -> String {
    limit_of(payment).map_or_else(|| date(&payment.field(name::PAYMENT_LIMIT_DATE)), stamp)
}

/// A date of eight digits as the pages show it: `YYYY/MM/DD`.
fn date(date8: &str) -> String {
    match (date8.get(..4), date8.get(4..6), date8.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}/{month}/{day}"),
        _ => date8.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_dates() {
        assert_eq!([yen(7), yen(2980), yen(1_234_567)], ["7 円", "2,980 円", "1,234,567 円"]);
        assert_eq!(date("20261204"), "2026/12/04");
        assert_eq!(Words { english: true }.text("有効期限", "Expiry"), "有効期限 / Expiry");
    }
}
