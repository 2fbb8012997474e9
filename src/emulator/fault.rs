//! Making payment vendors fail on purpose.

use crate::emulator::{Emulator, Error};
use crate::faults::Fault;
use crate::method;

impl Emulator {
    /// Makes the payment vendor refuse the next telegram of this kind that [`Emulator::first_merchant`] sends: it is answered
    /// with this `response_code` and `response_detail`, or with the code's own sentence when the detail is empty. Several are
    /// used in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when no vendor is asked by telegrams of this kind.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
    /// #     ("payment_class", "10"), ("3dsecure_ryaku", "1")];
    /// emulator.fail("020", "2001", "1G12")?; // カード使用不可
    /// assert_eq!(emulator.send("020", &card).await?.response_code(), Some("2001"));
    /// assert!(emulator.send("020", &card).await?.is_success(), "it fails once");
    /// # Ok(())
    /// # }
    /// ```
    pub fn fail(&self, telegram_kind: &str, response_code: &str, response_detail: &str) -> Result<(), Error> {
        let fault = Fault {
            merchant_id: self.first.clone(),
            telegram_kind: telegram_kind.to_owned(),
            response_code: response_code.to_owned(),
            response_detail: response_detail.to_owned(),
            done: false,
            leaves: None,
            times: 1,
        };
        if let Some((field, rule)) = method::idle_fault(&fault) {
            return Err(Error::invalid(field.as_str(), rule.to_string()));
        }
        self.gateway.faults.add(fault);
        Ok(())
    }
}
