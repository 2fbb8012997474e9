//! クレジットカードでのお支払い: input, confirmation, result (`link.md` section 5, Card).

use std::ops::RangeInclusive;

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::method::card::CardFacts;
use crate::method::card::vault::StoredCard;
use crate::method::link::card::{self, BRANDS, CardForm, Entry, Mistake, Names, YEARS};
use crate::payment::{PaymentType, Status};
use crate::server::shopper::link::frame::{self, Frame, back_to_shop};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::Words;

const TITLE: (&str, &str) = ("クレジットカードでのお支払い", "Payment by credit card");

/// Why the card page cannot be used; `None` when it can.
fn closed(visit: &Visit) -> Option<Response> {
    if let Some(closed) = frame::closed(visit) {
        return Some(closed);
    }
    if !visit.application.methods.contains(&PaymentType::CARD) {
        return Some(Redirect::to(&visit.url("top")).into_response());
    }
    let words = visit.words;
    visit.application.is_locked_for_cards().then(|| {
        Frame::of(visit).with_choice(visit).page(
            "カードのご利用を停止しました",
            "Card payment is locked",
            html! {
                p.note.failed { (words.say("入力内容の誤りが続いたため、このお取引でのクレジットカードのご利用を停止しました。",
                    "Too many cards were refused. Card payment is locked for this transaction.")) }
            },
        )
    })
}

/// The input page.
pub(super) async fn show(visit: Visit) -> Response {
    page(&visit)
}

/// The same, for an application that starts with it.
pub(super) fn page(visit: &Visit) -> Response {
    if let Some(closed) = closed(visit) {
        return closed;
    }
    let key = visit.field("e");
    // Back from the confirmation: everything but the number and the code is still there.
    let before = visit.consult(|desk| card::entry(desk, &visit.application, &key)).map(|(entry, _)| entry);
    let form = before.map_or_else(CardForm::default, |entry| CardForm::again(&entry));
    input(visit, &form, &[])
}

/// 入力内容を確認する was pressed.
pub(super) async fn enter(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let form = CardForm::of(|name| visit.field(name));
    match visit.consult(|desk| card::read(desk, &visit.application, &form)) {
        Err(mistakes) => input(&visit, &form, &mistakes),
        Ok(entry) => match visit.perform(|desk| Ok(card::keep(desk, &visit.application, &entry))) {
            Ok(reply) => {
                let key = reply.get("entry").unwrap_or_default();
                Redirect::to(&visit.url_with("card/confirm", &[("e", key)])).into_response()
            }
            Err(refusal) => frame::refused(&visit, &refusal),
        },
    }
}

fn input(visit: &Visit, form: &CardForm, mistakes: &[Mistake]) -> Response {
    let words = visit.words;
    let (ways, choices, stores_cards, this_year) = visit.consult(|desk| {
        let stored = card::uses_stored_cards(desk, &visit.application);
        let choices = card::choices(desk, &visit.application);
        (card::ways(desk, &visit.application), choices, stored, desk.now.civil().year())
    });
    let content = html! {
        @if !mistakes.is_empty() {
            p.wrong.summary role="alert" { (words.say("入力内容をご確認ください。", "Please check what you entered.")) }
        }
        form method="post" action=(visit.url("card")) autocomplete="on" {
            @if !choices.is_empty() { (stored(words, &choices, form, visit)) }
            (new_card(words, form, mistakes, this_year, !choices.is_empty()))
            (times(words, &ways, form, mistakes))
            @if visit.application.is_set("use_card_conf_number") { (security_code(words, mistakes)) }
            @if stores_cards { (store(visit, form)) }
            p.actions {
                button type="submit" { (words.say("入力内容を確認する", "Confirm")) }
            }
        }
    };
    Frame::of(visit).with_choice(visit).page(TITLE.0, TITLE.1, content)
}

