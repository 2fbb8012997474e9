//! Stored cards: 025, 116, 026, 027, 113, and 020 with them (`card_vault.toml`).

use serde_json::json;

use crate::harness::{Answer, Emulator, Shop};

const VISA: &str = "4980000000000000";

fn register(shop: &Shop<'_>, customer: &str, number: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("customer_id", customer), ("card_number", number), ("card_valid_term", "1239")];
    fields.extend_from_slice(more);
    shop.send("025", &fields)
}

/// Registers a card that must be taken; its id.
fn stored(shop: &Shop<'_>, customer: &str, number: &str, more: &[(&str, &str)]) -> String {
    let answer = register(shop, customer, number, more);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer.get("customer_card_id").to_owned()
}

/// 027, as CSV rows.
fn list(shop: &Shop<'_>, fields: &[(&str, &str)]) -> Vec<Vec<String>> {
    let text = shop.csv("027", fields);
    assert!(text.ends_with("\r\n") && text.lines().all(|line| line.starts_with('"') && line.ends_with('"')), "{text}");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn pay(shop: &Shop<'_>, customer: &str, card_id: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("trading_id", "stored"),
        ("payment_amount", "1200"),
        ("payment_class", "10"),
        ("3dsecure_ryaku", "1"),
        ("stock_card_mode", "1"),
        ("customer_id", customer),
        ("customer_card_id", card_id),
    ];
    fields.extend_from_slice(more);
    shop.send("020", &fields)
}

#[test]
fn a_card_is_stored_listed_paid_with_and_deleted() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = register(&shop, "wc12", VISA, &[("cardholder_name", "TARO"), ("add_info1", "表\"一\"")]);
    assert_eq!(
        ["num_of_cards", "issur_id", "masked_card_number", "card_valid_term", "cardholder_name", "acq_id"]
            .map(|name| answer.get(name)),
        ["1", "", "************0000", "1239", "TARO", ""]
    );
    let id = answer.get("customer_card_id").to_owned();
    assert!(id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_digit()));

    let rows = list(&shop, &[("customer_id", "wc12"), ("limit_count", "2000")]);
    assert_eq!(rows[0], ["1", "0", "", ""]);
    assert_eq!(rows[1][..4], ["2", "customer_id", "customer_card_id", "card_number"]);
    assert_eq!(rows[1].len(), 13, "no columns of checks, no fingerprint: {:?}", rows[1]);
    assert_eq!(rows[2].len(), 13);
    assert_eq!(rows[2][..5], ["3", "wc12", id.as_str(), "************0000", "1239"]);
    assert!(rows[2][5].len() == 14 && rows[2][5].ends_with("00"), "{:?}", rows[2]);
    assert_eq!(rows[2][6..], ["VISA", "TARO", "表\"一\"", "", "", "", "0"]);
    assert_eq!(rows[3], ["4", "1"]);

    let paid = pay(&shop, "wc12", &id, &[("sales_mode", "1")]);
    assert_eq!(paid.result, "0", "{paid:?}");
    let inquiry = shop.send("094", &[("payment_id", paid.get("payment_id"))]);
    assert_eq!(
        ["payment_status", "customer_id", "customer_card_id", "masked_card_number"].map(|name| inquiry.get(name)),
        ["40", "wc12", id.as_str(), "************0000"]
    );
    assert_eq!(inquiry.get("fingerprint"), answer.get("fingerprint"), "one number has one fingerprint");

    assert_eq!(shop.send("026", &[("customer_id", "wc12"), ("customer_card_id", &id)]).get("num_of_cards"), "0");
    assert_eq!(pay(&shop, "wc12", &id, &[]).response_code, "P025");
    assert_eq!(shop.send("026", &[("customer_id", "wc12")]).response_code, "P022");
    let gone = list(&shop, &[("customer_id", "wc12")]);
    assert_eq!(
        (gone[0][..3].to_vec(), gone[1].clone(), gone.len()),
        (vec!["1".to_owned(), "1".to_owned(), "P026".to_owned()], vec!["4".to_owned(), "0".to_owned()], 2)
    );
    // What was paid with it is not touched.
    assert_eq!(shop.send("023", &[("payment_id", paid.get("payment_id"))]).result, "0");
}

