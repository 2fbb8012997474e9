//! Which entries are kept, and which give way when there is no room for more.
//!
//! Merchants share the room, and none of them can push out what the others want to read: as long as somebody has more
//! than his share, his oldest entries give way; else the oldest of all.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU64;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::journal::Entry;
use crate::merchant::MerchantId;
use crate::payment::EntryId;

/// How many bytes all entries take.
pub(super) const CAPACITY: usize = 16 * 1024 * 1024;
/// How many of them are safe from others.
const SHARE: usize = CAPACITY / 8;

/// Entries that were dropped; freeing them is nobody's business who waits for the store.
pub(super) type Dropped = SmallVec<[Arc<Entry>; 2]>;

/// The entries that are kept.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// By rising number. An entry that was dropped before an older one of another merchant leaves a gap.
    entries: VecDeque<(u64, Option<Arc<Entry>>)>,
    kept: usize,
    refused: usize,
    bytes: usize,
    last_id: u64,
    /// How often the numbers began again from 1.
    starts: u64,
    /// Numbers whose entries are still to be written, rising.
    reserved: SmallVec<[u64; 8]>,
    /// By merchant; entries of nobody have a ring of their own.
    rings: HashMap<Option<MerchantId>, Ring, RandomState>,
    /// Whose rings are above their share: eight at most.
    heavy: Vec<Option<MerchantId>>,
}

/// The entries of one merchant.
#[derive(Debug, Default)]
struct Ring {
    ids: VecDeque<u64>,
    bytes: usize,
}

impl Store {
    /// The next number, under which an entry will be added.
    pub(super) fn reserve(&mut self) -> EntryId {
        let id = NonZeroU64::MIN.saturating_add(self.last_id);
        self.last_id = id.get();
        self.reserved.push(self.last_id);
        EntryId(id)
    }

    /// There will be no entry under this number.
    pub(super) fn give_up(&mut self, id: EntryId) {
        self.reserved.retain(|reserved| *reserved != id.0.get());
    }

    /// Keeps an entry under the number that was reserved for it. Returns its number.
    pub(super) fn add(&mut self, mut id: EntryId, mut entry: Entry) -> (u64, Dropped) {
        if !self.reserved.contains(&id.0.get()) {
            // The numbers began again meanwhile.
            id = self.reserve();
        }
        self.give_up(id);
        entry.id = id.0.get();
        let size = entry.size();
        self.kept += 1;
        self.refused += usize::from(entry.refusal.is_some());
        self.bytes += size;
        if !self.rings.contains_key(&entry.merchant_id) {
            self.rings.insert(entry.merchant_id.clone(), Ring::default());
        }
        if let Some(ring) = self.rings.get_mut(&entry.merchant_id) {
            let was_light = ring.bytes <= SHARE;
            // Nearly always the last one.
            ring.ids.insert(ring.ids.partition_point(|known| *known < entry.id), entry.id);
            ring.bytes += size;
            if was_light && ring.bytes > SHARE {
                self.heavy.push(entry.merchant_id.clone());
            }
        }
        self.entries.insert(self.place(entry.id), (entry.id, Some(Arc::new(entry))));
        let mut dropped = Dropped::new();
        while self.bytes > CAPACITY {
            let Some(entry) = self.next_to_go().and_then(|id| self.take(id)) else { break };
            dropped.push(entry);
        }
        (id.0.get(), dropped)
    }

    /// The oldest entry of whoever has most above his share; if nobody has, the oldest of all.
    fn next_to_go(&self) -> Option<u64> {
        let heaviest = match &*self.heavy {
            [] => return self.entries.front().map(|(id, _)| *id),
            [only] => self.rings.get(only),
            several => several.iter().filter_map(|whose| self.rings.get(whose)).max_by_key(|ring| ring.bytes),
        };
        heaviest?.ids.front().copied()
    }

    fn take(&mut self, id: u64) -> Option<Arc<Entry>> {
        let at = self.place(id);
        let entry = self.entries.get_mut(at).filter(|(known, _)| *known == id)?.1.take()?;
        let size = entry.size();
        self.kept -= 1;
        self.refused -= usize::from(entry.refusal.is_some());
        self.bytes -= size;
        if let Some(ring) = self.rings.get_mut(&entry.merchant_id) {
            ring.bytes -= size;
            // Only the oldest of a ring goes.
            ring.ids.pop_front();
            if ring.bytes <= SHARE {
                self.heavy.retain(|whose| *whose != entry.merchant_id);
            }
            if ring.ids.is_empty() {
                self.rings.remove(&entry.merchant_id);
            }
        }
        self.close_gaps();
        Some(entry)
    }

    /// Gaps cost little, but there must not be more and more of them behind one old entry.
    fn close_gaps(&mut self) {
        while self.entries.front().is_some_and(|(_, entry)| entry.is_none()) {
            self.entries.pop_front();
        }
        if self.entries.len() > 2 * self.kept + 64 {
            self.entries.retain(|(_, entry)| entry.is_some());
        }
    }

