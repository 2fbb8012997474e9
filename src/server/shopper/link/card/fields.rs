//! The inputs of the card page, and how it shows a card.

use crate::wire::name;
use std::ops::RangeInclusive;

use maud::{Markup, html};

use crate::method::card::CardFacts;
use crate::method::card::vault::StoredCard;
use crate::method::link::card::{BRANDS, CardForm, Mistake, YEARS};
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::Words;

/// The stored cards, masked, and the choice of a new one.
pub(in crate::server::shopper::link) fn stored(
    words: Words,
    choices: &[StoredCard],
    form: &CardForm,
    visit: &Visit,
) -> Markup {
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
pub(in crate::server::shopper::link) fn expiry(card: &CardFacts) -> String {
    let term = &card.card_valid_term;
    format!("{}/{}", term.get(..2).unwrap_or_default(), term.get(2..).unwrap_or_default())
}

pub(in crate::server::shopper::link) fn mistake(words: Words, mistakes: &[Mistake], field: &str) -> Markup {
    html! {
        @for mistake in mistakes.iter().filter(|mistake| mistake.field == field) {
            p.wrong role="alert" { (words.say(mistake.ja, mistake.en)) }
        }
    }
}

/// Brand, number and expiry. They are only needed where no stored card is chosen.
pub(in crate::server::shopper::link) fn new_card(
    words: Words,
    form: &CardForm,
    mistakes: &[Mistake],
    this_year: i16,
    optional: bool,
) -> Markup {
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
pub(in crate::server::shopper::link) fn number_field(words: Words, mistakes: &[Mistake], optional: bool) -> Markup {
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
pub(in crate::server::shopper::link) fn valid_field(
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

pub(in crate::server::shopper::link) fn security_code(words: Words, mistakes: &[Mistake]) -> Markup {
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
pub(in crate::server::shopper::link) fn times(
    words: Words,
    ways: &[(String, &'static str, String)],
    form: &CardForm,
    mistakes: &[Mistake],
) -> Markup {
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

pub(in crate::server::shopper::link) fn way(words: Words, class: &str, count: &str) -> String {
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

pub(in crate::server::shopper::link) fn store(visit: &Visit, form: &CardForm) -> Markup {
    let words = visit.words;
    html! {
        @if visit.application.get(name::STOCK_CARD_MODE) == "1" {
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

/// `****-****-**NN-NNNN`: the last six digits are shown; of them we keep four, and the rest stays masked.
pub(in crate::server::shopper::link) fn grouped(card: &CardFacts) -> String {
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
pub(in crate::server::shopper::link) fn expiry_long(card: &CardFacts) -> String {
    let term = &card.card_valid_term;
    format!("{}月／20{}年", term.get(..2).unwrap_or_default(), term.get(2..).unwrap_or_default())
}
