//! Everything that a running emulator holds, and the one way through which it changes: decisions, commits, resets.

mod checks;
mod duty;
mod notices;
mod receipt;
mod settings;
mod site;
mod telegram;
#[cfg(test)]
mod tests;
mod time;

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) use checks::{check_count, not_in_list};
pub(crate) use duty::OnDuty;
pub(crate) use notices::AGAIN;
pub use notices::{Delivered, NOTICE_DELAY, UntilWritten};
pub use receipt::Receipt;
pub use telegram::{Incoming, Outgoing};
pub use time::Happened;

use dashmap::DashMap;

use crate::addresses::{Addresses, Called};
use crate::clock::{Clock, Moment, real_now};
use crate::faults::Faults;
use crate::gateway::notices::Awaiting;
use crate::journal::{About, Entry, Journal, NO_NOTICES, Slot};
use crate::ledger::{
    self, Commit, Conflict, Held, Hold, Holder, Ledger, Read, Record, Shelf, StoreError, Stored, noted,
};
use crate::merchant::{ForgetError, Merchant, MerchantId, Merchants};
use crate::method::{self, Asked, Desk, House, Outcome, Update, UpdateError, message};
use crate::payment::{PaymentId, PaymentIds, Refusal, Statuses, Trigger};
use crate::random::{self, Seed};
use crate::secret::Secret;
use crate::text::{Text, text};
use crate::wire::Reply;

/// How often a decision is made anew when somebody else changed the same payment meanwhile; then 9005.
const TRIES: usize = 16;

/// Everything that a running emulator holds, and the one way through which it changes.
pub struct Gateway {
    /// Who may send telegrams.
    pub merchants: Merchants,
    /// What time it is.
    pub clock: Clock,
    /// Payments, notices, records, to be looked at.
    pub ledger: Shelf,
    /// The same, to be kept.
    pub(crate) store: Arc<dyn Ledger>,
    /// What happened.
    pub journal: Journal,
    /// What is made to fail.
    pub faults: Faults,
    /// What fingerprints of card numbers and the keys of pages are made with.
    pub secret: Secret,
    /// What unguessable texts follow from when a run is to be repeated.
    pub seed: Option<Seed>,
    /// Where we are.
    addresses: OnceLock<Addresses>,
    /// How long after its cause a notice is pushed, unless the merchant has a delay of its own.
    pub notice_delay: Duration,
    /// Tells whoever delivers notices and watches deadlines that a merchant has new ones.
    pub changed: tokio::sync::broadcast::Sender<MerchantId>,
    /// Tells whoever waits for the delivery of notices that something came of a merchant's.
    pub pushed: tokio::sync::broadcast::Sender<MerchantId>,
    /// Who meets a merchant's deadlines: one at a time. Others wait for their turn without keeping a thread.
    turns: DashMap<MerchantId, Arc<tokio::sync::Mutex<()>>>,
    /// Who we are among those who share the store.
    holder: Holder,
}

/// A decision that was committed.
#[derive(Debug)]
pub struct Done {
    /// The answer.
    pub reply: Reply,
    /// The payments that were changed, in the decision's order.
    pub payment_ids: PaymentIds,
    /// The statuses in which it left them.
    pub statuses: Statuses,
    /// The notices that it raised, by number.
    pub notices: RangeInclusive<u64>,
    /// The newest older payment that has the same マーチャント取引ID as the first one that came into being.
    pub earlier: Option<PaymentId>,
    /// What was accepted although it breaks a rule.
    pub warnings: Vec<Text>,
    /// What waits until a telegram's answer is written.
    awaiting: Awaiting,
}

/// Why a decision came to nothing.
enum Undone<E> {
    /// It was a refusal.
    Refused(E),
    /// It could not be made, or not be kept.
    Store(StoreError),
}

impl<E: From<Refusal>> Undone<E> {
    /// What whoever asked is told; that the store failed is noted too.
    fn told(self) -> E {
        match self {
            Undone::Refused(refusal) => refusal,
            Undone::Store(error) => {
                let refusal =
                    Refusal::new("E001", text!("内部エラー: 「{error}」", "internal: {error}", error = error));
                ledger::note(error);
                refusal.into()
            }
        }
    }
}

impl Done {
    /// Nothing but a refusal.
    fn refused(refusal: Refusal) -> Done {
        Done {
            reply: Reply::refused(refusal),
            payment_ids: PaymentIds::new(),
            statuses: Statuses::new(),
            notices: NO_NOTICES,
            earlier: None,
            warnings: Vec::new(),
            awaiting: Awaiting::default(),
        }
    }

