//! The keys of merchants that hashes are made with, as the files of telegrams name them.

use serde::Deserialize;

/// A key of a merchant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySpec {
    /// Its name in files, in the API and in the console's forms.
    pub name: &'static str,
    /// What the merchants' site calls it.
    pub label: &'static str,
    /// The same in English.
    pub english: &'static str,
    /// What it is called where there is little room.
    pub short: &'static str,
    /// What the API says of it, if that is more than its label.
    pub about: Option<&'static str>,
    /// What the merchant has that exists from the start.
    pub example: &'static str,
    /// Its place among all keys.
    pub place: u8,
    /// What a new one begins with.
    #[serde(default)]
    pub prefix: &'static str,
    /// How many letters and digits that nobody can guess a new one has; 0 for one that is not drawn here.
    #[serde(default)]
    pub length: usize,
    /// Whether requests that name no merchant are told by it whose they are.
    #[serde(default)]
    pub names_merchant: bool,
}
