//! What a client's certificate is worth.
//!
//! The handshake lets every certificate pass, so that the client gets an answer which says what is wrong; the verdict
//! is found afterwards. Most connections show a certificate that was judged a moment ago, so verdicts are remembered.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{ClientAuth, ClientCertificate, TlsError};
use crate::pki::{Pki, certificates};
use crate::text::{Text, text};

/// How long a verdict is good for, in seconds: a certificate that expires is noticed so much later at most.
const REMEMBERED: u64 = 60;
/// How many verdicts are remembered.
const MANY: usize = 256;

/// Finds and remembers what certificates are worth.
#[derive(Debug)]
pub(super) struct Judge {
    client_auth: ClientAuth,
    /// Present when certificates are verified.
    verifier: Option<Verifier>,
    provider: Arc<CryptoProvider>,
    /// For remedies: where our own client certificate is.
    client_pem: PathBuf,
    /// By the certificates as they were presented, one after the other; when until is that in Unix seconds.
    verdicts: Mutex<HashMap<Vec<u8>, (u64, ClientCertificate)>>,
}

#[derive(Debug, Clone)]
struct Verifier {
    chain: Arc<dyn ClientCertVerifier>,
    /// What was given beside our CA, which issues no CAs: other CAs, and clients' own certificates.
    given: Arc<[CertificateDer<'static>]>,
}

impl Judge {
    pub(super) fn new(
        pki: &Pki,
        client_auth: ClientAuth,
        client_ca: Option<&Path>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let verifier = match client_auth {
            ClientAuth::Required => Some(verifier(pki, client_ca, provider)?),
            ClientAuth::Any | ClientAuth::Off => None,
        };
        Ok(Self {
            client_auth,
            verifier,
            provider: Arc::clone(provider),
            client_pem: pki.client_files().pem,
            verdicts: Mutex::default(),
        })
    }

    /// Whether telegrams need a certificate.
    pub(super) fn wants_certificates(&self) -> bool {
        self.client_auth != ClientAuth::Off
    }

    /// What asks for certificates in the handshake, if they are asked for.
    pub(super) fn asks(&self) -> Option<Arc<dyn ClientCertVerifier>> {
        match self.client_auth {
            ClientAuth::Off => None,
            ClientAuth::Any | ClientAuth::Required => {
                Some(Arc::new(Asks { verifier: self.verifier.clone(), provider: Arc::clone(&self.provider) }))
            }
        }
    }

    /// Whether certificates are asked for.
    pub(super) fn is_asking(&self) -> bool {
        self.client_auth != ClientAuth::Off
    }

