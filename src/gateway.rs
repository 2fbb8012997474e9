//! A telegram in, a reply out: who is it, may he, what is it, what follows from it (`common.md` section 4).

mod duty;
mod notices;
mod receipt;
mod settings;
mod site;
mod time;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) use duty::OnDuty;
pub(crate) use notices::AGAIN;
pub use notices::{Delivered, NOTICE_DELAY, UntilWritten};
pub use receipt::Receipt;
pub use time::Happened;

use bytes::Bytes;
use dashmap::DashMap;

use crate::addresses::{Addresses, Called};
use crate::clock::{Clock, Moment, real_now};
use crate::faults::Faults;
use crate::gateway::notices::Awaiting;
use crate::journal::warnings::Sent;
use crate::journal::{self, About, Entry, Journal, NO_NOTICES, Slot};
use crate::ledger::{
    self, Commit, Conflict, Held, Hold, Holder, Ledger, Read, Record, Shelf, StoreError, Stored, noted,
};
use crate::merchant::{Caller, CredentialsError, ForgetError, Key, Merchant, MerchantId, Merchants};
use crate::method::{self, Asked, Desk, House, Outcome, Update, UpdateError, message};
use crate::payment::{Kind, PaymentId, PaymentIds, Refusal, Statuses, Trigger};
use crate::random::{self, Seed};
use crate::secret::Secret;
use crate::text::{Text, text};
use crate::wire::{self, Form, Reply, TelegramSpec, catalog, hash, name, not_played};

/// The only version of the interface.
const TELEGRAM_VERSION: &str = "1.0";
/// A telegram has less than 200; more than this is none.
const MOST_PARAMETERS: usize = 1000;
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

/// A telegram as it came.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The request's path.
    pub path: &'a str,
    /// The request's query string.
    pub query: Option<&'a str>,
    /// What the client called us; pages that the answer points to are offered there if it is a name of ours.
    pub called: Called<'a>,
    /// The request's body.
    pub body: &'a [u8],
    /// Who sent it.
    pub remote: Option<SocketAddr>,
    /// Whether the connection may send telegrams; the client certificate is judged at the door. Paths under `/s/` do
    /// without, but not for a merchant that is unknown.
    pub admission: Result<(), Refusal>,
}

/// The answer to a telegram; its HTTP status is always 200.
pub struct Outgoing {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// The notices that the telegram caused: to be dropped when the answer was written, or cannot be.
    pub held: Option<UntilWritten>,
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

    /// Answers a telegram and writes it down. It waits only while deadlines of its merchant are met.
    pub async fn telegram(self: &Arc<Self>, incoming: &Incoming<'_>) -> Outgoing {
        // Before anything is made of them: the name and the value of each are looked at many times.
        if let Err(refusal) = check_count(incoming.query, incoming.body) {
            return self.refuse(incoming, refusal);
        }
        let form = Form::read(incoming.query, incoming.body);
        let kind = form.text(&name::TELEGRAM_KIND);
        let spec = catalog().telegram(&kind);
        let mut exchange = Exchange {
            form: &form,
            kind: &kind,
            spec,
            merchant: None,
            payment_ids: PaymentIds::new(),
            statuses: Statuses::new(),
            earlier: None,
            notices: NO_NOTICES,
            warnings: Vec::new(),
            awaiting: Awaiting::default(),
            slot: None,
        };
        let reply = self.answer(incoming, &mut exchange).await.unwrap_or_else(Reply::refused);
        let mut outgoing = self.answered(incoming, &mut exchange, &reply);
        outgoing.held = exchange.merchant.and_then(|merchant| self.until_written(merchant, exchange.awaiting));
        outgoing
    }

