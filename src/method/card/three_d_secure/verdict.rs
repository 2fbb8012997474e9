//! How an EMV 3-D Secure authentication ends: the rules of the test environment (`test_cards.md` section 5), and the
//! query string that tells the result to the shop (`card_3ds2.md` section 4).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::fixtures;
use crate::method::card::CardFacts;
use crate::method::card::rules::{Challenge, EmvRules, rules};
use crate::method::card::three_d_secure::Authentication;
use crate::wire::{hash, name};

/// What stays unescaped in a query string.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// The result of an authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `result`: 0 or 1.
    pub result: String,
    /// `attempt_kbn`: empty authenticated, 0 正常, 1 注意.
    pub attempt_kbn: String,
    /// `response_code` of a failure.
    pub response_code: String,
    /// `3dsecure_requestor_error_code`.
    pub requestor_error: String,
    /// `3dsecure_server_error_code`.
    pub server_error: String,
}

impl Verdict {
    /// Authenticated (empty), or an attempt (0 or 1).
    pub(super) fn passed(attempt_kbn: &str) -> Verdict {
        Verdict { result: "0".to_owned(), attempt_kbn: attempt_kbn.to_owned(), ..Verdict::default() }
    }

    /// Failed with a response code.
    pub(super) fn failed(code: &str) -> Verdict {
        Verdict { result: "1".to_owned(), response_code: code.to_owned(), ..Verdict::default() }
    }

    /// An attempt because of an error of the 3-D Secure server, with its code.
    pub(super) fn server_error(code: &str) -> Verdict {
        Verdict { server_error: code.to_owned(), ..Verdict::passed("1") }
    }

    /// An attempt because of a fault on the way, with the codes of the servers concerned.
    fn fault(attempt_kbn: &str, requestor: &str, server: &str) -> Verdict {
        let (requestor_error, server_error) = (requestor.to_owned(), server.to_owned());
        Verdict { requestor_error, server_error, ..Verdict::passed(attempt_kbn) }
    }
}

/// What will happen to an authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Plan {
    /// It ends without asking the buyer.
    Frictionless(Verdict),
    /// The buyer must type a password.
    Challenge,
}

/// What amount, name and brand bring about. The name wins over the amount; what is in no row is authenticated.
pub(super) fn plan(brand: &str, amount: &str, name: &str) -> Plan {
    let rules = &rules().three_d_secure;
    let amount = amount.split_once('.').map_or(amount, |(whole, _)| whole).trim_start_matches('0');
    let amount = if amount.is_empty() { "0" } else { amount };
    let by_name = by(rules, brand, |known| known.name == name, |_| false);
    let by_amount = || by(rules, brand, |known| known.amount == amount, |amounts| amounts.iter().any(|a| a == amount));
    by_name.or_else(by_amount).unwrap_or_else(|| Plan::Frictionless(Verdict::passed("")))
}

/// A row's two keys, whichever table it is in.
struct Keys<'a> {
    amount: &'a str,
    name: &'a str,
}

fn by(
    rules: &EmvRules,
    brand: &str,
    fits: impl Fn(&Keys<'_>) -> bool,
    asks: impl Fn(&[String]) -> bool,
) -> Option<Plan> {
    let keys = |amount, name| Keys { amount, name };
    let row = rules.frictionless.iter().filter(|row| row.brand == brand);
    let mut row = row.filter(|row| fits(&keys(&row.amount, &row.name)));
    if let Some(row) = row.next() {
        let verdict = if row.result == "0" { Verdict::passed(&row.attempt) } else { Verdict::failed(&row.code) };
        return Some(Plan::Frictionless(verdict));
    }
    if let Some(row) = rules.errors.iter().find(|row| fits(&keys(&row.amount, &row.name))) {
        return Some(Plan::Frictionless(Verdict::fault(&row.attempt, &row.requestor, &row.server)));
    }
    let named = rules.challenge.iter().any(|row| row.brand == brand && fits(&keys("", &row.name)));
    (named || asks(&rules.challenge_amounts)).then_some(Plan::Challenge)
}

/// The passwords of a brand's page; a brand without its own (Discover, unknown ones) has those of VISA.
fn challenge_of(brand: &str) -> Option<&'static Challenge> {
    let rows = &rules().three_d_secure.challenge;
    rows.iter().find(|row| row.brand == brand).or_else(|| rows.iter().find(|row| row.brand == "VISA"))
}

