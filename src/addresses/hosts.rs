//! The hosts of the real service that the emulator plays: one list for certificate, proxy, hosts line and pages.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

#[derive(Deserialize)]
struct File {
    gateway: Vec<String>,
    paidy: String,
}

static FILE: LazyLock<File> = LazyLock::new(|| fixtures::parse(fixtures::HOSTS));

/// Every host that is played.
pub fn played() -> impl Iterator<Item = &'static str> {
    let File { gateway, paidy } = &*FILE;
    gateway.iter().chain([paidy]).map(String::as_str)
}

/// The played host that `host` names, in any case of letters and with or without the root's trailing dot.
pub fn find_played(host: &str) -> Option<&'static str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    played().find(|played| played.eq_ignore_ascii_case(host))
}

/// Whether `host` is the one that Paidy's script is loaded from.
pub fn is_paidys(host: &str) -> bool {
    find_played(host).is_some_and(|played| played == FILE.paidy)
}
