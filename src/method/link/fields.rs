//! The rules of an application's fields that go beyond one field's characters and length (`link.toml`).

use crate::method;
use crate::method::description::HostedRequest;
use crate::method::link::kana;
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::characters::{is_half_width_kana, is_zenkaku};
use crate::wire::{Name, Telegram, name};

/// Fields of free kana, in which a wrong character is replaced and not refused.
pub(super) const KANA: &[Name] =
    &[name::PAYMENT_DETAIL_KANA, name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA];

/// Fields that `fix_params` may name, and the fields that it then demands.
const FIXABLE: &[(&str, &[Name])] = &[
    ("customer_family_name", &[name::CUSTOMER_FAMILY_NAME]),
    ("customer_name", &[name::CUSTOMER_NAME]),
    ("customer_family_name_kana", &[name::CUSTOMER_FAMILY_NAME_KANA]),
    ("customer_name_kana", &[name::CUSTOMER_NAME_KANA]),
    ("customer_tel", &[name::CUSTOMER_TEL]),
    ("customer_info", &[name::CUSTOMER_FAMILY_NAME, name::CUSTOMER_NAME]),
    ("ship_info", &[]),
];

/// 6004 for a character that Shift_JIS does not have, or that depends on the machine.
pub(crate) fn check_characters(name: &str, value: &str) -> Result<(), Refusal> {
    let known = |c: char| c.is_ascii() || c == '¥' || c == '‾' || is_half_width_kana(c) || is_zenkaku(c);
    match value.chars().find(|c| !known(*c)) {
        Some(wrong) if !KANA.iter().any(|kana| *kana == *name) => {
            let rule = text!(
                "{name} に JIS X 0208 にない文字 {wrong:?} が含まれています（機種依存文字も使用できません）。",
                "{name} contains {wrong:?}, which is not in JIS X 0208 (platform dependent characters are not either)",
                name = name,
                wrong = wrong
            );
            Err(Refusal::named("6004", name, rule))
        }
        _ => Ok(()),
    }
}

/// P006 for a shop's name that is there but empty: shops without a company name must hear of it.
pub(crate) fn check_merchant_name(sent: Option<&str>) -> Result<(), Refusal> {
    match sent {
        Some("") => {
            let rule = text!(
                "merchant_name が空です。会社名を全角で送信してください。",
                "merchant_name is there but empty; the shop must send its company name in full-width characters"
            );
            Err(Refusal::field("P006", name::MERCHANT_NAME, rule))
        }
        _ => Ok(()),
    }
}

/// P010 for an unknown name in `fix_params`, P006 for a field that it demands and that is missing.
pub(super) fn check_fixed(request: &HostedRequest, requested: &[PaymentType]) -> Result<(), Refusal> {
    let Some(fix_params) = request.get(name::FIX_PARAMS) else { return Ok(()) };
    for name in fix_params.split(',') {
        let Some((_, demanded)) = FIXABLE.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FIXABLE.iter().map(|(known, _)| *known).collect();
            let rule = text!(
                "fix_params に {name:?} は指定できません。指定できる項目: {known}（カンマ区切り）",
                "fix_params names {name:?}; it may name {known}, joined with commas",
                name = name,
                known = known.join(", ")
            );
            return Err(Refusal::field("P010", name::FIX_PARAMS, rule));
        };
        let asks = |payment_type: &PaymentType| method::offer(*payment_type).is_some_and(|offer| offer.asks_for_names);
        let asked = requested.iter().any(asks) || name == "customer_info";
        if let Some(missing) = demanded.iter().find(|field| asked && !request.has(**field)) {
            let rule = text!(
                "fix_params に {name} が指定されているため、{missing} は必須です。",
                "{missing} must have a value because fix_params names {name}",
                missing = missing,
                name = name
            );
            return Err(Refusal::field("P006", *missing, rule));
        }
    }
    Ok(())
}

/// The fields that an application keeps, with the kana fields made fit for payments.
pub(super) fn kept(telegram: &Telegram) -> impl Iterator<Item = (String, String)> {
    telegram.fields().filter(|(name, _)| *name != "hc").map(|(name, value)| {
        let value = if KANA.iter().any(|kana| *kana == *name) { kana::with_periods(value) } else { value.to_owned() };
        (name.to_owned(), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_dependent_characters_are_refused() {
        for (value, fine) in [("表示ｱ a1‾¥", true), ("①", false), ("髙", false), ("😀", false), ("\u{fffd}", false)]
        {
            let refusal = check_characters("payment_detail", value).err();
            assert_eq!(refusal.is_none(), fine, "{value}");
            assert!(refusal.is_none_or(|refusal| refusal.code == "6004" && refusal.detail.contains("payment_detail")));
        }
        assert!(check_characters("customer_name_kana", "①").is_ok());
    }
}
