//! Paying at convenience stores: 030 and 040 (`convenience.toml`; seed group V).

use serde_json::json;

use crate::harness::{Answer, Emulator, Shop};
use crate::pages;

/// A merchant with a connection type.
fn shop<'a>(emulator: &'a Emulator, connection_type: &str) -> Shop<'a> {
    let shop = emulator.shop();
    let settings = json!({
        "connect_id": "test0001",
        "connect_password": "password",
        "contracts": {"connection_type": connection_type},
    });
    emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings);
    shop
}

/// An application with some fields changed; an empty value leaves the field out.
fn apply(shop: &Shop<'_>, changes: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("trading_id", "order1"),
        ("payment_amount", "2490"),
        ("customer_family_name", "山田"),
        ("customer_name", "太郎"),
        ("customer_tel", "0312345678"),
        ("sales_type", "1"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields.retain(|(_, value)| !value.is_empty());
    shop.send("030", &fields)
}

fn transition(emulator: &Emulator, id: &str, json: serde_json::Value) -> serde_json::Value {
    emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), json)
}

/// Whether a number has a shape; `#` stands for a digit.
fn fits(shape: &str, number: &str) -> bool {
    shape.len() == number.len()
        && shape.bytes().zip(number.bytes()).all(|(s, n)| if s == b'#' { n.is_ascii_digit() } else { s == n })
}

#[test]
fn every_connection_type_has_its_stores_and_number_shapes() {
    let emulator = Emulator::start();
    const SHAPES: [(&str, &str); 5] = [
        ("01", "######"),
        ("02", "###########"),
        ("03", "#############"),
        ("04", "#####-############"),
        ("05", "PG########"),
    ];
    for (connection_type, groups) in [
        ("A", vec![("01", "00C016"), ("02", "00C002-00C004-00C014"), ("03", "00C001"), ("04", "00C005")]),
        ("B", vec![("01", "00C016"), ("02", "00C002-00C004-00C005-00C014"), ("03", "00C001")]),
        ("C", vec![("01", "00C002-00C005-00C016"), ("03", "00C001")]),
        ("D", vec![("01", "00C002-00C004-00C016"), ("02", "00C014"), ("03", "00C001"), ("04", "00C005")]),
        ("F", vec![("02", "00C014-P0C016"), ("03", "00C001"), ("04", "00C005"), ("05", "P0C002")]),
    ] {
        let shop = shop(&emulator, connection_type);
        for (cvs_type, shape) in SHAPES {
            let answer = apply(&shop, &[("cvs_type", cvs_type)]);
            let Some((_, usable)) = groups.iter().find(|(known, _)| *known == cvs_type) else {
                assert_eq!(answer.response_code, "P010", "{connection_type} {cvs_type}: {answer:?}");
                assert!(answer.response_detail.starts_with("\"cvs_type\""), "{answer:?}");
                continue;
            };
            assert_eq!(answer.get("usable_cvs_company_id"), *usable, "{connection_type} {cvs_type}");
            assert!(fits(shape, answer.get("receipt_number")), "{connection_type} {cvs_type}: {answer:?}");
            for code in usable.split('-') {
                let by_code = apply(&shop, &[("cvs_company_id", code)]);
                assert_eq!(by_code.get("usable_cvs_company_id"), *usable, "{connection_type} {code}");
            }
        }
        let all: Vec<&str> = groups.iter().flat_map(|(_, usable)| usable.split('-')).collect();
        for code in ["00C002", "00C004", "00C005", "00C016", "P0C002", "P0C016", "00C006"] {
            if !all.contains(&code) {
                assert_eq!(apply(&shop, &[("cvs_company_id", code)]).response_code, "P010", "{connection_type} {code}");
            }
        }
    }
    // cvs_type wins when both are sent.
    let shop = shop(&emulator, "A");
    let both = apply(&shop, &[("cvs_type", "03"), ("cvs_company_id", "00C002")]);
    assert_eq!(both.get("usable_cvs_company_id"), "00C001");
}