/// What was used within the same second stays in order.
#[test]
fn the_card_used_last_comes_first_however_quickly_it_was() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let ids = [VISA, "4900000000001234"].map(|number| stored(&shop, "c", number, &[]));
    for used in [&ids[0], &ids[1], &ids[0], &ids[1], &ids[0]] {
        assert_eq!(pay(&shop, "c", used, &[]).result, "0");
        let listed = list(&shop, &[("customer_id", "c")]);
        let first = listed.iter().find(|row| row[0] == "3").unwrap();
        assert_eq!(first[2], *used, "{listed:?}");
    }
}

#[test]
fn every_error_of_027_is_csv() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (fields, code) in [
        (vec![], "P005"),
        (vec![("customer_id", "")], "P006"),
        (vec![("customer_id", "a-b")], "P008"),
        (vec![("customer_id", "a"), ("return_fingerprint_flg", "2")], "P010"),
        (vec![("customer_id", "nobody")], "P026"),
    ] {
        let rows = list(&shop, &fields);
        assert_eq!((rows.len(), rows[0][2].as_str(), rows[1].join(",")), (2, code, "4,0".to_owned()), "{fields:?}");
    }
}

#[test]
fn a_customer_has_ten_cards_at_most_in_each_site() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for number in 1..=10 {
        assert_eq!(register(&shop, "c", VISA, &[]).get("num_of_cards"), number.to_string());
    }
    assert_eq!(register(&shop, "c", VISA, &[]).response_code, "P023");
    assert_eq!(list(&shop, &[("customer_id", "c")]).last().unwrap(), &["4", "10"]);
    // Another site is another vault.
    let elsewhere = stored(&shop, "c", VISA, &[("site_id", "0001")]);
    assert_eq!(pay(&shop, "c", &elsewhere, &[]).response_code, "P025");
    assert_eq!(pay(&shop, "c", &elsewhere, &[("site_id", "0001")]).result, "0");
    assert_eq!(shop.send("026", &[("customer_id", "c")]).get("num_of_cards"), "0");
    assert_eq!(list(&shop, &[("customer_id", "c"), ("site_id", "0001")]).len(), 4);
}

#[test]
fn the_card_that_was_used_last_comes_first() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let first = stored(&shop, "c", VISA, &[]);
    let second = stored(&shop, "c", "5304000000000000", &[]);
    let order = || list(&shop, &[("customer_id", "c")])[2..4].iter().map(|row| row[2].clone()).collect::<Vec<_>>();
    assert_eq!(order(), [second.as_str(), &first]);
    shop.advance("minutes", 5);
    assert_eq!(pay(&shop, "c", &first, &[]).result, "0");
    assert_eq!(order(), [first.as_str(), &second]);
    let one = list(&shop, &[("customer_id", "c"), ("customer_card_id", &second), ("return_fingerprint_flg", "1")]);
    assert_eq!((one[1].len(), one[2].len(), one[1].last().map(String::as_str)), (14, 14, Some("fingerprint")));
}

