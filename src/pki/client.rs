//! A client's certificate and key in the two forms that merchants' modules
//! read: PEM and PKCS#12.

use std::path::Path;

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::mint::{Issuer, mint};
use super::{ClientFiles, PkiError, certified, check_issuer, pem};
use crate::files::{self, Readers};
use crate::random;

/// The passphrase of every client key: the modules have it fixed in their code.
pub const PASSPHRASE: &str = "changeit";

/// The passphrase is public, so that many rounds would protect nothing and
/// only slow each client's start.
const ROUNDS: u32 = 2048;

/// Which of a client's files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// Both, whatever is there.
    Both,
    /// What is not there; the other one stays.
    Missing,
}

/// Issues a client certificate and writes its files.
pub(super) fn issue(issuer: &Issuer, name: &str, out_dir: &Path, write: Write) -> Result<ClientFiles, PkiError> {
    if !is_good_name(name) {
        return Err(PkiError::BadName(name.to_owned()));
    }
    let (certificate, key) = issuer.client(name)?;
    let text = Zeroizing::new(
        pem::to_pem("CERTIFICATE", &certificate)? + &pem::to_pem("ENCRYPTED PRIVATE KEY", &encrypt(key.secret_der())?)?,
    );
    let p12 = pkcs12(name, &certificate, &key, issuer.certificate())?;

    files::create_dir(out_dir)?;
    let written = ClientFiles { pem: out_dir.join(format!("{name}.pem")), p12: out_dir.join(format!("{name}.p12")) };
    // The owner's alone: their passphrase keeps nobody out.
    for (path, bytes) in [(&written.pem, text.as_bytes()), (&written.p12, &p12)] {
        if write == Write::Both || !path.exists() {
            files::write(path, bytes, Readers::Owner)?;
        }
    }
    Ok(written)
}

fn is_good_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn encrypt(pkcs8: &[u8]) -> Result<Vec<u8>, PkiError> {
    const WHAT: &str = "the encrypted private key";
    let params = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &random::bytes::<16>(), random::bytes())
        .map_err(mint(WHAT))?;
    let key = PrivateKeyInfoRef::try_from(pkcs8).map_err(mint(WHAT))?;
    let encrypted = key.encrypt_with_params(params, PASSPHRASE).map_err(mint(WHAT))?;
    Ok(encrypted.as_bytes().to_vec())
}

fn pkcs12(
    name: &str,
    certificate: &CertificateDer<'_>,
    key: &PrivateKeyDer<'_>,
    ca: &CertificateDer<'_>,
) -> Result<Vec<u8>, PkiError> {
    const WHAT: &str = "the PKCS#12 file";
    let chain = [certificate, ca]
        .into_iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(mint(WHAT))?;
    let key = PrivateKey::from_der(key.secret_der()).map_err(mint(WHAT))?;
    let mut store = KeyStore::new();
    store.add_entry(name, KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("1", key, chain)));
    store.writer(PASSPHRASE).encryption_iterations(ROUNDS).mac_iterations(ROUNDS).write().map_err(mint(WHAT))
}

/// Checks that both files can be opened, that each key belongs to its certificate, and that our CA issued that.
pub(super) fn check(written: &ClientFiles, ca: &CertificateDer<'_>) -> Result<(), PkiError> {
    let fits = |path: &Path, certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>| {
        check_issuer(path, &certificate, ca)?;
        certified(path, certificate, key).map(drop)
    };
    let (certificates, key) = identity(&written.pem)?;
    fits(&written.pem, certificates[0].clone(), key)?;

    let path = &written.p12;
    let damaged = |reason: String| PkiError::Damaged { path: path.clone(), reason, delete: path.clone() };
    let store = KeyStore::from_pkcs12(&files::read(path)?, PASSPHRASE, Default::default())
        .map_err(|error| damaged(format!("it cannot be opened with the passphrase {PASSPHRASE} ({error})")))?;
    let chain = store.private_key_chain().map(|(_, chain)| chain);
    let chain = chain.ok_or_else(|| damaged("no private key stands in it".into()))?;
    let leaf = chain.certs().first().ok_or_else(|| damaged("no certificate stands in it".into()))?;
    let key = PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec());
    fits(path, CertificateDer::from(leaf.as_der().to_vec()), key.into())
}

/// Reads and decrypts a client's PEM file.
pub(super) fn identity(path: &Path) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), PkiError> {
    let damaged = |reason: String| PkiError::Damaged { path: path.to_owned(), reason, delete: path.to_owned() };
    let text = files::read(path)?;
    let mut certificates = Vec::new();
    for certificate in pem::certificates(&text) {
        certificates.push(certificate.map_err(|error| damaged(format!("it is not a PEM file ({error})")))?);
    }
    if certificates.is_empty() {
        return Err(damaged("no certificate stands in it".into()));
    }
    Ok((certificates, decrypt(&text).map_err(damaged)?))
}

const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

fn decrypt(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    // A user may have put an unencrypted key there; it will do.
    if let Ok(key) = PrivateKeyDer::from_pem_slice(pem) {
        return Ok(key);
    }
    let text = std::str::from_utf8(pem).map_err(|_| "it is not a PEM file".to_owned())?;
    let section = text
        .find("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        .and_then(|start| {
            let end = text[start..].find(END)? + END.len();
            Some(&text[start..start + end])
        })
        .ok_or_else(|| "no private key stands in it".to_owned())?;
    let (_, der) =
        SecretDocument::from_pem(section).map_err(|error| format!("its private key cannot be read ({error})"))?;
    let key = EncryptedPrivateKeyInfoRef::try_from(der.as_bytes())
        .and_then(|key| key.decrypt(PASSPHRASE))
        .map_err(|error| format!("the passphrase {PASSPHRASE} does not open its key ({error})"))?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}
