//! The search page: a form by payment type, and the payments found below it.

use std::cmp::Ordering;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use crate::payment::{Payment, PaymentType};
use crate::server::console::Console;
use crate::server::console::layout::{Section, View, merchant_select, moment, wire_date, yen};
use crate::server::console::payments::columns::{amount_shown, institution};
use crate::server::console::payments::search::{Choice, MATCHES, MOST, PRESETS, Search, tabs};
use crate::server::console::payments::{status_name, tone, type_name};
use crate::wire::{catalog, name};

const PAGE: usize = 50;

/// A column of the list: its name in a query, its headings, and how it sorts.
type Column = (&'static str, &'static str, &'static str, fn(&Payment, &Payment) -> Ordering);

const COLUMNS: &[Column] = &[
    ("trading_id", "取引ID", "Trading id", |a, b| a.trading_id.cmp(&b.trading_id)),
    ("payment_id", "決済ID", "Payment id", |a, b| a.payment_id.cmp(&b.payment_id)),
    ("payment_type", "決済種別", "Type", |a, b| a.payment_type.cmp(&b.payment_type)),
    ("institution", "支払機関名", "Institution", |a, b| institution(a).cmp(&institution(b))),
    ("status", "決済ステータス", "Status", |a, b| a.status.cmp(&b.status)),
    ("init", "取引発生日時", "Applied", |a, b| a.init_date.cmp(&b.init_date)),
    ("limit", "支払期限日", "Limit", |a, b| {
        a.field(name::PAYMENT_LIMIT_DATE).cmp(&b.field(name::PAYMENT_LIMIT_DATE))
    }),
    ("paid", "支払日時", "Paid", |a, b| a.field(name::PAYMENT_DATE).cmp(&b.field(name::PAYMENT_DATE))),
    ("amount", "決済金額", "Amount", |a, b| amount_shown(a).cmp(&amount_shown(b))),
];

pub(super) async fn index(State(console): State<Console>, view: View, RawQuery(query): RawQuery) -> Response {
    let search = Search::parse(query.as_deref().unwrap_or_default());
    let mut found = match search.run(&console).await {
        Ok(found) => found,
        Err(field) => {
            let sentence =
                format!("{field}: {}", view.pick("検索条件が正しくありません。", "this condition cannot be read."));
            return view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Payments, sentence);
        }
    };
    if let Some((_, _, _, compare)) = COLUMNS.iter().find(|(name, ..)| *name == search.get("sort")) {
        found.sort_by(|a, b| if search.get("order") == "asc" { compare(a, b) } else { compare(b, a) });
    }
    let content = html! {
        nav .tabs aria-label=(view.pick("決済種別", "Payment type")) {
            @for tab in tabs().map(|choice| choice.tab) {
                a href={ "/payments?" (search.with(&[("tab", tab.id), ("page", ""), ("payment_type", ""), ("status", "")])) }
                    aria-current=[(tab.id == search.tab().id).then_some("page")] {
                    (view.pick(tab.label.0, tab.label.1))
                }
            }
        }
        (form(&console, &view, &search))
        p .small {
            (view.pick("よく使う検索: ", "Often looked for: "))
            a href="/payments?lost=1" {
                (view.pick("支払済みだが加盟店に通知が届いていない決済 (取りこぼし)", "paid, but the shop has heard nothing (lost orders)"))
            }
            " · " a href="/payments?init_preset=today" { (view.pick("今日の決済", "today's payments")) }
        }
        (list(&view, &search, &found))
    };
    let title = view.pick("決済情報照会", "Payments");
    view.page_with(Section::Payments, title, &["/assets/live.js"], content)
}

