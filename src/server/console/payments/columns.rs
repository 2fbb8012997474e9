//! The columns that a merchant knows, in the list and in the CSV file (`merchant_site.md` sections 5.2 and 10).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::method::{self, Cell};
use crate::payment::Payment;
use crate::server::console::layout::{moment, wire_date};
use crate::wire::catalog;

/// A column of the CSV file: its heading, and where its text comes from when the payment's method has none for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) heading: String,
    of: Option<Common>,
    date: Option<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    joined: Vec<String>,
}

/// What every payment has.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Common {
    PaymentType,
    Amount,
    Status,
    Applied,
}

/// The columns of the CSV file, in order.
pub(super) fn columns() -> &'static [Column] {
    #[derive(Deserialize)]
    struct File {
        column: Vec<Column>,
    }
    static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| fixtures::parse::<File>(fixtures::PAYMENT_LIST).column);
    &COLUMNS
}

impl Column {
    /// The column's text for a payment; `-` for a missing value.
    pub(super) fn text(&self, payment: &Payment) -> String {
        let text = self.of_method(payment).unwrap_or_else(|| self.of_all(payment));
        if text.is_empty() { "-".to_owned() } else { text }
    }

    /// What the payment's method has for this column.
    fn of_method(&self, payment: &Payment) -> Option<String> {
        let description = method::for_payment_type(payment.payment_type)?.description();
        let column = description.columns.iter().find(|column| column.heading == self.heading)?;
        Some(match column.cell {
            Cell::Text(text) => text(payment),
            Cell::Date(name) => wire_date(&payment.field(name)),
        })
    }

    fn of_all(&self, payment: &Payment) -> String {
        let field = |name: &String| payment.named(name).into_owned();
        match (self.of, &self.date) {
            (Some(common), _) => common.text(payment),
            (None, Some(date)) => wire_date(&payment.named(date)),
            (None, None) if !self.joined.is_empty() => self.joined.iter().map(field).collect(),
            (None, None) => self.fields.iter().map(field).find(|text| !text.is_empty()).unwrap_or_default(),
        }
    }
}

impl Common {
    fn text(self, payment: &Payment) -> String {
        match self {
            // The merchants' site writes full-width brackets.
            Common::PaymentType => catalog()
                .payment_type(payment.payment_type)
                .map_or_else(String::new, |row| row.name.replace('(', "（").replace(')', "）")),
            Common::Amount => amount_shown(payment).to_string(),
            Common::Status => catalog().status_name(payment.payment_type, payment.status).to_owned(),
            Common::Applied => moment(payment.init_date),
        }
    }
}

/// 支払機関名, as the payment's method names it.
pub(super) fn institution(payment: &Payment) -> String {
    method::for_payment_type(payment.payment_type).map(|method| method.institution(payment)).unwrap_or_default()
}

/// 決済金額 as people are shown it, in yen.
pub(super) fn amount_shown(payment: &Payment) -> u64 {
    method::for_payment_type(payment.payment_type).map_or(payment.amount, |method| method.amount_shown(payment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::METHODS;

    #[test]
    fn methods_fill_columns_that_exist() {
        for column in METHODS.iter().flat_map(|method| method.description().columns) {
            assert!(columns().iter().any(|known| known.heading == column.heading), "{}", column.heading);
        }
    }
}
