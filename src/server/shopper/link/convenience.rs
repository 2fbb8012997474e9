//! コンビニでのお支払い: the stores, the shopper's name, the number (`link.md` section 5, Conveni).

use crate::wire::name;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

use crate::method::convenience::Choice;
use crate::method::link::cash;
use crate::payment::{Payment, PaymentType};
use crate::server::Door;
use crate::server::shopper::link::frame::{self, Frame, print_and_back, until};
use crate::server::shopper::link::person::{self, Ask};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::{Words, payment_limit};
use crate::server::shopper::pages::{Hosted, Pages};

pub(in crate::server::shopper) static PAGES: Pages = Pages {
    hosted: Some(Hosted { payment_type: PaymentType::CONVENIENCE, step: "conveni", page }),
    ..Pages::of(routes)
};

fn routes() -> Router<Door> {
    Router::new()
        .route("/linktype/conveni", get(stores))
        .route("/linktype/conveni/input", get(input).post(input))
        .route("/linktype/conveni/confirm", post(confirm))
        .route("/linktype/conveni/issue", post(issue))
}

const TITLE: (&str, &str) = ("コンビニでのお支払い", "Payment at a convenience store");

fn closed(visit: &Visit) -> Option<Response> {
    frame::closed_for(visit, PaymentType::CONVENIENCE)
}

/// The stores to choose from; those with a number show it.
async fn stores(visit: Visit) -> Response {
    page(&visit)
}

/// The same, for an application that starts with it.
fn page(visit: &Visit) -> Response {
    let (groups, payments) =
        visit.consult(|desk| (cash::stores(desk, &visit.application), visit.application.payments(desk)));
    let numbers: Vec<Payment> =
        payments.into_iter().filter(|payment| payment.payment_type == PaymentType::CONVENIENCE).collect();
    // A number that was issued stays in sight even after it was paid or the page has expired.
    if let Some(closed) = closed(visit) {
        return closed;
    }
    let words = visit.words;
    let number_of = |stores: &Choice| {
        numbers.iter().rev().find(|payment| payment.attributes.get(name::CVS_TYPE) == Some(&stores.cvs_type))
    };
    let content = html! {
        @if numbers.is_empty() {
            p { (words.say("ご利用になるコンビニを選択してください。", "Choose the store at which you want to pay.")) }
        } @else {
            p.note.good { (words.say("お支払い情報を取得しました。期限までに店頭でお支払いください。",
                "Here is your payment number. Please pay at the store before the limit.")) }
        }
        @for stores in &groups {
            section.store {
                @match number_of(stores) {
                    Some(payment) => (number(words, stores, payment)),
                    None => (choice(visit, stores, numbers.is_empty())),
                }
            }
        }
        @if !numbers.is_empty() {
            (print_and_back(words, visit.application.way_back()))
        }
    };
    let frame = Frame::of(visit).with_choice(visit);
    let frame = if numbers.is_empty() { frame } else { Frame { stop_url: None, ..frame } };
    frame.page(TITLE.0, TITLE.1, content)
}

fn names(words: Words, stores: &Choice) -> String {
    let joined = |names: Vec<&str>| names.join("・");
    let ja = joined(stores.names.iter().map(|(ja, _)| *ja).collect());
    let en = stores.names.iter().map(|(_, en)| *en).collect::<Vec<_>>().join(", ");
    words.text(&ja, &en)
}

/// A button that leads to a number; it steps back once there is another number to pay with.
fn choice(visit: &Visit, stores: &Choice, first: bool) -> Markup {
    let words = visit.words;
    html! {
        a.button.method.quiet[!first] href=(visit.url_with("conveni/input", &[("cvs", &stores.cvs_type)])) { (names(words, stores)) }
        (until(words, visit.application.limit))
        (instructions(words, stores))
    }
}

/// お支払い情報 of a store.
fn number(words: Words, stores: &Choice, payment: &Payment) -> Markup {
    let slip =
        payment.attributes.get(name::RECEIPT_PRINT_URL).filter(|_| matches!(stores.cvs_type.as_str(), "03" | "04"));
    let second = match stores.second {
        Some("tel") => {
            Some((("電話番号", "Phone number"), payment.attributes.get(name::CUSTOMER_TEL).unwrap_or_default()))
        }
        Some(fixed) => Some((("確認番号", "Confirmation number"), fixed)),
        None => None,
    };
    html! {
        h2 { (names(words, stores)) }
        dl.figures {
            dt { (words.say(stores.label.0, stores.label.1)) }
            dd.big { (payment.field(name::RECEIPT_NUMBER)) }
            @if let Some(((ja, en), value)) = second {
                dt { (words.say(ja, en)) } dd { (value) }
            }
            dt { (words.say("お支払い期限", "Payment limit")) }
            dd { (payment_limit(payment)) }
        }
        @if let Some(url) = slip {
            p { a href=(url) target="_blank" rel="noopener" { (words.say("払込票・バーコードを表示する", "Show the slip or barcode")) } }
        }
        (instructions(words, stores))
    }
}

