//! What is kept beside payments.

/// What a setting is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// A merchant, by its id: how it came, its credentials and all that was set for it.
    Merchant,
    /// A clock, by the merchant that it belongs to; that of all others has an empty name.
    Clock,
    /// What is made to fail, by merchant.
    Faults,
}
