//! What a decision tells the shop, in which order and when (`observed.md` section 4).
//!
//! 091 has every record at once; all of this is about the push. A notice is kept with the moment from which it may be
//! pushed, or with what it is held for: the answer of the telegram that caused it, or the buyer's browser.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use crate::addresses::Called;
use crate::clock::{Moment, real_now};
use crate::gateway::{Gateway, Undone};
use crate::ledger::{self, Commit, Held, Hold, NewNotice, Push, Ready, Stored, noted};
use crate::merchant::{Merchant, MerchantId};
use crate::method::{Desk, message};
use crate::payment::{Change, EntryId, PaymentId, Refusal, Status, Trigger};

/// The delay of notices, unless a flag or a merchant says otherwise: shops store an order only after the answer.
pub const NOTICE_DELAY: Duration = Duration::from_secs(2);
/// The status that a hosted page tells at once: some shops make their order from its notice.
const APPLIED: Status = Status(10);
/// When a notice is pushed at the latest whose telegram's answer was never heard of again.
const LOST_ANSWER: Duration = Duration::from_secs(600);
/// How long the way back to the shop waits for the shop to accept what it must know before.
const BEFORE_RETURN: Duration = Duration::from_secs(3);
/// When something is tried again that a store did not do.
pub(crate) const AGAIN: Duration = Duration::from_secs(1);

/// What waits until an answer is on the wire.
#[derive(Debug, Default)]
pub(super) struct Awaiting {
    pub(super) held: Option<Held>,
    /// The keys of messages.
    pub(super) messages: Vec<String>,
}

/// Notices that are held until an answer was written to its socket. Dropping this lets them go, after the merchant's
/// delay: the answer was written, or it never will be.
pub struct UntilWritten {
    gateway: Arc<Gateway>,
    merchant: Arc<Merchant>,
    awaiting: Awaiting,
}

impl Drop for UntilWritten {
    fn drop(&mut self) {
        let at = real_now().plus_duration(self.gateway.delay(&self.merchant));
        let awaiting = std::mem::take(&mut self.awaiting);
        let Err(error) = self.gateway.let_go(&self.merchant, &awaiting, at) else { return };
        ledger::note(error);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (gateway, merchant) = (Arc::clone(&self.gateway), Arc::clone(&self.merchant));
        runtime.spawn(async move {
            while real_now() < at.plus_duration(LOST_ANSWER) {
                tokio::time::sleep(AGAIN).await;
                if gateway.let_go(&merchant, &awaiting, at).is_ok() {
                    return;
                }
            }
        });
    }
}

/// What came of pushing to a merchant all that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The merchant.
    pub merchant_id: MerchantId,
    /// How many notices the shop has accepted.
    pub delivered: usize,
    /// How many it has not: the first that fails keeps what follows waiting.
    pub failed: usize,
    /// How many still wait and were not tried.
    pub waiting: usize,
}

impl Gateway {
    /// How long after its cause a notice is pushed to a merchant, in real time.
    pub fn delay(&self, merchant: &Merchant) -> Duration {
        merchant.notice_delay.map_or(self.notice_delay, Duration::from)
    }

    /// Puts changes into a commit, with the notices that they cause.
    ///
    /// Payments that come into being are told of last: where one takes another's place, the shop hears first that the
    /// old one has ended, and its order shows the new one.
    pub(super) fn put_changes(
        &self,
        merchant: &Merchant,
        by: Trigger,
        entry: Option<EntryId>,
        changes: Vec<Change>,
        commit: &mut Commit,
    ) {
        let push = (!merchant.notification_url.is_empty()).then(real_now);
        commit.payments.reserve_exact(changes.len());
        commit.notices.reserve_exact(2 * changes.len());
        let several = changes.len() > 1;
        let mut of_new = Vec::new();
        for change in changes {
            let (payment, entered) = change.finish(entry);
            let told = entered.into_iter().filter(|entered| merchant.is_notified(payment.payment_type, entered.status));
            let told = told.map(|entered| NewNotice {
                change_date: entered.at,
                payment_id: payment.payment_id,
                status: entered.status,
                amount: entered.amount,
                attributes: entered.attributes,
                push: push.map(|now| self.ready(merchant, by, entered.status, now)),
                entry,
            });
            if several && payment.version == 0 {
                of_new.extend(told);
            } else {
                commit.notices.extend(told);
            }
            commit.payments.push(payment);
        }
        commit.notices.extend(of_new);
    }

    /// Lets what waited for an answer go from a moment of real time on.
    fn let_go(&self, merchant: &Merchant, awaiting: &Awaiting, at: Moment) -> Stored<()> {
        if let Some(held) = &awaiting.held
            && self.store.release(&merchant.merchant_id, held, at)?
        {
            self.tell(&merchant.merchant_id);
        }
        for key in &awaiting.messages {
            let now = self.clock.now(&merchant.merchant_id);
            let let_go = |desk: &Desk<'_>| Ok::<_, Refusal>(message::let_go(desk, key));
            match self.perform_at(merchant, Trigger::Clock, Called::default(), now, let_go, &mut None) {
                Ok(_) => {}
                Err(Undone::Store(error)) => return Err(error),
                Err(Undone::Refused(refusal)) => {
                    tracing::warn!(key, %refusal, "a message waits a quarter of an hour longer");
                }
            }
        }
        Ok(())
    }

