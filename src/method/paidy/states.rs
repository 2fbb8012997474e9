//! The one table of a Paidy payment's transitions (`paidy.md` sections 4 and 5).

use crate::payment::{PaymentType, Table, TransitionGroup, Trigger};

/// All transitions of a Paidy payment.
///
/// 30, 31 and 42 are entered when Paidy does not answer in time; the clock leads out of them when the
/// gateway has asked again. From nothing to 40 is what is left after a partial refund.
pub const TABLE: Table = Table {
    payment_type: PaymentType::PAIDY,
    groups: &[
        TransitionGroup { by: Trigger::Vendor, steps: &[(0, 20)] },
        TransitionGroup { by: Trigger::telegram(b"340"), steps: &[(20, 32), (20, 31)] },
        TransitionGroup { by: Trigger::telegram(b"341"), steps: &[(20, 40), (20, 30)] },
        TransitionGroup { by: Trigger::telegram(b"342"), steps: &[(40, 60), (40, 42), (0, 40)] },
        TransitionGroup {
            by: Trigger::MerchantSite,
            steps: &[(20, 32), (20, 31), (20, 40), (20, 30), (40, 60), (40, 42), (0, 40)],
        },
        TransitionGroup {
            by: Trigger::Clock,
            steps: &[(31, 32), (31, 20), (30, 40), (30, 20), (42, 60), (42, 40), (0, 40), (20, 33), (20, 31), (40, 41)],
        },
    ],
};
