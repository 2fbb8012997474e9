//! Making keys and certificates.

use std::net::IpAddr;
use std::path::Path;

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use pkcs8::pkcs5::pbes2;
use pkcs8::{LineEnding, PrivateKeyInfoRef};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::clock;
use crate::pki::{PASSPHRASE, PLAYED_HOSTS, PkiError, PkiOptions, damaged, files};
use crate::random;

/// How often the passphrase is hashed: OpenSSL's own default. The passphrase is known to everybody.
const ITERATIONS: u32 = 2048;

/// The hosts that the server certificate names.
pub(super) fn server_hosts(options: &PkiOptions) -> impl Iterator<Item = &str> {
    let own = ["localhost", "127.0.0.1", "::1"];
    own.into_iter().chain(PLAYED_HOSTS.iter().copied()).chain(options.extra_hosts.iter().map(String::as_str))
}

/// The octets of an IP address as a certificate has them; `None` for a name.
pub(super) fn octets(host: &str) -> Option<Vec<u8>> {
    Some(match host.parse().ok()? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    })
}

/// Makes the authority and keeps its certificate and key. Returns the certificate as PEM.
pub(super) fn make_authority(dir: &Path, options: &PkiOptions) -> Result<String, PkiError> {
    let key = new_key(options.rsa)?;
    let mut params = params("paygent-emulator test authority", 10)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pem = params.self_signed(&key).map_err(make)?.pem();
    files::write(&dir.join("ca-key.pem"), key.serialize_pem().as_bytes())?;
    files::write(&dir.join("ca.pem"), pem.as_bytes())?;
    Ok(pem)
}

/// Makes the server's key and certificate and keeps them. Returns both as PEM.
pub(super) fn make_server(dir: &Path, ca_pem: &str, options: &PkiOptions) -> Result<Vec<u8>, PkiError> {
    let key = new_key(options.rsa)?;
    // Two years: some clients trust no server certificate for longer.
    let mut params = params("localhost", 2)?;
    let hosts: Vec<String> = server_hosts(options).map(str::to_owned).collect();
    params.subject_alt_names = CertificateParams::new(hosts).map_err(make)?.subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.signed_by(&key, &issuer(dir, ca_pem)?).map_err(make)?;
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem()).into_bytes();
    files::write(&dir.join("server.pem"), &pem)?;
    Ok(pem)
}

/// Makes a client's key and certificate and writes them as `NAME.pem` and `NAME.p12`.
pub(super) fn make_client(dir: &Path, ca_pem: &str, name: &str, out: &Path, rsa: bool) -> Result<(), PkiError> {
    let key = new_key(rsa)?;
    let mut params = params(name, 10)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &issuer(dir, ca_pem)?).map_err(make)?;

    let parameters =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &random::bytes::<16>(), random::bytes());
    let encrypted = PrivateKeyInfoRef::try_from(key.serialized_der())
        .map_err(make)?
        .encrypt_with_params(parameters.map_err(make)?, PASSPHRASE)
        .and_then(|encrypted| Ok(encrypted.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)?))
        .map_err(make)?;
    let pem = format!("{}{}", certificate.pem(), encrypted.as_str());

    let authority = super::certificates(&dir.join("ca.pem"), ca_pem.as_bytes())?;
    let chain = [certificate.der(), &authority[0]].map(|der| Certificate::from_der(der));
    let chain: Result<Vec<Certificate>, _> = chain.into_iter().collect();
    let private = PrivateKey::from_der(key.serialized_der()).map_err(make)?;
    let mut store = KeyStore::new();
    let entry = PrivateKeyChain::new(name, private, chain.map_err(make)?);
    store.add_entry(name, KeyStoreEntry::PrivateKeyChain(entry));
    let writer = store.writer(PASSPHRASE).encryption_iterations(ITERATIONS).mac_iterations(ITERATIONS);
    let p12 = writer.write().map_err(make)?;

    files::write(&out.join(format!("{name}.pem")), pem.as_bytes())?;
    files::write(&out.join(format!("{name}.p12")), &p12)
}

fn make(error: impl std::fmt::Display) -> PkiError {
    PkiError::Make(error.to_string())
}

/// The authority that signs, read from its files.
fn issuer(dir: &Path, ca_pem: &str) -> Result<Issuer<'static, KeyPair>, PkiError> {
    let path = dir.join("ca-key.pem");
    let Some(pem) = files::read(&path)? else { return Err(damaged(&path, "it is missing")) };
    let pem = String::from_utf8(pem).map_err(|error| damaged(&path, error))?;
    let key = KeyPair::from_pem(&pem).map_err(|error| damaged(&path, error))?;
    Issuer::from_ca_cert_pem(ca_pem, key).map_err(|error| damaged(&dir.join("ca.pem"), error))
}

fn params(common_name: &str, years: i32) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(make)?;
    params.distinguished_name.push(DnType::OrganizationName, "paygent-emulator");
    params.distinguished_name.push(DnType::CommonName, common_name);
    let today = clock::Clock::default().common_now().civil().date();
    // From the first of the month before, so that a client whose clock is a little late trusts it too.
    let (year, month) = (i32::from(today.year()), today.month().unsigned_abs());
    let (from_year, from_month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    params.not_before = rcgen::date_time_ymd(from_year, from_month, 1);
    params.not_after = rcgen::date_time_ymd(year + years, month, 1);
    Ok(params)
}

fn new_key(rsa: bool) -> Result<KeyPair, PkiError> {
    if !rsa {
        return KeyPair::generate().map_err(make);
    }
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::UnwrapErr(p12_keystore::rand::rngs::SysRng), 2048)
        .map_err(make)?;
    let der = rsa::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).map_err(make)?;
    let der = rustls_pki_types::PrivatePkcs8KeyDer::from(der.as_bytes().to_vec());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).map_err(make)
}
