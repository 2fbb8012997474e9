//! Changing a payment by hand: what the test tool, a payment vendor or the merchants' site asks of a method.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::payment::{Forbidden, Refusal, Status};
use crate::text::{Text, text};
use crate::wire::Name;

/// A status that a payment shall get, with what was typed in beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// 更新後の決済ステータス.
    pub payment_status: Status,
    /// The inputs under their wire names, such as `payment_date` or `cvs_company_id`; what a method does not need is ignored.
    pub inputs: BTreeMap<String, String>,
}

impl Update {
    /// An update without inputs.
    pub fn to(payment_status: Status) -> Update {
        Update { payment_status, inputs: BTreeMap::new() }
    }

    /// An input; `None` when it is absent or empty.
    pub fn input(&self, name: Name) -> Option<&str> {
        self.inputs.get(name.as_str()).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Why an update is refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// The payment's state does not allow it (409).
    #[error("{reason}")]
    Forbidden {
        /// Which rule forbids it, for people.
        reason: Text,
    },
    /// An input is missing or wrong (422).
    #[error("{field}: {reason}")]
    Invalid {
        /// The input's wire name.
        field: String,
        /// What would be right, for people.
        reason: Text,
    },
}

impl UpdateError {
    /// The payment's state does not allow it.
    pub fn forbidden(reason: Text) -> UpdateError {
        UpdateError::Forbidden { reason }
    }

    /// An input that cannot be left out is missing.
    pub fn missing(field: Name) -> UpdateError {
        UpdateError::invalid(field, text!("必須項目です。", "must be given"))
    }

    /// An input is missing or wrong.
    pub fn invalid(field: Name, reason: Text) -> UpdateError {
        UpdateError::Invalid { field: field.into(), reason }
    }
}

impl From<Forbidden> for UpdateError {
    fn from(forbidden: Forbidden) -> UpdateError {
        UpdateError::forbidden(Text::filled(forbidden.japanese(), forbidden.to_string()))
    }
}

impl From<Refusal> for UpdateError {
    fn from(refusal: Refusal) -> UpdateError {
        match refusal.field {
            Some(field) => UpdateError::Invalid { field, reason: refusal.explanation },
            None => UpdateError::Forbidden { reason: refusal.explanation },
        }
    }
}

/// An input that the test tool's screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateInput {
    /// Its wire name.
    pub name: Name,
    /// The manual's label.
    pub label: &'static str,
    /// The same in English.
    pub english: &'static str,
    /// The form of its value, such as `YYYYMMDDhhmmss`; the manual prints it under the label.
    pub hint: &'static str,
    /// The choices of a select, as value and name; a text input when there are none.
    pub choices: Vec<(String, String)>,
    /// What it is filled with at first.
    pub initial: String,
    /// Whether the update is refused without it.
    pub required: bool,
    /// Whether the test tool's screen, which wants everything else, does without it.
    pub optional: bool,
}

impl UpdateInput {
    /// A text input that may be left empty.
    pub fn text(name: Name, label: &'static str, english: &'static str, hint: &'static str) -> UpdateInput {
        UpdateInput {
            name,
            label,
            english,
            hint,
            choices: Vec::new(),
            initial: String::new(),
            required: false,
            optional: false,
        }
    }

    /// The same with choices to select from.
    #[must_use]
    pub fn with_choices(self, choices: Vec<(String, String)>) -> UpdateInput {
        UpdateInput { choices, ..self }
    }

    /// The same filled with a value at first.
    #[must_use]
    pub fn filled_with(self, initial: impl Into<String>) -> UpdateInput {
        UpdateInput { initial: initial.into(), ..self }
    }

    /// The same, and the test tool does without it.
    #[must_use]
    pub fn optional(self) -> UpdateInput {
        UpdateInput { optional: true, ..self }
    }

    /// The same, and the update is refused without it.
    #[must_use]
    pub fn required(self) -> UpdateInput {
        UpdateInput { required: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::name;

    #[test]
    fn blank_inputs_count_as_absent() {
        let mut update = Update::to(Status(40));
        update.inputs.insert("payment_date".to_owned(), "  ".to_owned());
        update.inputs.insert("bank_code".to_owned(), " 9900 ".to_owned());
        assert_eq!(update.input(name::PAYMENT_DATE), None);
        assert_eq!(update.input(name::BANK_CODE), Some("9900"));
    }

    #[test]
    fn a_refusal_that_names_a_field_is_about_an_input() {
        let rule = text!("半角英数4桁です。", "four letters or digits");
        let wrong = Refusal::field("P010", name::BANK_CODE, rule.clone());
        assert_eq!(UpdateError::from(wrong), UpdateError::invalid(name::BANK_CODE, rule));
        let busy = text!("処理中です。", "busy");
        assert_eq!(UpdateError::from(Refusal::new("9005", busy.clone())), UpdateError::forbidden(busy));
    }
}
