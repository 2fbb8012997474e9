//! The one table of a card payment's transitions (`card_states.md` sections 2 and 3).

use crate::payment::{PaymentType, Table, TransitionGroup, Trigger};

/// All transitions of a card payment.
///
/// A telegram follows its own rows until there is none left, stopping where the card company fails; a
/// status without a row for a telegram refuses it.
pub const TABLE: Table = Table {
    payment_type: PaymentType::CARD,
    groups: &[
        TransitionGroup {
            by: Trigger::telegram(b"020"),
            steps: &[(0, 10), (10, 10), (10, 11), (10, 15), (10, 14), (10, 20), (20, 40), (0, 22), (0, 17)],
        },
        // Validity checks.
        TransitionGroup { by: Trigger::telegram(b"025"), steps: &[(0, 22), (0, 17)] },
        TransitionGroup { by: Trigger::telegram(b"116"), steps: &[(0, 22), (0, 17)] },
        TransitionGroup { by: Trigger::telegram(b"021"), steps: &[(20, 31), (31, 32), (32, 32), (33, 33)] },
        TransitionGroup { by: Trigger::telegram(b"022"), steps: &[(20, 30), (30, 40), (40, 40), (41, 41)] },
        TransitionGroup { by: Trigger::telegram(b"023"), steps: &[(40, 42), (42, 50), (50, 60), (60, 60)] },
        TransitionGroup {
            by: Trigger::telegram(b"028"),
            steps: &[(0, 10), (10, 11), (10, 20), (20, 31), (31, 32), (40, 42), (42, 50), (50, 60)],
        },
        TransitionGroup {
            by: Trigger::telegram(b"029"),
            steps: &[(0, 10), (10, 11), (10, 20), (20, 30), (30, 40), (20, 31), (31, 32), (40, 42), (42, 50), (50, 60)],
        },
        // What the merchants' site does is one of the telegrams 021, 022, 023, 028 and 029.
        TransitionGroup {
            by: Trigger::MerchantSite,
            steps: &[(0, 10), (10, 11), (10, 20), (20, 30), (30, 40), (20, 31), (31, 32), (40, 42), (42, 50), (50, 60)],
        },
        TransitionGroup {
            by: Trigger::Shopper,
            steps: &[
                (0, 10),
                (10, 10),
                (10, 11),
                (10, 14),
                (10, 15),
                (10, 20),
                (14, 20),
                (14, 11),
                (20, 40),
                (0, 22),
                (0, 17),
            ],
        },
        // Recurring charges: at their start, when they are resumed, and on their days. What time does to a payment that
        // is there already stands first.
        TransitionGroup { by: Trigger::telegram(b"280"), steps: &[(0, 10), (10, 11), (10, 20), (20, 40)] },
        TransitionGroup { by: Trigger::telegram(b"282"), steps: &[(0, 10), (10, 11), (10, 20), (20, 40)] },
        TransitionGroup {
            by: Trigger::Clock,
            steps: &[(10, 11), (14, 13), (20, 33), (40, 41), (20, 32), (0, 10), (10, 20), (20, 40)],
        },
    ],
};

/// Statuses in which a time limit has passed, and the telegram that is answered 2007 for it.
pub(super) const EXPIRED: &[(u8, &str)] = &[(33, "022"), (41, "023")];
