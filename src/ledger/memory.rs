//! The ledger in memory: one lock per merchant, so that merchants never wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use crate::clock::Moment;
use crate::ledger::owners::{Number, Owners};
use crate::ledger::queue::{Next, Queue};
use crate::ledger::{
    Attempt, Claim, Commit, Committed, Conflict, Delivery, Duty, Held, Holder, Ids, Lease, Ledger, LedgerView,
    NewNotice, NextPush, Notice, Pause, PaymentFilter, Push, Read, Ready, Record, RecordKind, Setting, Settings,
    Stored, Subject, TextMatch,
};
use crate::merchant::MerchantId;
use crate::payment::{Payment, PaymentId};

/// Ids look like those of the real service (eight digits, rising) and start here.
pub const FIRST_PAYMENT_ID: u64 = 30_000_001;
/// How many pushes of notices a merchant's book remembers.
const ATTEMPTS: usize = 100;

/// A ledger that lives and dies with the process.
#[derive(Debug)]
pub struct MemoryLedger {
    next_payment_id: AtomicU64,
    books: DashMap<MerchantId, Arc<Mutex<Book>>, RandomState>,
    owners: Arc<Owners>,
    settings: Mutex<BTreeMap<(Setting, String), String>>,
    lasts: bool,
}

/// All that one merchant has.
#[derive(Debug, Default)]
struct Book {
    /// What the owner is called among the owners of payments and records.
    number: Number,
    /// Whether it was taken away by a reset: nothing that is kept in it will be found.
    closed: bool,
    /// Whether anything was ever kept in it.
    opened: bool,
    /// By rising id. Ids rise, so that new ones come to the end, or next to it when two commits overtake each other.
    payments: Vec<Payment>,
    /// The newest payment by the hash of its マーチャント取引ID. A search tree would be slower the more there are.
    newest: HashMap<u64, PaymentId, RandomState>,
    /// The payment before one that has the same hash.
    before: HashMap<PaymentId, PaymentId, RandomState>,
    hasher: RandomState,
    /// Their numbers have no holes.
    notices: VecDeque<Notice>,
    last_notice_id: u64,
    /// By site: the first notice that 091 has not handed out.
    unfetched: BTreeMap<String, u64>,
    /// The last notice that is too old for 091.
    purged_to: u64,
    /// Sites whose merchant is to be told that notices were purged before it fetched them.
    lost: BTreeSet<String>,
    to_push: Queue,
    failures: u32,
    pause: Option<Pause>,
    attempts: VecDeque<Attempt>,
    /// Who has which duty, and until when in real time.
    leases: Vec<(Duty, Holder, Moment)>,
    records: BTreeMap<(RecordKind, String), Record>,
    numbers: HashMap<RecordKind, u64, RandomState>,
    payments_due: BTreeSet<(Moment, PaymentId)>,
    records_due: BTreeSet<(Moment, RecordKind, String)>,
}

impl Default for MemoryLedger {
    fn default() -> MemoryLedger {
        MemoryLedger {
            next_payment_id: AtomicU64::new(FIRST_PAYMENT_ID),
            books: DashMap::default(),
            owners: Arc::default(),
            settings: Mutex::default(),
            lasts: false,
        }
    }
}

impl MemoryLedger {
    /// One that several emulators use one after the other, as if it outlived them.
    #[cfg(test)]
    pub(crate) fn lasting() -> MemoryLedger {
        MemoryLedger { lasts: true, ..MemoryLedger::default() }
    }

    /// The merchant's book, made when it is first needed.
    fn book(&self, merchant_id: &MerchantId) -> Arc<Mutex<Book>> {
        if let Some(book) = self.books.get(merchant_id) {
            return Arc::clone(&book);
        }
        let new = || Arc::new(Mutex::new(Book { number: self.owners.admit(merchant_id), ..Book::default() }));
        Arc::clone(&self.books.entry(merchant_id.clone()).or_insert_with(new))
    }

    /// Reads the merchant's book; what it returns for a merchant without one is the default.
    fn read<T: Default>(&self, merchant_id: &MerchantId, read: impl FnOnce(&Book) -> T) -> T {
        let book = self.books.get(merchant_id).map(|book| Arc::clone(&book));
        book.map_or_else(T::default, |book| read(&lock(&book)))
    }
}

