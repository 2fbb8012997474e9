//! 024 カード情報更新（洗替）: which stored cards are asked about, and what was said to them, as files.

use crate::clock::Moment;
use crate::fixtures;
use crate::method::card::vault::refresh::{self, CardName, Said, candidates, refresh};
use crate::method::file::{File, KIND, facts, keep};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::characters::Characters;
use crate::wire::{Reply, name};

/// A card that an update asked about.
pub(crate) struct Asked {
    pub(crate) name: CardName,
    pub(crate) said: Said,
}

/// Asks about all stored cards that take part (洗替_オート). The answer's `file_receipt_id` is the number of the result.
/// P026 when no card takes part.
pub(crate) fn update_cards(desk: &Desk<'_>) -> Result<Outcome, Refusal> {
    refresh::check_contracts(desk)?;
    let names = candidates(desk);
    if names.is_empty() {
        let rule = text!(
            "洗替の対象となるカードがありません。対象は valid_check_flg=1 で登録され、洗替で利用停止が通知されていない\
             カードだけです。",
            "no card takes part: only those that were stored with valid_check_flg=1, and not after an update has \
             told that charges to them were stopped"
        );
        return Err(Refusal::with_detail("P026", "洗替の対象となるカードがありません。", rule));
    }
    Ok(work_off(desk, names, String::new()))
}

impl Asked {
    /// The cards of a result.
    pub(crate) fn of_file(desk: &Desk<'_>, receipt: &str) -> Vec<Asked> {
        desk.record::<File>(KIND, receipt).map_or_else(Vec::new, |(file, _)| Asked::of(file))
    }

    fn of(file: File) -> Vec<Asked> {
        file.cards.into_iter().map(|(name, said)| Asked { name, said }).collect()
    }
}

/// A file that was worked off, for people.
pub(crate) struct Worked {
    /// 受付番号.
    pub(crate) receipt: String,
    /// 受付日時.
    pub(crate) received: Moment,
    pub(crate) cards: Vec<Asked>,
}

/// A merchant's files, newest first.
pub(crate) fn worked(desk: &Desk<'_>) -> Vec<Worked> {
    let files = desk.records::<File>(KIND, "").into_iter().rev();
    files
        .map(|(file, record)| Worked { receipt: record.key, received: file.received, cards: Asked::of(file) })
        .collect()
}

/// Asks about these cards and keeps what was said.
pub(super) fn work_off(desk: &Desk<'_>, names: Vec<CardName>, digest: String) -> Outcome {
    let (said, mut records) = refresh(desk, &names);
    let (receipt, kept) = keep(desk, digest, names.into_iter().zip(said).collect());
    records.extend(kept);
    Outcome { records, ..Outcome::reply(Reply::ok().with(name::FILE_RECEIPT_ID, receipt)) }
}

