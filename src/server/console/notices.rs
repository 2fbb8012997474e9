//! Notices: what was sent when, what came back, what waits or is paused; send again.

use std::ops::Bound;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use crate::journal::{About, Entry, Field};
use crate::ledger::{Attempt, Hold, Notice, Push, Ready};
use crate::merchant::{Merchant, MerchantId};
use crate::notice;
use crate::payment::PaymentId;
use crate::server::console::Console;
use crate::server::console::layout::{At, Search, Section, View, merchant_select, moment, yen};
use crate::server::console::start::live;
use crate::server::console::{journal, payments};
use crate::wire::labels;

const PAGE: u64 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/notices", get(index))
        .route("/notices/{merchant_id}/{id}", get(show))
        .route("/notices/{merchant_id}/{id}/resend", post(resend))
        .route("/notices/{merchant_id}/resume", post(resume))
        .route("/notices/{merchant_id}/deliver", post(deliver))
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Which {
    merchant_id: Option<String>,
    payment_id: Option<u64>,
    before: Option<u64>,
    /// The first merchant of a page that shows several.
    from: Option<String>,
}

/// How many merchants' notices stand on a page.
const TABLES: usize = 20;

/// A merchant and a page of its notices.
type Table = (Arc<Merchant>, Vec<Notice>);

/// Whose notices a page shows, and the merchant that the next one starts with: the merchant that is asked for, or those
/// that have any.
fn shown(console: &Console, named: Option<&MerchantId>, which: &Which) -> (Vec<Table>, Option<MerchantId>) {
    let merchants = &console.gateway.merchants;
    let with_notices = |merchant: Arc<Merchant>| {
        let notices = page(console, &merchant.merchant_id, which);
        (merchant, notices)
    };
    if let Some(id) = named {
        return (merchants.get(id).into_iter().map(with_notices).collect(), None);
    }
    let from = which.from.as_deref().map_or(Bound::Unbounded, Bound::Included);
    let all = merchants.page(from, usize::MAX).into_iter();
    let mut shown: Vec<_> = all.map(with_notices).filter(|(_, notices)| !notices.is_empty()).take(TABLES + 1).collect();
    if merchants.count() == 1 {
        shown = merchants.first().into_iter().map(with_notices).collect();
    }
    let next = shown.get(TABLES).map(|(merchant, _)| merchant.merchant_id.clone());
    shown.truncate(TABLES);
    (shown, next)
}

async fn index(State(console): State<Console>, view: View, Search(which): Search<Which>) -> Response {
    let gateway = &console.gateway;
    let owner = which.payment_id.and_then(|id| gateway.ledger.owner(PaymentId(id)));
    let named = which.merchant_id.as_ref().map(|id| MerchantId::new(id)).or(owner);
    let (shown, next) = shown(&console, named.as_ref(), &which);
    let content = html! {
        form method="get" action="/notices" .filters {
            div { (merchant_select(&view, &console, named.as_ref().map(MerchantId::as_str), true)) }
            div {
                label for="payment_id" { (view.pick("決済ID", "Payment id")) }
                input #payment_id name="payment_id" inputmode="numeric" value=(which.payment_id.map_or_else(String::new, |id| id.to_string()));
            }
            div .end { button { (view.pick("絞り込む", "Filter")) } " " a href="/notices" { (view.pick("クリア", "Clear")) } }
        }
        p { (live(&view)) }
        div #notices data-live[which.before.is_none()] {
            @for (merchant, notices) in &shown { (of_merchant(&view, &console, merchant, notices, &which)) }
            @if shown.iter().all(|(merchant, _)| gateway.ledger.last_notice_id(&merchant.merchant_id) == 0) {
                p .quiet { (view.pick("まだ通知はありません。", "No notices yet.")) }
            }
            @if let Some(next) = next {
                p { a rel="next" href={ "/notices?from=" (next) } { (view.pick("次の加盟店", "Further merchants")) } }
            }
        }
    };
    view.page_with(Section::Notices, view.pick("決済通知", "Notices"), &["/assets/live.js"], content)
}