    /// Refuses a telegram of which not all was read, or that is too large to be looked at: who sent it is not known.
    pub fn refuse(&self, incoming: &Incoming<'_>, refusal: Refusal) -> Outgoing {
        let mut exchange = Exchange {
            form: &Form::beginning(incoming.query, incoming.body),
            kind: "",
            spec: None,
            merchant: None,
            payment_ids: PaymentIds::new(),
            statuses: Statuses::new(),
            earlier: None,
            notices: NO_NOTICES,
            warnings: Vec::new(),
            awaiting: Awaiting::default(),
            slot: None,
        };
        self.answered(incoming, &mut exchange, &Reply::refused(refusal))
    }

    /// The answer as it goes out, written down.
    fn answered(&self, incoming: &Incoming<'_>, exchange: &mut Exchange<'_>, reply: &Reply) -> Outgoing {
        let spec = exchange.spec.or_else(|| not_played(exchange.kind));
        let body = Bytes::from(reply.encode(spec));
        self.write_down(incoming, exchange, reply, body.clone());
        let content_type = match spec.map(|spec| spec.charset) {
            Some(wire::Charset::Utf8) => "text/html; charset=UTF-8",
            _ => "text/html; charset=Windows-31J",
        };
        Outgoing { content_type, body, held: None }
    }

