//! The first page: the method's own when there is one method, else お支払メニュー.

use axum::response::Response;
use maud::{Markup, html};

use crate::method::{HostedPage, offer};
use crate::payment::PaymentType;
use crate::server::shopper::link::frame::{self, Frame};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::Words;
use crate::server::shopper::pages::hosted;

/// The page that an application's URL opens.
pub(super) async fn first(visit: Visit) -> Response {
    show(&visit)
}

/// The same for an application that the browser itself sent.
pub(super) fn show(visit: &Visit) -> Response {
    if let Some(closed) = frame::closed(visit) {
        return closed;
    }
    match visit.application.methods.as_slice() {
        [only] => hosted(*only).map_or_else(|| menu(visit, &[*only]), |hosted| (hosted.page)(visit)),
        methods => menu(visit, methods),
    }
}

/// Two columns of buttons, as the real page has them (`link.md` section 5, Method choice).
fn menu(visit: &Visit, methods: &[PaymentType]) -> Response {
    let words = visit.words;
    let offered = methods.iter().filter_map(|payment_type| offer(*payment_type));
    let (now, later): (Vec<_>, Vec<_>) = offered.partition(|offer| offer.at_once);
    let column = |ja: &str, en: &str, methods: &[&HostedPage]| {
        html! {
            @if !methods.is_empty() {
                div.method-column {
                    h2 { (words.say(ja, en)) }
                    @for method in methods { (button(visit, words, method)) }
                }
            }
        }
    };
    let mut frame = Frame::of(visit);
    let stop = frame.stop_url.take();
    frame.page(
        "お支払メニュー",
        "Payment menu",
        html! {
            p { (words.say("お支払い方法をお選びください。", "Choose how to pay.")) }
            div.method-columns {
                (column("今すぐお支払い完了", "Pay now", &now))
                (column("店舗・ATM・銀行振込でお支払い", "Pay at a store or ATM", &later))
            }
            @if let Some(url) = stop {
                p.ways-out { a.button.quiet href=(url) { (words.say("店舗画面に戻る", "Back to the shop")) } }
            }
        },
    )
}

fn button(visit: &Visit, words: Words, offer: &HostedPage) -> Markup {
    let step = hosted(offer.payment_type).map_or("top", |hosted| hosted.step);
    html! { a.button.method href=(visit.url(step)) { (words.say(offer.label.0, offer.label.1)) } }
}
