//! How an emulator is to run.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::{Moment, Setting};
use crate::emulator::{Emulator, Error, Merchant, start};
use crate::gateway::NOTICE_DELAY;
use crate::server::tls::ClientAuth;

/// How long a shop may take to answer a notice, unless somebody says otherwise; the interface does not say.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(10);

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) listen: SocketAddr,
    pub(super) console: SocketAddr,
    pub(super) http: Option<SocketAddr>,
    pub(super) proxy: Option<SocketAddr>,
    pub(super) proxy_passthrough: bool,
    pub(super) proxy_passthrough_private: bool,
    pub(super) public_url: Option<String>,
    pub(super) server_names: Vec<String>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) client_auth: ClientAuth,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) merchants_file: Option<PathBuf>,
    pub(super) merchants: Vec<Merchant>,
    pub(super) rsa: bool,
    pub(super) notice_timeout: Duration,
    pub(super) notice_delay: Duration,
    pub(super) console_token: Option<String>,
    pub(super) console_hosts: Vec<String>,
    pub(super) clock: Setting,
    pub(super) seed: Option<u64>,
}

/// How an emulator is to run: [`Emulator::builder`] begins it, [`EmulatorBuilder::start`] ends it.
///
/// What is not said is as with [`Emulator::start`]: free ports, a temporary directory, real time, the merchant 10000 and
/// whoever else sends a telegram.
///
/// ```
/// use std::time::Duration;
///
/// use paygent_emulator::{Emulator, Merchant};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// let emulator = Emulator::builder()
///     .frozen_at("2026-12-01T10:00:00+09:00".parse().unwrap())
///     .merchant(Merchant::new("10000").notification_url("http://127.0.0.1:3000/paygent/notice"))
///     .notice_delay(Duration::ZERO)
///     .start()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing runs before start"]
pub struct EmulatorBuilder {
    config: Config,
}

impl Default for EmulatorBuilder {
    fn default() -> EmulatorBuilder {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        EmulatorBuilder {
            config: Config {
                listen: any_port,
                console: any_port,
                http: None,
                proxy: None,
                proxy_passthrough: false,
                proxy_passthrough_private: false,
                public_url: None,
                server_names: Vec::new(),
                data_dir: None,
                client_auth: ClientAuth::Required,
                client_ca: None,
                merchants_file: None,
                merchants: Vec::new(),
                rsa: false,
                notice_timeout: NOTICE_TIMEOUT,
                notice_delay: NOTICE_DELAY,
                console_token: None,
                console_hosts: Vec::new(),
                clock: Setting::REAL,
                seed: None,
            },
        }
    }
}