/// A page of a merchant's notices, newest first.
fn page(console: &Console, merchant_id: &MerchantId, which: &Which) -> Vec<Notice> {
    let ledger = &console.gateway.ledger;
    let mut notices = match which.payment_id {
        Some(id) => ledger.notices_of(merchant_id, PaymentId(id)),
        None => {
            let end = which.before.unwrap_or_else(|| ledger.last_notice_id(merchant_id).saturating_add(1));
            let mut notices = ledger.notices(merchant_id, end.saturating_sub(PAGE), PAGE as usize);
            notices.retain(|notice| notice.payment_notice_id < end);
            notices
        }
    };
    notices.reverse();
    notices
}

fn of_merchant(view: &View, console: &Console, merchant: &Merchant, notices: &[Notice], which: &Which) -> Markup {
    let attempts = console.gateway.ledger.attempts(&merchant.merchant_id);
    let next = notices.last().filter(|last| last.payment_notice_id > 1 && which.payment_id.is_none());
    html! {
        h2 { a href={ "/merchants/" (merchant.merchant_id) } { (view.pick("加盟店", "Merchant")) " " (merchant.merchant_id) } }
        (delivery(view, console, merchant))
        div .scroll tabindex="0" role="region" aria-label=(format!("{} {}", view.pick("通知", "Notices"), merchant.merchant_id)) {
            table {
                thead { tr {
                    th { (view.pick("決済通知ID", "Notice id")) } th { (view.pick("変更日時", "Changed")) }
                    th { (view.pick("決済ID", "Payment id")) } th { (view.pick("決済ステータス", "Status")) }
                    th .right { (view.pick("決済金額", "Amount")) } th { (view.pick("送信状況", "Delivery")) }
                    th .right { (view.pick("送信回数", "Pushes")) } th { (view.pick("最後の応答", "Last answer")) }
                    th { "091" } th { span .hidden { (view.pick("操作", "Actions")) } }
                } }
                tbody { @for notice in notices {
                    @let last = attempts.iter().rfind(|attempt| attempt.payment_notice_id == notice.payment_notice_id);
                    tr {
                        td { a href={ "/notices/" (merchant.merchant_id) "/" (notice.payment_notice_id) } { (notice.payment_notice_id) } }
                        td .nowrap { (moment(notice.change_date)) }
                        td { a href={ "/payments/" (notice.payment_id) } { (notice.payment_id) } }
                        td .nowrap lang="ja" { (status(console, merchant, notice)) }
                        td .right.nowrap { (yen(view, notice.amount)) }
                        td .nowrap { (pushed(view, console, merchant, notice)) }
                        td .right { (notice.attempts) }
                        td { @if let Some(last) = last { (last.answer.pick(view.lang)) } }
                        td { @if notice.fetched { (view.pick("取得済", "fetched")) } }
                        td { (resend_button(view, merchant, notice)) }
                    }
                } }
            }
        }
        @if let Some(last) = next {
            p { a rel="next" href={ "/notices?merchant_id=" (merchant.merchant_id) "&before=" (last.payment_notice_id) } {
                (view.pick("さらに古い通知", "Older")) } }
        }
    }
}

fn status(console: &Console, merchant: &Merchant, notice: &Notice) -> String {
    let payment = console.gateway.ledger.payment(&merchant.merchant_id, notice.payment_id);
    payment
        .map_or_else(|| notice.status.to_string(), |payment| payments::status_name(payment.payment_type, notice.status))
}

/// How a merchant's deliveries stand: where to, what waits, until when they pause.
fn delivery(view: &View, console: &Console, merchant: &Merchant) -> Markup {
    let gateway = &console.gateway;
    let delivery = gateway.ledger.delivery(&merchant.merchant_id);
    let now = gateway.clock.now(&merchant.merchant_id);
    let pause = delivery.pause.filter(|pause| pause.holds(now));
    html! {
        p {
            @if merchant.notification_url.is_empty() {
                span .tag.warn { (view.pick("差分通知先URLが未設定です。通知は送信されません。", "No notification URL: nothing is pushed.")) }
            } @else {
                (view.pick("送信先 ", "To ")) code { (merchant.notification_url) }
            }
            " · " (view.pick("送信待ち ", "waiting ")) b { (delivery.waiting) }
            " · " (view.pick("連続失敗 ", "failures in a row ")) b { (delivery.failures) }
        }
        @if delivery.waiting > 0 && !merchant.notification_url.is_empty() {
            form method="post" action={ "/notices/" (merchant.merchant_id) "/deliver" } {
                button .small { (view.pick("送信待ちを今すぐ送信", "Push what waits now")) }
            }
        }
        @if let Some(pause) = pause {
            div .notice.warn {
                (view.pick("5回連続で失敗したため、一時停止中です。再開: ", "Paused after five failures in a row, until "))
                b { (moment(pause.until)) }
                form method="post" action={ "/notices/" (merchant.merchant_id) "/resume" } .inline {
                    button .small { (view.pick("今すぐ再開", "Resume now")) }
                }
            }
        }
    }
}

