//! What works here but would hurt in production.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::merchant::Merchant;
use crate::payment::PaymentId;
use crate::text::{Text, text};
use crate::wire::{Charset, Form, TelegramSpec, name};

/// A telegram that was answered.
pub struct Sent<'a> {
    /// What the catalog says about it.
    pub spec: Option<&'static TelegramSpec>,
    /// Its parameters.
    pub form: &'a Form<'a>,
    /// Who sent it.
    pub merchant: Option<&'a Merchant>,
    /// An earlier payment that has the same マーチャント取引ID as the one that it made.
    pub earlier: Option<PaymentId>,
    /// Whether it was refused.
    pub refused: bool,
}

/// The warnings that a telegram deserves. A refused one is only warned of what did not make it fail.
pub fn of_telegram(sent: &Sent<'_>) -> Vec<Text> {
    let mut warnings = of_repeated(sent.form);
    if sent.refused {
        return warnings;
    }
    warnings.extend(card_data(sent));
    warnings.extend(three_d_secure_1(sent));
    warnings.extend(amount(sent));
    warnings.extend(taken_as_others(sent));
    warnings.extend(platform_dependent(sent));
    warnings.extend(sent.earlier.map(repeated_trading_id));
    warnings
}

/// Names that stand more than once.
pub fn of_repeated(form: &Form<'_>) -> Vec<Text> {
    let told = |name: &_| {
        text!(
            "{name} が複数回送信されています。最初の値を使用しました。",
            "{name} stands more than once; the first one counts",
            name = name
        )
    };
    form.repeated().iter().map(told).collect()
}

/// What a shop answered to a notice, if that will make the gateway send it again.
pub fn of_notice_answer(answer: &[u8]) -> Option<Text> {
    let text = String::from_utf8_lossy(answer);
    let good = text.lines().any(|line| line.trim() == "result=0");
    (!good).then(|| {
        text!(
            "加盟店が result=0 を応答していません。通知は再送され、5回連続で失敗すると全ての通知が一時停止します。",
            "the shop did not answer result=0: the notice is sent again, and after five failures all notices pause"
        )
    })
}

fn given<'a>(form: &'a Form<'_>, name: &str) -> Option<&'a [u8]> {
    form.get(name).filter(|value| !value.is_empty())
}

fn card_data(sent: &Sent<'_>) -> Option<Text> {
    let raw = given(sent.form, "card_number").is_some() && given(sent.form, "card_token").is_none();
    let knows = raw && sent.spec.is_some_and(|spec| spec.field(&name::CARD_TOKEN).is_some());
    (knows && sent.merchant.is_none_or(|merchant| !merchant.contracts.token_only)).then(|| {
        text!("カード番号が直接送信されています。現在の契約ではトークンが必須で、2023 になります (contracts.token_only)。", "raw card data: contracts made today demand tokens and refuse card_number with 2023 (contracts.token_only)")
    })
}

fn three_d_secure_1(sent: &Sent<'_>) -> Option<Text> {
    let knows = sent.spec.is_some_and(|spec| spec.field(&name::THREE_D_SECURE_USE_TYPE).is_some());
    let old = given(sent.form, "3dsecure_use_type") == Some(b"1") || given(sent.form, "term_url").is_some();
    // Who says that 3-D Secure is left out has it left out, whatever else is sent: a shop plugin does so all the time.
    let left_out = given(sent.form, "3dsecure_ryaku") == Some(b"1");
    (knows && old && !left_out).then(|| {
        text!("終了した 3Dセキュア1.0 の項目です。450 で認証し、3dsecure_use_type=2 と 3ds_auth_id を送信してください。", "parameters of 3-D Secure 1.0, which was withdrawn; authenticate with 450 and send 3dsecure_use_type=2 with 3ds_auth_id")
    })
}

#[derive(Deserialize)]
struct AmountRule {
    kind: String,
    field: String,
    max: u64,
    #[serde(default)]
    when: BTreeMap<String, String>,
}

fn amount(sent: &Sent<'_>) -> Option<Text> {
    #[derive(Deserialize)]
    struct File {
        amount: Vec<AmountRule>,
    }
    static FILE: LazyLock<File> = LazyLock::new(|| fixtures::parse(fixtures::WARNINGS));
    let kind = &sent.spec?.kind;
    let text = |name: &str| given(sent.form, name).and_then(|value| std::str::from_utf8(value).ok());
    let fits = |rule: &&AmountRule| {
        rule.kind == *kind
            && rule.when.iter().all(|(name, value)| text(name) == Some(value))
            && text(&rule.field).and_then(|amount| amount.parse::<u64>().ok()).is_some_and(|amount| amount > rule.max)
    };
    let rule = FILE.amount.iter().filter(fits).min_by_key(|rule| rule.max)?;
    Some(text!(
        "{field} がこの決済手段で一般的な上限 {max} 円を超えています。",
        "{field} is above {max} yen, the limit that is usual for this payment method",
        field = rule.field,
        max = rule.max
    ))
}

