//! The checks of every telegram and their codes, P001 to P018 (`common.md` section 4).

use paygent_emulator::internal::fixtures;
use paygent_emulator::internal::wire::Charset;
use paygent_emulator::internal::wire::catalog::AnswerFormat;

use crate::harness::{Answer, Emulator, Response, card, form};

/// Sends these parameters to a path; every answer has HTTP status 200.
fn post(emulator: &Emulator, path: &str, pairs: &[(&str, &str)]) -> Answer {
    let body = form(pairs, Charset::Windows31J);
    let request = format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let response = Response::parse(&emulator.exchange(request.as_bytes()));
    assert_eq!(response.status, 200);
    Answer::parse(&response.body, Charset::Windows31J)
}

/// The text of an answer and its Content-Type, whatever it is.
fn post_raw(emulator: &Emulator, path: &str, pairs: &[(&str, &str)]) -> (String, String) {
    let body = form(pairs, Charset::Windows31J);
    let request = format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let response = Response::parse(&emulator.exchange(request.as_bytes()));
    let charset = if response.head.contains("charset=UTF-8") { Charset::Utf8 } else { Charset::Windows31J };
    (charset.decode(&response.body).unwrap().into_owned(), response.head)
}

/// A whole 020, to be spoilt.
fn whole() -> Vec<(&'static str, &'static str)> {
    let mut pairs = vec![
        ("merchant_id", "10000"),
        ("connect_id", "test0001"),
        ("connect_password", "password"),
        ("telegram_kind", "020"),
        ("telegram_version", "1.0"),
    ];
    pairs.extend(card("4900000000000000", "t", "1000"));
    pairs
}

#[test]
fn each_cause_has_its_code() {
    let emulator = Emulator::start();
    let spoil = |changes: &[(&'static str, Option<&'static str>)]| {
        let mut pairs = whole();
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        pairs
    };
    let path = "/n/card/request";
    assert_eq!(post(&emulator, path, &whole()).result, "0");
    for (changes, path, code, field) in [
        (vec![("merchant_id", None)], path, "P001", ""),
        (vec![("connect_id", None)], path, "P001", ""),
        (vec![("connect_password", None)], path, "P001", ""),
        (vec![("connect_password", Some("wrong"))], path, "P002", ""),
        (vec![("connect_id", Some("wrong"))], path, "P002", ""),
        (vec![("merchant_id", Some(""))], path, "P002", ""),
        (vec![("merchant_id", Some("1x"))], path, "P002", ""),
        (vec![("telegram_version", Some("2.0"))], path, "P003", ""),
        (vec![("telegram_version", None)], path, "P005", "telegram_version"),
        (vec![("telegram_kind", None)], path, "P005", "telegram_kind"),
        (vec![("telegram_kind", Some(""))], path, "P006", "telegram_kind"),
        (vec![("telegram_kind", Some("999"))], path, "P010", "telegram_kind"),
        (vec![], "/n/conveni/request", "P004", ""),
        (vec![], "/n/nowhere/at/all", "P004", ""),
        (vec![("payment_amount", None)], path, "P005", "payment_amount"),
        (vec![("payment_amount", Some(""))], path, "P006", "payment_amount"),
        (vec![("payment_amount", Some("1,000"))], path, "P008", "payment_amount"),
        (vec![("trading_id", Some("a-b"))], path, "P008", "trading_id"),
        (vec![("trading_id", Some("12345678901234567890123456"))], path, "P009", "trading_id"),
        (vec![("payment_amount", Some("10000000"))], path, "P009", "payment_amount"),
        (vec![("sales_mode", Some("2"))], path, "P010", "sales_mode"),
        (vec![("payment_amount", Some("0"))], path, "P014", ""),
        (vec![("payment_class", Some("61"))], path, "P005", "split_count"),
    ] {
        let answer = post(&emulator, path, &spoil(&changes));
        assert_eq!((answer.result.as_str(), answer.response_code.as_str()), ("1", code), "{changes:?} {path}");
        assert!(!answer.response_detail.is_empty());
        if !field.is_empty() {
            assert!(answer.response_detail.starts_with(&format!("\"{field}\"")), "{}", answer.response_detail);
        }
    }
}

#[test]
fn the_first_broken_rule_is_told() {
    let emulator = Emulator::start();
    // Each step mends one rule; the next one shows.
    let mut pairs = whole();
    let mut spoil = |name: &'static str, value: &'static str| {
        pairs.retain(|(known, _)| *known != name);
        pairs.push((name, value));
        post(&emulator, "/n/atm/request", &pairs).response_code
    };
    spoil("payment_amount", "x");
    spoil("telegram_version", "9");
    assert_eq!(spoil("connect_password", "wrong"), "P002");
    assert_eq!(spoil("connect_password", "password"), "P003");
    assert_eq!(spoil("telegram_version", "1.0"), "P004");
}

