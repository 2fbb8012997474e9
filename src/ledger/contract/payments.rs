//! Payments: ids, versions, searches, deadlines, whose they are.

use std::sync::Arc;

use super::*;
use crate::ledger::{FieldMatch, PaymentFilter, Subject, TextMatch};
use crate::wire::name;

pub(super) const PROMISES: &[Promise] = &[
    ("ids rise and are never given out twice", ids_rise),
    ("a payment comes back as it was kept", comes_back),
    ("a version that was overtaken is a conflict", overtaken),
    ("payments are found in whatever order they came", found_in_any_order),
    ("a search admits what its filter says, newest first, page by page", searched),
    ("a commit tells of earlier payments and of moved deadlines", told),
    ("deadlines come in order", deadlines_in_order),
    ("whose a payment is is known until a reset", owned),
    ("a reset forgets one merchant, or all", reset),
];

fn ids_rise(ledger: Arc<dyn Ledger>) {
    let drawn: Vec<u64> = (0..100).map(|_| ledger.next_payment_id().unwrap().0).collect();
    assert!(drawn.is_sorted_by(|one, next| one < next), "{drawn:?}");
    assert!(drawn[0].to_string().len() == 8, "{}", drawn[0]);
    ledger.restart_payment_ids().unwrap();
    assert_eq!(ledger.next_payment_id().unwrap().0, drawn[0]);
    let numbers = |id: &str, kind| (0..3).map(|_| ledger.next_number(&merchant(id), kind).unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers("1", KIND), [1, 2, 3]);
    assert_eq!(numbers("1", OTHER_KIND), [1, 2, 3]);
    assert_eq!(numbers("2", KIND), [1, 2, 3]);
    assert_eq!(numbers("1", KIND), [4, 5, 6]);
    ledger.reset(Some(&merchant("1"))).unwrap();
    assert_eq!((numbers("1", KIND), numbers("2", KIND)), (vec![1, 2, 3], vec![4, 5, 6]));
}

fn comes_back(ledger: Arc<dyn Ledger>) {
    let mut sent = payment(1, "注文/1 ｱ\u{3000}%_");
    sent.attributes.set(name::CUSTOMER_NAME, "改行\r\nと\"引用\" \u{1f600}");
    sent.due = Some(now().plus_days(1));
    keep(&*ledger, vec![sent.clone()]).unwrap();
    let kept = ledger.payment(&merchant("1"), PaymentId(1)).unwrap().unwrap();
    assert_eq!(kept, Payment { version: 1, ..sent });
    assert_eq!(ledger.payments_of(&merchant("1"), "注文/1 ｱ\u{3000}%_").unwrap(), [kept]);
    assert_eq!(ledger.payment(&merchant("2"), PaymentId(1)).unwrap(), None, "nobody else's");
    assert_eq!(ledger.count(&merchant("1")).unwrap(), 1);
}

fn overtaken(ledger: Arc<dyn Ledger>) {
    keep(&*ledger, vec![payment(1, "order")]).unwrap();
    assert_eq!(keep(&*ledger, vec![payment(1, "order")]), Err(Conflict), "it is there already");
    let read = ledger.payment(&merchant("1"), PaymentId(1)).unwrap().unwrap();
    keep(&*ledger, vec![read.clone()]).unwrap();
    let whole = Commit {
        payments: vec![payment(2, "order"), read],
        records: vec![record(KIND, "key", "")],
        notices: vec![notice("")],
        ..Commit::default()
    };
    assert_eq!(commit(&*ledger, whole), Err(Conflict));
    assert_eq!(ledger.count(&merchant("1")).unwrap(), 1, "nothing of it was kept");
    assert_eq!(ledger.record(&merchant("1"), KIND, "key").unwrap(), None);
    assert_eq!(ledger.last_notice_id(&merchant("1")).unwrap(), 0);
}

