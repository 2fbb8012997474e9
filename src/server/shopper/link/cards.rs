//! クレジットカード情報登録: the pages on which a customer stores, changes or deletes cards (`link.md` section 8).

mod visit;

use crate::text::text;
use crate::wire::name;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::method::card::vault::StoredCard;
use crate::method::card::vault::hosted;
use crate::method::link::card::{CardForm, Mistake, YEARS};
use crate::method::link::register::{self, Draft, Operation};
use crate::payment::Refusal;
use crate::server::shopper::link::card::{expiry_long, grouped, mistake, number_field, security_code, valid_field};
use crate::server::shopper::link::frame;

pub(super) use visit::CardVisit;

const TITLE: (&str, &str) = ("クレジットカード情報登録", "Your credit cards");

/// The page that an application's URL opens.
pub(super) async fn first(visit: CardVisit) -> Response {
    show(&visit).await
}

/// The same for an application that the browser itself sent.
pub(super) async fn show(visit: &CardVisit) -> Response {
    if let Some(closed) = closed(visit) {
        return closed;
    }
    let registration = &visit.registration;
    if registration.is_set(name::USE_CARD_LIST_VIEW) {
        return list(visit);
    }
    match Operation::of(registration.get(name::OPERATION_TYPE)) {
        Operation::Delete => remove_page(visit, registration.get(name::CUSTOMER_CARD_ID)).await,
        operation => edit_page(visit, operation, registration.get(name::CUSTOMER_CARD_ID)),
    }
}

/// Why nothing can be done here; `None` when something can.
fn closed(visit: &CardVisit) -> Option<Response> {
    let refusal = visit.consult(|desk| visit.registration.check_open(desk)).err()?;
    Some(refused(visit, &refusal))
}

fn refused(visit: &CardVisit, refusal: &Refusal) -> Response {
    let words = visit.words;
    let (ja, en) = match refusal.code.as_str() {
        "6002" => ("画面の有効期限が過ぎているため、ご利用いただけません。", "The time for this page is over."),
        "P018" => (
            "セキュリティ上の理由により、この画面はご利用いただけなくなりました。",
            "For security reasons this page cannot be used any more.",
        ),
        "P023" => (
            "登録できるカードは10枚までです。ご登録済みのカードを削除してからお手続きください。",
            "You can store ten cards at most. Please delete one first.",
        ),
        "6010" => ("カードはすでに削除されています。", "The card is not stored any more."),
        _ => ("お手続きができませんでした。", "This could not be done."),
    };
    visit.frame().page(
        TITLE.0,
        TITLE.1,
        html! {
            p.note.failed { (words.say(ja, en)) }
            p.hint { (words.say("エラーコード", "Error code")) ": " (refusal.code) }
            (leave(visit))
        },
    )
}

/// 前画面に戻る: to the shop, or to the list.
fn leave(visit: &CardVisit) -> Markup {
    html! {
        @if let Some(url) = visit.leave_url() {
            p.ways-out { a.button.quiet href=(url) { (visit.words.say("前画面に戻る", "Back")) } }
        }
    }
}