/// Values that the catalog takes as others.
fn taken_as_others(sent: &Sent<'_>) -> impl Iterator<Item = Text> {
    let spec = sent.spec;
    let checks = spec.map(|spec| spec.checks()).unwrap_or_default().iter().filter(|check| check.read_as);
    checks.filter_map(move |check| {
        let (field, value) = (spec?.checked(check), sent.form.get_by_id(check.id)?);
        let value = std::str::from_utf8(value).ok()?;
        let (name, taken) = (field.name, field.taken_as(value)?);
        Some(text!(
            "{name}={value} は定義されていない値です。{taken} として処理しました。",
            "{name}={value} is no value of this field; it was taken as {taken}",
            name = name,
            value = value,
            taken = taken
        ))
    })
}

/// 機種依存文字: characters of Windows-31J that JIS X 0208 lacks (`seed_requirements.md` G7).
fn platform_dependent(sent: &Sent<'_>) -> Option<Text> {
    let charset = sent.spec?.charset;
    let names: Vec<Cow<'_, str>> = sent
        .form
        .pairs()
        .filter(|(_, value)| match charset {
            Charset::Utf8 => {
                charset.decode(value).is_some_and(|text| has_extension(&Charset::Windows31J.encode(&text)))
            }
            Charset::Windows31J => !value.is_ascii() && has_extension(value),
        })
        .map(|(name, _)| String::from_utf8_lossy(name))
        .collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        text!(
            "{names}: 機種依存文字が含まれています。本番環境で正しく処理されないことがあります。",
            "{names}: platform dependent characters, which may disturb processing elsewhere",
            names = names
        )
    })
}

/// Whether Windows-31J bytes hold a character of the NEC or IBM extensions.
fn has_extension(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            0x87 | 0xed | 0xee | 0xfa..=0xfc if at + 1 < bytes.len() => return true,
            0x81..=0x9f | 0xe0..=0xfc => at += 2,
            _ => at += 1,
        }
    }
    false
}

fn repeated_trading_id(earlier: PaymentId) -> Text {
    text!(
        "決済ID {earlier} と同じマーチャント取引IDです。取引IDだけを指定する電文では区別できなくなります。",
        "the trading_id is that of payment {earlier} too: telegrams that name a trading_id alone can no longer tell them apart",
        earlier = earlier
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merchant::MerchantId;
    use crate::wire::catalog;

    fn warned(kind: &str, body: &[u8]) -> Vec<String> {
        let form = Form::read(None, body);
        let merchant = Merchant::new(MerchantId::new("1"), "c", "p");
        let spec = catalog().telegram(kind);
        let sent = Sent { spec, form: &form, merchant: Some(&merchant), earlier: None, refused: false };
        of_telegram(&sent).into_iter().map(|warning| warning.english.into_owned()).collect()
    }

    #[test]
    fn each_trap_has_its_warning() {
        for (kind, body, words) in [
            ("020", &b"card_number=4900000000000000"[..], "raw card data"),
            ("020", b"card_token=x&3dsecure_use_type=1", "3-D Secure 1.0"),
            ("020", b"card_token=x&term_url=https://shop.example", "3-D Secure 1.0"),
            ("020", b"card_token=x&payment_class=21", "taken as 23"),
            ("030", b"payment_amount=300001&cvs_company_id=00C001", "300000"),
            ("030", b"payment_amount=500001&cvs_company_id=00C002", "500000"),
            ("030", b"customer_name=%87%40", "customer_name"),
            ("020", b"card_token=x&a=1&a=2", "a stands more than once"),
        ] {
            let warnings = warned(kind, body);
            assert!(warnings.len() == 1 && warnings[0].contains(words), "{kind} {words}: {warnings:?}");
        }
        for left_out in [&b"3dsecure_use_type=1"[..], b"term_url=https://shop.example"] {
            assert!(warned("020", &[b"card_token=x&3dsecure_ryaku=1&", left_out].concat()).is_empty());
        }
        assert!(warned("030", b"payment_amount=300000&customer_name=%95%5c").is_empty());
        assert!(of_notice_answer(b"result=0\r\n").is_none() && of_notice_answer(b"<html>").is_some());
    }
}
