//! Turning the clocks.

use std::time::Duration;

use jiff::Span;

use crate::clock::Moment;
use crate::emulator::Emulator;
use crate::gateway;
use crate::ledger::Subject;

/// Something that time did while a clock was turned.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
/// #     ("payment_class", "10"), ("3dsecure_ryaku", "1")];
/// emulator.send("020", &card).await?;
/// let happened = emulator.advance_days(61).await;
/// assert_eq!(happened[0].payment_status.as_deref(), Some("33")); // オーソリ期限切れ
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Happened {
    /// When it was due, by the merchant's clock.
    pub at: Moment,
    /// Whose it is.
    pub merchant_id: String,
    /// 決済ID, when it happened to a payment.
    pub payment_id: Option<String>,
    /// 決済ステータス that the payment had then: two digits.
    pub payment_status: Option<String>,
    /// What it happened to otherwise, such as `card_token`.
    pub record: Option<String>,
}

impl From<gateway::Happened> for Happened {
    fn from(happened: gateway::Happened) -> Happened {
        let gateway::Happened { at, merchant_id, subject, status } = happened;
        let (payment_id, record) = match subject {
            Subject::Payment(payment_id) => (Some(payment_id.to_string()), None),
            Subject::Record(kind, _) => (None, Some(kind.to_string())),
        };
        let payment_status = status.map(|status| status.to_string());
        Happened { at, merchant_id: merchant_id.to_string(), payment_id, payment_status, record }
    }
}

/// How far a clock is turned at most: to the end of the calendar.
fn longest() -> Span {
    Span::new().days(3_650_000)
}

impl Emulator {
    /// What time it is for merchants without a clock of their own.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let before = emulator.now();
    /// emulator.advance_days(1).await;
    /// assert!(emulator.now() >= before.plus_days(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn now(&self) -> Moment {
        self.gateway.clock.common_now()
    }

    /// Turns the clock forward and does everything that becomes due on the way, in order, each as of its own moment:
    /// payments expire, subscriptions are charged. Returns it, the oldest first.
    ///
    /// Notices that arise are on their way when this returns: [`Emulator::deliver_notices`] waits for them.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let happened = emulator.advance(Duration::from_secs(90)).await;
    /// assert!(happened.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn advance(&self, by: Duration) -> Vec<Happened> {
        self.turn_by(Span::try_from(by).unwrap_or_else(|_| longest())).await
    }

    /// The same by whole days.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// emulator.freeze_at("2026-12-01T10:00:00+09:00".parse().unwrap()).await;
    /// emulator.advance_days(30).await;
    /// assert_eq!(emulator.now().datetime14(), "20261231100000");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn advance_days(&self, days: u32) -> Vec<Happened> {
        self.turn_by(Span::new().try_days(days).unwrap_or_else(|_| longest())).await
    }

    async fn turn_by(&self, span: Span) -> Vec<Happened> {
        self.gateway.advance(None, span).await.into_iter().map(Happened::from).collect()
    }

    /// Stops the clock where it stands.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// emulator.freeze().await;
    /// let stands = emulator.now();
    /// assert_eq!(emulator.now(), stands);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn freeze(&self) -> Vec<Happened> {
        self.set(self.now(), true).await
    }

    /// Stops the clock at a moment, before which everything happens that is due by then.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// emulator.freeze_at("2026-12-01T10:00:00+09:00".parse().unwrap()).await;
    /// assert_eq!(emulator.now().to_string(), "2026-12-01T10:00:00+09:00");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn freeze_at(&self, moment: Moment) -> Vec<Happened> {
        self.set(moment, true).await
    }

    /// Sets the clock to a moment from which it goes on.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// emulator.set_now("2026-12-01T23:59:59+09:00".parse().unwrap()).await;
    /// assert!(emulator.now().date8() >= "20261201".to_owned());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_now(&self, moment: Moment) -> Vec<Happened> {
        self.set(moment, false).await
    }

    async fn set(&self, moment: Moment, frozen: bool) -> Vec<Happened> {
        let happened = self.gateway.turn_clock(None, move |clock| clock.set(None, moment, frozen)).await;
        happened.into_iter().map(Happened::from).collect()
    }

    /// Sets the clock back to real time.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let before = emulator.now();
    /// emulator.advance_days(365).await;
    /// emulator.use_real_time().await;
    /// assert!(emulator.now() < before.plus_days(1));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn use_real_time(&self) {
        self.gateway.turn_clock(None, |clock| clock.reset(None)).await;
    }
}