/// Frees a book. A great one takes a while, for which nobody should wait.
fn free(book: Arc<Mutex<Book>>, owners: Arc<Owners>) {
    const GREAT: usize = 1000;
    let great = book.try_lock().map_or(true, |book| book.payments.len() >= GREAT);
    let free = move || lock(&book).close(&owners);
    if great {
        // If no thread can be had, its room stays taken.
        let _ = std::thread::Builder::new().spawn(free);
    } else {
        free();
    }
}

/// How much of a book is looked at before whoever waits for it has his turn.
const LEAVES: usize = 1024;

impl MemoryLedger {
    /// Looks at all payments of a book, newest first, without keeping telegrams from it for long.
    fn leaf_through(&self, merchant_id: &MerchantId, filter: &PaymentFilter, limit: usize) -> Vec<Payment> {
        let (mut found, mut before) = (Vec::new(), filter.before.unwrap_or(PaymentId(u64::MAX)));
        loop {
            let next = self.read(merchant_id, |book| {
                let (Ok(end) | Err(end)) = book.place(before);
                let start = end.saturating_sub(LEAVES);
                let admitted = book.payments[start..end].iter().rev().filter(|payment| filter.admits(payment));
                found.extend(admitted.take(limit - found.len()).cloned());
                (start > 0).then(|| book.payments[start].payment_id)
            });
            match next {
                Some(next) if found.len() < limit => before = next,
                _ => return found,
            }
        }
    }

    /// Looks at all notices of a book, oldest first, in the same way.
    fn each_notice(&self, merchant_id: &MerchantId, mut look: impl FnMut(&Notice)) {
        let mut from = 0;
        loop {
            let next = self.read(merchant_id, |book| {
                let start = book.place_of_notice(from).min(book.notices.len());
                let end = book.notices.len().min(start + LEAVES);
                book.notices.range(start..end).for_each(&mut look);
                book.notices.get(end).map(|notice| notice.payment_notice_id)
            });
            match next {
                Some(next) => from = next,
                None => return,
            }
        }
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    /// Takes what is in it from its owner.
    fn close(&mut self, owners: &Owners) {
        self.closed = true;
        owners.dismiss(self.number);
        owners.forget_payments(self.payments.drain(..).map(|payment| payment.payment_id));
        for record in self.records.values().filter(|record| record.unique) {
            owners.forget_record(record.kind, &record.key, self.number);
        }
    }

    /// Where a payment is, or where it would be.
    fn place(&self, id: PaymentId) -> Result<usize, usize> {
        // Most are asked for soon after they came.
        const RECENT: usize = 64;
        let recent = self.payments.len().saturating_sub(RECENT);
        let start = if self.payments.get(recent).is_some_and(|first| first.payment_id <= id) { recent } else { 0 };
        let found = self.payments[start..].binary_search_by_key(&id, |payment| payment.payment_id);
        found.map(|at| start + at).map_err(|at| start + at)
    }

    fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.place(id).ok().map(|at| &self.payments[at])
    }

    /// The payments with this マーチャント取引ID, the one that was kept last first.
    fn payments_of(&self, trading_id: &str) -> impl Iterator<Item = &Payment> {
        let newest = self.newest.get(&self.hasher.hash_one(trading_id)).copied();
        let same_hash = std::iter::successors(newest, |id| self.before.get(id).copied());
        let payments = same_hash.filter_map(|id| self.payment(id));
        payments.filter(move |payment| payment.trading_id.as_deref() == Some(trading_id))
    }

    /// Whether what a decision has looked at is still so.
    fn is_still_so(&self, read: &Read) -> bool {
        match read {
            Read::Payment(id, version) => self.payment(*id).map_or(0, |known| known.version) == *version,
            Read::PaymentsOf(trading_id, seen) => {
                let mut count = 0;
                let same = self.payments_of(trading_id).all(|known| {
                    count += 1;
                    seen.contains(&(known.payment_id, known.version))
                });
                same && count == seen.len()
            }
            Read::Record(kind, key, version) => {
                self.records.get(&(*kind, key.clone())).map_or(0, |known| known.version) == *version
            }
            Read::Records(kind, prefix, seen) => {
                let known = self.records_of(*kind, prefix).map(|known| (known.key.as_str(), known.version));
                known.eq(seen.iter().map(|(key, version)| (key.as_str(), *version)))
            }
        }
    }