    /// All checks in their order, then the method's decision.
    async fn answer<'a>(
        self: &'a Arc<Self>,
        incoming: &Incoming<'_>,
        exchange: &mut Exchange<'a>,
    ) -> Result<Reply, Refusal> {
        let caller = self.authenticate(exchange.form)?;
        exchange.merchant = caller.known();
        caller.merchant().check_address(incoming.remote.map(|remote| remote.ip()))?;
        let path = match incoming.path.strip_prefix("/s/") {
            Some(rest) => {
                check_unproved(&caller, incoming)?;
                check_request_hash(caller.merchant(), exchange.form)?;
                Cow::Owned(format!("/n/{rest}"))
            }
            None => {
                incoming.admission.clone()?;
                Cow::Borrowed(incoming.path)
            }
        };
        check_version(exchange.form)?;
        let spec = known_kind(exchange, &path)?;
        let merchant = self.adopt(caller)?;
        exchange.merchant = Some(Arc::clone(&merchant));
        let telegram = wire::check(spec, exchange.form)?;
        merchant.check_site(telegram.get(name::SITE_ID))?;
        let Some(method) = method::for_kind(spec.kind) else {
            let rule = Text::filled(
                format!("電文 {} ({}) は定義されていますが、まだ動作しません。", spec.kind, spec.name),
                format!("telegram {} ({}) is in the catalog but not emulated yet", spec.kind, spec.english),
            );
            return Err(Refusal::new("P018", rule));
        };
        let by = spec.kind.parse::<Kind>().map_or(Trigger::Shopper, Trigger::Telegram);
        let called = incoming.called;
        let receipt = self.perform_for(&merchant, by, called, |desk| method.telegram(desk, &telegram)).await;
        let (done, slot) = receipt.into_parts();
        exchange.slot = slot;
        let done = done?;
        exchange.earlier = done.earlier.filter(|_| !self.is_correction(&merchant, &done));
        exchange.payment_ids = done.payment_ids;
        exchange.statuses = done.statuses;
        exchange.notices = done.notices;
        exchange.warnings = done.warnings;
        exchange.awaiting = done.awaiting;
        Ok(done.reply)
    }

    /// Whether one of the payments takes the place of another: it shares its trading id on purpose.
    fn is_correction(&self, merchant: &Merchant, done: &Done) -> bool {
        let mut payments = done.payment_ids.iter().filter_map(|id| self.ledger.payment(&merchant.merchant_id, *id));
        payments.any(|payment| payment.replaces_another())
    }

    /// P001 and P002. Nothing is kept of a merchant that is unknown yet.
    fn authenticate(&self, form: &Form<'_>) -> Result<Caller, Refusal> {
        let names = ["merchant_id", "connect_id", "connect_password"];
        if let Some(absent) = names.into_iter().find(|name| form.get(name).is_none()) {
            let rule = text!("{absent} がありません。", "{absent} is missing", absent = absent);
            return Err(Refusal::new("P001", rule));
        }
        let values = names.map(|name| form.text(name));
        for (name, value) in names.iter().zip(&values) {
            let fits = catalog().header().iter().filter(|field| field.name == *name).all(|field| {
                !value.is_empty() && field.characters.admit(value) && field.max.is_none_or(|max| value.len() <= max)
            });
            if !fits {
                let rule =
                    text!("{name} の形式が正しくありません。", "{name} does not have the form of one", name = name);
                return Err(Refusal::new("P002", rule));
            }
        }
        let [merchant_id, connect_id, password] = values;
        self.merchants.authenticate(&merchant_id, &connect_id, &password).map_err(|error| match error {
            CredentialsError::Unknown => Refusal::new("P002", not_in_list(&merchant_id)),
            CredentialsError::Wrong => wrong_credentials(&merchant_id),
        })
    }

    /// Makes a merchant of a caller that has proved to be one; P002 when another first contact was quicker.
    pub(crate) fn adopt(&self, caller: Caller) -> Result<Arc<Merchant>, Refusal> {
        if let Some(known) = caller.known() {
            return Ok(known);
        }
        let merchant_id = caller.merchant().merchant_id.clone();
        let (adopted, failure) = ledger::watch_now(|| self.merchants.adopt(caller, &mut |id| self.forget(id)));
        if let Some(error) = failure {
            // Its credentials would be anybody's after a restart: those of its next telegram count.
            self.merchants.forget_credentials(&merchant_id, &mut |id| self.forget(id));
            return Err(Undone::Store(error).told());
        }
        adopted.map_err(|_| wrong_credentials(merchant_id.as_str()))
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

    fn write_down(&self, incoming: &Incoming<'_>, exchange: &mut Exchange<'_>, reply: &Reply, body: Bytes) {
        let merchant_id = exchange.merchant.as_ref().map(|merchant| merchant.merchant_id.clone());
        let at = merchant_id.as_ref().map_or_else(|| self.clock.common_now(), |id| self.clock.now(id));
        let warnings = journal::warnings::of_telegram(&Sent {
            spec: exchange.spec,
            form: exchange.form,
            merchant: exchange.merchant.as_deref(),
            earlier: exchange.earlier,
            refused: reply.refusal().is_some(),
        });
        log(incoming, exchange, reply);
        let kind = exchange.spec.map_or_else(|| exchange.kind.to_owned().into(), |spec| spec.kind.into());
        let entry = Entry {
            merchant_id,
            path: match exchange.spec.filter(|spec| spec.path == incoming.path) {
                Some(spec) => spec.path.into(),
                None => incoming.path.to_owned().into(),
            },
            remote: incoming.remote,
            request: journal::masked(exchange.form, |name, id| match exchange.spec {
                // What paths under /s/ add to all telegrams.
                _ if matches!(name, b"request_date" | b"hc") => incoming.path.starts_with("/s/"),
                Some(spec) => id.is_some_and(|id| spec.has(id)),
                None => id.is_some_and(|id| catalog().is_in_header(id)),
            }),
            answer: body,
            refusal: reply.refusal().cloned(),
            warnings: warnings.into_iter().chain(exchange.warnings.iter().cloned()).collect(),
            payment_ids: exchange.payment_ids.clone(),
            statuses: exchange.statuses.clone(),
            notices: exchange.notices.clone(),
            ..Entry::new(About::Telegram(kind), at, "")
        };
        self.journal.enter(exchange.slot.take(), entry);
    }
}