fn form(console: &Console, view: &View, search: &Search) -> Markup {
    let Choice { tab, types } = search.choice();
    let days = |name: &'static str, japanese, english| span_of_days(view, search, name, view.pick(japanese, english));
    let text = |name: &'static str, label: &'static str, hint: &'static str| {
        html! {
            div {
                label for=(name) { (label) }
                input id=(name) name=(name) value=(search.get(name)) aria-describedby=(format!("{name}-hint"));
                small id=(format!("{name}-hint")) { (hint) }
            }
        }
    };
    html! {
        form method="get" action="/payments" .filters {
            input type="hidden" name="tab" value=(tab.id);
            div {
                label for="trading_id" { (view.pick("取引ID", "Trading id")) }
                span .pair {
                    input #trading_id name="trading_id" maxlength="25" value=(search.get(&name::TRADING_ID)) aria-describedby="trading_id-hint";
                    select name="trading_id_match" aria-label=(view.pick("取引IDの一致条件", "How the trading id matches")) {
                        @for (name, _, japanese, english) in MATCHES {
                            option value=(name) selected[*name == search.get("trading_id_match")] { (view.pick(japanese, english)) }
                        }
                    }
                }
                small #trading_id-hint { (view.pick("半角英数字最大25文字", "at most 25 letters and digits")) }
            }
            (text("payment_id", view.pick("決済ID", "Payment id"), view.pick("半角数字最大18文字", "at most 18 digits")))
            div {
                label for="status" { (view.pick("決済ステータス", "Status")) }
                select #status name="status" {
                    option value="" { (view.pick("すべて", "All")) }
                    @for (code, name) in statuses(types) {
                        option value=(code) lang="ja" selected[search.get("status") == code] { (code) " " (name) }
                    }
                }
            }
            @if types.len() > 1 {
                fieldset {
                    legend { (view.pick("決済種別", "Payment type")) }
                    @for payment_type in types {
                        label .tick {
                            input type="checkbox" name="payment_type" value=(payment_type)
                                checked[search.all("payment_type").any(|code| code == payment_type.to_string())];
                            (type_name(view, *payment_type))
                        }
                    }
                }
            }
            @if tab.has_customer_numbers {
                (text("customer_number", view.pick("お客様番号", "Customer number"), view.pick("半角英数字20文字", "20 letters and digits")))
            }
            (days("init", "取引発生日時", "Applied"))
            (days("limit", "支払期限日", "Limit date"))
            (days("paid", "支払日時", "Paid"))
            fieldset {
                legend { (view.pick("決済金額 (円)", "Amount (yen)")) }
                span .pair {
                    input name="amount_from" size="8" inputmode="numeric" value=(search.get("amount_from")) aria-label=(view.pick("金額 下限", "Amount from"));
                    "–"
                    input name="amount_to" size="8" inputmode="numeric" value=(search.get("amount_to")) aria-label=(view.pick("金額 上限", "Amount to"));
                }
            }
            div { (merchant_select(view, console, Some(search.get(&name::MERCHANT_ID)), true)) }
            div {
                label for="site_id" { (view.pick("サイト", "Site")) }
                input #site_id name="site_id" size="5" value=(search.get(&name::SITE_ID));
            }
            div {
                label for="most" { (view.pick("最大検索数", "At most")) }
                input #most name="most" size="5" inputmode="numeric" value=(search.most()) aria-describedby="most-hint";
                small #most-hint { (view.pick("上限 5000", "5000 is the upper limit")) }
            }
            div .end {
                button { (view.pick("検索", "Search")) }
                " " a href={ "/payments?tab=" (tab.id) } { (view.pick("クリア", "Clear")) }
            }
        }
    }
}

fn span_of_days(view: &View, search: &Search, name: &str, label: &str) -> Markup {
    let part = |part: &str| format!("{name}_{part}");
    let labelled = |text: &str| format!("{label} {text}");
    html! {
        fieldset {
            legend { (label) }
            span .pair {
                select name=(part("preset")) aria-label=(labelled(view.pick("期間", "span"))) {
                    option value="" { (view.pick("期間を指定", "from – to")) }
                    @for (value, _, japanese, english) in PRESETS {
                        option value=(value) selected[search.get(&part("preset")) == *value] { (view.pick(japanese, english)) }
                    }
                }
                input type="date" name=(part("from")) value=(search.get(&part("from"))) aria-label=(labelled(view.pick("から", "from")));
                "–"
                input type="date" name=(part("to")) value=(search.get(&part("to"))) aria-label=(labelled(view.pick("まで", "to")));
            }
        }
    }
}

/// The statuses that a tab's payment types have, with their names, once each.
fn statuses(types: &[PaymentType]) -> Vec<(String, String)> {
    let rows = catalog().payment_types().iter().filter(|row| types.is_empty() || types.contains(&row.code));
    let mut statuses: Vec<(String, String)> = Vec::new();
    for status in rows.flat_map(|row| &row.status) {
        let code = status.code.to_string();
        match statuses.iter_mut().find(|(known, _)| *known == code) {
            Some((_, names)) if !names.split(" / ").any(|name| name == status.name) => {
                names.push_str(" / ");
                names.push_str(status.name);
            }
            Some(_) => {}
            None => statuses.push((code, status.name.to_owned())),
        }
    }
    statuses.sort();
    statuses
}