    /// An entry of the journal, with what this decision refused and changed.
    pub(crate) fn noted_in(&self, entry: Entry) -> Entry {
        Entry {
            refusal: self.reply.refusal().cloned(),
            payment_ids: self.payment_ids.clone(),
            statuses: self.statuses.clone(),
            notices: self.notices.clone(),
            warnings: self.warnings.clone(),
            ..entry
        }
    }
}

impl Gateway {
    /// A gateway that keeps everything in this ledger.
    pub fn new(merchants: Merchants, ledger: Box<dyn Ledger>, secret: Secret) -> Gateway {
        Gateway::sharing(merchants, Arc::from(ledger), secret)
    }

    /// The same with a ledger that others use too.
    pub fn sharing(merchants: Merchants, store: Arc<dyn Ledger>, secret: Secret) -> Gateway {
        Gateway {
            merchants,
            clock: Clock::default(),
            ledger: Shelf::of(Arc::clone(&store)),
            store,
            journal: Journal::default(),
            faults: Faults::default(),
            secret,
            seed: None,
            addresses: OnceLock::new(),
            notice_delay: NOTICE_DELAY,
            changed: tokio::sync::broadcast::Sender::new(1024),
            pushed: tokio::sync::broadcast::Sender::new(16),
            turns: DashMap::new(),
            holder: Holder(u64::from_be_bytes(random::bytes())),
        }
    }

    /// Sets where we are, which is known once the doors are open; the first time counts.
    pub fn set_addresses(&self, addresses: Addresses) {
        let _ = self.addresses.set(addresses);
    }

    /// Where we are.
    pub fn addresses(&self) -> &Addresses {
        self.addresses.get_or_init(Addresses::default)
    }

