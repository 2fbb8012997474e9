//! What time does: deadlines are met in order, each as of its own moment, whether real time passes or a clock is turned.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::clock::{Clock, Moment, Setting, real_now};
use crate::gateway::duty::RENEWED;
use crate::gateway::{Gateway, Undone};
use crate::journal::{About, Entry};
use crate::ledger::{self, Duty, Record, Stored, Subject};
use crate::merchant::{Merchant, MerchantId};
use crate::method::{self, Desk, Outcome};
use crate::notice::NOTICE_DAYS;
use crate::payment::{Change, Payment, Refusal, Status, Trigger};
use crate::text::Text;
use crate::wire::Reply;

/// Something that time did.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// When it was due.
    pub at: Moment,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// What it happened to.
    pub subject: Subject,
    /// The status that the payment had then, when it happened to one.
    pub status: Option<Status>,
}

impl Gateway {
    /// Does everything that is due for a merchant up to a moment, in order, each as of its own moment.
    ///
    /// # Errors
    ///
    /// When the store failed: what was not done by then is still due.
    pub async fn run_due(self: &Arc<Self>, merchant: &Merchant, until: Moment) -> Stored<Vec<Happened>> {
        let turn = self.turn(&merchant.merchant_id).lock_owned().await;
        let duty = self.await_duty(&merchant.merchant_id, Duty::Deadlines).await?;
        let merchant = merchant.clone();
        self.aside(move |gateway| {
            let (_duty, _turn) = (duty, turn);
            let mut happened = Vec::new();
            gateway.meet_deadlines(&merchant, until, &mut happened)?;
            Ok(happened)
        })
        .await
    }

    /// Does what is due for a merchant by now, before somebody looks at its payments. Returns what time it is.
    pub(super) async fn catch_up(self: &Arc<Self>, merchant: &Merchant) -> Stored<Moment> {
        let now = self.clock.now(&merchant.merchant_id);
        if !self.has_work(merchant, now)? {
            return Ok(now);
        }
        let turn = self.turn(&merchant.merchant_id).lock_owned().await;
        let duty = self.await_duty(&merchant.merchant_id, Duty::Deadlines).await?;
        // Time went on meanwhile, and whoever had the turn may have left nothing to do.
        let now = self.clock.now(&merchant.merchant_id);
        if self.has_work(merchant, now)? {
            let merchant = merchant.clone();
            self.aside(move |gateway| {
                let (_duty, _turn) = (duty, turn);
                gateway.meet_deadlines(&merchant, now, &mut Vec::new())?;
                gateway.store.purge_notices(&merchant.merchant_id, now.plus_days(-NOTICE_DAYS))
            })
            .await?;
        }
        Ok(now)
    }

    fn has_work(&self, merchant: &Merchant, now: Moment) -> Stored<bool> {
        self.store.has_work(&merchant.merchant_id, now, now.plus_days(-NOTICE_DAYS))
    }

    /// Turns a clock forward and does everything that becomes due on the way.
    pub async fn advance(self: &Arc<Self>, merchant_id: Option<&MerchantId>, span: jiff::Span) -> Vec<Happened> {
        let whose = merchant_id.cloned();
        self.turn_clock(merchant_id, move |clock| clock.shift(whose.as_ref(), span)).await
    }

    /// Changes a clock and does everything that is due by then.
    ///
    /// Without a merchant it is the common clock; the merchants that follow it are run one after the other.
    /// Nobody else meets deadlines of these merchants meanwhile, so that what is returned is all that happened.
    /// Once it has begun it is done whole, also when nobody waits for it any more.
    pub async fn turn_clock(
        self: &Arc<Self>,
        merchant_id: Option<&MerchantId>,
        turn: impl FnOnce(&Clock) + Send + 'static,
    ) -> Vec<Happened> {
        let mut concerned = self.merchants.all();
        concerned.retain(|merchant| match merchant_id {
            Some(id) => merchant.merchant_id == *id,
            None => !self.clock.has_own(&merchant.merchant_id),
        });
        // All in the order of their ids, so that two turns cannot wait for each other.
        let mut turns = Vec::with_capacity(concerned.len());
        for merchant in &concerned {
            let turn = self.turn(&merchant.merchant_id).lock_owned().await;
            // Of those without deadlines there is nothing to be done, by whomever.
            let duty = match self.store.next_due(&merchant.merchant_id) {
                Ok(None) => None,
                Ok(Some(_)) => self.await_duty(&merchant.merchant_id, Duty::Deadlines).await.ok(),
                Err(error) => {
                    ledger::note(error);
                    None
                }
            };
            turns.push((duty, turn));
        }
        let whose = merchant_id.cloned();
        self.aside(move |gateway| {
            gateway.turn_hands(whose, turn);
            let mut happened = Vec::new();
            for (merchant, turn) in concerned.iter().zip(turns) {
                let now = gateway.clock.now(&merchant.merchant_id);
                // What the store does not let us do now is still due, and done later.
                ledger::noted(gateway.meet_deadlines(merchant, now, &mut happened));
                // Whoever waits for this merchant need not wait for the others.
                drop(turn);
            }
            happened.sort_by_key(|happened| happened.at);
            happened
        })
        .await
    }

