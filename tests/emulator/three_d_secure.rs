//! EMV 3-D Secure: 450, the buyer's way over the pages, the return to the shop, the 020 afterwards; and 3-D Secure 1.0.

use paygent_emulator::internal::method::card::rules::rules;
use paygent_emulator::internal::wire::hash::sha256_hex;
use serde_json::json;

use crate::buyer::{Ear, browse, parameter, query};
use crate::harness::{Answer, Emulator, Shop};

const KEY: &str = "threedsecurehashkey0123";
const TERM_URL: &str = "https://shop.example/return?key=wc_1";

/// A card of a brand.
fn card_of(brand: &str) -> &'static str {
    match brand {
        "JCB" => "3580000000000000",
        "DINERS" => "36000000000000",
        "AMEX" => "376500000000000",
        "MASTER" => "5304000000000000",
        _ => "4980000000000000",
    }
}

fn start(shop: &Shop<'_>, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("trading_id", "t1"),
        ("term_url", TERM_URL),
        ("merchant_name", "TEST SHOP"),
        ("authentication_type", "01"),
        ("card_set_method", "direct"),
        ("card_number", card_of("VISA")),
        ("card_valid_term", "1239"),
        ("payment_amount", "1000"),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
    fields.extend_from_slice(more);
    shop.send("450", &fields)
}

/// Starts an authentication that must be startable; its id.
fn started(shop: &Shop<'_>, more: &[(&str, &str)]) -> String {
    let answer = start(shop, more);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer.get("3ds_auth_id").to_owned()
}

/// The browser goes from `out_acs_html` to where it is sent.
fn walk(emulator: &Emulator, id: &str) -> String {
    let arrived = browse(emulator, "POST", "/3ds/start", &[("3ds_auth_id", id)]);
    assert_eq!(arrived.status, 200);
    browse(emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", id)]).location().to_owned()
}

/// The return that a password leads to, or that of the button that cancels.
fn answer(emulator: &Emulator, page: &str, field: (&str, &str)) -> String {
    browse(emulator, "POST", page, &[field]).location().to_owned()
}

fn pay(shop: &Shop<'_>, id: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("trading_id", "t1"),
        ("payment_amount", "1000"),
        ("payment_class", "10"),
        ("card_number", card_of("VISA")),
        ("card_valid_term", "1239"),
        ("3dsecure_use_type", "2"),
        ("3ds_auth_id", id),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
    fields.extend_from_slice(more);
    fields.retain(|(_, value)| !value.is_empty());
    shop.send("020", &fields)
}

/// Checks a return, and that the 020 after it does what the table says.
fn check_return(shop: &Shop<'_>, id: &str, url: &str, (result, attempt, code): (&str, &str, &str), case: &str) {
    assert!(url.starts_with(&format!("{TERM_URL}&issur_class=")), "{case}: {url}");
    let query = query(url);
    let of = |name: &str| parameter(&query, name);
    assert_eq!(of("result").as_deref(), Some(result), "{case}");
    assert_eq!(of("3ds_auth_id").as_deref(), Some(id), "{case}");
    let attempt_kbn = (result == "0").then(|| attempt.to_owned());
    assert_eq!(of("attempt_kbn"), attempt_kbn, "{case}");
    let response_code = (result != "0").then(|| code.to_owned());
    assert_eq!(of("response_code"), response_code, "{case}");
    assert_eq!(of("hc"), Some(sha256_hex([result, id, attempt, KEY])), "{case}: also with failures");
    let paid = pay(shop, id, &[]);
    if result == "0" {
        assert_eq!((paid.result.as_str(), paid.get("attempt_kbn")), ("0", attempt), "{case}: {paid:?}");
        let inquiry = shop.send("094", &[("payment_id", paid.get("payment_id"))]);
        assert_eq!(
            ["payment_status", "attempt_kbn", "3dsecure_message_version", "3dsecure_ryaku"]
                .map(|name| inquiry.get(name)),
            ["20", attempt, "2.2.0", ""],
            "{case}"
        );
        assert_eq!(pay(shop, id, &[]).response_code, "31010", "{case}: once");
    } else {
        assert_eq!(paid.response_code, "31011", "{case}: a failed authentication pays nothing");
    }
}

#[test]
fn every_row_without_a_page_by_name_and_by_amount() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let rules = &rules().three_d_secure;
    assert_eq!((rules.frictionless.len(), rules.errors.len()), (24, 3));
    for row in &rules.frictionless {
        let number = card_of(&row.brand);
        for chosen in [("cardholder_name", row.name.as_str()), ("payment_amount", &row.amount)] {
            let id = started(&shop, &[("card_number", number), chosen]);
            let url = walk(&emulator, &id);
            check_return(&shop, &id, &url, (&row.result, &row.attempt, &row.code), &format!("{row:?}"));
        }
    }
    for row in &rules.errors {
        for chosen in [("cardholder_name", row.name.as_str()), ("payment_amount", &row.amount)] {
            let id = started(&shop, &[("card_number", card_of("JCB")), chosen]);
            let url = walk(&emulator, &id);
            let query = query(&url);
            let codes = ["3dsecure_requestor_error_code", "3dsecure_server_error_code"];
            assert_eq!(codes.iter().filter(|name| !parameter(&query, name).unwrap().is_empty()).count(), 1, "{url}");
            check_return(&shop, &id, &url, ("0", "1", ""), &format!("{row:?}"));
        }
    }
    // Whatever is in no row.
    let id = started(&shop, &[("cardholder_name", "TARO YAMADA")]);
    check_return(&shop, &id, &walk(&emulator, &id), ("0", "", ""), "an ordinary buyer");
}

