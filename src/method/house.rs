//! No file but its own names a method: this reads `src` and holds it.

use std::fs;
use std::path::Path;

use crate::method::METHODS;
use crate::wire::catalog;

/// Where a method is at home: its folder under `method`, the constants of its payment types, its pages.
struct Home {
    folder: &'static str,
    types: &'static [&'static str],
    pages: &'static [&'static str],
}

const HOMES: &[Home] = &[
    Home {
        folder: "card",
        types: &["CARD"],
        pages: &[
            "server/shopper/three_d_secure",
            "server/shopper/token.rs",
            "server/shopper/link/card",
            "server/api/cards.rs",
            "server/console/merchants/cards.rs",
            "server/console/catalog/cards.rs",
            "server/testtool/stop_card.rs",
        ],
    },
    Home {
        folder: "convenience",
        types: &["CONVENIENCE", "CONVENIENCE_SLIP"],
        pages: &["server/shopper/slip.rs", "server/shopper/barcode.rs", "server/shopper/link/convenience.rs"],
    },
    Home { folder: "net_bank", types: &["NET_BANK"], pages: &["server/shopper/bank", "server/shopper/link/bank.rs"] },
    Home { folder: "atm", types: &["ATM"], pages: &["server/shopper/link/atm.rs"] },
    Home { folder: "virtual_account", types: &["VIRTUAL_ACCOUNT"], pages: &[] },
    Home { folder: "emoney", types: &["EMONEY"], pages: &["server/shopper/webmoney.rs"] },
    Home { folder: "paidy", types: &["PAIDY"], pages: &["server/shopper/paidy"] },
    Home { folder: "paypay", types: &["PAYPAY"], pages: &["server/shopper/paypay", "server/shopper/link/paypay.rs"] },
    Home { folder: "link", types: &[], pages: &["server/shopper/link"] },
    Home {
        folder: "file",
        types: &[],
        pages: &["server/testtool/update_cards.rs", "server/api/cards.rs", "server/console/merchants/cards.rs"],
    },
];

/// The lists in which a method stands.
const LISTS: &[&str] = &["method/mod.rs", "method/house.rs", "server/shopper/mod.rs", "wire/name.rs", "wire/labels.rs"];

/// Tests that many files share.
const TESTS: &str = "ledger/contract";

/// Files that name a method all the same, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("method/file/", "card", "the one file that is played updates stored cards"),
    ("server/shopper/pages.rs", "link", "what a method's pages give the link type is a page for its visits"),
    (
        "method/link/",
        "card",
        "the link type's own way with cards: what its pages keep of one, and the pages that store some",
    ),
    ("method/link/cash.rs", "convenience", "what a buyer presses on its pages becomes an application of the method"),
    ("method/link/cash.rs", "net_bank", "the same"),
    ("method/link/cash.rs", "atm", "the same"),
    ("server/shopper/link/top.rs", "atm", "a heading of the real page, over all that is paid somewhere else"),
];

/// What a file says beside comments and tests.
fn said(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines.map(|line| format!("{line}\n")).collect();
    // Numbers of cards are masked wherever they stand.
    code.replace("Card number", "")
}

/// Whether a word stands there by itself.
fn names(text: &str, word: &str) -> bool {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        // In Japanese there is nothing between words, and a path goes on after its colons.
        !word.is_ascii() || !part(before) && (word.ends_with(':') || !part(after))
    })
}

/// What a file imports from `method` in lists.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    text.split("method::{").skip(1).map(|list| list.split(';').next().unwrap_or_default())
}

/// By what a file can name the method of a home.
fn words(home: &Home) -> Vec<String> {
    let mut words: Vec<String> = home.types.iter().map(|name| format!("PaymentType::{name}")).collect();
    words.push(format!("{}::", home.folder));
    let types = home.types.len();
    let method = METHODS.iter().find(|method| {
        let id = method.description().tab.as_ref().map_or("", |tab| tab.id);
        id == home.folder && method.payment_types().len() == types
    });
    let Some(method) = method else { return words };
    words.extend(method.kinds().iter().map(|kind| format!("\"{kind}\"")));
    let rows = catalog().payment_types().iter().filter(|row| method.payment_types().contains(&row.code));
    let tab = method.description().tab.as_ref().map_or(("", ""), |tab| tab.label);
    words.extend(rows.map(|row| row.name.to_owned()));
    words.extend([tab.0, tab.1].map(str::to_owned));
    words.push(format!("\"{}\"", home.folder));
    words
}

fn walk(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, root, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, said(&fs::read_to_string(&path).unwrap())));
        }
    }
}

#[test]
fn only_its_own_files_name_a_method() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &root, &mut files);
    files
        .retain(|(file, _)| !file.ends_with("tests.rs") && !file.starts_with(TESTS) && !LISTS.contains(&file.as_str()));
    let mut strangers = Vec::new();
    let mut met = Vec::new();
    for home in HOMES {
        let own = |file: &str| {
            let folder = format!("method/{}/", home.folder);
            file.starts_with(&folder) || home.pages.iter().any(|page| file.starts_with(page))
        };
        let listed =
            files.iter().filter(|(file, text)| !own(file) && imported(text).any(|list| names(list, home.folder)));
        let mut naming: Vec<(&str, String)> = listed.map(|(file, _)| (file.as_str(), home.folder.to_owned())).collect();
        for word in words(home) {
            let strange = files.iter().filter(|(file, text)| !own(file) && names(text, &word));
            naming.extend(strange.map(|(file, _)| (file.as_str(), word.clone())));
        }
        for (file, word) in naming {
            let known = |known: &&(&str, &str, &str)| file.starts_with(known.0) && known.1 == home.folder;
            match EXCEPTIONS.iter().find(known) {
                Some(known) => met.push(known),
                None => strangers.push(format!("{file}: {word} ({})", home.folder)),
            }
        }
    }
    assert!(strangers.is_empty(), "these name a method of others:\n{}", strangers.join("\n"));
    let idle: Vec<_> = EXCEPTIONS.iter().filter(|known| !met.contains(known)).collect();
    assert!(idle.is_empty(), "exceptions that nobody needs: {idle:?}");
}