    /// When a notice that arises now may be pushed.
    fn ready(&self, merchant: &Merchant, by: Trigger, status: Status, now: Moment) -> Ready {
        match by {
            Trigger::Telegram(_) => Ready { at: now.plus_duration(LOST_ANSWER), held: Some(Hold::Answer) },
            Trigger::Shopper if status == APPLIED => Ready { at: now, held: None },
            Trigger::Shopper => Ready { at: now.plus_duration(merchant.notice_hold.into()), held: Some(Hold::Browser) },
            Trigger::Vendor | Trigger::Tool | Trigger::MerchantSite | Trigger::Clock => {
                Ready { at: now.plus_duration(self.delay(merchant)), held: None }
            }
        }
    }

    /// What is held until an answer is written.
    pub(super) fn until_written(self: &Arc<Self>, merchant: Arc<Merchant>, awaiting: Awaiting) -> Option<UntilWritten> {
        let Awaiting { held, messages } = &awaiting;
        let any = held.is_some() || !messages.is_empty();
        any.then(|| UntilWritten { gateway: Arc::clone(self), merchant, awaiting })
    }

    /// The buyer's browser is sent back to the shop: when that answer is written, what the pages did to these payments is
    /// told after the merchant's delay.
    pub fn buyer_leaves(self: &Arc<Self>, merchant: &Arc<Merchant>, payment_ids: &[PaymentId]) -> UntilWritten {
        let held = Held { hold: Hold::Browser, payment_ids: payment_ids.into(), notices: 1..=u64::MAX };
        let awaiting = Awaiting { held: Some(held), messages: Vec::new() };
        UntilWritten { gateway: Arc::clone(self), merchant: Arc::clone(merchant), awaiting }
    }

    /// Waits until the shop was told once, well or badly, all of some payments that it may be told now; not for ever.
    pub async fn told_before_return(&self, merchant: &Merchant, payment_ids: &[PaymentId]) {
        let merchant_id = &merchant.merchant_id;
        let mut pushed = self.pushed.subscribe();
        let told = async {
            while self.is_untold(merchant_id, payment_ids) {
                if let Err(RecvError::Closed) = pushed.recv().await {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(BEFORE_RETURN, told).await;
    }

    /// Whether a notice of these payments could have been pushed by now and was not tried yet.
    fn is_untold(&self, merchant_id: &MerchantId, payment_ids: &[PaymentId]) -> bool {
        let now = self.clock.now(merchant_id);
        if self.ledger.delivery(merchant_id).pause.is_some_and(|pause| pause.holds(now)) {
            return false;
        }
        let now = real_now();
        payment_ids.iter().any(|payment_id| {
            let waiting = self.ledger.waiting_of(merchant_id, *payment_id).into_iter();
            let first =
                waiting.take_while(|notice| matches!(notice.push, Push::Waiting(ready) if ready.at <= now)).next();
            first.is_some_and(|notice| notice.attempts == 0)
        })
    }

    /// Pushes to a merchant all that waits now, in order, whatever it waits for, and ends a pause. Returns when the shop
    /// has accepted all of it, or has failed once; the rest is pushed as always.
    pub async fn deliver_now(&self, merchant_id: &MerchantId) -> Delivered {
        let mut pushed = self.pushed.subscribe();
        let mut done = Delivered { merchant_id: merchant_id.clone(), delivered: 0, failed: 0, waiting: 0 };
        let has_url = || self.merchants.get(merchant_id).is_some_and(|merchant| !merchant.notification_url.is_empty());
        if !has_url() {
            done.waiting = self.ledger.delivery(merchant_id).waiting;
            return done;
        }
        let all = noted(self.store.release_all(merchant_id, real_now()));
        noted(self.store.resume(merchant_id));
        self.tell(merchant_id);
        let mut left = all.iter().peekable();
        while let Some(asked) = left.peek() {
            let known = self.ledger.notice(merchant_id, asked.payment_notice_id);
            // After a reset the same number is another notice's.
            match known.filter(|known| known.payment_id == asked.payment_id) {
                Some(known) if known.push.is_waiting() && known.attempts > asked.attempts => {
                    left.next();
                    done.failed = 1;
                    break;
                }
                Some(known) if known.push.is_waiting() && has_url() => {
                    if let Err(RecvError::Closed) = pushed.recv().await {
                        break;
                    }
                }
                Some(known) if known.push.is_waiting() => break,
                Some(_) => {
                    left.next();
                    done.delivered += 1;
                }
                None => {
                    left.next();
                }
            }
        }
        done.waiting = left.count();
        done
    }
}
