//! ATM（ペイジー）でのお支払い: name, confirmation, the numbers (`link.md` section 5, ATM).

use crate::wire::name;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;

use crate::method::link::cash;
use crate::payment::PaymentType;
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame, print_and_back, until};
use crate::server::shopper::link::person::{self, Ask};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::payment_limit;
use crate::server::shopper::pages::{Hosted, Pages};

pub(in crate::server::shopper) static PAGES: Pages =
    Pages { hosted: Some(Hosted { payment_type: PaymentType::ATM, step: "atm", page }), ..Pages::of(routes) };

fn routes() -> Router<Door> {
    Router::new()
        .route("/linktype/atm", get(show).post(show))
        .route("/linktype/atm/confirm", post(confirm))
        .route("/linktype/atm/issue", post(issue))
        .route("/linktype/atm/done", get(done))
}

const TITLE: (&str, &str) = ("ATM（ペイジー）でのお支払い", "Payment at an ATM (Pay-easy)");

fn closed(visit: &Visit) -> Option<Response> {
    frame::closed_for(visit, PaymentType::ATM)
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
        p { (words.say("ペイジー対応のATM（ゆうちょ銀行、りそな銀行、埼玉りそな銀行など）でお支払いいただけます。",
            "You can pay at ATMs with Pay-easy, such as those of Japan Post Bank.")) }
        (until(words, visit.application.limit))
        form method="post" action=(visit.url("atm/confirm")) {
            (person::inputs(visit, person, Ask::Name, mistakes))
            p.actions { button type="submit" { (words.say("次へ", "Next")) } }
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
        p { (words.say("以下の内容でお支払い情報を取得します。", "Please check before you get the payment numbers.")) }
        form.once method="post" action=(visit.url("atm/issue")) {
            (person::confirmed(&visit, &person, Ask::Name))
            p.actions {
                button type="submit" { (words.say("お支払い情報取得", "Get the payment numbers")) }
                button.quiet type="submit" name="back" value="1" formaction=(visit.url("atm")) {
                    (words.say("前画面に戻る", "Back"))
                }
            }
        }
    };
    Frame::of(&visit).with_choice(&visit).page(TITLE.0, TITLE.1, content)
}

/// お支払い情報取得 was pressed.
async fn issue(visit: Visit) -> Response {
    let person = person::from_form(&visit);
    let mistakes = person::mistakes(&person, Ask::Name);
    if !mistakes.is_empty() {
        return form(&visit, &person, &mistakes);
    }
    match visit.perform(|desk| cash::atm(desk, &visit.application, &person)).await {
        Ok(reply) => match reply.refusal() {
            Some(refusal) => frame::refused(&visit, refusal),
            None => {
                let id = reply.get(name::PAYMENT_ID).unwrap_or_default();
                Redirect::to(&visit.url_with("atm/done", &[("pid", id)])).into_response()
            }
        },
        Err(refusal) => frame::refused(&visit, &refusal),
    }
}

/// The numbers.
async fn done(visit: Visit) -> Response {
    let id = visit.field("pid");
    let payments = visit.consult(|desk| visit.application.payments(desk));
    let payment = payments
        .iter()
        .find(|payment| payment.payment_type == PaymentType::ATM && payment.payment_id.to_string() == id);
    let Some(payment) = payment else { return Redirect::to(&visit.url("top")).into_response() };
    let words = visit.words;
    let rows = [
        ("収納機関番号", "Collection agency number", name::PAY_CENTER_NUMBER),
        ("お客様番号", "Customer number", name::CUSTOMER_NUMBER),
        ("確認番号", "Confirmation number", name::CONF_NUMBER),
    ];
    let content = html! {
        p.note.good { (words.say("お支払い情報を取得しました。期限までにペイジー対応のATMでお支払いください。",
            "Here are your payment numbers. Please pay at an ATM before the limit.")) }
        dl.figures {
            @for (ja, en, name) in rows {
                dt { (words.say(ja, en)) } dd.big { (payment.field(name)) }
            }
            dt { (words.say("お支払期限", "Payment limit")) }
            dd { (payment_limit(payment)) }
        }
        (print_and_back(words, visit.application.way_back()))
    };
    Frame::of(&visit).finished().page(TITLE.0, TITLE.1, content)
}
