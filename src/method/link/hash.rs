//! The hashes that prove who applies (`link.md` section 3).

use crate::wire::hash::{matches, sha256_hex};
use crate::wire::{Name, name};

/// The constant in the formula of the EC-CUBE plugins.
const EC_CUBE_CONSTANT: &str = "paygent2006";

/// Whether `hc` fits the values posted, by any formula that clients use.
///
/// `inform_url` takes part in the newer clients' formula or does not, and the EC-CUBE plugins have a formula of
/// their own; each needs the key, so that accepting all of them proves the same.
pub(crate) fn proves_application<'a>(hc: &str, key: &str, value: impl Fn(Name) -> &'a str) -> bool {
    let hashes = [application(key, &value, true), application(key, &value, false), ec_cube_application(key, &value)];
    hashes.iter().any(|expected| matches(expected, hc))
}

/// Formula A, with or without `inform_url`.
fn application<'a>(key: &str, value: &impl Fn(Name) -> &'a str, with_inform_url: bool) -> String {
    let head = [name::TRADING_ID, name::PAYMENT_TYPE, name::FIX_PARAMS, name::ID].map(value);
    let inform_url = if with_inform_url { value(name::INFORM_URL) } else { "" };
    let tail = [
        name::SEQ_MERCHANT_ID,
        name::PAYMENT_TERM_DAY,
        name::PAYMENT_TERM_MIN,
        name::PAYMENT_CLASS,
        name::USE_CARD_CONF_NUMBER,
        name::CUSTOMER_ID,
        name::THREEDSECURE_RYAKU,
    ];
    sha256_hex(head.into_iter().chain([inform_url]).chain(tail.map(value)).chain([key]))
}

/// Formula C, of the EC-CUBE plugins.
fn ec_cube_application<'a>(key: &str, value: &impl Fn(Name) -> &'a str) -> String {
    let rest = [
        name::TRADING_ID,
        name::ID,
        name::PAYMENT_TYPE,
        name::SEQ_MERCHANT_ID,
        name::PAYMENT_TERM_DAY,
        name::USE_CARD_CONF_NUMBER,
        name::FIX_PARAMS,
        name::INFORM_URL,
        name::PAYMENT_TERM_MIN,
        name::CUSTOMER_ID,
        name::THREEDSECURE_RYAKU,
    ];
    sha256_hex([value(name::PAYMENT_CLASS), key, EC_CUBE_CONSTANT].into_iter().chain(rest.map(value)))
}

/// Whether `hc` fits an application for the pages of stored cards (formula D).
pub(crate) fn proves_card_registration<'a>(hc: &str, key: &str, value: impl Fn(Name) -> &'a str) -> bool {
    let parts = [name::SEQ_MERCHANT_ID, name::USE_CARD_CONF_NUMBER, name::CUSTOMER_ID].map(value);
    matches(&sha256_hex(parts.into_iter().chain([key])), hc)
}

/// `hc` of the notice that a card was stored, changed or deleted (formula E).
pub(crate) fn card_notice(values: [&str; 5], key: &str) -> String {
    sha256_hex(values.into_iter().chain([key]))
}

