//! クレジットカードでのお支払い: input, confirmation, result (`link.md` section 5, Card).

mod fields;

use crate::wire::name;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

use crate::method::link::card::{self, BRANDS, CardForm, Entry, Mistake, Names};
use crate::payment::{PaymentType, Status};
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame, back_to_shop};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::pages::{Hosted, Pages};

pub(super) use fields::{expiry_long, grouped, mistake, number_field, security_code, valid_field};
use fields::{new_card, store, stored, times, way};

pub(in crate::server::shopper) static PAGES: Pages =
    Pages { hosted: Some(Hosted { payment_type: PaymentType::CARD, step: "card", page }), ..Pages::of(routes) };

fn routes() -> Router<Door> {
    Router::new()
        .route("/linktype/card", get(show).post(enter))
        .route("/linktype/card/confirm", get(confirm))
        .route("/linktype/card/pay", post(pay))
        .route("/linktype/card/delete", post(delete))
        .route("/linktype/card/authenticated", get(authenticated))
        .route("/linktype/card/done", get(done))
}

const TITLE: (&str, &str) = ("クレジットカードでのお支払い", "Payment by credit card");

/// Why the card page cannot be used; `None` when it can.
fn closed(visit: &Visit) -> Option<Response> {
    if let Some(closed) = frame::closed_for(visit, PaymentType::CARD) {
        return Some(closed);
    }
    let words = visit.words;
    visit.application.is_locked_for_cards().then(|| {
        Frame::of(visit).with_choice(visit).page(
            "カードのご利用を停止しました",
            "Card payment is locked",
            html! {
                p.note.failed { (words.say("入力内容の誤りが続いたため、このお取引でのクレジットカードのご利用を停止しました。",
                    "Too many cards were refused. Card payment is locked for this transaction.")) }
            },
        )
    })
}

/// The input page.
async fn show(visit: Visit) -> Response {
    page(&visit)
}

/// The same, for an application that starts with it.
fn page(visit: &Visit) -> Response {
    if let Some(closed) = closed(visit) {
        return closed;
    }
    let key = visit.field("e");
    // Back from the confirmation: everything but the number and the code is still there.
    let before = visit.consult(|desk| card::entry(desk, &visit.application, &key)).map(|(entry, _)| entry);
    let form = before.map_or_else(CardForm::default, |entry| CardForm::again(&entry));
    input(visit, &form, &[])
}

/// 入力内容を確認する was pressed.
async fn enter(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let form = CardForm::of(|name| visit.field(&name));
    match visit.consult(|desk| card::read(desk, &visit.application, &form)) {
        Err(mistakes) => input(&visit, &form, &mistakes),
        Ok(entry) => match visit.perform(|desk| Ok(card::keep(desk, &visit.application, &entry))).await {
            Ok(reply) => {
                let key = reply.get(name::own::ENTRY).unwrap_or_default();
                Redirect::to(&visit.url_with("card/confirm", &[("e", key)])).into_response()
            }
            Err(refusal) => frame::refused(&visit, &refusal),
        },
    }
}

fn input(visit: &Visit, form: &CardForm, mistakes: &[Mistake]) -> Response {
    let words = visit.words;
    let (ways, choices, stores_cards, this_year) = visit.consult(|desk| {
        let stored = card::uses_stored_cards(desk, &visit.application);
        let choices = card::choices(desk, &visit.application);
        (card::ways(desk, &visit.application), choices, stored, desk.now.civil().year())
    });
    let content = html! {
        @if !mistakes.is_empty() {
            p.wrong.summary role="alert" { (words.say("入力内容をご確認ください。", "Please check what you entered.")) }
        }
        form method="post" action=(visit.url("card")) autocomplete="on" {
            @if !choices.is_empty() { (stored(words, &choices, form, visit)) }
            (new_card(words, form, mistakes, this_year, !choices.is_empty()))
            (times(words, &ways, form, mistakes))
            @if visit.application.is_set(name::USE_CARD_CONF_NUMBER) { (security_code(words, mistakes)) }
            @if stores_cards { (store(visit, form)) }
            p.actions {
                button type="submit" { (words.say("入力内容を確認する", "Confirm")) }
            }
        }
    };
    Frame::of(visit).with_choice(visit).page(TITLE.0, TITLE.1, content)
}

