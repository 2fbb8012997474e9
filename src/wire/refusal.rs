//! The wire's own error: what a refused request is answered.

use std::fmt;

use crate::fixtures;
use crate::text::Text;
use crate::wire::Name;

/// Why a request is refused: the response code and detail that the shop gets, and the rule for people.
///
/// The wire shows code and detail; the journal and the console show the explanation too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `response_code`, at most five letters and digits.
    pub code: String,
    /// `response_detail`: a Japanese sentence (starting with the field's name in double quotes where a
    /// field is at fault), or a bare card detail code.
    pub detail: String,
    /// Which rule was broken and what would be right, for people.
    pub explanation: Text,
    /// The field at fault, if one is.
    pub field: Option<String>,
}

impl Refusal {
    /// A refusal with the detail that `fixtures/errors.toml` has for the code.
    pub fn new(code: &str, explanation: Text) -> Refusal {
        let detail = fixtures::errors().detail(code, "");
        Refusal { code: code.to_owned(), detail, explanation, field: None }
    }

    /// A refusal that names the field at fault.
    pub fn field(code: &str, field: Name, explanation: Text) -> Refusal {
        Refusal::named(code, &field, explanation)
    }

    /// The same for a field whose name is made up of parts or comes out of data.
    pub fn named(code: &str, field: &str, explanation: Text) -> Refusal {
        let detail = fixtures::errors().detail(code, field);
        Refusal { code: code.to_owned(), detail, explanation, field: Some(field.into()) }
    }

    /// A refusal whose detail is given, such as a card company's detail code.
    pub fn with_detail(code: &str, detail: &str, explanation: Text) -> Refusal {
        Refusal { code: code.to_owned(), detail: detail.to_owned(), explanation, field: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.code, self.detail, self.explanation)
    }
}
