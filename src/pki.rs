//! stub
#![allow(missing_docs)]
use std::path::Path;
#[derive(Debug, thiserror::Error)]
#[error("pki")]
pub struct PkiError;
#[derive(Default)]
pub struct PkiOptions {
    pub rsa: bool,
    pub extra_hosts: Vec<String>,
}
pub struct Pki;
impl Pki {
    pub fn open(_: &Path, _: &PkiOptions) -> Result<Pki, PkiError> {
        Ok(Pki)
    }
    pub fn issue_client(&self, _: &str, _: &Path) -> Result<(), PkiError> {
        Ok(())
    }
    pub fn ca_pem(&self) -> &str {
        ""
    }
    pub fn client_identity(
        &self,
    ) -> Result<(Vec<rustls_pki_types::CertificateDer<'static>>, rustls_pki_types::PrivateKeyDer<'static>), PkiError>
    {
        Err(PkiError)
    }
}
pub fn random_key() -> Result<[u8; 32], String> {
    Ok([0; 32])
}
