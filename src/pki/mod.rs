//! Our CA, the server's certificate and the clients' certificates.
//!
//! | file | what it is | who needs it |
//! |---|---|---|
//! | `ca-key.pem` | the CA's private key and certificate; the one file that everything else follows from | nobody but the emulator |
//! | `ca.pem` | the CA's certificate | every client, as the CA that it trusts |
//! | `ca.crt` | the same, for settings pages that want this extension | Welcart, the module's `curl-ca-bundle.crt` |
//! | `server.pem` | the server's certificate and private key | the emulator |
//! | `client.pem` | a client's certificate and encrypted private key | PHP, Ruby, Perl, curl |
//! | `client.p12` | the same as PKCS#12 | Java, .NET |
//!
//! The files are made on the first start and kept. The CA is never replaced;
//! the server's certificate is issued again when it is about to expire or
//! lacks a wanted host.

mod client;
mod mint;
mod pem;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::addresses::{LOCAL_HOSTS, hosts};
use crate::files::{self, FileError, Readers};
pub use client::PASSPHRASE;
use client::Write;
use mint::KeyType;
pub use pem::certificates;

/// The name of the client certificate that exists from the start.
const FIRST_CLIENT: &str = "client";

/// What is wanted of the keys and certificates.
#[derive(Debug, Clone, Default)]
pub struct PkiOptions {
    /// Make RSA-2048 keys instead of ECDSA P-256, for clients too old for
    /// elliptic curves. Making them takes about a second.
    pub rsa: bool,
    /// More host names or IP addresses for the server certificate, beside
    /// localhost, the loopback addresses and the hosts that are played.
    pub extra_hosts: Vec<String>,
}

/// The keys and certificates in one directory.
#[derive(Debug)]
pub struct Pki {
    dir: PathBuf,
    ca: CertificateDer<'static>,
    ca_pem: String,
    server: Arc<CertifiedKey>,
}

/// Where one client's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// Certificate and encrypted private key, PEM; the passphrase is [`PASSPHRASE`].
    pub pem: PathBuf,
    /// The same and the CA's certificate, PKCS#12; the password is [`PASSPHRASE`].
    pub p12: PathBuf,
}

/// Why the keys and certificates can't be used, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file or directory can't be read or written.
    #[error(transparent)]
    Files(#[from] FileError),
    /// A file is there but is not what it should be.
    #[error("{} is damaged: {reason}. Restore it, or delete {} to have it made again", path.display(), delete.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to delete for a new start: the file, or for the CA's key the directory.
        delete: PathBuf,
    },
    /// `ca.pem` is there without `ca-key.pem`, and a certificate must be issued.
    #[error("{} is missing, so no certificate can be issued by the CA in {}. Restore it, or delete the directory to start with a new CA", key.display(), ca.display())]
    NoCaKey {
        /// Where the CA's key should be.
        key: PathBuf,
        /// The CA's certificate.
        ca: PathBuf,
    },
    /// `ca.pem` is another certificate than the one in `ca-key.pem`.
    #[error("{} and {} belong to two different CAs. Delete the one that is not yours: ca.pem is then written again", ca.display(), key.display())]
    TwoCas {
        /// The CA's certificate.
        ca: PathBuf,
        /// The CA's key and certificate.
        key: PathBuf,
    },
    /// RSA keys are wanted, but the CA that exists has an ECDSA key.
    #[error("RSA keys are wanted, but the CA in {} has an ECDSA key. Choose another --data-dir, or delete this directory to start with a new CA", dir.display())]
    NotRsa {
        /// The directory.
        dir: PathBuf,
    },
    /// The CA in the directory has expired.
    #[error("the CA certificate {} has expired. Delete the directory {} to start with a new CA", ca.display(), dir.display())]
    CaExpired {
        /// The CA's certificate.
        ca: PathBuf,
        /// The directory to delete.
        dir: PathBuf,
    },
    /// A client's name can't be a file name.
    #[error("{0:?} cannot name a client: use letters, digits, '.', '-' and '_', and begin with a letter or digit")]
    BadName(String),
    /// A host that the server certificate should name is not a host.
    #[error("{0:?} is neither a host name nor an IP address, so the server certificate cannot name it")]
    BadHost(String),
    /// A key or certificate could not be made.
    #[error("cannot make {what}: {reason}")]
    Mint {
        /// What was being made.
        what: &'static str,
        /// The cryptographic library's word on it.
        reason: String,
    },
}