    /// What the certificates that a client presented are worth.
    pub(super) fn judge(&self, presented: Option<&[CertificateDer<'_>]>) -> ClientCertificate {
        let Some([leaf, intermediates @ ..]) = presented else { return ClientCertificate::Absent };
        let joined: Vec<u8>;
        let key: &[u8] = if intermediates.is_empty() {
            leaf
        } else {
            joined = [leaf].into_iter().chain(intermediates).flat_map(|der| der.iter().copied()).collect();
            &joined
        };
        let now = UnixTime::now();
        if let Some((until, verdict)) = self.verdicts().get(key)
            && now.as_secs() < *until
        {
            return verdict.clone();
        }
        let verdict = self.find(leaf, intermediates, now);
        let mut verdicts = self.verdicts();
        if verdicts.len() >= MANY {
            verdicts.clear();
        }
        verdicts.insert(key.to_vec(), (now.as_secs().saturating_add(REMEMBERED), verdict.clone()));
        verdict
    }

    fn verdicts(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<u8>, (u64, ClientCertificate)>> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> ClientCertificate {
        let (subject, issuer) = names(leaf);
        let verified = match &self.verifier {
            // A shop's file holds its client's certificate, and seldom the CA that issued it.
            Some(verifier) if verifier.given.contains(leaf) => Ok(ClientCertVerified::assertion()),
            Some(verifier) => verifier.chain.verify_client_cert(leaf, intermediates, now),
            None => Ok(ClientCertVerified::assertion()),
        };
        match verified {
            Ok(_) => ClientCertificate::Accepted { subject, issuer },
            Err(error) => ClientCertificate::Refused {
                reason: reason(&error, &subject, &issuer),
                subject,
                remedy: text!(
                    "{pem} か同じ場所の .p12 (パスフレーズ changeit) を使用するか、--client-ca FILE で発行元の CA を、または \
                     --client-auth any ですべての証明書を受け付けてください。",
                    "use {pem} or the .p12 beside it (passphrase changeit), or accept its CA with --client-ca FILE, or \
                     any certificate with --client-auth any",
                    pem = self.client_pem.display()
                ),
            },
        }
    }
}

fn verifier(pki: &Pki, client_ca: Option<&Path>, provider: &Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    let our_ca = |error: &dyn std::fmt::Display| TlsError::OurCa { ca: pki.ca_file(), reason: error.to_string() };
    let (mut roots, mut given) = (RootCertStore::empty(), Vec::new());
    roots.add(pki.ca().clone()).map_err(|error| our_ca(&error))?;
    if let Some(path) = client_ca {
        let unusable = |reason: String| TlsError::ClientCa { path: path.to_owned(), reason };
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        for certificate in certificates(&pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate.clone()).map_err(|error| unusable(error.to_string()))?;
            given.push(certificate);
        }
        if given.is_empty() {
            return Err(unusable("no certificate stands in it".into()));
        }
    }
    let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| our_ca(&error))?;
    Ok(Verifier { chain, given: given.into() })
}

/// Subject and issuer.
fn names(certificate: &CertificateDer<'_>) -> (String, String) {
    match X509Certificate::from_der(certificate) {
        Ok((_, parsed)) => (parsed.subject().to_string(), parsed.issuer().to_string()),
        Err(_) => ("(an unreadable certificate)".into(), "(unknown)".into()),
    }
}

fn reason(error: &Error, subject: &str, issuer: &str) -> Text {
    let Error::InvalidCertificate(error) = error else {
        return text!("検証できません: 「{error}」", "{error}", error = error);
    };
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => text!(
            "発行元の {issuer} は、エミュレーターが信頼する CA ではありません。",
            "it was issued by {issuer}, which is not a CA that the emulator trusts",
            issuer = issuer
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            text!("有効期限が切れています。", "it has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            text!("有効期間の開始前です。", "it is not valid yet")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => text!(
            "クライアント認証用の証明書ではありません (拡張キー使用法に clientAuth がありません)。",
            "it is not meant for clients (its extended key usage lacks clientAuth)"
        ),
        CertificateError::BadEncoding => {
            text!("X.509 バージョン3の証明書ではありません。", "it is not an X.509 certificate of version 3")
        }
        _ if subject == issuer => text!(
            "自己署名の証明書で、エミュレーターが信頼する CA の署名がありません。",
            "it is signed by itself and not by a CA that the emulator trusts"
        ),
        other => text!(
            "発行元は {issuer} で、検証できません: 「{other}」",
            "it was issued by {issuer} and cannot be verified ({other})",
            issuer = issuer,
            other = other
        ),
    }
}

/// Asks for a certificate and lets the handshake go on whatever it is.
#[derive(Debug)]
struct Asks {
    verifier: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl Asks {
    /// Who presents a certificate that will be accepted must prove that it has its key. For one that is refused
    /// anyway no proof is needed, and old ones (RSA 1024, SHA-1) could give none that we understand.
    fn needs_proof(&self, certificate: &CertificateDer<'_>) -> bool {
        self.verifier.as_ref().is_some_and(|verifier| {
            // With CAs of others, intermediate certificates may be missing here, and what fails now may pass later.
            !verifier.given.is_empty() || verifier.chain.verify_client_cert(certificate, &[], UnixTime::now()).is_ok()
        })
    }

    fn proven(
        &self,
        certificate: &CertificateDer<'_>,
        check: impl FnOnce() -> Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.verifier.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        match check() {
            Err(_) if !self.needs_proof(certificate) => Ok(HandshakeSignatureValid::assertion()),
            checked => checked,
        }
    }
}

impl ClientCertVerifier for Asks {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// Clients that choose among several certificates go by these; an empty list invites them to send any.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.as_ref().map_or(&[], |verifier| verifier.chain.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.proven(certificate, || verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.proven(certificate, || verify_tls13_signature(message, certificate, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.provider.signature_verification_algorithms.supported_schemes();
        if self.verifier.is_none() {
            // Last, so that nobody takes them who knows better ones.
            schemes.extend([
                SignatureScheme::ECDSA_NISTP521_SHA512,
                SignatureScheme::ED448,
                SignatureScheme::RSA_PKCS1_SHA1,
                SignatureScheme::ECDSA_SHA1_Legacy,
            ]);
        }
        schemes
    }
}
