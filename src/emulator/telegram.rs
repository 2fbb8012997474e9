//! Telegrams that the test sends itself, for a shop that has sent them before the test begins.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::addresses::Called;
use crate::emulator::{Answer, Emulator, Error};
use crate::gateway::Incoming;
use crate::merchant::Merchant;
use crate::wire::{Charset, catalog};

/// The body of a telegram as a client sends it: its header, then the fields; a header field among these wins.
pub(crate) fn body(kind: &str, merchant: Option<&Merchant>, fields: &[(&str, &str)], charset: Charset) -> Vec<u8> {
    let own = merchant.into_iter().flat_map(|merchant| {
        [
            ("merchant_id", merchant.merchant_id.as_str()),
            ("connect_id", &merchant.connect_id),
            ("connect_password", &merchant.connect_password),
        ]
    });
    let header = own.chain([("telegram_kind", kind), ("telegram_version", "1.0")]);
    let header = header.filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let pairs = header.chain(fields.iter().copied()).map(|(name, value)| {
        let value = charset.encode(value);
        format!("{}={}", percent_encode(name.as_bytes(), NON_ALPHANUMERIC), percent_encode(&value, NON_ALPHANUMERIC))
    });
    // An underscore needs no encoding and reads better in a log.
    pairs.collect::<Vec<_>>().join("&").replace("%5F", "_").into_bytes()
}

impl Emulator {
    /// Sends a telegram of this kind (電文種別ID) as [`Emulator::first_merchant`] and returns what a shop would be answered.
    /// A `merchant_id`, `connect_id` or `connect_password` among the fields wins.
    ///
    /// It takes no network and no certificate, but all the rest is done as with a shop's telegram: the journal shows it,
    /// notices follow from it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTelegram`] when the emulator does not play this kind. A refusal is an [`Answer`].
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
    ///     ("payment_class", "10"), ("3dsecure_ryaku", "1")];
    /// let answer = emulator.send("020", &card).await?;
    /// assert!(answer.is_success());
    ///
    /// let answer = emulator.send("094", &[("payment_id", answer.get("payment_id").unwrap())]).await?;
    /// assert_eq!(answer.get("payment_status"), Some("20")); // オーソリOK
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&self, kind: &str, fields: &[(&str, &str)]) -> Result<Answer, Error> {
        let spec = catalog().telegram(kind).ok_or_else(|| Error::UnknownTelegram(kind.to_owned()))?;
        let merchant = self.gateway.merchants.get(&self.first);
        let body = body(kind, merchant.as_deref(), fields, spec.charset);
        let incoming = Incoming {
            path: spec.path,
            query: None,
            called: Called::default(),
            body: &body,
            remote: None,
            admission: Ok(()),
        };
        let outgoing = self.gateway.telegram(&incoming).await;
        Ok(Answer::new(spec.charset.decode_lossy(&outgoing.body).into_owned(), spec.answer))
    }
}
