//! The statuses and the table of a virtual account payment (`cash_states.md`, type 07).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済.
pub(super) const APPLIED: Status = Status(10);
/// 支払期限切.
pub(super) const EXPIRED: Status = Status(12);
/// 支払期限切（消込対象外）.
pub(super) const CLOSED: Status = Status(16);
/// 消込済.
pub(super) const CLEARED: Status = Status(40);

/// All transitions of a virtual account payment. A transfer that fits no claim makes a payment of its own.
pub const TABLE: Table = Table {
    payment_type: PaymentType::VIRTUAL_ACCOUNT,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"070"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(0, 40), (10, 40), (12, 40)] },
        TransitionGroup { by: Trigger::Tool, steps: &[(0, 40), (10, 40), (10, 12), (12, 40), (12, 16)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(10, 40), (12, 40), (16, 40)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(10, 12), (12, 16)] },
    ],
};