#[test]
fn every_password_of_every_brand() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let rules = &rules().three_d_secure;
    for row in &rules.challenge {
        let number = card_of(&row.brand);
        let mut passwords = vec![
            (row.success.as_str(), ("0", "", "")),
            (&row.failure, ("1", "", "31007")),
            (&row.attempt, ("0", "1", "")),
        ];
        passwords.extend(rules.any_brand.iter().map(|row| (row.password.as_str(), ("1", "", "31007"))));
        for (at, (password, expected)) in passwords.into_iter().enumerate() {
            let chosen = match at {
                0 => ("cardholder_name", row.name.as_str()),
                at => ("payment_amount", rules.challenge_amounts[at % 4].as_str()),
            };
            let id = started(&shop, &[("card_number", number), chosen]);
            let page = walk(&emulator, &id);
            assert_eq!(page, format!("/3ds/challenge/{id}"));
            let shown = browse(&emulator, "GET", &page, &[]);
            let text = String::from_utf8(shown.body).unwrap();
            assert!(shown.status == 200 && text.contains("type=\"password\"") && text.contains(password), "{text}");
            let url = answer(&emulator, &page, ("challengeDataEntry", password));
            check_return(&shop, &id, &url, expected, &format!("{} {password}", row.brand));
            // Whoever goes back and reloads is sent to the shop with the same result.
            assert_eq!(browse(&emulator, "GET", &page, &[]).location(), url);
        }
    }
}

#[test]
fn wrong_passwords_are_asked_again_twice_and_a_buyer_can_give_up() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let id = started(&shop, &[("cardholder_name", "BAVCA")]);
    let page = walk(&emulator, &id);
    assert!(!String::from_utf8_lossy(&browse(&emulator, "GET", &page, &[]).body).contains("role=\"alert\""));
    for _ in 0..2 {
        assert_eq!(answer(&emulator, &page, ("challengeDataEntry", "99999")), page);
        assert!(String::from_utf8_lossy(&browse(&emulator, "GET", &page, &[]).body).contains("role=\"alert\""));
    }
    let url = answer(&emulator, &page, ("challengeDataEntry", "99999"));
    check_return(&shop, &id, &url, ("1", "", "31007"), "three wrong passwords");
    assert_eq!(answer(&emulator, &page, ("challengeDataEntry", "14012")), url, "it is over");

    let id = started(&shop, &[("cardholder_name", "BAVCA")]);
    let page = walk(&emulator, &id);
    check_return(&shop, &id, &answer(&emulator, &page, ("cancel", "1")), ("1", "", "31007"), "cancelled");
    assert_eq!(browse(&emulator, "GET", "/3ds/challenge/nobody", &[]).status, 404);
    assert_eq!(browse(&emulator, "POST", "/3ds/start", &[]).status, 404);
}

