//! File settlement (ファイル決済): 200 hands in a file, 201 fetches its result, and a notice tells that there is one
//! (`file_settlement.toml`).
//!
//! Files of one type are played, those of the card update (024): of the others no layout is known. A file is worked off
//! as soon as it arrives. The test tool and the control API start the update that asks about all stored cards.

mod card_update;
mod facts;
mod notice;

pub(crate) use card_update::{Asked, Worked, update_cards, worked};

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::card::vault::refresh::{CardName, Said};
use crate::method::{Desk, Method, Outcome};
use crate::payment::{PaymentType, Refusal, Table};
use crate::text::{Text, text};
use crate::wire::{Telegram, name};

/// The kind of the records; a record's key is the receipt number.
const KIND: RecordKind = RecordKind::new("file");
/// Receipt numbers have nine digits.
const FIRST_RECEIPT: u64 = 100_000_000;
/// How long a file's contents are remembered for `duplicate_check`.
const DUPLICATE_DAYS: i64 = 1;

/// A file that was received and worked off.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    received: Moment,
    done: Moment,
    /// SHA-256 of the contents; empty for a file that nobody handed in.
    digest: String,
    cards: Vec<(CardName, Said)>,
}

/// The files' method.
pub(super) struct Files;

impl Method for Files {
    fn payment_types(&self) -> &'static [PaymentType] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["200", "201"]
    }

    fn tables(&self) -> &'static [Table] {
        &[]
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        desk.vendor(telegram.kind())?;
        match telegram.kind() {
            "200" => receive(desk, &telegram.into()),
            _ => result(desk, telegram.or_default(name::FILE_RECEIPT_ID)),
        }
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[KIND]
    }
}

/// What 200 hands in.
struct Request<'a> {
    /// 取引種別.
    file_type: &'a str,
    contents: &'a str,
    /// ファイル重複チェック.
    check_duplicate: bool,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            file_type: telegram.or_default(name::FILE_TYPE),
            contents: telegram.or_default(name::DATA),
            check_duplicate: telegram.or_default(name::DUPLICATE_CHECK) == "1",
        }
    }
}

/// Answers 200.
fn receive(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { file_type: code, contents, .. } = *request;
    if code != facts::files().card_update.file_type {
        let [name, english] = facts::file_type(code).map_or(["", ""], |known| [&known.name, &known.english]);
        let rule = Text::filled(
            format!("file_type {code}（{name}）は電文カタログにありますが、エミュレータでは未対応です。"),
            format!("file_type {code} ({english}) is in the catalog but not emulated"),
        );
        return Err(Refusal::new("P018", rule));
    }
    let names = card_update::requested(desk, contents)?;
    let digest = crate::wire::hash::sha256_hex([contents]);
    if request.check_duplicate {
        let since = desk.now.plus_days(-DUPLICATE_DAYS);
        let same = |(file, _): &(File, Record)| file.digest == digest && file.received > since;
        if let Some((_, record)) = desk.records::<File>(KIND, "").into_iter().find(same) {
            let rule = text!(
                "同じ内容のファイルを24時間以内に受け付けています: file_receipt_id {receipt}",
                "the same contents were received within 24 hours: file_receipt_id {receipt}",
                receipt = record.key
            );
            return Err(Refusal::new("9106", rule));
        }
    }
    Ok(card_update::work_off(desk, names, digest))
}

/// Answers 201; asking again gives the same result.
fn result(desk: &Desk<'_>, receipt: &str) -> Result<Outcome, Refusal> {
    let Some((file, _)) = desk.record::<File>(KIND, receipt) else {
        let rule = text!(
            "file_receipt_id {receipt} のファイルはありません。",
            "the merchant has no file with file_receipt_id {receipt}",
            receipt = receipt
        );
        return Err(Refusal::new("9102", rule));
    };
    Ok(Outcome::reply(card_update::result(desk, receipt, &file)))
}

/// Keeps a file that was worked off just now. Returns its receipt number and the records of the file and its notice.
fn keep(desk: &Desk<'_>, digest: String, cards: Vec<(CardName, Said)>) -> (String, Vec<Record>) {
    let receipt = (FIRST_RECEIPT + desk.next_number(KIND)).to_string();
    let file = File { received: desk.now, done: desk.now, digest, cards };
    let kept = desk.new_record(KIND, receipt.as_str(), &file);
    let told = notice::done(desk, &receipt, &file);
    (receipt, [kept].into_iter().chain(told).collect())
}
