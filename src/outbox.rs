//! Pushing notices to the shops (決済情報差分通知, `notification.md` section 1).
//!
//! Each merchant has its own worker, so that a slow or dead shop keeps nobody waiting. A worker pushes the
//! merchant's notices one after the other in the order of their numbers as soon as they are ready, and the next
//! one only when the shop has accepted the one before: at least once, never lost, a payment's never out of order.
//! What it knows stands in the ledger, which also says what is next; a worker holds one notice at a time, however
//! many wait.

mod messages;
mod push;
mod staff;
#[cfg(test)]
mod tests;

pub(crate) use messages::deliver as deliver_messages;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::real_now;
use crate::gateway::{AGAIN, Gateway, OnDuty};
use crate::journal::{About, Entry};
use crate::ledger::{self, Attempt, Duty, FAILURES, NextPush, Notice, Pause, Stored};
use crate::merchant::{Merchant, MerchantId};
use crate::notice;
use crate::outbox::push::Pusher;
use crate::payment::{Payment, PaymentIds, Refusal};
use crate::text::Text;

/// How long to wait after a failure before the next try, in real time; the interface does not say.
const BETWEEN: Duration = Duration::from_millis(300);
/// The longest sleep: the machine's clock may be set meanwhile.
const LONGEST: Duration = Duration::from_secs(60);

/// Delivers all merchants' notices, for ever. `patience` is how long a shop may take to answer.
pub(crate) async fn deliver(gateway: Arc<Gateway>, patience: Duration) {
    let pusher = match Pusher::new(patience) {
        Ok(pusher) => Arc::new(pusher),
        Err(error) => return tracing::error!(%error, "notices cannot be pushed"),
    };
    let needed = |merchant_id: &MerchantId| Ok(gateway.store.delivery(merchant_id)?.waiting > 0);
    let work = |merchant_id, bell| {
        Worker { gateway: Arc::clone(&gateway), pusher: Arc::clone(&pusher), merchant_id, bell }.work()
    };
    staff::employ(Arc::clone(&gateway), needed, work).await;
}

/// Delivers one merchant's notices.
struct Worker {
    gateway: Arc<Gateway>,
    pusher: Arc<Pusher>,
    merchant_id: MerchantId,
    bell: Arc<Notify>,
}

/// What a worker finds to do.
enum Task {
    /// Nothing, until the bell rings.
    Wait,
    /// Nothing, until the first notice is ready; in how much real time.
    NotYet(Duration),
    /// Nothing, until a pause has ended; in how much real time, if the clock does not stand still.
    Pause(Option<Duration>),
    /// A notice to push.
    Push(Arc<Merchant>, Box<(Notice, Payment)>),
}

impl Worker {
    async fn work(self) {
        let mut clock = self.gateway.clock.changes();
        loop {
            clock.borrow_and_update();
            let (task, duty) = self.task().unwrap_or_else(|error| {
                ledger::note(error);
                (Task::NotYet(AGAIN), None)
            });
            // Only who pushes keeps others from it.
            let duty = duty.filter(|_| matches!(task, Task::Push(..)));
            match task {
                Task::Wait => self.bell.notified().await,
                Task::NotYet(left) => {
                    let _ = tokio::time::timeout(left.min(LONGEST), self.bell.notified()).await;
                }
                Task::Pause(left) => tokio::select! {
                    () = self.bell.notified() => {}
                    _ = clock.changed() => {}
                    () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => {}
                },
                Task::Push(merchant, work) => {
                    let (notice, payment) = *work;
                    let pushed = self.push(&merchant, &notice, &payment);
                    if !self.gateway.on_duty(&self.merchant_id, Duty::Notices, pushed).await {
                        tokio::time::sleep(BETWEEN).await;
                    }
                }
            }
            drop(duty);
        }
    }