/// The confirmation.
async fn confirm(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let key = visit.field("e");
    let entry = match visit.consult(|desk| card::entry(desk, &visit.application, &key)) {
        None => return Redirect::to(&visit.url("card")).into_response(),
        Some((entry, _)) if entry.payment_id.is_some() => {
            return Redirect::to(&visit.url_with("card/done", &[("e", &key)])).into_response();
        }
        Some((entry, _)) => entry,
    };
    let words = visit.words;
    let brand = BRANDS.iter().find(|(brand, _)| *brand == entry.brand).map_or(entry.brand.as_str(), |(_, name)| name);
    let content = html! {
        p { (words.say("以下の内容でお支払いします。よろしければ「お支払い」を押してください。",
            "Please check and press the button to pay.")) }
        dl {
            dt { (words.say("カードブランド", "Card brand")) } dd { (brand) }
            dt { (words.say("カード番号", "Card number")) } dd { (grouped(&entry.card)) }
            dt { (words.say("有効期限", "Expiry date")) } dd { (expiry_long(&entry.card)) }
            @if visit.application.is_set(name::USE_CARD_CONF_NUMBER) {
                dt { (words.say("カード確認番号", "Security code")) } dd { "****" }
            }
            dt { (words.say("お支払い回数", "Number of payments")) }
            dd { (way(words, &entry.payment_class, &entry.split_count)) }
            @if entry.store {
                dt { (words.say("カードの登録", "Storing the card")) } dd { (words.say("登録する", "Yes")) }
            }
        }
        form.once method="post" action=(visit.url("card/pay")) {
            input type="hidden" name="e" value=(key);
            p.actions {
                button type="submit" { (words.say("お支払い", "Pay")) }
                a.button.quiet href=(visit.url_with("card", &[("e", &key)])) { (words.say("前画面に戻る", "Back")) }
            }
        }
    };
    Frame::of(&visit).with_choice(&visit).page("お支払い内容の確認", "Confirm your payment", content)
}

/// 選択したカードを削除する was pressed.
async fn delete(visit: Visit) -> Response {
    let id = visit.field(&name::CUSTOMER_CARD_ID);
    match visit.perform(|desk| Ok(card::delete(desk, &visit.application, &id))).await {
        Ok(_) => Redirect::to(&visit.url("card")).into_response(),
        Err(refusal) => frame::refused(&visit, &refusal),
    }
}

fn names<'a>(visit: &'a Visit, key: &'a str) -> Names<'a> {
    Names { trading_id: &visit.application.trading_id, secret: &visit.application.secret, entry: key }
}

/// お支払い was pressed.
async fn pay(visit: Visit) -> Response {
    let key = visit.field("e");
    let back = visit.url_with("card/authenticated", &[("e", &key)]);
    let paid = visit.perform(|desk| card::pay(desk, names(&visit, &key), &format!("{}{back}", desk.base_url())));
    go_on(&visit, &key, paid.await.err()).await
}

/// The shopper is back from the issuer's pages.
async fn authenticated(visit: Visit) -> Response {
    let key = visit.field("e");
    let done = visit.perform(|desk| card::authenticated(desk, names(&visit, &key)));
    go_on(&visit, &key, done.await.err()).await
}

async fn go_on(visit: &Visit, key: &str, refusal: Option<crate::payment::Refusal>) -> Response {
    if let Some(refusal) = refusal {
        return frame::refused(visit, &refusal);
    }
    match visit.consult(|desk| card::entry(desk, &visit.application, key)) {
        Some((entry, _)) => {
            // The shop makes its order from the notice of 10, and the buyer may be back at once.
            visit.told_before_return().await;
            finish(visit, key, &entry)
        }
        None => Redirect::to(&visit.url("top")).into_response(),
    }
}

