//! The data of `fixtures/`, embedded in the binary. What each file says is told at its head.

mod value;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use value::Value;

/// What the control API's document says, in Japanese.
pub const API_JAPANESE: &str = include_str!("../fixtures/api_japanese.toml");

/// The fields of the header that every telegram has.
pub const TELEGRAM_HEADER: &str = include_str!("../fixtures/telegrams/common.toml");

/// The telegrams, one file per sheet of the protocol: all that lie in the folder (`build.rs`).
pub const TELEGRAMS: &[&str] = include!(concat!(env!("OUT_DIR"), "/telegrams.rs"));

/// Telegrams that the gateway has and that are not played here.
pub const NOT_PLAYED: &str = include_str!("../fixtures/not_played.toml");

/// The merchant that exists from the start.
pub const MERCHANTS: &str = include_str!("../fixtures/merchants.toml");

/// Test cards, issuers and the rules that decide what a test card does.
pub const CARDS: &str = include_str!("../fixtures/cards.toml");

/// What the token server answers when it makes no token.
pub const TOKEN_RESULTS: &str = include_str!("../fixtures/token_results.toml");

/// Types of files, and the layout of those that are played.
pub const FILES: &str = include_str!("../fixtures/files.toml");

/// What the test tool calls the payment types.
pub const TEST_TOOL: &str = include_str!("../fixtures/test_tool.toml");

/// Stores, their vendors and the connection types of contracts.
pub const CONVENIENCE: &str = include_str!("../fixtures/convenience.toml");

/// Banks: the bank selection page and ATM payments.
pub const BANKS: &str = include_str!("../fixtures/banks.toml");

/// Virtual accounts.
pub const VIRTUAL_ACCOUNTS: &str = include_str!("../fixtures/virtual_accounts.toml");

/// Electronic money.
pub const WEBMONEY: &str = include_str!("../fixtures/webmoney.toml");

/// How long what is possible with PayPay.
pub const PAYPAY: &str = include_str!("../fixtures/paypay.toml");

/// The half-width characters that stores and bank transfers print.
pub const KANA: &str = include_str!("../fixtures/kana.toml");

/// Days on which Japan's banks are closed.
pub const HOLIDAYS: &str = include_str!("../fixtures/holidays.toml");

/// The hosts of the real service that the emulator plays, one file per service.
pub const HOSTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/hosts.rs"));

/// What works here but would hurt in production, as far as it is a number.
pub const WARNINGS: &str = include_str!("../fixtures/warnings.toml");

/// How clients are pointed at a server.
pub const CLIENTS: &str = include_str!("../fixtures/clients.toml");

/// The columns of the merchants' list of payments.
pub const PAYMENT_LIST: &str = include_str!("../fixtures/payment_list.toml");

/// 決済通知ステータス, as the merchants' site lays it out.
pub const NOTICE_BOXES: &str = include_str!("../fixtures/notice_boxes.toml");

/// One response code.
#[derive(Debug, Deserialize)]
pub struct ResponseCode {
    /// `response_code`.
    pub code: &'static str,
    /// What the interface calls it.
    pub name: &'static str,
    /// `response_detail`; `{name}` stands for the field at fault.
    pub detail: &'static str,
    /// What it means, in Japanese.
    #[serde(default)]
    pub japanese: &'static str,
    /// The same in English.
    #[serde(default)]
    pub english: &'static str,
    /// What the shop should do, in Japanese.
    #[serde(default)]
    pub remedy_japanese: &'static str,
    /// The same in English.
    #[serde(default)]
    pub remedy: &'static str,
    /// Whether the same request may be sent again unchanged.
    #[serde(default)]
    pub retry: bool,
}

/// One detail code of a card company.
#[derive(Debug, Deserialize)]
pub struct CardError {
    /// `response_detail`.
    pub detail: &'static str,
    /// `response_code` that it comes with.
    pub response_code: &'static str,
    /// The status in which the payment is left.
    #[serde(default)]
    pub status_after: &'static str,
    /// What it means, in Japanese.
    #[serde(default)]
    pub japanese: &'static str,
    /// The same in English.
    #[serde(default)]
    pub english: &'static str,
}

/// The response codes and the card companies' detail codes.
#[derive(Debug)]
pub struct Errors {
    codes: HashMap<&'static str, ResponseCode>,
    cards: HashMap<&'static str, CardError>,
}

impl Errors {
    /// The response code's row.
    pub fn code(&self, code: &str) -> Option<&ResponseCode> {
        self.codes.get(code)
    }

    /// The row of a card company's detail code, such as `1G12`.
    pub fn card(&self, detail: &str) -> Option<&CardError> {
        self.cards.get(detail)
    }

    /// `response_detail` of a code, with the name of the field at fault filled in.
    pub fn detail(&self, code: &str, field: &str) -> String {
        self.code(code).map_or_else(String::new, |row| row.detail.replace("{name}", field))
    }

    /// All response codes.
    pub fn codes(&self) -> impl Iterator<Item = &ResponseCode> {
        self.codes.values()
    }

    /// All detail codes of card companies.
    pub fn card_errors(&self) -> impl Iterator<Item = &CardError> {
        self.cards.values()
    }
}

/// The response codes of `fixtures/errors.toml`.
pub fn errors() -> &'static Errors {
    static ERRORS: LazyLock<Errors> = LazyLock::new(|| {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 'static"))]
        struct Part {
            #[serde(default)]
            error: Vec<ResponseCode>,
            #[serde(default)]
            card_error: Vec<CardError>,
        }
        let mut errors = Errors { codes: HashMap::new(), cards: HashMap::new() };
        for part in parts(include_str!("../fixtures/errors.toml")) {
            let part: Part = parse(part);
            errors.codes.extend(part.error.into_iter().map(|row| (row.code, row)));
            errors.cards.extend(part.card_error.into_iter().map(|row| (row.detail, row)));
        }
        errors
    });
    &ERRORS
}

/// Paidy's test accounts and periods.
pub const PAIDY: &str = include_str!("../fixtures/paidy.toml");

/// The parts of an embedded file: what stands before its first `[table]` or `[[table]]`, then each table.
///
/// A long file is read in parts: the parser takes many times the memory of what it reads, and what a process has taken
/// once it hardly ever gives back.
pub fn parts(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.find("\n[").map_or(rest.len(), |at| at + 1);
        let (part, others) = rest.split_at(end);
        rest = others;
        (!part.is_empty()).then_some(part)
    })
}

/// Reads an embedded file, or a part of one. A file that does not parse is a defect of the build, which every test
/// would meet.
pub fn parse<T: Deserialize<'static>>(text: &'static str) -> T {
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => panic!("embedded fixture: {error}"),
    };
    match T::deserialize(Value(DeValue::Table(table))) {
        Ok(value) => value,
        Err(error) => panic!("embedded fixture: {error} in {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_file_are_the_file() {
        for file in TELEGRAMS {
            let tables = file.lines().filter(|line| line.starts_with('[')).count();
            assert_eq!(parts(file).filter(|part| part.starts_with('[')).count(), tables);
            assert_eq!(parts(file).collect::<String>(), *file);
        }
        assert_eq!(parts("").count(), 0);
    }
}
