//! `docs/test-cards.md` says what `fixtures/cards.toml` says, the fuzzers' dictionary holds what the catalog names, and
//! `docs/openapi.json` is what the console port serves. With UPDATE_DOCS=1 they are written anew.

use std::collections::BTreeSet;
use std::path::Path;

use paygent_emulator::internal::fixtures;
use paygent_emulator::internal::wire::catalog;
use paygent_emulator::internal::wire::not_played::{self, Service};
use serde_json::Value as Json;
use toml::{Table, Value};

use crate::harness::Emulator;

/// A row of a table, from the values of a fixture's row.
fn row(values: &[&str]) -> String {
    format!("| {} |\n", values.join(" | "))
}

fn rows<'a>(of: &'a Table, name: &str) -> &'a Vec<Value> {
    of[name].as_array().unwrap()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn table(rows: &[Value], names: &[&str]) -> String {
    rows.iter().map(|line| row(&names.iter().map(|name| text(line, name)).collect::<Vec<_>>())).collect()
}

fn list(of: &Table, name: &str) -> String {
    let all: Vec<&str> = rows(of, name).iter().filter_map(Value::as_str).collect();
    all.join(", ")
}

/// What stands between the marks of this name, after the head of the table.
fn expected() -> Vec<(&'static str, String)> {
    let cards: Table = toml::from_str(fixtures::CARDS).unwrap();
    let of = |name: &str| cards[name].as_table().unwrap();
    let (stub, emv, classic) = (of("stub"), of("three_d_secure"), of("three_d_secure_1"));
    let families = rows(stub, "families").iter().map(|line| {
        let cancel = text(line, "cancel_code");
        row(&[
            text(line, "y"),
            &format!("{} + ZZ ({})", text(line, "family"), text(line, "name")),
            &format!("{}, or the code's own below", text(line, "code")),
            if cancel.is_empty() { "ok" } else { cancel },
        ])
    });
    let correction = of("stub")["correction"].as_table().unwrap();
    let by_x = |rule: &Value, once: &str| match text(rule, "outcome") {
        "family" => format!("fails by Y{once}"),
        _ if text(rule, "detail").is_empty() => format!("{} without detail{once}", text(rule, "code")),
        _ => format!("{} with {}{once}", text(rule, "code"), text(rule, "detail")),
    };
    let corrected = format!(
        "{} when the old payment is authorized, {} when it is captured",
        correction["authorized"].as_str().unwrap(),
        correction["captured"].as_str().unwrap()
    );
    let cancels = rows(stub, "cancel").iter().map(|rule| {
        row(&[text(rule, "x"), "ok", "ok", &by_x(rule, ", once"), &format!("where the cancel fails {corrected}")])
    });
    let authorizations =
        rows(stub, "authorization").iter().map(|rule| row(&[text(rule, "x"), &by_x(rule, ""), "", "", ""]));
    let last_four: String = cancels.chain(authorizations).collect();
    let details = rows(stub, "details").iter().map(|line| {
        let zz: Vec<&str> = line["zz"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        row(&[text(line, "family"), text(line, "code"), &zz.join(" ")])
    });
    let issuers = rows(&cards, "issuer").iter().map(|line| {
        let prefix = text(line, "prefix");
        row(&[
            if prefix.is_empty() { "any other" } else { prefix },
            text(line, "brand"),
            text(line, "issuer"),
            &line["number_length"].to_string(),
            text(line, "acq_id"),
            text(line, "acq_name"),
        ])
    });
    let mut old = table(rows(classic, "cards"), &["card_number", "password", "before", "attempt"]);
    for prefix in rows(classic, "prefixes").iter().filter_map(Value::as_str) {
        old += &row(&[&format!("{prefix} + XYZZ"), text(&Value::Table(classic.clone()), "password"), "", "1"]);
    }
    let update = of("card_update");
    let what = |line: &Value, name: &str| line[name].as_bool().unwrap_or_default();
    let digits = rows(update, "digits").iter().map(|line| {
        let renewed = match (what(line, "new_number"), what(line, "new_expiry")) {
            (true, true) => "number and expiry",
            (true, false) => "number",
            (false, true) => "expiry",
            (false, false) => "",
        };
        row(&[text(line, "digit"), text(line, "result"), renewed])
    });
    vec![
        ("update-digits", digits.collect()),
        ("update-examples", table(rows(update, "examples"), &["card_number", "outcome"])),
        ("update-results", table(rows(update, "results"), &["result", "name", "english"])),
        ("last-four", last_four + &row(&["other", "ok", "ok", "ok", "ok"])),
        ("families", families.collect()),
        ("details", details.collect()),
        ("examples", table(rows(stub, "examples"), &["card_number", "telegram", "outcome"])),
        ("issuers", issuers.collect()),
        ("overseas", format!("{}\n", list(&cards, "overseas_bins"))),
        ("frictionless", table(rows(emv, "frictionless"), &["brand", "amount", "name", "result", "attempt", "code"])),
        (
            "errors",
            table(rows(emv, "errors"), &["amount", "name", "scenario", "result", "attempt", "requestor", "server"]),
        ),
        (
            "challenge-amounts",
            format!(
                "It comes when the amount is one of {}, or with the name of the brand:\n",
                list(emv, "challenge_amounts")
            ),
        ),
        ("challenge", table(rows(emv, "challenge"), &["brand", "name", "success", "failure", "attempt"])),
        (
            "passwords",
            table(rows(emv, "any_brand"), &["password", "scenario", "result", "attempt", "requestor", "server"]),
        ),
        ("classic", old),
        ("debit", table(rows(of("debit_prepaid"), "bins"), &["bin", "card_type", "brand", "issur_class"])),
    ]
}

/// Services that are not played, by their names in a language, and their kinds.
fn not_played(name: impl Fn(&Service) -> &'static str) -> String {
    let services = not_played::services().iter().map(|service| {
        let families = service.families.iter().map(|two| format!("{two}x"));
        let own = service.kinds.iter().filter(|known| !service.families.contains(&&known.kind[..2]));
        let kinds: Vec<String> = own.map(|known| known.kind.to_owned()).chain(families).collect();
        row(&[name(service), &kinds.join(", ")])
    });
    services.collect()
}

#[test]
fn the_page_of_test_cards_says_what_the_fixtures_say() {
    check("docs/test-cards.md", expected());
}

#[test]
fn what_is_not_played_is_listed() {
    check("README.md", vec![("not-played", not_played(|service| service.english))]);
    check("docs/README.ja.md", vec![("not-played", not_played(|service| service.name))]);
}

/// Compares the marked tables of a page with what they must be, or writes them anew.
fn check(page: &str, tables: Vec<(&'static str, String)>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let before = std::fs::read_to_string(&path).unwrap();
    let mut page = before.clone();
    for (name, body) in tables {
        let mark = format!("<!-- {name} -->\n");
        let start = page.find(&mark).unwrap_or_else(|| panic!("{mark} is missing")) + mark.len();
        let end = start + page[start..].find("<!-- end -->").unwrap();
        // The head of a table ends with its line of dashes.
        let head = page[start..end].find("|---").map_or(0, |at| at + page[start + at..].find('\n').unwrap() + 1);
        page.replace_range(start + head..end, &body);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    } else {
        assert!(page == before, "{} differs from the fixtures; UPDATE_DOCS=1 writes it anew", path.display());
    }
}

#[test]
fn the_fuzzers_know_every_name_path_and_value_of_the_catalog() {
    let mut words = BTreeSet::new();
    for spec in catalog().telegrams() {
        words.insert(format!("&telegram_kind={}", spec.kind));
        words.insert(spec.path.to_owned());
        for field in spec.request.iter().chain(catalog().header()) {
            words.insert(format!("&{}=", field.name));
            words.extend(field.values.iter().filter(|value| value.len() > 1).map(|value| (*value).to_owned()));
        }
    }
    let words = words.iter().map(|word| format!("\"{word}\"\n"));
    let expected: String =
        ["# What the catalog names; a test keeps it so.\n".to_owned()].into_iter().chain(words).collect();
    is_written("fuzz/dictionary", "the catalog", &expected);
}

#[test]
fn the_api_is_described_as_it_was() {
    let document = Emulator::start().api("GET", "/api/v1/openapi.json", Json::Null);
    is_written("docs/openapi.json", "what is served", &format!("{document:#}\n"));
}

/// Compares a file with what it must be, or writes it anew.
fn is_written(path: &str, source: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, expected).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == expected, "{path} differs from {source}; UPDATE_DOCS=1 writes it anew");
}