/// Where the browser goes after a payment: straight to the shop when that wants no completion page.
fn finish(visit: &Visit, key: &str, entry: &Entry) -> Response {
    let waiting = waits(visit, entry);
    // Back from the issuer without a result, he gave up there.
    let gave_up = !visit.field("cancel").is_empty() || visit.sent.path().ends_with("/authenticated");
    if let (Some(id), false) = (entry.authentication.as_deref().filter(|_| waiting), gave_up) {
        return frame::authenticate(&Frame::of(visit), id);
    }
    let return_url = visit.application.get(name::RETURN_URL);
    let good = entry.refused.is_none() && !waiting;
    if good && visit.application.is_set(name::FINISH_DISABLE) && !return_url.is_empty() {
        return visit.leaves(Redirect::to(return_url));
    }
    Redirect::to(&visit.url_with("card/done", &[("e", key)])).into_response()
}

/// Whether a payment waits for the shopper's authentication, or was given up there.
fn waits(visit: &Visit, entry: &Entry) -> bool {
    let payment = entry.payment_id.and_then(|id| visit.consult(|desk| desk.payment(id)));
    payment.is_some_and(|payment| matches!(payment.status, Status(13 | 14)))
}

/// お支払い完了, or why the card was refused.
async fn done(visit: Visit) -> Response {
    let key = visit.field("e");
    let entry = match visit.consult(|desk| card::entry(desk, &visit.application, &key)) {
        Some((entry, _)) if entry.payment_id.is_some() => entry,
        _ => return Redirect::to(&visit.url("top")).into_response(),
    };
    match &entry.refused {
        Some((code, detail)) => refused(&visit, code, detail),
        None if waits(&visit, &entry) => given_up(&visit),
        // Nobody comes back who has no way.
        None if visit.application.way_back().is_empty() => visit.leaves(completed(&visit)),
        None => completed(&visit),
    }
}

fn given_up(visit: &Visit) -> Response {
    let words = visit.words;
    Frame::of(visit).with_choice(visit).page(
        "本人認証が中断されました",
        "The authentication was not finished",
        html! {
            p.note.failed { (words.say("カード会社の本人認証が完了しなかったため、お支払いは行われていません。",
                "Your card company's authentication was not finished. Nothing was charged.")) }
            (again(visit))
        },
    )
}

/// The way back to the card page, as long as it is open. After a refusal a shop can do without it
/// (`re_payment_type=0`), but not after an input error.
fn again(visit: &Visit) -> Markup {
    html! {
        @if closed(visit).is_none() {
            p.actions {
                a.button href=(visit.url("card")) { (visit.words.say("もう一度カードで支払う", "Try a card again")) }
            }
        }
    }
}

fn completed(visit: &Visit) -> Response {
    let words = visit.words;
    Frame::of(visit).finished().page(
        "お支払い完了",
        "Payment completed",
        html! {
            p.note.good { (words.say("お支払いが完了しました。ありがとうございました。", "Your payment is completed. Thank you.")) }
            (back_to_shop(visit))
        },
    )
}

fn refused(visit: &Visit, code: &str, detail: &str) -> Response {
    let words = visit.words;
    let (ja, en) = match code {
        "2003" => (
            "カード番号・有効期限・カード確認番号などの入力内容に誤りがあります。ご確認のうえ、もう一度入力してください。",
            "Something in the card data is wrong. Please check them and try again.",
        ),
        "2015" => (
            "このカードでは本人認証を行えないため、ご利用いただけません。別のカードをご利用ください。",
            "This card cannot be authenticated, so it cannot be used. Please use another one.",
        ),
        "2008" => (
            "カード会社からの応答がありませんでした。お支払いは行われていません。",
            "The card company did not answer. Nothing was charged.",
        ),
        _ => (
            "お客様のカードはご利用いただけませんでした。カード会社にお問い合わせいただくか、別のお支払い方法をご利用ください。",
            "Your card was refused. Please ask your card company, or pay in another way.",
        ),
    };
    Frame::of(visit).with_choice(visit).page(
        "お支払いができませんでした",
        "The payment was refused",
        html! {
            p.note.failed { (words.say(ja, en)) }
            p.hint { (words.say("エラーコード", "Error code")) ": " (code) @if !detail.is_empty() { " (" (detail) ")" } }
            @if code == "2003" || visit.application.get(name::RE_PAYMENT_TYPE) != "0" { (again(visit)) }
        },
    )
}
