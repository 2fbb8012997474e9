//! What the notices say of each event (`paidy.md` section 5), whoever causes it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::json;

use super::*;
use crate::faults::Fault;
use crate::gateway::Gateway;
use crate::ledger::MemoryLedger;
use crate::merchant::{Merchant, MerchantId, Merchants};
use crate::payment::{PaymentId, Trigger};
use crate::secret::Secret;

/// A gateway at ten o'clock, and its first merchant.
struct World {
    gateway: Arc<Gateway>,
    merchant: Arc<Merchant>,
}

impl World {
    fn new() -> World {
        let ledger = Box::new(MemoryLedger::default());
        let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([0; 32])));
        gateway.clock.set(None, "2026-04-01T10:00:00+09:00".parse().unwrap(), true);
        let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
        World { gateway, merchant }
    }

    fn bought(&self) -> PaymentId {
        let sent =
            json!({"amount": 1000, "buyer": {"name1": "山田"}, "order": {"items": [{"id": 1}], "order_ref": "order"}});
        self.perform(Trigger::Vendor, |desk| receive(desk, "pay_1", Some(&sent)))
    }

    fn perform(&self, by: Trigger, decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>) -> PaymentId {
        let done = self.gateway.perform(&self.merchant, by, decide).now_or_never().unwrap().unwritten().unwrap();
        done.reply.get(name::PAYMENT_ID).map_or(PaymentId(0), |id| id.parse().unwrap())
    }

    /// Asks for an operation; the payment that the answer names.
    fn operate(&self, by: Trigger, operation: Operation, id: PaymentId, amount: Option<u64>) -> PaymentId {
        self.perform(by, |desk| operate(desk, operation, desk.payment(id).unwrap(), amount))
    }

    fn time_out(&self, kind: &str, done: bool) {
        self.gateway.faults.add(Fault {
            merchant_id: self.merchant.merchant_id.clone(),
            telegram_kind: kind.to_owned(),
            response_code: "24005".to_owned(),
            response_detail: String::new(),
            done,
            leaves: None,
            times: 1,
        });
    }

    fn advance(&self, span: jiff::Span) {
        self.gateway.advance(None, span).now_or_never().unwrap();
    }

    /// The notices so far: status, event, result, error code, amount; and whether the payment is the first one.
    fn notices(&self) -> Vec<(u8, String, u64)> {
        let notices = self.gateway.ledger.notices(&self.merchant.merchant_id, 1, 100);
        let told = notices.into_iter().map(|notice| {
            let value = |name| notice.attributes.get(name).unwrap_or_default();
            let event =
                format!("{} {} {}", value(name::EVENT), value(name::EVENT_RESULT), value(name::EVENT_ERROR_CODE));
            (notice.status.0, event.trim().to_owned(), notice.amount)
        });
        told.collect()
    }
}

fn minutes(minutes: i64) -> jiff::Span {
    jiff::Span::new().minutes(minutes)
}

fn days(days: i64) -> jiff::Span {
    jiff::Span::new().days(days)
}

#[test]
fn each_event_has_its_notice() {
    const FIRST: (u8, &str, u64) = (20, "authorize success", 1000);
    const CAPTURED: (u8, &str, u64) = (40, "capture success", 1000);
    let pending = |operation: Operation, done| {
        move |world: &World, id| {
            world.time_out("340", done);
            world.operate(Trigger::telegram(b"340"), operation, id, None);
            world.advance(minutes(10));
        }
    };
    type Row = (Box<dyn Fn(&World, PaymentId)>, Vec<(u8, &'static str, u64)>);
    let rows: Vec<Row> = vec![
        (Box::new(|_, _| ()), vec![FIRST]),
        (
            Box::new(|world, id| {
                world.operate(Trigger::telegram(b"340"), Operation::Cancel, id, None);
            }),
            vec![FIRST, (32, "cancel success", 1000)],
        ),
        (Box::new(pending(Operation::Cancel, true)), vec![FIRST, (32, "cancel success", 1000)]),
        (Box::new(pending(Operation::Cancel, false)), vec![FIRST, (20, "cancel failure 24005", 1000)]),
        (Box::new(|world, _| world.advance(days(31))), vec![FIRST, (33, "expire success", 1000)]),
        (
            Box::new(|world, _| {
                world.time_out("340", false);
                world.advance(days(31));
            }),
            vec![FIRST, (32, "expire success", 1000)],
        ),
    ];
    for (at, (play, expected)) in rows.into_iter().enumerate() {
        let world = World::new();
        let id = world.bought();
        play(&world, id);
        let expected: Vec<(u8, String, u64)> =
            expected.into_iter().map(|(status, event, amount)| (status, event.to_owned(), amount)).collect();
        assert_eq!(world.notices(), expected, "row {at}");
    }

    // Captures and refunds: what is asked, whether it times out and was done, and what is told after 20.
    let (capture, refund) = (Operation::Capture, Operation::Refund);
    for (operation, amount, timed_out, told) in [
        (capture, None, None, vec![CAPTURED]),
        (capture, None, Some(true), vec![CAPTURED]),
        (capture, None, Some(false), vec![(20, "capture failure 24005", 1000)]),
        (refund, None, None, vec![CAPTURED, (60, "refund success", 1000)]),
        (refund, Some(1000), None, vec![CAPTURED, (60, "refund success", 1000)]),
        (refund, None, Some(true), vec![CAPTURED, (60, "refund success", 1000)]),
        (refund, None, Some(false), vec![CAPTURED, (40, "refund failure 24005", 1000)]),
        (refund, Some(300), None, vec![CAPTURED, (60, "refund success", 1000), (40, "refund success", 700)]),
        (refund, Some(300), Some(true), vec![CAPTURED, (60, "refund success", 1000), (40, "refund success", 700)]),
        (refund, Some(300), Some(false), vec![CAPTURED, (40, "refund failure 24005", 1000)]),
        (Operation::Expire, None, None, vec![CAPTURED, (41, "expire success", 1000)]),
    ] {
        // The merchants' site may do the same as the telegrams.
        for by_site in [false, true] {
            let world = World::new();
            let by = |kind| if by_site { Trigger::MerchantSite } else { kind };
            let id = world.bought();
            if operation != capture {
                world.operate(by(Trigger::telegram(b"341")), capture, id, None);
            }
            if let Some(done) = timed_out {
                world.time_out(operation.kind(), done);
            }
            match operation {
                Operation::Expire => world.advance(days(91)),
                Operation::Refund => {
                    world.operate(by(Trigger::telegram(b"342")), operation, id, amount);
                }
                _ => {
                    world.operate(by(Trigger::telegram(b"341")), operation, id, amount);
                }
            }
            world.advance(minutes(10));
            let told =
                [FIRST].iter().chain(&told).map(|(status, event, amount)| (*status, (*event).to_owned(), *amount));
            let case = format!("{operation:?} {amount:?} {timed_out:?} by the site: {by_site}");
            assert_eq!(world.notices(), told.collect::<Vec<_>>(), "{case}");
        }
    }
}

#[test]
fn a_merchant_without_a_paidy_contract_is_refused() {
    let world = World::new();
    let mut merchant = (*world.merchant).clone();
    merchant.contracts.without_payment_types.insert(PaymentType::PAIDY);
    let sent = json!({"amount": 1, "buyer": {"name1": "山田"}, "order": {"items": [{"id": 1}]}});
    let refused = world.gateway.perform(&merchant, Trigger::Vendor, |desk| receive(desk, "pay_1", Some(&sent)));
    assert_eq!(refused.now_or_never().unwrap().unwritten().unwrap_err().code, "P007");
}