/// `hc` of 入金通知, from its values as they are sent: `seq_payment_id`, `trading_id`, `payment_type`, `amount`.
pub(crate) fn payment_notice([seq_payment_id, trading_id, payment_type, amount]: &[String; 4], key: &str) -> String {
    sha256_hex([payment_type, amount, key, trading_id, seq_payment_id])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "LinkKey0123";
    const FIVE_NAMES: &str =
        "customer_family_name,customer_name,customer_family_name_kana,customer_name_kana,customer_tel";

    fn of(values: &'static [(&'static str, &'static str)]) -> impl Fn(Name) -> &'static str {
        |name| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    #[test]
    fn the_worked_examples_of_applications_hold() {
        let full = of(&[
            ("trading_id", "ORDER_1001"),
            ("payment_type", "02,03"),
            ("id", "2980"),
            ("seq_merchant_id", "40001"),
            ("payment_term_day", "5"),
            ("payment_class", "0"),
            ("use_card_conf_number", "1"),
            ("customer_id", "cust_77"),
            ("threedsecure_ryaku", "0"),
        ]);
        let hash = "f3857313b3848180a04da79d7ea9f9fb50b9018b9234aed384ac9a407113607d";
        assert_eq!(application(KEY, &full, true), hash);
        for tail in ["", "B", "9aF03"] {
            assert!(proves_application(&format!("{hash}{tail}"), KEY, &full), "{tail}");
        }
        assert!(proves_application(&hash.to_uppercase(), KEY, &full));
        assert!(!proves_application(hash, "AnotherKey", &full));
        assert!(!proves_application("", KEY, &full));

        let minimal = of(&[("trading_id", "ORDER_1002"), ("id", "500"), ("seq_merchant_id", "40001")]);
        let hash = "7c5ba5b7cc059f3ac5c305adaed083ae352e6110483333f53a5a58cca7e66b0d";
        assert_eq!(application(KEY, &minimal, true), hash);

        let welcart = of(&[
            ("trading_id", "W2025A0001"),
            ("payment_type", "02"),
            ("id", "2980"),
            ("inform_url", "https://shop.example/cart/"),
            ("seq_merchant_id", "40001"),
            ("payment_term_day", "5"),
            ("payment_class", "0"),
            ("use_card_conf_number", "0"),
            ("threedsecure_ryaku", "1"),
        ]);
        let hash = "2b485cd14eeb09e5ffbf64d8cfc2c46ef2f137650d056823f0ffefac3c462f9c";
        assert_eq!(application(KEY, &welcart, true), hash);
        assert!(proves_application(&application(KEY, &welcart, false), KEY, &welcart));
    }

    #[test]
    fn the_worked_examples_of_ec_cube_hold() {
        let values = of(&[
            ("payment_class", "0"),
            ("trading_id", "1234"),
            ("id", "2980"),
            ("payment_type", "02"),
            ("seq_merchant_id", "40001"),
            ("payment_term_day", "5"),
            ("use_card_conf_number", "1"),
            ("fix_params", FIVE_NAMES),
            ("customer_id", "77"),
        ]);
        let hash = "836cf3566af64c11226a30ca42928027604be0572334ec0b801eb9c824124db7";
        assert_eq!(ec_cube_application(KEY, &values), hash);
        assert!(proves_application(hash, KEY, &values));
        let short = of(&[
            ("payment_class", "0"),
            ("trading_id", "1234"),
            ("id", "2980"),
            ("seq_merchant_id", "40001"),
            ("payment_term_day", "5"),
            ("use_card_conf_number", "1"),
        ]);
        let hash = "82f83e0883d383290c24883443b65070021f4a29269a8a1b3ee2c80abfe5b0db";
        assert_eq!(ec_cube_application(KEY, &short), hash);
    }

    #[test]
    fn the_worked_examples_of_stored_cards_hold() {
        let values = of(&[("seq_merchant_id", "40001"), ("use_card_conf_number", "1"), ("customer_id", "cust_77")]);
        let hash = "264f6c4ca5f472f46434920a2a571cc9d1d7df88e26b5069040956fc1b4ae639";
        assert!(proves_card_registration(hash, KEY, &values));
        assert!(!proves_card_registration(&hash[1..], KEY, &values));
        for (site, hash) in [
            ("", "e836b6c7cf50be3de039aa80cffef6c3a7148cec00f2c9f84f972ee6f37a5abb"),
            ("A001", "c8d6069ae94f9ab24ecaa8de60ca1521d06f5a5703f351d6e3ae78e3edb33ef9"),
        ] {
            assert_eq!(card_notice([site, "cust_77", "1", "01", "20250901123456"], KEY), hash);
        }
    }
}
