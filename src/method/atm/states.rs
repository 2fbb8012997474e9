//! The statuses and the table of an ATM payment (`cash_states.md`, type 01).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済.
pub(super) const APPLIED: Status = Status(10);
/// 支払期限切.
pub(super) const EXPIRED: Status = Status(12);
/// 消込済.
pub(super) const CLEARED: Status = Status(40);

/// All transitions of an ATM payment.
pub const TABLE: Table = Table {
    payment_type: PaymentType::ATM,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"010"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Shopper, steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(10, 40)] },
        TransitionGroup { by: Trigger::Tool, steps: &[(10, 40), (10, 12)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(10, 12)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(10, 12)] },
    ],
};
