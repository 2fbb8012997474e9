//! The card update (洗替) and stopped cards (請求停止): 200 and 201, the notice, what 027 and 020 show afterwards
//! (`test_cards.md` section 7, `file_settlement.toml`, `notification.md` section 2).

use serde_json::{Value, json};

use crate::harness::{Answer, Emulator, Shop};
use crate::notices::assert_nothing_waits;
use crate::test_shop::{Taking, TestShop};

const CHECKED: (&str, &str) = ("valid_check_flg", "1");

/// Stores a card; 025's answer.
fn register(shop: &Shop<'_>, customer: &str, number: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("customer_id", customer), ("card_number", number), ("card_valid_term", "1139")];
    fields.extend_from_slice(more);
    let answer = shop.send("025", &fields);
    assert_eq!(answer.result, "0", "{number}: {answer:?}");
    answer
}

/// Stores a card with a validity check; its id.
fn store(shop: &Shop<'_>, customer: &str, number: &str) -> String {
    register(shop, customer, number, &[CHECKED]).get("customer_card_id").to_owned()
}

/// A card's row of 027: number, expiry, then result, updated items, date of the check, issuer and fingerprint.
fn row(shop: &Shop<'_>, customer: &str, id: &str) -> [String; 6] {
    let fields = [("customer_id", customer), ("customer_card_id", id), ("return_fingerprint_flg", "1")];
    let text = shop.csv("027", &fields);
    let line = text.lines().nth(2).unwrap_or_else(|| panic!("{text}"));
    let columns: Vec<&str> = line.split(',').map(|column| column.trim_matches('"')).collect();
    assert_eq!(columns.len(), 18, "{line}");
    [3, 4, 13, 14, 15, 17].map(|at| columns[at].to_owned())
}

/// Runs the update; its receipt number.
fn update(shop: &Shop<'_>) -> String {
    let done = shop.emulator.api("POST", "/api/v1/cards/update", json!({"merchant_id": shop.merchant_id}));
    done["file_receipt_id"].as_str().unwrap().to_owned()
}

fn stop(shop: &Shop<'_>, which: Value) -> (u16, Value) {
    let mut body = json!({"merchant_id": shop.merchant_id});
    body.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
    let (status, answer) = shop.emulator.console("POST", "/api/v1/cards/stop", &body.to_string());
    (status, serde_json::from_str(&answer).unwrap())
}

fn result(shop: &Shop<'_>, receipt: &str) -> String {
    shop.csv("201", &[("file_receipt_id", receipt)])
}

/// A file that asks about these cards, as the sheet's sample is written.
fn file(shop: &Shop<'_>, cards: &[(&str, &str)]) -> String {
    let data: String = cards.iter().map(|(customer, id)| format!("3,,{customer},{id},,,\r\n")).collect();
    format!("1,024,{},,,,,,\r\n{data}4,{},,,,,\r\n", shop.merchant_id, cards.len())
}

fn hand_in(shop: &Shop<'_>, contents: &str) -> Answer {
    shop.send("200", &[("file_type", "024"), ("data", contents)])
}

/// What 201 says to a refused request, byte by byte.
fn refused(code: &str, detail: &str) -> String {
    format!("1,,,,,,1,{code},\"{detail}\"\r\n4,,,,,,\r\n")
}

