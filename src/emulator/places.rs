//! Where an emulator is found: the addresses that a shop, a browser and a test need.

use crate::addresses::Ports;
use crate::emulator::{Emulator, Error};
use crate::wire::catalog;

impl Emulator {
    /// Where clients find telegrams and browsers find hosted pages, such as `https://localhost:49152`, without a slash at
    /// the end. Its certificate is of our authority: see [`Emulator::certificates`].
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let port = emulator.ports().listen.port();
    /// assert_eq!(emulator.url(), format!("https://localhost:{port}"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn url(&self) -> String {
        self.gateway.addresses().url()
    }

    /// Where a telegram of this kind (電文種別ID) is posted to.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTelegram`] when the emulator does not play this kind.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert_eq!(emulator.telegram_url("020")?, format!("{}/n/card/request", emulator.url()));
    /// assert!(emulator.telegram_url("999").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn telegram_url(&self, kind: &str) -> Result<String, Error> {
        let spec = catalog().telegram(kind).ok_or_else(|| Error::UnknownTelegram(kind.to_owned()))?;
        Ok(format!("{}{}", self.url(), spec.path))
    }

    /// The test tool, with which QA pays in stores and at banks.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert!(emulator.test_tool_url().ends_with("/testtool/"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn test_tool_url(&self) -> String {
        format!("{}/testtool/", self.url())
    }

    /// The console, which shows payments, notices and the journal, without a slash at the end. The control API is below
    /// it, at `/api/v1/`. Plain HTTP.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// println!("look at {}/journal", emulator.console_url());
    /// # assert!(emulator.console_url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn console_url(&self) -> String {
        self.gateway.addresses().console_url()
    }

    /// Where the token script is on plain HTTP, if [`EmulatorBuilder::http`](crate::EmulatorBuilder::http) asked for it.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// use paygent_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().http("127.0.0.1:0".parse().unwrap()).start().await?;
    /// assert!(emulator.http_url().unwrap().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_url(&self) -> Option<String> {
        self.gateway.addresses().http_url()
    }

    /// What `https_proxy` is set to for clients whose URLs cannot be changed, if
    /// [`EmulatorBuilder::proxy`](crate::EmulatorBuilder::proxy) asked for a proxy.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// use paygent_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().proxy("127.0.0.1:0".parse().unwrap()).start().await?;
    /// assert!(emulator.proxy_url().unwrap().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn proxy_url(&self) -> Option<String> {
        self.gateway.addresses().proxy().map(|proxy| format!("http://{proxy}"))
    }

    /// The addresses and ports that it listens on.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert_ne!(emulator.ports().listen.port(), 0);
    /// assert_eq!(emulator.ports().proxy, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ports(&self) -> Ports {
        *self.gateway.addresses().ports()
    }
}
