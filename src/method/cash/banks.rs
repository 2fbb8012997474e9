//! Banks, and the rules of payments at banks (`fixtures/banks.toml`).

use crate::wire::name;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::method::cash::TimeOfDay;
use crate::payment::Payment;
use crate::text::{Text, text};

/// All of the fixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::method) struct Banks {
    pub(in crate::method) bank: Vec<Bank>,
    pub(in crate::method) group: Vec<Group>,
    pub(in crate::method) asp: Asp,
    pub(in crate::method) atm: Atm,
}

/// A bank.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    /// 金融機関コード: four digits, or D and three digits for a bank with a direct link.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; empty when only the Japanese one is known.
    #[serde(default)]
    pub english: String,
    /// The row of the bank selection page that has its link; 0 for none.
    #[serde(default)]
    pub row: u8,
    /// The list that has its link.
    #[serde(default)]
    pub group: String,
    /// The first kana of its name, by which its list is ordered.
    #[serde(default)]
    pub kana: String,
    /// Whether it sends the browser back to `return_url`.
    #[serde(default)]
    pub returns: bool,
    #[serde(default)]
    pub(in crate::method) atm: bool,
    /// What is known about when it reports a payment whose browser was closed.
    #[serde(default)]
    pub detection: String,
}

/// A list of banks behind a link of the bank selection page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its id in URLs.
    pub id: String,
    /// The link's text.
    pub name: String,
    /// The same in English.
    pub english: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::method) struct Asp {
    pub(in crate::method) most_choices: usize,
    pub(in crate::method) business_days: u32,
    pub(in crate::method) expires_at: TimeOfDay,
    pub(in crate::method) memo: String,
    pub(in crate::method) memo_english: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::method) struct Atm {
    pub(in crate::method) pay_center_number: String,
    pub(in crate::method) days: [u64; 2],
    pub(in crate::method) default_days: u64,
    pub(in crate::method) expires_at: TimeOfDay,
    pub(in crate::method) limit: u64,
    pub(in crate::method) usual_bank: String,
}

impl Banks {
    /// The bank of a code.
    pub(in crate::method) fn find(&self, code: &str) -> Option<&Bank> {
        self.bank.iter().find(|bank| bank.code == code)
    }
}

/// The facts about banks.
pub(in crate::method) fn banks() -> &'static Banks {
    static BANKS: LazyLock<Banks> = LazyLock::new(|| fixtures::parse(fixtures::BANKS));
    &BANKS
}

/// 支払機関名: what the bank is called that a payment's `bank_code` names; its code when nobody knows it.
pub(in crate::method) fn bank_name(payment: &Payment) -> String {
    let code = payment.attributes.get(name::BANK_CODE).unwrap_or_default();
    banks().find(code).map_or(code, |bank| &bank.name).to_owned()
}

/// Whether a text has the form of a bank code.
pub(in crate::method) fn is_bank_code(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is said of a text that does not have it.
pub(in crate::method) fn no_bank_code(code: &str) -> Text {
    text!(
        "{code:?} は金融機関コードではありません。半角英数4桁で指定してください。",
        "{code:?} is not a bank code of four letters or digits",
        code = code
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bank_can_be_reached_and_has_a_code_of_its_own() {
        let mut codes: Vec<&str> = banks().bank.iter().map(|bank| bank.code.as_str()).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
        for bank in &banks().bank {
            assert!(is_bank_code(&bank.code), "{}", bank.code);
            let listed = banks().group.iter().any(|group| group.id == bank.group) && !bank.kana.is_empty();
            assert!(bank.group.is_empty() || listed, "{}", bank.code);
        }
        assert!(banks().find(&banks().atm.usual_bank).is_some_and(|bank| bank.atm));
    }
}
