//! What the card update service (洗替) will say to a card (`test_cards.md` section 7).
//!
//! One digit of the number decides. It is not kept: what follows from it is decided as soon as the number arrives,
//! with the fingerprints of the numbers that can take its place.

use serde::{Deserialize, Serialize};

use crate::method::card::CardFacts;
use crate::method::card::rules::rules;

/// 有効性OK.
pub(super) const VALID: &str = "0";

/// What will become of a card, if anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// 有効性判定結果.
    result: String,
    /// Whether the card gets a new expiry.
    new_expiry: bool,
    /// The fingerprints of the numbers that take the card's place, one after the other, in the order of their endings.
    new_numbers: Option<[String; 2]>,
}

impl Outlook {
    /// What the service will say to a card of this number; `None` when it is good and stays as it is.
    pub(super) fn of(card_number: &str, fingerprint: impl Fn(&str) -> String) -> Option<Outlook> {
        let rules = &rules().card_update;
        if let Some(card) = rules.cards.iter().find(|card| card.card_number == card_number) {
            return Some(Outlook { result: card.result.clone(), new_expiry: false, new_numbers: None });
        }
        let place = card_number.len().checked_sub(rules.digit_from_end)?;
        let digit = card_number.get(place..=place)?;
        let row = rules.digits.iter().find(|row| row.digit == digit)?;
        if row.result == VALID && !row.new_number && !row.new_expiry {
            return None;
        }
        let new_numbers = row.new_number.then(|| {
            rules.new_endings.each_ref().map(|ending| {
                let kept = card_number.len() - ending.len();
                // The number lives no longer than its fingerprint takes.
                let number = zeroize::Zeroizing::new([&card_number[..kept], ending].concat());
                fingerprint(&number)
            })
        });
        Some(Outlook { result: row.result.clone(), new_expiry: row.new_expiry, new_numbers })
    }
}

/// What the service said to a card.
pub(super) struct Verdict {
    /// 有効性判定結果.
    pub(super) result: String,
    /// Whether the card has got a new number.
    pub(super) new_number: bool,
    /// Whether the card has got a new expiry.
    pub(super) new_expiry: bool,
}

impl CardFacts {
    /// Asks the service about the card, which afterwards has the number and the expiry that its company tells.
    pub(super) fn renew(&mut self) -> Verdict {
        let good = Verdict { result: VALID.to_owned(), new_number: false, new_expiry: false };
        let Some(outlook) = &self.outlook else { return good };
        let verdict = Verdict {
            result: outlook.result.clone(),
            new_number: outlook.new_numbers.is_some(),
            new_expiry: outlook.new_expiry,
        };
        if let Some(fingerprints) = &outlook.new_numbers {
            let [first, second] = &rules().card_update.new_endings;
            let (ending, fingerprint) = match self.masked_card_number.ends_with(first) {
                true => (second, &fingerprints[1]),
                false => (first, &fingerprints[0]),
            };
            let kept = self.masked_card_number.len().saturating_sub(ending.len());
            self.masked_card_number.replace_range(kept.., ending);
            self.fingerprint.clone_from(fingerprint);
        }
        if verdict.new_expiry {
            self.card_valid_term = later(&self.card_valid_term, rules().card_update.new_expiry_years);
        }
        verdict
    }
}

/// An expiry (MMYY), the same month so many years later.
fn later(valid_term: &str, years: u8) -> String {
    let year = valid_term.get(2..).and_then(|year| year.parse::<u8>().ok());
    match (valid_term.get(..2), year) {
        (Some(month), Some(year)) => format!("{month}{:02}", (year % 100 + years) % 100),
        _ => valid_term.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merchant::MerchantId;
    use crate::secret::Secret;

    fn card(number: &str) -> CardFacts {
        CardFacts::reduce(&Secret::new([7; 32]), &MerchantId::new("1"), number, "0599")
    }

    /// What is said to a card: result, new number, new expiry.
    fn said(number: &str) -> (String, bool, bool) {
        let verdict = card(number).renew();
        (verdict.result, verdict.new_number, verdict.new_expiry)
    }

    #[test]
    fn the_printed_cards_are_answered_as_printed() {
        for (number, result, new_number, new_expiry) in [
            ("4566000000000000", "0", false, false),
            ("4566000000010000", "0", false, true),
            ("4566000000020000", "0", true, true),
            ("4566000000040000", "2", false, false),
            ("5214500000000000", "0", false, false),
            ("5214500000010000", "0", false, true),
            ("5214500000030000", "1", false, false),
            ("36600000020000", "0", true, true),
            ("376500000021234", "0", true, true),
            ("4542050000000000", "4", false, false),
            ("30000000000000", "5", false, false),
            ("4566000000090000", "0", false, false),
        ] {
            assert_eq!(said(number), (result.to_owned(), new_number, new_expiry), "{number}");
        }
    }

    #[test]
    fn a_new_number_is_a_card_like_any_other() {
        // The worked example: 4900000000020000 becomes 4900000000020099; then on as its new number says.
        let mut renewed = card("4900000000020000");
        for (number, term) in [("4900000000020099", "0500"), ("4900000000020000", "0501")] {
            renewed.renew();
            let known = CardFacts { card_valid_term: term.to_owned(), ..card(number) };
            assert_eq!(renewed, known, "{number}");
        }
        let mut odd = card("4900000000022155");
        odd.renew();
        assert_eq!((odd.tail(), &odd.fingerprint), ("2100", &card("4900000000022100").fingerprint));
    }

    #[test]
    fn what_is_kept_does_not_betray_the_number() {
        let kept = serde_json::to_string(&card("4900123456728212")).unwrap_or_default();
        assert!(kept.contains("490012") && kept.contains("********8212"), "{kept}");
        assert!(!kept.contains("3456") && !kept.contains("28212"), "{kept}");
    }
}
