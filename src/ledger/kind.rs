//! What records are.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// What a record is, or what is counted, such as `card_token`: a name space of the method that keeps it.
///
/// It is as small as a reference and compared by its text, wherever it came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKind(&'static str);

/// The names that stores brought back. There are no more of them than methods have kinds.
static READ: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());

impl RecordKind {
    /// The kind of a name that stands in the code.
    pub const fn new(name: &'static str) -> RecordKind {
        RecordKind(name)
    }

    /// The kind of a name that a store has kept. Each name is kept once for as long as the process lives.
    pub fn read(name: &str) -> RecordKind {
        if let Some(known) = READ.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return RecordKind(known);
        }
        let mut read = READ.write().unwrap_or_else(PoisonError::into_inner);
        let known = read.get(name).copied().unwrap_or_else(|| Box::leak(name.into()));
        read.insert(known);
        RecordKind(known)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl fmt::Debug for RecordKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_was_read_is_the_one_of_the_code() {
        let read = String::from("card_") + "token";
        assert_eq!(RecordKind::read(&read), RecordKind::new("card_token"));
        assert!(std::ptr::eq(RecordKind::read(&read).as_str(), RecordKind::read(&read).as_str()));
    }
}
