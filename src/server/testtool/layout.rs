//! What the test tool's pages look like: tables with borders and plain buttons, one column, as in the manual.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use crate::fixtures;
use crate::method::UpdateInput;
use crate::server::testtool::Typed;
use crate::text::{Lang, Text};

/// The entry path, which is the search screen's.
pub(super) const SEARCH: &str = "/testtool/statusupdatesearch";

/// The four rows that stand at the top of all screens: name, label, label in English.
pub(super) const COMMON: [(&str, &str, &str); 4] = [
    ("merchant_id", "マーチャントID", "Merchant ID"),
    ("connect_id", "マーチャント接続ID", "Connect ID"),
    ("connect_password", "マーチャント接続パスワード", "Connect password"),
    ("payment_id", "決済ID", "Payment ID"),
];

/// What stands in the result line.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// The sentence; empty before anything was done.
    pub(super) text: String,
    /// Whether it tells of a failure.
    pub(super) failed: bool,
    /// What was accepted although it breaks a rule.
    pub(super) warnings: Vec<Text>,
}

impl Outcome {
    /// A failure.
    pub(super) fn failed(text: impl Into<String>) -> Outcome {
        Outcome { text: text.into(), failed: true, warnings: Vec::new() }
    }

    /// A success.
    pub(super) fn done(text: impl Into<String>, warnings: Vec<Text>) -> Outcome {
        Outcome { text: text.into(), failed: false, warnings }
    }
}

/// A whole page.
pub(super) fn page(lang: Lang, content: Markup) -> Response {
    let title = lang.pick("試験環境ツール", "Test environment tool");
    let (other, other_name) = match lang {
        Lang::Ja => ("?lang=en", "English"),
        Lang::En => ("?lang=ja", "日本語"),
    };
    let page = html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/assets/testtool.css";
            }
            body {
                main {
                    p .lang { a href=(format!("{SEARCH}{other}")) lang=(if lang == Lang::Ja { "en" } else { "ja" }) { (other_name) } }
                    h1 { (title) }
                    (content)
                }
                footer {
                    (lang.pick("テスト用エミュレーターの画面です。実際のお支払いは発生しません。",
                        "A page of a test emulator. No money is moved."))
                }
            }
        }
    };
    let mut response = page.into_response();
    let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
                  frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The first rows of [`COMMON`] with what was typed into the search screen, which goes along with the form.
pub(super) fn repeated(lang: Lang, typed: &Typed, rows: usize) -> Markup {
    html! {
        h2 { (lang.pick("全決済手段共通項目", "Items common to all payment methods")) }
        table {
            @for (name, label, english) in &COMMON[..rows] {
                tr { th scope="row" { (lang.pick(label, english)) } td { (typed.get(name)) } }
            }
        }
        @for (name, _, _) in COMMON { input type="hidden" name=(name) value=(typed.get(name)); }
        input type="hidden" name="lang" value=(lang.code());
    }
}

/// A hint or a choice in the page's language; a name that has no English one stays Japanese.
pub(in crate::server) fn worded(lang: Lang, japanese: &str) -> &str {
    #[derive(Deserialize)]
    struct File {
        english: BTreeMap<String, String>,
    }
    static WORDS: LazyLock<BTreeMap<String, String>> =
        LazyLock::new(|| fixtures::parse::<File>(fixtures::TEST_TOOL).english);
    match lang {
        Lang::Ja => japanese,
        Lang::En => WORDS.get(japanese).map_or(japanese, String::as_str),
    }
}

/// One row of a screen's own table.
pub(super) fn row(lang: Lang, input: &UpdateInput, typed: &Typed, mark_required: bool) -> Markup {
    let value = typed.given(&input.name).unwrap_or(&input.initial);
    let choices = input.choices.iter().map(|(value, text)| (value.clone(), worded(lang, text).to_owned()));
    let choices: Vec<(String, String)> = choices.collect();
    html! {
        tr {
            th scope="row" {
                label for=(input.name) {
                    (lang.pick(input.label, input.english))
                    @if mark_required && input.required { span .must { "*" } }
                }
                @if !input.hint.is_empty() && !input.label.contains(input.hint) { small { (worded(lang, input.hint)) } }
            }
            td {
                @if input.choices.is_empty() {
                    input id=(input.name) name=(input.name) value=(value) autocomplete="off";
                } @else {
                    // What must be chosen is not chosen at first; the base site has no name.
                    (select(&input.name, &choices, value, !choices.iter().any(|(value, _)| value.is_empty())))
                }
            }
        }
    }
}

/// A select. It starts with its first choice, or blank, unless a value was chosen.
pub(super) fn select(name: &str, choices: &[(String, String)], selected: &str, blank: bool) -> Markup {
    html! {
        select id=(name) name=(name) {
            @if blank { option value="" {} }
            @for (value, text) in choices {
                option value=(value) selected[value == selected] { (text) }
            }
        }
    }
}

/// The buttons 実行 and 戻る and the result line, one below the other.
pub(super) fn foot(lang: Lang, result_label: (&str, &str), outcome: &Outcome, possible: bool) -> Markup {
    html! {
        div .actions {
            button name="action" value="execute" disabled[!possible] { (lang.pick("実行", "Execute")) }
            button name="action" value="back" formaction=(SEARCH) { (lang.pick("戻る", "Back")) }
        }
        (result(lang, result_label, outcome))
    }
}

/// The result line.
pub(super) fn result(lang: Lang, label: (&str, &str), outcome: &Outcome) -> Markup {
    html! {
        p .result .bad[outcome.failed] role="status" { (lang.pick(label.0, label.1)) " " (outcome.text) }
        @for warning in &outcome.warnings {
            p .warning { (lang.pick("警告: ", "Warning: ")) (warning.pick(lang)) }
        }
    }
}
