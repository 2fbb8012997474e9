//! The first page: the method's own when there is one method, else お支払メニュー.

use axum::response::Response;
use maud::{Markup, html};

use crate::payment::PaymentType;
use crate::server::shopper::link::frame::{self, Frame};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::Words;
use crate::server::shopper::link::{atm, bank, card, convenience};

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
        [PaymentType::CARD] => card::page(visit),
        [PaymentType::CONVENIENCE] => convenience::page(visit),
        [PaymentType::ATM] => atm::page(visit),
        [_] => bank::page(visit),
        methods => menu(visit, methods),
    }
}

/// Two columns of buttons, as the real page has them (`link.md` section 5, Method choice).
fn menu(visit: &Visit, methods: &[PaymentType]) -> Response {
    let words = visit.words;
    let at_once = [PaymentType::CARD, PaymentType::NET_BANK];
    let (now, later): (Vec<_>, Vec<_>) = methods.iter().copied().partition(|method| at_once.contains(method));
    let column = |ja: &str, en: &str, methods: &[PaymentType]| {
        html! {
            @if !methods.is_empty() {
                div.method-column {
                    h2 { (words.say(ja, en)) }
                    @for method in methods { (button(visit, words, *method)) }
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

fn button(visit: &Visit, words: Words, method: PaymentType) -> Markup {
    let (ja, en) = match method {
        PaymentType::CARD => ("クレジットカード", "Credit card"),
        PaymentType::CONVENIENCE => ("コンビニ", "Convenience store"),
        PaymentType::ATM => ("ATM（ペイジー）", "ATM (Pay-easy)"),
        _ => ("ネットバンキング", "Online banking"),
    };
    html! { a.button.method href=(visit.url(frame::step_of(method))) { (words.say(ja, en)) } }
}
