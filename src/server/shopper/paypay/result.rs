//! 支払完了画面, 支払受付画面 and 支払失敗画面, the way back to the shop, and the ends from which none leads there.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::method::paypay::{APPLIED, Page, REFUSED};
use crate::server::Door;
use crate::server::shopper::layout::page;
use crate::server::shopper::leaving::leaves;
use crate::server::shopper::paypay::{details, find, head, link};
use crate::server::shopper::visitor::{Visitor, go, not_found, safe_url};
use crate::text::Lang;

/// How the payment ended. The browser goes on to the shop by itself.
pub(super) async fn done(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    let Some(found) = find(&door, &visitor) else { return not_found(lang) };
    if found.open {
        return go(&link(&visitor, "login"));
    }
    if found.payment.status == APPLIED {
        return ended(lang, &visitor, "done", TOO_LATE, None);
    }
    let refused = found.payment.status == REFUSED;
    let (title, told) = words(lang, &found);
    let content = html! {
        (head(lang, &visitor, "done"))
        h1 { (title) }
        p.note { (told) }
        (details(lang, &found, if refused { 0 } else { found.payment.amount }))
        div.actions { a.button href=(link(&visitor, "back")) data-onward="" { (lang.pick("ショップに戻る", "Back to the shop")) } }
        p.hint { (lang.pick("しばらくすると自動的にショップへ戻ります。", "You are taken back to the shop in a moment.")) }
        @if found.ships_first() && !refused { (app(lang, &visitor)) }
    };
    page(lang, title, Some("/assets/paypay.js"), content)
}

fn words(lang: Lang, found: &Page) -> (&'static str, &'static str) {
    if found.payment.status == REFUSED {
        return (
            lang.pick("お支払いに失敗しました", "The payment failed"),
            lang.pick("お支払いは行われていません。", "Nothing was paid."),
        );
    }
    if found.ships_first() {
        return (
            lang.pick("お支払いを受け付けました", "Your payment was accepted"),
            lang.pick("商品の出荷後にお支払いが確定します。", "It is settled when the shop ships."),
        );
    }
    (
        lang.pick("お支払いが完了しました", "Your payment is complete"),
        lang.pick("ご利用ありがとうございました。", "Thank you."),
    )
}

/// Where a higher amount is allowed later.
fn app(lang: Lang, visitor: &Visitor) -> Markup {
    html! {
        p { a href=(link(visitor, "app")) {
            (lang.pick("PayPayアプリの取引履歴（増額への同意）", "History in the PayPay app (consent to a higher amount)"))
        } }
    }
}

/// Sends the browser to the shop; what happened here is told after that. Pages of the link type are not the shop yet.
pub(super) async fn back(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    let (Some(found), Some(merchant)) = (find(&door, &visitor), visitor.merchant(&door.gateway)) else {
        return not_found(lang);
    };
    let target = found.target();
    if found.payment.status == APPLIED {
        return go(&link(&visitor, "login"));
    }
    if found.is_hosted() {
        return go(&target);
    }
    match safe_url(&target) {
        Some(url) => leaves(&door.gateway, &merchant, &[found.payment.payment_id], go(url)),
        None => not_found(lang),
    }
}

/// The buyer has closed his browser. As long as PayPay knows the purchase he can begin again.
pub(super) async fn closed(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    match find(&door, &visitor) {
        None => not_found(lang),
        Some(found) if found.payment.status == APPLIED => {
            let again = found.open.then(|| link(&visitor, "login"));
            ended(lang, &visitor, "closed", CLOSED, again)
        }
        Some(_) => go(&link(&visitor, "done")),
    }
}

/// A title and a sentence, in Japanese and English.
type Words = ((&'static str, &'static str), (&'static str, &'static str));

const TOO_LATE: Words = (
    ("お支払いの有効時間が過ぎました", "The time for this payment is over"),
    (
        "申込から5分を過ぎたため、お支払いいただけません。PayPayからショップへは戻りません。決済は申込済(10)のままです。",
        "More than five minutes have passed. PayPay does not lead back to the shop, and the payment stays in 10.",
    ),
);

const CLOSED: Words = (
    ("ブラウザを閉じました", "The browser was closed"),
    (
        "購入者がブラウザを閉じた状態です。ショップへは戻らず、通知も送られません。決済は申込済(10)のままです。",
        "As if the buyer had closed his browser: no way back, no notice, and the payment stays in 10.",
    ),
);

fn ended(lang: Lang, visitor: &Visitor, step: &str, (title, told): Words, again: Option<String>) -> Response {
    let title = lang.pick(title.0, title.1);
    let content = html! {
        (head(lang, visitor, step))
        h1 { (title) }
        p.note { (lang.pick(told.0, told.1)) }
        @if let Some(url) = again {
            div.actions { a.button.quiet href=(url) { (lang.pick("支払画面をもう一度開く", "Open the payment page again")) } }
        }
    };
    page(lang, title, None, content)
}