#[test]
fn one_digit_of_the_number_decides_and_the_stored_card_is_what_the_card_company_says() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    // number, result, signs, what 027 shows: end of the number, expiry, result, updated items
    let cards = [
        ("4566000000000000", "0,0,0", "0000", "1139", "0", ""),
        ("4566000000010000", "0,0,1", "0000", "1140", "0", "V"),
        ("4566000000020000", "0,1,1", "0099", "1140", "0", "A"),
        ("4566000000021234", "0,1,1", "1200", "1140", "0", "A"),
        ("36600000020000", "0,1,1", "0099", "1140", "0", "A"),
        ("376500000021007", "0,1,1", "1000", "1140", "0", "A"),
        ("5214500000030000", "1,,", "0000", "1139", "1", ""),
        ("4566000000040000", "2,,", "0000", "1139", "2", ""),
        ("4566000000050000", "0,0,0", "0000", "1139", "0", ""),
        ("4542050000000000", "4,,", "0000", "1139", "4", ""),
        ("30000000000000", "5,,", "0000", "1139", "5", ""),
    ];
    // Ten cards at most for a customer: each card has one of its own.
    let names: Vec<String> = (10..10 + cards.len()).map(|number| format!("c{number}")).collect();
    let ids: Vec<String> = names.iter().zip(&cards).map(|(name, card)| store(&shop, name, card.0)).collect();
    shop.advance("minutes", 90);
    let receipt = update(&shop);
    assert!(receipt.len() == 9 && receipt.bytes().all(|byte| byte.is_ascii_digit()), "{receipt}");
    let data: String = names
        .iter()
        .zip(&ids)
        .zip(&cards)
        .map(|((name, id), (_, said, ..))| format!("3,,{name},{id},{said}\r\n"))
        .collect();
    let expected = format!("1,024,{},{receipt},20261130,20261130,0,,\r\n{data}4,11,7,1,1,2,1\r\n", shop.merchant_id);
    assert_eq!(result(&shop, &receipt), expected);
    assert_eq!(result(&shop, &receipt), expected, "asking again gives the same");
    for ((name, id), (number, _, tail, term, result, updated)) in names.iter().zip(&ids).zip(cards) {
        let row = row(&shop, name, id);
        let masked = "*".repeat(number.len() - 4) + tail;
        let shown = [masked.as_str(), term, result, updated, "20261130113000"];
        assert_eq!(row[..5], shown, "{number}");
        // The fingerprint is that of the number that the card has now.
        let now = [&number[..number.len() - 4], tail].concat();
        let same = register(&shop, &format!("other_{name}"), &now, &[]);
        assert_eq!(row[5], same.get("fingerprint"), "{number}");
    }
}

#[test]
fn a_new_number_behaves_as_its_digits_say_and_is_replaced_in_turn() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    // By token, as browsers do it: the token carries what follows from the number.
    let token = shop.token("4900000000022155");
    let stored = shop.send("025", &[("customer_id", "c"), ("card_token", &token), CHECKED]);
    let id = stored.get("customer_card_id").to_owned();
    update(&shop);
    assert_eq!(row(&shop, "c", &id)[..4], ["************2100", "1240", "0", "A"]);
    let pay = [
        ("trading_id", "order1"),
        ("payment_amount", "100"),
        ("payment_class", "10"),
        ("3dsecure_ryaku", "1"),
        ("stock_card_mode", "1"),
        ("customer_id", "c"),
        ("customer_card_id", &id),
    ];
    let paid = shop.send("020", &pay);
    assert_eq!(
        ["masked_card_number", "card_valid_term", "fingerprint"].map(|name| paid.get(name).to_owned()),
        ["************2100".to_owned(), "1240".to_owned(), row(&shop, "c", &id)[5].clone()]
    );
    let cancelled = shop.send("021", &[("payment_id", paid.get("payment_id"))]);
    assert_eq!((cancelled.response_code.as_str(), cancelled.response_detail.as_str()), ("2002", "1C00"));

    let receipt = update(&shop);
    assert!(result(&shop, &receipt).contains(&format!("3,,c,{id},0,1,1\r\n")));
    assert_eq!(row(&shop, "c", &id)[..4], ["************2199", "1241", "0", "A"]);
    update(&shop);
    assert_eq!(row(&shop, "c", &id)[..2], ["************2100", "1242"]);
    // A changed expiry is a new check.
    assert_eq!(
        shop.send("116", &[("customer_id", "c"), ("customer_card_id", &id), ("card_valid_term", "0130")]).result,
        "0"
    );
    assert_eq!(row(&shop, "c", &id)[1..4], ["0130", "0", ""]);
}

