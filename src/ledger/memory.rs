//! The ledger in memory: one lock per merchant, so that merchants never wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;

use crate::clock::Moment;
use crate::ledger::{
    Attempt, Commit, Conflict, Delivery, Ledger, NewNotice, Notice, Pause, PaymentFilter, Push, Record, Subject,
    TextMatch,
};
use crate::merchant::MerchantId;
use crate::payment::{Payment, PaymentId};

/// Ids look like those of the real service (eight digits, rising) and start here.
const FIRST_PAYMENT_ID: u64 = 30_000_001;
/// How many pushes of notices a merchant's book remembers.
const ATTEMPTS: usize = 100;

/// A ledger that lives and dies with the process.
#[derive(Debug)]
pub struct MemoryLedger {
    next_payment_id: AtomicU64,
    books: DashMap<MerchantId, Arc<Mutex<Book>>>,
}

/// All that one merchant has.
#[derive(Debug, Default)]
struct Book {
    payments: BTreeMap<PaymentId, Payment>,
    by_trading_id: BTreeSet<(Arc<str>, PaymentId)>,
    notices: VecDeque<Notice>,
    last_notice_id: u64,
    /// Notices that 091 has not handed out, by site.
    unfetched: BTreeMap<String, BTreeSet<u64>>,
    /// The last notice that is too old for 091.
    purged_to: u64,
    /// Sites whose merchant is to be told that notices were purged before it fetched them.
    lost: BTreeSet<String>,
    to_push: BTreeSet<u64>,
    failures: u32,
    pause: Option<Pause>,
    attempts: VecDeque<Attempt>,
    records: BTreeMap<(&'static str, String), Record>,
    numbers: HashMap<&'static str, u64>,
    deadlines: BTreeSet<(Moment, Subject)>,
}

impl Default for MemoryLedger {
    fn default() -> MemoryLedger {
        MemoryLedger { next_payment_id: AtomicU64::new(FIRST_PAYMENT_ID), books: DashMap::new() }
    }
}

impl MemoryLedger {
    /// The merchant's book, made when it is first needed.
    fn book(&self, merchant_id: &MerchantId) -> Arc<Mutex<Book>> {
        if let Some(book) = self.books.get(merchant_id) {
            return Arc::clone(&book);
        }
        Arc::clone(&self.books.entry(merchant_id.clone()).or_default())
    }

    /// Reads the merchant's book; what it returns for a merchant without one is the default.
    fn read<T: Default>(&self, merchant_id: &MerchantId, read: impl FnOnce(&Book) -> T) -> T {
        let book = self.books.get(merchant_id).map(|book| Arc::clone(&book));
        book.map_or_else(T::default, |book| read(&lock(&book)))
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    fn put_payment(&mut self, mut payment: Payment) {
        payment.version += 1;
        let id = payment.payment_id;
        let due = payment.due;
        if let Some(trading_id) = &payment.trading_id {
            self.by_trading_id.insert((Arc::clone(trading_id), id));
        }
        let before = self.payments.insert(id, payment).and_then(|old| old.due);
        self.move_deadline(before, due, || Subject::Payment(id));
    }

    fn put_record(&mut self, mut record: Record) {
        record.version += 1;
        let (kind, due) = (record.kind, record.due);
        let key = record.key.clone();
        let before = self.records.insert((kind, key.clone()), record).and_then(|old| old.due);
        self.move_deadline(before, due, || Subject::Record(kind, key.clone()));
    }

    fn put_notice(&mut self, notice: NewNotice) -> u64 {
        self.last_notice_id += 1;
        let payment_notice_id = self.last_notice_id;
        let site_id = notice.attributes.get("site_id").unwrap_or_default().to_owned();
        self.unfetched.entry(site_id).or_default().insert(payment_notice_id);
        if notice.push {
            self.to_push.insert(payment_notice_id);
        }
        self.notices.push_back(Notice {
            payment_notice_id,
            change_date: notice.change_date,
            payment_id: notice.payment_id,
            status: notice.status,
            amount: notice.amount,
            attributes: notice.attributes,
            fetched: false,
            push: if notice.push { Push::Waiting } else { Push::Never },
            attempts: 0,
        });
        payment_notice_id
    }

    fn notice(&self, payment_notice_id: u64) -> Option<&Notice> {
        let at = self.notices.partition_point(|notice| notice.payment_notice_id < payment_notice_id);
        self.notices.get(at).filter(|notice| notice.payment_notice_id == payment_notice_id)
    }

    fn notice_mut(&mut self, payment_notice_id: u64) -> Option<&mut Notice> {
        let at = self.notices.partition_point(|notice| notice.payment_notice_id < payment_notice_id);
        self.notices.get_mut(at).filter(|notice| notice.payment_notice_id == payment_notice_id)
    }

    /// Marks a notice as handed out. Returns its site if it was not before.
    fn fetch(&mut self, payment_notice_id: u64) -> Option<String> {
        let notice = self.notice_mut(payment_notice_id).filter(|notice| !notice.fetched)?;
        notice.fetched = true;
        let site_id = notice.attributes.get("site_id").unwrap_or_default().to_owned();
        if let Some(unfetched) = self.unfetched.get_mut(&site_id) {
            unfetched.remove(&payment_notice_id);
        }
        Some(site_id)
    }

    fn move_deadline(&mut self, before: Option<Moment>, after: Option<Moment>, subject: impl Fn() -> Subject) {
        if before != after {
            if let Some(before) = before {
                self.deadlines.remove(&(before, subject()));
            }
            if let Some(after) = after {
                self.deadlines.insert((after, subject()));
            }
        }
    }
}

impl Ledger for MemoryLedger {
    fn next_payment_id(&self) -> PaymentId {
        PaymentId(self.next_payment_id.fetch_add(1, Ordering::Relaxed))
    }