/// One line for a telegram: what it was, and why it was refused if it was.
fn log(incoming: &Incoming<'_>, exchange: &Exchange<'_>, reply: &Reply) {
    let sent = |name| Some(exchange.form.text(name)).filter(|value| !value.is_empty());
    let payment_id = || {
        let changed = exchange.payment_ids.first().map(|id| Cow::Owned(id.to_string()));
        changed.or_else(|| sent("payment_id"))
    };
    match reply.refusal() {
        Some(refusal) => tracing::info!(
            merchant_id = sent("merchant_id").as_deref(),
            telegram_kind = exchange.kind,
            trading_id = sent("trading_id").as_deref(),
            payment_id = payment_id().as_deref(),
            path = incoming.path,
            response_code = refusal.code,
            reason = %refusal.explanation,
            response_detail = refusal.detail,
            "telegram refused"
        ),
        None => tracing::debug!(
            merchant_id = sent("merchant_id").as_deref(),
            telegram_kind = exchange.kind,
            trading_id = sent("trading_id").as_deref(),
            payment_id = payment_id().as_deref(),
            "telegram accepted"
        ),
    }
}

/// What is known about a telegram while it is being answered.
struct Exchange<'a> {
    form: &'a Form<'a>,
    kind: &'a str,
    spec: Option<&'static TelegramSpec>,
    merchant: Option<Arc<Merchant>>,
    payment_ids: PaymentIds,
    statuses: Statuses,
    notices: RangeInclusive<u64>,
    /// An older payment with the trading id of the one that the telegram made.
    earlier: Option<PaymentId>,
    warnings: Vec<Text>,
    awaiting: Awaiting,
    /// The place of its entry in the journal, once something knows it.
    slot: Option<Slot<'a>>,
}

/// P009 for more parameters than anybody needs.
pub(crate) fn check_count(query: Option<&str>, body: &[u8]) -> Result<(), Refusal> {
    if Form::count(query, body) <= MOST_PARAMETERS {
        return Ok(());
    }
    let rule = text!(
        "パラメーター数が {most} を超えています (URL のパラメーターを含む)。",
        "more than {most} parameters, those of the URL included",
        most = MOST_PARAMETERS
    );
    Err(Refusal::new("P009", rule))
}

/// What is told of a merchant where only those of a list are known.
pub(crate) fn not_in_list(merchant_id: &str) -> Text {
    text!(
        "マーチャントID {merchant_id} は、--merchants で指定されたファイルにありません。",
        "merchant {merchant_id} is not in the list given with --merchants",
        merchant_id = merchant_id
    )
}

/// P002 for credentials that are not a merchant's.
fn wrong_credentials(merchant_id: &str) -> Refusal {
    let rule = text!(
        "connect_id または connect_password がマーチャントID {merchant_id} のものと一致しません。\
         自動登録された加盟店の値は、リセットすると消去されます。",
        "connect_id or connect_password is not the one that merchant {merchant_id} has; a reset forgets those of a \
         merchant that was adopted",
        merchant_id = merchant_id
    );
    Refusal::new("P002", rule)
}

/// P002 for an unknown merchant with nothing to prove itself by: neither a certificate nor a key that it shares with us.
fn check_unproved(caller: &Caller, incoming: &Incoming<'_>) -> Result<(), Refusal> {
    if caller.known().is_some() || incoming.admission.is_ok() {
        return Ok(());
    }
    let rule = text!(
        "マーチャントID {id} は未登録です。クライアント証明書のない /s/ への電文では本人を確認できません。最初の電文を /n/ へ送信するか、\
         PUT /api/v1/merchants/{id} で request_hash キーを登録してください。",
        "merchant {id} is unknown, and a telegram under /s/ without a client certificate proves nothing: send its first \
         telegram under /n/, or PUT /api/v1/merchants/{id} with its request_hash key",
        id = caller.merchant().merchant_id
    );
    Err(Refusal::new("P002", rule))
}