#[test]
fn unknown_merchants_are_adopted_with_what_they_bring() {
    let emulator = Emulator::start();
    let mut pairs = whole();
    pairs[0] = ("merchant_id", "424242");
    pairs[2] = ("connect_password", "secret");
    assert_eq!(post(&emulator, "/n/card/request", &pairs).result, "0");
    pairs[2] = ("connect_password", "other");
    assert_eq!(post(&emulator, "/n/card/request", &pairs).response_code, "P002");
}

#[test]
fn a_pinned_list_of_merchants() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("merchants.toml");
    let text = "[[merchant]]\nmerchant_id = \"777\"\nconnect_id = \"c\"\nconnect_password = \"p\"\n\
                [merchant.contracts]\ntoken_only = true\nwithout_payment_types = [\"03\"]\npayment_classes = [\"10\"]\n\
                amount_limits = { \"02\" = 5000 }\ncorrection = false\nthree_d_secure = false\n";
    std::fs::write(&file, text).unwrap();
    let emulator = Emulator::start_with(&["--merchants", file.to_str().unwrap()]);
    let path = "/n/card/request";
    assert_eq!(post(&emulator, path, &whole()).response_code, "P002", "nobody else exists");
    let mut pairs = whole();
    pairs[..3].copy_from_slice(&[("merchant_id", "777"), ("connect_id", "c"), ("connect_password", "p")]);
    assert_eq!(post(&emulator, path, &pairs).response_code, "2023");
    pairs.push(("3dsecure_use_type", "2"));
    assert_eq!(post(&emulator, path, &pairs).response_code, "P063");
    pairs.pop();
    pairs.retain(|(name, _)| *name != "payment_amount");
    pairs.push(("payment_amount", "5001"));
    let answer = post(&emulator, path, &pairs);
    assert_eq!(answer.response_code, "P011");
}

#[test]
fn every_telegram_of_the_catalog_is_handled() {
    let emulator = Emulator::start();
    let mut handled = Vec::new();
    for spec in paygent_emulator::internal::wire::catalog().telegrams() {
        assert!(paygent_emulator::internal::method::for_kind(spec.kind).is_some(), "nobody handles {}", spec.kind);
        if spec.path.starts_with("/n/") && spec.charset == Charset::Windows31J && spec.answer == AnswerFormat::Text {
            // Nothing but its head: it succeeds, or says what is missing or unknown.
            let answer = post(&emulator, spec.path, &head(spec.kind));
            let refused = answer.result == "1" && fixtures::errors().code(&answer.response_code).is_some();
            assert!(refused || (answer.result == "0" && answer.response_code.is_empty()), "{}: {answer:?}", spec.kind);
            handled.push(spec.kind);
        }
    }
    assert!(handled.len() > 25, "{handled:?}");
}

/// The head of a telegram of this kind.
fn head(kind: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut pairs = whole();
    pairs.truncate(5);
    pairs[3] = ("telegram_kind", kind);
    pairs
}

