//! A decision that is made anew, and decisions at once.

use std::cell::RefCell;

use futures_util::FutureExt as _;

use super::*;
use crate::faults::Fault;
use crate::ledger::{MemoryLedger, RecordKind};
use crate::payment::Status;

#[test]
fn a_decision_that_is_made_anew_meets_the_same_fault() {
    let ledger = Box::new(MemoryLedger::default());
    let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32])));
    let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
    let create = |desk: &Desk<'_>| {
        Ok(Outcome::changing(vec![desk.create(&method::atm::TABLE, Status(10), None, 100)?], Reply::ok()))
    };
    let by = Trigger::telegram(b"010");
    let created: Result<Done, Refusal> = gateway.perform(&merchant, by, create).now_or_never().unwrap().unwritten();
    let id = created.unwrap().payment_ids[0];
    gateway.faults.add(Fault {
        merchant_id: merchant.merchant_id.clone(),
        telegram_kind: "010".to_owned(),
        response_code: "2002".to_owned(),
        response_detail: String::new(),
        done: false,
        leaves: None,
        times: 1,
    });
    let touch = |desk: &Desk<'_>| {
        let payment = desk.payment(id).unwrap();
        Ok(Outcome::changing(vec![crate::payment::Change::of(payment)], Reply::ok()))
    };
    let met = RefCell::new(Vec::new());
    let done: Result<Done, Refusal> = gateway
        .perform(&merchant, by, |desk| {
            met.borrow_mut().push(desk.vendor("010").err().map(|failed| failed.code));
            let outcome = touch(desk);
            if met.borrow().len() == 1 {
                // Somebody else is quicker.
                let other: Result<Done, Refusal> =
                    gateway.perform(&merchant, by, touch).now_or_never().unwrap().unwritten();
                other.unwrap();
            }
            outcome
        })
        .now_or_never()
        .unwrap()
        .unwritten();
    assert!(done.is_ok());
    assert_eq!(met.into_inner(), [Some("2002".to_owned()), Some("2002".to_owned())]);
    assert!(gateway.faults.waiting().is_empty());
}

#[test]
fn a_decision_that_is_made_anew_draws_the_same() {
    let drawn = |overtaken: bool| {
        let mut gateway = Gateway::new(Merchants::open_door(), Box::new(MemoryLedger::default()), Secret::new([7; 32]));
        gateway.seed = Some(Seed::new(7));
        let gateway = Arc::new(gateway);
        let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
        let by = Trigger::telegram(b"010");
        let (tries, answers) = (RefCell::new(0), RefCell::new(Vec::new()));
        let put = |key: &'static str| {
            move |desk: &Desk<'_>| {
                let known = desk.kept(RecordKind::new("kind"), key);
                let record = known.unwrap_or_else(|| desk.new_record(RecordKind::new("kind"), key, &()));
                Ok(Outcome { records: vec![record], ..Outcome::reply(Reply::ok()) })
            }
        };
        for key in ["a", "b"] {
            let decide = |desk: &Desk<'_>| {
                let texts = [desk.unguessable(24), desk.unguessable(24), desk.uuid()];
                let numbers = [
                    desk.next_number(RecordKind::new("number")),
                    desk.next_number(RecordKind::new("other")),
                    desk.next_number(RecordKind::new("number")),
                ];
                answers.borrow_mut().push((texts, numbers, desk.next_payment_id()));
                let outcome = put(key)(desk);
                if overtaken && tries.replace_with(|tries| *tries + 1) == 0 {
                    let other: Result<Done, Refusal> =
                        gateway.perform(&merchant, by, put(key)).now_or_never().unwrap().unwritten();
                    other.unwrap();
                }
                outcome
            };
            let done: Result<Done, Refusal> =
                gateway.perform(&merchant, by, decide).now_or_never().unwrap().unwritten();
            done.unwrap();
        }
        answers.into_inner()
    };
    let (alone, overtaken) = (drawn(false), drawn(true));
    assert_eq!(overtaken.len(), 3);
    assert_eq!([&alone[0], &alone[0], &alone[1]], [&overtaken[0], &overtaken[1], &overtaken[2]]);
    assert_eq!(alone[1].1, [3, 2, 4]);
}

#[test]
fn two_decisions_at_once_do_not_both_find_nothing() {
    let ledger = Box::new(MemoryLedger::default());
    let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32])));
    let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
    let both_have_looked = std::sync::Barrier::new(2);
    let by = Trigger::telegram(b"010");
    let kind = RecordKind::new("kind");
    // What the decision looks at, and what the other one must have changed by then.
    let looks: [fn(&Desk<'_>) -> bool; 3] = [
        |desk| desk.payments_of("order").is_empty(),
        |desk| desk.kept(RecordKind::new("kind"), "order").is_none(),
        |desk| desk.records::<u8>(RecordKind::new("kind"), "ord").is_empty(),
    ];
    for is_free in looks {
        gateway.reset(Some(&merchant.merchant_id));
        let pay = || {
            let tries = std::cell::Cell::new(0);
            let done: Result<Done, Refusal> = gateway
                .perform(&merchant, by, |desk| {
                    let free = is_free(desk);
                    if tries.replace(tries.get() + 1) == 0 {
                        both_have_looked.wait();
                    }
                    if !free {
                        return Err(Refusal::new("5008", Text::fixed("支払済みです。", "it is paid already")));
                    }
                    let change = desk.create(&method::atm::TABLE, Status(10), Some("order"), 100)?;
                    let key = format!("order{}", desk.next_number(kind));
                    let mut outcome = Outcome::changing(vec![change], Reply::ok());
                    outcome.records = vec![desk.new_record(kind, key, &1), desk.new_record(kind, "order", &1)];
                    // Nothing that is kept would be in each other's way.
                    outcome.records.truncate(if desk.kept(kind, "order").is_some() { 1 } else { 2 });
                    Ok(outcome)
                })
                .now_or_never()
                .unwrap()
                .unwritten();
            done.map_err(|refusal| refusal.code)
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(pay);
            (pay(), other.join().unwrap())
        });
        assert_eq!(gateway.ledger.payments_of(&merchant.merchant_id, "order").len(), 1);
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

#[test]
fn what_strangers_leave_in_the_ledger_is_bounded() {
    let ledger = Box::new(MemoryLedger::default());
    let gateway = Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32])));
    let leave = |id: &str| {
        let merchant = gateway.merchants.get_or_stranger(&MerchantId::new(id)).unwrap();
        let create = |desk: &Desk<'_>| {
            Ok(Outcome::changing(vec![desk.create(&method::atm::TABLE, Status(10), None, 100)?], Reply::ok()))
        };
        let by = Trigger::telegram(b"010");
        let done: Result<Done, Refusal> = gateway.perform(&merchant, by, create).now_or_never().unwrap().unwritten();
        done.unwrap().payment_ids[0]
    };
    let (own, first) = (leave("10000"), leave("1"));
    for stranger in 2..=1500 {
        leave(&stranger.to_string());
    }
    let payment = |id: &str, payment_id| gateway.ledger.payment(&MerchantId::new(id), payment_id);
    assert_eq!(gateway.ledger.merchants().len(), 1001);
    assert!(payment("10000", own).is_some(), "a merchant's are kept");
    assert!(payment("1", first).is_none(), "those of whoever was idle longest are not");
    assert!(gateway.turns.len() <= 1001);
}
