//! What test cards do beyond authorizations, as `fixtures/cards.toml` tells it (`test_cards.md` sections 4 to 6).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

/// The rules of `fixtures/cards.toml` that concern 3-D Secure and the debit check.
#[derive(Debug, Deserialize)]
pub struct Rules {
    /// EMV 3-D Secure.
    pub three_d_secure: EmvRules,
    /// 3-D Secure 1.0.
    pub three_d_secure_1: ClassicRules,
    /// Debit and prepaid cards.
    pub debit_prepaid: DebitRules,
}

/// Outcomes of EMV 3-D Secure.
#[derive(Debug, Deserialize)]
pub struct EmvRules {
    /// Outcomes without a page for the buyer.
    pub frictionless: Vec<Frictionless>,
    /// Faults on the way, for every brand.
    pub errors: Vec<Fault>,
    /// Amounts for which the buyer must type a password.
    pub challenge_amounts: Vec<String>,
    /// What the password does, by brand.
    pub challenge: Vec<Challenge>,
    /// Passwords for every brand.
    pub any_brand: Vec<Password>,
}

/// An outcome that an amount or a name brings about for cards of one brand.
#[derive(Debug, Deserialize)]
pub struct Frictionless {
    /// The card's brand.
    pub brand: String,
    /// `payment_amount`.
    pub amount: String,
    /// `cardholder_name`.
    pub name: String,
    /// `result` of the return.
    pub result: String,
    /// `attempt_kbn` of the return.
    pub attempt: String,
    /// `response_code` of the return.
    pub code: String,
}

/// A fault on the way that an amount or a name brings about.
#[derive(Debug, Deserialize)]
pub struct Fault {
    /// `payment_amount`.
    pub amount: String,
    /// `cardholder_name`.
    pub name: String,
    /// `result` of the return.
    pub result: String,
    /// `attempt_kbn` of the return.
    pub attempt: String,
    /// What goes wrong, in English.
    pub scenario: String,
}

/// What the passwords of a brand's password page do.
#[derive(Debug, Deserialize)]
pub struct Challenge {
    /// The card's brand.
    pub brand: String,
    /// The `cardholder_name` that brings the page about.
    pub name: String,
    /// The password that authenticates.
    pub success: String,
    /// The password that fails.
    pub failure: String,
    /// The password that ends in `attempt_kbn` 1.
    pub attempt: String,
}

/// A password for cards of every brand.
#[derive(Debug, Deserialize)]
pub struct Password {
    /// The password.
    pub password: String,
    /// `result` of the return.
    pub result: String,
    /// `attempt_kbn` of the return.
    pub attempt: String,
    /// What goes wrong, in English.
    pub scenario: String,
}

/// Cards of 3-D Secure 1.0.
#[derive(Debug, Deserialize)]
pub struct ClassicRules {
    /// Cards, one by one.
    pub cards: Vec<ClassicCard>,
    /// First digits of cards whose authorization follows their last four digits.
    pub prefixes: Vec<String>,
    /// The password of those cards.
    pub password: String,
}

/// A card of 3-D Secure 1.0.
#[derive(Debug, Deserialize)]
pub struct ClassicCard {
    /// The whole number; a test number that everybody may know.
    pub card_number: String,
    /// `attempt_kbn` that the real test environment ends in since the brands switched the service off.
    pub attempt: String,
    /// The password that its page takes; without one there is no page.
    #[serde(default)]
    pub password: String,
    /// `attempt_kbn` that it ended in before; what happens here.
    pub before: String,
}

/// Debit and prepaid cards.
#[derive(Debug, Deserialize)]
pub struct DebitRules {
    /// By the first six digits.
    pub bins: Vec<DebitBin>,
}

/// Cards whose numbers start with these six digits.
#[derive(Debug, Deserialize)]
pub struct DebitBin {
    /// The first six digits.
    pub bin: String,
    /// `debit` or `prepaid`.
    pub card_type: String,
    /// `card_brand`.
    pub brand: String,
    /// `issur_class`.
    pub issur_class: String,
}

/// The rules of `fixtures/cards.toml`.
pub fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| fixtures::parse(fixtures::CARDS));
    &RULES
}
