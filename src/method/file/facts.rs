//! Types of files, and the layout of those that are played (`fixtures/files.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

/// The facts about files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Files {
    file_type: Vec<FileType>,
    /// カード情報更新（洗替）要求.
    pub(super) card_update: CardUpdate,
}

/// A type of files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileType {
    /// 取引種別.
    code: String,
    /// What the interface calls it, in Japanese.
    pub(super) name: String,
    /// What it is in English.
    pub(super) english: String,
}

/// The layout of the card update's files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardUpdate {
    /// 取引種別.
    pub(super) file_type: String,
    /// How many columns the records have.
    pub(super) header_columns: usize,
    pub(super) data_columns: usize,
    pub(super) trailer_columns: usize,
    /// The results that the trailer counts, group by group; a last group counts the others.
    pub(super) counted: Vec<Vec<String>>,
    /// What stands at the end of the trailer.
    pub(super) last_of_trailer: String,
}

/// The facts.
pub(super) fn files() -> &'static Files {
    static FILES: LazyLock<Files> = LazyLock::new(|| fixtures::parse(fixtures::FILES));
    &FILES
}

/// A type of files by its code.
pub(super) fn file_type(code: &str) -> Option<&'static FileType> {
    files().file_type.iter().find(|known| known.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::catalog;

    #[test]
    fn the_telegram_takes_the_types_that_there_are() {
        let allowed = catalog().telegram("200").and_then(|spec| spec.field("file_type")).map(|field| &field.values);
        let known: Box<[&str]> = files().file_type.iter().map(|known| known.code.as_str()).collect();
        assert_eq!(allowed, Some(&known));
        assert!(file_type(&files().card_update.file_type).is_some());
    }
}
