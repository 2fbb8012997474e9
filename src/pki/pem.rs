//! What stands in PEM files.

use std::path::Path;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::PkiError;

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