impl EmulatorBuilder {
    /// Opens all doors. When this returns, telegrams are accepted.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] says what is wrong and what to do: a port that is taken, a directory in which another emulator
    /// runs, a file that cannot be read. [`Error::Invalid`] when a merchant cannot be as it was given.
    ///
    /// ```
    /// use paygent_emulator::{Emulator, Error};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Error> {
    /// let first = Emulator::builder().start().await?;
    /// let error = Emulator::builder().listen(first.ports().listen).start().await.unwrap_err();
    /// assert!(matches!(error, Error::Start(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(self) -> Result<Emulator, Error> {
        start::start(self.config).await
    }

    /// Stops all clocks at this moment; [`Emulator::advance`] turns them. A reset brings it back.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder()
    ///     .frozen_at("2026-12-01T10:00:00+09:00".parse().unwrap())
    ///     .start()
    ///     .await?;
    /// assert_eq!(emulator.now().datetime14(), "20261201100000");
    /// # Ok(())
    /// # }
    /// ```
    pub fn frozen_at(mut self, moment: Moment) -> EmulatorBuilder {
        self.config.clock = Setting::Frozen(moment);
        self
    }

    /// Makes runs repeatable: tokens, keys of pages and all else that nobody could guess follow from this number, so that
    /// the same requests at a frozen clock get the same answers.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().seed(7).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn seed(mut self, seed: u64) -> EmulatorBuilder {
        self.config.seed = Some(seed);
        self
    }

    /// Adds a merchant, or changes settings of the one that is there from the start (10000), before anybody comes. May be
    /// repeated.
    ///
    /// ```
    /// use paygent_emulator::{Emulator, Merchant};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = Emulator::builder()
    ///     .merchant(Merchant::new("20000").credentials("connect1", "secret"))
    ///     .start()
    ///     .await?;
    /// assert_eq!(emulator.merchant("20000").unwrap().get("connect_id"), Some("connect1"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn merchant(mut self, merchant: Merchant) -> EmulatorBuilder {
        self.config.merchants.push(merchant);
        self
    }

    /// The only merchants there are, as a TOML file (`--merchants`): telegrams of all others are refused. Without it
    /// unknown merchants are adopted with their first telegram.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let file = std::env::temp_dir().join(format!("merchants-{}.toml", std::process::id()));
    /// std::fs::write(&file, r#"
    ///     [[merchant]]
    ///     merchant_id = "30000"
    ///     connect_id = "connect1"
    ///     connect_password = "secret"
    /// "#).unwrap();
    /// let emulator = paygent_emulator::Emulator::builder().merchants_file(&file).start().await?;
    /// assert!(emulator.merchant("10000").is_none());
    /// # std::fs::remove_file(file).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn merchants_file(mut self, file: impl Into<PathBuf>) -> EmulatorBuilder {
        self.config.merchants_file = Some(file.into());
        self
    }

    /// How long after its cause a notice is pushed, in real time: 2 seconds unless said otherwise here or in the merchant's
    /// settings, because shops store an order only after the answer. [`Emulator::deliver_notices`] waits for none of it.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let builder = paygent_emulator::Emulator::builder().notice_delay(std::time::Duration::ZERO);
    /// # builder.start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn notice_delay(mut self, delay: Duration) -> EmulatorBuilder {
        self.config.notice_delay = delay;
        self
    }

    /// How long a shop may take to answer a notice: 10 seconds unless said otherwise.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let builder = paygent_emulator::Emulator::builder().notice_timeout(std::time::Duration::from_millis(500));
    /// # builder.start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn notice_timeout(mut self, timeout: Duration) -> EmulatorBuilder {
        self.config.notice_timeout = timeout;
        self
    }

    /// Keeps certificates in this directory, which is made if need be and stays: clients that trust its authority once
    /// trust the next emulator there too. One emulator at a time.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let dir = std::env::temp_dir().join(format!("paygent-example-{}", std::process::id()));
    /// let emulator = paygent_emulator::Emulator::builder().data_dir(&dir).start().await?;
    /// assert!(dir.join("ports.json").exists());
    /// # drop(emulator);
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn data_dir(mut self, dir: impl Into<PathBuf>) -> EmulatorBuilder {
        self.config.data_dir = Some(dir.into());
        self
    }

    /// Where telegrams and hosted pages are served, over TLS: a free port of the loopback address unless said otherwise.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().listen("[::1]:0".parse().unwrap()).start().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen(mut self, address: SocketAddr) -> EmulatorBuilder {
        self.config.listen = address;
        self
    }

    /// Where the console and the control API are served, over plain HTTP: a free port of the loopback address unless said
    /// otherwise.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().console("127.0.0.1:0".parse().unwrap()).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn console(mut self, address: SocketAddr) -> EmulatorBuilder {
        self.config.console = address;
        self
    }

    /// Serves the token script and its server on plain HTTP here too, for shops that run without TLS.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().http("127.0.0.1:0".parse().unwrap()).start().await?;
    /// assert!(emulator.http_url().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn http(mut self, address: SocketAddr) -> EmulatorBuilder {
        self.config.http = Some(address);
        self
    }

    /// Opens an HTTP CONNECT proxy here: a client with `https_proxy` set to it needs no changed URL. It leads to the hosts
    /// that the emulator plays, and nowhere else.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().proxy("127.0.0.1:0".parse().unwrap()).start().await?;
    /// assert!(emulator.proxy_url().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn proxy(mut self, address: SocketAddr) -> EmulatorBuilder {
        self.config.proxy = Some(address);
        self
    }

    /// Lets the proxy lead to hosts of the public internet too.
    ///
    /// ```
    /// let builder = paygent_emulator::Emulator::builder()
    ///     .proxy("127.0.0.1:0".parse().unwrap())
    ///     .proxy_passthrough(true);
    /// # drop(builder);
    /// ```
    pub fn proxy_passthrough(mut self, allowed: bool) -> EmulatorBuilder {
        self.config.proxy_passthrough = allowed;
        self
    }

    /// Lets the proxy lead to every host, those of this machine and of its network among them.
    ///
    /// ```
    /// let builder = paygent_emulator::Emulator::builder()
    ///     .proxy("127.0.0.1:0".parse().unwrap())
    ///     .proxy_passthrough_private(true);
    /// # drop(builder);
    /// ```
    pub fn proxy_passthrough_private(mut self, allowed: bool) -> EmulatorBuilder {
        self.config.proxy_passthrough_private = allowed;
        self
    }

    /// Where a browser finds hosted pages, such as `https://localhost:18443`, if it is not where they are served. Every
    /// address in answers is built from it. What is no such URL is told by [`EmulatorBuilder::start`].
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().public_url("https://pay.shop.test").start().await?;
    /// assert_eq!(emulator.url(), "https://pay.shop.test");
    /// # Ok(())
    /// # }
    /// ```
    pub fn public_url(mut self, url: impl Into<String>) -> EmulatorBuilder {
        self.config.public_url = Some(url.into());
        self
    }

    /// A further host by which clients reach it, such as a container's name; the server certificate names it too. May be
    /// repeated.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().server_name("paygent").start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn server_name(mut self, host: impl Into<String>) -> EmulatorBuilder {
        self.config.server_names.push(host.into());
        self
    }

    /// Which client certificates telegrams need: [`ClientAuth::Required`] unless said otherwise.
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
    pub fn client_auth(mut self, which: ClientAuth) -> EmulatorBuilder {
        self.config.client_auth = which;
        self
    }

    /// Accepts client certificates of the authorities in this PEM file too.
    ///
    /// ```no_run
    /// let builder = paygent_emulator::Emulator::builder().client_ca("tests/paygent-client-ca.pem");
    /// # drop(builder);
    /// ```
    pub fn client_ca(mut self, file: impl Into<PathBuf>) -> EmulatorBuilder {
        self.config.client_ca = Some(file.into());
        self
    }

    /// Makes RSA keys instead of ECDSA ones where there are none yet, for clients too old for elliptic curves. It takes
    /// about a second.
    ///
    /// ```no_run
    /// let builder = paygent_emulator::Emulator::builder().rsa(true);
    /// # drop(builder);
    /// ```
    pub fn rsa(mut self, rsa: bool) -> EmulatorBuilder {
        self.config.rsa = rsa;
        self
    }

    /// Whoever uses the console or the control API must know this secret: ASCII letters, digits and signs. What cannot be
    /// one is told by [`EmulatorBuilder::start`].
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// let emulator = paygent_emulator::Emulator::builder().console_token("s3cret").start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn console_token(mut self, token: impl Into<String>) -> EmulatorBuilder {
        self.config.console_token = Some(token.into());
        self
    }

    /// A further host name by which the console may be reached, beside addresses and names without a dot. May be repeated.
    ///
    /// ```
    /// let builder = paygent_emulator::Emulator::builder().console_host("paygent.shop.test");
    /// # drop(builder);
    /// ```
    pub fn console_host(mut self, host: impl Into<String>) -> EmulatorBuilder {
        self.config.console_hosts.push(host.into());
        self
    }
}