fn found_in_any_order(ledger: Arc<dyn Ledger>) {
    for id in (1..=200).map(|id| if id % 2 == 0 { id - 1 } else { id + 1 }) {
        keep(&*ledger, vec![payment(id, if id % 3 == 0 { "three" } else { "other" })]).unwrap();
    }
    for id in 1..=200 {
        assert_eq!(ledger.payment(&merchant("1"), PaymentId(id)).unwrap().unwrap().payment_id, PaymentId(id));
    }
    assert_eq!(ledger.payment(&merchant("1"), PaymentId(201)).unwrap(), None);
    let three = ledger.payments_of(&merchant("1"), "three").unwrap();
    assert_eq!(ids(&three), (1..=66).map(|n| 3 * n).collect::<Vec<_>>());
}

fn searched(ledger: Arc<dyn Ledger>) {
    for id in 1..=2500 {
        let mut new = payment(id, &format!("order{id}"));
        new.attributes.set(name::CUSTOMER_NUMBER, &format!("c{}", id % 10));
        keep(&*ledger, vec![new]).unwrap();
    }
    let search = |filter: PaymentFilter, limit| ids(&ledger.search(&merchant("1"), &filter, limit).unwrap());
    let all = PaymentFilter::default;
    assert_eq!(search(all(), 3), [2500, 2499, 2498]);
    assert_eq!(search(PaymentFilter { before: Some(PaymentId(5)), ..all() }, 3), [4, 3, 2]);
    assert_eq!(search(PaymentFilter { payment_id: Some(PaymentId(7)), ..all() }, 9), [7]);
    let trading_id = |how, text: &str| PaymentFilter { trading_id: Some((how, text.to_owned())), ..all() };
    assert_eq!(search(trading_id(TextMatch::Exact, "order12"), 9), [12]);
    assert_eq!(search(trading_id(TextMatch::Prefix, "order249"), 2), [2499, 2498]);
    assert_eq!(search(trading_id(TextMatch::Suffix, "r9"), 9), [9]);
    assert_eq!(search(trading_id(TextMatch::Contains, "r250"), 9), [2500, 250]);
    assert_eq!(search(trading_id(TextMatch::Contains, "%"), 9), [] as [u64; 0]);
    let amount = PaymentFilter { amount_from: Some(1010), amount_to: Some(1011), ..all() };
    assert_eq!(search(amount, 9), [11, 10]);
    let dates = PaymentFilter { init_from: Some(now().plus_minutes(3)), init_to: Some(now().plus_minutes(4)), ..all() };
    assert_eq!(search(dates, 9), [4, 3]);
    assert_eq!(search(PaymentFilter { statuses: vec![Status(40)], ..all() }, 9), [] as [u64; 0]);
    assert_eq!(search(PaymentFilter { payment_types: vec![PaymentType::CARD], ..all() }, 1), [2500]);
    let field = ("customer_number".to_owned(), FieldMatch::Text(TextMatch::Exact, "c3".to_owned()));
    assert_eq!(search(PaymentFilter { fields: vec![field], before: Some(PaymentId(30)), ..all() }, 9), [23, 13, 3]);
}

fn told(ledger: Arc<dyn Ledger>) {
    let due = now().plus_days(1);
    let with_due = |id, due| Payment { due, ..payment(id, "order") };
    let first = keep(&*ledger, vec![with_due(1, Some(due))]);
    assert_eq!(first, Ok(Committed { due_moved: true, notices: (1, 1), earlier: None, opened: true }));
    let second = keep(&*ledger, vec![with_due(2, Some(due.plus_days(1)))]);
    let earlier = Some(PaymentId(1));
    assert_eq!(second, Ok(Committed { due_moved: false, notices: (1, 1), earlier, opened: false }));
    let has_work = |at: Moment| ledger.has_work(&merchant("1"), at, now()).unwrap();
    assert_eq!([has_work(due.plus_minutes(-1)), has_work(due)], [false, true]);
    let paid = Payment { due: None, ..ledger.payment(&merchant("1"), PaymentId(1)).unwrap().unwrap() };
    let third = Committed { due_moved: true, notices: (1, 1), earlier: None, opened: false };
    assert_eq!(keep(&*ledger, vec![paid]), Ok(third));
    let next = ledger.next_due(&merchant("1")).unwrap();
    assert_eq!(next, Some((due.plus_days(1), Subject::Payment(PaymentId(2)))));
}