/// The cards that a file asks about: 9104 and P027 without a contract, 9101 for a file that is not in order.
pub(super) fn requested(desk: &Desk<'_>, contents: &str) -> Result<Vec<CardName>, Refusal> {
    let layout = &facts::files().card_update;
    let name = facts::file_type(&layout.file_type).map_or("", |known| known.name.as_str());
    if !desk.merchant.contracts.stored_cards {
        let rule = text!(
            "加盟店の契約にカード情報お預かり機能が含まれていません (contracts.stored_cards)。",
            "the merchant's contract does not include stored cards (contracts.stored_cards)"
        );
        return Err(Refusal::with_detail("9104", &fixtures::errors().detail("9104", name), rule));
    }
    refresh::check_contracts(desk)?;

    let mut records: Vec<Vec<&str>> = contents.split('\n').map(|line| columns(line)).collect();
    if records.last().is_some_and(|last| *last == [""]) {
        records.pop();
    }
    let count = records.len().saturating_sub(2);
    let mut names = Vec::with_capacity(count);
    for (at, record) in records.iter().enumerate() {
        let number = at + 1;
        let wrong = |detail: &str, rule: Text| Err(malformed(number, detail, &rule));
        let (division, length) = match at {
            0 => ("1", layout.header_columns),
            _ if at + 1 == records.len() => ("4", layout.trailer_columns),
            _ => ("3", layout.data_columns),
        };
        if record[0] != division {
            return wrong(
                "レコード区分が正しくありません",
                text!(
                    "レコード区分は {division} です（ヘッダ 1、データ 3、トレーラ 4 の順）。",
                    "must start with {division}: a header (1), data (3), a trailer (4)",
                    division = division
                ),
            );
        }
        if record.len() != length {
            let rule = text!(
                "項目数は {length} です（{sent} 項目が送信されています）。",
                "must have {length} columns, it has {sent}",
                length = length,
                sent = record.len()
            );
            return wrong("項目数が正しくありません", rule);
        }
        let merchant_id = desk.merchant.merchant_id.as_str();
        let filled = match (division, &record[1..]) {
            ("1", [file_type, _, ..]) if *file_type != layout.file_type => {
                let rule =
                    text!("2項目目は {file_type} です。", "column 2 must be {file_type}", file_type = layout.file_type);
                return wrong("取引種別が正しくありません", rule);
            }
            ("1", [_, sender, ..]) if *sender != merchant_id => {
                return wrong(
                    "マーチャントIDが正しくありません",
                    text!(
                        "3項目目は送信元のマーチャントID {merchant_id} です。",
                        "column 3 must be the sender's {merchant_id}",
                        merchant_id = merchant_id
                    ),
                );
            }
            ("4", [data, ..]) if data.parse() != Ok(count) => {
                return wrong(
                    "データ件数が正しくありません",
                    text!(
                        "2項目目はデータレコードの件数 {count} です。",
                        "column 2 must be {count}, the number of data records",
                        count = count
                    ),
                );
            }
            ("3", [site_id, customer_id, card_id, ..]) => {
                let fields = [
                    ("サイトID", *site_id, Characters::Alnum, "半角英数字", 0, 4),
                    ("顧客ID", *customer_id, Characters::Id, "半角英数字とアンダースコア", 1, 25),
                    ("顧客カードID", *card_id, Characters::Digits, "半角数字", 1, 18),
                ];
                for (label, value, characters, japanese, min, max) in fields {
                    if !characters.admit(value) || !(min..=max).contains(&value.len()) {
                        let rule = Text::filled(
                            format!("{label}は{japanese}{min}～{max}文字です。"),
                            format!("{label} consists of {min} to {max} {}", characters.describe()),
                        );
                        return wrong(&format!("{label}が正しくありません"), rule);
                    }
                }
                names.push(CardName {
                    site_id: (*site_id).to_owned(),
                    customer_id: (*customer_id).to_owned(),
                    customer_card_id: (*card_id).to_owned(),
                });
                4
            }
            ("1", _) => 3,
            _ => 2,
        };
        if record[filled..].iter().any(|column| !column.is_empty()) {
            let rule =
                text!("{first}項目目以降は空欄です。", "the columns from {first} on must be empty", first = filled + 1);
            return wrong("空欄の項目に値があります", rule);
        }
    }
    if names.is_empty() {
        return Err(malformed(
            records.len(),
            "データレコードがありません",
            &text!(
                "ヘッダ、データ、トレーラの各レコードが必要です。",
                "there must be a header, data records and a trailer"
            ),
        ));
    }
    Ok(names)
}

fn columns(line: &str) -> Vec<&str> {
    line.strip_suffix('\r').unwrap_or(line).split(',').collect()
}

/// 9101, with the number of the record and what is wrong with it.
fn malformed(number: usize, wrong: &str, rule: &Text) -> Refusal {
    let detail = fixtures::errors().detail("9101", &format!("{number}, {wrong}"));
    let Text { japanese, english } = rule;
    let rule = Text::filled(format!("{number}レコード目: {japanese}"), format!("record {number}: {english}"));
    Refusal::with_detail("9101", &detail, rule)
}

/// The result as 201 hands it out.
pub(super) fn result(desk: &Desk<'_>, receipt: &str, file: &File) -> Reply {
    let layout = &facts::files().card_update;
    let texts = |columns: &[&str]| columns.iter().map(|column| (*column).to_owned()).collect::<Vec<String>>();
    let (received, done) = (file.received.date8(), file.done.date8());
    let merchant_id = desk.merchant.merchant_id.as_str();
    let header = ["1", &layout.file_type, merchant_id, receipt, &received, &done, "0", "", ""];
    let sign = |sign: Option<bool>| sign.map_or("", |updated| if updated { "1" } else { "0" });
    let data = file.cards.iter().map(|(name, said)| {
        let CardName { site_id, customer_id, customer_card_id } = name;
        let (number, expiry) = (sign(said.number), sign(said.expiry));
        texts(&["3", site_id, customer_id, customer_card_id, &said.result, number, expiry])
    });
    let with = |results: &[String]| file.cards.iter().filter(|(_, said)| results.contains(&said.result)).count();
    let mut counts: Vec<usize> = layout.counted.iter().map(|results| with(results)).collect();
    counts.push(file.cards.len() - counts.iter().sum::<usize>());
    let counts = counts.into_iter().map(|count| count.to_string());
    let trailer = ["4".to_owned(), file.cards.len().to_string()].into_iter().chain(counts);
    let trailer = trailer.chain([layout.last_of_trailer.clone()]).collect();
    let reply = data.fold(Reply::ok().with_record(texts(&header)), Reply::with_record);
    reply.with_record(trailer)
}