    /// What is to be done. To push takes the duty to do so, which nobody else on the same store has meanwhile.
    fn task(&self) -> Stored<(Task, Option<OnDuty>)> {
        let task = self.find()?;
        if !matches!(task, Task::Push(..)) {
            return Ok((task, None));
        }
        match self.gateway.take_duty(&self.merchant_id, Duty::Notices)? {
            // Somebody else may have pushed it before we had the duty.
            Ok(duty) => Ok((self.find()?, Some(duty))),
            Err(left) => Ok((Task::NotYet(left), None)),
        }
    }

    fn find(&self) -> Stored<Task> {
        let ledger = &self.gateway.store;
        let Some(merchant) = self.gateway.merchants.get(&self.merchant_id) else { return Ok(Task::Wait) };
        // Without a URL they wait until there is one again.
        if merchant.notification_url.is_empty() {
            return Ok(Task::Wait);
        }
        let real_now = real_now();
        let notice = match ledger.next_to_push(&self.merchant_id, real_now)? {
            NextPush::Nothing => return Ok(Task::Wait),
            NextPush::At(moment) => return Ok(Task::NotYet(moment.since(real_now))),
            NextPush::Now(notice) => *notice,
        };
        let now = self.gateway.clock.now(&self.merchant_id);
        if let Some(pause) = ledger.delivery(&self.merchant_id)?.pause.filter(|pause| pause.holds(now)) {
            return Ok(Task::Pause(self.gateway.clock.until(&self.merchant_id, pause.until)));
        }
        // A notice outlives its payment only for as long as a reset takes.
        let Some(payment) = ledger.payment(&self.merchant_id, notice.payment_id)? else { return Ok(Task::Wait) };
        Ok(Task::Push(merchant, Box::new((notice, payment))))
    }

    /// Keeps what came of a push, however long the store is away: the shop must not hear of it again because of that.
    async fn note(&self, notice: &Notice, attempt: &Attempt) -> Option<Pause> {
        loop {
            match self.gateway.store.note_attempt(&self.merchant_id, notice, attempt.clone()) {
                Ok(pause) => return pause,
                Err(error) => ledger::note(error),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Pushes a notice and writes down what came of it. Returns whether the shop accepted it.
    async fn push(&self, merchant: &Merchant, notice: &Notice, payment: &Payment) -> bool {
        let body = notice::push_body(merchant, notice, payment);
        let pushed = self.pusher.push(&merchant.notification_url, &body).await;
        let accepted = pushed.failure.is_none();
        let now = self.gateway.clock.now(&self.merchant_id);
        let mut explanation = pushed.failure.clone().unwrap_or_default();
        let attempt = Attempt {
            payment_notice_id: notice.payment_notice_id,
            at: now,
            accepted,
            answer: pushed.failure.unwrap_or(Text::filled(pushed.accepted_line.clone(), pushed.accepted_line)),
        };
        if let Some(pause) = self.note(notice, &attempt).await {
            let (Text { japanese, english }, merchant_id, until) = (explanation, &self.merchant_id, pause.until);
            explanation = Text::filled(
                format!(
                    "{japanese}{FAILURES}回連続で失敗したため、{until} まで加盟店 {merchant_id} への通知を停止します。"
                ),
                format!("{english}; {FAILURES} failures in a row: no notices for merchant {merchant_id} until {until}"),
            );
        }
        if !accepted {
            let (merchant_id, payment_notice_id) = (&self.merchant_id, notice.payment_notice_id);
            tracing::warn!(%merchant_id, payment_notice_id, payment_id = %payment.payment_id, "notice not accepted: {explanation}");
        }
        self.gateway.journal.add(Entry {
            merchant_id: Some(self.merchant_id.clone()),
            remote: pushed.remote,
            request: body.into_bytes(),
            answer: pushed.answer.into(),
            refusal: (!accepted).then(|| Refusal::with_detail("", "", explanation)),
            warnings: pushed.warnings,
            payment_ids: PaymentIds::from_iter([payment.payment_id]),
            notices: notice.payment_notice_id..=notice.payment_notice_id,
            ..Entry::new(About::Notice(notice.payment_notice_id), now, &merchant.notification_url)
        });
        // Nobody may be waiting.
        let _ = self.gateway.pushed.send(self.merchant_id.clone());
        accepted
    }
}
