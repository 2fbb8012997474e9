//! What a client needs to speak with an emulator: an authority to trust, a certificate to show.

use std::path::{Path, PathBuf};

use crate::emulator::{Emulator, Error};
use crate::pki::{PASSPHRASE, Pki};

/// The certificates of an emulator, as files and as texts: whatever the HTTP client of the shop takes.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// let certificates = emulator.certificates();
/// // reqwest: Certificate::from_pem(ca_pem), Identity::from_pem(certificate and key)
/// assert!(certificates.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// assert!(certificates.client_pem()?.contains("-----BEGIN PRIVATE KEY-----"));
/// // clients that are told files
/// assert!(certificates.ca_path().exists() && certificates.client_p12_path().exists());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Certificates {
    pki: Pki,
}

impl Certificates {
    /// The passphrase of the client's key in [`Certificates::client_pem_path`] and [`Certificates::client_p12_path`].
    ///
    /// ```
    /// assert_eq!(paygent_emulator::Certificates::PASSPHRASE, "changeit");
    /// ```
    pub const PASSPHRASE: &'static str = PASSPHRASE;

    pub(super) fn new(pki: Pki) -> Certificates {
        Certificates { pki }
    }

    /// The certificate of our authority, PEM: what clients and browsers must trust.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let pem = emulator.certificates().ca_pem();
    /// assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn ca_pem(&self) -> &str {
        self.pki.ca_pem()
    }

    /// The file of [`Certificates::ca_pem`].
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let certificates = emulator.certificates();
    /// assert_eq!(std::fs::read_to_string(certificates.ca_path())?, certificates.ca_pem());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ca_path(&self) -> PathBuf {
        self.pki.ca_file()
    }

    /// The client's certificate and its private key (PKCS#8, not encrypted), PEM.
    ///
    /// # Errors
    ///
    /// [`Error::Certificates`] when the files in the data directory were damaged since the start.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let pem = emulator.certificates().client_pem()?;
    /// assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    /// assert!(pem.ends_with("-----END PRIVATE KEY-----\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_pem(&self) -> Result<String, Error> {
        self.pki.client_identity_pem().map_err(Error::certificates)
    }

    /// The file of the client's certificate and its private key, encrypted with [`Certificates::PASSPHRASE`], PEM: what
    /// PHP, Ruby, Perl and curl take.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let pem = std::fs::read_to_string(emulator.certificates().client_pem_path())?;
    /// assert!(pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_pem_path(&self) -> PathBuf {
        self.pki.client_files().pem
    }

    /// The file of the same as PKCS#12, its password [`Certificates::PASSPHRASE`]: what Java and .NET take.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let bytes = std::fs::read(emulator.certificates().client_p12_path())?;
    /// assert_eq!(bytes[0], 0x30); // a DER sequence
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_p12_path(&self) -> PathBuf {
        self.pki.client_files().p12
    }

    /// The directory of all these files.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert!(emulator.certificates().dir().join("ca.pem").exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn dir(&self) -> &Path {
        self.pki.dir()
    }
}

impl Emulator {
    /// Its authority and the certificate of a client: telegrams under `/n/` need one.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// println!("trust {}", emulator.certificates().ca_path().display());
    /// # Ok(())
    /// # }
    /// ```
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }
}
