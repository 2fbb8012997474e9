//! The console and the control API: the journal, events, operations of the merchants' site, safety, pages.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Emulator, Response, card};

/// A request to the console port with headers of its own.
fn send(emulator: &Emulator, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let own_host = headers.iter().any(|(name, _)| *name == "Host");
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !own_host {
        head += &format!("Host: {}\r\n", emulator.ports.console);
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(emulator.ports.console).unwrap();
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    Response::parse(&answer)
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A page, as text.
fn page(emulator: &Emulator, path: &str) -> String {
    let response = send(emulator, "GET", path, &[("Accept-Language", "en")], "");
    assert_eq!(response.status, 200, "{path}");
    String::from_utf8(response.body).unwrap()
}

fn field<'a>(fields: &'a Value, name: &str) -> &'a Value {
    fields.as_array().unwrap().iter().find(|field| field["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn a_refusal_is_explained_field_by_field_and_card_numbers_never_show() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let mut fields = card("4900000000008212", "order1", "12x");
    fields.push(("memo", "4900-0000-0000-8212"));
    assert_eq!(shop.send("020", &fields).response_code, "P008");
    shop.send("020", &card("4900000000000000", "order1", "100"));

    let journal = emulator.api("GET", &format!("/api/v1/journal?merchant_id={}", shop.merchant_id), Value::Null);
    let [accepted, refused] = journal["entries"].as_array().unwrap().as_slice() else { panic!("{journal}") };
    assert_eq!(refused["refusal"]["response_code"], "P008");
    assert_eq!(refused["refusal"]["field"], "payment_amount");
    assert_eq!(refused["refusal"]["explanation"], "payment_amount may only consist of digits 0-9");
    let amount = field(&refused["request"], "payment_amount");
    assert_eq!(
        (&amount["value"], &amount["label"], &amount["at_fault"]),
        (&json!("12x"), &json!("決済金額"), &json!(true))
    );
    assert_eq!(field(&refused["request"], "card_number")["value"], "************8212");
    assert_eq!(field(&accepted["answer"], "result")["value"], "0");
    assert!(accepted["warnings"][0]["english"].as_str().unwrap().starts_with("raw card data"));
    assert!(accepted["warnings"][0]["japanese"].as_str().unwrap().contains("トークン"));

    let shown = page(&emulator, &format!("/journal/{}", refused["id"]));
    assert!(shown.contains("payment_amount may only consist of digits 0-9") && shown.contains("at-fault"), "{shown}");
    for path in ["/journal", "/", "/payments", &format!("/journal/{}", refused["id"]), "/api/v1/journal"] {
        let shown = page(&emulator, path);
        assert!(!shown.contains("4900000000008212") && !shown.contains("4900-0000-0000"), "{path}");
    }
}

#[test]
fn the_journal_is_filtered_and_paged() {
    let emulator = Emulator::start();
    let (shop, other) = (emulator.shop(), emulator.shop());
    let ids: Vec<String> = (0..5).map(|number| shop.authorize(&format!("order{number}"), "100")).collect();
    other.authorize("order0", "100");
    shop.send("022", &[("payment_id", "1")]);
    let list = |query: &str| {
        let path = format!("/api/v1/journal?merchant_id={}&{query}", shop.merchant_id);
        emulator.api("GET", &path, Value::Null)
    };
    let count = |query: &str| list(query)["entries"].as_array().unwrap().len();
    assert_eq!(count(""), 6);
    assert_eq!(count("kind=022"), 1);
    assert_eq!(count("refused=true"), 1);
    assert_eq!(count("refused=false"), 5);
    assert_eq!(count("text=order3"), 1);
    assert_eq!(count(&format!("payment_id={}", ids[0])), 1);
    assert_eq!(count("event=notice"), 0);
    let first = list("limit=4");
    assert_eq!(first["entries"].as_array().unwrap().len(), 4);
    let rest = list(&format!("limit=4&before={}", first["next_before"]));
    assert_eq!((rest["entries"].as_array().unwrap().len(), &rest["next_before"]), (2, &Value::Null));
    assert_eq!(emulator.console("GET", "/api/v1/journal?limit=501", "").0, 422);
    assert_eq!(emulator.console("GET", "/api/v1/journal?merchant_id=1", "").0, 404);
    assert_eq!(emulator.console("GET", "/api/v1/journal/999999", "").0, 404);
}

#[test]
fn events_tell_of_telegrams_and_of_the_payments_that_they_change() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("before", "100");
    let mut stream = TcpStream::connect(emulator.ports.console).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let path = format!("/api/v1/events?merchant_id={}", shop.merchant_id);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", emulator.ports.console).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.by_ref().take_while(|line| !line.is_empty()).any(|line| line.contains("text/event-stream")));
    let id = shop.authorize("after", "200");
    let mut event = |name: &str| {
        lines.by_ref().find(|line| line == &format!("event: {name}")).unwrap();
        let data = lines.by_ref().find(|line| line.starts_with("data: ")).unwrap();
        serde_json::from_str::<Value>(&data["data: ".len()..]).unwrap()
    };
    assert_eq!(field(&event("journal")["request"], "trading_id")["value"], "after");
    let payment = event("payment");
    assert_eq!((&payment["payment_id"].to_string(), &payment["payment_status"]), (&id, &json!("20")));
    emulator.api("POST", &format!("/api/v1/payments/{id}/operations"), json!({"operation": "cancel"}));
    assert_eq!(event("journal")["kind"], "merchant_site");
    assert_eq!(event("payment")["payment_status"], "32");
}

/// `merchant_site.md` section 6.1: card operations by status.
#[test]
fn the_merchants_site_does_what_the_telegrams_do() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let operate = |id: &str, operation: Value| {
        let (status, body) =
            emulator.console("POST", &format!("/api/v1/payments/{id}/operations"), &operation.to_string());
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let possible = |id: &str| {
        let list = emulator.api("GET", &format!("/api/v1/payments/{id}/operations"), Value::Null);
        list.as_array().unwrap().iter().map(|one| one["operation"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    let id = shop.authorize("order1", "1000");
    assert_eq!(possible(&id), ["capture", "cancel", "correct"]);
    assert_eq!(operate(&id, json!({"operation": "capture"})).1["payments"][0]["payment_status"], "40");
    assert_eq!(shop.status(&id), "40");
    assert_eq!(possible(&id), ["cancel", "correct"]);
    assert_eq!(operate(&id, json!({"operation": "refund"})).0, 409, "refunds are Paidy's");
    assert_eq!(operate(&id, json!({"operation": "capture"})).0, 409, "captured already");
    assert_eq!(operate(&id, json!({"operation": "cancel"})).1["payments"][0]["payment_status"], "60");
    assert_eq!(possible(&id), Vec::<String>::new());

    // オーソリ変更 and 売上変更 make a new payment and cancel the old one.
    for (captured, status, ended) in [(false, "20", "32"), (true, "40", "60")] {
        let id = shop.authorize("order2", "1000");
        if captured {
            operate(&id, json!({"operation": "capture"}));
        }
        let (_, done) = operate(&id, json!({"operation": "correct", "amount": 700}));
        assert_eq!(done["result"], "0", "{done}");
        let new = done["payments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["payment_id"].as_u64() != id.parse().ok())
            .unwrap();
        assert_eq!((&new["payment_status"], &new["amount"]), (&json!(status), &json!(700)));
        assert_eq!(shop.status(&id), ended);
    }

    // A smaller amount leaves the rest captured under a new id.
    let id = shop.authorize("order3", "1000");
    operate(&id, json!({"operation": "capture"}));
    let (_, done) = operate(&id, json!({"operation": "correct", "amount": 600}));
    assert!(done["payments"].as_array().unwrap().iter().any(|one| one["amount"] == 600), "{done}");

    // The card company refuses once: the payment waits in 42, and the next try ends it.
    let answer = shop.send("020", &card("4900000000002115", "order4", "500"));
    let id = answer.get("payment_id").to_owned();
    operate(&id, json!({"operation": "capture"}));
    let (status, done) = operate(&id, json!({"operation": "cancel"}));
    assert_eq!((status, &done["result"], &done["response_code"]), (200, &json!("1"), &json!("2002")));
    assert_eq!(shop.status(&id), "42");
    operate(&id, json!({"operation": "cancel"}));
    assert_eq!(shop.status(&id), "60");

    assert_eq!(operate("1", json!({"operation": "cancel"})).0, 404);
    let id = shop.authorize("order5", "1000");
    assert_eq!(operate(&id, json!({"operation": "correct"})).0, 422);
    assert_eq!(operate(&id, json!({"operation": "correct", "amount": 9_999_999})).0, 409);
    assert_eq!(operate(&id, json!({"operation": "dance"})).0, 422);
}

/// L3: the merchants' site corrects without the option that telegrams need; who did it stands in the history.
#[test]
fn corrections_on_the_merchants_site_need_no_option() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "1000");
    let path = format!("/api/v1/merchants/{}", shop.merchant_id);
    emulator.api("PUT", &path, json!({"contracts": {"correction": false}}));
    let by_telegram = [("payment_id", id.as_str()), ("payment_amount", "500"), ("reduction_flag", "0")];
    assert_eq!(shop.send("028", &by_telegram).response_code, "P029");
    let done = emulator.api(
        "POST",
        &format!("/api/v1/payments/{id}/operations"),
        json!({"operation": "correct", "amount": 500}),
    );
    let new = done["payments"][0]["payment_id"].as_u64().unwrap();
    let payment = emulator.api("GET", &format!("/api/v1/payments/{new}"), Value::Null);
    assert_eq!(payment["history"][0]["by"], "merchant_site");
    assert!(page(&emulator, &format!("/payments/{new}")).contains("Merchant (Paygent Online)"));
}

#[test]
fn foreign_hosts_origins_and_pages_are_refused() {
    let emulator = Emulator::start();
    let port = emulator.ports.console.port();
    let status = |method: &str, headers: &[(&str, &str)]| send(&emulator, method, "/api/v1/clock", headers, "").status;
    let local = format!("localhost:{port}");
    for host in [local.as_str(), "paygent:1", "[::1]"] {
        assert_eq!(status("GET", &[("Host", host)]), 200, "{host}");
    }
    assert_eq!(status("GET", &[("Host", "evil.example")]), 403);
    assert_eq!(status("GET", &[("Host", &local), ("Origin", &format!("http://{local}"))]), 200);
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        assert_eq!(status("DELETE", &[("Host", &local), ("Origin", origin)]), 403, "{origin}");
    }
    assert_eq!(status("GET", &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]), 403);
    let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    assert_eq!(status("GET", &link), 200, "a link may lead here");
    assert_eq!(status("DELETE", &link), 403);

    let response = send(&emulator, "GET", "/", &[], "");
    assert!(response.head.contains("script-src 'self'") && !response.head.contains("unsafe"), "{}", response.head);
    let back = send(&emulator, "GET", "/lang/en?back=//evil.example", &[], "");
    assert!(back.head.lines().any(|line| line == "Location: /"), "{}", back.head);
}

#[test]
fn a_token_keeps_strangers_out() {
    let emulator = Emulator::start_with(&["--console-token", "s3cret", "--console-host", "pay.example"]);
    let status = |path: &str, headers: &[(&str, &str)]| send(&emulator, "GET", path, headers, "").status;
    assert_eq!(status("/healthz", &[]), 200);
    assert_eq!(status("/assets/console.css", &[]), 200);
    assert_eq!(status("/api/v1/clock", &[]), 401);
    assert_eq!(status("/api/v1/clock", &[("Authorization", "Bearer wrong1")]), 401);
    assert_eq!(status("/api/v1/clock", &[("Authorization", "Bearer s3cret")]), 200);
    assert_eq!(status("/api/v1/clock", &[("Authorization", "Bearer s3cret"), ("Host", "pay.example")]), 200);
    assert_eq!(status("/payments", &[("Accept", "text/html")]), 303);
    let wrong = send(&emulator, "POST", "/login", &[FORM], "token=wrong");
    assert!(!wrong.head.to_lowercase().contains("set-cookie"), "{}", wrong.head);
    let right = send(&emulator, "POST", "/login", &[FORM], "token=s3cret");
    let cookie = right.head.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")).unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(status("/payments", &[("Cookie", cookie.split(';').next().unwrap())]), 200);
}

#[test]
fn the_name_of_the_scheme_is_written_in_any_case_and_the_token_is_not() {
    let emulator = Emulator::start_with(&["--console-token", "s3cret"]);
    let status = |value: &str| send(&emulator, "GET", "/api/v1/clock", &[("Authorization", value)], "").status;
    for right in ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret"] {
        assert_eq!(status(right), 200, "{right}");
    }
    for wrong in ["Bearer S3cret", "Basic s3cret", "s3cret", "Bearer", "Bearer "] {
        assert_eq!(status(wrong), 401, "{wrong}");
    }
}