#[test]
fn the_page_has_the_shape_that_all_clients_need() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let answer = start(&shop, &[]);
    assert_eq!(answer.fields.last().unwrap().0, "out_acs_html");
    let html = answer.get("out_acs_html");
    assert!(html.starts_with("<html>\r\n"), "it begins on the line after its name: {html}");
    assert_eq!(
        ["card_brand", "acq_id", "issur_class", "masked_card_number"].map(|name| answer.get(name)),
        ["VISA", "99663", "0", "************0000"]
    );
    // As the WooCommerce plugin prints it into its own page.
    let printed = html
        .replace("<html>", "<!--<html>")
        .replace("<body onload=\"OnLoadEvent();\">", "<body onload=\"OnLoadEvent();\">-->")
        .replace("</body>", "")
        .replace("</html>", "");
    let (comment, rest) = printed.split_once("-->").expect("the comment ends");
    assert!(!comment[4..].contains("--"), "{comment}");
    assert!(
        rest.contains("name=\"submitForm\" id=\"submitForm\" method=\"POST\" action=\"https://localhost/3ds/start\"")
    );
    assert!(rest.contains(answer.get("3ds_auth_id")) && !rest.contains("name=\"submit\""), "{rest}");
    // Full-width shop names come from a real client.
    assert_eq!(start(&shop, &[("merchant_name", "テスト店"), ("unknown", "x")]).result, "0");
}

#[test]
fn what_450_refuses() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let token = shop.token(card_of("JCB"));
    let code_token = shop.code_token();
    let expiring = shop.token(card_of("JCB"));
    let used = shop.token(card_of("JCB"));
    let pay_with_it = [("payment_amount", "1"), ("card_token", used.as_str()), ("3dsecure_ryaku", "1")];
    assert_eq!(shop.send("020", &pay_with_it).result, "0");
    let bare = [("card_number", ""), ("card_valid_term", "")];
    let with = |more: &[(&'static str, &str)]| {
        let fields: Vec<(&str, &str)> = bare.iter().copied().chain(more.iter().copied()).collect();
        start(&shop, &fields).response_code
    };
    assert_eq!(with(&[("card_set_method", "token"), ("card_token", &token)]), "");
    assert_eq!(with(&[("card_set_method", "token"), ("card_token", &token)]), "", "it does not use the token up");
    for (fields, code) in [
        (vec![("card_set_method", "token")], "31002"),
        (vec![("card_set_method", "token"), ("card_token", &code_token)], "31002"),
        (vec![("card_set_method", "token"), ("card_token", "tok_x")], "31004"),
        (vec![("card_set_method", "token"), ("card_token", &used)], "31005"),
        (vec![("card_set_method", "customer")], "31002"),
        (vec![("card_set_method", "customer"), ("customer_id", "c"), ("customer_card_id", "1")], "31006"),
        (vec![("card_set_method", "customer"), ("customer_id", "c")], "31006"),
        (vec![("card_set_method", "direct")], "31002"),
        (vec![("card_set_method", "google")], "25001"),
        (vec![("card_set_method", "other")], "P010"),
    ] {
        assert_eq!(with(&fields), code, "{fields:?}");
    }
    for (field, code) in [
        (("term_url", ""), "P006"),
        (("term_url", "javascript:alert(1)"), "P010"),
        (("merchant_name", ""), "P006"),
        (("authentication_type", "02"), "P010"),
        (("payment_amount", "10.5"), "P010"),
        (("payment_amount", "x"), "P008"),
        (("currency_code", "XXX"), "P010"),
        (("cardholder_name", "A"), "P009"),
        (("card_valid_term", "1220"), "P010"),
    ] {
        assert_eq!(start(&shop, &[field]).response_code, code, "{field:?}");
    }
    assert_eq!(start(&shop, &[("payment_amount", "10.5"), ("currency_code", "USD")]).result, "0");
    shop.advance("days", 2);
    assert_eq!(with(&[("card_set_method", "token"), ("card_token", &expiring)]), "31003");
    shop.set(json!({"contracts": {"token_only": true}}));
    assert_eq!(start(&shop, &[]).response_code, "2023");
    shop.set(json!({"contracts": {"stored_cards": false}}));
    assert_eq!(with(&[("card_set_method", "customer"), ("customer_id", "c")]), "P021");
    shop.set(json!({"contracts": {"three_d_secure": false}}));
    assert_eq!(start(&shop, &[]).response_code, "P063");
    assert_eq!(pay(&shop, "x", &[]).response_code, "P063");
    shop.set(json!({"contracts": {"three_d_secure": true, "token_only": false}}));
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": "450", "response_code": "31012"});
    emulator.api("POST", "/api/v1/faults", fault);
    assert_eq!(start(&shop, &[]).response_code, "31012");
}

