//! Checking a form against the catalog: P005, P006, P008, P009, P010, then P014 (`common.md` section 4).

use std::borrow::Cow;

use crate::text::{Text, text};
use crate::wire::Refusal;
use crate::wire::catalog::Unit;
use crate::wire::characters::Characters;
use crate::wire::condition::Condition;
use crate::wire::{FieldSpec, Form, Telegram, TelegramSpec, WebUrl};

/// Checks every field of a telegram, in the catalog's order, and returns what handlers may read.
///
/// Exactly one error is told: the first. Parameters that the catalog does not know are ignored; an empty
/// value counts as absent for fields that need not be given.
pub fn check(spec: &'static TelegramSpec, form: &Form<'_>) -> Result<Telegram, Refusal> {
    // A character of Windows-31J takes at most three bytes in UTF-8.
    let mut telegram = Telegram::with_room(spec, form.pairs().map(|(_, value)| value.len() * 3).sum());
    for name in ["merchant_id", "connect_id", "telegram_kind", "telegram_version"] {
        if let Some(value) = form.get(name) {
            telegram.push_as(name.into(), false, &String::from_utf8_lossy(value));
        }
    }
    // Conditions compare with ASCII values alone; a Japanese value in Windows-31J is given all the same.
    let given = |name: &str| {
        form.get(name).map(|value| std::str::from_utf8(value).unwrap_or("\u{fffd}")).filter(|value| !value.is_empty())
    };

    for group in &spec.either {
        if !group.iter().any(|name| form.get(name).is_some_and(|value| !value.is_empty())) {
            let present = group.iter().any(|name| form.get(name).is_some());
            let code = if present { "P006" } else { "P005" };
            let names = group.join(", ");
            let rule = text!("{names} のいずれかが必要です。", "one of {names} must be given", names = names);
            return Err(Refusal::named(code, group[0], rule));
        }
    }
    for check in spec.checks() {
        let value = form.get_by_id(check.id);
        if value.is_none() && check.optional {
            continue;
        }
        let field = spec.checked(check);
        if let Some(pattern) = &field.repeat {
            check_list(field, pattern, form, &mut telegram)?;
            continue;
        }
        let present = value.is_some();
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            check_absence(field, present, given)?;
            if present {
                telegram.push(field, "");
            }
            continue;
        };
        if let Some(condition) = field.forbidden.as_ref().filter(|condition| condition.holds(given)) {
            let (name, condition) = (field.name, condition.describe());
            let rule = Text::filled(
                format!("{}の場合、{name} は指定できません。", condition.japanese),
                format!("{name} must not be given when {}", condition.english),
            );
            return Err(Refusal::field("P010", name, rule));
        }
        telegram.push(field, &check_value(spec, field, &field.name, value)?);
    }
    for field in spec.checks().iter().filter(|check| check.amount).map(|check| spec.checked(check)) {
        if field.zero.as_ref().is_some_and(|condition| condition.holds(given)) {
            continue;
        }
        let zero = |value: &str| value.bytes().all(|byte| byte == b'0');
        if telegram.secret(field.name).is_some_and(zero) {
            let rule =
                text!("{name} には 0 より大きい値が必要です。", "{name} must be greater than 0", name = field.name);
            return Err(Refusal::field("P014", field.name, rule));
        }
    }
    Ok(telegram)
}

fn check_absence<'a>(field: &FieldSpec, present: bool, given: impl Fn(&str) -> Option<&'a str>) -> Result<(), Refusal> {
    let condition = field.when.as_ref().filter(|condition| condition.holds(given));
    if !field.required && condition.is_none() && !(field.not_empty && present) {
        return Ok(());
    }
    let when = condition.map(Condition::describe).map_or_else(Text::default, |condition| {
        Text::filled(format!("{}の場合、", condition.japanese), format!(" when {}", condition.english))
    });
    let (name, Text { japanese, english }) = (field.name, when);
    Err(if present {
        let rule = Text::filled(
            format!("{name} が空です。{japanese}値は必須です。"),
            format!("{name} is there but empty; it must have a value{english}"),
        );
        Refusal::field("P006", name, rule)
    } else {
        let rule = Text::filled(
            format!("{name} がありません。{japanese}この項目は必須です。"),
            format!("{name} is missing; it must be given{english}"),
        );
        Refusal::field("P005", name, rule)
    })
}