#[test]
fn whoever_guesses_the_token_must_wait() {
    let emulator = Emulator::start_with(&["--console-token", "s3cret"]);
    let guess = |token: &str| {
        let header = [("Authorization", token)];
        send(&emulator, "GET", "/api/v1/clock", &header, "")
    };
    let refused: Vec<u16> = (0..30).map(|number| guess(&format!("Bearer {number}")).status).collect();
    assert_eq!(refused[..10], [401; 10]);
    assert!(refused.iter().filter(|status| **status == 429).count() >= 15, "{refused:?}");
    // The right one is not looked at either; the form says the same.
    let answers = [guess("Bearer s3cret"), guess("Bearer x")];
    assert!(answers.iter().any(|answer| answer.status == 429 && answer.head.contains("Retry-After: 1")));
    let typed: Vec<String> = (0..3).map(|_| send(&emulator, "POST", "/login", &[FORM], "token=wrong").head).collect();
    assert!(typed.iter().any(|head| head.contains("/login?wrong=often")), "{typed:?}");
    // Nobody who only asks is kept waiting.
    assert_eq!(send(&emulator, "GET", "/login", &[], "").status, 200);
    assert_eq!(send(&emulator, "GET", "/healthz", &[], "").status, 200);
}

#[test]
fn doors_that_others_can_reach_are_told_of() {
    let open = ["--console", "0.0.0.0:0", "--proxy", "0.0.0.0:0"];
    let emulator = Emulator::start_with(&open);
    for (language, console, proxy) in [
        ("en", "The console listens on 0.0.0.0", "The proxy listens on 0.0.0.0"),
        ("ja", "コンソールは 0.0.0.0", "プロキシは 0.0.0.0"),
    ] {
        let cookie = [("Cookie", &*format!("paygent_console_lang={language}"))];
        let shown =
            String::from_utf8(send(&emulator, "GET", "/", &[cookie[0], ("Host", "localhost")], "").body).unwrap();
        assert!(shown.contains(console) && shown.contains(proxy), "{language}: {shown}");
    }
    let log = emulator.log();
    assert!(log.contains("WARN The console listens") && log.contains("WARN The proxy listens"), "{log}");
    let guarded = Emulator::start_with(&[&open[..], &["--console-token", "s3cret"]].concat());
    assert_eq!(guarded.log(), "");
    let alone = Emulator::start();
    assert!(!page(&alone, "/").contains("0.0.0.0") && alone.log().is_empty());
}