/// The passwords of a card's page, each with what it brings about.
pub fn hints(card: &CardFacts) -> Vec<(&'static str, Verdict)> {
    let brand = &card.issuer().brand;
    let own = challenge_of(brand).into_iter().flat_map(|row| [&row.success, &row.failure, &row.attempt]);
    let common = rules().three_d_secure.any_brand.iter().map(|row| &row.password);
    own.chain(common).filter_map(|password| Some((password.as_str(), by_password(brand, password)?))).collect()
}

/// What a password brings about; `None` for one that means nothing.
pub(super) fn by_password(brand: &str, password: &str) -> Option<Verdict> {
    if let Some(row) = rules().three_d_secure.any_brand.iter().find(|row| row.password == password) {
        let fault = Verdict::fault(&row.attempt, &row.requestor, &row.server);
        // Seen at the real one: these end the authentication, the shop goes on with none of them (`observed.md` section 2).
        let failed = || Verdict { response_code: "31007".to_owned(), result: row.result.clone(), ..fault.clone() };
        return Some(if row.result == "1" { failed() } else { fault });
    }
    let row = challenge_of(brand)?;
    match password {
        _ if password == row.success => Some(Verdict::passed("")),
        _ if password == row.failure => Some(Verdict::failed("31007")),
        _ if password == row.attempt => Some(Verdict::passed("1")),
        _ => None,
    }
}

/// `term_url` with the result in its query, in the order that a client has seen.
pub(super) fn return_url(id: &str, authentication: &Authentication, verdict: &Verdict, key: &str) -> String {
    let card = &authentication.card;
    let hidden = verdict.response_code == "31013";
    let or_hidden = |value: &str| if hidden { "XXXX".to_owned() } else { value.to_owned() };
    let issuer = card.issuer();
    let detail = fixtures::errors().detail(&verdict.response_code, "");
    let mut query = vec![
        (name::ISSUR_CLASS, card.issur_class().to_owned()),
        (name::ACQ_ID, issuer.acq_id.clone()),
        (name::ACQ_NAME, issuer.acq_name.clone()),
        (name::MASKED_CARD_NUMBER, or_hidden(&card.masked_card_number)),
        (name::RESULT, verdict.result.clone()),
        (name::ISSUR_NAME, issuer.issur_name.clone()),
        (name::THREE_DS_AUTH_ID, id.to_owned()),
        (name::THREE_D_SECURE_REQUESTOR_ERROR_CODE, verdict.requestor_error.clone()),
        (name::CARD_BRAND, issuer.brand.clone()),
        (name::FINGERPRINT, or_hidden(&card.fingerprint)),
    ];
    if verdict.result == "0" {
        query.push((name::ATTEMPT_KBN, verdict.attempt_kbn.clone()));
    }
    query.push((name::THREE_D_SECURE_SERVER_ERROR_CODE, verdict.server_error.clone()));
    if !key.is_empty() {
        let parts = [verdict.result.as_str(), id, verdict.attempt_kbn.as_str(), key];
        query.push((name::HC, hash::sha256_hex(parts)));
    }
    query.push((name::ISSUR_ID, issuer.issur_id.clone()));
    if verdict.result != "0" {
        query.push((name::RESPONSE_CODE, verdict.response_code.clone()));
        query.push((name::RESPONSE_DETAIL, detail));
    }
    append(&authentication.term_url, &query)
}