/// A client reads the first row of every answer and fails where it has nothing but a code (`observed.md` section 1).
#[test]
fn a_refusal_has_all_fields_of_the_answer_with_nothing_in_them() {
    let emulator = Emulator::start();
    let mut seen = 0;
    for spec in paygent_emulator::internal::wire::catalog().telegrams() {
        if !spec.path.starts_with("/n/") || spec.answer != AnswerFormat::Text {
            continue;
        }
        let mut wrong = head(spec.kind);
        wrong[2] = ("connect_password", "wrong");
        let mut broken = head(spec.kind);
        broken.push(("site_id", "!"));
        broken.push(("payment_id", "x"));
        // Who sent it is wrong, what it says is wrong, where it was sent to is wrong.
        for (pairs, path) in [(&wrong, spec.path), (&broken, spec.path), (&broken, "/n/nowhere")] {
            let (text, _) = post_raw(&emulator, path, pairs);
            let mut lines = text.split("\r\n").skip(1).map(|line| line.split_once('=').unwrap());
            let head: Vec<&str> = lines.by_ref().take(3).map(|(name, _)| name).collect();
            assert_eq!(head, ["result", "response_code", "response_detail"], "{}", spec.kind);
            let fields: Vec<(&str, &str)> = lines.collect();
            assert!(fields.iter().all(|(_, value)| value.is_empty()), "{}: {fields:?}", spec.kind);
            let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
            let own = spec.response.iter().filter(|field| field.repeat.is_none()).map(|field| field.name);
            match spec.kind {
                "020" => assert!(names.contains(&"shonin_no") && names.contains(&"acq_member_no")),
                "094" => assert_eq!(names[..3], ["payment_id", "trading_id", "payment_type"]),
                _ => assert_eq!(names, own.collect::<Vec<_>>(), "{}", spec.kind),
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
    // Without a known kind nobody can say which fields.
    for kind in ["999", "", "100"] {
        let (text, _) = post_raw(&emulator, "/n/c/request", &head(kind));
        assert_eq!(text.split("\r\n").count(), 4, "{text}");
    }
    // What a refusal knows stands in its place.
    let declined = emulator.first_shop().send("020", &card("4900000000008244", "t", "1000"));
    let at = |name: &str| declined.fields.iter().position(|(known, _)| known == name).unwrap();
    assert!(!declined.get("payment_id").is_empty() && at("payment_id") < at("trading_id"));
    assert_eq!((declined.get("trading_id"), declined.get("acq_id")), ("t", ""));
}

#[test]
fn telegrams_of_the_gateway_that_are_not_played_say_so() {
    let emulator = Emulator::start();
    for known in paygent_emulator::internal::wire::not_played::services().iter().flat_map(|service| &service.kinds) {
        let spec = paygent_emulator::internal::wire::not_played(known.kind).unwrap();
        let (text, answered) = post_raw(&emulator, spec.path, &head(spec.kind));
        if spec.answer == AnswerFormat::Csv {
            let start = "\"1\",\"1\",\"P018\",\"";
            assert!(text.starts_with(start) && text.ends_with("\"\r\n\"4\",\"0\"\r\n"), "{}: {text}", spec.kind);
        } else {
            assert!(text.starts_with("\r\nresult=1\r\nresponse_code=P018\r\n"), "{}: {text}", spec.kind);
        }
        let charset = if spec.charset == Charset::Utf8 { "UTF-8" } else { "Windows-31J" };
        assert!(answered.contains(&format!("charset={charset}")), "{}: {answered}", spec.kind);
        let journal = emulator.api("GET", "/api/v1/journal?limit=1", serde_json::Value::Null).to_string();
        assert!(journal.contains("exists at the gateway; it is not played here") && journal.contains(spec.english));
        assert_eq!(post(&emulator, "/n/atm/request", &head("420")).response_code, "P004");
    }
    assert_eq!(post(&emulator, "/n/paypal/request", &head("130")).response_code, "P018");
    assert_eq!(post(&emulator, "/n/c/request", &head("123")).response_code, "P010", "there is none of this kind");
}

#[test]
fn rude_input_is_answered_clearly() {
    let emulator = Emulator::start();
    let head = "merchant_id=10000&connect_id=test0001&connect_password=password&telegram_kind=020&telegram_version=1.0";
    let long = "9".repeat(200_000);
    let many = "x=y&".repeat(900);
    for (body, code) in [
        (format!("{head}&payment_amount=1&card_number=%ff%fe%00&card_valid_term=1239"), "P008"),
        (format!("{head}&payment_amount=%zz&card_number=4900000000000000&card_valid_term=1239"), "P008"),
        (format!("{head}&payment_amount=%&card_number=4900000000000000&card_valid_term=1239"), "P008"),
        (format!("{head}&payment_amount={long}&card_number=4900000000000000&card_valid_term=1239"), "P009"),
        (format!("{many}{head}&&&=&==&payment_amount=1"), "P005"),
        ("\u{0}\u{1}\u{2}".to_owned(), "P001"),
        (String::new(), "P001"),
    ] {
        let request = format!("POST /n/card/request HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let response = Response::parse(&emulator.exchange(request.as_bytes()));
        assert_eq!(response.status, 200);
        let answer = Answer::parse(&response.body, Charset::Windows31J);
        assert_eq!(answer.response_code, code, "{}", &body[..body.len().min(200)]);
    }
    let giant = vec![b'a'; 13 * 1024 * 1024];
    let mut request = format!("POST /n/card/request HTTP/1.0\r\nContent-Length: {}\r\n\r\n", giant.len()).into_bytes();
    request.extend(giant);
    let response = Response::parse(&emulator.exchange(&request));
    assert_eq!(response.status, 200);
    assert_eq!(Answer::parse(&response.body, Charset::Windows31J).result, "1");
}

#[test]
fn of_two_equal_names_the_first_counts() {
    let emulator = Emulator::start();
    let mut pairs = whole();
    pairs.push(("payment_amount", "2"));
    let id = post(&emulator, "/n/card/request", &pairs).get("payment_id").to_owned();
    let payment = emulator.first_shop().send("094", &[("payment_id", &id)]);
    assert_eq!(payment.get("payment_amount"), "1000");
}
