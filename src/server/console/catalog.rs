//! The catalog as a readable reference: telegrams and their fields, statuses, codes, test cards.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use crate::fixtures;
use crate::method;
use crate::method::card::rules::{StubOutcome, StubRule, rules};
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
        .route("/catalog/cards", get(cards))
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
                        td { span lang="ja" { (spec.name) } " " span .quiet lang="en" { (spec.english) } }
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
        p { span lang="ja" { (spec.name) } " · " span lang="en" { (spec.english) } " · " code { "POST " (spec.path) } " · " (spec.charset.label()) }
        p lang="en" { (spec.summary) }
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
                        td lang="en" {
                            @if field.required { b { (view.pick("必須", "yes")) } }
                            @if let Some(when) = &field.when { (when) }
                            @if let Some(forbidden) = &field.forbidden { " " (view.pick("不可: ", "not: ")) (forbidden) }
                        }
                        td .nowrap { (length(field)) }
                        td lang="en" {
                            (field.characters.describe())
                            @if !field.values.is_empty() { ": " (field.values.join(", ")) }
                            @if let Some(default) = &field.default { " (" (view.pick("省略時 ", "default ")) (default) ")" }
                        }
                        td lang="en" { (field.note) }
                    }
                } }
            }
        }
    }
}

fn length(field: &FieldSpec) -> String {
    let unit = if field.unit == Unit::Chars { "字" } else { "" };
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
            h2 { (row.code) " " span lang="ja" { (row.name) } " " span .quiet lang="en" { (row.english) } }
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
                        td lang="en" { (row.english) @if !row.remedy.is_empty() { br; span .quiet { (row.remedy) } } }
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
                    tr { td { code { (row.detail) } } td { (row.response_code) } td { (row.status_after) } td lang="en" { (row.english) } }
                } }
            }
        }
    };
    view.page(Section::Catalog, view.pick("レスポンスコード", "Response codes"), content)
}

/// The rules that a test card's last four digits follow: the digits and what happens.
fn stub(lang: Lang) -> Vec<(String, String)> {
    let stub = &rules().stub;
    let mut rows = Vec::new();
    let mut add = |rule: &StubRule, cancel: bool| {
        let told = |code: &str, detail: &str| {
            let what = [code, detail].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ");
            match (lang, cancel) {
                (Lang::Ja, true) => format!("キャンセル (021, 023) が {what} で一度失敗"),
                (Lang::En, true) => format!("a cancel (021, 023) fails once with {what}"),
                (Lang::Ja, false) => format!("オーソリ (020) が {what} で失敗"),
                (Lang::En, false) => format!("the authorization (020) fails with {what}"),
            }
        };
        let x = &rule.x;
        match &rule.outcome {
            StubOutcome::Timeout(failure) => rows.push((format!("…{x}YZZ"), told(&failure.code, &failure.detail))),
            StubOutcome::Family => {
                for family in &stub.families {
                    let code = if cancel { &family.cancel_code } else { &family.code };
                    let what = match code.is_empty() {
                        true => lang.pick("すべて正常", "everything succeeds").to_owned(),
                        false => told(code, &format!("{}ZZ", family.family)),
                    };
                    rows.push((format!("…{x}{}ZZ", family.y), what));
                }
                rows.push((format!("…{x}YZZ"), told(&stub.other.code, &stub.other.detail)));
            }
        }
    };
    stub.cancel.iter().for_each(|rule| add(rule, true));
    stub.authorization.iter().for_each(|rule| add(rule, false));
    let rest = lang.pick("すべて正常", "everything succeeds").to_owned();
    rows.push((lang.pick("その他", "any other").to_owned(), rest));
    rows
}

#[derive(Deserialize)]
struct Cards {
    issuer: Vec<Issuer>,
}

#[derive(Deserialize)]
struct Issuer {
    prefix: String,
    brand: String,
    acq_id: String,
    acq_name: String,
    issur_name: String,
}

async fn cards(view: View) -> Response {
    let cards: Cards = fixtures::parse(fixtures::CARDS);
    let content = html! {
        (tabs(&view, "/catalog/cards"))
        p { (view.pick("カード番号の下4桁 XYZZ が動作を決めます。ブランドと桁数は問いません。有効期限は今月から20年後まで。例: ", "The last four digits XYZZ of a card number decide, whatever its brand. Expiry: this month to 20 years ahead. Example: "))
            code { "4900000000000000" } " / " code { "1230" } }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("下4桁の規則", "Last four digits")) {
            table {
                thead { tr { th { (view.pick("下4桁", "Last four")) } th { (view.pick("動作", "What happens")) } } }
                tbody { @for (digits, what) in stub(view.lang) { tr { td .nowrap { code { (digits) } } td { (what) } } } }
            }
        }
        (card_update(&view))
        h2 { (view.pick("発行会社と取扱会社", "Issuers and acquirers")) }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("発行会社", "Issuers")) {
            table {
                thead { tr { th { (view.pick("先頭", "First digits")) } th { (view.pick("ブランド", "Brand")) } th { (view.pick("取扱会社", "Acquirer")) } th { (view.pick("発行会社", "Issuer")) } } }
                tbody { @for row in &cards.issuer {
                    tr { td { code { (row.prefix) } } td { (row.brand) } td lang="ja" { (row.acq_id) " " (row.acq_name) } td lang="ja" { (row.issur_name) } }
                } }
            }
        }
    };
    view.page(Section::Catalog, view.pick("テストカード", "Test cards"), content)
}

/// What the card update service says to stored cards (`test_cards.md` section 7).
fn card_update(view: &View) -> Markup {
    let rules = &rules().card_update;
    let named = |result: &str| {
        let known = rules.results.iter().find(|known| known.result == result);
        format!("{result} {}", known.map_or("", |known| view.lang.pick(&known.name, &known.english)))
    };
    let place = rules.digit_from_end;
    let renewed = |new_number: bool, new_expiry: bool| match (new_number, new_expiry) {
        (true, true) => view.pick("カード番号と有効期限", "number and expiry"),
        (true, false) => view.pick("カード番号", "number"),
        (false, true) => view.pick("有効期限", "expiry"),
        (false, false) => "-",
    };
    html! {
        h2 { (view.pick("カード情報更新 (洗替)", "Card updates")) }
        p .quiet { (match view.lang {
            Lang::Ja => format!("有効性チェック付きで登録したカードについて、カード番号の末尾から{place}桁目が結果を決めます。他の数字は 0 と同じです。"),
            Lang::En => format!("For cards stored with a validity check, digit {place} from the end of the number decides. Any other digit: as 0."),
        }) }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("カード情報更新", "Card updates")) {
            table {
                thead { tr { th { (view.pick("数字・カード", "Digit, card")) } th { (view.pick("有効性判定結果", "Result")) } th { (view.pick("更新される項目", "What is new")) } } }
                tbody {
                    @for row in &rules.digits {
                        tr { td { code { (row.digit) } } td { (named(&row.result)) } td { (renewed(row.new_number, row.new_expiry)) } }
                    }
                    @for card in &rules.cards {
                        tr { td { code { (card.card_number) } } td { (named(&card.result)) } td { "-" } }
                    }
                }
            }
        }
    }
}
