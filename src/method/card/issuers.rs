//! Who issued a card and who acquires it, by its first digits (`test_cards.md` section 2).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

/// The issuer of the cards whose numbers start with a prefix.
#[derive(Debug, Deserialize)]
pub struct Issuer {
    /// The first digits; the longest that fits counts.
    pub prefix: String,
    /// `card_brand`: VISA, MASTER, JCB, AMEX, DINERS or DISCOVER.
    pub brand: String,
    /// 取扱カード会社コード.
    pub acq_id: String,
    /// 取扱カード会社名, half-width.
    pub acq_name: String,
    /// カード発行会社コード.
    pub issur_id: String,
    /// カード発行会社名, half-width.
    pub issur_name: String,
}

#[derive(Deserialize)]
struct File {
    issuer: Vec<Issuer>,
    overseas_bins: Vec<String>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    // They stand before the tables of rules.
    let mut file: File = fixtures::parse(fixtures::parts(fixtures::CARDS).next().unwrap_or_default());
    file.issuer.sort_by_key(|issuer| std::cmp::Reverse(issuer.prefix.len()));
    file
});

/// Reads the issuers, so that the first card need not wait for it.
pub(super) fn read() {
    LazyLock::force(&FILE);
}

/// The issuer of a card by its first digits. The fixtures have an entry that fits every card.
pub(super) fn issuer(bin: &str) -> &'static Issuer {
    FILE.issuer.iter().find(|issuer| begins(bin, &issuer.prefix)).unwrap_or(&FILE.issuer[0])
}

/// Whether a card was issued overseas; domestic unless the fixtures name its first digits.
pub(super) fn is_overseas(bin: &str) -> bool {
    FILE.overseas_bins.iter().any(|overseas| begins(bin, overseas))
}

/// Whether the digits begin with others; most do not with the first already.
fn begins(bin: &str, prefix: &str) -> bool {
    (prefix.is_empty() || prefix.as_bytes()[0] == bin.as_bytes().first().copied().unwrap_or_default())
        && bin.starts_with(prefix)
}
