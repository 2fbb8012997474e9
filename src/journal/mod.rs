//! What crossed the wire, newest last, explained; bounded, and without anything secret.

mod about;
mod decode;
mod masked;
mod store;
pub mod warnings;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

pub use about::{About, Event};
pub use decode::{Answer, Field};

use crate::clock::Moment;
use crate::masking::{mask_card_bytes, mask_long_numbers};
use crate::merchant::MerchantId;
use crate::payment::{EntryId, PaymentIds, Refusal, Statuses};
use crate::text::Text;
use crate::wire::Form;
use crate::wire::catalog::{NameId, catalog};
use store::Store;

/// One event.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts all entries from 1, in the order in which what they tell of was done.
    pub id: u64,
    /// When, by the merchant's clock.
    pub at: Moment,
    /// What caused it.
    pub about: About,
    /// Whose, when that is known.
    pub merchant_id: Option<MerchantId>,
    /// The path or URL.
    pub path: Cow<'static, str>,
    /// The other side's address.
    pub remote: Option<SocketAddr>,
    /// The request's parameters, form-encoded in the charset of the telegram, secrets masked.
    pub request: Vec<u8>,
    /// The answer's body.
    pub answer: Bytes,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
    /// What works here but would hurt elsewhere.
    pub warnings: Vec<Text>,
    /// The payments that it concerns.
    pub payment_ids: PaymentIds,
    /// The statuses in which it left those payments, in their order; none when it changed nothing.
    pub statuses: Statuses,
    /// The merchant's notices that it raised, by number; of a push, the notice that was pushed.
    pub notices: RangeInclusive<u64>,
}

/// No notices. Numbers begin with 1.
pub const NO_NOTICES: RangeInclusive<u64> = RangeInclusive::new(1, 0);

impl Entry {
    /// An entry that only says what, when and where.
    pub fn new(about: About, at: Moment, path: &str) -> Entry {
        Entry {
            id: 0,
            at,
            about,
            merchant_id: None,
            path: path.to_owned().into(),
            remote: None,
            request: Vec::new(),
            answer: Bytes::new(),
            refusal: None,
            warnings: Vec::new(),
            payment_ids: PaymentIds::new(),
            statuses: Statuses::new(),
            notices: NO_NOTICES,
        }
    }

    /// What kind of event it tells of.
    pub fn event(&self) -> Event {
        self.about.event()
    }

    fn size(&self) -> usize {
        let told = |refusal: &Refusal| refusal.explanation.len() + refusal.detail.len();
        let warned = |warning: &Text| size_of::<Text>() + warning.len();
        size_of::<Entry>()
            + self.request.len()
            + self.answer.len()
            + self.path.len()
            + self.about.kind().len()
            + self.refusal.as_ref().map_or(0, told)
            + self.warnings.iter().map(warned).sum::<usize>()
    }
}

/// The last events, oldest dropped first.
///
/// Whoever reads takes a few entries at a time, which are shared and never change, and looks at them when he holds no
/// lock any more: telegrams wait for nobody who reads.
#[derive(Debug)]
pub struct Journal {
    store: Mutex<Store>,
    added: tokio::sync::watch::Sender<u64>,
}

/// How many entries a reader takes at a time.
const READ: usize = 256;

impl Default for Journal {
    fn default() -> Journal {
        Journal { store: Mutex::default(), added: tokio::sync::watch::Sender::new(0) }
    }
}

impl Journal {
    /// Adds an entry and numbers it. Card numbers are masked wherever they stand in it.
    pub fn add(&self, entry: Entry) -> u64 {
        self.enter(None, entry)
    }

