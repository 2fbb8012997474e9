//! What a test card does: its last four digits `XYZZ` decide (`test_cards.md` section 1).

use crate::method::card::CardFacts;
use crate::method::card::rules::{StubFailure, StubFamily, StubOutcome, StubRules, rules};
use crate::method::card::settlement::Settlement;
use crate::method::card::states::{CANCELLING, CAPTURING, REFUND_SUMMED, REFUNDING};
use crate::method::{Desk, Failure};
use crate::payment::Payment;

/// X, Y and ZZ.
fn digits(tail: &str) -> (&str, &str, &str) {
    let part = |from: usize, to: usize| tail.get(from..to).unwrap_or("0");
    (part(0, 1), part(1, 2), tail.get(2..).unwrap_or("00"))
}

impl StubRules {
    /// What an authorization with a card of this end ends in.
    fn authorization(&self, tail: &str) -> Result<(), Failure> {
        let (x, y, zz) = digits(tail);
        match self.authorization.iter().find(|rule| rule.x == x).map(|rule| &rule.outcome) {
            None => Ok(()),
            Some(StubOutcome::Timeout(failure)) => Err(failure.into()),
            Some(StubOutcome::Family) => Err(match self.family(y) {
                Some(family) => Failure::new(self.code(family, zz), format!("{}{zz}", family.family)),
                None => (&self.other).into(),
            }),
        }
    }

    /// What a cancel of an authorization or a capture with a card of this end ends in.
    fn cancel(&self, tail: &str) -> Result<(), Failure> {
        let (x, y, zz) = digits(tail);
        match self.cancel.iter().find(|rule| rule.x == x).map(|rule| &rule.outcome) {
            None => Ok(()),
            Some(StubOutcome::Timeout(failure)) => Err(failure.into()),
            Some(StubOutcome::Family) => match self.family(y) {
                None => Err((&self.other).into()),
                Some(family) if family.cancel_code.is_empty() => Ok(()),
                Some(family) => Err(Failure::new(&family.cancel_code, format!("{}{zz}", family.family))),
            },
        }
    }

    /// What a recurring charge of a card of this end ends in.
    fn recurring(&self, tail: &str) -> Result<(), Failure> {
        let (x, y, zz) = digits(tail);
        let rule = &self.recurring;
        if (rule.x.as_str(), rule.y.as_str()) == (x, y) {
            return Err(Failure::new(&rule.code, format!("{}{zz}", rule.family)));
        }
        self.authorization(tail)
    }

    fn family(&self, y: &str) -> Option<&StubFamily> {
        self.families.iter().find(|family| family.y == y)
    }

    /// The code that a detail of a family comes with.
    fn code<'a>(&'a self, family: &'a StubFamily, zz: &str) -> &'a str {
        let listed = self.details.iter().find(|row| row.family == family.family && row.zz.iter().any(|end| end == zz));
        listed.map_or(&family.code, |row| &row.code)
    }
}

impl From<&StubFailure> for Failure {
    fn from(failure: &StubFailure) -> Failure {
        Failure::new(&failure.code, &failure.detail)
    }
}

/// What an authorization with this card ends in.
pub(crate) fn authorization(card: &CardFacts) -> Result<(), Failure> {
    rules().stub.authorization(card.tail())
}

/// What a recurring charge of this card ends in: some cards can be stored whose charges fail (`card_recurring.toml`).
pub(super) fn recurring(card: &CardFacts) -> Result<(), Failure> {
    rules().stub.recurring(card.tail())
}

/// What the card company says to an operation on a payment.
///
/// A card that makes an operation fail does so once: the same telegram sent again ends it, so that shops can
/// practise both (`seed_requirements.md` E3). A fault set for the telegram comes first.
pub(super) fn operation(desk: &Desk<'_>, operation: Settlement, payment: &Payment) -> Result<(), Failure> {
    desk.vendor(operation.kind())?;
    let under_way = matches!(payment.status, CAPTURING | CANCELLING | REFUNDING | REFUND_SUMMED);
    match CardFacts::of(&payment.attributes) {
        Some(card) if !under_way && operation != Settlement::Capture => rules().stub.cancel(card.tail()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use crate::method::card::rules::Rules;

    #[test]
    fn the_printed_examples_hold() {
        let stub = &rules().stub;
        for (tail, outcome) in [
            ("0000", Ok(())),
            ("8101", Err(Failure::new("2002", "1C01"))),
            ("8212", Err(Failure::new("2001", "1G12"))),
            ("8300", Err(Failure::new("2002", "2999"))),
            ("8244", Err(Failure::new("2003", "1G44"))),
            ("8665", Err(Failure::new("2003", "1P65"))),
            ("8601", Err(Failure::new("2002", "1P01"))),
            ("8602", Err(Failure::new("2001", "1P02"))),
            ("9000", Err(Failure::new("2008", ""))),
        ] {
            assert_eq!(stub.authorization(tail), outcome, "{tail}");
        }
        for (tail, outcome) in [
            ("2115", Err(Failure::new("2002", "1C15"))),
            ("2212", Ok(())),
            ("2655", Err(Failure::new("2002", "1P55"))),
            ("2999", Err(Failure::new("2002", "2999"))),
            ("3000", Err(Failure::new("2008", "2999"))),
        ] {
            assert_eq!(stub.cancel(tail), outcome, "{tail}");
        }
        assert_eq!(stub.recurring("1950"), Err(Failure::new("2002", "1C50")));
        assert_eq!(stub.recurring("8212"), Err(Failure::new("2001", "1G12")));
    }

    #[test]
    fn what_the_fixture_says_is_what_cards_do() {
        let changed = fixtures::CARDS
            .replace(r#"{ x = "8", outcome = "family" }"#, r#"{ x = "7", outcome = "family" }"#)
            .replace(r#"{ x = "3", outcome = "timeout", code = "2008", detail = "2999" },"#, "")
            .replace(
                r#"y = "2", family = "1G", code = "2001", cancel_code = """#,
                r#"y = "4", family = "1G", code = "2001", cancel_code = "2001""#,
            );
        let stub = toml::from_str::<Rules>(&changed).unwrap().stub;
        assert_eq!(stub.authorization("8212"), Ok(()));
        assert_eq!(stub.authorization("7412"), Err(Failure::new("2001", "1G12")));
        assert_eq!(stub.authorization("7212"), Err(Failure::new("2002", "2999")));
        assert_eq!(stub.cancel("3000"), Ok(()));
        assert_eq!(stub.cancel("2412"), Err(Failure::new("2001", "1G12")));
    }

    #[test]
    fn the_details_come_with_the_codes_that_the_interface_lists() {
        for row in &rules().stub.details {
            for zz in &row.zz {
                let detail = format!("{}{zz}", row.family);
                assert_eq!(fixtures::errors().card(&detail).map(|row| row.response_code), Some(&*row.code), "{detail}");
            }
        }
    }
}