fn pushed(view: &View, console: &Console, merchant: &Merchant, notice: &Notice) -> Markup {
    let now = console.gateway.clock.now(&merchant.merchant_id);
    let paused = console.gateway.ledger.delivery(&merchant.merchant_id).pause.is_some_and(|pause| pause.holds(now));
    match notice.push {
        Push::Accepted(at) => html! { span .tag.good { (view.pick("受領済", "accepted")) } " " (moment(at)) },
        Push::Waiting(_) if paused => html! { span .tag.warn { (view.pick("一時停止中", "paused")) } },
        Push::Waiting(Ready { held: Some(Hold::Browser), .. }) => {
            html! { span .tag.open { (view.pick("購入者の戻り待ち", "waiting for the buyer's return")) } }
        }
        Push::Waiting(_) => html! { span .tag.open { (view.pick("送信待ち", "waiting")) } },
        Push::Never => html! { span .tag { (view.pick("送信先なし", "no URL")) } },
    }
}

fn resend_button(view: &View, merchant: &Merchant, notice: &Notice) -> Markup {
    html! {
        @if !merchant.notification_url.is_empty() {
            form method="post" action={ "/notices/" (merchant.merchant_id) "/" (notice.payment_notice_id) "/resend" } {
                button .small aria-label=(format!("{} {}", view.pick("再送", "Send again"), notice.payment_notice_id)) {
                    (view.pick("再送", "Send again"))
                }
            }
        }
    }
}

async fn show(State(console): State<Console>, view: View, At((merchant_id, id)): At<(String, u64)>) -> Response {
    let merchant_id = MerchantId::new(&merchant_id);
    let ledger = &console.gateway.ledger;
    let found = console.gateway.merchants.get(&merchant_id).and_then(|merchant| {
        let notice = ledger.notice(&merchant_id, id)?;
        let payment = ledger.payment(&merchant_id, notice.payment_id)?;
        Some((merchant, notice, payment))
    });
    let Some((merchant, notice, payment)) = found else {
        return view.missing(
            Section::Notices,
            view.pick(
                "この通知はありません (7日で削除されます)。",
                "There is no such notice; they are forgotten after seven days.",
            ),
        );
    };
    let body = notice::push_body(&merchant, &notice, &payment);
    let mut fields: Vec<Field> =
        notice::fields(&merchant, &notice, &payment).into_iter().map(|(name, value)| field(&name, value)).collect();
    let hash = body.rsplit_once("hc=").map_or("", |(_, hash)| hash);
    fields.push(field("hc", hash.to_owned()));
    let entries = console
        .gateway
        .journal
        .newest(20, |entry| entry.about == About::Notice(id) && entry.merchant_id.as_ref() == Some(&merchant_id));
    let attempts: Vec<Attempt> =
        ledger.attempts(&merchant_id).into_iter().filter(|attempt| attempt.payment_notice_id == id).collect();
    let given: Vec<Field> = fields.iter().filter(|field| !field.value.is_empty()).cloned().collect();
    let title = format!("{} #{id}", view.pick("決済通知", "Notice"));
    let content = html! {
        p .lead {
            (pushed(&view, &console, &merchant, &notice)) " "
            span lang="ja" { (payments::status_name(payment.payment_type, notice.status)) }
            " · " a href={ "/payments/" (payment.payment_id) } { (view.pick("決済", "payment")) " " (payment.payment_id) }
            " · " a href={ "/merchants/" (merchant_id) } { (view.pick("加盟店", "merchant")) " " (merchant_id) }
            @if let Some(entry) = notice.entry.and_then(|id| console.gateway.journal.entry(id.0.get())) {
                " · " a href={ "/journal/" (entry.id) } { (view.pick("契機", "cause")) " #" (entry.id) }
            }
        }
        (delivery(&view, &console, &merchant))
        (resend_button(&view, &merchant, &notice))
        h2 { (view.pick("応答の比較", "What the shop should have answered")) }
        (difference(&view, entries.first().map(|entry| &**entry)))
        h2 { (view.pick("送信履歴", "Pushes")) }
        @if attempts.is_empty() { p .quiet { (view.pick("まだ送信されていません。", "Not pushed yet.")) } }
        ul .steps {
            @for attempt in attempts.iter().rev() {
                li {
                    (moment(attempt.at)) " "
                    @if attempt.accepted { span .tag.good { (view.pick("受領", "accepted")) } } @else { span .tag.bad { (view.pick("失敗", "failed")) } }
                    " " (attempt.answer.pick(view.lang))
                }
            }
        }
        @if !entries.is_empty() { (journal::list(&view, &entries, true)) }
        h2 { (view.pick("送信内容 (値のある項目)", "What is sent (fields with values)")) }
        (journal::fields(&view, &given, view.pick("送信内容", "Body")))
        details { summary { (view.pick("送信される本文 (Windows-31J)", "The body as it is posted (Windows-31J)")) } pre tabindex="0" { (body) } }
    };
    view.page_with(Section::Notices, &title, &[], content)
}

