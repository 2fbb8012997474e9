//! The tables of payments by number and by printed slip (`cash_states.md`, types 03 and 04).

use crate::payment::{PaymentType, Table, TransitionGroup, Trigger};

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