/// `merchant_site.md` sections 5 and 10.
#[test]
fn payments_are_searched_and_downloaded_as_on_the_merchants_site() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let paid = shop.authorize("shop1001", "2490");
    shop.send("022", &[("payment_id", &paid)]);
    let open = shop.authorize("shop1002", "1980");
    shop.authorize("other1", "500");
    let found = |query: &str| {
        let shown = page(&emulator, &format!("/payments?merchant_id={}&{query}", shop.merchant_id));
        shown.matches("href=\"/payments/3").count()
    };
    for (query, count) in [
        ("", 3),
        ("tab=card", 3),
        ("tab=atm", 0),
        ("trading_id=shop1001", 1),
        ("trading_id=shop100&trading_id_match=exact", 0),
        ("trading_id=shop&trading_id_match=prefix", 2),
        ("trading_id=1&trading_id_match=suffix", 2),
        ("trading_id=op10&trading_id_match=contains", 2),
        ("status=40", 1),
        ("amount_from=1,000&amount_to=2000", 1),
        ("init_preset=today", 3),
        ("init_to=2020-01-01", 0),
        ("paid_preset=7", 1),
        ("most=2", 2),
        (&format!("payment_id={open}"), 1),
        ("lost=1", 3),
    ] {
        assert_eq!(found(query), count, "{query}");
    }
    shop.send("091", &[]);
    assert_eq!(found("lost=1"), 2, "the shop fetched a notice of the first one");
    assert_eq!(send(&emulator, "GET", "/payments?payment_id=x", &[], "").status, 422);

    let csv = send(&emulator, "GET", &format!("/payments.csv?merchant_id={}&status=40", shop.merchant_id), &[], "");
    assert!(csv.head.contains("payment_list_all_") && csv.head.contains("Windows-31J"), "{}", csv.head);
    let text = paygent_emulator::internal::wire::Charset::Windows31J.decode(&csv.body).unwrap().into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("\"決済種別\",\"取引ID\",\"決済ID\",\"決済金額\",\"ステータスCD\""), "{}", lines[0]);
    assert!(
        lines[1].starts_with(&format!("\"カード決済\",\"shop1001\",\"{paid}\",\"2490\",\"40\",\"消込済\"")),
        "{}",
        lines[1]
    );
    assert!(lines[1].contains("\"**** **** **** ****\",\"**/**\",\"1回払い\""), "{}", lines[1]);
    assert_eq!(lines.len(), 2);
}