    /// The records of a kind whose keys start with a prefix, by key.
    fn records_of(&self, kind: RecordKind, prefix: &str) -> impl Iterator<Item = &Record> {
        let from = self.records.range((kind, prefix.to_owned())..);
        from.take_while(move |((known, key), _)| *known == kind && key.starts_with(prefix)).map(|(_, record)| record)
    }

    fn put_payment(&mut self, mut payment: Payment) {
        payment.version += 1;
        let id = payment.payment_id;
        let due = payment.due;
        let before = match self.place(id) {
            Ok(at) => std::mem::replace(&mut self.payments[at], payment).due,
            Err(at) => {
                // A payment keeps its マーチャント取引ID.
                let hash = payment.trading_id.as_deref().map(|trading_id| self.hasher.hash_one(trading_id));
                let before = hash.and_then(|hash| self.newest.insert(hash, id));
                self.before.extend(before.map(|before| (id, before)));
                self.payments.insert(at, payment);
                None
            }
        };
        if before != due {
            self.payments_due.extend(due.map(|due| (due, id)));
            if let Some(before) = before {
                self.payments_due.remove(&(before, id));
            }
        }
    }

    fn put_record(&mut self, mut record: Record) {
        record.version += 1;
        let (kind, due) = (record.kind, record.due);
        let key = record.key.clone();
        let before = self.records.insert((kind, key.clone()), record).and_then(|old| old.due);
        if before != due {
            self.drop_record_deadline(before, kind, &key);
            self.records_due.extend(due.map(|due| (due, kind, key)));
        }
    }

    fn forget_record(&mut self, kind: RecordKind, key: String) {
        if let Some(record) = self.records.remove(&(kind, key)) {
            self.drop_record_deadline(record.due, kind, &record.key);
        }
    }

    fn drop_record_deadline(&mut self, due: Option<Moment>, kind: RecordKind, key: &str) {
        if let Some(due) = due {
            self.records_due.remove(&(due, kind, key.to_owned()));
        }
    }

    fn next_due(&self) -> Option<(Moment, Subject)> {
        let payment = self.payments_due.first().map(|(due, id)| (*due, Subject::Payment(*id)));
        match self.records_due.first() {
            Some((due, kind, key)) if payment.as_ref().is_none_or(|(payment_due, _)| due < payment_due) => {
                Some((*due, Subject::Record(*kind, key.clone())))
            }
            _ => payment,
        }
    }

    /// The next deadlines, earliest first, at most `limit`.
    fn deadlines(&self, limit: usize) -> Vec<(Moment, Subject)> {
        let payments = self.payments_due.iter().take(limit).map(|(due, id)| (*due, Subject::Payment(*id)));
        let records = self.records_due.iter().take(limit);
        let records = records.map(|(due, kind, key)| (*due, Subject::Record(*kind, key.clone())));
        let mut deadlines: Vec<(Moment, Subject)> = payments.chain(records).collect();
        deadlines.sort();
        deadlines.truncate(limit);
        deadlines
    }

    fn put_notice(&mut self, notice: NewNotice) {
        self.last_notice_id += 1;
        let payment_notice_id = self.last_notice_id;
        if let Some(ready) = notice.push {
            self.to_push.put(notice.payment_id, payment_notice_id, ready.at);
        }
        let notice = Notice {
            payment_notice_id,
            change_date: notice.change_date,
            payment_id: notice.payment_id,
            status: notice.status,
            amount: notice.amount,
            attributes: notice.attributes,
            fetched: false,
            push: notice.push.map_or(Push::Never, Push::Waiting),
            attempts: 0,
            entry: notice.entry,
        };
        if !self.unfetched.contains_key(notice.site_id()) {
            self.unfetched.insert(notice.site_id().to_owned(), payment_notice_id);
        }
        self.notices.push_back(notice);
    }

    /// Where a notice is, or would be if it was not purged; those before the first are at the start.
    fn place_of_notice(&self, payment_notice_id: u64) -> usize {
        let first = self.notices.front().map_or(payment_notice_id, |notice| notice.payment_notice_id);
        usize::try_from(payment_notice_id.saturating_sub(first)).unwrap_or(usize::MAX)
    }

