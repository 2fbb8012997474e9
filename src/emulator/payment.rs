//! Payments as a test looks at them, and leading them on by hand.

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::emulator::{Emulator, Error};
use crate::ledger::PaymentFilter;
use crate::merchant::MerchantId;
use crate::method::Update;
use crate::payment::{self, PaymentId, Status, Trigger};
use crate::text::Text;
use crate::wire::catalog;

/// A payment as it was when it was looked at.
///
/// Ids and codes are texts, as on the wire; what a status means depends on the payment's type.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// # let card = [("trading_id", "order1"), ("payment_amount", "1000"), ("card_number", "4900000000000000"),
/// #     ("card_valid_term", "1239"), ("payment_class", "10"), ("3dsecure_ryaku", "1")];
/// emulator.send("020", &card).await?;
/// let payment = emulator.payments().remove(0);
/// assert_eq!(payment.trading_id.as_deref(), Some("order1"));
/// assert_eq!((&*payment.payment_type, &*payment.payment_status, payment.payment_amount), ("02", "20", 1000));
/// assert_eq!(payment.values["card_brand"], "VISA");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payment {
    /// 決済ID.
    pub payment_id: String,
    /// マーチャントID: whose payment it is.
    pub merchant_id: String,
    /// マーチャント取引ID, if the shop gave one; not unique.
    pub trading_id: Option<String>,
    /// 決済種別CD: two digits, such as `02` for cards.
    pub payment_type: String,
    /// 決済ステータス: two digits, such as `40`.
    pub payment_status: String,
    /// The same in words, such as 消込済.
    pub payment_status_name: String,
    /// 決済金額, in yen.
    pub payment_amount: u64,
    /// 取引発生日時: when the shop applied, by the merchant's clock.
    pub payment_init_date: Moment,
    /// When time alone will change it next.
    pub due: Option<Moment>,
    /// All other values under their wire names, such as `payment_limit_date` (`YYYYMMDD`) or `receipt_num`.
    pub values: BTreeMap<String, String>,
    /// The statuses that it went through, the oldest first; the last is the one that it has.
    pub history: Vec<Step>,
}

/// A status that a payment entered.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// # let card = [("payment_amount", "1000"), ("card_number", "4900000000000000"),
/// #     ("card_valid_term", "1239"), ("payment_class", "10"), ("3dsecure_ryaku", "1")];
/// let answer = emulator.send("020", &card).await?;
/// let payment_id = answer.get("payment_id").unwrap();
/// emulator.send("022", &[("payment_id", payment_id)]).await?;
/// let steps = emulator.payment(payment_id).unwrap().history;
/// assert!(steps.iter().any(|step| step.by == "022" && step.payment_status == "40"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// When, by the merchant's clock.
    pub at: Moment,
    /// Who led to it: the telegram's kind, or `shopper`, `vendor`, `tool`, `merchant_site`, `clock`.
    pub by: String,
    /// The status entered: two digits.
    pub payment_status: String,
}

impl From<payment::Payment> for Payment {
    fn from(payment: payment::Payment) -> Payment {
        let step = |step: &payment::Step| Step {
            at: step.at,
            by: step.by.to_string(),
            payment_status: step.status.to_string(),
        };
        Payment {
            payment_id: payment.payment_id.to_string(),
            merchant_id: payment.merchant_id.to_string(),
            trading_id: payment.trading_id.as_deref().map(str::to_owned),
            payment_type: payment.payment_type.to_string(),
            payment_status: payment.status.to_string(),
            payment_status_name: catalog().status_name(payment.payment_type, payment.status).to_owned(),
            payment_amount: payment.amount,
            payment_init_date: payment.init_date,
            due: payment.due,
            values: payment.attributes.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            history: payment.history.iter().map(step).collect(),
        }
    }
}

impl Emulator {
    /// All payments of all merchants, the oldest first.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert!(emulator.payments().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn payments(&self) -> Vec<Payment> {
        let ledger = &self.gateway.ledger;
        let of = |id: MerchantId| ledger.search(&id, &PaymentFilter::default(), usize::MAX);
        let mut found: Vec<payment::Payment> = ledger.merchants().into_iter().flat_map(of).collect();
        found.sort_by_key(|payment| payment.payment_id);
        found.into_iter().map(Payment::from).collect()
    }

    /// The payment of this 決済ID; `None` when there is none.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// assert_eq!(emulator.payment("12345678"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn payment(&self, payment_id: &str) -> Option<Payment> {
        self.find(payment_id.parse().ok()?).map(Payment::from)
    }

    fn find(&self, payment_id: PaymentId) -> Option<payment::Payment> {
        let merchant_id = self.gateway.ledger.owner(payment_id)?;
        self.gateway.ledger.payment(&merchant_id, payment_id)
    }

    /// Leads a payment to a status as the test tool does: `40` pays it in the store or at the bank, `12` lets it expire.
    /// What the tool's screen asks for is filled in as the tool fills it. Returns the payment as it is then.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownPayment`]; [`Error::Forbidden`] when the tool does not lead from its status to that one;
    /// [`Error::Invalid`] when a status is no code of two digits.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// # let convenience = [("payment_amount", "1000"), ("cvs_type", "01"), ("cvs_company_id", "00C002"),
    /// #     ("customer_family_name", "山田"), ("customer_name", "太郎"), ("customer_tel", "0312345678")];
    /// let answer = emulator.send("030", &convenience).await?;
    /// let paid = emulator.transition(answer.get("payment_id").unwrap(), "40").await?;
    /// assert_eq!(paid.payment_status_name, "消込済");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn transition(&self, payment_id: &str, payment_status: &str) -> Result<Payment, Error> {
        self.transition_with(payment_id, payment_status, &[]).await
    }

    /// The same with inputs of the tool's screen, under their wire names.
    ///
    /// # Errors
    ///
    /// Those of [`Emulator::transition`]; [`Error::Invalid`] when an input is wrong.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// # let convenience = [("payment_amount", "1000"), ("cvs_type", "01"), ("cvs_company_id", "00C002"),
    /// #     ("customer_family_name", "山田"), ("customer_name", "太郎"), ("customer_tel", "0312345678")];
    /// let answer = emulator.send("030", &convenience).await?;
    /// let paid_at = emulator.now().datetime14();
    /// let inputs = [("payment_date", &*paid_at), ("cvs_company_id", "00C016")]; // セイコーマート
    /// let paid = emulator.transition_with(answer.get("payment_id").unwrap(), "40", &inputs).await?;
    /// assert_eq!(paid.values["payment_date"], paid_at);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn transition_with(
        &self,
        payment_id: &str,
        payment_status: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Payment, Error> {
        let unknown = || Error::UnknownPayment(payment_id.to_owned());
        let before = payment_id.parse().ok().and_then(|id| self.find(id)).ok_or_else(unknown)?;
        let merchant = self.gateway.merchants.get(&before.merchant_id);
        let merchant = merchant.ok_or_else(|| Error::UnknownMerchant(before.merchant_id.to_string()))?;
        let payment_status: Status =
            payment_status.parse().map_err(|rule: Text| Error::invalid("payment_status", rule.english))?;
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let update = Update { payment_status, inputs };
        let done = self.gateway.update(&merchant, Trigger::Tool, before.payment_id, &update).await?;
        // A transfer that does not fit its claim is a new payment.
        let changed = done.payment_ids.last().copied().unwrap_or(before.payment_id);
        self.find(changed).map(Payment::from).ok_or_else(unknown)
    }
}