/// N2 to N10: the boxes, block by block, two per line; an unticked status makes no notice.
#[test]
fn unticked_boxes_silence_a_status() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("order1", "100");
    let path = format!("/merchants/{}", shop.merchant_id);
    let shown = page(&emulator, &path);
    let blocks = ["ATM決済", "クレジットカード決済", "コンビニ決済(番号方式)", "銀行ネット決済", "Paidy"];
    let places: Vec<usize> = blocks.iter().map(|block| shown.find(&format!(">{block}</legend>")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(shown.matches('※').count(), 4 + 1, "card 10, convenience 10, 40, 43, and what the mark means");
    let done = send(&emulator, "POST", &path, &[FORM], "section=notices&block=02&box-02=40");
    assert_eq!(done.status, 303);
    let before = emulator.api("GET", &format!("/api/v1/notices?merchant_id={}", shop.merchant_id), Value::Null);
    let id = shop.authorize("order2", "100");
    shop.send("022", &[("payment_id", &id)]);
    let after = emulator.api("GET", &format!("/api/v1/notices?merchant_id={}", shop.merchant_id), Value::Null);
    let (before, after) = (before["notices"].as_array().unwrap().len(), after["notices"].as_array().unwrap());
    assert_eq!(before, 2, "all ticked at first: 10 and 20");
    assert_eq!(after.len(), 3, "{after:?}");
    assert_eq!(after[2]["payment_status"], "40");
}

/// `merchant_site.md` section 9, 登録カード管理: `－` is not checked, 請求停止 is blocked.
#[test]
fn stored_cards_and_the_results_of_updates_have_a_page() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.authorize("adopted", "1");
    let path = format!("/merchants/{}/cards", shop.merchant_id);
    assert_eq!(page(&emulator, &path).matches("None.").count(), 2);
    let store = |number: &str, check: &str| {
        let fields =
            [("customer_id", "c"), ("card_number", number), ("card_valid_term", "1139"), ("valid_check_flg", check)];
        shop.send("025", &fields).get("customer_card_id").to_owned()
    };
    store("4566000000000001", "0");
    let stopped = store("4566000000000002", "1");
    store("4566000000020003", "1");
    let which = json!({"merchant_id": shop.merchant_id, "customer_id": "c", "customer_card_id": stopped});
    emulator.api("POST", "/api/v1/cards/stop", which);
    let done = emulator.api("POST", "/api/v1/cards/update", json!({"merchant_id": shop.merchant_id}));
    let shown = page(&emulator, &path);
    for text in
        ["－", "3 charges stopped", "************0001", "************0000", "1140", "number, expiry", "base site"]
    {
        assert!(shown.contains(text), "{text}");
    }
    let japanese = send(&emulator, "GET", &path, &[("Accept-Language", "ja")], "");
    let japanese = String::from_utf8(japanese.body).unwrap();
    for text in ["3 請求停止", "カード番号、有効期限", "基本サイト", "受付番号"] {
        assert!(japanese.contains(text), "{text}");
    }
    assert!(shown.contains(done["file_receipt_id"].as_str().unwrap()));
    assert!(!shown.contains("************0003"), "the card has a new number");
}