#[test]
fn a_card_takes_part_that_was_stored_with_a_check_until_its_charges_were_stopped() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let unchecked = register(&shop, "a", "4566000000020000", &[("valid_check_flg", "0")]);
    let unchecked = unchecked.get("customer_card_id").to_owned();
    let run =
        || emulator.console("POST", "/api/v1/cards/update", &json!({"merchant_id": shop.merchant_id}).to_string());
    let (status, problem) = run();
    assert!(status == 409 && problem.contains("valid_check_flg=1"), "{status} {problem}");

    let by_ids = store(&shop, "b", "4566000000010000");
    let by_number = store(&shop, "c", "4566000000010101");
    let twin = store(&shop, "d", "4566000000010101");
    let elsewhere = register(&shop, "c", "4566000000010101", &[CHECKED, ("site_id", "0001")]);
    let elsewhere = elsewhere.get("customer_card_id").to_owned();
    let going_on = store(&shop, "e", "5214500000030000");
    assert_eq!(stop(&shop, json!({"customer_id": "b", "customer_card_id": by_ids})).1["num_of_cards"], 1);
    assert_eq!(
        stop(&shop, json!({"card_number": "4566000000010101"})).1["num_of_cards"],
        2,
        "both cards of the base site"
    );
    // 027 shows it at once.
    for (customer, id) in [("b", &by_ids), ("c", &by_number), ("d", &twin)] {
        assert_eq!(row(&shop, customer, id)[2], "3", "{customer}");
    }
    let listed =
        emulator.api("GET", &format!("/api/v1/cards?merchant_id={}&customer_id=b", shop.merchant_id), Value::Null);
    assert_eq!((&listed[0]["stopped"], &listed[0]["check"]["valid_check_result"]), (&json!(true), &json!("3")));

    let lines = |receipt: &str| result(&shop, receipt).lines().map(str::to_owned).collect::<Vec<_>>();
    let first = lines(&update(&shop));
    let expected = [
        format!("3,,b,{by_ids},3,,"),
        format!("3,,c,{by_number},3,,"),
        format!("3,,d,{twin},3,,"),
        format!("3,,e,{going_on},1,,"),
        format!("3,0001,c,{elsewhere},0,0,1"),
        "4,5,1,1,0,3,1".to_owned(),
    ];
    assert_eq!(first[1..], expected);
    assert_eq!(row(&shop, "b", &by_ids)[..4], ["************0000", "1139", "3", ""], "a stopped card stays as it is");
    let second = lines(&update(&shop));
    assert_eq!(second[1..], [expected[3].clone(), expected[4].clone(), "4,2,1,1,0,0,1".to_owned()]);
    assert_eq!(row(&shop, "b", &by_ids)[2], "3");
    // Whoever asks for it by name is told again; a card without a check, or that is not there, is not known.
    let names = [("b", by_ids.as_str()), ("a", unchecked.as_str()), ("nobody", "1"), ("e", "99999999")];
    let receipt = hand_in(&shop, &file(&shop, &names)).get("file_receipt_id").to_owned();
    let asked = lines(&receipt);
    assert_eq!(
        asked[1..],
        [
            format!("3,,b,{by_ids},3,,"),
            format!("3,,a,{unchecked},9,,"),
            "3,,nobody,1,9,,".to_owned(),
            "3,,e,99999999,9,,".to_owned(),
            "4,4,0,0,0,4,1".to_owned(),
        ]
    );
    // What was said about a stopped card does not keep a shop from charging it here, as no source says so.
    let fields = [("customer_id", "b"), ("customer_card_id", by_ids.as_str()), ("card_valid_term", "0140")];
    assert_eq!(shop.send("116", &fields).result, "0");
    assert_eq!(row(&shop, "b", &by_ids)[1..3], ["0140", "3"]);

    for (which, status, told) in [
        (json!({}), 422, "customer_id is missing"),
        (json!({"customer_id": "b"}), 422, "customer_card_id is missing"),
        (json!({"customer_id": "b", "customer_card_id": "1"}), 404, "P022"),
        (json!({"customer_id": "c", "customer_card_id": by_number, "site_id": "0001"}), 404, "P022"),
        (json!({"card_number": "4566000000019999"}), 404, "P022"),
        (json!({"card_number": "45660000"}), 422, "14 to 16 digits"),
        (json!({"card_number": "4566000000010101", "customer_id": "c"}), 422, "not both"),
    ] {
        let (code, problem) = stop(&shop, which.clone());
        assert!(code == status && problem["detail"].as_str().unwrap().contains(told), "{which}: {code} {problem}");
    }
    let warned = stop(&shop, json!({"customer_id": "a", "customer_card_id": unchecked})).1;
    assert_eq!(warned["warnings"].as_array().map(Vec::len), Some(1), "{warned}");

    // A fresh start forgets all of it.
    emulator.api("POST", "/api/v1/reset", json!({"merchant_id": shop.merchant_id}));
    assert_eq!(result(&shop, &receipt), refused("9102", "指定された受付番号のファイル決済情報が存在しません。"));
    let again = store(&shop, "b", "4566000000010000");
    assert_eq!(row(&shop, "b", &again)[2], "0");
}

