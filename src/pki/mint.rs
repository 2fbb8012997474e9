//! Making keys and certificates.

use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SanType, SerialNumber,
};
use rsa::pkcs8::EncodePrivateKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::{Host, Paths, PkiError, certified, pem};
use crate::files;

const DAY: u64 = 24 * 60 * 60;
/// Browsers and macOS want no server certificate longer than 825 days.
const SERVER_DAYS: u64 = 820;
/// The server's certificate is issued again this long before its end.
pub(super) const RENEW_SERVER_BEFORE_DAYS: i64 = 30;
const CLIENT_DAYS: u64 = 3650;
const CA_DAYS: u64 = 7300;

const ORGANIZATION: &str = "paygent-emulator";

/// The kind of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    /// ECDSA on the curve P-256: quick to make and to use.
    EcdsaP256,
    /// RSA with 2048 bits, for old clients.
    Rsa2048,
}

impl KeyType {
    /// The kind of a certificate's key, if it is one of ours.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        match certificate.public_key().parsed() {
            Ok(x509_parser::public_key::PublicKey::EC(_)) => Some(Self::EcdsaP256),
            Ok(x509_parser::public_key::PublicKey::RSA(_)) => Some(Self::Rsa2048),
            _ => None,
        }
    }

    fn generate(self) -> Result<KeyPair, PkiError> {
        match self {
            Self::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(mint("a key")),
            // The TLS library's own cryptography cannot make RSA keys.
            Self::Rsa2048 => {
                let key = rsa::PrivateKey::new(&mut getrandom::SysRng, 2048).map_err(mint("an RSA key"))?;
                let der = key.to_pkcs8_der().map_err(mint("an RSA key"))?;
                KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(der.as_bytes()), &PKCS_RSA_SHA256)
                    .map_err(mint("an RSA key"))
            }
        }
    }
}

pub(super) fn mint<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> PkiError {
    move |error| PkiError::Mint { what, reason: error.to_string() }
}

/// A CA that can issue certificates.
pub(super) struct Issuer {
    certificate: CertificateDer<'static>,
    key_type: KeyType,
    issuer: rcgen::Issuer<'static, KeyPair>,
}

/// Makes a new CA.
pub(super) fn ca(key_type: KeyType) -> Result<Issuer, PkiError> {
    let key = key_type.generate()?;
    let mut params = params("", CA_DAYS)?;
    // Each CA has a name of its own: clients look for a CA by its name, and would try the key of an earlier one.
    let serial = params.serial_number.as_ref().map(ToString::to_string).unwrap_or_default().replace(':', "");
    params.distinguished_name.push(DnType::CommonName, format!("paygent-emulator CA {serial}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).map_err(mint("the CA certificate"))?.der().clone();
    Issuer::new(certificate, key_type, key)
}

impl Issuer {
    fn new(certificate: CertificateDer<'static>, key_type: KeyType, key: KeyPair) -> Result<Self, PkiError> {
        let issuer = rcgen::Issuer::from_ca_cert_der(&certificate, key).map_err(mint("the CA"))?;
        Ok(Self { certificate, key_type, issuer })
    }

    /// Loads the key of the CA whose certificate is `ca`.
    pub(super) fn load(paths: &Paths, ca: &CertificateDer<'static>) -> Result<Self, PkiError> {
        let damaged =
            |reason: String| PkiError::Damaged { path: paths.ca_key.clone(), reason, delete: paths.dir.clone() };
        let Some(text) = files::read_secret(&paths.ca_key)? else {
            return Err(PkiError::NoCaKey { key: paths.ca_key.clone(), ca: paths.ca.clone() });
        };
        let certificate = pem::certificate(&paths.ca_key, &text, &paths.dir)?;
        if certificate != *ca {
            return Err(PkiError::TwoCas { ca: paths.ca.clone(), key: paths.ca_key.clone() });
        }
        let key_type = X509Certificate::from_der(&certificate)
            .ok()
            .and_then(|(_, parsed)| KeyType::of(&parsed))
            .ok_or_else(|| damaged("its key is neither ECDSA nor RSA".into()))?;
        let key = pem::private_key(&paths.ca_key, &text, &paths.dir)?;
        certified(&paths.ca_key, certificate.clone(), key.clone_key()).map_err(|error| match error {
            PkiError::Damaged { reason, .. } => damaged(reason),
            other => other,
        })?;
        let key = KeyPair::try_from(key.secret_der())
            .map_err(|error| damaged(format!("its private key cannot be used ({error})")))?;
        Self::new(certificate, key_type, key)
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The CA's key and certificate as they stand in `ca-key.pem`.
    pub(super) fn key_and_certificate_pem(&self) -> Result<Zeroizing<String>, PkiError> {
        Ok(Zeroizing::new(
            pem::to_pem("PRIVATE KEY", self.issuer.key().serialized_der())?
                + &pem::to_pem("CERTIFICATE", &self.certificate)?,
        ))
    }

    /// Issues a server certificate that names `hosts`.
    pub(super) fn server(&self, hosts: &[Host]) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), PkiError> {
        let mut params = params("localhost", SERVER_DAYS)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = hosts.iter().map(san).collect::<Result<_, _>>()?;
        self.issue(params, "the server certificate")
    }

    /// Issues a client certificate for `name`.
    pub(super) fn client(&self, name: &str) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), PkiError> {
        let mut params = params(name, CLIENT_DAYS)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params, "a client certificate")
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        what: &'static str,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), PkiError> {
        params.use_authority_key_identifier_extension = true;
        let key = self.key_type.generate()?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(mint(what))?.der().clone();
        Ok((certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }
}

/// What all our certificates have in common.
fn params(common_name: &str, days: u64) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, ORGANIZATION);
    subject.push(DnType::CommonName, common_name);
    params.distinguished_name = subject;

    // .NET merchants configure a certificate by its serial number of 16 hex digits.
    let mut serial = crate::random::bytes::<8>();
    serial[0] = serial[0] & 0x3f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));

    // A day of grace for clients whose clocks are behind.
    let from = crate::clock::wall_clock_seconds().unsigned_abs().saturating_sub(DAY);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(from);
    params.not_after = epoch + Duration::from_secs(from + days * DAY);
    Ok(params)
}

fn san(host: &Host) -> Result<SanType, PkiError> {
    Ok(match host {
        Host::Name(name) => SanType::DnsName(name.as_str().try_into().map_err(|_| PkiError::BadHost(name.clone()))?),
        Host::Address(IpAddr::V4(address)) => SanType::IpAddress(IpAddr::V4(*address)),
        Host::Address(IpAddr::V6(address)) => SanType::IpAddress(IpAddr::V6(*address)),
    })
}
