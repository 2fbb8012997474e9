//! Notices: numbers, 091's order, purging, what is pushed next, pauses.

use std::sync::Arc;

use super::*;
use crate::ledger::{Attempt, FAILURES, Held, Hold, NextPush, Push};
use crate::text::Text;

pub(super) const PROMISES: &[Promise] = &[
    ("numbers have no holes, whatever is refused in between", numbered),
    ("each site fetches its own notices in order, each once", fetched),
    ("notices that are too old are lost for 091, and numbers go on", purged),
    ("many notices are read and purged whole", many),
    ("a payment's notices are pushed in their order, the lowest number first", pushed),
    ("what is held is let go by what it is held for", released),
    ("failures in a row lead to a pause, which ends by hand", paused),
    ("the shop has heard of what it accepted or fetched", heard),
];

fn add(ledger: &dyn Ledger, notices: Vec<NewNotice>) -> (u64, u64) {
    commit(ledger, Commit { notices, ..Commit::default() }).unwrap().notices
}

fn fetch(ledger: &dyn Ledger, site_id: &str) -> Option<u64> {
    let id = ledger.next_unfetched(&merchant("1"), site_id).unwrap()?.payment_notice_id;
    commit(ledger, Commit { fetched: vec![id], ..Commit::default() }).unwrap();
    Some(id)
}

fn attempt(id: u64, accepted: bool) -> Attempt {
    Attempt { payment_notice_id: id, at: now(), accepted, answer: Text::fixed("OK", "it said so") }
}

/// Pushes what is next at a moment; its number.
fn push(ledger: &dyn Ledger, at: Moment, accepted: bool) -> Option<u64> {
    let NextPush::Now(notice) = ledger.next_to_push(&merchant("1"), at).unwrap() else { return None };
    let id = notice.payment_notice_id;
    ledger.note_attempt(&merchant("1"), &notice, attempt(id, accepted)).unwrap();
    Some(id)
}

fn numbered(ledger: Arc<dyn Ledger>) {
    assert_eq!(ledger.last_notice_id(&merchant("1")).unwrap(), 0);
    assert_eq!(add(&*ledger, vec![notice(""), notice("2")]), (1, 3));
    let refused = Commit { notices: vec![notice("")], fetched: vec![9], ..Commit::default() };
    assert_eq!(commit(&*ledger, refused), Err(Conflict));
    assert_eq!(add(&*ledger, vec![notice("3")]), (3, 4));
    let sites = ledger.notices(&merchant("1"), 2, 9).unwrap();
    let sites: Vec<_> = sites.iter().map(|notice| (notice.payment_notice_id, notice.site_id())).collect();
    assert_eq!(sites, [(2, "2"), (3, "3")]);
    assert_eq!(ledger.notices(&merchant("1"), 0, 1).unwrap()[0].payment_notice_id, 1);
    assert_eq!(ledger.notices_of(&merchant("1"), PaymentId(1)).unwrap().len(), 3);
    assert_eq!(ledger.notice(&merchant("1"), 4).unwrap(), None);
    assert_eq!(ledger.last_notice_id(&merchant("1")).unwrap(), 3);
    assert_eq!(ledger.last_notice_id(&merchant("2")).unwrap(), 0);
}

fn fetched(ledger: Arc<dyn Ledger>) {
    let fetch = |site_id| fetch(&*ledger, site_id);
    assert_eq!(fetch(""), None);
    add(&*ledger, vec![notice(""), notice("2"), notice(""), notice("2")]);
    assert_eq!([fetch("2"), fetch(""), fetch("2"), fetch("2")], [Some(2), Some(1), Some(4), None]);
    add(&*ledger, vec![notice("2")]);
    assert_eq!([fetch("2"), fetch(""), fetch(""), fetch("3")], [Some(5), Some(3), None, None]);
    assert_eq!(commit(&*ledger, Commit { fetched: vec![5], ..Commit::default() }), Err(Conflict), "fetched already");
    // By number, out of order.
    add(&*ledger, vec![notice(""), notice(""), notice("")]);
    commit(&*ledger, Commit { fetched: vec![7], ..Commit::default() }).unwrap();
    assert_eq!([fetch(""), fetch(""), fetch("")], [Some(6), Some(8), None]);
}

fn purged(ledger: Arc<dyn Ledger>) {
    let later = now().plus_minutes(1);
    let has_lost = |site_id| ledger.has_lost(&merchant("1"), site_id).unwrap();
    add(&*ledger, vec![notice(""), notice("2"), waiting(1, now())]);
    fetch(&*ledger, "");
    assert!(ledger.has_work(&merchant("1"), now(), later).unwrap());
    ledger.purge_notices(&merchant("1"), later).unwrap();
    assert!(!ledger.has_work(&merchant("1"), now(), later).unwrap());
    assert_eq!([has_lost("2"), has_lost(""), has_lost("3")], [true, true, false]);
    let told = Commit { told_lost: Some("2".to_owned()), ..Commit::default() };
    commit(&*ledger, told).unwrap();
    assert_eq!([has_lost("2"), has_lost("")], [false, true]);
    assert_eq!([fetch(&*ledger, "2"), fetch(&*ledger, "")], [None, None]);
    // The push that waits is kept.
    let left = ledger.notices(&merchant("1"), 0, 9).unwrap();
    assert_eq!(left.iter().map(|notice| notice.payment_notice_id).collect::<Vec<_>>().last(), Some(&3));
    assert_eq!(push(&*ledger, now(), true), Some(3));
    ledger.purge_notices(&merchant("1"), later).unwrap();
    assert_eq!(ledger.notices(&merchant("1"), 0, 9).unwrap(), []);
    assert_eq!(add(&*ledger, vec![notice("2")]), (4, 5));
    assert_eq!(fetch(&*ledger, "2"), Some(4));
}

