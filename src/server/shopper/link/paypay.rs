//! PayPayでのお支払い: an explanation with PayPay's button, then PayPay's pages, then how it ended (`link.md` section 5).

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;

use crate::method::link::cash::check_open;
use crate::method::paypay::{Application, begin};
use crate::payment::PaymentType;
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame, back_to_shop};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::pages::{Hosted, Pages};
use crate::wire::name;

pub(in crate::server::shopper) static PAGES: Pages =
    Pages { hosted: Some(Hosted { payment_type: PaymentType::PAYPAY, step: "paypay", page }), ..Pages::of(routes) };

fn routes() -> Router<Door> {
    Router::new()
        .route("/linktype/paypay", get(show))
        .route("/linktype/paypay/go", post(leave))
        .route("/linktype/paypay/done", get(done))
        .route("/linktype/paypay/failed", get(failed))
}

const TITLE: (&str, &str) = ("PayPayでのお支払い", "Payment by PayPay");

/// The page with the button.
async fn show(visit: Visit) -> Response {
    page(&visit)
}

/// The same, for an application that starts with it.
fn page(visit: &Visit) -> Response {
    if let Some(closed) = frame::closed_for(visit, PaymentType::PAYPAY) {
        return closed;
    }
    let words = visit.words;
    let content = html! {
        p { (words.say("下のボタンを押すと、PayPayの画面に進みます。5分以内にお支払いください。",
            "The button leads to PayPay. Please pay within five minutes.")) }
        form.once method="post" action=(visit.url("paypay/go")) {
            p.actions { button type="submit" { (words.say("PayPayで支払う", "Pay with PayPay")) } }
        }
    };
    Frame::of(visit).with_choice(visit).page(TITLE.0, TITLE.1, content)
}

/// The button was pressed: the payment begins, and the buyer goes to PayPay.
async fn leave(visit: Visit) -> Response {
    if let Some(closed) = frame::closed_for(&visit, PaymentType::PAYPAY) {
        return closed;
    }
    let (return_url, cancel_url) = (visit.url("paypay/done"), visit.url("paypay/failed"));
    let application = &visit.application;
    let begun = visit.perform(|desk| {
        check_open(desk, application)?;
        let applied = Application {
            trading_id: Some(&application.trading_id),
            amount: application.amount,
            site_id: Some(application.get(name::SITE_ID)).filter(|site| !site.is_empty()),
            return_url: &return_url,
            cancel_url: &cancel_url,
        };
        begin(desk, &applied)
    });
    match begun.await {
        Ok(reply) => match reply.get(name::REDIRECT_URL) {
            // The shop makes its order from the notice of 10, which is not held back.
            Some(url) => Redirect::to(url).into_response(),
            None => Redirect::to(&visit.url("top")).into_response(),
        },
        Err(refusal) => frame::refused(&visit, &refusal),
    }
}

/// 完了画面.
async fn done(visit: Visit) -> Response {
    if frame::closed(&visit).is_none() {
        return Redirect::to(&visit.url("top")).into_response();
    }
    visit.told_before_return().await;
    let return_url = visit.application.get(name::RETURN_URL);
    if visit.application.is_set(name::FINISH_DISABLE) && !return_url.is_empty() {
        return visit.leaves(Redirect::to(return_url));
    }
    let words = visit.words;
    let content = html! {
        p.note.good { (words.say("お支払いが完了しました。ありがとうございました。", "Your payment is completed. Thank you.")) }
        (back_to_shop(&visit))
    };
    let page = Frame::of(&visit).finished().page("お支払い完了", "Payment completed", content);
    // Nobody comes back who has no way.
    if visit.application.way_back().is_empty() { visit.leaves(page) } else { page }
}

/// PayPay has refused; the buyer can try again, or choose something else.
async fn failed(visit: Visit) -> Response {
    if let Some(closed) = frame::closed(&visit) {
        return closed;
    }
    let words = visit.words;
    let content = html! {
        p.note.failed { (words.say("PayPayでのお支払いができませんでした。お支払いは行われていません。",
            "The payment by PayPay failed. Nothing was paid.")) }
        p.actions { a.button href=(visit.url("paypay")) { (words.say("もう一度PayPayで支払う", "Try PayPay again")) } }
    };
    Frame::of(&visit).with_choice(&visit).page("お支払いができませんでした", "The payment failed", content)
}
