//! Our certificate authority, the server's certificate, and the clients' certificates as PEM and PKCS#12.
//!
//! They are made on first start and kept: clients that were set up once go on working. Everything is signed
//! with ECDSA P-256 unless RSA is asked for, which takes longer to make and to shake hands with.

mod files;
mod issue;

use std::path::{Path, PathBuf};

use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;

use crate::clock;

/// The hosts that clients hard-code and that we play, beside this machine's own names.
pub const PLAYED_HOSTS: &[&str] = &[
    "sandbox.paygent.co.jp",
    "mdev.paygent.co.jp",
    "mdev2.paygent.co.jp",
    "module.paygent.co.jp",
    "token.paygent.co.jp",
    "link.paygent.co.jp",
    "online.paygent.co.jp",
    "apps.paidy.com",
];

/// The passphrase of client keys, which the official modules have in their code.
pub const PASSPHRASE: &str = "changeit";

/// How new certificates are made.
#[derive(Clone, Debug, Default)]
pub struct PkiOptions {
    /// Makes RSA-2048 keys instead of ECDSA P-256 ones.
    pub rsa: bool,
    /// Further hosts that the server certificate names.
    pub extra_hosts: Vec<String>,
}

/// Why certificates cannot be made or read.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is damaged ({reason}); restore it, or delete the directory to get a new set", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key or certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(String),
}

/// The certificates of a data directory.
#[derive(Debug)]
pub struct Pki {
    dir: PathBuf,
    ca_pem: String,
    server_pem: Vec<u8>,
}

impl Pki {
    /// Reads the certificates of a directory; makes those that are missing. The server certificate is made anew
    /// when it has expired or lacks a host that it should name.
    pub fn open(dir: &Path, options: &PkiOptions) -> Result<Pki, PkiError> {
        std::fs::create_dir_all(dir).map_err(|source| PkiError::File { path: dir.to_owned(), source })?;
        let ca_path = dir.join("ca.pem");
        let ca_pem = match files::read(&ca_path)? {
            Some(pem) => String::from_utf8(pem).map_err(|error| damaged(&ca_path, error))?,
            None => issue::make_authority(dir, options)?,
        };
        certificates(&ca_path, ca_pem.as_bytes())?;
        let server_path = dir.join("server.pem");
        let server_pem = match files::read(&server_path)? {
            Some(pem) if is_current(&server_path, &pem, options)? => pem,
            _ => issue::make_server(dir, &ca_pem, options)?,
        };
        let pki = Pki { dir: dir.to_owned(), ca_pem, server_pem };
        if files::read(&dir.join("client.pem"))?.is_none() || files::read(&dir.join("client.p12"))?.is_none() {
            issue::make_client(dir, &pki.ca_pem, "client", dir, options.rsa)?;
        }
        Ok(pki)
    }

    /// The authority's certificate as PEM, which clients trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The authority's certificate.
    pub fn authority(&self) -> Result<Vec<CertificateDer<'static>>, PkiError> {
        certificates(&self.dir.join("ca.pem"), self.ca_pem.as_bytes())
    }

    /// The server's certificate chain and key.
    pub fn server_identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), PkiError> {
        let path = self.dir.join("server.pem");
        let chain = certificates(&path, &self.server_pem)?;
        let key = PrivateKeyDer::from_pem_slice(&self.server_pem).map_err(|error| damaged(&path, error))?;
        Ok((chain, key))
    }

    /// Our own client certificate and its key, decrypted: what `send` presents.
    pub fn client_identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), PkiError> {
        let path = self.dir.join("client.pem");
        let pem = files::read(&path)?.unwrap_or_default();
        let chain = certificates(&path, &pem)?;
        let encrypted = encrypted_key(&path, &pem)?;
        let encrypted = EncryptedPrivateKeyInfoRef::try_from(encrypted.as_slice()).map_err(|e| damaged(&path, e))?;
        let key = encrypted.decrypt(PASSPHRASE).map_err(|error| damaged(&path, error))?;
        Ok((chain, PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into()))
    }

    /// Issues another client certificate, as `NAME.pem` and `NAME.p12` in a directory.
    pub fn issue_client(&self, name: &str, out: &Path) -> Result<(), PkiError> {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !plain || name.starts_with('.') {
            let reason = format!("{name:?} is not a name of letters, digits, hyphens, underscores and dots");
            return Err(PkiError::Make(reason));
        }
        std::fs::create_dir_all(out).map_err(|source| PkiError::File { path: out.to_owned(), source })?;
        issue::make_client(&self.dir, &self.ca_pem, name, out, false)
    }
}