#[test]
fn stored_cards_and_names_that_come_with_them() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let register = [
        ("customer_id", "c3ds"),
        ("card_number", card_of("VISA")),
        ("card_valid_term", "1239"),
        ("cardholder_name", "BAVRA"),
    ];
    let card_id = shop.send("025", &register).get("customer_card_id").to_owned();
    let bare = [("card_set_method", "customer"), ("customer_id", "c3ds"), ("card_number", ""), ("card_valid_term", "")];
    // The only card need not be named, and its stored name counts.
    let id = started(&shop, &bare);
    check_return(&shop, &id, &walk(&emulator, &id), ("1", "", "31007"), "the stored name");
    // A name that is sent does not change that.
    let named = [&bare[..], &[("customer_card_id", card_id.as_str()), ("cardholder_name", "BAVAA")]].concat();
    let id = started(&shop, &named);
    check_return(&shop, &id, &walk(&emulator, &id), ("1", "", "31007"), "the stored name");
    assert_eq!(shop.send("025", &register).result, "0");
    assert_eq!(start(&shop, &bare).response_code, "31002", "one of two must be named");
}

#[test]
fn data_that_the_servers_refuse_end_in_an_attempt() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    for (field, code) in [
        (("email_address", "a..b@example.com"), "203"),
        (("email_address", "a.@example.com"), "203"),
        (("email_address", "nobody"), "203"),
        (("bill_address_line1", "　 "), "203"),
        (("bill_address_country", "999"), "304"),
        (("email_address", "taro@example.com"), ""),
        (("ship_address_country", "392"), ""),
    ] {
        let id = started(&shop, &[field]);
        let query = query(&walk(&emulator, &id));
        let attempt = if code.is_empty() { "" } else { "1" };
        assert_eq!(parameter(&query, "3dsecure_server_error_code").as_deref(), Some(code), "{field:?}");
        assert_eq!(parameter(&query, "attempt_kbn").as_deref(), Some(attempt), "{field:?}");
    }
    let id = started(&shop, &[("bill_address_country", "392"), ("bill_address_state", "48")]);
    assert_eq!(parameter(&query(&walk(&emulator, &id)), "3dsecure_server_error_code").as_deref(), Some("304"));
}

#[test]
fn a_merchant_without_the_key_gets_no_hash() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = started(&shop, &[]);
    assert_eq!(parameter(&query(&walk(&emulator, &id)), "hc"), None);
}

#[test]
fn how_020_names_an_authentication() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    let id = started(&shop, &[]);
    assert_eq!(pay(&shop, &id, &[]).response_code, "31011", "not finished");
    walk(&emulator, &id);
    assert_eq!(pay(&shop, &id, &[("3dsecure_use_type", "")]).response_code, "31008");
    assert_eq!(pay(&shop, "", &[]).response_code, "31009");
    assert_eq!(pay(&shop, "00000000-0000-0000-0000-000000000000", &[]).response_code, "31011");
    assert_eq!(pay(&emulator.shop(), &id, &[]).response_code, "31011", "another merchant's");
    assert_eq!(pay(&shop, &id, &[("site_id", "0001")]).response_code, "31011", "another site's");
    // A refused authorization has not used it up.
    assert_eq!(pay(&shop, &id, &[("card_number", "4980000000008212")]).response_code, "2001");
    let paid = pay(&shop, &id, &[("sales_mode", "1")]);
    assert_eq!(shop.status(paid.get("payment_id")), "40");
    // It can be corrected; the new payment is made without 3-D Secure.
    let corrected =
        shop.send("029", &[("payment_id", paid.get("payment_id")), ("payment_amount", "900"), ("reduction_flag", "0")]);
    assert_eq!(corrected.result, "0", "{corrected:?}");
    assert_eq!(shop.send("094", &[("payment_id", corrected.get("payment_id"))]).get("3dsecure_message_version"), "");
    // Neither 3-D Secure nor doing without: an attempt.
    let neither = pay(&shop, "", &[("3dsecure_use_type", "")]);
    assert_eq!((neither.result.as_str(), neither.get("attempt_kbn")), ("0", "1"));
    let without = pay(&shop, "", &[("3dsecure_use_type", ""), ("3dsecure_ryaku", "1")]);
    assert_eq!((without.result.as_str(), without.get("attempt_kbn")), ("0", ""));
}