    fn next_number(&self, merchant_id: &MerchantId, kind: &'static str) -> u64 {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        let number = book.numbers.entry(kind).or_default();
        *number += 1;
        *number
    }

    fn payment(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Option<Payment> {
        self.read(merchant_id, |book| book.payments.get(&payment_id).cloned())
    }

    fn payments_of(&self, merchant_id: &MerchantId, trading_id: &str) -> Vec<Payment> {
        self.read(merchant_id, |book| {
            let first: (Arc<str>, PaymentId) = (trading_id.into(), PaymentId(0));
            book.by_trading_id
                .range(first..)
                .take_while(|(known, _)| **known == *trading_id)
                .filter_map(|(_, id)| book.payments.get(id).cloned())
                .collect()
        })
    }

    fn search(&self, merchant_id: &MerchantId, filter: &PaymentFilter, limit: usize) -> Vec<Payment> {
        self.read(merchant_id, |book| {
            let end = filter.before.unwrap_or(PaymentId(u64::MAX));
            let admitted = |payment: &&Payment| filter.admits(payment);
            // What an index answers must not look at all payments.
            if let Some(id) = filter.payment_id {
                return book.payments.get(&id).filter(admitted).into_iter().take(limit).cloned().collect();
            }
            if let Some((TextMatch::Exact, trading_id)) = &filter.trading_id {
                let trading_id: Arc<str> = trading_id.as_str().into();
                let same = book.by_trading_id.range((Arc::clone(&trading_id), PaymentId(0))..(trading_id, end));
                let payments = same.rev().filter_map(|(_, id)| book.payments.get(id));
                return payments.filter(admitted).take(limit).cloned().collect();
            }
            let newest_first = book.payments.range(..end).rev().map(|(_, payment)| payment);
            newest_first.filter(admitted).take(limit).cloned().collect()
        })
    }

    fn owner(&self, payment_id: PaymentId) -> Option<MerchantId> {
        let owns = |id: &MerchantId| self.read(id, |book| book.payments.contains_key(&payment_id));
        self.merchants().into_iter().find(owns)
    }

    fn record(&self, merchant_id: &MerchantId, kind: &'static str, key: &str) -> Option<Record> {
        self.read(merchant_id, |book| book.records.get(&(kind, key.to_owned())).cloned())
    }

    fn holder(&self, kind: &'static str, key: &str) -> Option<MerchantId> {
        let holds = |id: &MerchantId| self.read(id, |book| book.records.contains_key(&(kind, key.to_owned())));
        self.merchants().into_iter().find(holds)
    }

    fn records(&self, merchant_id: &MerchantId, kind: &'static str, prefix: &str) -> Vec<Record> {
        self.read(merchant_id, |book| {
            book.records
                .range((kind, prefix.to_owned())..)
                .take_while(|((known, key), _)| *known == kind && key.starts_with(prefix))
                .map(|(_, record)| record.clone())
                .collect()
        })
    }

    fn notices(&self, merchant_id: &MerchantId, from: u64, limit: usize) -> Vec<Notice> {
        self.read(merchant_id, |book| {
            let start = book.notices.partition_point(|notice| notice.payment_notice_id < from);
            book.notices.range(start..).take(limit).cloned().collect()
        })
    }

    fn notices_of(&self, merchant_id: &MerchantId, payment_id: PaymentId) -> Vec<Notice> {
        self.read(merchant_id, |book| {
            book.notices.iter().filter(|notice| notice.payment_id == payment_id).cloned().collect()
        })
    }

    fn heard(&self, merchant_id: &MerchantId) -> HashSet<PaymentId> {
        let has = |notice: &&Notice| notice.fetched || matches!(notice.push, Push::Accepted(_));
        self.read(merchant_id, |book| book.notices.iter().filter(has).map(|notice| notice.payment_id).collect())
    }

    fn last_notice_id(&self, merchant_id: &MerchantId) -> u64 {
        self.read(merchant_id, |book| book.last_notice_id)
    }

    fn notice(&self, merchant_id: &MerchantId, payment_notice_id: u64) -> Option<Notice> {
        self.read(merchant_id, |book| book.notice(payment_notice_id).cloned())
    }

    fn next_unfetched(&self, merchant_id: &MerchantId, site_id: &str) -> Option<Notice> {
        self.read(merchant_id, |book| book.notice(*book.unfetched.get(site_id)?.first()?).cloned())
    }

    fn has_lost(&self, merchant_id: &MerchantId, site_id: &str) -> bool {
        self.read(merchant_id, |book| book.lost.contains(site_id))
    }

    fn purge_notices(&self, merchant_id: &MerchantId, before: Moment) {
        let Some(book) = self.books.get(merchant_id).map(|book| Arc::clone(&book)) else { return };
        let mut book = lock(&book);
        let mut at = book.notices.partition_point(|notice| notice.payment_notice_id <= book.purged_to);
        while let Some(old) = book.notices.get(at).filter(|notice| notice.change_date < before) {
            let payment_notice_id = old.payment_notice_id;
            if let Some(site_id) = book.fetch(payment_notice_id) {
                book.lost.insert(site_id);
            }
            book.purged_to = payment_notice_id;
            at += 1;
        }
        let done =
            |book: &Book, notice: &Notice| notice.payment_notice_id <= book.purged_to && notice.push != Push::Waiting;
        while book.notices.front().is_some_and(|notice| done(&book, notice)) {
            book.notices.pop_front();
        }
    }

    fn next_to_push(&self, merchant_id: &MerchantId) -> Option<Notice> {
        self.read(merchant_id, |book| book.notice(*book.to_push.first()?).cloned())
    }

    fn delivery(&self, merchant_id: &MerchantId) -> Delivery {
        self.read(merchant_id, |book| Delivery {
            waiting: book.to_push.len(),
            failures: book.failures,
            pause: book.pause,
        })
    }

    fn attempts(&self, merchant_id: &MerchantId) -> Vec<Attempt> {
        self.read(merchant_id, |book| book.attempts.iter().cloned().collect())
    }

    fn note_attempt(&self, merchant_id: &MerchantId, notice: &Notice, attempt: Attempt, pause: Option<Pause>) {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        let accepted = attempt.accepted;
        let id = notice.payment_notice_id;
        // After a reset in between, the same number is another notice's.
        let same = |known: &&mut Notice| (known.payment_id, known.status) == (notice.payment_id, notice.status);
        let Some(known) = book.notice_mut(id).filter(same) else { return };
        known.attempts = known.attempts.saturating_add(1);
        if accepted {
            known.push = Push::Accepted(attempt.at);
            book.to_push.remove(&id);
        }
        book.failures = if accepted || pause.is_some() { 0 } else { book.failures.saturating_add(1) };
        book.pause = pause;
        if book.attempts.len() == ATTEMPTS {
            book.attempts.pop_front();
        }
        book.attempts.push_back(attempt);
    }

    fn push_again(&self, merchant_id: &MerchantId, payment_notice_id: u64) -> bool {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        let Some(notice) = book.notice_mut(payment_notice_id) else { return false };
        notice.push = Push::Waiting;
        book.to_push.insert(payment_notice_id);
        true
    }

    fn resume(&self, merchant_id: &MerchantId) {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        book.pause = None;
        book.failures = 0;
    }

    fn commit(&self, merchant_id: &MerchantId, commit: Commit) -> Result<Vec<u64>, Conflict> {
        let book = self.book(merchant_id);
        let mut book = lock(&book);
        let stale_payment = commit
            .payments
            .iter()
            .any(|payment| book.payments.get(&payment.payment_id).map_or(0, |known| known.version) != payment.version);
        let stale_record = commit.records.iter().any(|record| {
            let known = book.records.get(&(record.kind, record.key.clone()));
            known.map_or(0, |known| known.version) != record.version
        });
        let fetched_meanwhile = commit.fetched.iter().any(|id| book.notice(*id).is_none_or(|notice| notice.fetched));
        if stale_payment || stale_record || fetched_meanwhile {
            return Err(Conflict);
        }
        for payment_notice_id in commit.fetched {
            book.fetch(payment_notice_id);
        }
        if let Some(site_id) = commit.told_lost {
            book.lost.remove(&site_id);
        }
        for payment in commit.payments {
            book.put_payment(payment);
        }
        for record in commit.records {
            book.put_record(record);
        }
        for (kind, key) in commit.forgotten {
            if let Some(record) = book.records.remove(&(kind, key)) {
                book.move_deadline(record.due, None, || Subject::Record(kind, record.key.clone()));
            }
        }
        let numbers = commit.notices.into_iter().map(|notice| book.put_notice(notice));
        Ok(numbers.collect())
    }

    fn next_due(&self, merchant_id: &MerchantId) -> Option<(Moment, Subject)> {
        self.read(merchant_id, |book| book.deadlines.first().cloned())
    }

    fn deadlines(&self, merchant_id: &MerchantId, limit: usize) -> Vec<(Moment, Subject)> {
        self.read(merchant_id, |book| book.deadlines.iter().take(limit).cloned().collect())
    }

    fn count(&self, merchant_id: &MerchantId) -> usize {
        self.read(merchant_id, |book| book.payments.len())
    }

    fn reset(&self, merchant_id: Option<&MerchantId>) {
        match merchant_id {
            Some(id) => {
                self.books.remove(id);
            }
            None => self.books.clear(),
        }
    }

    fn merchants(&self) -> Vec<MerchantId> {
        self.books.iter().map(|entry| entry.key().clone()).collect()
    }
}
