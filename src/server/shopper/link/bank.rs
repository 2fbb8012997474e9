//! ネットバンキングでのお支払い: name, confirmation, then the page on which banks are chosen (`link.md` section 5, Bank net).

use crate::wire::name;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;

use crate::method::link::cash;
use crate::payment::PaymentType;
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame};
use crate::server::shopper::link::person::{self, Ask};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::pages::{Hosted, Pages};

pub(in crate::server::shopper) static PAGES: Pages =
    Pages { hosted: Some(Hosted { payment_type: PaymentType::NET_BANK, step: "bank", page }), ..Pages::of(routes) };

fn routes() -> Router<Door> {
    Router::new()
        .route("/linktype/bank", get(show).post(show))
        .route("/linktype/bank/confirm", post(confirm))
        .route("/linktype/bank/go", post(go))
}

const TITLE: (&str, &str) = ("ネットバンキングでのお支払い", "Payment by online banking");

fn closed(visit: &Visit) -> Option<Response> {
    frame::closed_for(visit, PaymentType::NET_BANK)
}

/// The input page; also the way back to it.
async fn show(visit: Visit) -> Response {
    page(&visit)
}

/// The same, for an application that starts with it.
fn page(visit: &Visit) -> Response {
    if let Some(closed) = closed(visit) {
        return closed;
    }
    form(visit, &person::at_first(visit), &[])
}

fn form(visit: &Visit, person: &cash::Person, mistakes: &[person::Mistake]) -> Response {
    let words = visit.words;
    let content = html! {
        form method="post" action=(visit.url("bank/confirm")) {
            (person::inputs(visit, person, Ask::Name, mistakes))
            p.actions { button type="submit" { (words.say("入力内容を確認する", "Confirm")) } }
        }
    };
    Frame::of(visit).with_choice(visit).page(TITLE.0, TITLE.1, content)
}

/// The confirmation.
async fn confirm(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let person = person::from_form(&visit);
    let mistakes = person::mistakes(&person, Ask::Name);
    if !mistakes.is_empty() {
        return form(&visit, &person, &mistakes);
    }
    let words = visit.words;
    let content = html! {
        p { (words.say("「お支払金融機関選択」を押すと、ご利用になる金融機関を選択する画面に進みます。",
            "Press the button to choose your bank.")) }
        form.once method="post" action=(visit.url("bank/go")) {
            (person::confirmed(&visit, &person, Ask::Name))
            p.actions {
                button type="submit" { (words.say("お支払金融機関選択", "Choose the bank")) }
                button.quiet type="submit" name="back" value="1" formaction=(visit.url("bank")) {
                    (words.say("前画面に戻る", "Back"))
                }
            }
        }
    };
    Frame::of(&visit).with_choice(&visit).page(TITLE.0, TITLE.1, content)
}

/// お支払金融機関選択 was pressed.
async fn go(visit: Visit) -> Response {
    let person = person::from_form(&visit);
    let mistakes = person::mistakes(&person, Ask::Name);
    if !mistakes.is_empty() {
        return form(&visit, &person, &mistakes);
    }
    match visit.perform(|desk| cash::net_bank(desk, &visit.application, &person)).await {
        // A page that was opened before is still good: 5010 brings its URL.
        Ok(reply) => match (reply.get(name::ASP_URL), reply.refusal()) {
            (Some(url), _) if !url.is_empty() => Redirect::to(url).into_response(),
            (_, Some(refusal)) => frame::refused(&visit, refusal),
            _ => Redirect::to(&visit.url("top")).into_response(),
        },
        Err(refusal) => frame::refused(&visit, &refusal),
    }
}
