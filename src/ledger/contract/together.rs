//! Several at once: threads on one payment, leases.

use std::sync::Arc;
use std::thread;

use super::*;
use crate::ledger::{Claim, Duty, Holder, Lease, PaymentFilter};

pub(super) const PROMISES: &[Promise] = &[
    ("of two that change one payment none is lost", one_payment),
    ("ids, numbers and notices of many threads have no doubles and no holes", many_threads),
    ("merchants do not touch each other", islands),
    ("a duty is one's at a time, for as long as it was claimed", leased),
    ("of many that claim a duty at once one has it", claimed_at_once),
];

/// Changes a payment by a function of what it was, again and again until nobody was quicker.
fn change(ledger: &dyn Ledger, id: u64, change: impl Fn(&mut Payment)) {
    loop {
        let mut payment = ledger.payment(&merchant("1"), PaymentId(id)).unwrap().unwrap();
        change(&mut payment);
        let notices = vec![notice("")];
        if commit(ledger, Commit { payments: vec![payment], notices, ..Commit::default() }).is_ok() {
            return;
        }
    }
}

fn one_payment(ledger: Arc<dyn Ledger>) {
    keep(&*ledger, vec![payment(1, "order")]).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..200).for_each(|_| change(&*ledger, 1, |payment| payment.amount += 1)));
        }
    });
    let kept = ledger.payment(&merchant("1"), PaymentId(1)).unwrap().unwrap();
    assert_eq!((kept.amount, kept.version), (1001 + 400, 401));
    assert_eq!(ledger.last_notice_id(&merchant("1")).unwrap(), 400);
    assert_eq!(ledger.notices(&merchant("1"), 0, 1000).unwrap().len(), 400);
}

fn many_threads(ledger: Arc<dyn Ledger>) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let id = ledger.next_payment_id().unwrap().0;
                    let number = ledger.next_number(&merchant("1"), KIND).unwrap();
                    let whole = Commit {
                        payments: vec![payment(id, "order")],
                        records: vec![record(KIND, &format!("{number:03}"), "")],
                        notices: vec![notice("")],
                        ..Commit::default()
                    };
                    commit(&*ledger, whole).unwrap();
                }
            });
        }
    });
    assert_eq!(ledger.payments_of(&merchant("1"), "order").unwrap().len(), 200);
    let records = ledger.records(&merchant("1"), KIND, "").unwrap();
    let keys: Vec<String> = records.into_iter().map(|record| record.key).collect();
    assert_eq!(keys, (1..=200).map(|number| format!("{number:03}")).collect::<Vec<_>>());
    let notices = ledger.notices(&merchant("1"), 0, 1000).unwrap();
    assert!(notices.iter().map(|notice| notice.payment_notice_id).eq(1..=200));
}

fn islands(ledger: Arc<dyn Ledger>) {
    let names: Vec<String> = (1..=4).map(|number| number.to_string()).collect();
    thread::scope(|scope| {
        for id in &names {
            let ledger = &ledger;
            scope.spawn(move || {
                for number in 1..=50 {
                    let payment_id = ledger.next_payment_id().unwrap();
                    let payments = vec![Payment { merchant_id: merchant(id), payment_id, ..payment(number, "order") }];
                    let commit = Commit { payments, notices: vec![notice("")], ..Commit::default() };
                    let done = ledger.commit(&merchant(id), commit).unwrap().unwrap();
                    assert_eq!(done.notices, (number, number + 1));
                }
            });
        }
    });
    for id in &names {
        let found = ledger.search(&merchant(id), &PaymentFilter::default(), 1000).unwrap();
        assert_eq!(found.len(), 50);
        for payment in found {
            assert_eq!(ledger.owner(payment.payment_id).unwrap(), Some(merchant(id)));
        }
    }
}

fn claim(ledger: &dyn Ledger, holder: u64, minutes: i64) -> Lease {
    let now = now().plus_minutes(minutes);
    let claim = Claim { duty: Duty::Notices, holder: Holder(holder), now, until: now.plus_minutes(10) };
    ledger.lease(&merchant("1"), claim).unwrap()
}

fn leased(ledger: Arc<dyn Ledger>) {
    let until = |minutes| Lease::Elsewhere(now().plus_minutes(minutes));
    assert_eq!(claim(&*ledger, 1, 0), Lease::Granted);
    assert_eq!(claim(&*ledger, 2, 5), until(10));
    assert_eq!(claim(&*ledger, 1, 5), Lease::Granted, "for longer");
    assert_eq!(claim(&*ledger, 2, 10), until(15));
    assert_eq!(claim(&*ledger, 2, 15), Lease::Granted, "the other is over");
    ledger.end_lease(&merchant("1"), Duty::Notices, Holder(1)).unwrap();
    assert_eq!(claim(&*ledger, 1, 16), until(25), "only its holder ends it");
    ledger.end_lease(&merchant("1"), Duty::Notices, Holder(2)).unwrap();
    assert_eq!(claim(&*ledger, 1, 16), Lease::Granted);
    let other = Claim { duty: Duty::Deadlines, holder: Holder(2), now: now(), until: now().plus_minutes(1) };
    assert_eq!(ledger.lease(&merchant("1"), other).unwrap(), Lease::Granted, "another duty");
    let elsewhere = Claim { duty: Duty::Notices, ..other };
    assert_eq!(ledger.lease(&merchant("2"), elsewhere).unwrap(), Lease::Granted, "another merchant's");
}

fn claimed_at_once(ledger: Arc<dyn Ledger>) {
    for round in 0..50 {
        let granted: usize = thread::scope(|scope| {
            let ledger = &ledger;
            let claims: Vec<_> =
                (1..=4).map(|holder| scope.spawn(move || claim(&**ledger, holder, round * 20))).collect();
            claims.into_iter().map(|claim| usize::from(claim.join().unwrap() == Lease::Granted)).sum()
        });
        assert_eq!(granted, 1, "round {round}");
    }
}
