//! The one table of a PayPay payment's transitions (`other_states.md` section 2).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済: the buyer may pay.
pub const APPLIED: Status = Status(10);
/// 申込中断: PayPay refused the purchase.
pub const REFUSED: Status = Status(15);
/// オーソリOK: bought, to be captured when the shop ships.
pub const AUTHORIZED: Status = Status(20);
/// 売上要求中: the buyer is asked whether he pays more.
pub const RAISING: Status = Status(30);
/// オーソリ取消済.
pub const CANCELLED: Status = Status(32);
/// オーソリ期限切.
pub const EXPIRED: Status = Status(33);
/// 消込済.
pub const CAPTURED: Status = Status(40);
/// 消込済（売上取消期限切）.
pub const SETTLED: Status = Status(41);
/// 売上取消済.
pub const REFUNDED: Status = Status(60);

/// All transitions of a PayPay payment.
///
/// From nothing to 40 is what is left after a refund of a part. A vendor's row is PayPay reporting what its buyer did.
pub const TABLE: Table = Table {
    payment_type: PaymentType::PAYPAY,
    groups: &[
        TransitionGroup { by: Trigger::telegram(b"420"), steps: &[(0, 10)] },
        TransitionGroup { by: Trigger::telegram(b"421"), steps: &[(20, 32), (40, 60), (0, 40)] },
        TransitionGroup { by: Trigger::telegram(b"422"), steps: &[(20, 40), (20, 30)] },
        TransitionGroup { by: Trigger::Shopper, steps: &[(0, 10), (10, 20), (10, 40), (10, 15), (30, 40)] },
        TransitionGroup { by: Trigger::Vendor, steps: &[(10, 20), (10, 40), (10, 15), (30, 40)] },
        TransitionGroup { by: Trigger::MerchantSite, steps: &[(20, 32), (20, 40), (20, 30), (40, 60), (0, 40)] },
        TransitionGroup { by: Trigger::Clock, steps: &[(20, 33), (30, 20), (40, 41)] },
    ],
};
