//! Streams beside the feed: the same bytes for all, and never more than a stream can take.

use super::*;
use crate::clock::Moment;
use crate::journal::{About, Entry};
use crate::ledger::MemoryLedger;
use crate::merchant::Merchants;
use crate::secret::Secret;

const LONG: Duration = Duration::from_secs(20);

fn gateway() -> Arc<Gateway> {
    Arc::new(Gateway::new(Merchants::open_door(), Box::new(MemoryLedger::default()), Secret::new([7; 32])))
}

fn add(gateway: &Gateway, merchant_id: &str, answer: &str) -> u64 {
    let now: Moment = "2026-01-01T00:00:00+09:00".parse().unwrap();
    let merchant_id = Some(MerchantId::new(merchant_id));
    gateway.journal.add(Entry {
        merchant_id,
        answer: answer.to_owned().into(),
        ..Entry::new(About::Page("page".into()), now, "/")
    })
}

fn source(streams: &Streams, gateway: &Arc<Gateway>, merchant_id: Option<&str>) -> Source {
    Source {
        gateway: Arc::clone(gateway),
        merchant_id: merchant_id.map(MerchantId::new),
        seen: gateway.journal.last_id(),
        starts: gateway.journal.starts(),
        is_behind: false,
        credit: BURST,
        batches: streams.feed.subscribe(),
        stopped: streams.stopped.clone(),
    }
}

/// How many entries a stream told of, and how many it says that it lost.
fn told(text: &str) -> (u64, u64) {
    let lost = text.lines().filter_map(|line| line.strip_prefix("data: {\"missed\":")?.strip_suffix('}'));
    (text.matches("event: journal\n").count() as u64, lost.map(|lost| lost.parse::<u64>().unwrap()).sum())
}

async fn read_until(source: &mut Source, last: u64) -> (u64, u64) {
    let mut all = (0, 0);
    while source.seen < last {
        let text = tokio::time::timeout(LONG, source.next()).await.expect("events came").unwrap();
        let (journal, lost) = told(std::str::from_utf8(&text).unwrap());
        all = (all.0 + journal, all.1 + lost);
    }
    all
}

#[tokio::test]
async fn all_streams_send_the_same_bytes() {
    let (gateway, (_stop, stopped)) = (gateway(), watch::channel(false));
    let streams = Streams::new(Arc::clone(&gateway), stopped);
    let mut sources = [(); 3].map(|()| source(&streams, &gateway, None));
    let mut of_one = source(&streams, &gateway, Some("2"));
    add(&gateway, "1", "");
    add(&gateway, "2", "");
    let mut texts = Vec::new();
    for source in &mut sources {
        texts.push(tokio::time::timeout(LONG, source.next()).await.unwrap().unwrap());
    }
    assert!(texts.iter().all(|text| text.as_ptr() == texts[0].as_ptr()), "an event is encoded once");
    assert_eq!(told(std::str::from_utf8(&texts[0]).unwrap()), (2, 0));
    assert_eq!(read_until(&mut of_one, 2).await, (1, 0), "others' events are not lost ones");
}

#[tokio::test]
async fn a_stream_that_nobody_reads_loses_events_and_says_how_many() {
    let (gateway, (_stop, stopped)) = (gateway(), watch::channel(false));
    let streams = Streams::new(Arc::clone(&gateway), stopped);
    let (mut slow, mut quick) = (source(&streams, &gateway, None), source(&streams, &gateway, None));
    let mut last = 0;
    for _ in 0..5000 {
        last = add(&gateway, "1", "");
        if last.is_multiple_of(100) {
            // In parts, so that they become many batches.
            assert_eq!(read_until(&mut quick, last).await, (100, 0));
        }
    }
    let (journal, lost) = read_until(&mut slow, last).await;
    assert!(lost > 0 && journal > 0, "{journal} {lost}");
    assert_eq!(journal + lost, 5000);
}

#[tokio::test]
async fn a_flood_is_told_as_far_as_a_stream_s_part_goes() {
    let (gateway, (_stop, stopped)) = (gateway(), watch::channel(false));
    let streams = Streams::new(Arc::clone(&gateway), stopped);
    let mut source = source(&streams, &gateway, None);
    let text = "x".repeat(20_000);
    let mut last = 0;
    for _ in 0..200 {
        last = add(&gateway, "1", &text);
    }
    let (journal, lost) = read_until(&mut source, last).await;
    assert_eq!(journal + lost, 200);
    assert!(journal * 20_000 < 2 * BURST as u64 && lost > 0, "{journal} {lost}");
    // After a rest it may send as much as before.
    tokio::time::timeout(LONG, async {
        loop {
            let last = add(&gateway, "1", &text);
            if read_until(&mut source, last).await == (1, 0) && source.credit > BURST / 2 {
                return;
            }
        }
    })
    .await
    .expect("the flood is over");
}

#[tokio::test]
async fn who_comes_back_is_told_what_he_missed() {
    let (gateway, (_stop, stopped)) = (gateway(), watch::channel(false));
    let streams = Streams::new(Arc::clone(&gateway), stopped);
    for _ in 0..1000 {
        add(&gateway, "1", "");
    }
    let mut back = Source { seen: 10, is_behind: true, ..source(&streams, &gateway, None) };
    let last = add(&gateway, "1", "");
    assert_eq!(read_until(&mut back, last).await, (991, 0));
    gateway.journal.clear(None);
    let last = add(&gateway, "1", "");
    let mut back = Source { seen: 10, is_behind: true, ..source(&streams, &gateway, None) };
    assert_eq!(read_until(&mut back, last).await, (1, 991), "what is kept no more cannot be told");
}

#[tokio::test]
async fn a_stream_goes_on_when_the_numbers_begin_again() {
    let (gateway, (_stop, stopped)) = (gateway(), watch::channel(false));
    let streams = Streams::new(Arc::clone(&gateway), stopped);
    let mut source = source(&streams, &gateway, None);
    for _ in 0..3 {
        let last = add(&gateway, "1", "");
        assert_eq!(read_until(&mut source, last).await, (1, 0));
    }
    gateway.journal.restart();
    assert_eq!(add(&gateway, "1", ""), 1);
    let text = tokio::time::timeout(LONG, source.next()).await.expect("it was told").unwrap();
    assert_eq!(told(std::str::from_utf8(&text).unwrap()), (1, 0));
    assert_eq!(source.seen, 1);
}
