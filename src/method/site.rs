//! What a merchant does on the merchants' site (`merchant_site.md` section 6.1): the same decisions as by telegram.

use std::fmt;
use std::str::FromStr;

use crate::method;
use crate::payment::{Payment, Status};
use crate::wire::Name;

/// An operation of the merchants' site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// 売上処理.
    Capture,
    /// オーソリキャンセル処理, キャンセル処理.
    Cancel,
    /// オーソリ変更, 売上変更: another amount.
    Correct,
    /// 返金: all of it, or a part.
    Refund,
}

impl Operation {
    /// All operations.
    pub const ALL: [Operation; 4] = [Operation::Capture, Operation::Cancel, Operation::Correct, Operation::Refund];
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Operation::Capture => "capture",
            Operation::Cancel => "cancel",
            Operation::Correct => "correct",
            Operation::Refund => "refund",
        })
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Operation, String> {
        let known = Operation::ALL.into_iter().find(|operation| operation.to_string() == text);
        known.ok_or_else(|| format!("{text:?} is not capture, cancel, correct or refund"))
    }
}

/// How a method does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteAction {
    /// As this telegram, with these fields beside the payment's id.
    Telegram {
        /// Its kind.
        kind: &'static str,
        /// Its further fields.
        fields: Vec<(Name, String)>,
    },
    /// By leading the payment to this status.
    Update(Status),
}

/// An operation that is possible for a payment now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteOperation {
    /// Which.
    pub operation: Operation,
    /// The button's text on the merchants' site.
    pub label: &'static str,
    /// The same in English.
    pub english: &'static str,
    /// The telegram's field that takes the amount typed in; `None` when there is no amount to type in.
    pub amount_field: Option<Name>,
    /// How it is done.
    pub action: SiteAction,
}

impl SiteOperation {
    /// An operation that is done as a telegram.
    pub fn telegram(operation: Operation, label: &'static str, english: &'static str, kind: &'static str) -> Self {
        let action = SiteAction::Telegram { kind, fields: Vec::new() };
        SiteOperation { operation, label, english, amount_field: None, action }
    }

    /// The same with an amount to type in.
    #[must_use]
    pub fn with_amount(self, field: Name) -> Self {
        SiteOperation { amount_field: Some(field), ..self }
    }

    /// The same with a further field.
    #[must_use]
    pub fn with_field(mut self, name: Name, value: impl Into<String>) -> Self {
        if let SiteAction::Telegram { fields, .. } = &mut self.action {
            fields.push((name, value.into()));
        }
        self
    }
}

/// The operations that the merchants' site offers for a payment now.
pub fn operations(payment: &Payment) -> Vec<SiteOperation> {
    method::for_payment_type(payment.payment_type).map_or_else(Vec::new, |method| method.site_operations(payment))
}
