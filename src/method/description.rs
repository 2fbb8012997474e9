//! What a method says of itself: whoever shows payments, merchants and pages reads it and knows no method by name.

use crate::payment::{Payment, Status};
use crate::wire::Name;

/// What is said twice: in Japanese and in English.
pub type Text = (&'static str, &'static str);

/// What a method is, for everybody outside its folder.
#[derive(Debug)]
pub struct Description {
    /// Its tab where payments are searched; none for what makes no payments.
    pub tab: Option<Tab>,
    /// The columns of the merchants' list of payments (`fixtures/payment_list.toml`) that only it can fill.
    pub columns: &'static [Column],
    /// How far its statuses bring a payment.
    pub stages: Stages,
}

impl Description {
    /// Of what makes no payments.
    pub const NONE: Description = Description { tab: None, columns: &[], stages: Stages::USUAL };
}

/// A tab of the merchants' search page.
#[derive(Debug)]
pub struct Tab {
    /// Its name in URLs and file names.
    pub id: &'static str,
    /// What stands on it.
    pub label: Text,
    /// Whether its payments are searched for by お客様番号 too.
    pub has_customer_numbers: bool,
}

/// A column of the merchants' list of payments, as a method fills it.
#[derive(Debug)]
pub struct Column {
    /// The column's heading in the file.
    pub heading: &'static str,
    /// What stands in it.
    pub cell: Cell,
}

/// What stands in a column.
#[derive(Debug)]
pub enum Cell {
    /// A text; empty when there is none.
    Text(fn(&Payment) -> String),
    /// An attribute that is a date, or a date and a time.
    Date(Name),
}

/// How far statuses bring a payment; what is named nowhere is still open.
#[derive(Debug)]
pub struct Stages {
    /// The buyer has done all that he has to do.
    pub paid: &'static [Status],
    /// The money is there, or sure to come.
    pub done: &'static [Status],
    /// It came to nothing, or was undone.
    pub ended: &'static [Status],
}

impl Stages {
    /// What most methods mean by their statuses.
    pub const USUAL: Stages = Stages {
        paid: &[Status(20), Status(40), Status(43), Status(44)],
        done: &[Status(40), Status(43), Status(44)],
        ended: &[
            Status(11),
            Status(12),
            Status(13),
            Status(14),
            Status(15),
            Status(16),
            Status(17),
            Status(18),
            Status(19),
            Status(32),
            Status(33),
            Status(60),
            Status(61),
            Status(62),
        ],
    };
}