/// P005, P006 and P003.
fn check_version(form: &Form<'_>) -> Result<(), Refusal> {
    match form.get(&name::TELEGRAM_VERSION) {
        None => Err(Refusal::field(
            "P005",
            name::TELEGRAM_VERSION,
            text!("telegram_version がありません。1.0 を指定してください。", "telegram_version is missing; send 1.0"),
        )),
        Some(b"") => Err(Refusal::field(
            "P006",
            name::TELEGRAM_VERSION,
            text!("telegram_version が空です。1.0 を指定してください。", "telegram_version is empty; send 1.0"),
        )),
        Some(version) if version == TELEGRAM_VERSION.as_bytes() => Ok(()),
        Some(_) => Err(Refusal::new(
            "P003",
            text!("telegram_version は 1.0 で指定してください。", "telegram_version must be 1.0"),
        )),
    }
}

/// P005, P006 and P010 for the kind, P004 when it does not belong to the path, P018 when it is not played.
fn known_kind(exchange: &Exchange<'_>, path: &str) -> Result<&'static TelegramSpec, Refusal> {
    let elsewhere = |spec: &TelegramSpec| {
        let rule = text!(
            "電文 {kind} の送信先は {right} です。(今回の送信先: {path})",
            "telegram {kind} must be posted to {right}, not to {path}",
            kind = exchange.kind,
            right = spec.path,
            path = path
        );
        Err(Refusal::new("P004", rule))
    };
    match (exchange.form.get(&name::TELEGRAM_KIND), exchange.spec) {
        (None, _) => Err(Refusal::field(
            "P005",
            name::TELEGRAM_KIND,
            text!("telegram_kind がありません。", "telegram_kind is missing"),
        )),
        (Some(b""), _) => Err(Refusal::field(
            "P006",
            name::TELEGRAM_KIND,
            text!("telegram_kind が空です。", "telegram_kind is empty"),
        )),
        (Some(_), None) => match not_played(exchange.kind) {
            None => {
                let rule = text!(
                    "電文種別ID {kind} の電文はありません。",
                    "there is no telegram of kind {kind}",
                    kind = exchange.kind
                );
                Err(Refusal::field("P010", name::TELEGRAM_KIND, rule))
            }
            Some(spec) if spec.path != path => elsewhere(spec),
            Some(spec) => {
                let (kind, name, english) = (exchange.kind, spec.name, spec.english);
                let rule = Text::filled(
                    format!("電文 {kind} ({name}) は本番環境の電文ですが、このエミュレーターは対応していません。"),
                    format!("telegram {kind} ({name}, {english}) exists at the gateway; it is not played here"),
                );
                Err(Refusal::new("P018", rule))
            }
        },
        (Some(_), Some(spec)) if spec.path != path => elsewhere(spec),
        (Some(_), Some(spec)) => Ok(spec),
    }
}

/// P002 when the hash of a request to `/s/…` is wrong (`common.md` section 6). A merchant without the key is not checked.
fn check_request_hash(merchant: &Merchant, form: &Form<'_>) -> Result<(), Refusal> {
    for name in [name::REQUEST_DATE, name::HC] {
        if form.get(&name).is_none_or(<[u8]>::is_empty) {
            let rule = text!("/s/ への電文には {name} が必要です。", "paths under /s/ need {name}", name = name);
            return Err(Refusal::field("P005", name, rule));
        }
    }
    let key = merchant.keys.get(Key::REQUEST_HASH);
    if key.is_empty() {
        return Ok(());
    }
    let amount = Some(form.text(&name::PAYMENT_AMOUNT)).filter(|amount| !amount.is_empty());
    let amount = amount.unwrap_or_else(|| form.text(&name::AMOUNT));
    let head = [
        "merchant_id",
        "connect_id",
        "connect_password",
        "telegram_kind",
        "telegram_version",
        "trading_id",
        "payment_id",
    ];
    let head = head.map(|name| form.text(name)).concat();
    let request_date = form.text("request_date");
    // The client reads its clock for the hash first and once more for the parameter.
    let second_before = Moment::parse_datetime14(&request_date)
        .map(|date| date.plus(jiff::Span::new().seconds(-1)).datetime14())
        .unwrap_or_default();
    let given = form.text(&name::HC);
    let right = [&*request_date, &*second_before]
        .into_iter()
        .any(|date| hash::matches(&hash::sha256_hex([&*head, &*amount, date, key]), &given));
    if right {
        Ok(())
    } else {
        let rule = text!(
            "hc が、加盟店の request_hash キーによるこの要求のハッシュ値と一致しません。",
            "hc is not the hash of this request with the merchant's request_hash key"
        );
        Err(Refusal::new("P002", rule))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::faults::Fault;
    use crate::ledger::{MemoryLedger, RecordKind};
    use crate::payment::Status;

    #[test]
    fn a_decision_that_is_made_anew_meets_the_same_fault() {
        let ledger = Box::new(MemoryLedger::default());
        let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32])));
        let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
        let create = |desk: &Desk<'_>| {
            Ok(Outcome::changing(vec![desk.create(&method::atm::TABLE, Status(10), None, 100)?], Reply::ok()))
        };
        let by = Trigger::telegram(b"010");
        let created: Result<Done, Refusal> = gateway.perform(&merchant, by, create).now_or_never().unwrap().unwritten();
        let id = created.unwrap().payment_ids[0];
        gateway.faults.add(Fault {
            merchant_id: merchant.merchant_id.clone(),
            telegram_kind: "010".to_owned(),
            response_code: "2002".to_owned(),
            response_detail: String::new(),
            done: false,
            leaves: None,
            times: 1,
        });
        let touch = |desk: &Desk<'_>| {
            let payment = desk.payment(id).unwrap();
            Ok(Outcome::changing(vec![crate::payment::Change::of(payment)], Reply::ok()))
        };
        let met = RefCell::new(Vec::new());
        let done: Result<Done, Refusal> = gateway
            .perform(&merchant, by, |desk| {
                met.borrow_mut().push(desk.vendor("010").err().map(|failed| failed.code));
                let outcome = touch(desk);
                if met.borrow().len() == 1 {
                    // Somebody else is quicker.
                    let other: Result<Done, Refusal> =
                        gateway.perform(&merchant, by, touch).now_or_never().unwrap().unwritten();
                    other.unwrap();
                }
                outcome
            })
            .now_or_never()
            .unwrap()
            .unwritten();
        assert!(done.is_ok());
        assert_eq!(met.into_inner(), [Some("2002".to_owned()), Some("2002".to_owned())]);
        assert!(gateway.faults.waiting().is_empty());
    }

    #[test]
    fn a_decision_that_is_made_anew_draws_the_same() {
        let drawn = |overtaken: bool| {
            let mut gateway =
                Gateway::new(Merchants::open_door(), Box::new(MemoryLedger::default()), Secret::new([7; 32]));
            gateway.seed = Some(Seed::new(7));
            let gateway = Arc::new(gateway);
            let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
            let by = Trigger::telegram(b"010");
            let (tries, answers) = (RefCell::new(0), RefCell::new(Vec::new()));
            let put = |key: &'static str| {
                move |desk: &Desk<'_>| {
                    let known = desk.kept(RecordKind::new("kind"), key);
                    let record = known.unwrap_or_else(|| desk.new_record(RecordKind::new("kind"), key, &()));
                    Ok(Outcome { records: vec![record], ..Outcome::reply(Reply::ok()) })
                }
            };
            for key in ["a", "b"] {
                let decide = |desk: &Desk<'_>| {
                    let texts = [desk.unguessable(24), desk.unguessable(24), desk.uuid()];
                    let numbers = [
                        desk.next_number(RecordKind::new("number")),
                        desk.next_number(RecordKind::new("other")),
                        desk.next_number(RecordKind::new("number")),
                    ];
                    answers.borrow_mut().push((texts, numbers, desk.next_payment_id()));
                    let outcome = put(key)(desk);
                    if overtaken && tries.replace_with(|tries| *tries + 1) == 0 {
                        let other: Result<Done, Refusal> =
                            gateway.perform(&merchant, by, put(key)).now_or_never().unwrap().unwritten();
                        other.unwrap();
                    }
                    outcome
                };
                let done: Result<Done, Refusal> =
                    gateway.perform(&merchant, by, decide).now_or_never().unwrap().unwritten();
                done.unwrap();
            }
            answers.into_inner()
        };
        let (alone, overtaken) = (drawn(false), drawn(true));
        assert_eq!(overtaken.len(), 3);
        assert_eq!([&alone[0], &alone[0], &alone[1]], [&overtaken[0], &overtaken[1], &overtaken[2]]);
        assert_eq!(alone[1].1, [3, 2, 4]);
    }

    #[test]
    fn two_decisions_at_once_do_not_both_find_nothing() {
        let ledger = Box::new(MemoryLedger::default());
        let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32])));
        let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
        let both_have_looked = std::sync::Barrier::new(2);
        let by = Trigger::telegram(b"010");
        let kind = RecordKind::new("kind");
        // What the decision looks at, and what the other one must have changed by then.
        let looks: [fn(&Desk<'_>) -> bool; 3] = [
            |desk| desk.payments_of("order").is_empty(),
            |desk| desk.kept(RecordKind::new("kind"), "order").is_none(),
            |desk| desk.records::<u8>(RecordKind::new("kind"), "ord").is_empty(),
        ];
        for is_free in looks {
            gateway.reset(Some(&merchant.merchant_id));
            let pay = || {
                let tries = std::cell::Cell::new(0);
                let done: Result<Done, Refusal> = gateway
                    .perform(&merchant, by, |desk| {
                        let free = is_free(desk);
                        if tries.replace(tries.get() + 1) == 0 {
                            both_have_looked.wait();
                        }
                        if !free {
                            return Err(Refusal::new("5008", Text::fixed("支払済みです。", "it is paid already")));
                        }
                        let change = desk.create(&method::atm::TABLE, Status(10), Some("order"), 100)?;
                        let key = format!("order{}", desk.next_number(kind));
                        let mut outcome = Outcome::changing(vec![change], Reply::ok());
                        outcome.records = vec![desk.new_record(kind, key, &1), desk.new_record(kind, "order", &1)];
                        // Nothing that is kept would be in each other's way.
                        outcome.records.truncate(if desk.kept(kind, "order").is_some() { 1 } else { 2 });
                        Ok(outcome)
                    })
                    .now_or_never()
                    .unwrap()
                    .unwritten();
                done.map_err(|refusal| refusal.code)
            };
            let (one, other) = std::thread::scope(|scope| {
                let other = scope.spawn(pay);
                (pay(), other.join().unwrap())
            });
            assert_eq!(gateway.ledger.payments_of(&merchant.merchant_id, "order").len(), 1);
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_strangers_leave_in_the_ledger_is_bounded() {
        let ledger = Box::new(MemoryLedger::default());
        let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32])));
        let leave = |id: &str| {
            let merchant = gateway.merchants.get_or_stranger(&MerchantId::new(id)).unwrap();
            let create = |desk: &Desk<'_>| {
                Ok(Outcome::changing(vec![desk.create(&method::atm::TABLE, Status(10), None, 100)?], Reply::ok()))
            };
            let by = Trigger::telegram(b"010");
            let done: Result<Done, Refusal> =
                gateway.perform(&merchant, by, create).now_or_never().unwrap().unwritten();
            done.unwrap().payment_ids[0]
        };
        let (own, first) = (leave("10000"), leave("1"));
        for stranger in 2..=1500 {
            leave(&stranger.to_string());
        }
        let payment = |id: &str, payment_id| gateway.ledger.payment(&MerchantId::new(id), payment_id);
        assert_eq!(gateway.ledger.merchants().len(), 1001);
        assert!(payment("10000", own).is_some(), "a merchant's are kept");
        assert!(payment("1", first).is_none(), "those of whoever was idle longest are not");
        assert!(gateway.turns.len() <= 1001);
    }
}
