//! The journal's pages: what happened, newest first, and one event field by field.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use crate::fixtures;
use crate::journal::{About, Answer, Entry, Event, Field};
use crate::payment::PaymentId;
use crate::server::api::journal::Filter;
use crate::server::console::Console;
use crate::server::console::layout::{At, Search, Section, View, merchant_select, moment};
use crate::server::console::start::live;

const PAGE: usize = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/journal", get(index)).route("/journal/{id}", get(show))
}

/// The event's name.
fn event_name(view: &View, event: Event) -> &'static str {
    match event {
        Event::Telegram => view.lang.pick("電文", "telegram"),
        Event::Page => view.lang.pick("画面", "page"),
        Event::Notice => view.lang.pick("通知", "notice"),
        Event::Operation => view.lang.pick("操作", "operation"),
        Event::Clock => view.lang.pick("時計", "clock"),
        Event::Connection => view.lang.pick("接続", "connection"),
    }
}

/// What an entry is about, in a few words.
fn about(view: &View, entry: &Entry) -> String {
    match (&entry.about, entry.spec()) {
        (About::Telegram(_), Some(spec)) => format!("{} {}", spec.kind, view.lang.pick(spec.name, spec.english)),
        (About::Operation(by), _) => super::payments::who(view, &by.to_string()),
        (About::Clock, _) => view.pick("時計の変更", "clock turned").to_owned(),
        (about, _) => match about.kind() {
            kind if kind.is_empty() => entry.path.to_string(),
            kind => format!("{kind} {}", entry.path),
        },
    }
}

/// The answer in a word or two.
fn outcome(view: &View, entry: &Entry) -> Markup {
    match &entry.refusal {
        Some(refusal) if refusal.code.is_empty() => html! { span .tag.bad { (view.pick("拒否", "refused")) } },
        Some(refusal) => html! { span .tag.bad { (refusal.code) } },
        None => html! { span .tag.good { "OK" } },
    }
}