fn many(ledger: Arc<dyn Ledger>) {
    let count = 2100;
    add(&*ledger, (0..count).map(|_| notice("")).collect());
    assert_eq!(ledger.notices_of(&merchant("1"), PaymentId(1)).unwrap().len(), count);
    ledger.purge_notices(&merchant("1"), now().plus_minutes(1)).unwrap();
    assert!(ledger.notices(&merchant("1"), 0, 1).unwrap().is_empty());
    assert!(ledger.has_lost(&merchant("1"), "").unwrap());
}

fn pushed(ledger: Arc<dyn Ledger>) {
    let at = |minutes| now().plus_minutes(minutes);
    let next = |minutes| ledger.next_to_push(&merchant("1"), at(minutes)).unwrap();
    assert_eq!(next(0), NextPush::Nothing);
    add(&*ledger, vec![waiting(1, at(30)), waiting(2, at(1)), waiting(1, at(2)), waiting(2, at(0)), waiting(3, at(0))]);
    assert_eq!(next(-1), NextPush::At(at(0)));
    let pushed = |minutes| std::iter::from_fn(|| push(&*ledger, at(minutes), true)).collect::<Vec<_>>();
    assert_eq!(pushed(0), [5], "4 must not overtake 2");
    assert_eq!(next(0), NextPush::At(at(1)));
    assert_eq!((pushed(1), pushed(29)), (vec![2, 4], vec![]));
    let ids = |notices: Vec<crate::ledger::Notice>| notices.iter().map(|one| one.payment_notice_id).collect::<Vec<_>>();
    assert_eq!(ids(ledger.waiting_of(&merchant("1"), PaymentId(1)).unwrap()), [1, 3]);
    assert_eq!(ids(ledger.release_all(&merchant("1"), at(29)).unwrap()), [1, 3]);
    assert_eq!(pushed(29), [1, 3]);
    assert_eq!(ledger.notice(&merchant("1"), 1).unwrap().unwrap().push, Push::Accepted(now()));
    assert!(ledger.push_again(&merchant("1"), 1, at(40)).unwrap());
    assert!(!ledger.push_again(&merchant("1"), 6, at(40)).unwrap());
    assert_eq!((next(39), pushed(40)), (NextPush::At(at(40)), vec![1]));
    assert_eq!(ledger.delivery(&merchant("1")).unwrap().waiting, 0);
}

fn released(ledger: Arc<dyn Ledger>) {
    let late = now().plus_minutes(30);
    let held = |hold| NewNotice { push: Some(Ready { at: late, held: Some(hold) }), ..notice("") };
    add(&*ledger, vec![held(Hold::Answer), held(Hold::Browser), held(Hold::Browser)]);
    let release = |hold, notices| {
        let held = Held { hold, payment_ids: [PaymentId(1)].into_iter().collect(), notices };
        ledger.release(&merchant("1"), &held, now()).unwrap()
    };
    assert!(!release(Hold::Answer, 2..=3));
    assert_eq!(push(&*ledger, now(), true), None);
    assert!(release(Hold::Answer, 1..=3) && release(Hold::Browser, 3..=3));
    assert!(!release(Hold::Answer, 1..=3), "it is held no longer");
    assert_eq!([push(&*ledger, now(), true), push(&*ledger, now(), true)], [Some(1), None]);
    assert_eq!([push(&*ledger, late, true), push(&*ledger, late, true)], [Some(2), Some(3)]);
}

fn paused(ledger: Arc<dyn Ledger>) {
    add(&*ledger, vec![waiting(1, now())]);
    let delivery = || ledger.delivery(&merchant("1")).unwrap();
    for failures in 1..FAILURES {
        push(&*ledger, now(), false);
        assert_eq!((delivery().failures, delivery().pause), (failures, None));
    }
    push(&*ledger, now(), false);
    let pause = delivery().pause.unwrap();
    assert!(pause.holds(now()) && !pause.holds(pause.until));
    assert_eq!((delivery().failures, delivery().waiting), (0, 1));
    let attempts = ledger.attempts(&merchant("1")).unwrap();
    assert_eq!(attempts, vec![attempt(1, false); FAILURES as usize]);
    assert_eq!(ledger.notice(&merchant("1"), 1).unwrap().unwrap().attempts, FAILURES);
    ledger.resume(&merchant("1")).unwrap();
    assert_eq!(delivery().pause, None);
    assert_eq!(push(&*ledger, now(), true), Some(1));
    // What another notice of the same number was told before a reset is not this one's.
    let notice = ledger.notice(&merchant("1"), 1).unwrap().unwrap();
    ledger.reset(Some(&merchant("1"))).unwrap();
    add(&*ledger, vec![waiting(2, now())]);
    assert_eq!(ledger.note_attempt(&merchant("1"), &notice, attempt(1, true)).unwrap(), None);
    assert_eq!((delivery().waiting, ledger.attempts(&merchant("1")).unwrap().len()), (1, 0));
}

fn heard(ledger: Arc<dyn Ledger>) {
    let of = |payment_id| NewNotice { payment_id: PaymentId(payment_id), ..notice("") };
    add(&*ledger, vec![of(1), waiting(2, now()), waiting(3, now()), of(4)]);
    fetch(&*ledger, "");
    push(&*ledger, now(), true);
    push(&*ledger, now(), false);
    let mut heard: Vec<u64> = ledger.heard(&merchant("1")).unwrap().into_iter().map(|id| id.0).collect();
    heard.sort_unstable();
    assert_eq!(heard, [1, 2]);
}
