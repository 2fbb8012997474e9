//! What a decision draws: ids, numbers, and texts that nobody can guess.

use std::cell::RefCell;

use smallvec::SmallVec;

use crate::ledger::{Ids, RecordKind, Stored};
use crate::merchant::MerchantId;
use crate::payment::PaymentId;
use crate::random::{self, Seed};

/// The numbers that say which of a seed's texts is next are of this kind.
const SEEDED: RecordKind = RecordKind::new("unguessable");

/// Where a decision draws from. What it has drawn is given to it again, in the same order, when it must be made anew:
/// how often that is depends on others, and nothing that is answered may.
pub(super) struct Draws<'a> {
    ids: &'a dyn Ids,
    seed: Option<&'a Seed>,
    merchant_id: &'a MerchantId,
    payment_ids: Drawn<(), PaymentId>,
    numbers: Drawn<RecordKind, u64>,
    texts: Drawn<Shape, String>,
}

/// How a text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// So many letters and digits.
    Text(usize),
    Uuid,
}

impl<'a> Draws<'a> {
    pub(super) fn new(ids: &'a dyn Ids, seed: Option<&'a Seed>, merchant_id: &'a MerchantId) -> Draws<'a> {
        let (payment_ids, numbers, texts) = (Drawn::default(), Drawn::default(), Drawn::default());
        Draws { ids, seed, merchant_id, payment_ids, numbers, texts }
    }

    /// The decision is made anew.
    pub(super) fn again(&self) {
        self.payment_ids.again();
        self.numbers.again();
        self.texts.again();
    }

    pub(super) fn payment_id(&self) -> Stored<PaymentId> {
        self.payment_ids.draw((), || self.ids.next_payment_id())
    }

    pub(super) fn number(&self, kind: RecordKind) -> Stored<u64> {
        self.numbers.draw(kind, || self.ids.next_number(self.merchant_id, kind))
    }

    pub(super) fn text(&self, length: usize) -> Stored<String> {
        self.unguessable(Shape::Text(length))
    }

    pub(super) fn uuid(&self) -> Stored<String> {
        self.unguessable(Shape::Uuid)
    }

    fn unguessable(&self, shape: Shape) -> Stored<String> {
        self.texts.draw(shape, || match self.seed {
            None => Ok(shape.of(random::bytes)),
            // The places are kept with all else that the merchant has, and start again with it.
            Some(seed) => {
                let place = self.ids.next_number(self.merchant_id, SEEDED)?;
                Ok(shape.of(seed.stream(self.merchant_id.as_str(), place)))
            }
        })
    }
}

impl Shape {
    fn of(self, source: impl FnMut() -> [u8; 32]) -> String {
        match self {
            Shape::Text(length) => random::text_of(length, source),
            Shape::Uuid => random::uuid_of(source),
        }
    }
}

/// What was drawn, by what it is, and whether the decision has it already.
struct Drawn<K, T>(RefCell<SmallVec<[(K, T, bool); 1]>>);

impl<K, T> Default for Drawn<K, T> {
    fn default() -> Drawn<K, T> {
        Drawn(RefCell::default())
    }
}

impl<K: PartialEq, T: Clone> Drawn<K, T> {
    fn again(&self) {
        self.0.borrow_mut().iter_mut().for_each(|(.., given)| *given = false);
    }

    fn draw(&self, what: K, fresh: impl FnOnce() -> Stored<T>) -> Stored<T> {
        let mut drawn = self.0.borrow_mut();
        if let Some((_, known, given)) = drawn.iter_mut().find(|(key, _, given)| *key == what && !*given) {
            *given = true;
            return Ok(known.clone());
        }
        let value = fresh()?;
        drawn.push((what, value.clone(), true));
        Ok(value)
    }
}
