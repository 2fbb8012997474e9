//! ファイル決済通知: the shop is told that a file has been worked off (`notification.md` section 2).

use crate::ledger::Record;
use crate::merchant::Key;
use crate::method::Desk;
use crate::method::file::File;
use crate::method::message::{Acceptance, FOR_A_WEEK, Message};
use crate::wire::{hash, name};

/// The only event that there is.
const DONE: &str = "file.process.done";

/// The notice that a file is done, if the merchant has a URL for it.
pub(super) fn done(desk: &Desk<'_>, receipt: &str, file: &File) -> Option<Record> {
    let url = &desk.merchant.file_notification_url;
    if url.is_empty() {
        return None;
    }
    let (received, occurred) = (file.received.datetime14(), file.done.datetime14());
    let hc = hash(receipt, &received, &occurred, desk.merchant.keys.get(Key::NOTICE_HASH));
    let pairs = [
        (name::FILE_RECEIPT_ID, receipt),
        (name::EVENT_ID, DONE),
        (name::RECEIPT_DATE, &received),
        (name::OCCUR_DATE, &occurred),
        (name::HC, &hc),
    ];
    let (repeats_left, repeat_after_minutes) = FOR_A_WEEK;
    let message = Message {
        name: "file_settlement".to_owned(),
        url: url.clone(),
        body: Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()),
        acceptance: Acceptance::ResultZero,
        repeats_left,
        repeat_after_minutes,
        ready: true,
    };
    Some(message.record(desk))
}

fn hash(receipt: &str, received: &str, occurred: &str, key: &str) -> String {
    hash::sha256_hex([receipt, DONE, received, occurred, key])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_notice_hash() {
        let hash = super::hash("123456789", "20190201154356", "20190201160428", "abcdefg1234567");
        assert_eq!(hash, "832ca786cebaecfb8831c38ba5ae4cd140d36075ef9ab348fb749602a5263572");
    }
}
