//! The half-width characters that stores and bank transfers print (`common.md` section 2; `fixtures/kana.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::Name;

#[derive(Deserialize)]
struct Kana {
    symbols: String,
    small: String,
    large: String,
    long_vowel: String,
    slip: SlipKana,
}

#[derive(Deserialize)]
struct SlipKana {
    not_first: String,
    nowhere: String,
}

static KANA: LazyLock<Kana> = LazyLock::new(|| fixtures::parse(fixtures::KANA));

/// Which characters a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::method) enum Set {
    /// Those of bank transfers: 010, 060, 070.
    Transfer,
    /// The same with the long vowel mark: 030.
    Store,
}

/// A field's value in capitals and large kana; P008 for other characters.
pub(in crate::method) fn folded(name: Name, value: &str, set: Set) -> Result<String, Refusal> {
    match value.chars().find(|c| !admits(set, *c)) {
        None => Ok(value.chars().map(fold).collect()),
        Some(wrong) => {
            let symbols = KANA.symbols.trim_end();
            let rule = match KANA.long_vowel.contains(wrong) {
                true => text!(
                    "{name} に使用できるのは数字、英大文字、半角カナ、記号 {symbols} だけです。{wrong:?} は使用できません（長音記号はハイフン - で代用してください）。",
                    "{name} may only have digits, capital letters, half-width kana and {symbols}: {wrong:?} is none of them (use the hyphen - for the long vowel mark)",
                    name = name,
                    symbols = symbols,
                    wrong = wrong
                ),
                false => text!(
                    "{name} に使用できるのは数字、英大文字、半角カナ、記号 {symbols} だけです。{wrong:?} は使用できません。",
                    "{name} may only have digits, capital letters, half-width kana and {symbols}: {wrong:?} is none of them",
                    name = name,
                    symbols = symbols,
                    wrong = wrong
                ),
            };
            Err(Refusal::field("P008", name, rule))
        }
    }
}

fn admits(set: Set, c: char) -> bool {
    let kana = matches!(c, 'ｦ'..='ﾟ') && !KANA.long_vowel.contains(c);
    let long_vowel = set == Set::Store && KANA.long_vowel.contains(c);
    c.is_ascii_alphanumeric() || kana || long_vowel || KANA.symbols.contains(c)
}

fn fold(c: char) -> char {
    match KANA.small.chars().position(|small| small == c) {
        Some(at) => KANA.large.chars().nth(at).unwrap_or(c),
        None => c.to_ascii_uppercase(),
    }
}

/// A name on a printed slip (040): capital letters or kana, not mixed; P008 otherwise.
pub(in crate::method) fn slip_name(name: Name, value: &str) -> Result<String, Refusal> {
    let value = value.to_ascii_uppercase();
    let letters = value.chars().all(|c| c.is_ascii_uppercase() || c == ' ');
    let kana = value.chars().all(|c| matches!(c, 'ｦ'..='ﾟ') || c == ' ');
    let rule = if !letters && !kana {
        text!(
            "{name} は英大文字だけか半角カナだけで指定してください。混在はできません。",
            "{name} must be capital letters or half-width kana, not mixed",
            name = name
        )
    } else if value.chars().next().is_some_and(|first| KANA.slip.not_first.contains(first)) {
        text!(
            "{name} の先頭に小書きのカナ、ﾝ、ｦ、濁点・半濁点、長音記号は使用できません。",
            "{name} must not start with a small kana, ﾝ, ｦ, a sound mark or a long vowel mark",
            name = name
        )
    } else if value.chars().any(|c| KANA.slip.nowhere.contains(c)) {
        text!("{name} に句読点・記号は使用できません。", "{name} must have no punctuation", name = name)
    } else {
        return Ok(value);
    };
    Err(Refusal::field("P008", name, rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::name;

    fn code<T>(result: Result<T, Refusal>) -> String {
        result.err().map_or_else(String::new, |refusal| refusal.code)
    }

    #[test]
    fn letters_and_small_kana_are_folded() {
        let name = name::CUSTOMER_NAME_KANA;
        let folded_text = |text: &str, set| folded(name, text, set);
        assert_eq!(folded_text("abc ｼｮｯﾌﾟ", Set::Transfer).unwrap(), "ABC ｼﾖﾂﾌﾟ");
        assert_eq!(folded_text("ｼﾞｭｰｽ", Set::Store).unwrap(), "ｼﾞﾕｰｽ");
        assert_eq!(code(folded_text("ｼﾞｭｰｽ", Set::Transfer)), "P008");
        assert_eq!(code(folded_text("ｱ･ｲ", Set::Store)), "P008");
        assert_eq!(folded_text("", Set::Store).unwrap(), "");
    }

    #[test]
    fn slips_print_letters_or_kana() {
        let slip = |text: &str| code(slip_name(name::CUSTOMER_NAME_KANA, text));
        for good in ["YAMADA", "yamada", "ﾔﾏﾀﾞ ﾀﾛｳ"] {
            assert_eq!(slip(good), "", "{good}");
        }
        for bad in ["ﾔﾏﾀﾞ A", "ﾝﾔ", "ｯﾔ", "ﾔ･ﾏ", "A1"] {
            assert_eq!(slip(bad), "P008", "{bad}");
        }
    }
}
