//! 金融機関選択画面 and its lists: regional banks, credit unions, a bank by its code.

use crate::wire::name;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::method::net_bank::{self, Application, Bank};
use crate::server::Door;
use crate::server::shopper::bank::{back_to_shop, details, error, framed, hidden, link};
use crate::server::shopper::layout::page;
use crate::server::shopper::visitor::{Visitor, not_found};
use crate::text::Lang;

/// The page of an application; what it lists depends on the URL.
pub(super) async fn select(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    let gateway = &door.gateway;
    let Some(merchant) = visitor.merchant(gateway) else { return not_found(lang) };
    let (trading_id, key) = (visitor.get("tid"), visitor.get("hv"));
    let found = gateway.look(&merchant, visitor.called(), |desk| net_bank::application(desk, trading_id, key));
    let Some((application, open)) = found else { return not_found(lang) };
    visitor.opened(gateway, &merchant, "bank_selection", open.as_ref().err());
    match open {
        Err(refusal) => error(lang, &application, &refusal),
        Ok(()) if !visitor.get("list").is_empty() => list(lang, &visitor, &application),
        Ok(()) if !visitor.get("code").is_empty() => by_code(lang, &visitor, &application),
        Ok(()) => selection(lang, &visitor, &application),
    }
}

fn selection(lang: Lang, visitor: &Visitor, application: &Application) -> Response {
    let [japanese, english] = net_bank::memo();
    let own = application.value(name::FREE_MEMO);
    let memo = if own.is_empty() { lang.pick(japanese, english) } else { own };
    let last_row = net_bank::banks_of(|_| true).iter().map(|bank| bank.row).max().unwrap_or(0);
    let content = html! {
        p { (memo) }
        (details(lang, application))
        h2 { (lang.pick("お支払い銀行選択", "Select your bank")) }
        @for row in 1..last_row { (banks(lang, visitor, &net_bank::banks_of(|bank| bank.row == row))) }
        ul .banks {
            @for group in net_bank::groups() {
                li { a href=(link(visitor, "asp", &[("list", &group.id)])) { (lang.pick(&group.name, &group.english)) } }
            }
            @for bank in net_bank::banks_of(|bank| bank.row == last_row) { li { (choice(lang, visitor, bank)) } }
        }
        (search(lang, visitor))
        p .hint {
            a href=(link(visitor, "law", &[])) { (lang.pick("銀行法に基づく表示", "Notice under the Banking Act")) }
            " ・ "
            (lang.pick("ご利用方法は", "For help see "))
            a href=(link(visitor, "law", &[])) { (lang.pick("コチラ", "here")) }
            " ・ "
            @if lang == Lang::Ja {
                a href=(link(visitor, "asp", &[("lang", "en")])) lang="en" { "English" }
            } @else {
                a href=(link(visitor, "asp", &[("lang", "ja")])) lang="ja" { "日本語" }
            }
        }
        (back_to_shop(application, lang.pick("加盟店へ戻る", "Back to the shop")))
    };
    framed(lang, application, content)
}

/// 地方銀行選択画面 and 信用金庫選択画面: the banks of a list by their first kana.
fn list(lang: Lang, visitor: &Visitor, application: &Application) -> Response {
    let group = net_bank::groups().iter().find(|group| group.id == visitor.get("list"));
    let Some(group) = group else { return not_found(lang) };
    let all = net_bank::banks_of(|bank| bank.group == group.id);
    let mut initials: Vec<&str> = all.iter().map(|bank| bank.kana.as_str()).collect();
    initials.sort_unstable();
    initials.dedup();
    let content = html! {
        h2 { (lang.pick(&group.name, &group.english)) }
        nav .initials aria-label=(lang.pick("頭文字", "First letter")) {
            @for initial in &initials { a href=(format!("#kana-{initial}")) { (initial) } }
        }
        @for initial in &initials {
            h3 id=(format!("kana-{initial}")) { (initial) }
            @let banks: Vec<&Bank> = all.iter().copied().filter(|bank| bank.kana == *initial).collect();
            (self::banks(lang, visitor, &banks))
        }
        (back_to_selection(lang, visitor))
    };
    framed(lang, application, content)
}

/// 金融機関コード検索結果画面.
fn by_code(lang: Lang, visitor: &Visitor, application: &Application) -> Response {
    let code = visitor.get("code").trim().to_ascii_uppercase();
    let found = net_bank::banks_of(|bank| bank.code == code);
    let content = html! {
        h2 { (lang.pick("金融機関コード検索結果", "Bank code search result")) }
        @if found.is_empty() {
            p .wrong role="alert" {
                (lang.pick("該当する金融機関がないか、ご利用いただけません。", "There is no such bank, or it cannot be used."))
            }
        } @else {
            (banks(lang, visitor, &found))
        }
        (search(lang, visitor))
        (back_to_selection(lang, visitor))
    };
    framed(lang, application, content)
}

fn search(lang: Lang, visitor: &Visitor) -> Markup {
    html! {
        form .row action="/banking/asp" {
            (hidden(visitor, &[]))
            div {
                label for="code" { (lang.pick("金融機関コード検索", "Search by bank code")) }
                input id="code" name="code" maxlength="4" inputmode="text" autocomplete="off" value=(visitor.get("code"));
            }
            button .quiet { (lang.pick("検索", "Search")) }
        }
    }
}

fn back_to_selection(lang: Lang, visitor: &Visitor) -> Markup {
    html! {
        div .actions { a .button .quiet href=(link(visitor, "asp", &[])) { (lang.pick("戻る", "Back")) } }
    }
}

fn banks(lang: Lang, visitor: &Visitor, banks: &[&Bank]) -> Markup {
    html! {
        ul .banks { @for bank in banks { li { (choice(lang, visitor, bank)) } } }
    }
}

/// The link that picks a bank; following it makes a payment.
fn choice(lang: Lang, visitor: &Visitor, bank: &Bank) -> Markup {
    html! {
        a href=(link(visitor, "kakunin.html", &[("bankCode", &bank.code)])) rel="nofollow" { (name(lang, bank)) }
    }
}

/// A bank's name; in Japanese where the English one is not known.
pub(super) fn name(lang: Lang, bank: &Bank) -> &str {
    if bank.english.is_empty() { &bank.name } else { lang.pick(&bank.name, &bank.english) }
}

/// 銀行法に基づく表示.
pub(super) async fn law(visitor: Visitor) -> Response {
    let lang = visitor.lang();
    let title = lang.pick("銀行法に基づく表示", "Notice under the Banking Act");
    let content = html! {
        h1 { (title) }
        p {
            (lang.pick("金融機関を選択し、各金融機関のインターネットバンキングでお支払いください。この画面は試験用であり、\
                実在の金融機関とは関係ありません。",
                "Select a bank and pay by its internet banking. This page is for tests and has no connection with real banks."))
        }
        div .actions { a .button .quiet href=(link(&visitor, "asp", &[])) { (lang.pick("戻る", "Back")) } }
    };
    page(lang, title, None, content)
}