#[test]
fn a_validity_check_stores_only_good_cards_and_leaves_a_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let good = register(&shop, "c", VISA, &[("valid_check_flg", "1")]);
    assert!(!good.get("issur_id").is_empty() && good.get("acq_id") == "99663", "{good:?}");
    assert_eq!(good.get("payment_id"), "");
    for (number, code, detail) in [
        ("4980000000008212", "2001", "1G12"),
        ("4980000000008101", "2002", "1C01"),
        ("4980000000008244", "2003", "1G44"),
        ("4980000000009000", "2008", ""),
    ] {
        let bad = register(&shop, "c", number, &[("valid_check_flg", "1")]);
        assert_eq!(bad.response_code, code, "{bad:?}");
        assert!(detail.is_empty() || bad.response_detail == detail, "{bad:?}");
        // Without a check nobody looks.
        assert_eq!(register(&shop, "other", number, &[]).result, "0");
    }
    let statuses: Vec<String> =
        shop.payments().iter().map(|payment| payment["payment_status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(statuses, ["17", "17", "17", "17", "22"]);
    let checked = shop.payments().pop().unwrap()["payment_id"].to_string();
    for kind in ["021", "022", "023"] {
        assert_eq!(shop.send(kind, &[("payment_id", &checked)]).response_code, "2004", "{kind}");
    }
    // Columns of the check appear, and stay empty for a card that was not checked.
    let unchecked = stored(&shop, "c", VISA, &[]);
    let rows = list(&shop, &[("customer_id", "c"), ("return_fingerprint_flg", "1")]);
    assert_eq!(
        rows[1][13..],
        ["valid_check_result", "valid_update_cd", "valid_check_date", "issur_name", "fingerprint"]
    );
    let of = |id: &str| rows.iter().find(|row| row[2] == id).unwrap()[13..].to_vec();
    assert_eq!(of(&unchecked)[..4], ["", "", "", ""]);
    let check = of(good.get("customer_card_id"));
    assert_eq!((check[0].as_str(), check[2].len(), check[4].as_str()), ("0", 14, good.get("fingerprint")));
}

#[test]
fn what_is_absent_stays_and_what_is_empty_is_cleared() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = stored(&shop, "c", VISA, &[("cardholder_name", "TARO"), ("add_info1", "one"), ("add_info2", "two")]);
    let change = |more: &[(&str, &str)]| {
        let mut fields = vec![("customer_id", "c"), ("customer_card_id", id.as_str())];
        fields.extend_from_slice(more);
        shop.send("116", &fields)
    };
    let row = || list(&shop, &[("customer_id", "c")])[2][4..].to_vec();
    assert_eq!(change(&[("add_info1", "uno"), ("add_info2", "")]).get("num_of_cards"), "1");
    let now = row();
    assert_eq!((now[0].as_str(), &now[3..8]), ("1239", &["TARO", "uno", "", "", ""].map(str::to_owned)[..]));
    assert_eq!(change(&[("cardholder_name", ""), ("card_valid_term", "")]).result, "0");
    assert_eq!((row()[0].as_str(), row()[3].as_str()), ("1239", ""));
    assert!(shop.payments().is_empty(), "no check without an expiry");
    assert_eq!(change(&[("card_valid_term", "0140")]).result, "0");
    assert_eq!(row()[0], "0140");
    assert_eq!(shop.payments().len(), 1);

    // A check that fails changes nothing.
    let bad = stored(&shop, "d", "4980000000008212", &[]);
    let fields = [("customer_id", "d"), ("customer_card_id", &bad), ("card_valid_term", "0140"), ("add_info1", "x")];
    assert_eq!(shop.send("116", &fields).response_code, "2001");
    let kept = list(&shop, &[("customer_id", "d")])[2].clone();
    assert_eq!((kept[4].as_str(), kept[8].as_str()), ("1239", ""));

    assert_eq!(shop.send("116", &[("customer_id", "c"), ("customer_card_id", "1")]).response_code, "P022");
    assert_eq!(change(&[("security_code_use", "1")]).response_code, "P006");
    assert_eq!(change(&[("card_token", &shop.token(VISA))]).response_code, "2026");
    let code = shop.code_token();
    assert_eq!(change(&[("security_code_use", "1"), ("card_token", &code), ("card_valid_term", "0240")]).result, "0");
    assert_eq!(change(&[("card_token", &code)]).response_code, "2022");
}