impl Pki {
    /// Opens the keys and certificates in `dir`, making what is missing.
    ///
    /// The client's files are read by [`Pki::check_client_files`] alone: opening
    /// a key with a passphrase takes its time.
    ///
    /// # Errors
    ///
    /// When a file can't be read, written or understood, and when the CA is
    /// unfit for what `options` want. No file of the CA is ever overwritten.
    pub fn open(dir: &Path, options: &PkiOptions) -> Result<Self, PkiError> {
        let hosts = wanted_hosts(&options.extra_hosts)?;
        let paths = Paths::new(dir);
        let ca = match files::read_if_there(&paths.ca)? {
            Some(pem) => pem::certificate(&paths.ca, &pem, &paths.ca)?,
            None => begin(&paths, options)?,
        };
        check_ca(&paths, &ca, options)?;

        // A CA without its key serves, but does not issue.
        let issuer = match mint::Issuer::load(&paths, &ca) {
            Err(PkiError::NoCaKey { .. }) => None,
            loaded => Some(loaded?),
        };
        let no_key = || PkiError::NoCaKey { key: paths.ca_key.clone(), ca: paths.ca.clone() };
        if !paths.client_pem.exists() || !paths.client_p12.exists() {
            client::issue(issuer.as_ref().ok_or_else(no_key)?, FIRST_CLIENT, &paths.dir, Write::Missing)?;
        }
        let server = match load_server(&paths, &ca, &hosts)? {
            Some(server) => server,
            None => issue_server(&paths, issuer.as_ref().ok_or_else(no_key)?, &hosts)?,
        };
        let ca_pem = pem::to_pem("CERTIFICATE", &ca)?;
        if files::read_if_there(&paths.ca_crt)?.is_none_or(|crt| *crt != ca_pem.as_bytes()) {
            let written = files::write(&paths.ca_crt, ca_pem.as_bytes(), Readers::Everybody);
            // A copy that nothing here reads: whoever only sends telegrams may have no right to write.
            if let Err(error) = written {
                tracing::debug!(%error, "no copy of the CA's certificate");
            }
        }
        Ok(Self { dir: paths.dir, ca, ca_pem, server: Arc::new(server) })
    }

    /// The directory of the files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The CA's certificate.
    pub fn ca(&self) -> &CertificateDer<'static> {
        &self.ca
    }

    /// The CA's certificate as a file, for clients to trust.
    pub fn ca_file(&self) -> PathBuf {
        Paths::new(&self.dir).ca
    }

    /// The CA's certificate as PEM text.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The server's certificate and the key to it.
    pub fn server(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.server)
    }

    /// The files of the client certificate that exists from the start.
    pub fn client_files(&self) -> ClientFiles {
        let Paths { client_pem: pem, client_p12: p12, .. } = Paths::new(&self.dir);
        ClientFiles { pem, p12 }
    }

    /// Reads the client's files, so that one that is damaged, or of another CA,
    /// is told at once and not by the client that fails.
    ///
    /// # Errors
    ///
    /// When one of them can't be read, or is not what it should be.
    pub fn check_client_files(&self) -> Result<(), PkiError> {
        client::check(&self.client_files(), &self.ca)
    }

    /// Issues one more client certificate as `NAME.pem` and `NAME.p12` in
    /// `out_dir`, which is created if need be. Files of that name are replaced.
    ///
    /// # Errors
    ///
    /// When `name` can't be a file name, the CA's key is missing or damaged,
    /// or a file can't be written.
    pub fn issue_client(&self, name: &str, out_dir: &Path) -> Result<ClientFiles, PkiError> {
        client::issue(&mint::Issuer::load(&Paths::new(&self.dir), &self.ca)?, name, out_dir, Write::Both)
    }

    /// The first client's certificate and its decrypted key, to send telegrams
    /// with.
    ///
    /// # Errors
    ///
    /// When `client.pem` can't be read or is damaged.
    pub fn client_identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), PkiError> {
        client::identity(&Paths::new(&self.dir).client_pem)
    }

    /// The same as PEM text: the certificate, then its key as PKCS#8, not encrypted.
    ///
    /// # Errors
    ///
    /// When `client.pem` can't be read or is damaged.
    pub fn client_identity_pem(&self) -> Result<String, PkiError> {
        let (chain, key) = self.client_identity()?;
        let mut text = String::new();
        for certificate in &chain {
            text += &pem::to_pem("CERTIFICATE", certificate)?;
        }
        let label = match key {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        text += &pem::to_pem(label, key.secret_der())?;
        Ok(text)
    }
}

