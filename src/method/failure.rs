//! How a payment vendor fails: because of a test card, or because somebody set a fault.

use crate::faults::Fault;
use crate::fixtures;
use crate::payment::{Refusal, Status};

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
                "2008" => "the card company did not answer in time (X=9 of the card's last four digits, or a fault)",
                _ => "a fault was set for the vendor's next answer",
            };
            return Refusal::new(&self.code, rule);
        }
        let rule = match fixtures::errors().card(&self.detail) {
            Some(row) => format!("the card company refused with {} {}", self.detail, row.english).trim_end().to_owned(),
            None => format!("the vendor refused with {}: a test card's rule, or a fault", self.detail),
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