#[test]
fn limits_and_characters_of_030() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let lawson = ("cvs_company_id", "00C002");
    for (changes, code) in [
        (vec![("cvs_company_id", "")], "P005"),
        (vec![lawson, ("payment_amount", "0")], "P014"),
        (vec![lawson, ("payment_amount", "500001")], "P011"),
        (vec![("cvs_company_id", "00C001"), ("payment_amount", "300001")], "P011"),
        (vec![("cvs_company_id", "00C001"), ("sales_type", "")], "P005"),
        (vec![("cvs_company_id", "00C001"), ("sales_type", "2")], "P010"),
        (vec![lawson, ("payment_limit_date", "61")], "P012"),
        (vec![lawson, ("payment_limit_date", "xx")], "P008"),
        (vec![lawson, ("customer_tel", "03-1234-5678")], "P008"),
        (vec![lawson, ("customer_tel", "99999999999")], "3002"),
        (vec![lawson, ("customer_family_name", "yamada")], "P008"),
        (vec![lawson, ("customer_family_name", "①")], "P008"),
        (vec![lawson, ("customer_family_name", "　")], "P010"),
        (vec![lawson, ("customer_family_name", "一二三四五六七八九十一")], "P009"),
        (vec![lawson, ("customer_name_kana", "タロウ")], "P008"),
        (vec![lawson, ("customer_name_kana", "ﾀﾛｳ｡")], "P008"),
        (vec![lawson, ("service_type", "1"), ("ticket_num", "1")], "P010"),
    ] {
        let answer = apply(&shop, &changes);
        assert_eq!((answer.result.as_str(), answer.response_code.as_str()), ("1", code), "{changes:?}: {answer:?}");
    }
    for changes in [
        vec![lawson, ("payment_amount", "500000"), ("payment_limit_date", "60")],
        vec![("cvs_company_id", "00C001"), ("payment_amount", "300000"), ("payment_limit_date", "0")],
        // The failing phone number is Wellnet's alone.
        vec![("cvs_company_id", "00C001"), ("customer_tel", "99999999999")],
        vec![lawson, ("customer_name_kana", "ｼﾞｭｰｽ"), ("trading_id", "")],
    ] {
        let answer = apply(&shop, &changes);
        assert_eq!(answer.result, "0", "{changes:?}: {answer:?}");
    }
    let folded =
        shop.send("094", &[("payment_id", apply(&shop, &[lawson, ("customer_name_kana", "jｭｰｽ")]).get("payment_id"))]);
    assert_eq!(folded.get("customer_name_kana"), "JﾕｰS".replace('S', "ｽ"));
}

#[test]
fn the_limit_is_thirty_days_away_unless_the_shop_says_otherwise() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, "A");
    let clock = json!({"now": "2026-11-24T23:30:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    for (days, limit) in [("", "20261224"), ("0", "20261124"), ("5", "20261129"), ("60", "20270123")] {
        let answer = apply(&shop, &[("cvs_company_id", "00C002"), ("payment_limit_date", days)]);
        assert_eq!(answer.get("payment_limit_date"), limit, "{days}");
    }
}