    /// Numbers an entry that is still to be written, for those who must know its number before. Whoever reads along
    /// waits for it.
    pub fn reserve(&self) -> Slot<'_> {
        Slot { journal: self, id: self.lock().reserve() }
    }

    /// Adds an entry, under the number that was reserved for it if one was.
    pub fn enter(&self, slot: Option<Slot<'_>>, mut entry: Entry) -> u64 {
        entry.mask_cards();
        let reserved = slot.map(Slot::into_id);
        let (id, dropped) = {
            let mut store = self.lock();
            let id = reserved.unwrap_or_else(|| store.reserve());
            store.add(id, entry)
        };
        // Others need not wait until the oldest are gone.
        drop(dropped);
        self.wake(id);
        id
    }

    fn wake(&self, id: u64) {
        if self.added.receiver_count() > 0 {
            self.added.send_replace(id);
        }
    }

    /// The entries that a filter admits, newest first, at most `limit`.
    pub fn newest(&self, limit: usize, admits: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        let (mut found, mut before) = (Vec::new(), u64::MAX);
        loop {
            let read = self.lock().before(before, READ);
            let Some(last) = read.last() else { return found };
            before = last.id;
            for entry in read.into_iter().filter(|entry| admits(entry)) {
                if found.len() == limit {
                    return found;
                }
                found.push(entry);
            }
        }
    }

    /// The entries after a number, oldest first, at most `limit`; none behind one that is still to be written.
    pub fn after(&self, id: u64, limit: usize) -> Vec<Arc<Entry>> {
        self.lock().after(id, limit)
    }

    /// One entry; `None` when there was none with this number, or it was dropped.
    pub fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        self.lock().entry(id)
    }

    /// The number of the newest entry before which none is still to be written; 0 when there was none.
    pub fn last_id(&self) -> u64 {
        self.lock().last_id()
    }

    /// How many entries are kept, and how many of them were refused.
    pub fn counts(&self) -> (usize, usize) {
        self.lock().counts()
    }

    /// Tells the number of the newest entry whenever one is added.
    pub fn follow(&self) -> tokio::sync::watch::Receiver<u64> {
        self.added.subscribe()
    }

    /// How often the numbers of entries began again from 1.
    pub fn starts(&self) -> u64 {
        self.lock().starts()
    }

    /// Forgets all entries; the next one is number 1 again.
    pub fn restart(&self) {
        let forgotten = self.lock().restart();
        drop(forgotten);
        self.wake(0);
    }

    /// Forgets the entries of one merchant, or all.
    pub fn clear(&self, merchant_id: Option<&MerchantId>) {
        let forgotten = self.lock().clear(merchant_id);
        drop(forgotten);
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of an entry that is still to be written. Dropped without being used, it leaves a hole.
#[must_use = "whoever reads along waits for the entry"]
#[derive(Debug)]
pub struct Slot<'a> {
    journal: &'a Journal,
    id: EntryId,
}

impl Slot<'_> {
    /// The entry's number.
    pub fn id(&self) -> EntryId {
        self.id
    }

    fn into_id(self) -> EntryId {
        let id = self.id;
        std::mem::forget(self);
        id
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.journal.lock().give_up(self.id);
        self.journal.wake(self.id.0.get());
    }
}

/// The parameters of a form, form-encoded again, with secrets masked: fields that the catalog calls secret, card numbers
/// wherever they stand, and every long number in a parameter that the catalog does not know.
pub fn masked(form: &Form<'_>, known: impl Fn(&[u8], Option<NameId>) -> bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(form.pairs().map(|(name, value)| name.len() + value.len() + 2).sum());
    for ((name, value), id) in form.pairs().zip(form.ids()) {
        if !text.is_empty() {
            text.push(b'&');
        }
        if id.is_some() {
            // The catalog's names need no encoding.
            text.extend_from_slice(name);
        } else {
            encode(&mut text, &mask_long_numbers(name));
        }
        text.push(b'=');
        if id.is_some_and(|id| catalog().is_secret(id)) {
            let shown = if name == b"card_number" && value.len() >= 14 { 4 } else { 0 };
            let (hidden, shown) = value.split_at(value.len() - shown);
            text.resize(text.len() + hidden.len(), b'*');
            encode(&mut text, shown);
        } else if known(name, *id) {
            encode(&mut text, &mask_card_bytes(value).map_or(Cow::Borrowed(value), Cow::Owned));
        } else {
            encode(&mut text, &mask_long_numbers(value));
        }
    }
    text
}

fn encode(text: &mut Vec<u8>, bytes: &[u8]) {
    for part in percent_encode(bytes, NON_ALPHANUMERIC_BUT_SAFE) {
        text.extend_from_slice(part.as_bytes());
    }
}