#[test]
fn contracts_open_and_close_the_vault() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = stored(&shop, "c", VISA, &[]);
    shop.set(json!({"contracts": {"stored_cards": false}}));
    assert_eq!(register(&shop, "c", VISA, &[]).response_code, "P021");
    assert_eq!(shop.send("116", &[("customer_id", "c"), ("customer_card_id", &id)]).response_code, "P021");
    assert_eq!(shop.send("026", &[("customer_id", "c")]).response_code, "P021");
    assert_eq!(list(&shop, &[("customer_id", "c")])[0][2], "P021");
    assert_eq!(pay(&shop, "c", &id, &[]).response_code, "P024");
    shop.set(json!({"contracts": {"stored_cards": true, "validity_check": false, "token_only": true}}));
    assert_eq!(register(&shop, "c", VISA, &[("valid_check_flg", "1")]).response_code, "P027");
    assert_eq!(register(&shop, "c", VISA, &[]).response_code, "2023");
    assert_eq!(pay(&shop, "c", &id, &[]).result, "0", "a stored card is no direct card");
    assert_eq!(pay(&shop, "c", &id, &[("card_conf_number", "123")]).response_code, "2023");
}

#[test]
fn a_stored_card_that_has_expired_is_refused_by_its_issuer() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = stored(&shop, "c", VISA, &[]);
    shop.advance("days", 365 * 15);
    assert_eq!(list(&shop, &[("customer_id", "c")])[2][12], "1");
    let refused = pay(&shop, "c", &id, &[]);
    assert_eq!((refused.response_code.as_str(), refused.response_detail.as_str()), ("2003", "1G83"));
}

#[test]
fn the_blocker_of_mass_transactions_leaves_a_payment_in_15() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = stored(&shop, "c", VISA, &[]);
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": "020", "response_code": "2054"});
    emulator.api("POST", "/api/v1/faults", fault);
    assert_eq!(pay(&shop, "c", &id, &[]).response_code, "2054");
    assert_eq!(shop.payments()[0]["payment_status"], "15");
    assert_eq!(pay(&shop, "c", &id, &[]).result, "0");
}

#[test]
fn debit_and_prepaid_cards_are_told_by_their_first_digits() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let rules = paygent_emulator::internal::method::card::rules::rules();
    for row in &rules.debit_prepaid.bins {
        let number = format!("{}0000000000", row.bin);
        let answer = shop.send("113", &[("search_with", "card_number"), ("card_number", &number)]);
        assert_eq!(
            ["card_type", "card_brand", "issur_class"].map(|name| answer.get(name)),
            [row.card_type.as_str(), &row.brand, &row.issur_class]
        );
    }
    let debit = "4001420000000000";
    let id = stored(&shop, "c", debit, &[]);
    let token = shop.token(debit);
    let paid = shop.send("020", &crate::harness::card(debit, "ref1", "100"));
    assert_eq!(paid.result, "0");
    for fields in [
        vec![("search_with", "customer"), ("customer_id", "c"), ("customer_card_id", id.as_str())],
        vec![("search_with", "trading_id"), ("ref_trading_id", "ref1")],
        vec![("search_with", "token"), ("card_token", token.as_str())],
        // Asking does not use a token up.
        vec![("search_with", "token"), ("card_token", token.as_str())],
    ] {
        assert_eq!(shop.send("113", &fields).get("card_type"), "debit", "{fields:?}");
    }
    let other = shop.send("113", &[("search_with", "card_number"), ("card_number", VISA)]);
    assert_eq!(["card_type", "card_brand", "issur_class"].map(|name| other.get(name)), ["other", "", ""]);
    for (fields, code) in [
        (vec![("search_with", "token")], "2027"),
        (vec![("search_with", "customer"), ("customer_id", "c")], "2027"),
        (vec![("search_with", "card_number"), ("card_token", token.as_str())], "2027"),
        (vec![("search_with", "trading_id"), ("ref_trading_id", "none")], "2009"),
        (vec![("search_with", "customer"), ("customer_id", "c"), ("customer_card_id", "1")], "P022"),
        (vec![("search_with", "token"), ("card_token", "tok_x")], "2021"),
        (vec![("search_with", "name")], "P010"),
    ] {
        assert_eq!(shop.send("113", &fields).response_code, code, "{fields:?}");
    }
}
