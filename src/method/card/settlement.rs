//! The operations of 021, 022 and 023, and the statuses that they lead through (`card_states.md` section 3).

use crate::method::card::states::{
    CANCELLED, CANCELLING, CAPTURED, CAPTURED_FOR_GOOD, CAPTURING, EXPIRED, REFUND_SUMMED, REFUNDED, REFUNDING,
};
use crate::payment::Status;

/// What a shop does with an authorized or captured payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settlement {
    /// 021.
    Cancel,
    /// 022.
    Capture,
    /// 023.
    Refund,
}

impl Settlement {
    /// 電文種別ID.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Settlement::Cancel => "021",
            Settlement::Capture => "022",
            Settlement::Refund => "023",
        }
    }

    /// The status in which the card company is asked, and those after its consent.
    pub(super) fn path(self) -> &'static [Status] {
        match self {
            Settlement::Cancel => &[CANCELLING, CANCELLED],
            Settlement::Capture => &[CAPTURING, CAPTURED],
            Settlement::Refund => &[REFUNDING, REFUND_SUMMED, REFUNDED],
        }
    }

    /// Whether a payment is past the time limit for it.
    pub(super) fn is_late(self, status: Status) -> bool {
        matches!((self, status), (Settlement::Capture, EXPIRED) | (Settlement::Refund, CAPTURED_FOR_GOOD))
    }
}
