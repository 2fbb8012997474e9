//! Telegrams that the gateway has and that are not played here: shops that send one are told so (P018).

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::wire::catalog::{AnswerFormat, TelegramSpec};
use crate::wire::{Charset, catalog};

/// A service whose telegrams are not played.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name in Japanese.
    pub name: &'static str,
    /// Its name in English.
    pub english: &'static str,
    path: &'static str,
    #[serde(default)]
    charset: Charset,
    /// The telegrams that are known by name.
    #[serde(default)]
    pub kinds: Vec<Known>,
    /// The first two digits of the kinds of telegrams of which no more is known.
    #[serde(default)]
    pub families: Vec<&'static str>,
}

/// A telegram that is known by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// 電文種別ID.
    pub kind: &'static str,
    name: &'static str,
    english: &'static str,
    path: Option<&'static str>,
    charset: Option<Charset>,
    #[serde(default)]
    answer: AnswerFormat,
}

/// The services of `fixtures/not_played.toml`.
pub fn services() -> &'static [Service] {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'static"))]
    struct File {
        service: Vec<Service>,
    }
    static FILE: LazyLock<File> = LazyLock::new(|| fixtures::parse(fixtures::NOT_PLAYED));
    &FILE.service
}

/// What is known of a telegram that is not played; `None` for one that is, or that nobody knows.
///
/// It is looked for when a telegram came that the catalog lacks, and read then: most emulators never meet one.
pub fn not_played(kind: &str) -> Option<&'static TelegramSpec> {
    static SPECS: LazyLock<HashMap<&'static str, TelegramSpec>> = LazyLock::new(|| {
        let named = services().iter().flat_map(|service| service.kinds.iter().map(move |known| known.spec(service)));
        let families =
            services().iter().flat_map(|service| service.families.iter().map(move |two| service.family(two)));
        named.chain(families).map(|spec| (spec.kind, spec)).collect()
    });
    let three_digits = kind.len() == 3 && kind.bytes().all(|byte| byte.is_ascii_digit());
    if !three_digits || catalog().telegram(kind).is_some() {
        return None;
    }
    SPECS.get(kind).or_else(|| SPECS.get(&kind[..2]))
}

impl Known {
    fn spec(&self, service: &Service) -> TelegramSpec {
        TelegramSpec {
            kind: self.kind,
            name: self.name,
            english: self.english,
            path: self.path.unwrap_or(service.path),
            charset: self.charset.unwrap_or(service.charset),
            answer: self.answer,
            ..TelegramSpec::default()
        }
    }
}

impl Service {
    fn family(&self, kind: &'static str) -> TelegramSpec {
        let (name, english) = (self.name, self.english);
        TelegramSpec { kind, name, english, path: self.path, charset: self.charset, ..TelegramSpec::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_played_is_not_among_it() {
        for known in services().iter().flat_map(|service| &service.kinds) {
            assert!(catalog().telegram(known.kind).is_none(), "{} is played: take it out", known.kind);
            assert_eq!(not_played(known.kind).map(|spec| spec.kind), Some(known.kind));
        }
    }

    #[test]
    fn a_kind_of_an_undocumented_service_is_known_by_its_first_digits() {
        assert_eq!(not_played("131").map(|spec| spec.path), Some("/n/paypal/request"));
        assert_eq!(not_played("412").map(|spec| spec.charset), Some(Charset::Utf8));
        assert_eq!(not_played("090").map(|spec| spec.answer), Some(AnswerFormat::Csv));
        for unknown in ["123", "13", "13x", "1311", "999", "", "１３1"] {
            assert!(not_played(unknown).is_none(), "{unknown}");
        }
    }
}
