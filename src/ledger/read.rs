//! What a decision depends on.

use crate::ledger::RecordKind;
use crate::payment::PaymentId;

/// Something that a decision has looked at, as it was: a commit is refused when it is otherwise by then.
///
/// A version is 0 for what was not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A payment and its version.
    Payment(PaymentId, u32),
    /// The payments with a マーチャント取引ID, by rising id, and their versions.
    PaymentsOf(String, Vec<(PaymentId, u32)>),
    /// A record, by kind and key, and its version.
    Record(RecordKind, String, u32),
    /// The records of a kind whose keys start with a prefix, by key, and their versions.
    Records(RecordKind, String, Vec<(String, u32)>),
}