fn field(name: &str, value: String) -> Field {
    Field {
        name: name.to_owned(),
        label: labels::label(name).to_owned(),
        value,
        meaning: String::new(),
        at_fault: false,
    }
}

/// The answer that would have been right beside the one that came.
fn difference(view: &View, entry: Option<&Entry>) -> Markup {
    let Some(entry) = entry else {
        return html! { p { (view.pick("正しい応答: ", "The right answer: ")) code { "HTTP 200, result=0" } } };
    };
    let answer = String::from_utf8_lossy(&entry.answer);
    html! {
        pre .diff tabindex="0" {
            @if entry.refusal.is_none() {
                @for line in answer.lines().take(40) { span .same { "  " (line) "\n" } }
            } @else {
                span .plus { "+ result=0\n" }
                @for line in answer.lines().take(40) { span .minus { "- " (line) "\n" } }
                @if answer.trim().is_empty() { span .minus { "- (" (view.pick("空の応答、または応答なし", "empty, or no answer")) ")\n" } }
            }
        }
        @if let Some(refusal) = &entry.refusal { p .bad { (refusal.explanation.pick(view.lang)) } }
    }
}

async fn resend(State(console): State<Console>, view: View, At((merchant_id, id)): At<(String, u64)>) -> Response {
    let merchant_id = MerchantId::new(&merchant_id);
    let has_url =
        console.gateway.merchants.get(&merchant_id).is_some_and(|merchant| !merchant.notification_url.is_empty());
    if !has_url {
        let sentence = view.pick("差分通知先URLが設定されていません。", "The merchant has no notification URL.");
        return view.failed(StatusCode::CONFLICT, Section::Notices, sentence);
    }
    if !console.gateway.push_again(&merchant_id, id) {
        return view.missing(Section::Notices, view.pick("この通知はありません。", "There is no such notice."));
    }
    Redirect::to(&format!("/notices/{merchant_id}/{id}")).into_response()
}

/// Pushes all that waits now.
async fn deliver(State(console): State<Console>, At(merchant_id): At<String>) -> Response {
    console.gateway.deliver_now(&MerchantId::new(&merchant_id)).await;
    Redirect::to(&format!("/notices?merchant_id={merchant_id}")).into_response()
}

/// Ends a pause: what waits is pushed again.
async fn resume(State(console): State<Console>, view: View, At(merchant_id): At<String>) -> Response {
    let merchant_id = MerchantId::new(&merchant_id);
    match console.gateway.resume(&merchant_id) {
        true => Redirect::to(&format!("/notices?merchant_id={merchant_id}")).into_response(),
        false => view.missing(Section::Notices, view.pick("待っている通知はありません。", "No notice waits.")),
    }
}