#[test]
fn the_shop_is_told_that_a_file_is_done() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-02-01");
    store(&shop, "c", "4566000000000000");
    let target = TestShop::open(&[Taking::Refused]);
    let difference = TestShop::open(&[]);
    // The difference notices have a URL of their own.
    shop.set(json!({"notification_url": difference.url, "notified": {"02": []}}));
    update(&shop);
    shop.set(json!({"file_notification_url": target.url}));
    let receipts = [update(&shop), update(&shop)];
    let told = target.next();
    let names: Vec<String> = told.fields().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["file_receipt_id", "event_id", "receipt_date", "occur_date", "hc"]);
    let values = ["file_receipt_id", "event_id", "receipt_date", "occur_date"].map(|name| told.get(name));
    assert_eq!(values, [receipts[0].as_str(), "file.process.done", "20260201100000", "20260201100000"]);
    let parts = values.iter().map(String::as_str).chain(["abcdefg1234567"]);
    assert_eq!(told.get("hc"), paygent_emulator::internal::wire::hash::sha256_hex(parts));
    // It was not accepted, the next one was; it comes again after a quarter of an hour.
    assert_eq!(target.next().get("file_receipt_id"), receipts[1]);
    shop.advance("minutes", 15);
    let again = target.next();
    assert_eq!((again.body, again.taking), (told.body, Taking::Accepted));
    let receipt = hand_in(&shop, &file(&shop, &[("c", "10000001")])).get("file_receipt_id").to_owned();
    let manual = target.next();
    assert_eq!([manual.get("file_receipt_id"), manual.get("receipt_date")], [receipt.as_str(), "20260201101500"]);
    // Nothing comes twice: what comes next is what is done next.
    shop.advance("minutes", 60);
    let next = update(&shop);
    assert_eq!(target.next().get("file_receipt_id"), next);
    assert_nothing_waits(&shop, &difference);
    for wrong in ["ftp://localhost/", "localhost"] {
        let path = format!("/api/v1/merchants/{}", shop.merchant_id);
        let (status, problem) = emulator.console("PUT", &path, &json!({"file_notification_url": wrong}).to_string());
        assert!(status == 422 && problem.contains("file_notification_url"), "{status} {problem}");
    }
}