const NON_ALPHANUMERIC_BUT_SAFE: &percent_encoding::AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'*').remove(b'[').remove(b']');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_show() {
        let body = b"card_number=4900000000000000&connect_password=pw&card_conf_number=123&memo=4900-0000+0000%200000&payment_id=123456789012345";
        let text = String::from_utf8(masked(&Form::read(None, body), |name, _| name == b"payment_id")).unwrap();
        assert_eq!(
            text,
            "card_number=************0000&connect_password=**&card_conf_number=***&memo=****%2D****%20****%200000&payment_id=123456789012345"
                .replace("%2D", "-")
        );
    }

    #[test]
    fn the_names_of_the_catalog_need_no_encoding() {
        for field in catalog().telegrams().into_iter().flat_map(|spec| &spec.request).chain(catalog().header()) {
            let mut encoded = Vec::new();
            encode(&mut encoded, field.name.as_bytes());
            assert_eq!(encoded, field.name.as_bytes());
        }
    }

    #[test]
    fn whoever_reads_keeps_nobody_from_writing() {
        let (done, is_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let journal = Journal::default();
            let now: Moment = "2026-01-01T00:00:00+09:00".parse().unwrap();
            for _ in 0..3 {
                journal.add(Entry::new(About::Page("page".into()), now, "/"));
            }
            let read = journal.newest(10, |_| journal.add(Entry::new(About::Page("page".into()), now, "/")) > 0);
            done.send((read.len(), journal.last_id())).unwrap();
        });
        let read = is_done.recv_timeout(std::time::Duration::from_secs(20)).expect("a reader held the lock");
        assert_eq!(read, (3, 6), "what came meanwhile is newer than what was asked for");
    }

    #[test]
    fn numbers_that_begin_again_leave_no_two_entries_with_one() {
        let journal = Journal::default();
        let now: Moment = "2026-01-01T00:00:00+09:00".parse().unwrap();
        let entry = || Entry::new(About::Page("page".into()), now, "/");
        journal.add(entry());
        let slow = journal.reserve();
        journal.restart();
        assert_eq!((journal.add(entry()), journal.enter(Some(slow), entry()), journal.last_id()), (1, 2, 2));
        assert_eq!(journal.starts(), 1);
    }

    #[test]
    fn nobody_reads_past_an_entry_that_is_still_to_be_written() {
        let journal = Journal::default();
        let now: Moment = "2026-01-01T00:00:00+09:00".parse().unwrap();
        let entry = || Entry::new(About::Page("page".into()), now, "/");
        let ids = |entries: Vec<Arc<Entry>>| entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!(journal.add(entry()), 1);
        let (slow, given_up) = (journal.reserve(), journal.reserve());
        assert_eq!(journal.add(entry()), 4);
        assert_eq!((ids(journal.after(0, 9)), journal.last_id()), (vec![1], 1), "2 must not be missed");
        assert_eq!(ids(journal.newest(9, |_| true)), [4, 1]);
        let mut added = journal.follow();
        added.borrow_and_update();
        assert_eq!(journal.enter(Some(slow), entry()), 2);
        assert!(added.has_changed().unwrap());
        assert_eq!((ids(journal.after(1, 9)), journal.last_id()), (vec![2], 2));
        added.borrow_and_update();
        drop(given_up);
        assert!(added.has_changed().unwrap(), "who waited for it must look again");
        assert_eq!((ids(journal.after(1, 9)), journal.last_id()), (vec![2, 4], 4));
        assert!(journal.entry(3).is_none());
    }

    #[test]
    fn the_oldest_entries_are_dropped() {
        let journal = Journal::default();
        let now: Moment = "2026-01-01T00:00:00+09:00".parse().unwrap();
        for _ in 0..40 {
            journal
                .add(Entry { answer: vec![0; 1024 * 1024].into(), ..Entry::new(About::Page("page".into()), now, "/") });
        }
        let kept = journal.newest(100, |_| true);
        assert_eq!(kept.first().map(|entry| entry.id), Some(40));
        assert!(kept.len() < 16);
    }
}