    /// Where an entry is, or where it would be.
    fn place(&self, id: u64) -> usize {
        self.entries.partition_point(|(known, _)| *known < id)
    }

    /// One entry.
    pub(super) fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        self.entries.get(self.place(id)).filter(|(known, _)| *known == id)?.1.clone()
    }

    /// The entries after a number, oldest first, at most `limit`; none behind one that is still to be written.
    pub(super) fn after(&self, id: u64, limit: usize) -> Vec<Arc<Entry>> {
        let end = self.place(self.last_id().saturating_add(1));
        let start = self.place(id.saturating_add(1)).min(end);
        self.entries.range(start..end).filter_map(|(_, entry)| entry.clone()).take(limit).collect()
    }

    /// The entries before a number, newest first, at most `limit`.
    pub(super) fn before(&self, id: u64, limit: usize) -> Vec<Arc<Entry>> {
        let end = self.place(id);
        self.entries.range(..end).rev().filter_map(|(_, entry)| entry.clone()).take(limit).collect()
    }

    /// The number before which no entry is still to be written; 0 when there was none.
    pub(super) fn last_id(&self) -> u64 {
        self.reserved.first().map_or(self.last_id, |first| first - 1)
    }

    /// How many entries are kept, and how many of them were refused.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.kept, self.refused)
    }

    /// How often the numbers began again from 1.
    pub(super) fn starts(&self) -> u64 {
        self.starts
    }

    /// Forgets all entries; the next number is 1 again.
    pub(super) fn restart(&mut self) -> Store {
        let starts = self.starts + 1;
        std::mem::replace(self, Store { starts, ..Store::default() })
    }

    /// Forgets the entries of one merchant, or all.
    pub(super) fn clear(&mut self, merchant_id: Option<&MerchantId>) -> Vec<Arc<Entry>> {
        let ids: Vec<u64> = match merchant_id {
            Some(id) => {
                self.rings.get(&Some(id.clone())).map_or_else(Vec::new, |ring| ring.ids.iter().copied().collect())
            }
            None => {
                let (last_id, reserved) = (self.last_id, std::mem::take(&mut self.reserved));
                let old = std::mem::replace(self, Store { last_id, reserved, starts: self.starts, ..Store::default() });
                return old.entries.into_iter().filter_map(|(_, entry)| entry).collect();
            }
        };
        ids.into_iter().filter_map(|id| self.take(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::About;

    fn entry(whose: &str, bytes: usize) -> Entry {
        let merchant_id = Some(MerchantId::new(whose));
        let now = "2026-01-01T00:00:00+09:00".parse().unwrap();
        Entry { merchant_id, answer: vec![0; bytes].into(), ..Entry::new(About::Page("page".into()), now, "/") }
    }

    fn add(store: &mut Store, entry: Entry) {
        let id = store.reserve();
        store.add(id, entry);
    }

    fn kept(store: &Store, whose: &str) -> Vec<u64> {
        let mut all = store.before(u64::MAX, usize::MAX);
        all.retain(|entry| entry.merchant_id.as_ref().is_some_and(|id| id.as_str() == whose));
        all.iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn a_load_test_of_one_merchant_leaves_the_others_their_entries() {
        let mut store = Store::default();
        add(&mut store, entry("quiet", 1000));
        for _ in 0..1000 {
            add(&mut store, entry("loud", SHARE / 20));
        }
        add(&mut store, entry("quiet", 1000));
        assert_eq!(kept(&store, "quiet"), [1002, 1]);
        let loud = kept(&store, "loud");
        assert_eq!((loud.first(), loud.len()), (Some(&1001), 159), "the newest of the others");
        assert_eq!(store.counts().0, 161);
        assert!(store.bytes <= CAPACITY && store.entries.len() < 1000, "nor do gaps add up");
        assert_eq!(store.after(1, 1)[0].id, *loud.last().unwrap(), "gaps are passed over");
        assert!(store.entry(2).is_none() && store.entry(1).is_some());
    }

    #[test]
    fn among_many_of_the_same_weight_the_oldest_go() {
        let mut store = Store::default();
        for number in 0..100 {
            add(&mut store, entry(&number.to_string(), CAPACITY / 20));
        }
        let all = store.before(u64::MAX, usize::MAX);
        assert_eq!(all.iter().map(|entry| entry.id).collect::<Vec<_>>(), (82..=100).rev().collect::<Vec<_>>());
        assert!(store.heavy.is_empty() && store.rings.len() == all.len());
    }

    #[test]
    fn what_is_forgotten_counts_no_more() {
        let mut store = Store::default();
        for whose in ["a", "b", "a"] {
            add(&mut store, entry(whose, SHARE));
        }
        assert_eq!(store.clear(Some(&MerchantId::new("a"))).len(), 2);
        assert_eq!((kept(&store, "b"), store.counts().0, store.heavy.len()), (vec![2], 1, 1));
        assert_eq!(store.clear(None).len(), 1);
        assert_eq!((store.bytes, store.last_id(), store.counts().0), (0, 3, 0));
    }
}
