//! How a payment vendor fails: because of a test card, or because somebody set a fault.

use crate::faults::Fault;
use crate::fixtures;
use crate::payment::{Refusal, Status};
use crate::text::{Text, text};

/// A vendor's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `response_code`.
    pub code: String,
    /// `response_detail`, such as a card company's detail code; empty when there is none.
    pub detail: String,
    /// After a time-out that the gateway looks after by itself: whether the vendor had done what it was asked.
    pub done: bool,
    /// How far an operation of several steps came.
    pub leaves: Option<Status>,
}

impl Failure {
    /// A failure at the first step.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Failure {
        Failure { code: code.into(), detail: detail.into(), done: false, leaves: None }
    }

    /// The refusal that tells of it.
    pub fn refusal(&self) -> Refusal {
        if self.detail.is_empty() {
            let rule = match self.code.as_str() {
                "2008" => text!(
                    "カード会社の応答がタイムアウトしました（カード番号下4桁の X=9、または障害の設定）。",
                    "the card company did not answer in time (X=9 of the card's last four digits, or a fault)"
                ),
                _ => text!(
                    "決済機関の次の応答に障害が設定されています。",
                    "a fault was set for the vendor's next answer"
                ),
            };
            return Refusal::new(&self.code, rule);
        }
        let rule = match fixtures::errors().card(&self.detail) {
            Some(row) => Text::filled(
                format!("カード会社が {} で拒否しました。", self.detail),
                format!("the card company refused with {} {}", self.detail, row.english).trim_end().to_owned(),
            ),
            None => text!(
                "決済機関が {detail} で拒否しました（テストカードの規則、または障害の設定）。",
                "the vendor refused with {detail}: a test card's rule, or a fault",
                detail = self.detail
            ),
        };
        Refusal::with_detail(&self.code, &self.detail, rule)
    }

    /// `joho_code`: the detail code without its leading 1.
    pub fn joho_code(&self) -> &str {
        self.detail.get(1..).unwrap_or_default()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        let Fault { response_code: code, response_detail: detail, done, leaves, .. } = fault;
        Failure { code, detail, done, leaves }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        failure.refusal()
    }
}
