//! The statuses of a card payment and the one table of its transitions (`card_states.md` sections 1 to 3).

use crate::payment::{PaymentType, Status, Table, TransitionGroup, Trigger};

/// 申込済: applied for; it stays so only after an input error, and can be tried again.
pub(crate) const APPLIED: Status = Status(10);
/// オーソリNG: the authorization was refused.
pub(crate) const REFUSED: Status = Status(11);
/// 3Dセキュア中断: the buyer never came back from the issuer.
pub(crate) const AUTHENTICATION_ABANDONED: Status = Status(13);
/// 3Dセキュア認証: the buyer is at the issuer.
pub(crate) const AUTHENTICATING: Status = Status(14);
/// トランザクションブロック: the blocker of mass transactions refused it.
pub(crate) const BLOCKED: Status = Status(15);
/// 有効性確認NG: a validity check found the card bad.
pub(crate) const INVALID: Status = Status(17);
/// オーソリOK.
pub(crate) const AUTHORIZED: Status = Status(20);
/// 有効性確認済: a validity check found the card good.
pub(crate) const VALID: Status = Status(22);
/// 売上要求中.
pub(crate) const CAPTURING: Status = Status(30);
/// オーソリ取消中.
pub(crate) const CANCELLING: Status = Status(31);
/// オーソリ取消済.
pub(crate) const CANCELLED: Status = Status(32);
/// オーソリ期限切: it can no longer be captured.
pub(crate) const EXPIRED: Status = Status(33);
/// 消込済: captured.
pub(crate) const CAPTURED: Status = Status(40);
/// 消込済（売上取消期限切）: its capture can no longer be cancelled.
pub(crate) const CAPTURED_FOR_GOOD: Status = Status(41);
/// 売上取消中.
pub(crate) const REFUNDING: Status = Status(42);
/// 売上取消集計中: the second step of cancelling a capture.
pub(crate) const REFUND_SUMMED: Status = Status(50);
/// 売上取消済.
pub(crate) const REFUNDED: Status = Status(60);

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
