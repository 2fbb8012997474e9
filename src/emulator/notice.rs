//! Notices as a test looks at them, and waiting for their delivery.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::clock::Moment;
use crate::emulator::Emulator;
use crate::ledger;
use crate::merchant::MerchantId;
use crate::notice;

/// A notice (決済情報差分): a payment entered a status of which its merchant wants to hear.
///
/// ```
/// use paygent_emulator::Push;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
/// #     ("payment_class", "10"), ("3dsecure_ryaku", "1"), ("sales_mode", "1")];
/// let answer = emulator.send("020", &card).await?;
/// let notice = emulator.notices().pop().unwrap();
/// assert_eq!(notice.payment_id, answer.get("payment_id").unwrap());
/// assert_eq!(notice.payment_status, "40");
/// assert_eq!(notice.push, Push::Never, "the merchant has no URL for notices");
/// assert_eq!(notice.values["payment_amount"], "1000");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// 決済通知ID: counts the merchant's notices from 1.
    pub payment_notice_id: u64,
    /// マーチャントID.
    pub merchant_id: String,
    /// 決済ID.
    pub payment_id: String,
    /// 決済ステータス of which it tells: two digits.
    pub payment_status: String,
    /// 変更日時: when the status was entered, by the merchant's clock.
    pub change_date: Moment,
    /// Whether telegram 091 has handed it out.
    pub fetched: bool,
    /// Whether the shop has been told.
    pub push: Push,
    /// How often it was pushed, well or badly.
    pub attempts: u32,
    /// What it says: the parameters of its push by name, the hash aside. Those without a value are empty.
    pub values: BTreeMap<String, String>,
}

/// Whether the shop has been told of a notice by a push.
///
/// ```
/// use paygent_emulator::{Merchant, Push};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
/// #     ("payment_class", "10"), ("3dsecure_ryaku", "1"), ("sales_mode", "1")];
/// emulator.put_merchant(Merchant::new("10000").notification_url("http://127.0.0.1:9/nobody"))?;
/// emulator.send("020", &card).await?;
/// assert!(emulator.notices().iter().all(|notice| notice.push == Push::Waiting));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Push {
    /// It will not be: the merchant had no URL for notices when it arose.
    Never,
    /// Not yet, or in vain so far.
    Waiting,
    /// The shop has accepted it, at this moment of the merchant's clock.
    Accepted(Moment),
}

/// What came of [`Emulator::deliver_notices`].
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// assert_eq!(emulator.deliver_notices().await, paygent_emulator::Delivered::default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many notices the shops have accepted.
    pub delivered: usize,
    /// How many they have not: at most one of each merchant, because the first that fails keeps what follows waiting. It is
    /// pushed again later.
    pub failed: usize,
    /// How many were not tried: those behind one that failed.
    pub waiting: usize,
}

fn view(merchant: &crate::merchant::Merchant, notice: &ledger::Notice, payment: &crate::payment::Payment) -> Notice {
    let values = notice::fields(merchant, notice, payment);
    Notice {
        payment_notice_id: notice.payment_notice_id,
        merchant_id: merchant.merchant_id.to_string(),
        payment_id: notice.payment_id.to_string(),
        payment_status: notice.status.to_string(),
        change_date: notice.change_date,
        fetched: notice.fetched,
        push: match notice.push {
            ledger::Push::Never => Push::Never,
            ledger::Push::Waiting(_) => Push::Waiting,
            ledger::Push::Accepted(at) => Push::Accepted(at),
        },
        attempts: notice.attempts,
        values: values.into_iter().map(|(name, value)| (name.into_owned(), value)).collect(),
    }
}

impl Emulator {
    /// All notices of all merchants, by merchant and rising number. They are forgotten after seven days of the merchant's
    /// clock, when the shop has accepted them or is not to be told.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert!(emulator.notices().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn notices(&self) -> Vec<Notice> {
        let merchants = self.gateway.merchants.all();
        merchants.iter().flat_map(|merchant| self.notices_of(merchant)).collect()
    }

    fn notices_of(&self, merchant: &crate::merchant::Merchant) -> Vec<Notice> {
        let ledger = &self.gateway.ledger;
        let notices = ledger.notices(&merchant.merchant_id, 0, usize::MAX).into_iter();
        let told = notices.filter_map(|notice| {
            let payment = ledger.payment(&merchant.merchant_id, notice.payment_id)?;
            Some(view(merchant, &notice, &payment))
        });
        told.collect()
    }

    /// Pushes all notices that wait now, in order, whatever they wait for: the delay, the buyer's way back to the shop, a
    /// pause after failures. Returns when the shops have accepted them or have failed once.
    ///
    /// ```
    /// use paygent_emulator::Merchant;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"), ("card_valid_term", "1239"),
    /// #     ("payment_class", "10"), ("3dsecure_ryaku", "1"), ("sales_mode", "1")];
    /// // A shop that accepts everything.
    /// let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/notice", shop.local_addr()?);
    /// tokio::spawn(async move {
    ///     while let Ok((mut stream, _)) = shop.accept().await {
    ///         let _ = stream.read(&mut [0; 8192]).await;
    ///         let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nresult=0").await;
    ///     }
    /// });
    /// emulator.put_merchant(Merchant::new("10000").notification_url(&url))?;
    ///
    /// emulator.send("020", &card).await?;
    /// let waiting = emulator.notices().len();
    /// assert_eq!(emulator.deliver_notices().await.delivered, waiting);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn deliver_notices(&self) -> Delivered {
        let waits = |id: &MerchantId| self.gateway.ledger.delivery(id).waiting > 0;
        let merchants: Vec<MerchantId> = self.gateway.ledger.merchants().into_iter().filter(waits).collect();
        let done = join_all(merchants.iter().map(|id| self.gateway.deliver_now(id))).await;
        done.into_iter().fold(Delivered::default(), |all, one| Delivered {
            delivered: all.delivered + one.delivered,
            failed: all.failed + one.failed,
            waiting: all.waiting + one.waiting,
        })
    }
}
