//! ログイン画面 and ログイン画面（認証用）: nobody is checked.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::server::Door;
use crate::server::shopper::layout::page;
use crate::server::shopper::paypay::{details, entrance, find, head, link};
use crate::server::shopper::visitor::{Visitor, go, not_found};
use crate::text::Lang;

/// The login page; who comes too late, or again, sees how it ended.
pub(super) async fn login(State(door): State<Door>, visitor: Visitor) -> Response {
    step(&door, &visitor, "login", login_form)
}

/// The shop's form, or that of the page itself.
pub(super) async fn log_in(visitor: Visitor, Form(form): Form<HashMap<String, String>>) -> Response {
    let from_page = form.contains_key("phone");
    let visitor = visitor.with_form(form);
    go(&link(&visitor, if from_page { "code" } else { "login" }))
}

/// The page for the one-time code.
pub(super) async fn code(State(door): State<Door>, visitor: Visitor) -> Response {
    step(&door, &visitor, "code", code_form)
}

pub(super) async fn confirm(visitor: Visitor, Form(form): Form<HashMap<String, String>>) -> Response {
    go(&link(&visitor.with_form(form), "payment"))
}

fn step(door: &Door, visitor: &Visitor, step: &str, form: fn(Lang, &Visitor) -> Markup) -> Response {
    let lang = visitor.lang();
    let Some(found) = find(door, visitor) else { return not_found(lang) };
    if !found.open {
        return go(&link(visitor, "done"));
    }
    let title = lang.pick("PayPayにログイン", "Log in to PayPay");
    let content = html! {
        (head(lang, visitor, step))
        h1 { (title) }
        (details(lang, &found, found.payment.amount))
        (form(lang, visitor))
    };
    page(lang, title, None, content)
}

fn login_form(lang: Lang, visitor: &Visitor) -> Markup {
    html! {
        form method="post" action="/paypay/login" {
            (entrance(visitor))
            label for="phone" { (lang.pick("携帯電話番号", "Mobile phone number")) }
            input id="phone" name="phone" type="tel" autocomplete="off" value="08011112222";
            label for="password" { (lang.pick("パスワード", "Password")) }
            input id="password" name="password" type="password" autocomplete="off";
            p.hint { (lang.pick("どのような値でもログインできます。入力した内容は保存しません。",
                "Anything is accepted, and nothing of it is kept.")) }
            div.actions { button { (lang.pick("ログイン", "Log in")) } }
        }
    }
}

fn code_form(lang: Lang, visitor: &Visitor) -> Markup {
    html! {
        form method="post" action="/paypay/code" {
            (entrance(visitor))
            label for="code" { (lang.pick("SMSの認証コード", "Code of the text message")) }
            input id="code" name="code" inputmode="numeric" autocomplete="off" value="1234";
            p.hint { (lang.pick("SMSは送信しません。どのコードでも認証できます。",
                "No message is sent; any code will do.")) }
            div.actions { button { (lang.pick("認証する", "Confirm")) } }
        }
    }
}
