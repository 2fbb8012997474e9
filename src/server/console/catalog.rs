//! The catalog as a readable reference: telegrams and their fields, statuses, codes, test cards.

mod cards;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use crate::fixtures;
use crate::method;
use crate::server::console::Console;
use crate::server::console::layout::{At, Section, View};
use crate::server::console::payments::diagram;
use crate::text::Lang;
use crate::wire::catalog::Unit;
use crate::wire::{FieldSpec, TelegramSpec, catalog};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/catalog", get(telegrams))
        .route("/catalog/telegrams/{kind}", get(telegram))
        .route("/catalog/statuses", get(statuses))
        .route("/catalog/codes", get(codes))
        .route("/catalog/cards", get(cards::show))
}

fn tabs(view: &View, current: &str) -> Markup {
    let tabs = [
        ("/catalog", "電文", "Telegrams"),
        ("/catalog/statuses", "決済種別とステータス", "Payment types and statuses"),
        ("/catalog/codes", "レスポンスコード", "Response codes"),
        ("/catalog/cards", "テストカード", "Test cards"),
    ];
    html! {
        nav .tabs aria-label=(view.pick("カタログ", "Catalog")) {
            @for (path, japanese, english) in tabs {
                a href=(path) aria-current=[(path == current).then_some("page")] { (view.pick(japanese, english)) }
            }
        }
    }
}

async fn telegrams(view: View) -> Response {
    let content = html! {
        (tabs(&view, "/catalog"))
        div .scroll tabindex="0" role="region" aria-label=(view.pick("電文", "Telegrams")) {
            table {
                thead { tr {
                    th { (view.pick("電文種別ID", "Kind")) } th { (view.pick("名称", "Name")) } th { (view.pick("パス", "Path")) }
                    th { (view.pick("文字コード", "Charset")) } th { (view.pick("状態", "Here")) }
                } }
                tbody { @for spec in catalog().telegrams() {
                    tr {
                        td { a href={ "/catalog/telegrams/" (spec.kind) } { (spec.kind) } }
                        td { (names(&view, spec.name, spec.english)) }
                        td { code { (spec.path) } }
                        td { (spec.charset.label()) }
                        td { @if method::for_kind(spec.kind).is_some() { span .tag.good { (view.pick("対応", "emulated")) } }
                            @else { span .tag { (view.pick("未対応 (P018)", "not yet (P018)")) } } }
                    }
                } }
            }
        }
    };
    view.page(Section::Catalog, view.pick("電文カタログ", "Catalog of telegrams"), content)
}

async fn telegram(view: View, At(kind): At<String>) -> Response {
    let Some(spec) = catalog().telegram(&kind) else {
        return view.missing(Section::Catalog, view.pick("この電文はありません。", "There is no such telegram."));
    };
    let title = format!("{} {}", spec.kind, view.lang.pick(spec.name, spec.english));
    let content = html! {
        p { (names(&view, spec.name, spec.english)) " · " code { "POST " (spec.path) } " · " (spec.charset.label()) }
        p { (view.pick(spec.summary_japanese, spec.summary)) }
        (either(&view, spec))
        h2 { (view.pick("要求", "Request")) }
        (fields(&view, spec.fields().collect(), view.pick("要求", "Request")))
        h2 { (view.pick("応答", "Answer")) }
        p .quiet { (view.pick("result、エラー時は response_code と response_detail が先頭に付きます。", "After result, and on errors response_code and response_detail.")) }
        (fields(&view, spec.response.iter().collect(), view.pick("応答", "Answer")))
        p { a href="/catalog" { (view.pick("一覧へ", "All telegrams")) } " · " a href={ "/journal?kind=" (spec.kind) } { (view.pick("届いた電文", "Those that came in")) } }
    };
    view.page(Section::Catalog, &title, content)
}

/// A name of the wire; on an English page with what it means.
fn names(view: &View, name: &str, english: &str) -> Markup {
    html! {
        span .wire lang="ja" { (name) }
        @if view.lang == Lang::En { " " span .quiet { (english) } }
    }
}

/// A sentence in which names of the wire stand, each marked as Japanese where the sentence is English.
fn marked(lang: Lang, sentence: &str) -> Markup {
    let is_japanese = |c: char| !c.is_ascii() && c.is_alphanumeric();
    let mut parts: Vec<(bool, &str)> = Vec::new();
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        let japanese = is_japanese(first);
        let (part, after) = rest.split_at(rest.find(|c| is_japanese(c) != japanese).unwrap_or(rest.len()));
        parts.push((japanese, part));
        rest = after;
    }
    html! {
        @for (japanese, part) in parts {
            @if japanese && lang == Lang::En { span .wire lang="ja" { (part) } } @else { (part) }
        }
    }
}

