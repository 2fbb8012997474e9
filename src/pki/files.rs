//! Reading and writing the files: whole or not at all, keys for their owner only.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::pki::PkiError;

/// The bytes of a file; `None` when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, PkiError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PkiError::File { path: path.to_owned(), source }),
    }
}

/// Writes a file that only its owner may read, by way of a temporary one.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), PkiError> {
    let half = path.with_extension(format!("new-{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&half)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&half, path));
    written.map_err(|source| PkiError::File { path: path.to_owned(), source })
}