/// How to pay there.
fn instructions(words: Words, stores: &Choice) -> Markup {
    let (ja, en): (&[&str], &[&str]) = match stores.cvs_type.as_str() {
        "03" => (
            &[
                "レジで「インターネットの支払い」とお伝えください。",
                "払込票番号を伝えるか、印刷した払込票を提示してください。",
                "代金をお支払いください。",
            ],
            &[
                "Tell the cashier that you pay for an Internet order.",
                "Tell the number or show the printed slip.",
                "Pay.",
            ],
        ),
        "04" => (
            &[
                "店内のマルチコピー機で「代金支払い」を選び、番号を入力してください。",
                "印刷された申込券をレジへお持ちください。",
                "代金をお支払いください。",
            ],
            &[
                "Choose payment on the store's terminal and enter the number.",
                "Take the printed ticket to the cashier.",
                "Pay.",
            ],
        ),
        "02" => (
            &[
                "店内の端末またはレジで「各種番号をお持ちの方」を選択してください。",
                "番号と、求められた場合は確認番号を入力してください。",
                "レジで代金をお支払いください。",
            ],
            &[
                "Choose payment by number on the terminal or at the cashier.",
                "Enter the number, and the confirmation number if it asks for it.",
                "Pay at the cashier.",
            ],
        ),
        _ => (
            &[
                "店内の端末で「インターネット受付」を選択してください。",
                "受付番号と電話番号を入力してください。",
                "印刷された申込券をレジへ持参し、代金をお支払いください。",
            ],
            &[
                "Choose Internet payment on the store's terminal.",
                "Enter the receipt number and your phone number.",
                "Take the printed ticket to the cashier and pay.",
            ],
        ),
    };
    html! {
        details.help {
            summary { (words.say("お支払い方法のご案内", "How to pay")) }
            ol { @for (ja, en) in ja.iter().zip(en) { li { (words.say(ja, en)) } } }
        }
    }
}

/// The stores that the form or the URL names.
fn chosen(visit: &Visit) -> Option<(Choice, Ask)> {
    let cvs_type = visit.field("cvs");
    let stores = visit
        .consult(|desk| cash::stores(desk, &visit.application))
        .into_iter()
        .find(|stores| stores.cvs_type == cvs_type)?;
    let ask = if cash::asks_for_phone(&stores) { Ask::NameAndPhone } else { Ask::Name };
    Some((stores, ask))
}

/// The input page; also the way back to it.
async fn input(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let Some((stores, ask)) = chosen(&visit) else { return Redirect::to(&visit.url("conveni")).into_response() };
    form(&visit, &stores, ask, &person::at_first(&visit), &[])
}

fn form(visit: &Visit, stores: &Choice, ask: Ask, person: &cash::Person, mistakes: &[person::Mistake]) -> Response {
    let words = visit.words;
    let content = html! {
        p { (words.say("ご利用のコンビニ", "Store")) ": " strong { (names(words, stores)) } }
        form method="post" action=(visit.url("conveni/confirm")) {
            input type="hidden" name="cvs" value=(stores.cvs_type);
            (person::inputs(visit, person, ask, mistakes))
            p.actions {
                button type="submit" { (words.say("入力内容を確認する", "Confirm")) }
                a.button.quiet href=(visit.url("conveni")) { (words.say("前画面に戻る", "Back")) }
            }
        }
    };
    Frame::of(visit).with_choice(visit).page(TITLE.0, TITLE.1, content)
}

/// The confirmation.
async fn confirm(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let Some((stores, ask)) = chosen(&visit) else { return Redirect::to(&visit.url("conveni")).into_response() };
    let person = person::from_form(&visit);
    let mistakes = person::mistakes(&person, ask);
    if !mistakes.is_empty() {
        return form(&visit, &stores, ask, &person, &mistakes);
    }
    let words = visit.words;
    let content = html! {
        p { (words.say("以下の内容でお支払い情報を取得します。", "Please check before you get the payment number.")) }
        p { (words.say("ご利用のコンビニ", "Store")) ": " strong { (names(words, &stores)) } }
        form.once method="post" action=(visit.url("conveni/issue")) {
            input type="hidden" name="cvs" value=(stores.cvs_type);
            (person::confirmed(&visit, &person, ask))
            p.actions {
                button type="submit" { (words.say("お支払い情報取得", "Get the payment number")) }
                button.quiet type="submit" name="back" value="1" formaction=(visit.url("conveni/input")) {
                    (words.say("前画面に戻る", "Back"))
                }
            }
        }
    };
    Frame::of(&visit).with_choice(&visit).page(TITLE.0, TITLE.1, content)
}

/// お支払い情報取得 was pressed.
async fn issue(visit: Visit) -> Response {
    let Some((stores, ask)) = chosen(&visit) else { return Redirect::to(&visit.url("conveni")).into_response() };
    let person = person::from_form(&visit);
    if !person::mistakes(&person, ask).is_empty() {
        return form(&visit, &stores, ask, &person, &person::mistakes(&person, ask));
    }
    match visit.perform(|desk| cash::convenience(desk, &visit.application, &stores.cvs_type, &person)).await {
        Ok(reply) => match reply.refusal() {
            Some(refusal) => frame::refused(&visit, refusal),
            None => {
                // The shop makes its order from the notice of 10.
                visit.told_before_return().await;
                Redirect::to(&visit.url("conveni")).into_response()
            }
        },
        Err(refusal) => frame::refused(&visit, &refusal),
    }
}