/// V8 to V10 of the seed: the number, the status before and after, the stores that report at once.
#[test]
fn the_walk_through_of_a_convenience_store_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, &[("cvs_company_id", "00C002"), ("payment_limit_date", "5")]);
    let id = answer.get("payment_id").to_owned();
    let before = shop.send("094", &[("trading_id", "order1")]);
    assert_eq!((before.get("payment_id"), before.get("payment_status")), (id.as_str(), "10"));
    assert_eq!(before.get("receipt_number"), answer.get("receipt_number"));
    assert_eq!(["cvs_company_id", "payment_date", "user_payment_date"].map(|name| before.get(name)), ["", "", ""]);

    // The manual's picture types a time before the order.
    let typed = json!({"payment_status": "40", "payment_date": "20210628123000", "cvs_company_id": "00C002"});
    let done = transition(&emulator, &id, typed);
    assert_eq!(done["warnings"].as_array().unwrap().len(), 1);
    let after = shop.send("094", &[("payment_id", &id)]);
    let values = ["payment_status", "payment_date", "user_payment_date", "cvs_company_id"].map(|name| after.get(name));
    assert_eq!(values, ["40", "20210628123000", "20210628123000", "00C002"]);
    let again = json!({"payment_status": "12"}).to_string();
    assert_eq!(emulator.console("POST", &format!("/api/v1/payments/{id}/transitions"), &again).0, 409);

    let seven = apply(&shop, &[("cvs_company_id", "00C001"), ("trading_id", "order2")]);
    let id = seven.get("payment_id");
    transition(&emulator, id, json!({"payment_status": "43"}));
    assert_eq!(shop.status(id), "43");
    transition(&emulator, id, json!({"payment_status": "40"}));
    assert_eq!(shop.status(id), "40");

    // 申込済, 速報検知済 and 消込済 are told, in this order.
    let told: Vec<(String, String)> = std::iter::from_fn(|| {
        let notice = shop.send("091", &[]);
        (notice.get("success_code") == "0")
            .then(|| (notice.get("trading_id").to_owned(), notice.get("payment_status").to_owned()))
    })
    .collect();
    let expected = [("order1", "10"), ("order1", "40"), ("order2", "10"), ("order2", "43"), ("order2", "40")];
    assert_eq!(told, expected.map(|(id, status)| (id.to_owned(), status.to_owned())));
}

#[test]
fn unpaid_numbers_expire_and_paid_ones_do_not() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, "A");
    let clock = json!({"now": "2026-11-24T12:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    let unpaid = apply(&shop, &[("cvs_company_id", "00C002"), ("payment_limit_date", "1")]);
    let paid = apply(&shop, &[("cvs_company_id", "00C001"), ("payment_limit_date", "1")]);
    transition(&emulator, paid.get("payment_id"), json!({"payment_status": "43"}));
    shop.advance_days(1);
    assert_eq!(shop.status(unpaid.get("payment_id")), "10");
    let happened = shop.advance_days(1);
    assert_eq!(happened["happened"].as_array().map(Vec::len), Some(1), "{happened}");
    assert_eq!(shop.status(unpaid.get("payment_id")), "12");
    assert_eq!(shop.status(paid.get("payment_id")), "43");
}

/// V12, A8 and B14 of the seed: cancels are made on the merchants' site.
#[test]
fn the_merchants_site_ends_an_unpaid_payment_and_says_so() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, &[("cvs_company_id", "00C002")]);
    let id = answer.get("payment_id");
    let done = transition(&emulator, id, json!({"payment_status": "12", "by": "merchant_site"}));
    let last = done["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["by"], &last["payment_status"]), (&json!("merchant_site"), &json!("12")));
    assert_eq!(shop.status(id), "12");
    let paid = json!({"payment_status": "40", "by": "vendor"}).to_string();
    assert_eq!(emulator.console("POST", &format!("/api/v1/payments/{id}/transitions"), &paid).0, 409);
}

