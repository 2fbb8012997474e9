//! Reading and writing PEM files so that a crash or a second process never
//! leaves half a file behind.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::PkiError;

/// Who may read a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Readers {
    /// Mode 0600: a key that must not leave the emulator.
    Owner,
    /// Mode 0644: made to be handed to other programs, often of other users.
    Everybody,
}

impl Readers {
    #[cfg(unix)]
    const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Everybody => 0o644,
        }
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> PkiError {
    move |reason| PkiError::Io { action, path: path.to_owned(), reason }
}

pub(super) fn create_dir(dir: &Path) -> Result<(), PkiError> {
    fs::create_dir_all(dir).map_err(io("create", dir))
}

pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PkiError> {
    fs::read(path).map(Zeroizing::new).map_err(io("read", path))
}

pub(super) fn read_if_there(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, PkiError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

/// Writes a file whole, replacing what was there.
pub(super) fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), PkiError> {
    let temporary = temporary_beside(path, bytes, readers)?;
    fs::rename(&temporary, path).map_err(|error| {
        let _ = fs::remove_file(&temporary);
        io("write", path)(error)
    })
}

/// Writes a file of the owner's whole, unless one is there; tells whether it did.
pub(super) fn place_new(path: &Path, bytes: &[u8]) -> Result<bool, PkiError> {
    let temporary = temporary_beside(path, bytes, Readers::Owner)?;
    // A link fails when the name is taken, which a rename does not.
    let linked = match fs::hard_link(&temporary, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // File systems without links: nearly as good, but not whole in a crash.
        Err(_) => write_new(path, bytes, Readers::Owner),
    };
    let _ = fs::remove_file(&temporary);
    linked
}

fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<bool, PkiError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, readers.mode());
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(io("write", path)(error)),
    };
    file.write_all(bytes).map_err(io("write", path))?;
    Ok(true)
}

fn temporary_beside(path: &Path, bytes: &[u8], readers: Readers) -> Result<PathBuf, PkiError> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    loop {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}-{serial}.tmp", std::process::id()));
        let temporary = PathBuf::from(name);
        if write_new(&temporary, bytes, readers)? {
            return Ok(temporary);
        }
    }
}

/// The certificates of a PEM file, in their order. Whatever else stands there is passed over, such as a private key
/// that is encrypted in the old way, whose section has headers that a reader of sections does not understand.
pub fn certificates(pem: &[u8]) -> impl Iterator<Item = Result<CertificateDer<'static>, rustls_pki_types::pem::Error>> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    memchr::memmem::find_iter(pem, BEGIN).map(|begin| CertificateDer::from_pem_slice(&pem[begin..]))
}

/// The first certificate of a PEM file.
pub(super) fn certificate(path: &Path, pem: &[u8], delete: &Path) -> Result<CertificateDer<'static>, PkiError> {
    CertificateDer::from_pem_slice(pem).map_err(|error| PkiError::Damaged {
        path: path.to_owned(),
        reason: format!("no certificate can be read from it ({error})"),
        delete: delete.to_owned(),
    })
}

/// The first private key of a PEM file.
pub(super) fn private_key(path: &Path, pem: &[u8], delete: &Path) -> Result<PrivateKeyDer<'static>, PkiError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| PkiError::Damaged {
        path: path.to_owned(),
        reason: format!("no private key can be read from it ({error})"),
        delete: delete.to_owned(),
    })
}

/// PEM text with lines of 64 characters.
pub(super) fn to_pem(label: &'static str, der: &[u8]) -> Result<String, PkiError> {
    pkcs8::der::pem::encode_string(label, pkcs8::LineEnding::LF, der)
        .map_err(|error| PkiError::Mint { what: "a PEM file", reason: error.to_string() })
}
