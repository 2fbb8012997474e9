//! The statuses and the table of an internet banking payment (`cash_states.md`, type 05).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済.
pub(super) const APPLIED: Status = Status(10);
/// 申込中断.
pub(super) const ABANDONED: Status = Status(15);
/// 消込済.
pub(super) const CLEARED: Status = Status(40);

/// All transitions of an internet banking payment. The buyer makes it by picking a bank.
pub const TABLE: Table = Table {
    payment_type: PaymentType::NET_BANK,
    groups: &[
        TransitionGroup { by: Trigger::Shopper, steps: &[(0, 10), (10, 40), (10, 15)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(10, 40), (10, 15), (15, 40)] },
        TransitionGroup { by: Trigger::Tool, steps: &[(10, 40), (10, 15)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(10, 15)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(10, 15)] },
    ],
};
