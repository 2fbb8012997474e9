//! Whose a payment or a record is, when only its id is known.
//!
//! Payment ids rise without great gaps, so that a list of short numbers by id takes four bytes a payment.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use crate::ledger::RecordKind;
use crate::merchant::MerchantId;
use crate::payment::PaymentId;

/// How many payments share a piece of the list. A piece goes when none of them is left.
const PIECE: u64 = 4096;

/// A merchant's short number; 0 is nobody's.
pub(super) type Number = u32;

/// Who owns what.
#[derive(Debug, Default)]
pub(super) struct Owners {
    last: AtomicU32,
    names: DashMap<Number, MerchantId, RandomState>,
    pieces: RwLock<HashMap<u64, Piece, RandomState>>,
    /// By the hash of kind and key.
    records: DashMap<u64, Number, RandomState>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Piece {
    owners: Box<[AtomicU32]>,
    payments: AtomicU32,
}

impl Owners {
    /// A number for a merchant, which no other has or had.
    pub(super) fn admit(&self, merchant_id: &MerchantId) -> Number {
        let number = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        self.names.insert(number, merchant_id.clone());
        number
    }

    /// Ends a number: what it owned is nobody's.
    pub(super) fn dismiss(&self, number: Number) {
        self.names.remove(&number);
    }

    /// Writes down whose a new payment is.
    pub(super) fn put_payment(&self, id: PaymentId, number: Number) {
        let enter = |piece: &Piece| {
            piece.owners[place(id)].store(number, Ordering::Relaxed);
            piece.payments.fetch_add(1, Ordering::Relaxed);
        };
        let key = id.0 / PIECE;
        if let Some(piece) = self.pieces.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return enter(piece);
        }
        enter(self.pieces.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(Piece::new));
    }

    /// Forgets payments.
    pub(super) fn forget_payments(&self, ids: impl Iterator<Item = PaymentId>) {
        let mut empty = Vec::new();
        for id in ids {
            let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
            let Some(piece) = pieces.get(&(id.0 / PIECE)) else { continue };
            piece.owners[place(id)].store(0, Ordering::Relaxed);
            if piece.payments.fetch_sub(1, Ordering::Relaxed) == 1 {
                empty.push(id.0 / PIECE);
            }
        }
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        for key in empty {
            // A new payment may have come meanwhile.
            if pieces.get(&key).is_some_and(|piece| piece.payments.load(Ordering::Relaxed) == 0) {
                pieces.remove(&key);
            }
        }
    }

    /// Whose payment this is.
    pub(super) fn of_payment(&self, id: PaymentId) -> Option<MerchantId> {
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let number = pieces.get(&(id.0 / PIECE))?.owners[place(id)].load(Ordering::Relaxed);
        drop(pieces);
        self.name(number)
    }

    /// Writes down whose a record is that nobody else can have.
    pub(super) fn put_record(&self, kind: RecordKind, key: &str, number: Number) {
        self.records.insert(self.hasher.hash_one((kind, key)), number);
    }

    /// Forgets a record.
    pub(super) fn forget_record(&self, kind: RecordKind, key: &str, number: Number) {
        self.records.remove_if(&self.hasher.hash_one((kind, key)), |_, known| *known == number);
    }

    /// Who may have this record; nobody else can.
    pub(super) fn of_record(&self, kind: RecordKind, key: &str) -> Option<MerchantId> {
        let number = *self.records.get(&self.hasher.hash_one((kind, key)))?;
        self.name(number)
    }

    fn name(&self, number: Number) -> Option<MerchantId> {
        self.names.get(&number).map(|name| name.clone())
    }
}

impl Piece {
    fn new() -> Piece {
        Piece { owners: (0..PIECE).map(|_| AtomicU32::new(0)).collect(), payments: AtomicU32::new(0) }
    }
}

/// Where a payment stands in its piece.
fn place(id: PaymentId) -> usize {
    (id.0 % PIECE) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_takes_no_room() {
        let owners = Owners::default();
        let (first, second) = (owners.admit(&MerchantId::new("1")), owners.admit(&MerchantId::new("2")));
        let ids = |step: u64| (30_000_001..30_030_001).step_by(2).map(move |id| PaymentId(id + step));
        ids(0).for_each(|id| owners.put_payment(id, first));
        ids(1).for_each(|id| owners.put_payment(id, second));
        let of = |id| owners.of_payment(PaymentId(id)).map(|id| id.to_string());
        assert_eq!([of(30_000_001), of(30_029_998), of(30_030_001)], [Some("1".into()), Some("2".into()), None]);
        owners.forget_payments(ids(0));
        owners.dismiss(first);
        assert_eq!([of(30_000_001), of(30_000_002)], [None, Some("2".into())]);
        owners.forget_payments(ids(1));
        assert!(owners.pieces.read().unwrap().is_empty());
        owners.put_record(RecordKind::new("kind"), "key", second);
        owners.forget_record(RecordKind::new("kind"), "key", first);
        assert_eq!(owners.of_record(RecordKind::new("kind"), "key"), Some(MerchantId::new("2")));
        owners.forget_record(RecordKind::new("kind"), "key", second);
        assert!(owners.records.is_empty());
    }
}
