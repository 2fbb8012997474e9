//! The inputs for a name, its reading and a phone number, as the pages of stores, ATMs and banks have them.

use crate::wire::{Name, name};
use maud::{Markup, html};

use crate::method::link::cash::Person;
use crate::method::link::kana::{is_payment_kana, to_full_width, to_half_width};
use crate::server::shopper::link::visit::Visit;
use crate::wire::characters::is_zenkaku;

/// The most characters of a name, and of its reading (`link.toml`).
const NAME: usize = 12;

/// Which inputs a page has beside the name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Name and reading.
    Name,
    /// Name, reading and phone number.
    NameAndPhone,
}

/// A mistake: the field, in Japanese, in English.
pub(super) type Mistake = (&'static str, &'static str, &'static str);

/// What an input page starts with: what was typed before, when the shopper comes back to it.
pub(super) fn at_first(visit: &Visit) -> Person {
    if visit.field("back").is_empty() { from_application(visit) } else { from_form(visit) }
}

/// What the application says, before the shopper typed anything.
fn from_application(visit: &Visit) -> Person {
    let text = |name: Name| visit.application.get(name).to_owned();
    Person {
        customer_family_name: text(name::CUSTOMER_FAMILY_NAME),
        customer_name: text(name::CUSTOMER_NAME),
        customer_family_name_kana: text(name::CUSTOMER_FAMILY_NAME_KANA),
        customer_name_kana: text(name::CUSTOMER_NAME_KANA),
        customer_tel: text(name::CUSTOMER_TEL),
    }
}

/// What the form says; widths are converted for the shopper, and fixed fields stay as the application has them.
pub(super) fn from_form(visit: &Visit) -> Person {
    let fixed = from_application(visit);
    let typed = |name: Name, fixed: String, convert: fn(&str) -> String| {
        if visit.application.is_fixed(name) { fixed } else { convert(&visit.field(&name)) }
    };
    Person {
        customer_family_name: typed(name::CUSTOMER_FAMILY_NAME, fixed.customer_family_name, to_full_width),
        customer_name: typed(name::CUSTOMER_NAME, fixed.customer_name, to_full_width),
        customer_family_name_kana: typed(
            name::CUSTOMER_FAMILY_NAME_KANA,
            fixed.customer_family_name_kana,
            to_half_width,
        ),
        customer_name_kana: typed(name::CUSTOMER_NAME_KANA, fixed.customer_name_kana, to_half_width),
        customer_tel: typed(name::CUSTOMER_TEL, fixed.customer_tel, to_half_width),
    }
}

/// What is wrong with it.
pub(super) fn mistakes(person: &Person, ask: Ask) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let is_name = |text: &str| {
        (1..=NAME).contains(&text.chars().count()) && text.chars().all(is_zenkaku) && !text.trim().is_empty()
    };
    if !is_name(&person.customer_family_name) || !is_name(&person.customer_name) {
        mistakes.push((
            "customer_family_name",
            "氏名は姓・名とも全角12文字以内で入力してください。",
            "Enter family name and given name with at most 12 full-width characters each.",
        ));
    }
    let is_kana = |text: &str| (1..=NAME).contains(&text.chars().count()) && text.chars().all(is_payment_kana);
    if !is_kana(&person.customer_family_name_kana) || !is_kana(&person.customer_name_kana) {
        mistakes.push((
            "customer_family_name_kana",
            "フリガナはセイ・メイともカタカナ12文字以内（濁点は1文字）で入力してください。",
            "Enter the reading of both names in katakana, at most 12 characters each.",
        ));
    }
    let tel = &person.customer_tel;
    if ask == Ask::NameAndPhone && (!(10..=11).contains(&tel.len()) || !tel.bytes().all(|byte| byte.is_ascii_digit())) {
        mistakes.push((
            "customer_tel",
            "電話番号はハイフンなしの数字10桁または11桁で入力してください。",
            "Enter the phone number as 10 or 11 digits, without hyphens.",
        ));
    }
    mistakes
}

/// The inputs; what the application fixes stands as text.
pub(super) fn inputs(visit: &Visit, person: &Person, ask: Ask, mistakes: &[Mistake]) -> Markup {
    let words = visit.words;
    let wrong = |field: Name| mistakes.iter().find(|(at, ..)| *at == field).map(|(_, ja, en)| words.say(ja, en));
    let input = |name: Name, value: &str, placeholder: &str, mode: &str, autocomplete: &str| {
        html! {
            @if visit.application.is_fixed(name) {
                span.fixed { (value) }
            } @else {
                input id=(name) name=(name) value=(value) placeholder=(placeholder) inputmode=(mode)
                    autocomplete=(autocomplete) required;
            }
        }
    };
    html! {
        fieldset {
            legend { (words.say("氏名", "Name")) }
            div.row {
                div {
                    label for="customer_family_name" { (words.say("姓", "Family name")) }
                    (input(name::CUSTOMER_FAMILY_NAME, &person.customer_family_name, "山田", "text", "family-name"))
                }
                div {
                    label for="customer_name" { (words.say("名", "Given name")) }
                    (input(name::CUSTOMER_NAME, &person.customer_name, "太郎", "text", "given-name"))
                }
            }
            @if let Some(text) = wrong(name::CUSTOMER_FAMILY_NAME) { p.wrong role="alert" { (text) } }
        }
        fieldset {
            legend { (words.say("フリガナ", "Reading in katakana")) }
            div.row {
                div {
                    label for="customer_family_name_kana" { (words.say("セイ", "Family name")) }
                    (input(name::CUSTOMER_FAMILY_NAME_KANA, &person.customer_family_name_kana, "ヤマダ", "text", "off"))
                }
                div {
                    label for="customer_name_kana" { (words.say("メイ", "Given name")) }
                    (input(name::CUSTOMER_NAME_KANA, &person.customer_name_kana, "タロウ", "text", "off"))
                }
            }
            @if let Some(text) = wrong(name::CUSTOMER_FAMILY_NAME_KANA) { p.wrong role="alert" { (text) } }
        }
        @if ask == Ask::NameAndPhone {
            div.field {
                label for="customer_tel" { (words.say("電話番号", "Phone number")) }
                (input(name::CUSTOMER_TEL, &person.customer_tel, "09012345678", "tel", "tel-national"))
                p.hint { (words.say("ハイフンなしの数字で入力してください。", "Digits only, no hyphens.")) }
                @if let Some(text) = wrong(name::CUSTOMER_TEL) { p.wrong role="alert" { (text) } }
            }
        }
    }
}

/// The same as text, with the values hidden in the form.
pub(super) fn confirmed(visit: &Visit, person: &Person, ask: Ask) -> Markup {
    let words = visit.words;
    html! {
        dl {
            dt { (words.say("氏名", "Name")) }
            dd { (person.customer_family_name) " " (person.customer_name) }
            dt { (words.say("フリガナ", "Reading")) }
            dd { (person.customer_family_name_kana) " " (person.customer_name_kana) }
            @if ask == Ask::NameAndPhone {
                dt { (words.say("電話番号", "Phone number")) }
                dd { (person.customer_tel) }
            }
        }
        (hidden(person))
    }
}

fn hidden(person: &Person) -> Markup {
    html! { @for (name, value) in person.fields() { input type="hidden" name=(name) value=(value); } }
}
