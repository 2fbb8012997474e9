//! Merchants as a test sets them up.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::emulator::{Emulator, Error};
use crate::gateway::Gateway;
use crate::merchant::MerchantId;
use crate::server;

/// Settings of a merchant.
///
/// What is not said stays as it is, or as it is for everybody: a merchant that is new has everything allowed, no keys, no
/// URL for notices, and the credentials `test0001` and `password`.
///
/// ```
/// use paygent_emulator::{Emulator, Merchant};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// let emulator = Emulator::start().await?;
/// // The merchant that is there from the start, told where the shop under test listens.
/// emulator.put_merchant(Merchant::new("10000").notification_url("http://127.0.0.1:3000/notice"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Merchant {
    merchant_id: String,
    settings: Value,
}

impl Merchant {
    /// The merchant of this マーチャントID: up to nine digits.
    ///
    /// ```
    /// let merchant = paygent_emulator::Merchant::new("10000");
    /// assert_eq!(merchant.get("merchant_id"), Some("10000"));
    /// ```
    pub fn new(merchant_id: &str) -> Merchant {
        let settings = Value::Object(Map::new());
        Merchant { merchant_id: merchant_id.to_owned(), settings }.with("merchant_id", merchant_id)
    }

    /// 接続ID and 接続パスワード, with which its telegrams come.
    ///
    /// ```
    /// let merchant = paygent_emulator::Merchant::new("20000").credentials("connect1", "secret");
    /// assert_eq!(merchant.get("connect_password"), Some("secret"));
    /// ```
    #[must_use]
    pub fn credentials(self, connect_id: &str, connect_password: &str) -> Merchant {
        self.with("connect_id", connect_id).with("connect_password", connect_password)
    }

    /// 差分通知先URL: where its notices are pushed to; nowhere when empty.
    ///
    /// ```
    /// let merchant = paygent_emulator::Merchant::new("10000").notification_url("http://127.0.0.1:3000/notice");
    /// assert_eq!(merchant.get("notification_url"), Some("http://127.0.0.1:3000/notice"));
    /// ```
    #[must_use]
    pub fn notification_url(self, url: &str) -> Merchant {
        self.with("notification_url", url)
    }

    /// How long after its cause a notice is pushed, in real time, whatever the emulator was started with.
    ///
    /// ```
    /// let merchant = paygent_emulator::Merchant::new("10000").notice_delay(std::time::Duration::ZERO);
    /// # drop(merchant);
    /// ```
    #[must_use]
    pub fn notice_delay(self, delay: Duration) -> Merchant {
        self.with("notice_delay", delay.as_secs_f64())
    }

    /// Any other setting, under its name in the control API and in a file of merchants; a dot leads into a group, such as
    /// `keys` or `contracts`. A name that does not exist is told when the merchant is put.
    ///
    /// ```
    /// use paygent_emulator::Merchant;
    ///
    /// let merchant = Merchant::new("10000")
    ///     .with("keys.notice_hash", "abcdefg1234567") // 差分通知ハッシュ値生成キー
    ///     .with("contracts.token_only", true);
    /// assert_eq!(merchant.get("keys.notice_hash"), Some("abcdefg1234567"));
    /// ```
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Merchant {
        let mut place = &mut self.settings;
        for part in name.split('.') {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[part];
        }
        *place = value.into();
        self
    }

    /// A setting that is a text, under its name as in [`Merchant::with`].
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let merchant = emulator.first_merchant();
    /// assert_eq!(merchant.get("merchant_id"), Some("10000"));
    /// assert_eq!(merchant.get("connect_id"), Some("test0001"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        name.split('.').try_fold(&self.settings, |place, part| place.get(part))?.as_str()
    }
}

/// Adds a merchant or changes its settings.
pub(super) fn put(gateway: &Gateway, merchant: Merchant) -> Result<(), Error> {
    let Merchant { merchant_id, mut settings } = merchant;
    if gateway.merchants.get(&MerchantId::new(&merchant_id)).is_none() {
        for (name, usual) in [("connect_id", "test0001"), ("connect_password", "password")] {
            if settings.get(name).is_none() {
                settings[name] = usual.into();
            }
        }
    }
    server::put_merchant(gateway, &merchant_id, settings).map_err(|(field, rule)| Error::invalid(&field, rule))
}

fn view(merchant: &crate::merchant::Merchant) -> Merchant {
    let settings = serde_json::to_value(merchant).unwrap_or_default();
    Merchant { merchant_id: merchant.merchant_id.to_string(), settings }
}

impl Emulator {
    /// Adds a merchant, or changes the settings that are named.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a setting does not exist or cannot be so; nothing was changed.
    ///
    /// ```
    /// use paygent_emulator::{Error, Merchant};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// emulator.put_merchant(Merchant::new("20000"))?;
    /// let error = emulator.put_merchant(Merchant::new("20000").with("colour", "red")).unwrap_err();
    /// assert!(matches!(error, Error::Invalid { field, .. } if field == "colour"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_merchant(&self, merchant: Merchant) -> Result<(), Error> {
        put(&self.gateway, merchant)
    }

    /// A merchant with all its settings; `None` when nobody of this id is known.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert!(emulator.merchant("10000").is_some());
    /// assert!(emulator.merchant("77").is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn merchant(&self, merchant_id: &str) -> Option<Merchant> {
        self.gateway.merchants.get(&MerchantId::new(merchant_id)).map(|merchant| view(&merchant))
    }

    /// The merchant that is there from the start, 10000, or the first one of [`EmulatorBuilder::merchants_file`]: its
    /// credentials and keys are what the shop under test is given.
    ///
    /// [`EmulatorBuilder::merchants_file`]: crate::EmulatorBuilder::merchants_file
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let merchant = emulator.first_merchant();
    /// let credentials = ["merchant_id", "connect_id", "connect_password"].map(|name| merchant.get(name).unwrap());
    /// assert_eq!(credentials, ["10000", "test0001", "password"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn first_merchant(&self) -> Merchant {
        self.merchant(self.first.as_str()).unwrap_or_else(|| Merchant::new(self.first.as_str()))
    }
}