fn damaged(path: &Path, reason: impl ToString) -> PkiError {
    PkiError::Damaged { path: path.to_owned(), reason: reason.to_string() }
}

/// All certificates of a PEM text; none at all is damage.
fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let all: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(damaged(path, "it holds no certificate")),
        Err(error) => Err(damaged(path, error)),
    }
}

/// The encrypted key of a PEM text.
fn encrypted_key(path: &Path, pem: &[u8]) -> Result<Vec<u8>, PkiError> {
    let text = std::str::from_utf8(pem).map_err(|error| damaged(path, error))?;
    let start = text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----");
    let key = start.map(|start| pkcs8::SecretDocument::from_pem(&text[start..]));
    match key {
        Some(Ok((_, key))) => Ok(key.as_bytes().to_vec()),
        Some(Err(error)) => Err(damaged(path, error)),
        None => Err(damaged(path, "it holds no encrypted private key")),
    }
}

/// Whether a server certificate is still valid and names every host that it should.
fn is_current(path: &Path, pem: &[u8], options: &PkiOptions) -> Result<bool, PkiError> {
    let chain = certificates(path, pem)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&chain[0]).map_err(|error| damaged(path, error))?;
    let expires = certificate.validity().not_after.timestamp();
    let names = certificate.subject_alternative_name().ok().flatten();
    let named = |host: &str| {
        names.as_ref().is_some_and(|names| {
            names.value.general_names.iter().any(|name| match name {
                x509_parser::extensions::GeneralName::DNSName(known) => known.eq_ignore_ascii_case(host),
                x509_parser::extensions::GeneralName::IPAddress(octets) => {
                    issue::octets(host).as_deref() == Some(*octets)
                }
                _ => false,
            })
        })
    };
    Ok(expires > clock::wall_clock_seconds() && issue::server_hosts(options).all(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_kept_and_can_be_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = Pki::open(dir.path(), &PkiOptions::default()).unwrap();
        let second = Pki::open(dir.path(), &PkiOptions::default()).unwrap();
        assert_eq!(first.ca_pem(), second.ca_pem());
        assert_eq!(first.server_identity().unwrap(), second.server_identity().unwrap());
        assert_eq!(first.client_identity().unwrap(), second.client_identity().unwrap());
    }

    #[test]
    fn a_new_host_makes_a_new_server_certificate_of_the_same_authority() {
        let dir = tempfile::tempdir().unwrap();
        let first = Pki::open(dir.path(), &PkiOptions::default()).unwrap();
        let options = PkiOptions { extra_hosts: vec!["shop.test".to_owned(), "10.1.2.3".to_owned()], rsa: false };
        let second = Pki::open(dir.path(), &options).unwrap();
        assert_eq!(first.ca_pem(), second.ca_pem());
        assert_ne!(first.server_identity().unwrap().0, second.server_identity().unwrap().0);
        let third = Pki::open(dir.path(), &options).unwrap();
        assert_eq!(second.server_identity().unwrap().0, third.server_identity().unwrap().0);
    }

    #[test]
    fn a_damaged_file_is_named_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        Pki::open(dir.path(), &PkiOptions::default()).unwrap();
        std::fs::write(dir.path().join("ca.pem"), "garbage").unwrap();
        let error = Pki::open(dir.path(), &PkiOptions::default()).unwrap_err();
        assert!(error.to_string().contains("ca.pem"), "{error}");
        assert_eq!(std::fs::read(dir.path().join("ca.pem")).unwrap(), b"garbage");
    }

    #[test]
    fn names_cannot_leave_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::open(dir.path(), &PkiOptions::default()).unwrap();
        assert!(pki.issue_client("../x", dir.path()).is_err());
        pki.issue_client("shop-2", dir.path()).unwrap();
        assert!(dir.path().join("shop-2.p12").exists());
    }
}
