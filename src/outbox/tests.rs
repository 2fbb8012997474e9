//! Several emulators on one store: each notice is pushed once, whoever pushes it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::gateway::Gateway;
use crate::ledger::{Claim, Holder, Ledger, MemoryLedger};
use crate::merchant::Merchants;
use crate::method::{Outcome, atm, message};
use crate::payment::{Change, Refusal, Status, Trigger};
use crate::secret::Secret;
use crate::wire::Reply;

const LONG: Duration = Duration::from_secs(20);

/// An emulator on a store; its merchant is told of notices at once.
fn emulator(store: &Arc<dyn Ledger>, url: &str) -> Arc<Gateway> {
    let mut gateway = Gateway::sharing(Merchants::open_door(), Arc::clone(store), Secret::new([7; 32]));
    gateway.notice_delay = Duration::ZERO;
    let gateway = Arc::new(gateway);
    let merchant = Merchant::clone(&gateway.merchants.get(&MerchantId::new("10000")).unwrap());
    gateway.put_merchant(Merchant { notification_url: url.to_owned(), ..merchant });
    tokio::spawn(deliver(Arc::clone(&gateway), LONG));
    gateway
}

/// Lets two notices arise: somebody applies, and pays.
async fn pay(gateway: &Arc<Gateway>) {
    let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
    let applied = gateway.perform(&merchant, Trigger::Shopper, |desk| {
        Ok::<_, Refusal>(Outcome::changing(vec![desk.create(&atm::TABLE, Status(10), None, 100)?], Reply::ok()))
    });
    let payment_id = applied.await.unwritten().unwrap().payment_ids[0];
    let paid = gateway.perform(&merchant, Trigger::Tool, |desk| {
        let mut change = Change::of(desk.payment(payment_id).unwrap());
        change.enter(&atm::TABLE, Trigger::Tool, Status(40), desk.now)?;
        Ok::<_, Refusal>(Outcome::changing(vec![change], Reply::ok()))
    });
    paid.await.unwritten().unwrap();
}

/// Takes a push and accepts it; its number.
async fn pushed(shop: &tokio::net::TcpListener) -> u64 {
    let (mut stream, _) = tokio::time::timeout(LONG, shop.accept()).await.unwrap().unwrap();
    let mut read = vec![0; 8192];
    let len = stream.read(&mut read).await.unwrap();
    let text = String::from_utf8_lossy(&read[..len]).into_owned();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nresult=0\r\n").await.unwrap();
    let number = text.split("payment_notice_id=").nth(1).unwrap();
    number.split('&').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_on_one_store_push_each_notice_once_and_in_order() {
    let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", shop.local_addr().unwrap());
    let store: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let both = [emulator(&store, &url), emulator(&store, &url)];
    for at in 0..10 {
        pay(&both[at % 2]).await;
        // What a store tells all who share it.
        both.iter().for_each(|gateway| gateway.tell(&MerchantId::new("10000")));
    }
    let last = store.last_notice_id(&MerchantId::new("10000")).unwrap();
    let mut told = Vec::new();
    for _ in 0..last {
        told.push(pushed(&shop).await);
    }
    assert!(last >= 10);
    assert_eq!(told, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_another_left_undone_is_pushed_when_its_lease_is_over() {
    let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", shop.local_addr().unwrap());
    let store: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let merchant_id = MerchantId::new("10000");
    let now = real_now();
    // It died a moment ago, while it pushed.
    let until = now.plus_duration(Duration::from_millis(300));
    store.lease(&merchant_id, Claim { duty: Duty::Notices, holder: Holder(0), now, until }).unwrap();
    let gateway = emulator(&store, &url);
    pay(&gateway).await;
    assert_eq!(pushed(&shop).await, 1);
    assert!(until <= real_now());
}

#[tokio::test]
async fn a_message_that_waited_before_the_start_is_sent_without_another_one() {
    let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let message = message::Message {
        name: "file".to_owned(),
        url: format!("http://{}/?payment_notice_id=7", shop.local_addr().unwrap()),
        body: None,
        acceptance: message::Acceptance::Status,
        repeats_left: 0,
        repeat_after_minutes: 15,
        ready: true,
    };
    let store: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let mut gateway = Gateway::sharing(Merchants::open_door(), store, Secret::new([7; 32]));
    gateway.notice_delay = Duration::ZERO;
    let gateway = Arc::new(gateway);
    let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
    let left = gateway.perform(&merchant, Trigger::Clock, |desk| {
        Ok::<_, Refusal>(Outcome { records: vec![message.record(desk)], ..Outcome::reply(Reply::ok()) })
    });
    left.await.unwritten().unwrap();

    tokio::spawn(deliver_messages(gateway, LONG));
    let (mut stream, _) = tokio::time::timeout(LONG, shop.accept()).await.unwrap().unwrap();
    let mut read = vec![0; 8192];
    let len = stream.read(&mut read).await.unwrap();
    assert!(
        read[..len].starts_with(b"GET /?payment_notice_id=7 HTTP/1.1"),
        "{}",
        String::from_utf8_lossy(&read[..len])
    );
}