#[test]
fn a_buyer_who_does_not_come_is_told_to_the_shop_four_times() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.set(json!({"keys": {"three_d_secure_hash": KEY}}));
    let ear = Ear::answering(&[("500 No", "")]);
    let id = started(&shop, &[("term_url", &ear.url)]);
    shop.advance("minutes", 29);
    assert!(ear.is_silent());
    shop.advance("minutes", 1);
    let (line, body) = ear.hear();
    assert!(line.starts_with("GET /shop?key=wc_1&issur_class=") && body.is_empty(), "{line}");
    let told = query(line.split(' ').nth(1).unwrap());
    for (name, value) in [
        ("result", "1"),
        ("response_code", "31013"),
        ("response_detail", "認証タイムアウト"),
        ("fingerprint", "XXXX"),
        ("masked_card_number", "XXXX"),
        ("3ds_auth_id", id.as_str()),
        ("hc", sha256_hex(["1", id.as_str(), KEY]).as_str()),
    ] {
        assert_eq!(parameter(&told, name).as_deref(), Some(value));
    }
    assert_eq!(parameter(&told, "attempt_kbn"), None);
    for repeat in 1..=3 {
        assert_eq!(ear.hear_again(&shop, 60).0, line, "repeat {repeat}");
    }
    shop.advance("days", 1);
    // A merchant's messages come in their order: after three repeats the next one is about somebody else.
    let next = started(&shop, &[("term_url", &ear.url)]);
    shop.advance("minutes", 30);
    assert!(ear.hear().0.contains(&next), "three repeats and no more");
    assert_eq!(pay(&shop, &id, &[]).response_code, "31011");
    // Who comes after that is told so, and finds the way back.
    let late = browse(&emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", &id)]);
    let text = String::from_utf8(late.body).unwrap();
    assert!(late.status == 200 && text.contains("response_code=31013"), "{text}");

    // A redirect is an answer, too.
    let content = Ear::answering(&[("302 Found", "")]);
    started(&shop, &[("term_url", &content.url)]);
    shop.advance("minutes", 30);
    content.hear();
    shop.advance("minutes", 300);
    // Whoever has finished is not told of.
    let done = started(&shop, &[("term_url", &content.url)]);
    walk(&emulator, &done);
    shop.advance("days", 1);
    let last = started(&shop, &[("term_url", &content.url)]);
    shop.advance("minutes", 30);
    assert!(content.hear().0.contains(&last));
}

pub(crate) fn start_classic(shop: &Shop<'_>, number: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("card_number", number),
        ("3dsecure_use_type", "1"),
        ("http_accept", "text/html"),
        ("http_user_agent", "Mozilla/5.0"),
        ("term_url", "http://shop.example/back?o=1"),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
    fields.extend_from_slice(more);
    pay(shop, "", &fields)
}

