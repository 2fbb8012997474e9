//! WebMoney's test screen, behind `redirect_url` of 150 (`emoney.toml`, `[test_screen]`).

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use maud::html;

use crate::method::emoney::{self, Screen};
use crate::server::Door;
use crate::server::shopper::layout::page;
use crate::server::shopper::leaving::leaves;
use crate::server::shopper::pages::Pages;
use crate::server::shopper::visitor::{Visitor, go, not_found, safe_url, yen};
use crate::text::Lang;

const TITLE: &str = "WebMoney試験用画面";

pub(super) static PAGES: Pages = Pages::of(routes);

fn routes() -> Router<Door> {
    Router::new().route("/emoney/webmoney", get(show).post(decide))
}

fn find(door: &Door, visitor: &Visitor) -> Option<Screen> {
    let merchant = visitor.merchant(&door.gateway)?;
    let (id, key) = (visitor.get("pid"), visitor.get("hv"));
    door.gateway.look(&merchant, visitor.called(), |desk| emoney::screen(desk, id, key))
}

async fn show(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    match find(&door, &visitor) {
        None => not_found(lang),
        Some(screen) if screen.open => choice(lang, &visitor, &screen),
        Some(screen) => closed(lang, &screen),
    }
}

/// The buyer pays or gives up; the browser goes back to the shop.
async fn decide(State(door): State<Door>, visitor: Visitor, Form(form): Form<HashMap<String, String>>) -> Response {
    let visitor = visitor.with_form(form);
    let lang = visitor.lang();
    let Some(merchant) = visitor.merchant(&door.gateway) else { return not_found(lang) };
    let (id, key) = (visitor.get("pid"), visitor.get("hv"));
    let complete = visitor.get("action") == "complete";
    let done = visitor.perform(&door.gateway, &merchant, "webmoney", |desk| {
        if complete { emoney::complete(desk, id, key, visitor.get("outcome")) } else { emoney::abort(desk, id, key) }
    });
    // The page that follows shows what has become of the payment, also when it was refused.
    let _ = done.await;
    match find(&door, &visitor) {
        None => not_found(lang),
        Some(screen) => leaves(&door.gateway, &merchant, &[screen.payment.payment_id], go(&screen.target())),
    }
}

fn choice(lang: Lang, visitor: &Visitor, screen: &Screen) -> Response {
    let content = html! {
        h1 { (lang.pick(TITLE, "WebMoney test screen")) }
        dl {
            dt { (lang.pick("決済ID", "Payment ID")) }
            dd { (screen.payment.payment_id) }
            @if let Some(trading_id) = &screen.payment.trading_id {
                dt { (lang.pick("取引ID", "Trading ID")) }
                dd { (trading_id) }
            }
            dt { (lang.pick("金額", "Amount")) }
            dd { (yen(lang, screen.payment.amount)) }
        }
        form method="post" action="/emoney/webmoney" {
            @for name in ["mid", "pid", "hv", "lang"] { input type="hidden" name=(name) value=(visitor.get(name)); }
            label for="outcome" { (lang.pick("取消・補正時の処理結果", "What happens to later refunds")) }
            select id="outcome" name="outcome" {
                @for outcome in emoney::outcomes() {
                    option value=(outcome.id) { (lang.pick(&outcome.name, &outcome.english)) }
                }
            }
            div .actions {
                button name="action" value="complete" {
                    (lang.pick("決済を完了する場合はここをクリック", "Click here to complete the payment"))
                }
                button .quiet name="action" value="abort" {
                    (lang.pick("決済を中断する場合はここをクリック", "Click here to abort the payment"))
                }
            }
        }
    };
    page(lang, lang.pick(TITLE, "WebMoney test screen"), None, content)
}

fn closed(lang: Lang, screen: &Screen) -> Response {
    let target = screen.target();
    let content = html! {
        h1 { (lang.pick(TITLE, "WebMoney test screen")) }
        p .note {
            (lang.pick("このお支払いは、完了済みか、中断または有効期限切れのため、ご利用いただけません。",
                "This payment is completed, aborted or too old, and can no longer be made."))
        }
        @if let Some(url) = safe_url(&target) {
            div .actions { a .button href=(url) { (lang.pick("加盟店へ戻る", "Back to the shop")) } }
        }
    };
    page(lang, lang.pick(TITLE, "WebMoney test screen"), None, content)
}