#[test]
fn the_receipt_url_shows_a_slip() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let seven = apply(&shop, &[("cvs_company_id", "00C001"), ("site_info", "ご注文の品")]);
    let url = seven.get("receipt_print_url");
    let page = pages::get(&emulator, url);
    assert_eq!(page.status, 200);
    for text in ["払込票", seven.get("receipt_number"), "セブンイレブン", "2,490円", "山田 太郎", "ご注文の品", "<svg"]
    {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
    let english = pages::get(&emulator, &format!("{url}&lang=en"));
    assert!(english.text.contains("Payment slip") && english.text.contains("2,490 yen"), "{}", english.text);

    let lawson =
        apply(&shop, &[("cvs_company_id", "00C002"), ("customer_notice_1", "一行目"), ("site_info", "隠れる")]);
    let page = pages::get(&emulator, lawson.get("receipt_print_url"));
    for text in ["ローソン", "ミニストップ", "400008", "一行目"] {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
    assert!(!page.text.contains("隠れる"));
    transition(&emulator, lawson.get("payment_id"), json!({"payment_status": "40"}));
    let page = pages::get(&emulator, lawson.get("receipt_print_url"));
    assert!(page.text.contains("お支払い済み"));

    for wrong in [url.replace("hv=", "hv=0"), url.replace("mid=", "mid=9"), "/convenience/slip".to_owned()] {
        assert_eq!(pages::get(&emulator, &wrong).status, 404, "{wrong}");
    }
}

/// The fields of one ticket.
const TICKET: &[(&str, &str)] = &[("t01template", "concert-main"), ("t01_field01", "本日開演\r\n19時")];

#[test]
fn tickets_are_printed_with_a_payment_or_without_one() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, "A");
    let clock = json!({"now": "2026-11-24T12:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    let family = ("cvs_company_id", "00C005");
    let with = |changes: &[(&'static str, &'static str)]| {
        let all: Vec<(&str, &str)> = [family, ("service_type", "1"), ("ticket_num", "1")]
            .into_iter()
            .chain(TICKET.iter().copied())
            .chain(changes.iter().copied())
            .collect();
        apply(&shop, &all)
    };
    let paid = with(&[("ticket_num", "2"), ("t02template", "concert-sub"), ("t02_field20", "半券")]);
    assert_eq!(paid.result, "0", "{paid:?}");
    assert_eq!(paid.get("payment_limit_date"), "20261224");
    let told = shop.send("094", &[("payment_id", paid.get("payment_id"))]);
    let counts = ["service_type", "ticket_num", "main_ticket_num", "sub_ticket_num"].map(|name| told.get(name));
    assert_eq!(counts, ["1", "2", "1", "1"]);

    let period = [("ticket_start_date", "20261124"), ("ticket_end_date", "20271123")];
    let free = [("service_type", "2"), ("payment_amount", "0")];
    let only = with(&[&free[..], &period[..]].concat());
    assert_eq!((only.result.as_str(), only.get("payment_limit_date")), ("0", ""), "{only:?}");

    for (changes, code) in [
        (vec![("ticket_num", "2")], "P034"),
        (vec![("t02template", "x"), ("t02_field01", "x")], "P034"),
        (vec![("t01template", "none-unknown")], "P035"),
        (vec![("t01template", "concert-sub")], "P036"),
        (vec![("t01master", "someone-else")], "P037"),
        (vec![("t01_field01", "")], "P006"),
        (vec![("ticket_num", "23")], "P010"),
        (vec![("payment_amount", "0")], "P014"),
        (vec![("service_type", "2")], "P005"),
        (vec![("service_type", "2"), period[0], period[1]], "P010"),
        (vec![free[0], free[1], period[0], ("ticket_end_date", "20271124")], "P010"),
        (vec![free[0], free[1], ("ticket_start_date", "20261123"), period[1]], "P010"),
    ] {
        let answer = with(&changes);
        assert_eq!(answer.response_code, code, "{changes:?}: {answer:?}");
    }
    // Tickets without a payment expire with their period.
    emulator.api("POST", "/api/v1/clock/advance", json!({"days": 364, "hours": 16, "merchant_id": shop.merchant_id}));
    assert_eq!(shop.status(only.get("payment_id")), "10");
    emulator.api("POST", "/api/v1/clock/advance", json!({"hours": 1, "merchant_id": shop.merchant_id}));
    assert_eq!(shop.status(only.get("payment_id")), "12");
}

#[test]
fn a_slip_is_checked_as_a_whole() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let send = |changes: &[(&str, &str)]| {
        let mut fields: Vec<(&str, &str)> = vec![
            ("payment_amount", "60000"),
            ("tax_class", "1"),
            ("site_info", "商品代金"),
            ("payment_limit_date", "30"),
            ("customer_type", "0"),
            ("customer_family_name", "山田"),
            ("customer_name", "太郎"),
            ("customer_family_name_kana", "ﾔﾏﾀﾞ"),
            ("customer_name_kana", "ﾀﾛｳ"),
            ("customer_zip_code", "1000001"),
            ("customer_address_1", "東京都千代田区"),
            ("customer_tel", "03-1234-5678"),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        fields.retain(|(_, value)| !value.is_empty());
        shop.send("040", &fields)
    };
    let item = [("item_date_1", "20261101"), ("item_detail_1", "商品"), ("item_amount_1", "60000")];
    for (changes, code) in [
        (vec![("tax_class", "0")], "P005"),
        (vec![("tax_class", "0"), ("sales_tax_amount", "60000")], "P010"),
        (vec![("sales_tax_amount", "100")], "P010"),
        (vec![("payment_limit_date", "0")], "P012"),
        (vec![("payment_limit_date", "365")], "P012"),
        (vec![("bill_expiration_date", "29")], "P010"),
        (vec![("bill_expiration_date", "999")], "P010"),
        (vec![("customer_type", "1")], "P010"),
        (vec![("customer_name", "")], "P005"),
        (vec![("customer_family_name", "山　田")], "P008"),
        (vec![("customer_family_name", "一二三四五六七八九十一二三")], "P009"),
        (vec![("customer_family_name_kana", "ﾔﾏﾀﾞA")], "P008"),
        (vec![("customer_dept", "営業部")], "P010"),
        (vec![("customer_zip_code", "100000")], "P009"),
        (vec![("customer_address_3", "三階")], "P010"),
        (vec![("customer_tel", "0312345678")], "P010"),
        (vec![item[0], item[1]], "P010"),
        (vec![item[0], item[1], ("item_amount_1", "59999")], "P010"),
    ] {
        let answer = send(&changes);
        assert_eq!(answer.response_code, code, "{changes:?}: {answer:?}");
    }
    let company =
        [("customer_type", "1"), ("customer_name", ""), ("customer_name_kana", ""), ("customer_dept", "営業部")];
    assert_eq!(send(&company).result, "0");
    let done = send(&[&item[..], &[("customer_family_name", "　山田　"), ("trading_id", "slip1")]].concat());
    assert_eq!((done.result.as_str(), done.get("trading_id")), ("0", "slip1"), "{done:?}");
    let told = shop.send("094", &[("payment_id", done.get("payment_id"))]);
    assert_eq!(told.get("customer_family_name"), "山田");
    assert_eq!(told.get("vender_merchant_id").len() + told.get("bill_customer_no").len(), 15);
    assert_eq!(told.get("bill_expiration_date").len(), 8);
}

#[test]
fn slips_of_the_merchants_own_printing_appear_when_they_are_paid() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, "A");
    let screen = |store: &str, paid: &str| {
        json!({
            "merchant_id": shop.merchant_id, "payment_type": "04", "payment_date": "202611241530",
            "barcode_free": "12345678901234567", "barcode_amount": "5000", "payment_amount": paid,
            "revenue_stamp": "0", "cvs_company_id": store,
        })
    };
    let seven = emulator.api("POST", "/api/v1/payments", screen("00C001", ""));
    assert_eq!((&seven["payment_status"], &seven["payment_amount"]), (&json!("43"), &json!(5000)));
    assert_eq!(seven["trading_id"], "12345678901234567");
    let code = seven["values"]["bar_code"].as_str().unwrap();
    assert_eq!((code.len(), &code[13..30]), (44, "12345678901234567"));
    assert_eq!(seven["values"]["user_payment_date"], "20261124153000");

    // Post offices settle at once and may correct the amount.
    let post = emulator.api("POST", "/api/v1/payments", screen("DYM997", "4000"));
    assert_eq!((&post["payment_status"], &post["payment_amount"]), (&json!("40"), &json!(4000)));
    for (store, paid) in [("00C001", "4000"), ("00C007", "")] {
        let (status, body) = emulator.console("POST", "/api/v1/payments", &screen(store, paid).to_string());
        assert_eq!(status, 422, "{body}");
    }
}