/// The `MD` of the page that was answered.
fn md(answer: &Answer) -> String {
    let html = answer.get("out_acs_html");
    let (_, value) = html.split_once("name=\"MD\" value=\"").unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[test]
fn three_d_secure_1_still_asks_for_its_password() {
    let emulator = Emulator::start();
    let shop = emulator.first_shop();
    for (number, password, attempt, capture) in [
        ("5123459358515820", "password", "", "0"),
        ("3527457264262030", "password", "", "1"),
        ("5554307543057788", "123456", "1", "0"),
    ] {
        let asked = start_classic(&shop, number, &[("sales_mode", capture)]);
        assert_eq!(asked.result, "7", "{asked:?}");
        let id = asked.get("payment_id").to_owned();
        assert_eq!(shop.status(&id), "14");
        assert_eq!(shop.send("021", &[("payment_id", &id)]).response_code, "2004");
        let md = md(&asked);
        let page = browse(&emulator, "POST", "/3ds/acs", &[("MD", &md), ("PaReq", "x"), ("TermUrl", "y")]);
        let page = page.location().to_owned();
        let shown = browse(&emulator, "GET", &page, &[]);
        assert!(String::from_utf8_lossy(&shown.body).contains("type=\"password\""));
        let url = answer(&emulator, &page, ("challengeDataEntry", password));
        assert!(url.starts_with("http://shop.example/back?o=1&result=0&"), "{url}");
        let told = query(&url);
        assert_eq!(parameter(&told, "payment_id").as_deref(), Some(id.as_str()));
        assert_eq!(parameter(&told, "trading_id").as_deref(), Some("t1"));
        assert_eq!(parameter(&told, "attempt_kbn").as_deref(), Some(attempt));
        assert_eq!(parameter(&told, "hc"), Some(sha256_hex(["0", id.as_str(), attempt, KEY])));
        assert_eq!(shop.status(&id), if capture == "1" { "40" } else { "20" });
        assert_eq!(answer(&emulator, &page, ("challengeDataEntry", "again")), url, "once");
        assert_eq!(
            shop.send("028", &[("payment_id", &id), ("payment_amount", "1"), ("reduction_flag", "0")]).response_code,
            "2014"
        );
    }
    // A wrong password, and a card company that says no after the right one.
    for (number, field, code, detail) in [
        ("4708224192406930", ("challengeDataEntry", "wrong"), "2001", "1511"),
        ("4708224192406930", ("cancel", "1"), "2001", "1511"),
        ("4708224192418212", ("challengeDataEntry", "password"), "2001", "1G12"),
        ("4708224192418244", ("challengeDataEntry", "password"), "2003", "1G44"),
    ] {
        let asked = start_classic(&shop, number, &[]);
        let url = answer(&emulator, &format!("/3ds/acs/{}", md(&asked)), field);
        let told = query(&url);
        let of = |name: &str| parameter(&told, name).unwrap();
        assert_eq!(
            (of("result"), of("response_code"), of("response_detail")),
            ("1".into(), code.into(), detail.into())
        );
        assert_eq!(shop.status(asked.get("payment_id")), "11");
    }
    // Cards that take no part are attempts at once.
    for (number, attempt) in [("5123459358515840", "0"), (card_of("VISA"), "1")] {
        let done = start_classic(&shop, number, &[]);
        assert_eq!((done.result.as_str(), done.get("attempt_kbn"), done.get("out_acs_html")), ("0", attempt, ""));
    }
    assert_eq!(start_classic(&shop, card_of("VISA"), &[("term_url", "")]).response_code, "P005");
}

#[test]
fn a_buyer_of_three_d_secure_1_has_two_days() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let asked = start_classic(&shop, "5123459358515820", &[]);
    let id = asked.get("payment_id").to_owned();
    shop.advance("days", 2);
    assert_eq!(shop.status(&id), "14");
    shop.advance("days", 1);
    assert_eq!(shop.status(&id), "13");
    let url = answer(&emulator, &format!("/3ds/acs/{}", md(&asked)), ("challengeDataEntry", "password"));
    assert_eq!(parameter(&query(&url), "response_detail").as_deref(), Some("1513"));
    assert_eq!(shop.status(&id), "13");
}

#[test]
fn the_contract_says_which_attempts_are_authorized() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (setting, normal, caution) in [("all", "", ""), ("normal", "", "2015"), ("none", "2015", "2015")] {
        shop.set(json!({"contracts": {"attempt_authorization": setting}}));
        assert_eq!(start_classic(&shop, "5123459358515840", &[]).response_code, normal, "{setting}");
        assert_eq!(start_classic(&shop, card_of("VISA"), &[]).response_code, caution, "{setting}");
        // EMV 3-D Secure is the merchant's own decision.
        let id = started(&shop, &[("cardholder_name", "BAVUA")]);
        walk(&emulator, &id);
        assert_eq!(pay(&shop, &id, &[]).result, "0", "{setting}");
    }
}