    /// Turns a clock and writes it down; what becomes due by that comes after it in the journal.
    fn turn_hands(&self, merchant_id: Option<MerchantId>, turn: impl FnOnce(&Clock)) {
        let now = || merchant_id.as_ref().map_or_else(|| self.clock.common_now(), |id| self.clock.now(id));
        let before = now();
        turn(&self.clock);
        let stands = matches!(self.clock.setting(merchant_id.as_ref()), Setting::Frozen(_));
        let answer = format!("now={}\nfrozen={stands}", now()).into();
        self.journal.add(Entry { merchant_id, answer, ..Entry::new(About::Clock, before, "") });
    }

    /// Does what may take long where it keeps nobody from anything: on a thread that no request needs. Without a
    /// runtime, as in a test that has nothing else to do, it is done at once.
    pub(crate) async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Gateway) -> T + Send + 'static,
    ) -> T {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work(self) };
        let gateway = Arc::clone(self);
        match runtime.spawn_blocking(move || ledger::watch_now(|| work(&gateway))).await {
            Ok((done, failure)) => {
                failure.into_iter().for_each(ledger::tell);
                done
            }
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime ends, and with it whoever waits here.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Whoever calls it has the turn and the duty.
    fn meet_deadlines(&self, merchant: &Merchant, until: Moment, happened: &mut Vec<Happened>) -> Stored<()> {
        let mut renewed = real_now();
        while let Some((at, subject)) = self.store.next_due(&merchant.merchant_id)?.filter(|(at, _)| *at <= until) {
            let done = self.operate_at(merchant, Trigger::Clock, at, |desk| due(desk, &subject)).or_else(|undone| {
                let refusal: Refusal = match undone {
                    Undone::Refused(refusal) => refusal,
                    Undone::Store(error) => return Err(Undone::Store(error)),
                };
                // It must not come up again for ever, nor keep others from theirs.
                tracing::error!(
                    merchant_id = %merchant.merchant_id,
                    ?subject,
                    response_code = refusal.code,
                    reason = %refusal.explanation,
                    response_detail = refusal.detail,
                    "a deadline could not be met and is dropped"
                );
                self.operate_at(merchant, Trigger::Clock, at, |desk| dropped(desk, &subject))
            });
            let done = match done {
                Ok(done) => done,
                Err(Undone::Store(error)) => return Err(error),
                Err(Undone::Refused(_)) => break,
            };
            // It can take longer than a lease.
            if real_now().since(renewed) >= RENEWED {
                renewed = real_now();
                self.claim(&merchant.merchant_id, Duty::Deadlines)?;
            }
            let status = status_of(&done, &subject);
            happened.push(Happened { at, merchant_id: merchant.merchant_id.clone(), subject, status });
        }
        Ok(())
    }

    /// Held by whoever meets a merchant's deadlines.
    fn turn(&self, merchant_id: &MerchantId) -> Arc<Mutex<()>> {
        Arc::clone(&self.turns.entry(merchant_id.clone()).or_default())
    }
}

/// The status in which a deadline left the payment that it belonged to.
fn status_of(done: &super::Done, subject: &Subject) -> Option<Status> {
    let mut changed = done.payment_ids.iter().zip(&done.statuses);
    changed.find(|(id, _)| *subject == Subject::Payment(**id)).map(|(_, status)| *status)
}

/// What time does to a payment or a record.
fn due(desk: &Desk<'_>, subject: &Subject) -> Result<Outcome, Refusal> {
    let nobody = || {
        let rule = Text::filled(
            format!("内部エラー: {subject:?} の期限を処理する決済手段がありません。"),
            format!("internal: {subject:?} has a deadline but no method"),
        );
        Refusal::new("E001", rule)
    };
    match overdue(desk, subject) {
        None => Ok(Outcome::reply(Reply::ok())),
        Some(Overdue::Payment(payment)) => {
            method::for_payment_type(payment.payment_type).ok_or_else(nobody)?.payment_due(desk, payment)
        }
        Some(Overdue::Record(record)) => {
            method::for_record_kind(record.kind).ok_or_else(nobody)?.record_due(desk, record)
        }
    }
}

/// A payment or a record without the deadline that its method cannot meet.
fn dropped(desk: &Desk<'_>, subject: &Subject) -> Result<Outcome, Refusal> {
    let mut outcome = Outcome::reply(Reply::ok());
    match overdue(desk, subject) {
        None => {}
        Some(Overdue::Payment(payment)) => outcome.changes.push(Change::of(payment)),
        Some(Overdue::Record(record)) => outcome.records.push(record),
    }
    Ok(outcome)
}

enum Overdue {
    Payment(Payment),
    Record(Record),
}

/// What a deadline belongs to, without it; nothing when a request was quicker and moved the deadline.
fn overdue(desk: &Desk<'_>, subject: &Subject) -> Option<Overdue> {
    match subject {
        Subject::Payment(payment_id) => {
            let mut payment = desk.payment(*payment_id)?;
            payment.due.take().filter(|due| *due <= desk.now)?;
            Some(Overdue::Payment(payment))
        }
        Subject::Record(kind, key) => {
            let mut record = desk.kept(*kind, key)?;
            record.due.take().filter(|due| *due <= desk.now)?;
            Some(Overdue::Record(record))
        }
    }
}