#[test]
fn everything_shown_is_escaped() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.send("020", &[("trading_id", "<script>alert(1)</script>"), ("payment_amount", "\"><u>"), ("<i>", "x")]);
    for path in ["/journal", "/journal/1", "/", "/payments?trading_id=%3Cscript%3E", "/journal?text=%22%3E%3Cu%3E"] {
        let shown = page(&emulator, path);
        assert!(!shown.contains("<script>alert") && !shown.contains("\"><u>") && !shown.contains("<i>"), "{path}");
    }
}

#[test]
fn the_clock_page_goes_to_the_next_deadline() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "100");
    let whose = format!("merchant_id={}", shop.merchant_id);
    assert!(page(&emulator, &format!("/clock?{whose}")).contains("20 オーソリOK → 33 オーソリ期限切"));
    let done = send(&emulator, "POST", "/clock", &[FORM], &format!("{whose}&action=next"));
    assert_eq!(done.status, 200);
    assert!(String::from_utf8(done.body).unwrap().contains("33 オーソリ期限切"));
    assert_eq!(shop.status(&id), "33");
    assert_eq!(send(&emulator, "POST", "/clock", &[FORM], "action=dance").status, 422);
    assert_eq!(send(&emulator, "POST", "/clock", &[FORM], "action=advance&days=x").status, 422);
}

