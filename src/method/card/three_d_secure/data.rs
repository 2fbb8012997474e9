//! What the data of a 450 must be like: amounts as their currency has them, places that exist.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fixtures;
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::name;

/// Currencies and their decimals, countries: `fixtures/iso.toml`.
#[derive(Deserialize)]
struct Iso {
    two_decimals: Vec<String>,
    no_decimals: Vec<String>,
    countries: Vec<String>,
}

fn iso() -> &'static Iso {
    static ISO: LazyLock<Iso> = LazyLock::new(|| fixtures::parse(include_str!("../../../../fixtures/iso.toml")));
    &ISO
}

/// P010 for a currency that 450 does not know, or more decimals than it has (`card_3ds2.md` section 10).
pub(super) fn check_decimals(amount: &str, currency: &str) -> Result<(), Refusal> {
    let currency = if currency.is_empty() { "JPY" } else { currency };
    let most = match currency {
        _ if iso().no_decimals.iter().any(|code| code == currency) => 0,
        _ if iso().two_decimals.iter().any(|code| code == currency) => 2,
        _ => {
            let rule = text!(
                "450 では通貨 {currency} の金額を指定できません。",
                "450 takes no amounts in {currency}",
                currency = currency
            );
            return Err(Refusal::field("P010", name::CURRENCY_CODE, rule));
        }
    };
    // Noughts behind the point are no decimals: shops write 1000.00 yen (`observed.md` section 7).
    let decimals = amount.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len());
    if decimals > most {
        let rule = text!(
            "{currency} の金額の小数は {most} 桁までです。",
            "an amount in {currency} has at most {most} decimals",
            currency = currency,
            most = most
        );
        return Err(Refusal::field("P010", name::PAYMENT_AMOUNT, rule));
    }
    Ok(())
}

/// The error of the 3-D Secure server that the data of a 450 bring about (`card_3ds2.md` section 9): 203 for blank
/// addresses and wrong e-mail addresses, 304 for countries and states that ISO 3166 does not have.
pub(super) fn data_error<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'static str> {
    let fields: Vec<(&str, &str)> = fields.collect();
    let blank = |value: &str| value.chars().all(char::is_whitespace);
    let address = |name: &str| name.starts_with("bill_address_") || name.starts_with("ship_address_");
    let wrong_mail = |mail: &str| match mail.rsplit_once('@') {
        Some((local, domain)) => {
            mail.contains("..")
                || local.is_empty()
                || local.starts_with('.')
                || local.ends_with('.')
                || domain.is_empty()
        }
        None => true,
    };
    let of = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if fields.iter().any(|(name, value)| address(name) && blank(value))
        || [name::EMAIL_ADDRESS, name::DELIVERY_EMAIL_ADDRESS].iter().filter_map(|name| of(name)).any(wrong_mail)
    {
        return Some("203");
    }
    let wrong_place = ["bill", "ship"].into_iter().any(|which| {
        let country = of(&format!("{which}_address_country"));
        let state = of(&format!("{which}_address_state"));
        let unknown = country.is_some_and(|code| !iso().countries.iter().any(|known| known == code));
        // Prefectures are the only states that a list here would gain from: 01 to 47.
        let no_prefecture = country == Some("392")
            && state.is_some_and(|state| !state.parse::<u8>().is_ok_and(|number| (1..=47).contains(&number)));
        unknown || no_prefecture
    });
    wrong_place.then_some("304")
}
