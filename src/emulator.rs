//! An emulator inside the process that asks for it: started, looked at, turned and ended by a test.
//!
//! The command line starts the same thing by the same [`EmulatorBuilder`].

mod answer;
mod builder;
mod certificates;
mod claim;
mod data_dir;
mod doors;
mod error;
mod fault;
mod merchant;
mod notice;
mod payment;
mod places;
mod start;
mod start_error;
mod telegram;
mod time;

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

pub use crate::addresses::Ports;
pub use crate::clock::{Moment, MomentError};
use crate::gateway::Gateway;
use crate::merchant::MerchantId;
pub use crate::server::tls::ClientAuth;
pub use answer::Answer;
pub(crate) use answer::is_success;
pub use builder::EmulatorBuilder;
pub use certificates::Certificates;
use claim::Claim;
use data_dir::DataDir;
pub use error::Error;
pub use merchant::Merchant;
pub use notice::{Delivered, Notice, Push};
pub use payment::{Payment, Step};
pub(crate) use start_error::StartError;
pub(crate) use telegram::body as telegram_body;
pub use time::Happened;

/// A running emulator. It stops when it is dropped, and what it kept goes with it.
///
/// It answers over the network as the binary does: [`Emulator::url`] is what the shop under test is given as the
/// gateway's address, with the certificates of [`Emulator::certificates`]. Everything else here is for the test: it acts
/// at once, in this process, and needs no network.
///
/// Several can run beside each other; a start takes some milliseconds. It lives on the runtime that started it: one that
/// several tests share must be started on a runtime that outlives them, not on that of the first `#[tokio::test]`.
///
/// ```
/// use paygent_emulator::Emulator;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// let emulator = Emulator::start().await?;
///
/// // The shop under test sends this to emulator.url(); here the test does.
/// let convenience = [("trading_id", "order1"), ("payment_amount", "1000"), ("cvs_type", "01"),
///     ("cvs_company_id", "00C002"), ("customer_family_name", "山田"), ("customer_name", "太郎"),
///     ("customer_tel", "0312345678")];
/// let answer = emulator.send("030", &convenience).await?;
///
/// // Nobody pays.
/// emulator.advance_days(61).await;
/// let payment = emulator.payment(answer.get("payment_id").unwrap()).unwrap();
/// assert_eq!(payment.payment_status, "12"); // 支払期限切れ
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    gateway: Arc<Gateway>,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
    /// What it does by itself; ends when this is dropped.
    _clockwork: JoinSet<()>,
    certificates: Certificates,
    /// The merchant that is meant when nobody is named.
    first: MerchantId,
    /// Its data directory is its own.
    _claim: Claim,
    /// Last: it may go with us.
    data_dir: DataDir,
}

impl Emulator {
    /// Starts an emulator on free ports of this machine's loopback address. What it must write, such as its certificates,
    /// stands in a temporary directory, which is removed when it is dropped.
    ///
    /// When this returns, telegrams are accepted.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] when the directory cannot be written or no port is free.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::start().await?;
    /// assert!(emulator.url().starts_with("https://localhost:"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start() -> Result<Emulator, Error> {
        Emulator::builder().start().await
    }

    /// An emulator that is to run in another way than [`Emulator::start`] does it.
    ///
    /// ```
    /// use paygent_emulator::{ClientAuth, Emulator};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = Emulator::builder().client_auth(ClientAuth::Off).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Forgets payments, notices, stored cards, faults and the journal of all merchants; clocks are as they were at the
    /// start. Merchants and their settings stay, but for those that came by themselves.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
    /// #     ("payment_class", "10"), ("3dsecure_ryaku", "1")];
    /// emulator.send("020", &card).await?;
    /// assert_eq!(emulator.payments().len(), 1);
    /// emulator.reset().await;
    /// assert!(emulator.payments().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reset(&self) {
        self.gateway.aside(|gateway| gateway.reset(None)).await;
    }

    /// Closes all doors and waits until they are closed: nobody is answered any more, and the ports are free.
    ///
    /// Dropping an emulator does the same without waiting.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::start().await?;
    /// let address = emulator.ports().listen;
    /// emulator.shutdown().await;
    /// assert!(std::net::TcpStream::connect(address).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.doors.join_next().await.is_some() {}
    }

    /// What answers telegrams.
    pub(crate) fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = self.ports();
        formatter.debug_struct("Emulator").field("ports", &ports).field("data_dir", &self.data_dir.path()).finish()
    }
}
