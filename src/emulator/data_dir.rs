//! The directory of an emulator: one that it was given, or one that goes with it.

use std::path::{Path, PathBuf};

use crate::random;

/// Where an emulator keeps its files.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    /// Whether nobody needs it after us.
    temporary: bool,
}

impl DataDir {
    /// The directory that was given, or a new name in the system's directory for temporary files. Neither is made here.
    pub(super) fn new(given: Option<PathBuf>) -> DataDir {
        let temporary = given.is_none();
        let name = || std::env::temp_dir().join(format!("paygent-emulator-{}", random::text(16)));
        DataDir { path: given.unwrap_or_else(name), temporary }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of the certificates.
    pub(super) fn pki(&self) -> PathBuf {
        self.path.join("pki")
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.temporary {
            // Whoever cleans up there finds it by its name.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
