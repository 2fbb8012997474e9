//! What payments in stores and at banks have in common: limit dates, numbers, kana, bank holidays, typed times.

pub(super) mod banks;
pub(super) mod calendar;
pub(super) mod kana;
pub(super) mod typed;

use std::fmt::Write;

use serde::{Deserialize, Deserializer};

use crate::clock::Moment;
use crate::merchant::MerchantId;
use crate::method::Desk;
use crate::method::description::HostedRequest;
use crate::payment::{PaymentId, PaymentType, Refusal};
use crate::secret::Secret;
use crate::text::text;
use crate::wire::{Name, Telegram, name};

/// What is encoded in a parameter's value: everything but RFC 3986's unreserved characters.
const RESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A time of the day, written `05:00` in the fixtures.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeOfDay(jiff::civil::Time);

impl TimeOfDay {
    /// This time on the day after a date: when a batch notices that a limit has passed.
    pub(super) fn on_the_day_after(self, date: Moment) -> Moment {
        self.on(date.plus_days(1).civil().date())
    }

    /// This time on a date.
    pub(super) fn on(self, date: jiff::civil::Date) -> Moment {
        Moment::from_civil(date.to_datetime(self.0))
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TimeOfDay, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(TimeOfDay).map_err(serde::de::Error::custom)
    }
}

/// How many days a payment may take: what a field says, or the default. P012 outside the range.
pub(super) fn days(field: Name, days: Option<u64>, range: [u64; 2], default: u64) -> Result<i64, Refusal> {
    let days = days.unwrap_or(default);
    if days < range[0] || days > range[1] {
        let rule = text!(
            "{field} は {least} から {most} までの日数で指定してください（{days}）。",
            "{field} is a number of days from {least} to {most}, not {days}",
            field = field,
            least = range[0],
            most = range[1],
            days = days
        );
        return Err(Refusal::field("P012", field, rule));
    }
    Ok(i64::try_from(days).unwrap_or(i64::MAX))
}

/// P007 without a contract; P011 above the merchant's own limit or, when it has none, above that of usual contracts.
pub(super) fn check_contract(
    desk: &Desk<'_>,
    payment_type: PaymentType,
    field: Name,
    amount: u64,
    usual_limit: u64,
) -> Result<(), Refusal> {
    desk.check_contract(payment_type, field, amount)?;
    if amount > usual_limit && !desk.merchant.contracts.amount_limits.contains_key(&payment_type) {
        let rule = text!(
            "{field} が {amount} 円です。一般的な契約の上限は {limit} 円で、加盟店設定で変更できます。",
            "{field} is {amount}, usual contracts allow {limit}; the merchant's settings can name another limit",
            field = field,
            amount = amount,
            limit = usual_limit
        );
        return Err(Refusal::field("P011", field, rule));
    }
    Ok(())
}

/// The same where usual contracts may have no limit.
pub(crate) fn check_limit(
    desk: &Desk<'_>,
    payment_type: PaymentType,
    field: Name,
    amount: u64,
    usual_limit: Option<u64>,
) -> Result<(), Refusal> {
    check_contract(desk, payment_type, field, amount, usual_limit.unwrap_or(u64::MAX))
}

/// A number of a given shape (`#` stands for a digit) that differs from those of the payments before and after it.
pub(super) fn number(shape: &str, payment_id: PaymentId) -> String {
    let places = shape.bytes().filter(|byte| *byte == b'#').count();
    let modulus = 10_u128.pow(u32::try_from(places).unwrap_or(0).min(38));
    // The factor has no divisor in common with powers of ten, so different ids give different numbers.
    let scrambled = u128::from(payment_id.0) * 618_033_988_749_894_848_204_587 % modulus;
    let digits = format!("{scrambled:0places$}");
    let mut digits = digits.chars();
    shape.chars().map(|c| if c == '#' { digits.next().unwrap_or('0') } else { c }).collect()
}

