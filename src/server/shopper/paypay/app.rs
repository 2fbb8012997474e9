//! The buyer's PayPay app: 取引履歴, where he allows a capture of more than he was asked for.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::method::paypay::{self, Page, raised};
use crate::server::Door;
use crate::server::shopper::layout::page;
use crate::server::shopper::leaving::leaves;
use crate::server::shopper::paypay::{details, entrance, find, head, link};
use crate::server::shopper::visitor::{Visitor, go, not_found, yen};
use crate::text::Lang;
use crate::wire::{catalog, name};

/// One payment of the history.
pub(super) async fn show(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    let Some(found) = find(&door, &visitor) else { return not_found(lang) };
    let title = lang.pick("取引履歴", "History");
    let status = found.payment.status;
    let status_name = catalog().status_name(found.payment.payment_type, status);
    let content = html! {
        (head(lang, &visitor, "app"))
        h1 { (title) }
        (details(lang, &found, found.payment.amount))
        @match raised(&found.payment) {
            Some(amount) => (request(lang, &visitor, &found, amount)),
            None => {
                p.note { (lang.pick("同意を求められている変更はありません。", "Nothing waits for your consent.")) }
                p.hint { (lang.pick("決済ステータス", "Status")) ": " (status) " " span lang="ja" { (status_name) } }
            }
        }
    };
    page(lang, title, None, content)
}

fn request(lang: Lang, visitor: &Visitor, found: &Page, amount: u64) -> Markup {
    let description = found.payment.attributes.get(name::ORDER_DESCRIPTION).unwrap_or_default();
    html! {
        h2 { (lang.pick("お支払い内容の変更", "A changed payment")) }
        p { (lang.pick("ショップから金額の変更が届いています。", "The shop asks for another amount.")) }
        dl {
            dt { (lang.pick("変更後の金額", "New amount")) } dd { (yen(lang, amount)) }
            @if !description.is_empty() { dt { (lang.pick("注文の説明", "Order")) } dd { (description) } }
        }
        form method="post" action="/paypay/app" {
            (entrance(visitor))
            div.actions { button { (lang.pick("変更内容を許可して支払う", "Allow the change and pay")) } }
        }
        p.hint { (lang.pick("6時間以内に許可しなければ、オーソリOK(20)に戻ります。",
            "Without consent within six hours the payment is in 20 again.")) }
    }
}

/// The buyer allows it; he is not on a way back to the shop, which can be told at once.
pub(super) async fn consent(
    State(door): State<Door>,
    visitor: Visitor,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let visitor = visitor.with_form(form);
    let lang = visitor.lang();
    let (Some(found), Some(merchant)) = (find(&door, &visitor), visitor.merchant(&door.gateway)) else {
        return not_found(lang);
    };
    let (id, key) = (visitor.get("pid"), visitor.get("hv"));
    // The page that follows shows what has become of the payment, also when it was refused.
    let _ = visitor.perform(&door.gateway, &merchant, "paypay app", |desk| paypay::consent(desk, id, key)).await;
    leaves(&door.gateway, &merchant, &[found.payment.payment_id], go(&link(&visitor, "app")))
}
