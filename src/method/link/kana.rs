//! What the pages do for shoppers who type kana, letters or digits in the other width.

use crate::wire::characters::is_half_width_kana;

/// Full-width katakana in the order of their half-width forms, from U+FF66 on.
const KATAKANA: &str =
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
const VOICED: &[(char, char)] = &[
    ('ガ', 'カ'),
    ('ギ', 'キ'),
    ('グ', 'ク'),
    ('ゲ', 'ケ'),
    ('ゴ', 'コ'),
    ('ザ', 'サ'),
    ('ジ', 'シ'),
    ('ズ', 'ス'),
    ('ゼ', 'セ'),
    ('ゾ', 'ソ'),
    ('ダ', 'タ'),
    ('ヂ', 'チ'),
    ('ヅ', 'ツ'),
    ('デ', 'テ'),
    ('ド', 'ト'),
    ('バ', 'ハ'),
    ('ビ', 'ヒ'),
    ('ブ', 'フ'),
    ('ベ', 'ヘ'),
    ('ボ', 'ホ'),
    ('ヴ', 'ウ'),
];
const HALF_VOICED: &[(char, char)] = &[('パ', 'ハ'), ('ピ', 'ヒ'), ('プ', 'フ'), ('ペ', 'ヘ'), ('ポ', 'ホ')];

/// Half-width: hiragana and katakana become half-width katakana, full-width letters and digits ASCII. What has no
/// half-width form stays.
pub(crate) fn to_half_width(text: &str) -> String {
    let mut half = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        };
        let base = |table: &[(char, char)]| table.iter().find(|(voiced, _)| *voiced == c).map(|(_, base)| *base);
        match (base(VOICED), base(HALF_VOICED)) {
            (Some(base), _) => half.extend([half_width_katakana(base), 'ﾞ']),
            (_, Some(base)) => half.extend([half_width_katakana(base), 'ﾟ']),
            // The long vowel is not among the characters of payments; clients write a hyphen.
            _ if matches!(c, 'ー' | 'ｰ' | '−' | '‐' | '―') => half.push('-'),
            _ => half.push(half_width_katakana(c)),
        }
    }
    half
}

fn half_width_katakana(c: char) -> char {
    match c {
        '。' => '｡',
        '「' => '｢',
        '」' => '｣',
        '、' => '､',
        '・' => '･',
        '゛' => 'ﾞ',
        '゜' => 'ﾟ',
        _ => KATAKANA.chars().zip('\u{ff66}'..).find(|(full, _)| *full == c).map_or(c, |(_, half)| half),
    }
}

/// Full-width: ASCII becomes full-width, half-width kana full-width katakana.
pub(crate) fn to_full_width(text: &str) -> String {
    let mut full = String::with_capacity(text.len());
    for c in text.chars() {
        let voiced = |table: &[(char, char)]| {
            let before = full.chars().next_back()?;
            table.iter().find(|(_, base)| *base == before).map(|(voiced, _)| *voiced)
        };
        let replaced = match c {
            'ﾞ' => voiced(VOICED),
            'ﾟ' => voiced(HALF_VOICED),
            _ => None,
        };
        if let Some(voiced) = replaced {
            full.pop();
            full.push(voiced);
            continue;
        }
        full.push(match c {
            ' ' => '\u{3000}',
            '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
            'ﾞ' => '゛',
            'ﾟ' => '゜',
            _ if is_half_width_kana(c) => {
                KATAKANA.chars().zip('\u{ff66}'..).find(|(_, half)| *half == c).map_or('・', |(full, _)| full)
            }
            _ => c,
        });
    }
    full
}

/// Whether a character may stand in a half-width kana field: digits, letters, katakana and the symbols of payments.
pub(crate) fn is_payment_kana(c: char) -> bool {
    let symbol = matches!(c, '¥' | '\\' | ',' | '.' | '(' | ')' | '-' | '/' | '｢' | '｣' | ' ');
    c.is_ascii_alphanumeric() || symbol || matches!(c, '\u{ff66}'..='\u{ff6f}' | '\u{ff71}'..='\u{ff9f}')
}

/// The kana fields of an application: any other character silently becomes a half-width period (`link.toml`).
pub(crate) fn with_periods(text: &str) -> String {
    text.chars().map(|c| if is_payment_kana(c) { c } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_are_converted_both_ways() {
        assert_eq!(to_half_width("ヤマダ　たろう１２ー３"), "ﾔﾏﾀﾞ ﾀﾛｳ12-3");
        assert_eq!(to_half_width("ぱんダ山"), "ﾊﾟﾝﾀﾞ山");
        assert_eq!(to_half_width("０９０１２３４５６７８"), "09012345678");
        assert_eq!(to_full_width("ﾔﾏﾀﾞ ABC-1"), "ヤマダ　ＡＢＣ－１");
        assert_eq!(to_full_width("ﾊﾟﾝ山田"), "パン山田");
    }

    #[test]
    fn what_is_no_payment_kana_becomes_a_period() {
        assert_eq!(with_periods("ﾔﾏﾀﾞ(1)"), "ﾔﾏﾀﾞ(1)");
        assert_eq!(with_periods("山a&ｰ😀"), ".a...");
    }
}
