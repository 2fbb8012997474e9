//! クレジットカード決済継続課金差分通知: the shop is told of every new status (`notification.md` section 3).

use crate::ledger::{Record, RecordKind};
use crate::merchant::Key;
use crate::method::Desk;
use crate::method::card::recurring::Running;
use crate::method::message::{Acceptance, FOR_A_WEEK, Message};
use crate::wire::{Charset, Name, hash, name};

/// What is told of a recurring charge, in the order of the interface's table, which is not that of 096.
const VALUES: [Name; 17] = [
    name::TRADING_ID,
    name::AMOUNT,
    name::SITE_ID,
    name::CUSTOMER_ID,
    name::CUSTOMER_CARD_ID,
    name::RUNNING_STATUS,
    name::CYCLE,
    name::TIMING,
    name::CREATED,
    name::FIRST_EXECUTED,
    name::LAST_EXECUTED,
    name::NEXT_SCHEDULED,
    name::RESUMABLE_UNTIL,
    name::END_SCHEDULED,
    name::ENDED,
    name::DESCRIPTION,
    name::FAILED_REASON,
];

/// What happened.
#[derive(Clone, Copy)]
pub(super) enum Event {
    Created,
    Suspended,
    Resumed,
    Deleted,
}

impl Event {
    fn id(self) -> &'static str {
        match self {
            Event::Created => "card.running.created",
            Event::Suspended => "card.running.suspended",
            Event::Resumed => "card.running.resumed",
            Event::Deleted => "card.running.deleted",
        }
    }
}

/// The notice of an event, if the merchant has a URL for notices.
pub(super) fn notice(desk: &Desk<'_>, running_id: &str, running: &Running, event: Event) -> Option<Record> {
    if desk.merchant.notification_url.is_empty() {
        return None;
    }
    let notice_id = desk.next_number(RecordKind::new("running_notice")).to_string();
    let values = running.values();
    let of = |name: Name| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str());
    let key = desk.merchant.keys.get(Key::NOTICE_HASH);
    let hc = hash(&notice_id, running_id, of(name::TRADING_ID), of(name::AMOUNT), key);
    let head = [(name::RUNNING_NOTICE_ID, &*notice_id), (name::EVENT_ID, event.id()), (name::RUNNING_ID, running_id)];
    let pairs = head.into_iter().chain(VALUES.map(|name| (name, of(name)))).chain([(name::HC, hc.as_str())]);
    let encode = |text: &str| form_urlencoded::byte_serialize(&Charset::Windows31J.encode(text)).collect::<String>();
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let (repeats_left, repeat_after_minutes) = FOR_A_WEEK;
    let message = Message {
        name: "recurring_charge".to_owned(),
        url: desk.merchant.notification_url.clone(),
        body: Some(pairs.join("&")),
        acceptance: Acceptance::ResultZero,
        repeats_left,
        repeat_after_minutes,
        ready: true,
    };
    Some(message.record(desk))
}

fn hash(notice_id: &str, running_id: &str, trading_id: &str, amount: &str, key: &str) -> String {
    hash::sha256_hex([notice_id, running_id, trading_id, amount, key])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_notice_hash() {
        let hash = super::hash("11111", "2222222", "TRADE12345", "1500", "abcdefg1234567");
        assert_eq!(hash, "7793770f7853a848e78f4923130cc4f371446c52a59bce5e6f61e114a3a06856");
    }
}