fn list(view: &View, search: &Search, found: &[Payment]) -> Markup {
    let page: usize = search.get("page").parse().unwrap_or(1).max(1);
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = page.min(pages);
    let (start, end) = ((page - 1) * PAGE, (page * PAGE).min(found.len()));
    let shown = &found[start..end];
    let japanese = format!("検索結果 {}件中、{}～{}件を表示", found.len(), (start + 1).min(end), end);
    let english = format!("{} found, showing {} to {}", found.len(), (start + 1).min(end), end);
    html! {
        form #results data-live[page == 1 && search.get("sort").is_empty()] method="post" action="/payments/batch" {
            p .between {
                span {
                    b { (view.pick(&japanese, &english)) }
                    @if found.len() == MOST { " (" (view.pick("最大検索数に達しました", "there may be more")) ")" }
                }
                span {
                    a href={ "/payments.csv?" (search.with(&[("page", ""), ("sort", ""), ("order", "")])) } {
                        (view.pick("上記の検索結果全件をCSVダウンロード", "Download all as CSV"))
                    }
                }
            }
            @if shown.is_empty() {
                p .quiet { (view.pick("該当する決済はありません。", "No payment fits.")) }
            } @else {
                div .scroll tabindex="0" role="region" aria-label=(view.pick("検索結果", "Results")) {
                    table {
                        thead { tr {
                            th { span .hidden { (view.pick("選択", "Select")) } }
                            th { (view.pick("詳細", "Detail")) }
                            @for (name, japanese, english, _) in COLUMNS {
                                th .right[*name == "amount"] { (sort_link(search, name, view.pick(japanese, english))) }
                            }
                        } }
                        tbody { @for payment in shown { (row(view, payment)) } }
                    }
                }
                p .between {
                    span .buttons {
                        button .small type="button" data-tick="all" hidden { (view.pick("全件チェック", "Tick all")) }
                        button .small type="button" data-tick="none" hidden { (view.pick("全件チェック解除", "Untick all")) }
                        button .small name="operation" value="capture" { (view.pick("一括売上処理", "Capture the ticked")) }
                        button .small name="operation" value="cancel" { (view.pick("一括キャンセル処理", "Cancel the ticked")) }
                    }
                    (pager(view, search, page, pages))
                }
            }
        }
    }
}

fn sort_link(search: &Search, name: &str, heading: &str) -> Markup {
    let sorted = search.get("sort") == name;
    let ascending = sorted && search.get("order") == "asc";
    let next = if ascending { "desc" } else { "asc" };
    let mark = match (sorted, ascending) {
        (true, true) => " ▲",
        (true, false) => " ▼",
        _ => "",
    };
    html! { a .sort href={ "/payments?" (search.with(&[("sort", name), ("order", next), ("page", "")])) } { (heading) (mark) } }
}

fn row(view: &View, payment: &Payment) -> Markup {
    let id = payment.payment_id;
    let trading_id = payment.trading_id.as_deref().unwrap_or("-");
    let institution = Some(institution(payment)).filter(|name| !name.is_empty()).unwrap_or_else(|| "-".to_owned());
    html! {
        tr {
            td { input type="checkbox" name="payment_id" value=(id) aria-label=(format!("{} {id}", view.pick("選択", "Select"))); }
            td { a href={ "/payments/" (id) } aria-label=(format!("{} {id}", view.pick("詳細", "Detail"))) { (view.pick("詳細", "Detail")) } }
            td { (trading_id) }
            td .number { (id) }
            td { (type_name(view, payment.payment_type)) }
            td lang="ja" { (institution) }
            td .nowrap { span .(format!("tag {}", tone(payment))) lang="ja" { (status_name(payment.payment_type, payment.status)) } }
            td .nowrap { (moment(payment.init_date)) }
            td .nowrap { (wire_date(&payment.field(name::PAYMENT_LIMIT_DATE))) }
            td .nowrap { (wire_date(&payment.field(name::PAYMENT_DATE))) }
            td .right.nowrap { (yen(view, amount_shown(payment))) }
        }
    }
}

fn pager(view: &View, search: &Search, page: usize, pages: usize) -> Markup {
    let to = |page: usize| format!("/payments?{}", search.with(&[("page", &page.to_string())]));
    html! {
        @if pages > 1 {
            nav .pager aria-label=(view.pick("ページ", "Pages")) {
                @if page > 1 { a rel="prev" href=(to(page - 1)) { (view.pick("前へ", "Previous")) } }
                span { (page) " / " (pages) }
                @if page < pages { a rel="next" href=(to(page + 1)) { (view.pick("次へ", "Next")) } }
            }
        }
    }
}
