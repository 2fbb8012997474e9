//! The stores that a shopper can choose from on a hosted page.

use crate::method::convenience::facts::facts;
use crate::method::{Desk, UsualLimit};

/// Stores that share a number.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// CVSタイプ.
    pub(crate) cvs_type: String,
    /// The stores' names, in Japanese and English.
    pub(crate) names: Vec<(&'static str, &'static str)>,
    /// What they call the number, in Japanese and English.
    pub(crate) label: (&'static str, &'static str),
    /// What they ask for beside it: `tel` or a fixed number.
    pub(crate) second: Option<&'static str>,
    /// The greatest amount that they take, in yen.
    pub(crate) limit: u64,
}

/// The stores of the merchant's connection type.
pub(crate) fn choices(desk: &Desk<'_>) -> Vec<Choice> {
    let groups = facts().groups(&desk.merchant.contracts.connection_type).iter();
    let choice = |cvs_type: &str, codes: &'static [String]| {
        let stores: Vec<_> = codes.iter().filter_map(|code| facts().store(code)).collect();
        let number = stores.iter().find_map(|store| store.number(cvs_type))?;
        Some(Choice {
            cvs_type: cvs_type.to_owned(),
            names: stores.iter().map(|store| (store.name.as_str(), store.english.as_str())).collect(),
            label: (number.label.as_str(), number.english.as_str()),
            second: number.second.as_deref(),
            limit: facts().vendor(cvs_type)?.limit,
        })
    };
    groups.filter_map(|group| choice(&group.cvs_type, &group.codes)).collect()
}

/// The greatest amounts that usual contracts of a connection type allow, greatest first, with the vendors they rule at.
pub(super) fn usual_limits(connection_type: &str) -> Vec<UsualLimit> {
    let vendors = facts().groups(connection_type).iter().filter_map(|group| facts().vendor(&group.cvs_type));
    let limits = vendors.map(|vendor| UsualLimit { at: (&vendor.name, &vendor.english), yen: vendor.limit });
    let mut limits: Vec<UsualLimit> = limits.collect();
    limits.sort_by_key(|limit| std::cmp::Reverse(limit.yen));
    limits
}