/// Checks one value of a field; `name` is the name that it came under. Returns its text.
fn check_value<'a>(
    spec: &TelegramSpec,
    field: &FieldSpec,
    name: &str,
    value: &'a [u8],
) -> Result<Cow<'a, str>, Refusal> {
    let Some(text) = spec.charset.decode(value) else {
        let rule = text!(
            "{name} に {charset} として正しくないバイト列があります。",
            "{name} has bytes that are not valid in {charset}",
            name = name,
            charset = spec.charset.label()
        );
        return Err(Refusal::named("P008", name, rule));
    };
    if !field.characters.admit(&text) {
        let Text { japanese, english } = field.characters.describe();
        let rule = Text::filled(
            format!("{name} に使用できるのは、{japanese}のみです。"),
            format!("{name} may only consist of {english}"),
        );
        return Err(Refusal::named("P008", name, rule));
    }
    let length = field.length(&text);
    let (min, max) = (if field.exact { field.max } else { field.min }, field.max);
    if min.is_some_and(|min| length < min) || max.is_some_and(|max| length > max) {
        let rule = length_rule(name, field.unit, (min, max), length);
        return Err(Refusal::named("P009", name, rule));
    }
    if let Some(taken) = field.taken_as(&text) {
        return Ok(Cow::Borrowed(taken));
    }
    if !field.values.is_empty() && !field.values.iter().any(|allowed| **allowed == *text) {
        let rule = text!(
            "{name} は {values} のいずれかで指定してください。",
            "{name} must be one of {values}",
            name = name,
            values = field.values.join(", ")
        );
        return Err(Refusal::named("P010", name, rule));
    }
    if field.characters == Characters::Url {
        // Browsers are sent there, or we call it: nothing but the web is meant.
        WebUrl::parse(&text).map_err(|Text { japanese, english }| {
            Refusal::named("P010", name, Text::filled(format!("{name} {japanese}"), format!("{name} {english}")))
        })?;
    }
    Ok(text)
}

/// What a value's length must be, and what it is.
fn length_rule(name: &str, unit: Unit, bounds: (Option<usize>, Option<usize>), length: usize) -> Text {
    let (japanese, english) = if unit == Unit::Chars { ("文字", "characters") } else { ("バイト", "bytes") };
    let (wanted, must) = match bounds {
        (Some(min), Some(max)) if min == max => {
            (format!("{max}{japanese}で指定してください。"), format!("must have {max} {english}"))
        }
        (Some(min), Some(max)) => {
            (format!("{min}～{max}{japanese}で指定してください。"), format!("must have {min} to {max} {english}"))
        }
        (Some(min), None) => {
            (format!("{min}{japanese}以上で指定してください。"), format!("must have at least {min} {english}"))
        }
        (None, Some(max)) => {
            (format!("{max}{japanese}以内で指定してください。"), format!("may have at most {max} {english}"))
        }
        (None, None) => return Text::default(),
    };
    Text::filled(
        format!("{name} は{wanted}(送信された値は{length}{japanese})"),
        format!("{name} {must}, it has {length}"),
    )
}

/// Checks every parameter whose name fits a pattern such as `goods[n]`.
fn check_list(field: &FieldSpec, pattern: &str, form: &Form<'_>, telegram: &mut Telegram) -> Result<(), Refusal> {
    for (name, value) in form.pairs() {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if telegram.named(name).is_none() && !value.is_empty() && fits(pattern, name) {
            let text = check_value(telegram.spec, field, name, value)?;
            telegram.push_as(name.to_owned().into(), field.secret, &text);
        }
    }
    Ok(())
}