/// The files of one directory.
struct Paths {
    dir: PathBuf,
    ca: PathBuf,
    ca_crt: PathBuf,
    ca_key: PathBuf,
    server: PathBuf,
    client_pem: PathBuf,
    client_p12: PathBuf,
}

impl Paths {
    fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            ca: dir.join("ca.pem"),
            ca_crt: dir.join("ca.crt"),
            ca_key: dir.join("ca-key.pem"),
            server: dir.join("server.pem"),
            client_pem: dir.join("client.pem"),
            client_p12: dir.join("client.p12"),
        }
    }
}

/// Makes the CA, or writes `ca.pem` again when only that is missing.
///
/// `ca-key.pem` is the one file that decides: it appears whole or not at all,
/// and only one of several processes that start at once succeeds in placing it.
fn begin(paths: &Paths, options: &PkiOptions) -> Result<CertificateDer<'static>, PkiError> {
    files::create_dir(&paths.dir)?;
    if !paths.ca_key.exists() {
        let key_type = if options.rsa { KeyType::Rsa2048 } else { KeyType::EcdsaP256 };
        let made = mint::ca(key_type)?;
        if files::place_new(&paths.ca_key, made.key_and_certificate_pem()?.as_bytes())? {
            // Certificates of an earlier CA are of no use any more.
            let _ = std::fs::remove_file(&paths.server);
            client::issue(&made, FIRST_CLIENT, &paths.dir, Write::Both)?;
        }
    }
    let pem = files::read(&paths.ca_key)?;
    let ca = pem::certificate(&paths.ca_key, &pem, &paths.dir)?;
    files::write(&paths.ca, pem::to_pem("CERTIFICATE", &ca)?.as_bytes(), Readers::Everybody)?;
    Ok(ca)
}

fn check_ca(paths: &Paths, ca: &CertificateDer<'_>, options: &PkiOptions) -> Result<(), PkiError> {
    let parsed = parse(&paths.ca, ca, &paths.ca)?;
    if !parsed.is_ca() {
        return Err(PkiError::Damaged {
            path: paths.ca.clone(),
            reason: "its certificate is not one of a CA".into(),
            delete: paths.ca.clone(),
        });
    }
    if !is_valid_for(&parsed, 0) {
        return Err(PkiError::CaExpired { ca: paths.ca.clone(), dir: paths.dir.clone() });
    }
    if options.rsa && KeyType::of(&parsed) != Some(KeyType::Rsa2048) {
        return Err(PkiError::NotRsa { dir: paths.dir.clone() });
    }
    Ok(())
}

/// The server's certificate on disk, or nothing if there is none or another
/// must be issued.
fn load_server(paths: &Paths, ca: &CertificateDer<'_>, hosts: &[Host]) -> Result<Option<CertifiedKey>, PkiError> {
    let Some(pem) = files::read_secret(&paths.server)? else {
        return Ok(None);
    };
    let certificate = pem::certificate(&paths.server, &pem, &paths.server)?;
    let key = pem::private_key(&paths.server, &pem, &paths.server)?;
    {
        check_issuer(&paths.server, &certificate, ca)?;
        let parsed = parse(&paths.server, &certificate, &paths.server)?;
        let fit =
            is_valid_for(&parsed, mint::RENEW_SERVER_BEFORE_DAYS) && hosts.iter().all(|host| host.is_named_by(&parsed));
        if !fit {
            return Ok(None);
        }
    }
    certified(&paths.server, certificate, key).map(Some)
}

