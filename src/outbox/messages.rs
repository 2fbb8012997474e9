//! Sending what is no difference notice: the time-out notice of 3-D Secure, the notices of recurring charges.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::gateway::{AGAIN, Gateway, OnDuty};
use crate::journal::{About, Entry};
use crate::ledger::{self, Duty, Stored};
use crate::merchant::MerchantId;
use crate::method::Desk;
use crate::method::message::{self, Message};
use crate::outbox::push::Pusher;
use crate::outbox::staff;
use crate::payment::{Refusal, Trigger};

/// Delivers all merchants' messages, for ever; each merchant's one after the other, nobody waiting for another's shop.
pub(crate) async fn deliver(gateway: Arc<Gateway>, patience: Duration) {
    let pusher = match Pusher::new(patience) {
        Ok(pusher) => Arc::new(pusher),
        Err(error) => return tracing::error!(%error, "messages cannot be sent"),
    };
    let needed = |merchant_id: &MerchantId| Ok(message::ready(&*gateway.store, merchant_id)?.is_some());
    let work = |merchant_id, bell| work(Arc::clone(&gateway), Arc::clone(&pusher), merchant_id, bell);
    staff::employ(Arc::clone(&gateway), needed, work).await;
}

async fn work(gateway: Arc<Gateway>, pusher: Arc<Pusher>, merchant_id: MerchantId, bell: Arc<Notify>) {
    loop {
        // As with the other notices, the shop has a while to keep what it was answered.
        if let Some(merchant) = gateway.merchants.get(&merchant_id) {
            tokio::time::sleep(gateway.delay(&merchant)).await;
        }
        loop {
            match next(&gateway, &merchant_id).await {
                Ok(Some((_duty, (message, key)))) => {
                    let sent = send(&gateway, &pusher, &merchant_id, &message, &key);
                    if !gateway.on_duty(&merchant_id, Duty::Messages, sent).await {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    ledger::note(error);
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        bell.notified().await;
    }
}

/// What is to be sent next, by us and by no other emulator on the same store.
async fn next(gateway: &Arc<Gateway>, merchant_id: &MerchantId) -> Stored<Option<(OnDuty, (Message, String))>> {
    if message::ready(&*gateway.store, merchant_id)?.is_none() {
        return Ok(None);
    }
    let duty = gateway.await_duty(merchant_id, Duty::Messages).await?;
    // Somebody else may have sent it meanwhile.
    Ok(message::ready(&*gateway.store, merchant_id)?.map(|next| (duty, next)))
}

/// Sends a message and writes down what came of it. Returns whether its merchant is still there.
async fn send(gateway: &Arc<Gateway>, pusher: &Pusher, merchant_id: &MerchantId, message: &Message, key: &str) -> bool {
    let Some(merchant) = gateway.merchants.get(merchant_id) else { return false };
    let pushed = pusher.send(&message.url, message.body.as_deref(), message.acceptance).await;
    if let Some(failure) = &pushed.failure {
        tracing::warn!(%merchant_id, message = message.name, "message not accepted: {failure}");
    }
    let accepted = pushed.failure.is_none();
    gateway.journal.add(Entry {
        merchant_id: Some(merchant_id.clone()),
        remote: pushed.remote,
        request: message.body.clone().unwrap_or_default().into_bytes(),
        answer: pushed.answer.into(),
        refusal: pushed.failure.map(|failure| Refusal::with_detail("", "", failure)),
        warnings: pushed.warnings,
        ..Entry::new(About::Message(message.name.clone()), gateway.clock.now(merchant_id), &message.url)
    });
    let keep = async || {
        let sent = |desk: &Desk<'_>| Ok::<_, Refusal>(message::sent(desk, key, accepted));
        // The entry that tells of it is written.
        gateway.perform(&merchant, Trigger::Clock, sent).await.unwritten()
    };
    // It must not be sent again only because a store was away for a moment.
    while keep().await.is_err() {
        tokio::time::sleep(AGAIN).await;
        if gateway.merchants.get(merchant_id).is_none() {
            return false;
        }
    }
    true
}
