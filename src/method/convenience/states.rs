//! The statuses and the tables of payments by number and by printed slip (`cash_states.md`, types 03 and 04).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済.
pub(super) const APPLIED: Status = Status(10);
/// 支払期限切; of a slip 有効期限切.
pub(super) const EXPIRED: Status = Status(12);
/// 消込済.
pub(super) const CLEARED: Status = Status(40);
/// 速報検知済.
pub(super) const REPORTED: Status = Status(43);
/// 速報取消済.
pub(super) const WITHDRAWN: Status = Status(61);

/// All transitions of a payment by number. Which of them a store makes depends on whether it reports at once.
pub const NUMBER: Table = Table {
    payment_type: PaymentType::CONVENIENCE,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"030"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Shopper, steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(10, 40), (10, 43), (43, 40), (43, 61)] },
        TransitionGroup { by: Trigger::Tool, steps: &[(10, 40), (10, 43), (10, 12), (43, 40), (43, 61)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(10, 12)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(10, 12)] },
    ],
};

/// All transitions of a payment by printed slip.
pub const SLIP: Table = Table {
    payment_type: PaymentType::CONVENIENCE_SLIP,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"040"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(0, 43), (10, 43), (43, 40), (43, 61), (61, 43)] },
        TransitionGroup { by: Trigger::Tool, steps: &[(0, 43), (10, 43), (10, 12), (43, 40), (43, 61)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(10, 12)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(10, 12)] },
    ],
};