    fn notice(&self, payment_notice_id: u64) -> Option<&Notice> {
        let notice = self.notices.get(self.place_of_notice(payment_notice_id))?;
        (notice.payment_notice_id == payment_notice_id).then_some(notice)
    }

    fn notice_mut(&mut self, payment_notice_id: u64) -> Option<&mut Notice> {
        let at = self.place_of_notice(payment_notice_id);
        self.notices.get_mut(at).filter(|notice| notice.payment_notice_id == payment_notice_id)
    }

    /// Purges a few notices that are older than a moment; tells whether there may be more of them.
    fn purge_some(&mut self, before: Moment) -> bool {
        let mut left = LEAVES;
        let mut at = self.place_of_notice(self.purged_to + 1);
        while let Some(old) = self.notices.get(at).filter(|notice| notice.change_date < before && left > 0) {
            let payment_notice_id = old.payment_notice_id;
            if let Some(site_id) = self.fetch(payment_notice_id) {
                self.lost.insert(site_id);
            }
            self.purged_to = payment_notice_id;
            at += 1;
            left -= 1;
        }
        while left > 0 && self.notices.front().is_some_and(|notice| self.is_done(notice)) {
            self.notices.pop_front();
            left -= 1;
        }
        left == 0
    }

    /// Whether nobody will be told a notice any more.
    fn is_done(&self, notice: &Notice) -> bool {
        notice.payment_notice_id <= self.purged_to && !notice.push.is_waiting()
    }

    /// Lets a notice wait for its push until it is ready.
    fn let_wait(&mut self, payment_notice_id: u64, ready: Ready) -> Option<&Notice> {
        let notice = self.notice_mut(payment_notice_id)?;
        notice.push = Push::Waiting(ready);
        let payment_id = notice.payment_id;
        self.to_push.put(payment_id, payment_notice_id, ready.at);
        self.notice(payment_notice_id)
    }

    /// Marks a notice as handed out. Returns its site if it was not before.
    fn fetch(&mut self, payment_notice_id: u64) -> Option<String> {
        let notice = self.notice_mut(payment_notice_id).filter(|notice| !notice.fetched)?;
        notice.fetched = true;
        let site_id = notice.site_id().to_owned();
        if self.unfetched.get(&site_id) == Some(&payment_notice_id) {
            // All before it were handed out.
            let behind = self.notices.range(self.place_of_notice(payment_notice_id + 1)..);
            let mut waiting = behind.filter(|notice| !notice.fetched && notice.site_id() == site_id);
            match waiting.next().map(|notice| notice.payment_notice_id) {
                Some(next) => self.unfetched.insert(site_id.clone(), next),
                None => self.unfetched.remove(&site_id),
            };
        }
        Some(site_id)
    }
}