fn deadlines_in_order(ledger: Arc<dyn Ledger>) {
    let at = |minutes| now().plus_minutes(minutes);
    let with_due = |id, due| Payment { due: Some(due), ..payment(id, "order") };
    let of_record = Record { due: Some(at(2)), ..record(KIND, "key", "") };
    let payments = vec![with_due(1, at(3)), with_due(2, at(1)), with_due(3, at(1))];
    commit(&*ledger, Commit { payments, records: vec![of_record.clone()], ..Commit::default() }).unwrap();
    let payment_due = |minutes, id| (at(minutes), Subject::Payment(PaymentId(id)));
    let wanted =
        vec![payment_due(1, 2), payment_due(1, 3), (at(2), Subject::Record(KIND, "key".to_owned())), payment_due(3, 1)];
    assert_eq!(ledger.deadlines(&merchant("1"), 9).unwrap(), wanted);
    assert_eq!(ledger.deadlines(&merchant("1"), 2).unwrap(), wanted[..2]);
    assert_eq!(ledger.next_due(&merchant("1")).unwrap(), Some(wanted[0].clone()));
    let later = Record { due: Some(at(9)), version: 1, ..of_record };
    commit(&*ledger, Commit { records: vec![later], ..Commit::default() }).unwrap();
    let last = ledger.deadlines(&merchant("1"), 9).unwrap().pop().unwrap();
    assert_eq!(last, (at(9), Subject::Record(KIND, "key".to_owned())));
    assert_eq!(ledger.deadlines(&merchant("2"), 9).unwrap(), []);
}

fn owned(ledger: Arc<dyn Ledger>) {
    for id in ["1", "2", "3"] {
        let number = id.parse().unwrap();
        let payments = vec![Payment { merchant_id: merchant(id), ..payment(number, "order") }];
        ledger.commit(&merchant(id), Commit { payments, ..Commit::default() }).unwrap().unwrap();
    }
    let owner = |id| ledger.owner(PaymentId(id)).unwrap().map(|id| id.to_string());
    assert_eq!([1, 2, 3, 4].map(owner), [Some("1".into()), Some("2".into()), Some("3".into()), None]);
    ledger.reset(Some(&merchant("2"))).unwrap();
    assert_eq!([2, 3].map(owner), [None, Some("3".into())]);
}

fn reset(ledger: Arc<dyn Ledger>) {
    for id in ["1", "2"] {
        let number = id.parse().unwrap();
        let commit = Commit {
            payments: vec![Payment { merchant_id: merchant(id), due: Some(now()), ..payment(number, "order") }],
            records: vec![record(KIND, "key", "").unique()],
            notices: vec![waiting(number, now())],
            ..Commit::default()
        };
        ledger.commit(&merchant(id), commit).unwrap().unwrap();
    }
    let mut merchants = ledger.merchants().unwrap();
    merchants.sort();
    assert_eq!(merchants, [merchant("1"), merchant("2")]);
    ledger.reset(Some(&merchant("1"))).unwrap();
    let left = |id: &str| {
        let id = merchant(id);
        let delivery = ledger.delivery(&id).unwrap().waiting;
        let records = ledger.records(&id, KIND, "").unwrap().len();
        let due = ledger.deadlines(&id, 9).unwrap().len();
        (ledger.count(&id).unwrap(), ledger.last_notice_id(&id).unwrap(), delivery, records, due)
    };
    assert_eq!((left("1"), left("2")), ((0, 0, 0, 0, 0), (1, 1, 1, 1, 1)));
    // It begins again as if it was new.
    assert!(keep(&*ledger, vec![payment(9, "order")]).unwrap().opened);
    ledger.reset(None).unwrap();
    assert_eq!((left("1"), left("2")), ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0)));
    assert_eq!(ledger.merchants().unwrap(), []);
}