#[test]
fn the_start_page_has_the_real_ports_and_paths() {
    let emulator = Emulator::start();
    let shown = page(&emulator, "/");
    let port = emulator.ports.listen.port();
    assert!(shown.contains(&format!("paygentB2Bmodule.url.094=https://localhost:{port}/n/ref/paymentref")));
    assert!(shown.contains(&format!("{}/pki/client.pem", emulator.dir.path().display())));
    let welcart = shown.split("<summary>Welcart</summary>").nth(1).unwrap().split("</details>").next().unwrap();
    assert!(welcart.contains(&format!("{}/pki/ca.crt", emulator.dir.path().display())), "{welcart}");
    let merchant = emulator.api("GET", "/api/v1/merchants/10000", json!(null));
    let paidy = merchant["keys"]["paidy_public"].as_str().unwrap();
    assert!(welcart.contains(&format!("Paidy パブリックキー: {paidy}")), "{welcart}");
    for client in
        ["curl", "https_proxy", "hosts", "PHP module", "Java module", "Ruby", "Welcart", "WooCommerce", "Laravel"]
    {
        assert!(shown.contains(&format!("<summary>{client}</summary>")), "{client}");
    }
}

#[test]
fn pages_that_do_not_exist_say_so() {
    let emulator = Emulator::start();
    for path in [
        "/nope",
        "/payments/1",
        "/payments/x",
        "/journal/1",
        "/merchants/1",
        "/merchants/1/cards",
        "/notices/1/1",
        "/catalog/telegrams/x",
    ] {
        let response = send(&emulator, "GET", path, &[], "");
        assert_eq!(response.status, 404, "{path}");
        assert!(response.head.contains("text/html"), "{path}: {}", response.head);
    }
    let response = send(&emulator, "GET", "/api/v1/nope", &[], "");
    assert!(response.status == 404 && response.head.contains("application/problem+json"), "{}", response.head);
    let response = send(&emulator, "DELETE", "/api/v1/journal", &[], "");
    assert!(response.status == 405 && response.head.contains("application/problem+json"), "{}", response.head);
}
