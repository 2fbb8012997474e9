//! What a merchant's contract says about a method, as the settings page shows it.

use std::collections::BTreeSet;

use crate::merchant::Contracts;
use crate::method::description::Label;

/// Something that a contract includes or not.
#[derive(Debug)]
pub struct Switch {
    /// Its name in the page's form.
    pub name: &'static str,
    /// What it is, and the response code without it.
    pub label: Label,
    /// Where it is kept.
    pub of: fn(&mut Contracts) -> &mut bool,
}

/// Something of which a contract has one kind.
#[derive(Debug)]
pub struct Choice {
    /// Its name in the page's form and in the API's errors.
    pub name: &'static str,
    /// What is chosen.
    pub label: Label,
    /// What it can be.
    pub values: &'static [&'static str],
    /// Where it is kept.
    pub of: fn(&mut Contracts) -> &mut String,
}

/// Something of which a contract has any number of kinds.
#[derive(Debug)]
pub struct Selection {
    /// Its name in the page's form.
    pub name: &'static str,
    /// What is selected, and the response code for others.
    pub label: Label,
    /// What can be selected, with its names.
    pub values: &'static [(&'static str, Label)],
    /// Where it is kept.
    pub of: fn(&mut Contracts) -> &mut BTreeSet<String>,
}
