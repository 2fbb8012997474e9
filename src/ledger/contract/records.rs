//! Records: versions, keys, prefixes, whose they are.

use std::sync::Arc;

use super::*;
use crate::ledger::Read;

pub(super) const PROMISES: &[Promise] = &[
    ("a record comes back as it was kept, with a version that rises", comes_back),
    ("records of a kind are listed by key and prefix", listed),
    ("a unique record's merchant is found by its key alone", held),
    ("a forgotten record is gone, with its deadline", forgotten),
    ("a commit is refused when what it depends on is otherwise", depends),
];

fn keep(ledger: &dyn Ledger, record: Record) -> Result<Committed, Conflict> {
    commit(ledger, Commit { records: vec![record], ..Commit::default() })
}

fn comes_back(ledger: Arc<dyn Ledger>) {
    let find = |kind, key| ledger.record(&merchant("1"), kind, key).unwrap();
    let new = Record { due: Some(now()), ..record(KIND, "キー'\"%", "{\"a\":1}") };
    keep(&*ledger, new.clone()).unwrap();
    assert_eq!(find(KIND, "キー'\"%"), Some(Record { version: 1, ..new.clone() }));
    assert_eq!((find(OTHER_KIND, "キー'\"%"), find(KIND, "キー")), (None, None));
    assert_eq!(keep(&*ledger, new.clone()), Err(Conflict), "it is there already");
    let changed = Record { version: 1, body: "{}".into(), due: None, ..new };
    keep(&*ledger, changed.clone()).unwrap();
    assert_eq!(find(KIND, "キー'\"%"), Some(Record { version: 2, ..changed.clone() }));
    assert_eq!(keep(&*ledger, changed), Err(Conflict));
    assert_eq!(ledger.next_due(&merchant("1")).unwrap(), None);
}

fn listed(ledger: Arc<dyn Ledger>) {
    for key in ["b", "a2", "a_1", "a1", "A1", "あ"] {
        keep(&*ledger, record(KIND, key, "")).unwrap();
        keep(&*ledger, record(OTHER_KIND, &format!("{key}x"), "")).unwrap();
    }
    let keys = |prefix| {
        let records = ledger.records(&merchant("1"), KIND, prefix).unwrap();
        records.into_iter().map(|record| record.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(""), ["A1", "a1", "a2", "a_1", "b", "あ"], "by their bytes");
    assert_eq!((keys("a"), keys("a_")), (vec!["a1".into(), "a2".into(), "a_1".into()], vec!["a_1".into()]));
    assert_eq!(keys("c"), [] as [String; 0]);
    assert_eq!(ledger.records(&merchant("2"), KIND, "").unwrap(), []);
}

fn held(ledger: Arc<dyn Ledger>) {
    for (id, unique) in [("1", false), ("2", true), ("3", false)] {
        let records = vec![Record { unique, ..record(KIND, "key", "") }];
        ledger.commit(&merchant(id), Commit { records, ..Commit::default() }).unwrap().unwrap();
    }
    let holder = || ledger.holder(KIND, "key").unwrap().map(|id| id.to_string());
    assert_eq!(holder(), Some("2".into()));
    assert_eq!(ledger.holder(OTHER_KIND, "key").unwrap(), None);
    let forgotten = vec![(KIND, "key".to_owned())];
    ledger.commit(&merchant("2"), Commit { forgotten, ..Commit::default() }).unwrap().unwrap();
    assert_eq!(holder(), None);
    keep(&*ledger, record(KIND, "other", "").unique()).unwrap();
    ledger.reset(Some(&merchant("1"))).unwrap();
    assert_eq!(ledger.holder(KIND, "other").unwrap(), None);
}

fn forgotten(ledger: Arc<dyn Ledger>) {
    keep(&*ledger, Record { due: Some(now()), ..record(KIND, "key", "") }).unwrap();
    let forgotten = vec![(KIND, "key".to_owned()), (KIND, "unknown".to_owned())];
    let done = commit(&*ledger, Commit { forgotten, ..Commit::default() }).unwrap();
    assert!(done.due_moved);
    assert_eq!(ledger.record(&merchant("1"), KIND, "key").unwrap(), None);
    assert_eq!(ledger.next_due(&merchant("1")).unwrap(), None);
    keep(&*ledger, record(KIND, "key", "")).unwrap();
}

fn depends(ledger: Arc<dyn Ledger>) {
    let number = std::cell::Cell::new(0);
    let read = |reads: Vec<Read>| {
        number.set(number.get() + 1);
        let records = vec![record(OTHER_KIND, &number.get().to_string(), "")];
        commit(&*ledger, Commit { records, read: reads, ..Commit::default() }).is_ok()
    };
    let order = || "order".to_owned();
    let key = |version| Read::Record(KIND, "key".into(), version);
    let nothing = [
        Read::Payment(PaymentId(1), 0),
        Read::PaymentsOf(order(), vec![]),
        key(0),
        Read::Records(KIND, "k".into(), vec![]),
    ];
    assert!(read(nothing.to_vec()), "none of it is there");
    super::keep(&*ledger, vec![payment(1, "order"), payment(2, "order")]).unwrap();
    keep(&*ledger, record(KIND, "key", "")).unwrap();
    for overtaken in nothing {
        assert!(!read(vec![overtaken.clone()]), "{overtaken:?}");
    }
    let payments = |versions: &[(u64, u32)]| {
        Read::PaymentsOf(order(), versions.iter().map(|(id, version)| (PaymentId(*id), *version)).collect())
    };
    let keys = |version| Read::Records(KIND, "k".into(), vec![("key".into(), version)]);
    assert!(read(vec![Read::Payment(PaymentId(1), 1), payments(&[(1, 1), (2, 1)]), key(1), keys(1)]));
    let again = ledger.payment(&merchant("1"), PaymentId(2)).unwrap().unwrap();
    super::keep(&*ledger, vec![again]).unwrap();
    keep(&*ledger, Record { version: 1, ..record(KIND, "key", "") }).unwrap();
    assert!(read(vec![Read::Payment(PaymentId(1), 1)]), "that one nobody has changed");
    for overtaken in [Read::Payment(PaymentId(2), 1), payments(&[(1, 1), (2, 1)]), payments(&[(1, 1)]), key(1), keys(1)]
    {
        assert!(!read(vec![overtaken.clone()]), "{overtaken:?}");
    }
    assert!(read(vec![payments(&[(1, 1), (2, 2)]), key(2), keys(2)]));
}