/// A URL with more parameters in its query, which it may have already.
pub(super) fn append(url: &str, query: &[(impl AsRef<str>, String)]) -> String {
    let encoded: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", name.as_ref(), utf8_percent_encode(value, QUERY))).collect();
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{url}{joint}{}{fragment}", encoded.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_return_hash() {
        let hash = hash::sha256_hex(["0", "11111111-1111-1111-1111-111111111111", "0", "test_1234567890123456789"]);
        assert_eq!(hash, "e3f5400fb96b6ae955ac16f58cc81ba33e93f5ae35ec4a07bac6f0496c51bc43");
    }

    #[test]
    fn every_row_of_the_table_is_chosen_by_name_and_by_amount() {
        let rules = &rules().three_d_secure;
        for row in &rules.frictionless {
            let verdict = if row.result == "0" { Verdict::passed(&row.attempt) } else { Verdict::failed(&row.code) };
            let expected = Plan::Frictionless(verdict);
            assert_eq!(plan(&row.brand, "1000", &row.name), expected, "{row:?}");
            assert_eq!(plan(&row.brand, &row.amount, "TARO"), expected, "{row:?}");
            assert_eq!(plan("DISCOVER", &row.amount, &row.name), Plan::Frictionless(Verdict::passed("")), "{row:?}");
        }
        for row in &rules.errors {
            let expected = Plan::Frictionless(Verdict::fault("1", &row.requestor, &row.server));
            assert_eq!(plan("JCB", "1000", &row.name), expected);
            assert_eq!(plan("VISA", &row.amount, ""), expected);
        }
        for row in &rules.challenge {
            assert_eq!(plan(&row.brand, "1000", &row.name), Plan::Challenge);
            for (password, verdict) in [
                (&row.success, Verdict::passed("")),
                (&row.failure, Verdict::failed("31007")),
                (&row.attempt, Verdict::passed("1")),
            ] {
                assert_eq!(by_password(&row.brand, password), Some(verdict), "{row:?}");
            }
            assert_eq!(by_password(&row.brand, "0"), None);
        }
        for amount in &rules.challenge_amounts {
            assert_eq!(plan("MASTER", amount, ""), Plan::Challenge, "{amount}");
        }
        assert_eq!(plan("VISA", "0.00", ""), Plan::Challenge);
    }

    #[test]
    fn names_are_compared_as_typed() {
        assert_eq!(plan("VISA", "1000", "BBERRABAB"), Plan::Frictionless(Verdict::passed("")));
        assert_eq!(plan("VISA", "1000", "bavna"), Plan::Frictionless(Verdict::passed("")));
        assert_eq!(plan("VISA", "1000", "BAVNA"), Plan::Frictionless(Verdict::failed("31007")));
    }

    #[test]
    fn the_name_wins_over_the_amount_when_both_are_special() {
        assert_eq!(plan("VISA", "314040", "BAVYA"), Plan::Frictionless(Verdict::passed("")));
        assert_eq!(plan("VISA", "314010", "BAVCA"), Plan::Challenge);
        // Not special for this brand: the amount counts.
        assert_eq!(plan("VISA", "314040", "BAJYA"), Plan::Frictionless(Verdict::failed("31007")));
    }

    #[test]
    fn parameters_are_appended_to_what_is_there() {
        let query = [("a", "1 ｱ".to_owned())];
        for (url, expected) in [
            ("http://s/r", "http://s/r?a=1%20%EF%BD%B1"),
            ("http://s/r?", "http://s/r?a=1%20%EF%BD%B1"),
            ("http://s/r?k=v", "http://s/r?k=v&a=1%20%EF%BD%B1"),
            ("http://s/r?k=v#top", "http://s/r?k=v&a=1%20%EF%BD%B1#top"),
        ] {
            assert_eq!(append(url, &query), expected);
        }
    }
}
