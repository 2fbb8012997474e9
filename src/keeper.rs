//! Whoever keeps what is set beside payments: merchants, clocks, faults.

use std::fmt;
use std::sync::OnceLock;

use serde::Serialize;

/// What is told of each change: whose it is, and the new value as JSON, or that there is none any more.
type Tell = dyn Fn(&str, Option<String>) + Send + Sync;

/// Tells somebody of every change of something, so that it can be kept; nobody at first, and then nothing is made of it.
#[derive(Default)]
pub(crate) struct Keeper(OnceLock<Box<Tell>>);

impl Keeper {
    /// Tells somebody from now on; the first one counts.
    pub(crate) fn tell_from_now_on(&self, tell: impl Fn(&str, Option<String>) + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(tell));
    }

    /// Something was set.
    pub(crate) fn put(&self, key: &str, value: &impl Serialize) {
        if let Some(tell) = self.0.get() {
            // Settings are plain structs, which always have a JSON form.
            tell(key, Some(serde_json::to_string(value).unwrap_or_default()));
        }
    }

    /// Something is there no more.
    pub(crate) fn remove(&self, key: &str) {
        if let Some(tell) = self.0.get() {
            tell(key, None);
        }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keeper")
    }
}
