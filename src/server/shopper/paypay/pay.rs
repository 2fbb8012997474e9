//! 支払画面: the buyer pays, or a tester lets it end in another way.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use maud::html;

use crate::method::paypay::{self, Page, Step, purchase_until};
use crate::server::Door;
use crate::server::shopper::layout::page;
use crate::server::shopper::paypay::{details, entrance, find, head, link};
use crate::server::shopper::visitor::{Visitor, go, not_found};
use crate::text::Lang;

/// From what the buyer can pay; it makes no difference.
const SOURCES: [(&str, &str); 3] =
    [("PayPay残高", "PayPay balance"), ("PayPayクレジット", "PayPay credit"), ("PayPayポイント", "PayPay points")];

/// The page; who comes too late, or again, sees how it ended.
pub(super) async fn show(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    match find(&door, &visitor) {
        None => not_found(lang),
        Some(found) if found.open => form(lang, &visitor, &found),
        Some(_) => go(&link(&visitor, "done")),
    }
}

/// A button was pressed.
pub(super) async fn decide(
    State(door): State<Door>,
    visitor: Visitor,
    Form(pressed): Form<HashMap<String, String>>,
) -> Response {
    let visitor = visitor.with_form(pressed);
    let step = match visitor.get("action") {
        "pay" => Step::Pay,
        "refuse" => Step::Refuse,
        "wait" => Step::Wait,
        // Nobody hears of a browser that is closed.
        _ => return go(&link(&visitor, "closed")),
    };
    let Some(merchant) = visitor.merchant(&door.gateway) else { return not_found(visitor.lang()) };
    let (id, key) = (visitor.get("pid"), visitor.get("hv"));
    // The page that follows shows what has become of the payment, also when it was refused.
    let _ = visitor.perform(&door.gateway, &merchant, "paypay", |desk| paypay::decide(desk, id, key, step)).await;
    go(&link(&visitor, "done"))
}

fn form(lang: Lang, visitor: &Visitor, found: &Page) -> Response {
    let title = lang.pick("お支払い内容の確認", "Your payment");
    let until = purchase_until(&found.payment).civil().strftime("%H:%M:%S").to_string();
    let content = html! {
        (head(lang, visitor, "payment"))
        h1 { (title) }
        (details(lang, found, found.payment.amount))
        form method="post" action="/paypay/payment" {
            (entrance(visitor))
            label for="source" { (lang.pick("お支払い方法", "Pay with")) }
            select id="source" { @for (ja, en) in SOURCES { option { (lang.pick(ja, en)) } } }
            p.hint { (lang.pick("お支払い期限", "Pay until")) " " (until) }
            div.actions { button name="action" value="pay" { (lang.pick("支払う", "Pay")) } }
            h2 { (lang.pick("支払わない場合の動作を試す", "Try what happens otherwise")) }
            p.hint { (lang.pick("ブラウザを閉じた場合と5分を過ぎた場合は、ショップへ戻らず、決済は申込済(10)のままです。",
                "Who closes the browser or lets five minutes pass does not come back to the shop; the payment stays in 10.")) }
            div.actions {
                button.quiet name="action" value="refuse" { (lang.pick("PayPayに拒否させる", "Let PayPay refuse")) }
                button.quiet name="action" value="close" { (lang.pick("ブラウザを閉じる", "Close the browser")) }
                button.quiet name="action" value="wait" { (lang.pick("5分を過ぎさせる", "Let five minutes pass")) }
            }
        }
    };
    page(lang, title, None, content)
}
