//! The statuses and the table of an electronic money payment (`cash_states.md`, type 11).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済.
pub(super) const APPLIED: Status = Status(10);
/// 消込済.
pub(super) const CLEARED: Status = Status(40);
/// 消込済（売上取消期限切）.
pub(super) const CLEARED_FOR_GOOD: Status = Status(41);
/// 売上取消済.
pub(super) const REFUNDED: Status = Status(60);

/// All transitions of an electronic money payment. The test tool does not serve it: WebMoney has its own test screen.
pub const TABLE: Table = Table {
    payment_type: PaymentType::EMONEY,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"150"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::telegram(b"152"), steps: &[(40, 60)] },
        TransitionGroup { by: Trigger::telegram(b"153"), steps: &[(40, 60), (0, 40)] },
        TransitionGroup { by: Trigger::Shopper, steps: &[(10, 40)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(10, 40)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(40, 41)] },
    ],
};