#[test]
fn a_file_is_answered_as_the_sample_is() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-04-01");
    let ids: Vec<String> =
        (1..=3).map(|number| store(&shop, &format!("cus0000{number}"), "4566000000000000")).collect();
    let cards: Vec<(String, &str)> =
        (1..).map(|number| format!("cus0000{number}")).zip(ids.iter().map(String::as_str)).collect();
    let cards: Vec<(&str, &str)> = cards.iter().map(|(customer, id)| (customer.as_str(), *id)).collect();
    let contents = file(&shop, &cards);
    let answer = hand_in(&shop, &contents);
    assert_eq!((answer.result.as_str(), answer.fields.len()), ("0", 1), "{answer:?}");
    let receipt = answer.get("file_receipt_id");
    let data: String = cards.iter().map(|(customer, id)| format!("3,,{customer},{id},0,0,0\r\n")).collect();
    let expected = format!("1,024,{},{receipt},20260401,20260401,0,,\r\n{data}4,3,3,0,0,0,1\r\n", shop.merchant_id);
    assert_eq!(result(&shop, receipt), expected);
    // Line ends may be those of Unix, and the last may be missing; a card that is named twice is asked about once.
    let doubled = store(&shop, "twice", "4566000000020000");
    let twice = file(&shop, &[("twice", &doubled), ("twice", &doubled)]).replace("\r\n", "\n");
    let receipt = hand_in(&shop, twice.trim_end()).get("file_receipt_id").to_owned();
    assert_eq!(result(&shop, &receipt).matches(&format!("3,,twice,{doubled},0,1,1\r\n")).count(), 2);
    assert_eq!(row(&shop, "twice", &doubled)[..2], ["************0099", "1140"]);
    // The result is the merchant's own.
    let other = emulator.shop_on("2026-04-01");
    assert_eq!(result(&other, &receipt), refused("9102", "指定された受付番号のファイル決済情報が存在しません。"));

    let check = |mark: &str| shop.send("200", &[("file_type", "024"), ("data", &contents), ("duplicate_check", mark)]);
    assert_eq!(check("1").response_code, "9106");
    assert_eq!(check("0").result, "0");
    shop.advance("minutes", 24 * 60);
    assert_eq!(check("1").result, "0");
    assert_eq!(check("1").response_code, "9106");
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_the_number_of_the_record() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let id = store(&shop, "c", "4566000000020000");
    let right = file(&shop, &[("c", &id)]);
    let merchant = shop.merchant_id.clone();
    for (contents, told) in [
        (right.replace("3,,", "2,,"), "[2, レコード区分が正しくありません]"),
        (right.replace("1,024,", "\"1\",024,"), "[1, レコード区分が正しくありません]"),
        (right.replace(",,,,,,\r\n3", ",,,,,\r\n3"), "[1, 項目数が正しくありません]"),
        (right.replace(&format!("{id},,,"), &format!("{id},,,,")), "[2, 項目数が正しくありません]"),
        (right.replace("1,024,", "1,020,"), "[1, 取引種別が正しくありません]"),
        (right.replace(&merchant, "1"), "[1, マーチャントIDが正しくありません]"),
        (right.replace("3,,c,", "3,,,"), "[2, 顧客IDが正しくありません]"),
        (right.replace("3,,c,", "3,12345,c,"), "[2, サイトIDが正しくありません]"),
        (right.replace(&id, "x"), "[2, 顧客カードIDが正しくありません]"),
        (right.replace(&format!("{id},,,"), &format!("{id},0,,")), "[2, 空欄の項目に値があります]"),
        (right.replace("4,1,", "4,2,"), "[3, データ件数が正しくありません]"),
        (file(&shop, &[]), "[2, データレコードがありません]"),
        ("\r\n\r\n".to_owned(), "[1, レコード区分が正しくありません]"),
    ] {
        let answer = hand_in(&shop, &contents);
        assert_eq!(answer.response_code, "9101", "{contents}");
        assert!(answer.response_detail.ends_with(told), "{contents}: {answer:?}");
    }
    assert_eq!(row(&shop, "c", &id)[..2], ["************0000", "1139"], "nothing was asked");
    for (fields, code) in [
        (vec![("data", right.as_str())], "P005"),
        (vec![("file_type", "024")], "P005"),
        (vec![("file_type", "024"), ("data", "")], "P006"),
        (vec![("file_type", "023"), ("data", "1")], "P010"),
        (vec![("file_type", "024"), ("data", &right), ("duplicate_check", "2")], "P010"),
        (vec![("file_type", "040"), ("data", "1,040")], "P018"),
        (vec![("file_type", "116"), ("data", "1,116")], "P018"),
    ] {
        assert_eq!(shop.send("200", &fields).response_code, code, "{fields:?}");
    }
    // Whatever is wrong with 201 comes as records too.
    assert!(shop.csv("201", &[]).starts_with("1,,,,,,1,P005,\"\"\"file_receipt_id\"\""));
    assert!(shop.csv("201", &[("file_receipt_id", "x")]).ends_with("\"\r\n4,,,,,,\r\n"));
    let receipt = hand_in(&shop, &right).get("file_receipt_id").to_owned();
    let busy = json!({"merchant_id": shop.merchant_id, "telegram_kind": "201", "response_code": "9103"});
    emulator.api("POST", "/api/v1/faults", busy.clone());
    assert!(result(&shop, &receipt).starts_with("1,,,,,,1,9103,\"指定された受付番号のファイル決済は"));
    let mut worded = busy;
    worded["response_detail"] = json!("MYDETAIL");
    emulator.api("POST", "/api/v1/faults", worded);
    assert!(result(&shop, &receipt).contains("9103,\"MYDETAIL\""), "the detail of the fault is told");
    assert!(result(&shop, &receipt).starts_with("1,024,"));

    shop.set(json!({"contracts": {"validity_check": false}}));
    assert_eq!(hand_in(&shop, &right).response_code, "P027");
    let run = || emulator.console("POST", "/api/v1/cards/update", &json!({"merchant_id": merchant}).to_string());
    assert!(run().0 == 409 && run().1.contains("P027"));
    assert_eq!(stop(&shop, json!({"card_number": "4566000000020099"})).0, 200, "recurring charges are enough");
    shop.set(json!({"contracts": {"recurring": false}}));
    assert_eq!(stop(&shop, json!({"card_number": "4566000000020099"})).0, 409);
    shop.set(json!({"contracts": {"stored_cards": false}}));
    let barred = hand_in(&shop, &right);
    assert_eq!(barred.response_code, "9104");
    assert!(barred.response_detail.starts_with("[カード情報更新（洗替）要求]"), "{barred:?}");
    assert!(run().1.contains("P021"));
}

