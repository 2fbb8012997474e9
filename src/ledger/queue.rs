//! Which notice of a merchant is pushed next.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::clock::Moment;
use crate::payment::PaymentId;

/// The notices of one merchant that wait for their push, and when each is ready.
///
/// A payment's notices go in the order of their numbers: only the first that waits can be next, however long the others
/// have been ready. Of those that are ready the lowest number is next, so that one that is not ready keeps nobody waiting
/// but its own payment's. In a database: of the waiting notices that are ready and have no earlier one of the same
/// payment that waits, the one with the lowest number.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// By payment, by rising number.
    waiting: HashMap<PaymentId, SmallVec<[(u64, Moment); 2]>, RandomState>,
    /// How many wait.
    len: usize,
    /// Each payment's first, if it was ready when somebody last looked.
    ready: BTreeSet<u64>,
    /// Each payment's first otherwise.
    later: BTreeSet<(Moment, u64)>,
}

/// What is pushed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This notice, now.
    Now(u64),
    /// Something, but not before this moment.
    At(Moment),
    /// Nothing waits.
    Nothing,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Lets a notice wait until it is ready, or changes when it is.
    pub(super) fn put(&mut self, payment_id: PaymentId, payment_notice_id: u64, ready_at: Moment) {
        let own = self.waiting.entry(payment_id).or_default();
        let first = own.first().copied();
        match own.binary_search_by_key(&payment_notice_id, |(id, _)| *id) {
            Ok(at) => own[at].1 = ready_at,
            Err(at) => {
                own.insert(at, (payment_notice_id, ready_at));
                self.len += 1;
            }
        }
        let now_first = own.first().copied();
        self.exchange(first, now_first);
    }

    /// Takes out a notice that waits no more.
    pub(super) fn remove(&mut self, payment_id: PaymentId, payment_notice_id: u64) {
        let Some(own) = self.waiting.get_mut(&payment_id) else { return };
        let Ok(at) = own.binary_search_by_key(&payment_notice_id, |(id, _)| *id) else { return };
        let first = own.first().copied();
        own.remove(at);
        self.len -= 1;
        let now_first = own.first().copied();
        if now_first.is_none() {
            self.waiting.remove(&payment_id);
        }
        self.exchange(first, now_first);
    }

    fn exchange(&mut self, old: Option<(u64, Moment)>, new: Option<(u64, Moment)>) {
        if old == new {
            return;
        }
        if let Some((id, at)) = old
            && !self.ready.remove(&id)
        {
            self.later.remove(&(at, id));
        }
        self.later.extend(new.map(|(id, at)| (at, id)));
    }

    /// What is pushed next at a moment of real time.
    pub(super) fn next(&mut self, now: Moment) -> Next {
        while let Some((at, id)) = self.later.first().copied()
            && at <= now
        {
            self.later.pop_first();
            self.ready.insert(id);
        }
        match (self.ready.first(), self.later.first()) {
            (Some(id), _) => Next::Now(*id),
            (None, Some((at, _))) => Next::At(*at),
            (None, None) => Next::Nothing,
        }
    }

    /// A payment's notices that wait, by rising number.
    pub(super) fn of(&self, payment_id: PaymentId) -> SmallVec<[u64; 2]> {
        self.waiting.get(&payment_id).into_iter().flatten().map(|(id, _)| *id).collect()
    }

    /// All notices that wait, by rising number.
    pub(super) fn all(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.waiting.values().flatten().map(|(id, _)| *id).collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        let start: Moment = "2026-12-01T09:00:00+09:00".parse().unwrap();
        start.plus(jiff::Span::new().seconds(seconds))
    }

    /// A queue of notices that are numbered from 1: each with its payment and the second in which it is ready.
    fn queue(notices: &[(u64, i64)]) -> Queue {
        let mut queue = Queue::default();
        for (number, (payment_id, second)) in notices.iter().enumerate() {
            queue.put(PaymentId(*payment_id), number as u64 + 1, at(*second));
        }
        queue
    }

    /// What is pushed in a second, one after the other, all being accepted.
    fn pushed(queue: &mut Queue, payments: &[(u64, i64)], second: i64) -> Vec<u64> {
        let mut pushed = Vec::new();
        while let Next::Now(id) = queue.next(at(second)) {
            queue.remove(PaymentId(payments[id as usize - 1].0), id);
            pushed.push(id);
        }
        pushed
    }

    #[test]
    fn one_that_is_held_stops_its_own_payments_notices_alone() {
        let notices = [(1, 30), (2, 1), (1, 2), (2, 0), (3, 0)];
        let mut queue = queue(&notices);
        assert_eq!(queue.next(at(-1)), Next::At(at(0)), "3 is ready, but not before 2 and 1");
        assert_eq!(pushed(&mut queue, &notices, 0), [5], "4 must not overtake 2");
        assert_eq!(queue.next(at(0)), Next::At(at(1)));
        assert_eq!(pushed(&mut queue, &notices, 1), [2, 4]);
        assert_eq!((pushed(&mut queue, &notices, 29), queue.len()), (vec![], 2));
        // The browser is back.
        queue.put(PaymentId(1), 1, at(29));
        assert_eq!(pushed(&mut queue, &notices, 29), [1, 3]);
        assert_eq!((queue.next(at(99)), queue.len()), (Next::Nothing, 0));
    }

    #[test]
    fn the_lowest_number_is_next_also_when_it_became_ready_later() {
        let notices = [(1, 5), (2, 0), (3, 0)];
        let mut queue = queue(&notices);
        assert_eq!(queue.next(at(0)), Next::Now(2));
        assert_eq!(queue.next(at(5)), Next::Now(1), "2 has failed meanwhile and comes again after it");
        // Sent again by hand, behind an earlier one of its payment.
        queue.put(PaymentId(1), 4, at(0));
        assert_eq!(queue.all(), [1, 2, 3, 4]);
        queue.remove(PaymentId(1), 1);
        assert_eq!(pushed(&mut queue, &[(1, 0), (2, 0), (3, 0), (1, 0)], 5), [2, 3, 4]);
    }
}