fn issue_server(paths: &Paths, issuer: &mint::Issuer, hosts: &[Host]) -> Result<CertifiedKey, PkiError> {
    let (certificate, key) = issuer.server(hosts)?;
    let pem =
        Zeroizing::new(pem::to_pem("CERTIFICATE", &certificate)? + &pem::to_pem("PRIVATE KEY", key.secret_der())?);
    files::write(&paths.server, pem.as_bytes(), Readers::Owner)?;
    certified(&paths.server, certificate, key)
}

/// Checks that our CA issued the certificate that stands in a file.
fn check_issuer(path: &Path, certificate: &CertificateDer<'_>, ca: &CertificateDer<'_>) -> Result<(), PkiError> {
    let certificate = parse(path, certificate, path)?;
    let ca = parse(path, ca, path)?;
    certificate.verify_signature(Some(ca.public_key())).map_err(|_| PkiError::Damaged {
        path: path.to_owned(),
        reason: "its certificate was not issued by the CA in ca.pem".into(),
        delete: path.to_owned(),
    })
}

fn certified(
    path: &Path,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, PkiError> {
    CertifiedKey::from_der(vec![certificate], key, &rustls::crypto::ring::default_provider()).map_err(|error| {
        PkiError::Damaged {
            path: path.to_owned(),
            reason: format!("its private key cannot be used ({error})"),
            delete: path.to_owned(),
        }
    })
}

fn parse<'a>(path: &Path, certificate: &'a CertificateDer<'_>, delete: &Path) -> Result<X509Certificate<'a>, PkiError> {
    match X509Certificate::from_der(certificate) {
        Ok((_, parsed)) => Ok(parsed),
        Err(error) => Err(PkiError::Damaged {
            path: path.to_owned(),
            reason: format!("its certificate cannot be read ({error})"),
            delete: delete.to_owned(),
        }),
    }
}

/// Whether a certificate is valid now and will be for so many more days.
fn is_valid_for(certificate: &X509Certificate<'_>, days: i64) -> bool {
    let now = crate::clock::wall_clock_seconds();
    let validity = certificate.validity();
    validity.not_before.timestamp() <= now && validity.not_after.timestamp() > now + days * 24 * 60 * 60
}

/// A name that the server certificate bears.
enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    fn is_named_by(&self, certificate: &X509Certificate<'_>) -> bool {
        let Ok(Some(names)) = certificate.subject_alternative_name() else {
            return false;
        };
        names.value.general_names.iter().any(|name| match (self, name) {
            (Self::Name(wanted), GeneralName::DNSName(named)) => wanted.eq_ignore_ascii_case(named),
            (Self::Address(IpAddr::V4(wanted)), GeneralName::IPAddress(named)) => wanted.octets() == *named,
            (Self::Address(IpAddr::V6(wanted)), GeneralName::IPAddress(named)) => wanted.octets() == *named,
            _ => false,
        })
    }
}

fn wanted_hosts(extra: &[String]) -> Result<Vec<Host>, PkiError> {
    let always = LOCAL_HOSTS.into_iter().chain(hosts::played()).map(host);
    always.chain(extra.iter().map(|name| host(name.trim_end_matches('.')))).collect()
}

fn host(text: &str) -> Result<Host, PkiError> {
    if let Ok(address) = text.trim_matches(['[', ']']).parse() {
        return Ok(Host::Address(address));
    }
    // A wildcard is a name like any other here.
    let name = text.strip_prefix("*.").unwrap_or(text);
    rustls_pki_types::DnsName::try_from(name)
        .map(|_| Host::Name(text.to_owned()))
        .map_err(|_| PkiError::BadHost(text.to_owned()))
}

#[cfg(test)]
mod tests;
