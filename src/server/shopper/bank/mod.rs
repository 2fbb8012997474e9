//! Internet banking: the bank selection page, the way to the bank, and the bank's own dummy page (`net_bank.toml`).

mod select;
mod site;

use crate::wire::{Name, name};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};

use crate::fixtures;
use crate::method::net_bank::Application;
use crate::payment::Refusal;
use crate::server::Door;
use crate::server::shopper::layout::page;
use crate::server::shopper::pages::Pages;
use crate::server::shopper::visitor::{Visitor, safe_url, yen};
use crate::text::Lang;

pub(super) static PAGES: Pages = Pages::of(routes);

fn routes() -> Router<Door> {
    Router::new()
        .route("/banking/asp", get(select::select))
        .route("/banking/law", get(select::law))
        .route("/banking/kakunin.html", get(site::transfer))
        .route("/banking/m_kakunin.html", get(site::transfer))
        .route("/banking/bank", get(site::bank).post(site::decide))
        .route("/banking/left", post(site::left))
}

const TITLE: [&str; 2] = ["ネットバンキングでのお支払い", "Paying by internet banking"];

/// A page of an application: heading, the shop's banner and text, the content, the shop's footer.
fn framed(lang: Lang, application: &Application, content: Markup) -> Response {
    let value = |name: Name| application.value(name);
    let title = lang.pick(TITLE[0], TITLE[1]);
    let banner = safe_url(value(name::BANNER_URL));
    let body = html! {
        header .bank-head {
            h1 { (title) }
            p .hint {
                (lang.pick("有効期限：", "Valid until: "))
                time { (application.limit.civil().strftime("%Y/%m/%d %H:%M:%S").to_string()) }
            }
        }
        @if let Some(banner) = banner { p { img .banner src=(banner) alt=(value(name::MERCHANT_NAME)); } }
        @if !value(name::MERCHANT_NAME).is_empty() { p .merchant { (value(name::MERCHANT_NAME)) } }
        (content)
        @if !value(name::COPY_RIGHT).is_empty() { p .hint .copyright { (value(name::COPY_RIGHT)) } }
    };
    let mut response = page(lang, title, None, body);
    if banner.is_some() {
        allow_pictures(&mut response);
    }
    response
}

/// A shop's banner comes from the shop's server.
fn allow_pictures(response: &mut Response) {
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let wider = policy.map(|policy| policy.replace("img-src 'self'", "img-src 'self' https: http:"));
    if let Some(Ok(wider)) = wider.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, wider);
    }
}

/// お支払い内容; rows of absent fields are left out.
fn details(lang: Lang, application: &Application) -> Markup {
    let value = |name: Name| application.value(name);
    let name = format!("{} {}", value(name::CUSTOMER_FAMILY_NAME), value(name::CUSTOMER_NAME));
    let rows = [
        (lang.pick("店舗名", "Shop"), value(name::MERCHANT_NAME).to_owned()),
        (lang.pick("取引ID", "Trading ID"), application.trading_id.clone()),
        (lang.pick("お客様氏名", "Name"), name.trim().to_owned()),
        (lang.pick("ご注文内容", "Order"), value(name::CLAIM_KANJI).to_owned()),
        (lang.pick("金額", "Amount"), yen(lang, application.amount)),
    ];
    html! {
        h2 { (lang.pick("お支払い内容", "Your payment")) }
        dl {
            @for (label, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
                dt { (label) }
                dd { (value) }
            }
        }
    }
}

/// The link back to the shop.
fn back_to_shop(application: &Application, text: &str) -> Markup {
    html! {
        @if let Some(url) = safe_url(application.value(name::STOP_RETURN_URL)) {
            div .actions { a .button .quiet href=(url) { (text) } }
        }
    }
}

/// The page that says why a page does not open.
fn error(lang: Lang, application: &Application, refusal: &Refusal) -> Response {
    let english = fixtures::errors().code(&refusal.code).map_or("", |row| row.english);
    let sentence = if english.is_empty() { &refusal.detail } else { lang.pick(&refusal.detail, english) };
    let content = html! {
        p .wrong role="alert" { (sentence) }
        (back_to_shop(application, lang.pick("店舗画面に戻る", "Back to the shop")))
    };
    framed(lang, application, content)
}

/// The path and query of a page of an application, with more parameters.
fn link(visitor: &Visitor, page: &str, more: &[(&str, &str)]) -> String {
    let mut query: Vec<(&str, &str)> = vec![("type", "05")];
    query.extend(["tid", "mid", "hv"].map(|name| (name, visitor.get(name))));
    query.extend_from_slice(more);
    if visitor.lang() == Lang::En && !more.iter().any(|(name, _)| *name == "lang") {
        query.push(("lang", "en"));
    }
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    format!("/banking/{page}?{query}")
}

/// The same parameters for a form.
fn hidden(visitor: &Visitor, more: &[(&str, &str)]) -> Markup {
    html! {
        input type="hidden" name="type" value="05";
        @for name in ["tid", "mid", "hv", "lang"] {
            @if !visitor.get(name).is_empty() { input type="hidden" name=(name) value=(visitor.get(name)); }
        }
        @for (name, value) in more { input type="hidden" name=(name) value=(value); }
    }
}