/// A table of entries.
pub(super) fn list(view: &View, entries: &[Arc<Entry>], full: bool) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(view.pick("ジャーナル", "Journal")) {
            table {
                thead { tr {
                    th { (view.pick("日時", "When")) }
                    @if full { th { (view.pick("種類", "Event")) } }
                    th { (view.pick("内容", "What")) }
                    th { (view.pick("結果", "Outcome")) }
                    @if full {
                        th { (view.pick("マーチャントID", "Merchant")) }
                        th { (view.pick("取引ID", "Trading id")) }
                        th { (view.pick("決済ID", "Payment")) }
                        th { (view.pick("理由・警告", "Why, warnings")) }
                    }
                } }
                tbody { @for entry in entries {
                    tr {
                        td .nowrap { (moment(entry.at)) }
                        @if full { td { (event_name(view, entry.event())) } }
                        td { a href={ "/journal/" (entry.id) } { (about(view, entry)) } }
                        td .nowrap {
                            (outcome(view, entry))
                            @if !entry.warnings.is_empty() { " " span .tag.warn { "!" (entry.warnings.len()) } }
                        }
                        @if full {
                            td { @if let Some(id) = &entry.merchant_id { (id) } }
                            td { (entry.requested("trading_id")) }
                            td { (payment_links(&entry.payment_ids)) }
                            td .why {
                                @if let Some(refusal) = &entry.refusal {
                                    @if let Some(field) = &refusal.field { code { (field) } " " }
                                    (refusal.explanation.pick(view.lang))
                                }
                                @for warning in &entry.warnings {
                                    div .warn { (warning.pick(view.lang)) }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn payment_links(ids: &[PaymentId]) -> Markup {
    html! {
        @for (at, id) in ids.iter().enumerate() {
            @if at > 0 { ", " }
            a href={ "/payments/" (id) } { (id) }
        }
    }
}

async fn index(State(console): State<Console>, view: View, Search(filter): Search<Filter>) -> Response {
    let mut entries = filter.newest(&console.gateway, PAGE + 1).await;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let tick = |name: &str, on: bool, label: &str| {
        html! {
            label .tick { input type="checkbox" name=(name) value="true" checked[on]; (label) }
        }
    };
    let content = html! {
        form method="get" action="/journal" .filters {
            div { (merchant_select(&view, &console, filter.merchant_id.as_deref(), true)) }
            div {
                label for="event" { (view.pick("種類", "Event")) }
                select #event name="event" {
                    option value="" { (view.pick("すべて", "All")) }
                    @for event in Event::ALL {
                        option value=(event.as_str()) selected[filter.event == Some(event)] { (event_name(&view, event)) }
                    }
                }
            }
            div {
                label for="kind" { (view.pick("電文種別", "Telegram kind")) }
                input #kind name="kind" size="5" value=(filter.kind.as_deref().unwrap_or_default());
            }
            div {
                label for="payment_id" { (view.pick("決済ID", "Payment id")) }
                input #payment_id name="payment_id" size="10" inputmode="numeric"
                    value=(filter.payment_id.map_or_else(String::new, |id| id.to_string()));
            }
            div {
                label for="text" { (view.pick("含む文字 (取引IDなど)", "Text (a trading id, …)")) }
                input #text name="text" value=(filter.text.as_deref().unwrap_or_default());
            }
            div .ticks {
                (tick("refused", filter.refused == Some(true), view.pick("エラーのみ", "refused only")))
                (tick("warned", filter.warned == Some(true), view.pick("警告のみ", "warned only")))
            }
            div .end {
                button { (view.pick("絞り込む", "Filter")) }
                " " a href="/journal" { (view.pick("クリア", "Clear")) }
            }
        }
        p .between {
            span { (live(&view)) " " (view.pick("新しい順。カード番号は保存されません。", "Newest first. Card numbers are never kept.")) }
        }
        div #entries data-live[filter.before.is_none()] {
            @if entries.is_empty() {
                p .quiet { (view.pick("該当する記録はありません。", "Nothing here.")) }
            } @else {
                (list(&view, &entries, true))
                @if let Some(last) = entries.last().filter(|_| more) {
                    p { a href={ "/journal?" (query(&Filter { before: Some(last.id), ..filter.clone() })) } rel="next" {
                        (view.pick("さらに古い記録", "Older")) } }
                }
            }
        }
    };
    view.page_with(Section::Journal, view.pick("ジャーナル", "Journal"), &["/assets/live.js"], content)
}

fn query(filter: &Filter) -> String {
    let pairs = [
        ("merchant_id", filter.merchant_id.clone()),
        ("event", filter.event.map(|event| event.as_str().to_owned())),
        ("kind", filter.kind.clone()),
        ("payment_id", filter.payment_id.map(|id| id.to_string())),
        ("text", filter.text.clone()),
        ("refused", filter.refused.map(|on| on.to_string())),
        ("warned", filter.warned.map(|on| on.to_string())),
        ("before", filter.before.map(|id| id.to_string())),
    ];
    let given = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

async fn show(State(console): State<Console>, view: View, At(id): At<u64>) -> Response {
    let Some(entry) = console.gateway.journal.entry(id) else {
        let sentence = view.pick(
            "この記録はないか、古いため削除されました。",
            "There is no such entry, or it was dropped as too old.",
        );
        return view.missing(Section::Journal, sentence);
    };
    let title = format!("{} #{}", about(&view, &entry), entry.id);
    let content = html! {
        dl .facts {
            dt { (view.pick("日時", "When")) } dd { (moment(entry.at)) }
            dt { (view.pick("種類", "Event")) } dd { (event_name(&view, entry.event())) }
            @if !entry.path.is_empty() { dt { (view.pick("パス・URL", "Path or URL")) } dd { code { (entry.path) } } }
            @if let Some(id) = &entry.merchant_id {
                dt { (view.pick("マーチャントID", "Merchant")) } dd { a href={ "/merchants/" (id) } { (id) } }
            }
            @if let Some(remote) = entry.remote { dt { (view.pick("送信元", "From")) } dd { (remote) } }
            @if !entry.payment_ids.is_empty() {
                dt { (view.pick("変更された決済", "Payments changed")) } dd { (payment_links(&entry.payment_ids)) }
            }
            dt { (view.pick("結果", "Outcome")) } dd { (outcome(&view, &entry)) }
        }
        (refusal(&view, &entry))
        @for warning in &entry.warnings {
            p .notice.warn { (warning.pick(view.lang)) }
        }
        @if !entry.request.is_empty() {
            h2 { (view.pick("要求", "Request")) }
            (fields(&view, &entry.request_fields(), view.pick("要求", "Request")))
            (raw(&view, view.pick("要求の生データ (秘密はマスク済み)", "Raw request (secrets masked)"), &entry.request))
        }
        @if !entry.answer.is_empty() {
            h2 { (view.pick("応答", "Answer")) }
            (answer(&view, &entry.answer_read()))
            (raw(&view, view.pick("応答の生データ", "Raw answer"), &entry.answer))
        }
        p { a href={ "/api/v1/journal/" (entry.id) } { "JSON" } " · " a href="/journal" { (view.pick("ジャーナルへ", "Journal")) } }
    };
    view.page(Section::Journal, &title, content)
}

/// Which rule of which field was broken and what would be right.
fn refusal(view: &View, entry: &Entry) -> Markup {
    let Some(refusal) = &entry.refusal else { return html! {} };
    let row = fixtures::errors().code(&refusal.code);
    html! {
        div .notice.bad {
            p {
                b { (refusal.code) }
                // The code's name and response_detail, which the shop got, are the wire's own.
                @if let Some(row) = row { " " span lang="ja" { (row.name) } }
                @if !refusal.detail.is_empty() && !refusal.code.is_empty() { " — " span lang="ja" { (refusal.detail) } }
            }
            @if let Some(field) = &refusal.field { p { (view.pick("項目: ", "Field: ")) code { (field) } } }
            p { (refusal.explanation.pick(view.lang)) }
            @if let Some(row) = row {
                @if !row.english.is_empty() { p .small { (view.pick(row.japanese, row.english)) } }
                @if !row.remedy.is_empty() {
                    p .small { (view.pick("対処: ", "Remedy: ")) (view.pick(row.remedy_japanese, row.remedy)) }
                }
            }
        }
    }
}

fn answer(view: &View, answer: &Answer) -> Markup {
    match answer {
        Answer::Fields(list) => fields(view, list, view.pick("応答", "Answer")),
        Answer::Text(text) => html! { pre tabindex="0" { (text) } },
        Answer::Records(records) => html! {
            div .scroll tabindex="0" role="region" aria-label="CSV" {
                table { tbody { @for record in records { tr { @for column in record { td { (column) } } } } } }
            }
        },
    }
}

/// A table of decoded fields.
pub(super) fn fields(view: &View, fields: &[Field], name: &str) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(name) {
            table .fields {
                thead { tr {
                    th { (view.pick("項目名", "Name")) } th { (view.pick("名称", "Label")) } th { (view.pick("値", "Value")) }
                } }
                tbody { @for field in fields {
                    tr .at-fault[field.at_fault] {
                        td { code { (field.name) } }
                        td { span lang="ja" { (field.label) } }
                        td {
                            span .value { (field.value) }
                            @if !field.meaning.is_empty() { " " span .quiet lang="ja" { (field.meaning) } }
                            @if field.at_fault { " " span .tag.bad { (view.pick("この項目", "this field")) } }
                        }
                    }
                } }
            }
        }
    }
}

/// Bytes on demand, sixteen to a line.
fn raw(view: &View, title: &str, bytes: &[u8]) -> Markup {
    const SHOWN: usize = 64 * 1024;
    let mut text = String::new();
    for (line, part) in bytes[..bytes.len().min(SHOWN)].chunks(16).enumerate() {
        text += &format!("{:06x}  ", line * 16);
        for at in 0..16 {
            match part.get(at) {
                Some(byte) => text += &format!("{byte:02x} "),
                None => text += "   ",
            }
        }
        text.push(' ');
        text.extend(part.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }));
        text.push('\n');
    }
    html! {
        details {
            summary { (title) " · " (bytes.len()) " " (view.pick("バイト", "bytes")) }
            pre .hex tabindex="0" { (text) }
            @if bytes.len() > SHOWN { p .quiet { (view.pick("以下省略", "cut off here")) } }
        }
    }
}