/// Whether a name fits a pattern in which each `[n]` stands for digits in brackets, and each `NN` or `MM` for two digits.
fn fits(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    while let Some(first) = pattern.chars().next() {
        if let Some(rest) = pattern.strip_prefix("NN").or_else(|| pattern.strip_prefix("MM")) {
            let two = name.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_digit));
            if !two {
                return false;
            }
            (pattern, name) = (rest, &name[2..]);
        } else if let Some(rest) = pattern.strip_prefix("[n]") {
            let Some(open) = name.strip_prefix('[') else { return false };
            let digits = open.bytes().take_while(u8::is_ascii_digit).count();
            let Some(closed) = open[digits..].strip_prefix(']').filter(|_| digits > 0) else { return false };
            (pattern, name) = (rest, closed);
        } else {
            let Some(rest) = name.strip_prefix(first) else { return false };
            (pattern, name) = (&pattern[first.len_utf8()..], rest);
        }
    }
    name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::catalog;
    use crate::wire::name;

    fn refusal(kind: &str, body: &str) -> (String, Option<String>) {
        let spec = catalog().telegram(kind).unwrap();
        let refusal = check(spec, &Form::read(None, body.as_bytes())).unwrap_err();
        assert!(!refusal.detail.is_empty() && !refusal.explanation.is_empty());
        (refusal.code, refusal.field)
    }

    #[test]
    fn each_rule_has_its_code_and_names_the_field() {
        let card = "card_number=4900000000000000&card_valid_term=1230";
        for (body, code, field) in [
            (card.to_owned(), "P005", "payment_amount"),
            (format!("{card}&payment_amount="), "P006", "payment_amount"),
            (format!("{card}&payment_amount=1x"), "P008", "payment_amount"),
            (format!("{card}&payment_amount=12345678"), "P009", "payment_amount"),
            (format!("{card}&payment_amount=1&payment_class=11"), "P010", "payment_class"),
            (format!("{card}&payment_amount=1&payment_class=61"), "P005", "split_count"),
            (format!("{card}&payment_amount=000"), "P014", "payment_amount"),
            ("payment_amount=1".to_owned(), "P005", "card_number"),
            (format!("{card}&payment_amount=1&trading_id=a%95"), "P008", "trading_id"),
        ] {
            assert_eq!(refusal("020", &body), (code.to_owned(), Some(field.to_owned())), "{body}");
        }
    }

    #[test]
    fn one_of_a_group_is_enough() {
        assert_eq!(refusal("022", ""), ("P005".to_owned(), Some("trading_id".to_owned())));
        assert_eq!(refusal("022", "payment_id=&trading_id="), ("P006".to_owned(), Some("trading_id".to_owned())));
        let spec = catalog().telegram("022").unwrap();
        let telegram = check(spec, &Form::read(None, b"payment_id=7&trading_id=&unknown=%ff")).unwrap();
        assert_eq!(telegram.named("payment_id"), Some("7"));
        assert_eq!(telegram.named("trading_id"), None);
        assert!(telegram.is_emptied(name::TRADING_ID) && !telegram.is_emptied(name::PAYMENT_ID));
        assert_eq!(telegram.named("unknown"), None);
    }

    #[test]
    fn a_japanese_value_counts_as_given() {
        let goods = "%8f%a4%95i";
        let body = format!(
            "payment_amount=100&tax_class=1&site_info={goods}&payment_limit_date=30&customer_type=1\
             &customer_family_name={goods}&customer_family_name_kana=A&customer_zip_code=1000001&customer_address_1={goods}\
             &customer_tel=03-1234-5678&item_date_1=20261101&item_amount_1=100&item_detail_1={goods}"
        );
        let spec = catalog().telegram("040").unwrap();
        let telegram = check(spec, &Form::read(None, body.as_bytes())).unwrap();
        assert_eq!(telegram.named("item_detail_1"), Some("商品"));
    }

    #[test]
    fn names_that_repeat() {
        assert!(fits("goods[n]", "goods[12]") && !fits("goods[n]", "goods[]") && !fits("goods[n]", "goods"));
        assert!(fits("a[n][n]", "a[0][3]") && !fits("a[n][n]", "a[0]"));
        assert!(fits("tNN_fieldMM", "t01_field20") && !fits("tNN_fieldMM", "t1_field20"));
        assert!(!fits("tNN_fieldMM", "t01_field20_align") && !fits("tNNtemplate", "tNNtemplate"));
    }
}