/// The stored cards, masked, and the choice of a new one.
fn stored(words: Words, choices: &[StoredCard], form: &CardForm, visit: &Visit) -> Markup {
    let chosen = choices.iter().find(|choice| choice.customer_card_id == form.customer_card_id);
    let first = form.card_brand.is_empty() && form.card_number.is_empty();
    html! {
        fieldset.stored {
            legend { (words.say("ご登録のカード", "Your stored cards")) }
            @for (at, choice) in choices.iter().enumerate() {
                @let checked = chosen.map_or(first && at == 0, |chosen| chosen.customer_card_id == choice.customer_card_id);
                label.choice {
                    input type="radio" name="customer_card_id" value=(choice.customer_card_id) checked[checked];
                    span { "*****" (choice.card.tail()) }
                    span.hint { (words.say("有効期限", "Expiry")) " " (expiry(&choice.card)) }
                    span.hint { (choice.brand) }
                }
            }
            label.choice {
                input type="radio" name="customer_card_id" value="" checked[chosen.is_none() && !first];
                span { (words.say("新規カードで支払う", "Pay with a new card")) }
            }
            p {
                button.quiet.small type="submit" formaction=(visit.url("card/delete")) formnovalidate {
                    (words.say("選択したカードを削除する", "Delete the chosen card"))
                }
            }
        }
    }
}

/// `MM/YY`.
pub(super) fn expiry(card: &CardFacts) -> String {
    let term = &card.card_valid_term;
    format!("{}/{}", term.get(..2).unwrap_or_default(), term.get(2..).unwrap_or_default())
}

pub(super) fn mistake(words: Words, mistakes: &[Mistake], field: &str) -> Markup {
    html! {
        @for mistake in mistakes.iter().filter(|mistake| mistake.field == field) {
            p.wrong role="alert" { (words.say(mistake.ja, mistake.en)) }
        }
    }
}

/// Brand, number and expiry. They are only needed where no stored card is chosen.
fn new_card(words: Words, form: &CardForm, mistakes: &[Mistake], this_year: i16, optional: bool) -> Markup {
    html! {
        fieldset.new-card {
            legend { (words.say("カード情報", "Card")) }
            div.field {
                label for="card_brand" { (words.say("カードブランド", "Card brand")) }
                select id="card_brand" name="card_brand" required[!optional] {
                    option value="" { (words.text("選択してください", "Choose")) }
                    @for (brand, name) in BRANDS {
                        option value=(brand) selected[*brand == form.card_brand] { (name) }
                    }
                }
                (mistake(words, mistakes, "card_brand"))
            }
            (number_field(words, mistakes, optional))
            (valid_field(words, form, mistakes, this_year..=this_year + YEARS, optional))
        }
    }
}

/// カード番号.
pub(super) fn number_field(words: Words, mistakes: &[Mistake], optional: bool) -> Markup {
    html! {
        div.field {
            label for="card_number" { (words.say("カード番号", "Card number")) }
            input id="card_number" name="card_number" inputmode="numeric" autocomplete="cc-number" maxlength="16"
                required[!optional];
            p.hint { (words.say("ハイフンなしの数字で入力してください。", "Digits only, no hyphens.")) }
            (mistake(words, mistakes, "card_number"))
        }
    }
}

/// 有効期限.
pub(super) fn valid_field(
    words: Words,
    form: &CardForm,
    mistakes: &[Mistake],
    years: RangeInclusive<i16>,
    optional: bool,
) -> Markup {
    html! {
        div.field {
            span.label id="valid_label" { (words.say("有効期限", "Expiry date")) }
            div.inline role="group" aria-labelledby="valid_label" {
                select name="valid_month" aria-label=(words.text("月", "Month")) autocomplete="cc-exp-month" required[!optional] {
                    option value="" { "--" }
                    @for month in 1..=12 {
                        @let value = format!("{month:02}");
                        option value=(value) selected[value == form.valid_month] { (value) }
                    }
                }
                span { (words.say("月", "month")) }
                select name="valid_year" aria-label=(words.text("年", "Year")) autocomplete="cc-exp-year" required[!optional] {
                    option value="" { "----" }
                    @for year in years {
                        option value=(year) selected[year.to_string() == form.valid_year] { (year) }
                    }
                }
                span { (words.say("年", "year")) }
            }
            details.help {
                summary { (words.say("有効期限とは", "Where is it?")) }
                p { (words.say("カード表面に「月／年」の順で記載されています。", "It is printed on the card as month and year.")) }
            }
            (mistake(words, mistakes, "valid_month"))
        }
    }
}

