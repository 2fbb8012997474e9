//! The statuses of a Paidy payment, and the one table of its transitions (`paidy.md` sections 4 and 5).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// オーソリOK.
pub(super) const AUTHORIZED: Status = Status(20);
/// 売上要求中.
pub(super) const CAPTURING: Status = Status(30);
/// オーソリ取消中.
pub(super) const CANCELLING: Status = Status(31);
/// オーソリ取消済.
pub(super) const CANCELLED: Status = Status(32);
/// オーソリ期限切.
pub(super) const AUTHORIZATION_EXPIRED: Status = Status(33);
/// 消込済.
pub(super) const CAPTURED: Status = Status(40);
/// 消込済（売上取消期限切）.
pub(super) const CAPTURED_FOR_GOOD: Status = Status(41);
/// 返金要求中.
pub(super) const REFUNDING: Status = Status(42);
/// 売上取消済.
pub(super) const REFUNDED: Status = Status(60);

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