/// Values of a telegram under their names; empty where there is none.
pub(super) fn sent<const N: usize>(telegram: &Telegram, names: [Name; N]) -> [(Name, &str); N] {
    names.map(|name| (name, telegram.get(name).unwrap_or_default()))
}

/// Values of a telegram that a payment keeps under the same names.
pub(super) fn kept<'a>(telegram: &'a Telegram, names: &[Name]) -> Vec<(Name, &'a str)> {
    names.iter().filter_map(|name| Some((*name, telegram.get(*name)?))).collect()
}

/// What makes the URL of a payment's page unguessable; nothing needs to be kept for it.
pub(super) fn page_key(desk: &Desk<'_>, page: &str, payment_id: PaymentId) -> String {
    page_key_of(desk.secret, page, &desk.merchant.merchant_id, payment_id)
}

fn page_key_of(secret: &Secret, page: &str, merchant_id: &MerchantId, payment_id: PaymentId) -> String {
    let mut key = secret.sign(&[page, "/", merchant_id.as_str(), "/", &payment_id.to_string()]);
    key.truncate(32);
    key
}

/// A URL with more parameters at its end.
pub(super) fn with_query(url: &str, parameters: &[(impl AsRef<str>, &str)]) -> String {
    let mut url = url.to_owned();
    let (head, fragment) = match url.find('#') {
        Some(at) => (url[..at].to_owned(), url.split_off(at)),
        None => (url, String::new()),
    };
    let mut url = head;
    for (name, value) in parameters {
        let separator = match url.find('?') {
            None => "?",
            Some(_) if url.ends_with(['?', '&']) => "",
            Some(_) => "&",
        };
        let value = percent_encoding::utf8_percent_encode(value, RESERVED);
        let _ = write!(url, "{separator}{}={value}", name.as_ref());
    }
    url + &fragment
}

/// P009 for a `payment_detail` of the link type that does not fit on the bank's screens.
pub(crate) fn check_hosted_detail(request: &HostedRequest, payment_type: PaymentType) -> Result<(), Refusal> {
    let detail = request.get(name::PAYMENT_DETAIL).unwrap_or_default();
    if crate::wire::charset::windows_31j_len(detail) > 24 {
        let rule = text!(
            "payment_type {payment_type} の payment_detail は24バイト以内です。",
            "payment_detail may have at most 24 bytes for payment_type {payment_type}",
            payment_type = payment_type
        );
        return Err(Refusal::field("P009", name::PAYMENT_DETAIL, rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_shape_and_differ() {
        let numbers: std::collections::HashSet<String> =
            (0..1000).map(|id| number("#####-############", PaymentId(30_000_000 + id))).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(numbers.iter().all(|number| number.len() == 18 && number.as_bytes()[5] == b'-'));
        let short: std::collections::HashSet<String> =
            (0..1000).map(|id| number("######", PaymentId(30_000_000 + id))).collect();
        assert_eq!(short.len(), 1000);
        assert!(number("PG########", PaymentId(7)).starts_with("PG"));
    }

    #[test]
    fn parameters_join_what_a_url_has() {
        let more = [("result", "0"), ("trading_id", "a_b c")];
        assert_eq!(with_query("https://shop/x", &more), "https://shop/x?result=0&trading_id=a_b%20c");
        assert_eq!(with_query("https://shop/x?a=1", &more[..1]), "https://shop/x?a=1&result=0");
        assert_eq!(with_query("https://shop/x?#top", &more[..1]), "https://shop/x?result=0#top");
    }

    #[test]
    fn a_pages_key_belongs_to_one_payment_of_one_merchant() {
        let key =
            |page, merchant, id| page_key_of(&Secret::new([7; 32]), page, &MerchantId::new(merchant), PaymentId(id));
        let one = key("slip", "1", 7);
        assert_eq!(one.len(), 32);
        assert!([key("slip", "1", 8), key("slip", "2", 7), key("other", "1", 7)].iter().all(|other| *other != one));
    }
}
