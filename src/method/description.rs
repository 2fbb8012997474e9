//! What a method says of itself: whoever shows payments, merchants and pages reads it and knows no method by name.

mod contract;

pub use contract::{Choice, Selection, Switch};

use std::collections::BTreeMap;

use crate::method::Desk;
use crate::payment::{Payment, PaymentType, Refusal, Status};
use crate::wire::Name;

/// What is said twice: in Japanese and in English.
pub type Label = (&'static str, &'static str);

/// What a method is, for everybody outside its folder.
#[derive(Debug)]
pub struct Description {
    /// Its tab where payments are searched; none for what makes no payments.
    pub tab: Option<Tab>,
    /// The columns of the merchants' list of payments (`fixtures/payment_list.toml`) that only it can fill.
    pub columns: &'static [Column],
    /// How far its statuses bring a payment.
    pub stages: Stages,
    /// How the link type offers it; none when it does not.
    pub hosted: Option<HostedPage>,
    /// The special function of the test tool that makes a payment of it without an application.
    pub creation: Option<Creation>,
    /// Addresses of ours that the merchant writes into somebody else's settings.
    pub told: &'static [ToldAddress],
    /// What contracts include or not.
    pub switches: &'static [Switch],
    /// What contracts have one kind of.
    pub choices: &'static [Choice],
    /// What contracts have any number of kinds of.
    pub selections: &'static [Selection],
}

impl Description {
    /// Of what makes no payments.
    pub const NONE: Description = Description {
        tab: None,
        columns: &[],
        stages: Stages::USUAL,
        hosted: None,
        creation: None,
        told: &[],
        switches: &[],
        choices: &[],
        selections: &[],
    };
}

/// A tab of the merchants' search page.
#[derive(Debug)]
pub struct Tab {
    /// Its name in URLs and file names.
    pub id: &'static str,
    /// What stands on it.
    pub label: Label,
    /// Whether its payments are searched for by お客様番号 too.
    pub has_customer_numbers: bool,
}

/// An address of ours that others call for a merchant.
#[derive(Debug)]
pub struct ToldAddress {
    /// What it is called there.
    pub label: &'static str,
    /// Its path; the merchant's id follows as `mid`.
    pub path: &'static str,
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

/// A method on the hosted pages of the link type.
#[derive(Debug)]
pub struct HostedPage {
    /// The payment type that is paid there.
    pub payment_type: PaymentType,
    /// What stands on its button.
    pub label: Label,
    /// Whether the buyer has paid when he leaves the pages.
    pub at_once: bool,
    /// Whether `fix_params` can demand the buyer's name, because its page asks for it.
    pub asks_for_names: bool,
    /// Refuses an application that it cannot serve: of several methods it is dropped then.
    pub check: fn(&HostedRequest) -> Result<(), Refusal>,
    /// Refuses a whole application that it would serve.
    pub demand: fn(&Desk<'_>, &HostedRequest) -> Result<(), Refusal>,
}

impl HostedPage {
    /// One that serves every application, is paid later and asks for no names.
    pub const fn of(payment_type: PaymentType, label: Label) -> HostedPage {
        HostedPage {
            payment_type,
            label,
            at_once: false,
            asks_for_names: false,
            check: |_| Ok(()),
            demand: |_, _| Ok(()),
        }
    }
}

/// What a shop asks for that applies for a hosted page.
#[derive(Debug)]
pub struct HostedRequest {
    /// 請求金額, in yen.
    pub amount: u64,
    /// 支払期間(分): for how long the page is open, in minutes.
    pub term_minutes: Option<u64>,
    /// 支払期間(日): the same in days.
    pub term_days: Option<u64>,
    /// All fields, as the application keeps them.
    pub fields: BTreeMap<String, String>,
}

impl HostedRequest {
    /// A field; `None` when it was not sent.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.fields.get(name.as_str()).map(String::as_str)
    }

    /// Whether a field was sent.
    pub fn has(&self, name: Name) -> bool {
        self.get(name).is_some()
    }
}

/// A function on the test tool's first screen, below the search.
#[derive(Debug)]
pub struct ToolFunction {
    /// Its place among the functions there.
    pub place: u8,
    /// Its name in the screen's form.
    pub action: &'static str,
    /// What stands on its button.
    pub button: Label,
    /// What stands above the button.
    pub lines: &'static [Label],
}

/// The test tool's screen on which payments without an application come into being ([`Method::appear`]).
///
/// [`Method::appear`]: crate::method::Method::appear
#[derive(Debug)]
pub struct Creation {
    /// What leads to it.
    pub function: ToolFunction,
    /// The payment type that it makes.
    pub payment_type: PaymentType,
    /// What stands above the inputs.
    pub caption: Label,
    /// What stands before the result.
    pub result: Label,
    /// Whether required rows have a mark, which a line under the table explains.
    pub has_marks: bool,
    /// What stands below the inputs.
    pub notes: &'static [Label],
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
