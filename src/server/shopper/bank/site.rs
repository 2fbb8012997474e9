//! 金融機関遷移画面, whose opening makes the payment, and the dummy page of the bank.

use crate::wire::name;
use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

use crate::method::net_bank::{self, Visit};
use crate::payment::Status;
use crate::server::Door;
use crate::server::shopper::bank::select::name;
use crate::server::shopper::bank::{details, error, framed, hidden, link};
use crate::server::shopper::layout::page;
use crate::server::shopper::leaving::{self, leaves, way_back};
use crate::server::shopper::visitor::{Visitor, go, not_found, safe_url, yen};
use crate::text::Lang;

/// The way to the bank. Every opening makes another payment, 30 at most.
pub(super) async fn transfer(method: Method, State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    if method == Method::HEAD {
        // Whoever only looks at the link must not make a payment.
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let gateway = &door.gateway;
    let Some(merchant) = visitor.merchant(gateway) else { return not_found(lang) };
    let (trading_id, key) = (visitor.get("tid"), visitor.get("hv"));
    let found = gateway.look(&merchant, visitor.called(), |desk| net_bank::application(desk, trading_id, key));
    let Some((application, _)) = found else { return not_found(lang) };
    let done = visitor.perform(gateway, &merchant, "bank_choice", |desk| {
        net_bank::choose(desk, trading_id, key, visitor.get("bankCode"))
    });
    let done = match done.await {
        Ok(done) => done,
        Err(refusal) => return error(lang, &application, &refusal),
    };
    let payment_id = done.payment_ids.first().map(ToString::to_string).unwrap_or_default();
    let banks = net_bank::banks_of(|bank| bank.code == visitor.get("bankCode"));
    let content = html! {
        (details(lang, &application))
        dl {
            dt { (lang.pick("お支払い金融機関", "Bank")) }
            @for bank in banks { dd { (name(lang, bank)) } }
        }
        p .note {
            (lang.pick("「進む」を押すと、金融機関の画面へ移動します。お支払いが終わるまで画面を閉じないでください。",
                "\"Go on\" leads to your bank. Please do not close the page before you have paid."))
        }
        div .actions {
            a .button href=(link(&visitor, "bank", &[(&name::PAYMENT_ID, &payment_id)])) { (lang.pick("進む", "Go on")) }
            a .button .quiet href=(link(&visitor, "asp", &[])) { (lang.pick("戻る", "Back")) }
        }
    };
    framed(lang, &application, content)
}

fn find(door: &Door, visitor: &Visitor) -> Option<Visit> {
    let merchant = visitor.merchant(&door.gateway)?;
    let (trading_id, key, payment_id) = (visitor.get("tid"), visitor.get("hv"), visitor.get(&name::PAYMENT_ID));
    door.gateway.look(&merchant, visitor.called(), |desk| net_bank::visit(desk, trading_id, key, payment_id))
}

/// The bank's page: to pay, to give up, or what came of it.
pub(super) async fn bank(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    match find(&door, &visitor) {
        None => not_found(lang),
        Some(visit) if visit.payment.status == Status(10) => counter(lang, &visitor, &visit),
        Some(visit) => {
            let page = ended(lang, &visitor, &visit);
            match visitor.merchant(&door.gateway).filter(|_| visit.way_back().is_none()) {
                Some(merchant) => leaves(&door.gateway, &merchant, &[visit.payment.payment_id], page),
                None => page,
            }
        }
    }
}

/// The buyer's browser tells that it goes back to the shop.
pub(super) async fn left(State(door): State<Door>, visitor: Visitor) -> Response {
    match (find(&door, &visitor), visitor.merchant(&door.gateway)) {
        (Some(visit), Some(merchant)) => leaving::left(&door.gateway, &merchant, &[visit.payment.payment_id]),
        _ => not_found(visitor.lang()),
    }
}

/// The buyer pays or gives up. Direct banks send the browser back to the shop.
pub(super) async fn decide(
    State(door): State<Door>,
    visitor: Visitor,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let visitor = visitor.with_form(form);
    let lang = visitor.lang();
    let Some(merchant) = visitor.merchant(&door.gateway) else { return not_found(lang) };
    let (trading_id, key, payment_id) = (visitor.get("tid"), visitor.get("hv"), visitor.get(&name::PAYMENT_ID));
    let paid = visitor.get("action") == "pay";
    let done = visitor
        .perform(&door.gateway, &merchant, "bank", |desk| net_bank::report(desk, trading_id, key, payment_id, paid));
    // The page that follows shows what has become of the payment, also when it was refused.
    let _ = done.await;
    let Some(visit) = find(&door, &visitor) else { return not_found(lang) };
    match visit.return_url() {
        Some(url) => leaves(&door.gateway, &merchant, &[visit.payment.payment_id], go(&url)),
        None => go(&link(&visitor, "bank", &[(&name::PAYMENT_ID, payment_id)])),
    }
}

fn counter(lang: Lang, visitor: &Visitor, visit: &Visit) -> Response {
    let title = lang.pick("ダミー金融機関", "Dummy bank");
    let to = visit.application.value(name::RECEIPT_NAME);
    let content = html! {
        h1 { (name(lang, visit.bank)) }
        p .note {
            (lang.pick("試験用のダミー画面です。支払うか、中止するかを選んでください。",
                "A dummy page for tests. Choose whether to pay or to give up."))
        }
        dl {
            dt { (lang.pick("お支払い先", "Payee")) }
            dd { @if to.is_empty() { "ペイジェント" } @else { (to) } }
            dt { (lang.pick("お支払い内容", "For")) }
            dd { (visit.application.value(name::CLAIM_KANJI)) }
            dt { (lang.pick("決済ID", "Payment ID")) }
            dd { (visit.payment.payment_id) }
            dt { (lang.pick("お支払い金額", "Amount")) }
            dd { (yen(lang, visit.payment.amount)) }
        }
        form method="post" action="/banking/bank" {
            (hidden(visitor, &[(&name::PAYMENT_ID, visitor.get(&name::PAYMENT_ID))]))
            div .actions {
                button name="action" value="pay" { (lang.pick("支払う", "Pay")) }
                button .quiet name="action" value="abort" { (lang.pick("中止する", "Give up")) }
            }
        }
    };
    page(lang, title, None, content)
}

/// The end page of banks that do not send the browser back by themselves.
fn ended(lang: Lang, visitor: &Visitor, visit: &Visit) -> Response {
    let paid = visit.payment.status == Status(40);
    let content = html! {
        p .note role="status" {
            @if paid {
                (lang.pick("お支払いが完了しました。ご利用ありがとうございました。", "Your payment is complete. Thank you."))
            } @else {
                (lang.pick("お支払いは中止されました。", "The payment was given up."))
            }
        }
        (details(lang, &visit.application))
        @if let Some(url) = visit.way_back().as_deref().and_then(safe_url) {
            @let left = link(visitor, "left", &[(&name::PAYMENT_ID, visitor.get(&name::PAYMENT_ID))]);
            div .actions { (way_back(url, &left, !paid, lang.pick("購入したサイトへ戻る", "Back to the shop"))) }
        }
        @if !paid {
            div .actions { a .button .quiet href=(link(visitor, "asp", &[])) { (lang.pick("金融機関を選び直す", "Select another bank")) } }
        }
    };
    framed(lang, &visit.application, content)
}