    /// Lets a method decide and commits its decision; decides anew when the ledger has moved on meanwhile.
    ///
    /// Whoever asks makes the one entry of the journal of what he is given.
    ///
    /// What is due for the merchant by now is done before. That can take long after a clock was turned far: it is done
    /// aside, and whoever waits for it keeps no thread, so that other merchants do not notice.
    pub async fn perform<'g, E: From<Refusal>>(
        self: &'g Arc<Self>,
        merchant: &Merchant,
        by: Trigger,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, E>,
    ) -> Receipt<'g, E> {
        self.perform_for(merchant, by, Called::default(), decide).await
    }

    /// The same for a request, whose answer may point to our pages.
    pub async fn perform_for<'g, E: From<Refusal>>(
        self: &'g Arc<Self>,
        merchant: &Merchant,
        by: Trigger,
        called: Called<'_>,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, E>,
    ) -> Receipt<'g, E> {
        let (journal, merchant_id) = (&self.journal, merchant.merchant_id.clone());
        let mut slot = None;
        let (at, decided) = match self.catch_up(merchant).await {
            Ok(now) => (now, self.perform_at(merchant, by, called, now, decide, &mut slot)),
            Err(error) => (self.clock.now(&merchant_id), Err(Undone::Store(error))),
        };
        Receipt { journal, merchant_id, at, decided: decided.map_err(Undone::told), slot }
    }

    /// The same for somebody who has nothing to add to the entry, such as the test tool: it is written here.
    pub async fn operate<E: From<Refusal>>(
        self: &Arc<Self>,
        merchant: &Merchant,
        by: Trigger,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, E>,
    ) -> Result<Done, E> {
        let now = self.catch_up(merchant).await.map_err(|error| Undone::Store(error).told())?;
        self.operate_at(merchant, by, now, decide).map_err(Undone::told)
    }

    fn operate_at<E: From<Refusal>>(
        &self,
        merchant: &Merchant,
        by: Trigger,
        now: Moment,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, E>,
    ) -> Result<Done, Undone<E>> {
        let mut slot = None;
        let done = self.perform_at(merchant, by, Called::default(), now, decide, &mut slot)?;
        // What time does to records nobody asks for.
        if by == Trigger::Tool || !done.payment_ids.is_empty() {
            self.write_down_operation(merchant, by, now, &done, slot);
        }
        Ok(done)
    }

    /// Leads a payment to a status by hand: by the test tool, a vendor or the merchants' site.
    pub async fn update(
        self: &Arc<Self>,
        merchant: &Merchant,
        by: Trigger,
        payment_id: PaymentId,
        update: &Update,
    ) -> Result<Done, UpdateError> {
        self.operate(merchant, by, |desk| {
            let unknown = || {
                UpdateError::forbidden(text!(
                    "この加盟店に決済ID {payment_id} の決済はありません。",
                    "the merchant has no payment {payment_id}",
                    payment_id = payment_id
                ))
            };
            let payment = desk.payment(payment_id).ok_or_else(unknown)?;
            let method = method::for_payment_type(payment.payment_type).ok_or_else(unknown)?;
            method.update(desk, payment, update)
        })
        .await
    }

    /// `slot` becomes the place of the entry that is to be written, as soon as something knows it.
    fn perform_at<'g, E: From<Refusal>>(
        &'g self,
        merchant: &Merchant,
        by: Trigger,
        called: Called<'_>,
        now: Moment,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, E>,
        slot: &mut Option<Slot<'g>>,
    ) -> Result<Done, Undone<E>> {
        let desk = self.desk(merchant, by, called, now);
        for _ in 0..TRIES {
            desk.again();
            let decided = decide(&desk).map(|mut outcome| {
                let told = method::METHODS.iter().flat_map(|method| method.told(&desk, &outcome.changes));
                let told: Vec<Record> = told.collect();
                outcome.records.extend(told);
                outcome
            });
            let lost = |error| {
                desk.give_back();
                Undone::Store(error)
            };
            desk.failure().map_err(lost)?;
            let outcome = decided.map_err(Undone::Refused)?;
            if let Ok(done) = self.commit(merchant, by, outcome, desk.read(), slot).map_err(lost)? {
                return Ok(done);
            }
        }
        let busy = text!(
            "同じ決済が他の要求により変更され続けました。電文を再送してください。",
            "other requests kept changing the same payment; send the telegram again"
        );
        Err(Undone::Refused(Refusal::new("9005", busy).into()))
    }

    /// Shows a merchant's side of the ledger to somebody who changes nothing, such as a page. When the store fails it
    /// shows nothing, which is noted.
    pub fn look<T>(&self, merchant: &Merchant, called: Called<'_>, look: impl FnOnce(&Desk<'_>) -> T) -> T {
        let desk = self.desk(merchant, Trigger::Shopper, called, self.clock.now(&merchant.merchant_id));
        let seen = look(&desk);
        noted(desk.failure());
        seen
    }

    /// So many letters and digits that nobody can guess, for something of a merchant's that no decision makes.
    pub fn unguessable(&self, merchant: &Merchant, length: usize) -> String {
        self.look(merchant, Called::default(), |desk| desk.unguessable(length))
    }

    fn desk<'a>(&'a self, merchant: &'a Merchant, by: Trigger, called: Called<'a>, now: Moment) -> Desk<'a> {
        let house = House {
            addresses: self.addresses(),
            secret: &self.secret,
            ledger: &*self.store,
            ids: &*self.store,
            seed: self.seed.as_ref(),
            faults: &self.faults,
        };
        Desk::new(house, Asked { merchant, now, by, called })
    }

    fn commit<'g>(
        &'g self,
        merchant: &Merchant,
        by: Trigger,
        outcome: Outcome,
        read: Vec<Read>,
        slot: &mut Option<Slot<'g>>,
    ) -> Stored<Result<Done, Conflict>> {
        let Outcome { changes, records, forgotten, fetched, told_lost, reply, warnings } = outcome;
        let mut commit = Commit { records, forgotten, fetched, told_lost, read, ..Commit::default() };
        // Only payments and their notices know what caused them.
        if slot.is_none() && !changes.is_empty() {
            *slot = Some(self.journal.reserve());
        }
        self.put_changes(merchant, by, slot.as_ref().map(Slot::id), changes, &mut commit);
        let payment_ids: PaymentIds = commit.payments.iter().map(|payment| payment.payment_id).collect();
        let statuses = commit.payments.iter().map(|payment| payment.status).collect();
        let (mut earlier, mut awaiting, mut notices) = (None, Awaiting::default(), NO_NOTICES);
        if !commit.is_empty() {
            let merchant_id = &merchant.merchant_id;
            let pushes = commit.notices.iter().any(|notice| notice.push.is_some());
            let answered = matches!(by, Trigger::Telegram(_));
            let awaited = !commit.records.is_empty() || (pushes && !answered);
            if answered {
                awaiting.messages = message::held(&commit.records);
            }
            let Ok(committed) = self.store.commit(merchant_id, commit)? else { return Ok(Err(Conflict)) };
            let (first, end) = committed.notices;
            notices = first..=end.saturating_sub(1);
            if answered && pushes {
                let (payment_ids, notices) = (payment_ids.clone(), notices.clone());
                awaiting.held = Some(Held { hold: Hold::Answer, payment_ids, notices });
            }
            earlier = committed.earlier;
            if committed.opened {
                self.merchants.note_guest(merchant_id, &mut |id| self.forget(id));
            }
            // Waking those who deliver and wait costs more than a telegram: only when there is something for them.
            if awaited || committed.due_moved {
                self.tell(merchant_id);
            }
        }
        Ok(Ok(Done { reply, payment_ids, statuses, notices, earlier, warnings, awaiting }))
    }

    /// Adds a merchant or changes its settings. A new URL for notices ends a pause that the old one led to.
    pub fn put_merchant(&self, merchant: Merchant) {
        let merchant_id = merchant.merchant_id.clone();
        let before = self.merchants.get(&merchant_id);
        let moved = before.is_some_and(|before| before.notification_url != merchant.notification_url);
        self.merchants.put(merchant);
        if moved {
            noted(self.store.resume(&merchant_id));
        }
        self.tell(&merchant_id);
        let _ = self.pushed.send(merchant_id);
    }

    /// Pushes a notice once more, also when the merchant's deliveries pause; false when there is none of this number.
    pub fn push_again(&self, merchant_id: &MerchantId, payment_notice_id: u64) -> bool {
        let known = noted(self.store.push_again(merchant_id, payment_notice_id, real_now()));
        if known {
            noted(self.store.resume(merchant_id));
            self.tell(merchant_id);
        }
        known
    }

    /// Ends a pause of a merchant's deliveries; false when nothing waits.
    pub fn resume(&self, merchant_id: &MerchantId) -> bool {
        noted(self.store.resume(merchant_id));
        self.tell(merchant_id);
        self.ledger.delivery(merchant_id).waiting > 0
    }

    /// Tells whoever delivers notices and watches deadlines to look at a merchant.
    pub(crate) fn tell(&self, merchant_id: &MerchantId) {
        // Nobody may be listening.
        let _ = self.changed.send(merchant_id.clone());
    }

    /// Forgets payments, notices, records, faults and journal of one merchant or of all; their clocks are real again.
    /// Merchants that came by themselves are forgotten too; of one that is reset alone, the credentials are.
    pub fn reset(&self, merchant_id: Option<&MerchantId>) {
        let Some(merchant_id) = merchant_id else {
            self.merchants.forget_adopted(&mut |id| self.forget(id));
            noted(self.store.reset(None));
            // With a seed all is as at first again.
            if self.seed.is_some() {
                noted(self.store.restart_payment_ids());
                self.journal.restart();
            }
            self.faults.clear(None);
            self.journal.clear(None);
            self.clock.reset_all();
            for merchant in self.merchants.all() {
                self.tell(&merchant.merchant_id);
                let _ = self.pushed.send(merchant.merchant_id.clone());
            }
            return;
        };
        self.merchants.forget_credentials(merchant_id, &mut |id| self.forget(id));
        self.forget(merchant_id);
        self.journal.clear(Some(merchant_id));
    }

    /// Forgets a merchant and all that it has.
    ///
    /// # Errors
    ///
    /// When there is none, or when it was there from the start.
    pub fn remove_merchant(&self, merchant_id: &MerchantId) -> Result<(), ForgetError> {
        self.merchants.forget(merchant_id, &mut |id| self.forget(id))?;
        self.journal.clear(Some(merchant_id));
        Ok(())
    }

    /// Forgets all that a merchant has, the journal aside, whose oldest entries go by themselves.
    fn forget(&self, merchant_id: &MerchantId) {
        noted(self.store.reset(Some(merchant_id)));
        self.faults.clear(Some(merchant_id));
        self.clock.reset(Some(merchant_id));
        self.turns.remove(merchant_id);
        self.tell(merchant_id);
        let _ = self.pushed.send(merchant_id.clone());
    }

    /// Writes down what somebody changed without a telegram: payments by their new statuses, anything else by the answer.
    fn write_down_operation(&self, merchant: &Merchant, by: Trigger, now: Moment, done: &Done, slot: Option<Slot<'_>>) {
        let states = done.payment_ids.iter().zip(&done.statuses);
        let states = states.map(|(id, status)| format!("payment_id={id} payment_status={status}"));
        let told = done.reply.values().filter(|_| done.payment_ids.is_empty());
        let lines = states.chain(told.map(|(name, value)| format!("{name}={value}")));
        let entry = done.noted_in(Entry {
            merchant_id: Some(merchant.merchant_id.clone()),
            answer: lines.collect::<Vec<_>>().join("\n").into(),
            ..Entry::new(About::Operation(by), now, "")
        });
        self.journal.enter(slot, entry);
    }
}
