//! What test cards do beyond authorizations, as `fixtures/cards.toml` tells it (`test_cards.md` sections 4 to 7).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

/// The rules of `fixtures/cards.toml` that concern 3-D Secure, the debit check and the card update service.
#[derive(Debug, Deserialize)]
pub struct Rules {
    /// What the last four digits do.
    pub stub: StubRules,
    /// EMV 3-D Secure.
    pub three_d_secure: EmvRules,
    /// 3-D Secure 1.0.
    pub three_d_secure_1: ClassicRules,
    /// Debit and prepaid cards.
    pub debit_prepaid: DebitRules,
    /// The card update service (洗替).
    pub card_update: UpdateRules,
}

/// What the last four digits XYZZ of a card number do.
#[derive(Debug, Deserialize)]
pub struct StubRules {
    /// Authorizations that fail, by X.
    pub authorization: Vec<StubRule>,
    /// Cancels that fail, by X.
    pub cancel: Vec<StubRule>,
    /// The codes of a correction that could not cancel the old payment.
    pub correction: CorrectionCodes,
    /// Recurring charges that fail although the card could be stored.
    pub recurring: RecurringRule,
    /// Families of errors, by Y.
    pub families: Vec<StubFamily>,
    /// Any other Y.
    pub other: StubFailure,
    /// Which codes the details of a family come with.
    pub details: Vec<StubDetails>,
}

/// What cards with this X do.
#[derive(Debug, Deserialize)]
pub struct StubRule {
    /// X.
    pub x: String,
    /// How it fails.
    #[serde(flatten)]
    pub outcome: StubOutcome,
}

/// How an operation fails.
#[derive(Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum StubOutcome {
    /// As Y says.
    Family,
    /// The card company does not answer in time.
    Timeout(StubFailure),
}

/// A code and its detail, which may be empty.
#[derive(Debug, Deserialize)]
pub struct StubFailure {
    /// `response_code`.
    pub code: String,
    /// `response_detail`.
    pub detail: String,
}

/// The codes of a correction that could not cancel the old payment.
#[derive(Debug, Deserialize)]
pub struct CorrectionCodes {
    /// The old payment is authorized.
    pub authorized: String,
    /// The old payment is captured.
    pub captured: String,
}

/// Recurring charges that fail although the card could be stored.
#[derive(Debug, Deserialize)]
pub struct RecurringRule {
    /// X.
    pub x: String,
    /// Y.
    pub y: String,
    /// The family of the detail.
    pub family: String,
    /// `response_code`.
    pub code: String,
}

/// A family of errors.
#[derive(Debug, Deserialize)]
pub struct StubFamily {
    /// Y.
    pub y: String,
    /// The beginning of the detail.
    pub family: String,
    /// `response_code` of details that nobody lists.
    pub code: String,
    /// `response_code` of a cancel; empty when a cancel is ok.
    pub cancel_code: String,
}

/// Details of a family and the code that they come with.
#[derive(Debug, Deserialize)]
pub struct StubDetails {
    /// The family.
    pub family: String,
    /// `response_code`.
    pub code: String,
    /// The ends of the details.
    pub zz: Vec<String>,
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
    /// `3dsecure_requestor_error_code` of the return.
    pub requestor: String,
    /// `3dsecure_server_error_code` of the return.
    pub server: String,
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
    /// `3dsecure_requestor_error_code` of the return.
    pub requestor: String,
    /// `3dsecure_server_error_code` of the return.
    pub server: String,
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

/// What the card update service says to cards.
#[derive(Debug, Deserialize)]
pub struct UpdateRules {
    /// What there is to say, in the order of the codes.
    pub results: Vec<UpdateResult>,
    /// The place of the digit that decides, counted from the end of the number.
    pub digit_from_end: usize,
    /// What new numbers end in: the second when the old one ended in the first, else the first.
    pub new_endings: [String; 2],
    /// How many years later a new expiry is.
    pub new_expiry_years: u8,
    /// By the digit; any other counts as the first.
    pub digits: Vec<UpdateDigit>,
    /// Cards that go by their whole number.
    pub cards: Vec<UpdateCard>,
}

/// What the card update service says to a card.
#[derive(Debug, Deserialize)]
pub struct UpdateResult {
    /// 有効性判定結果.
    pub result: String,
    /// Its name in Japanese.
    pub name: String,
    /// Its name in English.
    pub english: String,
}

/// What a digit brings about.
#[derive(Debug, Deserialize)]
pub struct UpdateDigit {
    /// The digit.
    pub digit: String,
    /// 有効性判定結果.
    pub result: String,
    /// Whether the card gets a new number.
    pub new_number: bool,
    /// Whether the card gets a new expiry.
    pub new_expiry: bool,
}

/// A card and what is said to it.
#[derive(Debug, Deserialize)]
pub struct UpdateCard {
    /// The whole number; a test number that everybody may know.
    pub card_number: String,
    /// 有効性判定結果.
    pub result: String,
}

/// The rules of `fixtures/cards.toml`.
pub fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| fixtures::parse(fixtures::CARDS));
    &RULES
}
