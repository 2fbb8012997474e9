//! PayPay's pages, behind `redirect_html` of 420: login, code, payment, result, and the buyer's app
//! (`other_states.md` section 2, Screens).
//!
//! Whatever is typed in is accepted. A page shows what the ledger says; only the payment and the consent change it.

mod app;
mod pay;
mod result;
mod signing_in;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use maud::{Markup, html};

use crate::method::paypay::{self, Page};
use crate::server::Door;
use crate::server::shopper::pages::Pages;
use crate::server::shopper::visitor::{Visitor, yen};
use crate::text::Lang;

pub(super) static PAGES: Pages = Pages { from_shops: &["/paypay/login"], ..Pages::of(routes) };

/// What says whose payment a page is about, and its language.
const ENTRANCE: [&str; 4] = ["mid", "pid", "hv", "lang"];

fn routes() -> Router<Door> {
    let script = include_str!("../assets/paypay.js");
    Router::new()
        .route("/paypay/login", get(signing_in::login).post(signing_in::log_in))
        .route("/paypay/code", get(signing_in::code).post(signing_in::confirm))
        .route("/paypay/payment", get(pay::show).post(pay::decide))
        .route("/paypay/closed", get(result::closed))
        .route("/paypay/done", get(result::done))
        .route("/paypay/back", get(result::back))
        .route("/paypay/app", get(app::show).post(app::consent))
        .route(
            "/assets/paypay.js",
            get(async move || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script)),
        )
}

/// The payment of a page's URL; `None` for a wrong URL.
fn find(door: &Door, visitor: &Visitor) -> Option<Page> {
    let merchant = visitor.merchant(&door.gateway)?;
    let (id, key) = (visitor.get("pid"), visitor.get("hv"));
    door.gateway.look(&merchant, visitor.called(), |desk| paypay::page(desk, id, key))
}

/// Another page of the same payment.
fn link(visitor: &Visitor, step: &str) -> String {
    link_in(visitor, step, visitor.get("lang"))
}

/// The same in a language; nothing means the usual one.
fn link_in(visitor: &Visitor, step: &str, lang: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["mid", "pid", "hv"] {
        query.append_pair(name, visitor.get(name));
    }
    if !lang.is_empty() {
        query.append_pair("lang", lang);
    }
    format!("/paypay/{step}?{}", query.finish())
}

/// What a form sends along.
fn entrance(visitor: &Visitor) -> Markup {
    html! { @for name in ENTRANCE { input type="hidden" name=(name) value=(visitor.get(name)); } }
}

/// The line above a page: whose page it is, and the way to the other language.
fn head(lang: Lang, visitor: &Visitor, step: &str) -> Markup {
    let (other, name) = (lang.pick("en", "ja"), lang.pick("English", "日本語"));
    let url = link_in(visitor, step, other);
    html! {
        p.hint { (lang.pick("PayPay（試験用画面）", "PayPay (test page)")) " · " a href=(url) lang=(other) { (name) } }
    }
}

/// What is being paid.
fn details(lang: Lang, page: &Page, amount: u64) -> Markup {
    html! {
        dl {
            dt { (lang.pick("お支払い金額", "Amount")) } dd { (yen(lang, amount)) }
            dt { (lang.pick("決済ID", "Payment ID")) } dd { (page.payment.payment_id) }
            @if let Some(trading_id) = &page.payment.trading_id {
                dt { (lang.pick("取引ID", "Trading ID")) } dd { (trading_id) }
            }
        }
    }
}
