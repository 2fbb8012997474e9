//! Connection types, vendors and stores (`fixtures/convenience.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::method::cash::TimeOfDay;

/// All of the fixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Facts {
    connection_type: Vec<ConnectionType>,
    vendor: Vec<Vendor>,
    store: Vec<Store>,
    slip_store: Vec<SlipStore>,
    pub(super) limits: Limits,
    pub(super) slip: Slip,
    pub(super) tickets: Tickets,
}

/// コンビニ接続タイプ: which stores share a number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectionType {
    id: String,
    group: Vec<Group>,
}

/// Stores that share a number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) cvs_type: String,
    pub(super) codes: Vec<String>,
    #[serde(default)]
    also_paid_at: Vec<String>,
}

impl Group {
    /// `usable_cvs_company_id`: the stores' codes, rising.
    pub(super) fn usable(&self) -> String {
        joined(self.codes.iter())
    }

    /// All stores that take the number.
    pub(super) fn paid_at(&self) -> String {
        joined(self.codes.iter().chain(&self.also_paid_at))
    }
}

fn joined<'a>(codes: impl Iterator<Item = &'a String>) -> String {
    let mut codes: Vec<&str> = codes.map(String::as_str).collect();
    codes.sort_unstable();
    codes.join("-")
}

/// Who runs the numbers of a group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vendor {
    cvs_type: String,
    pub(super) name: String,
    pub(super) english: String,
    /// Whether payments are told at once and confirmed later.
    pub(super) flash: bool,
    /// The shape of a number; `#` stands for a digit.
    pub(super) number: String,
    pub(super) expires_at: TimeOfDay,
    /// What a failure is answered.
    pub(super) error: String,
    failing_tel: Option<String>,
    /// The greatest amount of usual contracts.
    pub(super) limit: u64,
    #[serde(default)]
    pub(super) vouchers: bool,
    #[serde(default)]
    pub(super) tickets: bool,
    pub(super) blank_names: bool,
}

impl Vendor {
    /// Whether this phone number makes the vendor fail.
    pub(super) fn fails_for(&self, tel: &str) -> bool {
        self.failing_tel.as_deref() == Some(tel)
    }
}

/// A chain of stores.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    code: String,
    pub(super) name: String,
    pub(super) english: String,
    number: Vec<NumberLabel>,
}

/// What a store calls the number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberLabel {
    cvs_type: String,
    pub(super) label: String,
    pub(super) english: String,
    /// What it asks for beside the number: `tel` or a fixed number.
    pub(super) second: Option<String>,
}

impl Store {
    /// What the store calls the numbers of a vendor.
    pub(super) fn number(&self, cvs_type: &str) -> Option<&NumberLabel> {
        self.number.iter().find(|label| label.cvs_type == cvs_type)
    }
}

/// A chain that takes printed slips.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlipStore {
    pub(super) code: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) post: bool,
    #[serde(default)]
    pub(super) own_slips: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) days: [u64; 2],
    pub(super) default_days: u64,
    pub(super) slip_days: [u64; 2],
    pub(super) slip_extra_days: u64,
    pub(super) slip_expires_at: TimeOfDay,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slip {
    pub(super) company_code: String,
    pub(super) maker_code: String,
    pub(super) merchant_number: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tickets {
    pub(super) most: u64,
    pub(super) fields: u64,
    pub(super) unknown_template_suffix: String,
    pub(super) sub_template_suffix: String,
    pub(super) unknown_master_suffix: String,
}

impl Facts {
    /// The groups of a connection type; A is everybody's who has no other.
    pub(super) fn groups(&self, connection_type: &str) -> &[Group] {
        let named = self.connection_type.iter().find(|known| known.id == connection_type);
        named.or(self.connection_type.first()).map_or(&[], |found| &found.group)
    }

    /// The vendor of a CVS type.
    pub(super) fn vendor(&self, cvs_type: &str) -> Option<&Vendor> {
        self.vendor.iter().find(|vendor| vendor.cvs_type == cvs_type)
    }

    /// The store of a company code.
    pub(super) fn store(&self, code: &str) -> Option<&Store> {
        self.store.iter().find(|store| store.code == code)
    }

    /// What a chain is called that takes numbers or slips; its code when nobody knows it.
    pub(super) fn chain<'a>(&'a self, code: &'a str) -> &'a str {
        let slips = || self.slip_store.iter().find(|store| store.code == code).map(|store| store.name.as_str());
        self.store(code).map(|store| store.name.as_str()).or_else(slips).unwrap_or(code)
    }

    /// The chains that take printed slips; some take only those that merchants print themselves.
    pub(super) fn slip_stores(&self, own_slips: bool) -> impl Iterator<Item = &SlipStore> {
        self.slip_store.iter().filter(move |store| own_slips || !store.own_slips)
    }
}

/// The facts.
pub(super) fn facts() -> &'static Facts {
    static FACTS: LazyLock<Facts> = LazyLock::new(|| fixtures::parse(fixtures::CONVENIENCE));
    &FACTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_can_have_all_connection_types() {
        let known: Vec<&str> = facts().connection_type.iter().map(|known| known.id.as_str()).collect();
        assert_eq!(known, crate::method::convenience::description::CONNECTION_TYPES);
    }

    #[test]
    fn every_group_has_its_vendor_and_its_stores() {
        for connection_type in &facts().connection_type {
            for group in &connection_type.group {
                assert!(facts().vendor(&group.cvs_type).is_some());
                for code in group.codes.iter().chain(&group.also_paid_at) {
                    let store = facts().store(code).unwrap();
                    assert!(
                        store.number(&group.cvs_type).is_some(),
                        "{} {code} {}",
                        connection_type.id,
                        group.cvs_type
                    );
                }
            }
        }
        assert_eq!(facts().groups("B")[1].usable(), "00C002-00C004-00C005-00C014");
        assert_eq!(facts().groups("A")[1].paid_at(), "00C002-00C004-00C005-00C014");
    }
}