/// 登録済みカード一覧.
fn list(visit: &CardVisit) -> Response {
    let words = visit.words;
    let registration = &visit.registration;
    let (cards, now) = visit.consult(|desk| (registration.cards(desk), desk.now));
    let (updates, deletes) = (registration.is_set(name::USE_UPDATE), registration.is_set(name::USE_DELETE));
    let is_over = |card: &StoredCard| hosted::is_over(now, &card.card);
    let content = html! {
        @if registration.changed { p.note.good { (words.say("お手続きが完了しました。", "Done.")) } }
        @if cards.is_empty() {
            p { (words.say("ご登録のカードはありません。", "No card is stored.")) }
        } @else {
            div.scroll {
                table {
                    thead { tr {
                        th { (words.say("カード番号", "Card number")) }
                        th { (words.say("有効期限", "Expiry date")) }
                        th { (words.say("カードブランド", "Brand")) }
                        @if updates || deletes { th {} }
                    } }
                    tbody {
                        @for stored in &cards {
                            tr {
                                td { (grouped(&stored.card)) }
                                td.expired[is_over(stored)] {
                                    (expiry_short(stored))
                                    @if is_over(stored) { " " (words.say("有効期限切れ", "expired")) }
                                }
                                td { (stored.brand) }
                                @if updates || deletes {
                                    td {
                                        @if updates {
                                            a href=(visit.url("/edit", &[("op", "02"), (&name::ID, &stored.customer_card_id)])) {
                                                (words.say("変更", "Change"))
                                            }
                                        }
                                        @if updates && deletes { "　" }
                                        @if deletes {
                                            a href=(visit.url("/remove", &[(&name::ID, &stored.customer_card_id)])) {
                                                (words.say("削除", "Delete"))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.actions {
            a.button href=(visit.url("/edit", &[("op", "01")])) { (words.say("新しいカードを登録", "Store a new card")) }
        }
        (leave(visit))
    };
    visit.frame().page(TITLE.0, TITLE.1, content)
}

/// `MM月／YY年`.
fn expiry_short(stored: &StoredCard) -> String {
    let term = &stored.card.card_valid_term;
    format!("{}月／{}年", term.get(..2).unwrap_or_default(), term.get(2..).unwrap_or_default())
}

/// The operation and the card that a request names, if the application allows it.
fn named(visit: &CardVisit) -> Option<(Operation, String)> {
    let (operation, id) = (Operation::of(&visit.field("op")), visit.field(&name::ID));
    visit.registration.allows(operation, &id).then_some((operation, id))
}

/// The input page.
pub(super) async fn edit(visit: CardVisit) -> Response {
    match (closed(&visit), named(&visit)) {
        (Some(closed), _) => closed,
        (None, Some((operation, id))) => edit_page(&visit, operation, &id),
        (None, None) => Redirect::to(&visit.url("", &[])).into_response(),
    }
}

fn edit_page(visit: &CardVisit, operation: Operation, id: &str) -> Response {
    let stored = visit.consult(|desk| visit.registration.card(desk, id));
    let mut form = CardForm::default();
    match (operation, stored) {
        (Operation::Store, _) => match visit.consult(|desk| visit.registration.check_room(desk)) {
            Ok(()) => input(visit, None, &form, &[]),
            Err(refusal) => refused(visit, &refusal),
        },
        (_, Some(stored)) => {
            form.cardholder_name.clone_from(&stored.cardholder_name);
            input(visit, Some(&stored), &form, &[])
        }
        (_, None) => refused(visit, &gone()),
    }
}

fn input(visit: &CardVisit, stored: Option<&StoredCard>, form: &CardForm, mistakes: &[Mistake]) -> Response {
    let words = visit.words;
    let this_year = visit.consult(|desk| desk.now.civil().year());
    let (op, id) = match stored {
        None => (Operation::Store.code(), ""),
        Some(stored) => (Operation::Change.code(), stored.customer_card_id.as_str()),
    };
    let content = html! {
        @if !mistakes.is_empty() {
            p.wrong.summary role="alert" { (words.say("入力内容をご確認ください。", "Please check what you entered.")) }
        }
        form method="post" action=(visit.url("/edit", &[])) {
            input type="hidden" name="op" value=(op);
            input type="hidden" name="id" value=(id);
            fieldset {
                legend { (words.say("カード情報", "Card")) }
                @match stored {
                    None => (number_field(words, mistakes, false)),
                    Some(stored) => {
                        dl { dt { (words.say("カード番号", "Card number")) } dd { (grouped(&stored.card)) } }
                    }
                }
                (valid_field(words, form, mistakes, this_year..=this_year + YEARS, false))
                @if visit.registration.is_set(name::USE_CARDHOLDER_NAME) {
                    div.field {
                        label for="cardholder_name" { (words.say("カード名義人", "Name on the card")) }
                        input id="cardholder_name" name="cardholder_name" value=(form.cardholder_name)
                            placeholder="TARO YAMADA" autocomplete="cc-name" required;
                        (mistake(words, mistakes, "cardholder_name"))
                    }
                }
                @if visit.registration.is_set(name::USE_CARD_CONF_NUMBER) { (security_code(words, mistakes)) }
            }
            p.actions { button type="submit" { (words.say("入力内容を確認する", "Confirm")) } }
        }
        (back(visit))
    };
    let (ja, en) = match stored {
        None => ("クレジットカード情報の登録", "Store a credit card"),
        Some(_) => ("クレジットカード情報の変更", "Change a credit card"),
    };
    visit.frame().page(ja, en, content)
}

/// The card was deleted meanwhile.
fn gone() -> Refusal {
    Refusal::new("6010", text!("カードはすでに削除されています。", "the card is not stored any more"))
}

/// Back to the list, or out where there is none.
fn back(visit: &CardVisit) -> Markup {
    html! {
        @if visit.registration.is_set(name::USE_CARD_LIST_VIEW) {
            p.ways-out { a.button.quiet href=(visit.url("", &[])) { (visit.words.say("前画面に戻る", "Back")) } }
        } @else {
            (leave(visit))
        }
    }
}

/// 入力内容を確認する was pressed.
pub(super) async fn enter(visit: CardVisit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let Some((operation, id)) = named(&visit) else { return Redirect::to(&visit.url("", &[])).into_response() };
    let form = CardForm::of(|name| visit.field(&name));
    let stored = visit.consult(|desk| visit.registration.card(desk, &id));
    let stored = match (operation, stored) {
        (Operation::Store, _) => None,
        (Operation::Change, Some(stored)) => Some(stored),
        _ => return refused(&visit, &gone()),
    };
    match visit.consult(|desk| register::read(desk, &visit.registration, stored.as_ref(), &form)) {
        Err(mistakes) => input(&visit, stored.as_ref(), &form, &mistakes),
        Ok(draft) => keep(&visit, &draft).await,
    }
}

async fn keep(visit: &CardVisit, draft: &Draft) -> Response {
    match visit.perform(|desk| Ok(draft.keep(desk, &visit.registration))).await {
        Ok(reply) => {
            let key = reply.get(name::own::DRAFT).unwrap_or_default();
            Redirect::to(&visit.url("/confirm", &[("d", key)])).into_response()
        }
        Err(refusal) => refused(visit, &refusal),
    }
}

/// The deletion of a card, to be confirmed.
pub(super) async fn remove(visit: CardVisit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let id = visit.field(&name::ID);
    if visit.registration.allows(Operation::Delete, &id) {
        remove_page(&visit, &id).await
    } else {
        Redirect::to(&visit.url("", &[])).into_response()
    }
}

async fn remove_page(visit: &CardVisit, id: &str) -> Response {
    match visit.consult(|desk| visit.registration.card(desk, id)) {
        Some(stored) => keep(visit, &register::deletion(&visit.registration, stored)).await,
        None => refused(visit, &gone()),
    }
}

/// The confirmation.
pub(super) async fn confirm(visit: CardVisit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let key = visit.field("d");
    let draft = match visit.consult(|desk| Draft::find(desk, &visit.registration, &key)) {
        None => return Redirect::to(&visit.url("", &[])).into_response(),
        Some((draft, _)) if draft.done || draft.refused.is_some() => return outcome(&visit, &key, &draft),
        Some((draft, _)) => draft,
    };
    let words = visit.words;
    let registration = &visit.registration;
    let (title, button, text) = match draft.operation {
        Operation::Store => (
            ("登録内容の確認", "Confirm the new card"),
            ("登録", "Store"),
            ("以下のカードを登録します。", "This card will be stored."),
        ),
        Operation::Change => (
            ("変更内容の確認", "Confirm the change"),
            ("変更", "Change"),
            ("以下の内容に変更します。", "The card will be changed to this."),
        ),
        Operation::Delete => (
            ("削除の確認", "Confirm the deletion"),
            ("削除", "Delete"),
            ("以下のカードを削除します。", "This card will be deleted."),
        ),
    };
    let content = html! {
        p { (words.say(text.0, text.1)) }
        dl {
            dt { (words.say("カード番号", "Card number")) } dd { (grouped(&draft.card)) }
            dt { (words.say("有効期限", "Expiry date")) } dd { (expiry_long(&draft.card)) }
            @if registration.is_set(name::USE_CARD_CONF_NUMBER) && draft.operation != Operation::Delete {
                dt { (words.say("カード確認番号", "Security code")) } dd { "****" }
            }
            @if registration.is_set(name::USE_CARDHOLDER_NAME) {
                dt { (words.say("カード名義人", "Name on the card")) } dd { (draft.cardholder_name) }
            }
        }
        form.once method="post" action=(visit.url("/apply", &[])) {
            input type="hidden" name="d" value=(key);
            p.actions {
                button type="submit" { (words.say(button.0, button.1)) }
                @if draft.operation != Operation::Delete {
                    a.button.quiet href=(visit.url("/edit", &[("op", draft.operation.code()), (&name::ID, &draft.customer_card_id)])) {
                        (words.say("前画面に戻る", "Back"))
                    }
                }
            }
        }
        @if draft.operation == Operation::Delete { (back(&visit)) }
    };
    visit.frame().page(title.0, title.1, content)
}

/// The last button was pressed.
pub(super) async fn apply(visit: CardVisit) -> Response {
    let key = visit.field("d");
    let secret = &visit.registration.secret;
    let back = visit.url("/authenticated", &[("d", &key)]);
    let done = visit.perform(|desk| register::confirm(desk, secret, &key, &format!("{}{back}", desk.base_url())));
    go_on(&visit, &key, done.await.err(), false)
}

/// The customer is back from the issuer's pages.
pub(super) async fn authenticated(visit: CardVisit) -> Response {
    let key = visit.field("d");
    let done = visit.perform(|desk| register::authenticated(desk, &visit.registration.secret, &key));
    go_on(&visit, &key, done.await.err(), true)
}

fn go_on(visit: &CardVisit, key: &str, refusal: Option<Refusal>, returned: bool) -> Response {
    if let Some(refusal) = refusal {
        return refused(visit, &refusal);
    }
    let Some((draft, _)) = visit.consult(|desk| Draft::find(desk, &visit.registration, key)) else {
        return Redirect::to(&visit.url("", &[])).into_response();
    };
    match &draft.authentication {
        Some(id) if !draft.done && draft.refused.is_none() && !returned => frame::authenticate(&visit.frame(), id),
        _ => outcome(visit, key, &draft),
    }
}

/// Where the browser goes: back to the list, or to the shop; or why it could not be done.
fn outcome(visit: &CardVisit, _key: &str, draft: &Draft) -> Response {
    if draft.done {
        return if visit.registration.is_set(name::USE_CARD_LIST_VIEW) {
            Redirect::to(&visit.url("", &[])).into_response()
        } else {
            Redirect::to(&visit.return_url(Some(&draft.customer_card_id))).into_response()
        };
    }
    let words = visit.words;
    let (ja, en) = match &draft.refused {
        Some(_) => (
            "お客様のカードはご利用いただけませんでした。入力内容をご確認いただくか、別のカードをご利用ください。",
            "Your card was refused. Please check what you entered, or use another card.",
        ),
        None => (
            "カード会社の本人認証が完了しなかったため、お手続きは行われていません。",
            "Your card company's authentication was not finished. Nothing was stored.",
        ),
    };
    let again = visit.url("/edit", &[("op", draft.operation.code()), (&name::ID, &draft.customer_card_id)]);
    visit.frame().page(
        "お手続きができませんでした",
        "This could not be done",
        html! {
            p.note.failed { (words.say(ja, en)) }
            @if let Some((code, detail)) = &draft.refused {
                p.hint { (words.say("エラーコード", "Error code")) ": " (code) @if !detail.is_empty() { " (" (detail) ")" } }
            }
            p.actions { a.button href=(again) { (words.say("もう一度入力する", "Try again")) } }
            (back(visit))
        },
    )
}
