//! The hosts of the real service that the emulator plays: one list for certificate, proxy, hosts line and pages.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;

#[derive(Deserialize)]
struct File {
    /// Which file comes first in the list.
    place: u8,
    hosts: Vec<String>,
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let mut files: Vec<File> = fixtures::HOSTS.iter().map(|file| fixtures::parse(file)).collect();
    files.sort_by_key(|file| file.place);
    files
});

/// Every host that is played.
pub fn played() -> impl Iterator<Item = &'static str> {
    FILES.iter().flat_map(|file| &file.hosts).map(String::as_str)
}

/// The played host that `host` names, in any case of letters and with or without the root's trailing dot.
pub fn find_played(host: &str) -> Option<&'static str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    played().find(|played| played.eq_ignore_ascii_case(host))
}