fn either(view: &View, spec: &TelegramSpec) -> Markup {
    html! {
        @for group in &spec.either {
            p { (view.pick("いずれか必須: ", "One of these is needed: ")) @for name in group { code { (name) } " " } }
        }
    }
}

fn fields(view: &View, fields: Vec<&'static FieldSpec>, name: &str) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(name) {
            table .fields {
                thead { tr {
                    th { (view.pick("項目名", "Name")) } th { (view.pick("名称", "Label")) } th { (view.pick("必須", "Needed")) }
                    th { (view.pick("桁数", "Length")) } th { (view.pick("文字種・値", "Characters, values")) } th { (view.pick("備考", "Notes")) }
                } }
                tbody { @for field in fields {
                    tr {
                        td { code { (field.repeat.unwrap_or(&field.name)) } @if field.secret { " " span .tag.warn { (view.pick("秘密", "secret")) } } }
                        td lang="ja" { (field.label) }
                        td {
                            @if field.required { b { (view.pick("必須", "yes")) } }
                            @if let Some(when) = &field.when { (when.describe().pick(view.lang)) }
                            @if let Some(forbidden) = &field.forbidden {
                                " " (view.pick("不可: ", "not: ")) (forbidden.describe().pick(view.lang))
                            }
                        }
                        td .nowrap { (length(view, field)) }
                        td {
                            (field.characters.describe().pick(view.lang))
                            @if !field.values.is_empty() { ": " code { (field.values.join(", ")) } }
                            @if let Some(default) = &field.default { " (" (view.pick("省略時 ", "default ")) (default) ")" }
                        }
                        td { (marked(view.lang, field.help().pick(view.lang))) }
                    }
                } }
            }
        }
    }
}

fn length(view: &View, field: &FieldSpec) -> String {
    let unit = if field.unit == Unit::Chars { view.pick("字", " chars") } else { "" };
    match (field.min, field.max) {
        (_, Some(max)) if field.exact => format!("={max}{unit}"),
        (Some(min), Some(max)) => format!("{min}–{max}{unit}"),
        (None, Some(max)) => format!("≤{max}{unit}"),
        (Some(min), None) => format!("≥{min}{unit}"),
        (None, None) => String::new(),
    }
}

async fn statuses(view: View) -> Response {
    let content = html! {
        (tabs(&view, "/catalog/statuses"))
        @for row in catalog().payment_types() {
            h2 { (row.code) " " (names(&view, row.name, row.english)) }
            p { @for status in &row.status {
                span .tag.open[row.notifiable.contains(&status.code)] lang="ja" { (status.code) " " (status.name) } " "
            } }
            @match method::table(row.code) {
                Some(table) => (diagram::draw(&view, table, None)),
                None => p .quiet { (view.pick("まだ対応していません。", "Not emulated yet.")) },
            }
        }
        p .quiet { (view.pick("色付きのステータスは通知の対象です。", "Coloured statuses make notices.")) }
    };
    view.page(Section::Catalog, view.pick("決済種別とステータス", "Payment types and statuses"), content)
}

async fn codes(view: View) -> Response {
    let mut codes: Vec<_> = fixtures::errors().codes().collect();
    codes.sort_by(|a, b| a.code.cmp(b.code));
    let mut details: Vec<_> = fixtures::errors().card_errors().collect();
    details.sort_by(|a, b| a.detail.cmp(b.detail));
    let content = html! {
        (tabs(&view, "/catalog/codes"))
        div .scroll tabindex="0" role="region" aria-label=(view.pick("レスポンスコード", "Response codes")) {
            table {
                thead { tr { th { "response_code" } th { (view.pick("名称", "Name")) } th { "response_detail" } th { (view.pick("意味・対処", "Meaning, remedy")) } th { (view.pick("再送", "Retry")) } } }
                tbody { @for row in codes {
                    tr {
                        td { code { (row.code) } } td lang="ja" { (row.name) } td lang="ja" { (row.detail) }
                        td {
                            (view.pick(row.japanese, row.english))
                            @if !row.remedy.is_empty() { br; span .quiet { (view.pick(row.remedy_japanese, row.remedy)) } }
                        }
                        td { @if row.retry { (view.pick("可", "yes")) } }
                    }
                } }
            }
        }
        h2 { (view.pick("カード会社のエラー詳細コード", "Detail codes of card companies")) }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("詳細コード", "Detail codes")) {
            table {
                thead { tr { th { "response_detail" } th { "response_code" } th { (view.pick("決済の状態", "Status after")) } th { (view.pick("意味", "Meaning")) } } }
                tbody { @for row in details {
                    tr { td { code { (row.detail) } } td { (row.response_code) } td { (row.status_after) } td { (view.pick(row.japanese, row.english)) } }
                } }
            }
        }
    };
    view.page(Section::Catalog, view.pick("レスポンスコード", "Response codes"), content)
}
