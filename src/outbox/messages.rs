//! Sending what is no difference notice: the time-out notice of 3-D Secure, the notices of recurring charges.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::gateway::Gateway;
use crate::journal::{Entry, Event};
use crate::merchant::MerchantId;
use crate::method::message::{self, Message};
use crate::outbox::push::Pusher;
use crate::outbox::staff::Staff;
use crate::payment::{Refusal, Trigger};

/// Delivers all merchants' messages, for ever; each merchant's one after the other, nobody waiting for another's shop.
pub async fn deliver(gateway: Arc<Gateway>, patience: Duration) {
    let mut changed = gateway.changed.subscribe();
    let pusher = match Pusher::new(patience) {
        Ok(pusher) => Arc::new(pusher),
        Err(error) => return tracing::error!(%error, "messages cannot be sent"),
    };
    let mut staff = Staff::new(&gateway);
    while let Some(concerned) = staff.concerned(changed.recv().await) {
        for merchant_id in concerned {
            let needed = || message::ready(&*gateway.ledger, &merchant_id).is_some();
            staff.ring(&merchant_id, needed, |bell| {
                work(Arc::clone(&gateway), Arc::clone(&pusher), merchant_id.clone(), bell)
            });
        }
    }
}

async fn work(gateway: Arc<Gateway>, pusher: Arc<Pusher>, merchant_id: MerchantId, bell: Arc<Notify>) {
    loop {
        // As with the other notices, the shop has a while to keep what it was answered.
        if let Some(merchant) = gateway.merchants.get(&merchant_id) {
            tokio::time::sleep(gateway.delay(&merchant)).await;
        }
        while let Some((message, key)) = message::ready(&*gateway.ledger, &merchant_id) {
            if !send(&gateway, &pusher, &merchant_id, &message, &key).await {
                break;
            }
        }
        bell.notified().await;
    }
}

/// Sends a message and writes down what came of it. Returns whether that could be kept.
async fn send(gateway: &Arc<Gateway>, pusher: &Pusher, merchant_id: &MerchantId, message: &Message, key: &str) -> bool {
    let Some(merchant) = gateway.merchants.get(merchant_id) else { return false };
    let pushed = pusher.send(&message.url, message.body.as_deref(), message.acceptance).await;
    if let Some(failure) = &pushed.failure {
        tracing::warn!(%merchant_id, message = message.name, "message not accepted: {failure}");
    }
    let accepted = pushed.failure.is_none();
    gateway.journal.add(Entry {
        merchant_id: Some(merchant_id.clone()),
        kind: message.name.clone().into(),
        remote: pushed.remote,
        request: message.body.clone().unwrap_or_default().into_bytes(),
        answer: pushed.answer.into(),
        refusal: pushed.failure.map(|failure| Refusal::with_detail("", "", failure)),
        warnings: pushed.warnings.into_iter().map(Into::into).collect(),
        ..Entry::new(Event::Notice, gateway.clock.now(merchant_id), &message.url)
    });
    let kept = gateway.perform::<Refusal>(&merchant, Trigger::Clock, |desk| Ok(message::sent(desk, key, accepted)));
    kept.await.is_ok()
}
