//! What a test card does: its last four digits `XYZZ` decide (`test_cards.md` section 1).

use crate::fixtures;
use crate::method::card::CardFacts;
use crate::method::{Desk, Failure};
use crate::payment::Payment;

/// X, Y and ZZ.
fn digits(tail: &str) -> (u8, u8, &str) {
    let byte = |at: usize| tail.as_bytes().get(at).copied().unwrap_or(b'0');
    (byte(0), byte(1), tail.get(2..).unwrap_or("00"))
}

/// The failure that Y and ZZ name.
fn by_family(family: u8, code: &str) -> Failure {
    let (prefix, usual) = match family {
        b'1' => ("1C", "2002"),
        b'2' => ("1G", "2001"),
        b'5' => ("1K", "2002"),
        b'6' => ("1P", "2001"),
        _ => return Failure::new("2002", "2999"),
    };
    let detail = format!("{prefix}{code}");
    let known = fixtures::errors().card(&detail).map(|row| row.response_code.as_str());
    Failure::new(known.unwrap_or(usual), detail)
}

/// What an authorization with this card ends in.
pub(crate) fn authorization(card: &CardFacts) -> Result<(), Failure> {
    match digits(card.tail()) {
        (b'8', family, code) => Err(by_family(family, code)),
        (b'9', _, _) => Err(Failure::new("2008", "")),
        _ => Ok(()),
    }
}

/// What a recurring charge of this card ends in: X=1 with Y=9 lets a card be stored whose charges fail (`card_recurring.toml`).
pub(super) fn recurring(card: &CardFacts) -> Result<(), Failure> {
    match digits(card.tail()) {
        (b'1', b'9', code) => Err(Failure { code: "2002".to_owned(), ..by_family(b'1', code) }),
        _ => authorization(card),
    }
}

/// What a cancel of an authorization or a capture with this card ends in.
fn cancel(card: &CardFacts) -> Result<(), Failure> {
    match digits(card.tail()) {
        (b'2', b'2', _) => Ok(()),
        (b'2', family, code) => Err(Failure { code: "2002".to_owned(), ..by_family(family, code) }),
        (b'3', _, _) => Err(Failure::new("2008", "2999")),
        _ => Ok(()),
    }
}

/// What the card company says to an operation on a payment.
///
/// A card that makes an operation fail does so once: the same telegram sent again ends it, so that shops can
/// practise both (`seed_requirements.md` E3). A fault set for the telegram comes first.
pub(super) fn operation(desk: &Desk<'_>, kind: &str, payment: &Payment) -> Result<(), Failure> {
    desk.vendor(kind)?;
    let under_way = matches!(payment.status.0, 30 | 31 | 42 | 50);
    match CardFacts::of(&payment.attributes) {
        Some(card) if !under_way && kind != "022" => cancel(&card),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merchant::MerchantId;
    use crate::secret::Secret;

    fn card(tail: &str) -> CardFacts {
        CardFacts::reduce(&Secret::new([7; 32]), &MerchantId::new("1"), &format!("490000000000{tail}"), "1230")
    }

    #[test]
    fn the_printed_examples_hold() {
        assert_eq!(authorization(&card("0000")), Ok(()));
        assert_eq!(authorization(&card("8101")), Err(Failure::new("2002", "1C01")));
        assert_eq!(authorization(&card("8212")), Err(Failure::new("2001", "1G12")));
        assert_eq!(authorization(&card("8300")), Err(Failure::new("2002", "2999")));
        assert_eq!(authorization(&card("8244")), Err(Failure::new("2003", "1G44")));
        assert_eq!(authorization(&card("8665")), Err(Failure::new("2003", "1P65")));
        assert_eq!(authorization(&card("8602")), Err(Failure::new("2001", "1P02")));
        assert_eq!(authorization(&card("9000")), Err(Failure::new("2008", "")));
        assert_eq!(cancel(&card("2115")), Err(Failure::new("2002", "1C15")));
        assert_eq!(cancel(&card("2212")), Ok(()));
        assert_eq!(cancel(&card("2655")), Err(Failure::new("2002", "1P55")));
        assert_eq!(cancel(&card("2999")), Err(Failure::new("2002", "2999")));
        assert_eq!(cancel(&card("3000")), Err(Failure::new("2008", "2999")));
    }
}