impl LedgerView for MemoryLedger {
    fn payment(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Stored<Option<Payment>> {
        Ok(self.read(merchant_id, |book| book.payment(payment_id).cloned()))
    }

    fn payments_of(&self, merchant_id: &MerchantId, trading_id: &str) -> Stored<Vec<Payment>> {
        let mut payments: Vec<Payment> = self.read(merchant_id, |book| book.payments_of(trading_id).cloned().collect());
        payments.sort_by_key(|payment| payment.payment_id);
        Ok(payments)
    }

    fn search(&self, merchant_id: &MerchantId, filter: &PaymentFilter, limit: usize) -> Stored<Vec<Payment>> {
        let admitted = |payment: &&Payment| filter.admits(payment);
        // What an index answers must not look at all payments.
        if let Some(id) = filter.payment_id {
            let found = self.payment(merchant_id, id)?;
            return Ok(found.iter().filter(admitted).take(limit).cloned().collect());
        }
        if let Some((TextMatch::Exact, trading_id)) = &filter.trading_id {
            let payments = self.payments_of(merchant_id, trading_id)?;
            return Ok(payments.iter().rev().filter(admitted).take(limit).cloned().collect());
        }
        Ok(self.leaf_through(merchant_id, filter, limit))
    }

    fn owner(&self, payment_id: PaymentId) -> Stored<Option<MerchantId>> {
        let owns = |id: &MerchantId| self.read(id, |book| book.place(payment_id).is_ok());
        Ok(self.owners.of_payment(payment_id).filter(owns))
    }

    fn record(&self, merchant_id: &MerchantId, kind: RecordKind, key: &str) -> Stored<Option<Record>> {
        Ok(self.read(merchant_id, |book| book.records.get(&(kind, key.to_owned())).cloned()))
    }

    fn holder(&self, kind: RecordKind, key: &str) -> Stored<Option<MerchantId>> {
        let holds = |id: &MerchantId| self.read(id, |book| book.records.contains_key(&(kind, key.to_owned())));
        Ok(self.owners.of_record(kind, key).filter(holds))
    }

    fn records(&self, merchant_id: &MerchantId, kind: RecordKind, prefix: &str) -> Stored<Vec<Record>> {
        Ok(self.read(merchant_id, |book| book.records_of(kind, prefix).cloned().collect()))
    }

    fn notices(&self, merchant_id: &MerchantId, from: u64, limit: usize) -> Stored<Vec<Notice>> {
        Ok(self.read(merchant_id, |book| {
            let start = book.place_of_notice(from).min(book.notices.len());
            book.notices.range(start..).take(limit).cloned().collect()
        }))
    }

    fn notices_of(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Stored<Vec<Notice>> {
        let mut found = Vec::new();
        self.each_notice(merchant_id, |notice| {
            if notice.payment_id == payment_id {
                found.push(notice.clone());
            }
        });
        Ok(found)
    }

    fn waiting_of(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Stored<Vec<Notice>> {
        Ok(self.read(merchant_id, |book| {
            book.to_push.of(payment_id).into_iter().filter_map(|id| book.notice(id).cloned()).collect()
        }))
    }

    fn heard(&self, merchant_id: &MerchantId) -> Stored<HashSet<PaymentId>> {
        let mut heard = HashSet::new();
        self.each_notice(merchant_id, |notice| {
            if notice.fetched || matches!(notice.push, Push::Accepted(_)) {
                heard.insert(notice.payment_id);
            }
        });
        Ok(heard)
    }

    fn last_notice_id(&self, merchant_id: &MerchantId) -> Stored<u64> {
        Ok(self.read(merchant_id, |book| book.last_notice_id))
    }

    fn notice(&self, merchant_id: &MerchantId, payment_notice_id: u64) -> Stored<Option<Notice>> {
        Ok(self.read(merchant_id, |book| book.notice(payment_notice_id).cloned()))
    }

    fn next_unfetched(&self, merchant_id: &MerchantId, site_id: &str) -> Stored<Option<Notice>> {
        Ok(self.read(merchant_id, |book| book.notice(*book.unfetched.get(site_id)?).cloned()))
    }

    fn has_lost(&self, merchant_id: &MerchantId, site_id: &str) -> Stored<bool> {
        Ok(self.read(merchant_id, |book| book.lost.contains(site_id)))
    }

    fn next_to_push(&self, merchant_id: &MerchantId, now: Moment) -> Stored<NextPush> {
        let book = self.books.get(merchant_id).map(|book| Arc::clone(&book));
        let Some(book) = book else { return Ok(NextPush::Nothing) };
        let mut book = lock(&book);
        Ok(match book.to_push.next(now) {
            Next::Now(id) => book.notice(id).cloned().map_or(NextPush::Nothing, |next| NextPush::Now(Box::new(next))),
            Next::At(moment) => NextPush::At(moment),
            Next::Nothing => NextPush::Nothing,
        })
    }

    fn delivery(&self, merchant_id: &MerchantId) -> Stored<Delivery> {
        Ok(self.read(merchant_id, |book| Delivery {
            waiting: book.to_push.len(),
            failures: book.failures,
            pause: book.pause,
        }))
    }

    fn attempts(&self, merchant_id: &MerchantId) -> Stored<Vec<Attempt>> {
        Ok(self.read(merchant_id, |book| book.attempts.iter().cloned().collect()))
    }

    fn has_work(&self, merchant_id: &MerchantId, now: Moment, purge_before: Moment) -> Stored<bool> {
        Ok(self.read(merchant_id, |book| {
            let due = |first: Option<Moment>| first.is_some_and(|due| due <= now);
            let oldest = book.notices.get(book.place_of_notice(book.purged_to + 1));
            due(book.payments_due.first().map(|(due, _)| *due))
                || due(book.records_due.first().map(|(due, ..)| *due))
                || oldest.is_some_and(|notice| notice.change_date < purge_before)
                || book.notices.front().is_some_and(|notice| book.is_done(notice))
        }))
    }

    fn next_due(&self, merchant_id: &MerchantId) -> Stored<Option<(Moment, Subject)>> {
        Ok(self.read(merchant_id, Book::next_due))
    }

    fn deadlines(&self, merchant_id: &MerchantId, limit: usize) -> Stored<Vec<(Moment, Subject)>> {
        Ok(self.read(merchant_id, |book| book.deadlines(limit)))
    }

    fn count(&self, merchant_id: &MerchantId) -> Stored<usize> {
        Ok(self.read(merchant_id, |book| book.payments.len()))
    }

    fn merchants(&self) -> Stored<Vec<MerchantId>> {
        Ok(self.books.iter().map(|entry| entry.key().clone()).collect())
    }
}

impl Ids for MemoryLedger {
    fn next_payment_id(&self) -> Stored<PaymentId> {
        Ok(PaymentId(self.next_payment_id.fetch_add(1, Ordering::Relaxed)))
    }

    fn next_number(&self, merchant_id: &MerchantId, kind: RecordKind) -> Stored<u64> {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        let number = book.numbers.entry(kind).or_default();
        *number += 1;
        Ok(*number)
    }

    fn restart_payment_ids(&self) -> Stored<()> {
        self.next_payment_id.store(FIRST_PAYMENT_ID, Ordering::Relaxed);
        Ok(())
    }
}

impl Settings for MemoryLedger {
    fn lasts(&self) -> bool {
        self.lasts
    }

    fn settings(&self, setting: Setting) -> Stored<Vec<(String, String)>> {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = settings.iter().filter(|((known, _), _)| *known == setting);
        Ok(of_it.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn keep_setting(&self, setting: Setting, key: &str, value: Option<String>) -> Stored<()> {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (setting, key.to_owned());
        match value {
            Some(value) => settings.insert(key, value),
            None => settings.remove(&key),
        };
        Ok(())
    }
}

impl Ledger for MemoryLedger {
    fn commit(&self, merchant_id: &MerchantId, commit: Commit) -> Stored<Result<Committed, Conflict>> {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        if book.closed {
            return Ok(Err(Conflict));
        }
        let stale_payment = commit.payments.iter().any(|payment| {
            let known = book.payment(payment.payment_id);
            known.map_or(0, |known| known.version) != payment.version
        });
        let stale_record = commit.records.iter().any(|record| {
            let known = book.records.get(&(record.kind, record.key.clone()));
            known.map_or(0, |known| known.version) != record.version
        });
        let fetched_meanwhile = commit.fetched.iter().any(|id| book.notice(*id).is_none_or(|notice| notice.fetched));
        let moved_on = commit.read.iter().any(|read| !book.is_still_so(read));
        if stale_payment || stale_record || fetched_meanwhile || moved_on {
            return Ok(Err(Conflict));
        }
        let due = book.next_due();
        let made = commit.payments.iter().find(|payment| payment.version == 0);
        let earlier = made.and_then(|made| {
            let mut ids = book.payments_of(made.trading_id.as_deref()?).map(|payment| payment.payment_id);
            ids.find(|id| *id < made.payment_id)
        });
        for payment_notice_id in commit.fetched {
            book.fetch(payment_notice_id);
        }
        if let Some(site_id) = commit.told_lost {
            book.lost.remove(&site_id);
        }
        for payment in commit.payments {
            if payment.version == 0 {
                self.owners.put_payment(payment.payment_id, book.number);
            }
            book.put_payment(payment);
        }
        for record in commit.records {
            if record.unique && record.version == 0 {
                self.owners.put_record(record.kind, &record.key, book.number);
            }
            book.put_record(record);
        }
        for (kind, key) in commit.forgotten {
            if book.records.get(&(kind, key.clone())).is_some_and(|record| record.unique) {
                self.owners.forget_record(kind, &key, book.number);
            }
            book.forget_record(kind, key);
        }
        let first_notice = book.last_notice_id + 1;
        for notice in commit.notices {
            book.put_notice(notice);
        }
        let notices = (first_notice, book.last_notice_id + 1);
        let opened = !std::mem::replace(&mut book.opened, true);
        Ok(Ok(Committed { due_moved: book.next_due() != due, notices, earlier, opened }))
    }

    fn purge_notices(&self, merchant_id: &MerchantId, before: Moment) -> Stored<()> {
        let Some(book) = self.books.get(merchant_id).map(|book| Arc::clone(&book)) else { return Ok(()) };
        while lock(&book).purge_some(before) {
            // Whoever waits for the book has his turn.
            std::thread::yield_now();
        }
        Ok(())
    }

    fn release(&self, merchant_id: &MerchantId, held: &Held, at: Moment) -> Stored<bool> {
        let Some(book) = self.books.get(merchant_id).map(|book| Arc::clone(&book)) else { return Ok(false) };
        let mut book = lock(&book);
        let mut released = false;
        for payment_id in &held.payment_ids {
            for id in book.to_push.of(*payment_id) {
                let is_held = |notice: &Notice| matches!(notice.push, Push::Waiting(Ready { held: Some(hold), .. }) if hold == held.hold);
                if held.notices.contains(&id) && book.notice(id).is_some_and(is_held) {
                    book.let_wait(id, Ready { at, held: None });
                    released = true;
                }
            }
        }
        Ok(released)
    }

    fn release_all(&self, merchant_id: &MerchantId, at: Moment) -> Stored<Vec<Notice>> {
        let Some(book) = self.books.get(merchant_id).map(|book| Arc::clone(&book)) else { return Ok(Vec::new()) };
        let mut book = lock(&book);
        let all = book.to_push.all().into_iter();
        Ok(all.filter_map(|id| book.let_wait(id, Ready { at, held: None }).cloned()).collect())
    }

    fn note_attempt(&self, merchant_id: &MerchantId, notice: &Notice, attempt: Attempt) -> Stored<Option<Pause>> {
        let Some(book) = self.books.get(merchant_id).map(|book| Arc::clone(&book)) else { return Ok(None) };
        let mut book = lock(&book);
        let accepted = attempt.accepted;
        let id = notice.payment_notice_id;
        // After a reset in between, the same number is another notice's.
        let same = |known: &&mut Notice| (known.payment_id, known.status) == (notice.payment_id, notice.status);
        let Some(known) = book.notice_mut(id).filter(same) else { return Ok(None) };
        known.attempts = known.attempts.saturating_add(1);
        if accepted {
            known.push = Push::Accepted(attempt.at);
            book.to_push.remove(notice.payment_id, id);
        }
        (book.failures, book.pause) = attempt.leads_to(book.failures);
        if book.attempts.len() == ATTEMPTS {
            book.attempts.pop_front();
        }
        book.attempts.push_back(attempt);
        Ok(book.pause)
    }

    fn push_again(&self, merchant_id: &MerchantId, payment_notice_id: u64, at: Moment) -> Stored<bool> {
        let book = self.book(merchant_id);
        Ok(lock(&book).let_wait(payment_notice_id, Ready { at, held: None }).is_some())
    }

    fn lease(&self, merchant_id: &MerchantId, claim: Claim) -> Stored<Lease> {
        let Claim { duty, holder, now, until } = claim;
        let book = self.book(merchant_id);
        let leases = &mut lock(&book).leases;
        leases.retain(|(.., end)| now < *end);
        match leases.iter_mut().find(|(known, ..)| *known == duty) {
            Some((_, other, end)) if *other != holder => return Ok(Lease::Elsewhere(*end)),
            Some((.., end)) => *end = until,
            None => leases.push((duty, holder, until)),
        }
        Ok(Lease::Granted)
    }

    fn end_lease(&self, merchant_id: &MerchantId, duty: Duty, holder: Holder) -> Stored<()> {
        if let Some(book) = self.books.get(merchant_id).map(|book| Arc::clone(&book)) {
            lock(&book).leases.retain(|(known, who, _)| (*known, *who) != (duty, holder));
        }
        Ok(())
    }

    fn resume(&self, merchant_id: &MerchantId) -> Stored<()> {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        book.pause = None;
        book.failures = 0;
        Ok(())
    }

    fn reset(&self, merchant_id: Option<&MerchantId>) -> Stored<()> {
        match merchant_id {
            Some(id) => self.books.remove(id).into_iter().for_each(|(_, book)| free(book, Arc::clone(&self.owners))),
            None => self.merchants()?.iter().try_for_each(|id| self.reset(Some(id)))?,
        }
        Ok(())
    }
}