pub(super) fn security_code(words: Words, mistakes: &[Mistake]) -> Markup {
    html! {
        div.field {
            label for="card_conf_number" { (words.say("カード確認番号", "Security code")) }
            input.short id="card_conf_number" name="card_conf_number" inputmode="numeric" autocomplete="cc-csc"
                maxlength="4" required;
            details.help {
                summary { (words.say("カード確認番号とは", "Where is it?")) }
                p { (words.say("カード裏面の署名欄の末尾3桁（American Express は表面の4桁）の番号です。",
                    "The last three digits on the back of the card, or the four on the front of American Express.")) }
            }
            (mistake(words, mistakes, "card_conf_number"))
        }
    }
}

/// お支払い回数: 一括払い, or the other ways with a select.
fn times(words: Words, ways: &[(String, &'static str, String)], form: &CardForm, mistakes: &[Mistake]) -> Markup {
    let other = form.times == "other";
    html! {
        fieldset {
            legend { (words.say("お支払い回数", "Number of payments")) }
            label.choice {
                input type="radio" name="times" value="once" checked[!other || ways.is_empty()];
                span { (words.say("一括払い", "One payment")) }
            }
            @if !ways.is_empty() {
                label.choice {
                    input type="radio" name="times" value="other" checked[other];
                    span.with-select {
                        (words.say("分割・リボ・ボーナス払い", "Instalments, revolving or bonus"))
                        select name="way" aria-label=(words.text("お支払い方法", "Way of paying")) {
                            @for (value, class, count) in ways {
                                option value=(value) selected[*value == form.way] { (way(words, class, count)) }
                            }
                        }
                    }
                }
            }
            (mistake(words, mistakes, "way"))
        }
    }
}

fn way(words: Words, class: &str, count: &str) -> String {
    match class {
        "61" => {
            let count = count.trim_start_matches('0');
            words.text(&format!("分割{count}回"), &format!("{count} instalments"))
        }
        "80" => words.text("リボ払い", "Revolving"),
        "23" => words.text("ボーナス一括払い", "One payment at the next bonus"),
        _ => words.text("一括払い", "One payment"),
    }
}

fn store(visit: &Visit, form: &CardForm) -> Markup {
    let words = visit.words;
    html! {
        @if visit.application.get("stock_card_mode") == "1" {
            label.choice.new-card {
                input type="checkbox" name="store" value="1" checked[!form.store.is_empty()];
                span { (words.say("このカードを登録する", "Store this card")) }
            }
        } @else {
            p.hint.new-card { (words.say("ご入力いただいたカードは、次回のお支払いのために登録されます。",
                "The card will be stored for your next payment.")) }
        }
    }
}

/// The confirmation.
pub(super) async fn confirm(visit: Visit) -> Response {
    if let Some(closed) = closed(&visit) {
        return closed;
    }
    let key = visit.field("e");
    let entry = match visit.consult(|desk| card::entry(desk, &visit.application, &key)) {
        None => return Redirect::to(&visit.url("card")).into_response(),
        Some((entry, _)) if entry.payment_id.is_some() => {
            return Redirect::to(&visit.url_with("card/done", &[("e", &key)])).into_response();
        }
        Some((entry, _)) => entry,
    };
    let words = visit.words;
    let brand = BRANDS.iter().find(|(brand, _)| *brand == entry.brand).map_or(entry.brand.as_str(), |(_, name)| name);
    let content = html! {
        p { (words.say("以下の内容でお支払いします。よろしければ「お支払い」を押してください。",
            "Please check and press the button to pay.")) }
        dl {
            dt { (words.say("カードブランド", "Card brand")) } dd { (brand) }
            dt { (words.say("カード番号", "Card number")) } dd { (grouped(&entry.card)) }
            dt { (words.say("有効期限", "Expiry date")) } dd { (expiry_long(&entry.card)) }
            @if visit.application.is_set("use_card_conf_number") {
                dt { (words.say("カード確認番号", "Security code")) } dd { "****" }
            }
            dt { (words.say("お支払い回数", "Number of payments")) }
            dd { (way(words, &entry.payment_class, &entry.split_count)) }
            @if entry.store {
                dt { (words.say("カードの登録", "Storing the card")) } dd { (words.say("登録する", "Yes")) }
            }
        }
        form.once method="post" action=(visit.url("card/pay")) {
            input type="hidden" name="e" value=(key);
            p.actions {
                button type="submit" { (words.say("お支払い", "Pay")) }
                a.button.quiet href=(visit.url_with("card", &[("e", &key)])) { (words.say("前画面に戻る", "Back")) }
            }
        }
    };
    Frame::of(&visit).with_choice(&visit).page("お支払い内容の確認", "Confirm your payment", content)
}

/// `****-****-**NN-NNNN`: the last six digits are shown; of them we keep four, and the rest stays masked.
pub(super) fn grouped(card: &CardFacts) -> String {
    let masked: Vec<char> = card.masked_card_number.chars().collect();
    let sizes: &[usize] = match masked.len() {
        15 => &[4, 6, 5],
        14 => &[4, 6, 4],
        _ => &[4, 4, 4, 4],
    };
    let mut groups = Vec::new();
    let mut at = 0;
    for size in sizes {
        let end = (at + size).min(masked.len());
        groups.push(masked[at..end].iter().collect::<String>());
        at = end;
    }
    groups.join("-")
}

/// `MM月／YYYY年`.
pub(super) fn expiry_long(card: &CardFacts) -> String {
    let term = &card.card_valid_term;
    format!("{}月／20{}年", term.get(..2).unwrap_or_default(), term.get(2..).unwrap_or_default())
}

/// 選択したカードを削除する was pressed.
pub(super) async fn delete(visit: Visit) -> Response {
    let id = visit.field("customer_card_id");
    match visit.perform(|desk| Ok(card::delete(desk, &visit.application, &id))) {
        Ok(_) => Redirect::to(&visit.url("card")).into_response(),
        Err(refusal) => frame::refused(&visit, &refusal),
    }
}

fn names<'a>(visit: &'a Visit, key: &'a str) -> Names<'a> {
    Names { trading_id: &visit.application.trading_id, secret: &visit.application.secret, entry: key }
}

/// お支払い was pressed.
pub(super) async fn pay(visit: Visit) -> Response {
    let key = visit.field("e");
    let back = visit.url_with("card/authenticated", &[("e", &key)]);
    let paid = visit.perform(|desk| card::pay(desk, names(&visit, &key), &format!("{}{back}", desk.base_url)));
    go_on(&visit, &key, paid.err())
}

/// The shopper is back from the issuer's pages.
pub(super) async fn authenticated(visit: Visit) -> Response {
    let key = visit.field("e");
    let done = visit.perform(|desk| card::authenticated(desk, names(&visit, &key)));
    go_on(&visit, &key, done.err())
}

fn go_on(visit: &Visit, key: &str, refusal: Option<crate::payment::Refusal>) -> Response {
    if let Some(refusal) = refusal {
        return frame::refused(visit, &refusal);
    }
    match visit.consult(|desk| card::entry(desk, &visit.application, key)) {
        Some((entry, _)) => finish(visit, key, &entry),
        None => Redirect::to(&visit.url("top")).into_response(),
    }
}

/// Where the browser goes after a payment: straight to the shop when that wants no completion page.
fn finish(visit: &Visit, key: &str, entry: &Entry) -> Response {
    let waiting = waits(visit, entry);
    // Back from the issuer without a result, he gave up there.
    let gave_up = !visit.field("cancel").is_empty() || visit.path().ends_with("/authenticated");
    if let (Some(id), false) = (entry.authentication.as_deref().filter(|_| waiting), gave_up) {
        return frame::authenticate(&Frame::of(visit), id);
    }
    let return_url = visit.application.get("return_url");
    let good = entry.refused.is_none() && !waiting;
    if good && visit.application.is_set("finish_disable") && !return_url.is_empty() {
        return Redirect::to(return_url).into_response();
    }
    Redirect::to(&visit.url_with("card/done", &[("e", key)])).into_response()
}

/// Whether a payment waits for the shopper's authentication, or was given up there.
fn waits(visit: &Visit, entry: &Entry) -> bool {
    let payment = entry.payment_id.and_then(|id| visit.consult(|desk| desk.payment(id)));
    payment.is_some_and(|payment| matches!(payment.status, Status(13 | 14)))
}

/// お支払い完了, or why the card was refused.
pub(super) async fn done(visit: Visit) -> Response {
    let key = visit.field("e");
    let entry = match visit.consult(|desk| card::entry(desk, &visit.application, &key)) {
        Some((entry, _)) if entry.payment_id.is_some() => entry,
        _ => return Redirect::to(&visit.url("top")).into_response(),
    };
    match &entry.refused {
        Some((code, detail)) => refused(&visit, code, detail),
        None if waits(&visit, &entry) => given_up(&visit),
        None => completed(&visit),
    }
}

fn given_up(visit: &Visit) -> Response {
    let words = visit.words;
    Frame::of(visit).with_choice(visit).page(
        "本人認証が中断されました",
        "The authentication was not finished",
        html! {
            p.note.failed { (words.say("カード会社の本人認証が完了しなかったため、お支払いは行われていません。",
                "Your card company's authentication was not finished. Nothing was charged.")) }
            @if frame::closed(visit).is_none() {
                p.actions { a.button href=(visit.url("card")) { (words.say("もう一度カードで支払う", "Try a card again")) } }
            }
        },
    )
}

fn completed(visit: &Visit) -> Response {
    let words = visit.words;
    Frame::of(visit).finished().page(
        "お支払い完了",
        "Payment completed",
        html! {
            p.note.good { (words.say("お支払いが完了しました。ありがとうございました。", "Your payment is completed. Thank you.")) }
            (back_to_shop(words, visit.application.get("return_url")))
        },
    )
}

fn refused(visit: &Visit, code: &str, detail: &str) -> Response {
    let words = visit.words;
    // Input errors can be corrected at once; another card needs the shop's consent (`re_payment_type`).
    let again = code == "2003" || (visit.application.is_set("re_payment_type") && !visit.has_choice());
    let (ja, en) = match code {
        "2003" => (
            "カード番号・有効期限・カード確認番号などの入力内容に誤りがあります。ご確認のうえ、もう一度入力してください。",
            "Something in the card data is wrong. Please check them and try again.",
        ),
        "2015" => (
            "このカードでは本人認証を行えないため、ご利用いただけません。別のカードをご利用ください。",
            "This card cannot be authenticated, so it cannot be used. Please use another one.",
        ),
        "2008" => (
            "カード会社からの応答がありませんでした。お支払いは行われていません。",
            "The card company did not answer. Nothing was charged.",
        ),
        _ => (
            "お客様のカードはご利用いただけませんでした。カード会社にお問い合わせいただくか、別のお支払い方法をご利用ください。",
            "Your card was refused. Please ask your card company, or pay in another way.",
        ),
    };
    Frame::of(visit).with_choice(visit).page(
        "お支払いができませんでした",
        "The payment was refused",
        html! {
            p.note.failed { (words.say(ja, en)) }
            p.hint { (words.say("エラーコード", "Error code")) ": " (code) @if !detail.is_empty() { " (" (detail) ")" } }
            @if again {
                p.actions {
                    a.button href=(visit.url("card")) { (words.say("もう一度カードで支払う", "Try a card again")) }
                }
            }
        },
    )
}
