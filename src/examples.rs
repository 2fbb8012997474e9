//! Whoever reads the documentation of the library finds an example at each item. They are tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// All files of the library.
pub(crate) fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false if path.extension().is_some_and(|end| end == "rs") => {
                    found.push((path.clone(), std::fs::read_to_string(path).unwrap()));
                }
                false => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    found
}

/// The names that `lib.rs` gives to everybody.
fn offered() -> BTreeSet<&'static str> {
    let (_, list) = include_str!("lib.rs").split_once("\npub use emulator::{").unwrap();
    list.split_once('}').unwrap().0.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Those of them that are defined in another room than `emulator`.
fn lent() -> BTreeSet<&'static str> {
    let lines = include_str!("emulator.rs").lines().filter_map(|line| line.strip_prefix("pub use crate::"));
    lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric())).filter(|name| offered().contains(name)).collect()
}

/// The word after one of these beginnings.
fn word_after<'a>(line: &'a str, beginnings: &[&str]) -> Option<&'a str> {
    let rest = beginnings.iter().find_map(|beginning| line.strip_prefix(beginning))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn every_public_item_has_an_example() {
    let (offered, lent) = (offered(), lent());
    let mut defined = BTreeSet::new();
    let mut bare = Vec::new();
    for (path, text) in sources() {
        // Other rooms have a `Payment` of their own.
        let of_emulator =
            path.components().any(|part| Path::new(part.as_os_str()).file_stem() == Some("emulator".as_ref()));
        let concerned = if of_emulator { &offered - &lent } else { lent.clone() };
        let mut documented = false;
        let mut within = None;
        for line in text.lines() {
            let item = match line.trim_start() {
                line if line.starts_with("///") => {
                    documented |= line.contains("```");
                    continue;
                }
                line if line.starts_with("#[") => continue,
                _ if line.starts_with("    pub ") => {
                    word_after(line, &["    pub fn ", "    pub async fn ", "    pub const "])
                        .filter(|_| within.is_some_and(|name| concerned.contains(name)))
                }
                _ => word_after(line, &["pub struct ", "pub enum "]).filter(|name| concerned.contains(name)),
            };
            if let Some(name) = word_after(line, &["impl "]) {
                within = Some(name);
            }
            if let Some(item) = item {
                defined.extend(offered.get(item));
                if !documented {
                    bare.push(format!("{}: {item}", path.display()));
                }
            }
            documented = false;
        }
    }
    assert_eq!(defined, offered, "where an item is defined must be found");
    assert!(bare.is_empty(), "without an example: {bare:#?}");
}
