//! What is kept of a card: never its number.

use crate::merchant::MerchantId;
use crate::method::card::issuers::{self, Issuer};
use crate::method::card::outlook::Outlook;
use crate::payment::Attributes;
use crate::secret::Secret;
use crate::wire::{Name, name};

/// What is known of a card after its number was reduced: the first six and last four digits, a fingerprint, the expiry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CardFacts {
    /// The first six digits.
    pub bin: String,
    /// `masked_card_number`: every digit but the last four replaced by `*`.
    pub masked_card_number: String,
    /// `fingerprint`: 64 letters and digits, the same for the same number and merchant.
    pub fingerprint: String,
    /// `card_valid_term`, as MMYY.
    pub card_valid_term: String,
    /// What the card update service will do to it, unless nothing; a payment does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlook: Option<Box<Outlook>>,
}

impl CardFacts {
    /// Reduces a card number (14 to 16 digits) as soon as it arrives.
    pub fn reduce(secret: &Secret, merchant_id: &MerchantId, card_number: &str, card_valid_term: &str) -> CardFacts {
        let shown = card_number.len().saturating_sub(4);
        let mut masked = String::with_capacity(card_number.len());
        masked.extend(std::iter::repeat_n('*', shown));
        masked.push_str(&card_number[shown..]);
        let outlook = Outlook::of(card_number, |number: &str| fingerprint(secret, merchant_id, number));
        CardFacts {
            bin: card_number.get(..6).unwrap_or(card_number).to_owned(),
            masked_card_number: masked,
            fingerprint: fingerprint(secret, merchant_id, card_number),
            card_valid_term: card_valid_term.to_owned(),
            outlook: outlook.map(Box::new),
        }
    }

    /// The card of a payment that was made with one.
    pub fn of(attributes: &Attributes) -> Option<CardFacts> {
        let text = |name: Name| attributes.get(name).map(str::to_owned);
        Some(CardFacts {
            bin: text(name::own::CARD_BIN)?,
            masked_card_number: text(name::MASKED_CARD_NUMBER)?,
            fingerprint: text(name::FINGERPRINT)?,
            card_valid_term: text(name::CARD_VALID_TERM).unwrap_or_default(),
            outlook: None,
        })
    }

    /// The last four digits, `XYZZ`, which decide what a test card does.
    pub fn tail(&self) -> &str {
        &self.masked_card_number[self.masked_card_number.len().saturating_sub(4)..]
    }

    /// The card's issuer, by its first digits.
    pub fn issuer(&self) -> &'static Issuer {
        issuers::issuer(&self.bin)
    }

    /// `issur_class`: 0 for a domestic card, 1 for one issued overseas.
    pub fn issur_class(&self) -> &'static str {
        if issuers::is_overseas(&self.bin) { "1" } else { "0" }
    }

    /// The values that a payment with this card has, under their wire names.
    pub fn attributes(&self) -> [(Name, &str); 10] {
        let issuer = self.issuer();
        [
            (name::own::CARD_BIN, &self.bin),
            (name::MASKED_CARD_NUMBER, &self.masked_card_number),
            (name::FINGERPRINT, &self.fingerprint),
            (name::CARD_VALID_TERM, &self.card_valid_term),
            (name::ACQ_ID, &issuer.acq_id),
            (name::ACQ_NAME, &issuer.acq_name),
            (name::ISSUR_CODE, &issuer.issur_id),
            (name::ISSUR_NAME, &issuer.issur_name),
            (name::JOHO_ISSUR_TYPE, self.issur_class()),
            (name::CARD_BRAND, &issuer.brand),
        ]
    }
}

/// Keyed, so that nobody can find a number by trying all of them; per merchant, as the real one is.
fn fingerprint(secret: &Secret, merchant_id: &MerchantId, card_number: &str) -> String {
    secret.sign(&[merchant_id.as_str(), "/", card_number])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_reduced_to_what_does_not_betray_it() {
        let (key, merchant) = (&Secret::new([7; 32]), MerchantId::new("1"));
        let card = CardFacts::reduce(key, &merchant, "376500000008300", "1230");
        assert_eq!((card.bin.as_str(), card.tail()), ("376500", "8300"));
        assert_eq!(card.masked_card_number, "***********8300");
        assert_eq!(card.fingerprint.len(), 64);
        assert_eq!(card, CardFacts::reduce(key, &merchant, "376500000008300", "1230"));
        assert!(card.outlook.is_none());
        let elsewhere = CardFacts::reduce(key, &MerchantId::new("2"), "376500000008300", "1230");
        assert_ne!(card.fingerprint, elsewhere.fingerprint);
        assert!(!format!("{card:?}").contains("376500000008300"));
    }
}