/// What the tool does to cards stands in the journal, with the cards and the receipt number.
#[test]
fn the_journal_tells_of_cards_that_were_stopped_and_updated() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let card = store(&shop, "c", "4566000000010000");
    stop(&shop, json!({"customer_id": "c", "customer_card_id": card}));
    let receipt = update(&shop);
    let path = format!("/api/v1/journal?merchant_id={}&event=operation", shop.merchant_id);
    let journal = emulator.api("GET", &path, Value::Null);
    let told = |at: usize| journal["entries"][at]["answer_text"].as_str().unwrap();
    assert!(told(0).contains(&format!("file_receipt_id={receipt}")), "{journal}");
    assert_eq!(told(1), format!("num_of_cards=1\ncards=c/{card}"), "{journal}");
}

/// Neither the number of a stored card nor the digit that decides is found in what the emulator tells.
#[test]
fn the_number_is_not_kept() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-30");
    let number = "4900123456728104";
    register(&shop, "c", number, &[]);
    stop(&shop, json!({"card_number": number}));
    let paths = [format!("/api/v1/cards?merchant_id={}", shop.merchant_id), "/api/v1/journal".to_owned()];
    for path in paths {
        let (status, told) = emulator.console("GET", &path, "");
        assert_eq!(status, 200);
        assert!(!told.contains("123456728") && !told.contains(number), "{path}: {told}");
    }
}
