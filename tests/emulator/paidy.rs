//! Paidy: checkout, webhook, 340 to 343, 094, deadlines (`paidy.md`, `seed_requirements.md` group P).

use std::sync::Arc;
use std::time::{Duration, Instant};

use paygent_emulator::internal::method::paidy::TABLE;
use paygent_emulator::internal::payment::{Transition, Trigger};
use paygent_emulator::internal::pki::{Pki, PkiOptions};
use serde_json::{Value, json};

use crate::harness::{Answer, Emulator, Response, Shop, client_tls, exchange_tls};

/// The order of a Welcart shop, with a discount line that has no id.
fn order(order_ref: &str, amount: u64) -> Value {
    json!({
        "amount": amount, "currency": "JPY", "store_name": "テスト店舗",
        "buyer": {"email": "successful.payment@paidy.com", "name1": "山田 太郎", "name2": "ヤマダ タロウ", "phone": "08000000001"},
        "buyer_data": {"age": 29, "order_count": 10, "ltv": 250_000},
        "order": {
            "items": [
                {"id": "A-1", "quantity": 2, "title": "表示〜①", "unit_price": 600},
                {"quantity": 1, "title": "値引き", "unit_price": -200},
            ],
            "order_ref": order_ref, "shipping": 500, "tax": 100,
        },
        "shipping_address": {"line1": "ビル 3F", "line2": "1-2-3", "city": "渋谷区", "state": "東京都", "zip": "150-0001"},
    })
}

/// A request as Paidy or a browser sends it: TLS, but no client certificate.
fn request(emulator: &Emulator, method: &str, host: &str, path: &str, body: &Value) -> Response {
    let pki = Pki::open(&emulator.dir.path().join("pki"), &PkiOptions::default()).unwrap();
    let tls = Arc::new(client_tls(&pki).with_no_client_auth());
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    Response::parse(&exchange_tls(emulator.ports.listen, tls, request.as_bytes()))
}

fn post(emulator: &Emulator, path: &str, body: &Value) -> (u16, Value) {
    let response = request(emulator, "POST", "localhost", path, body);
    (response.status, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
}

/// A merchant that has been here before, at ten o'clock, its clock standing still.
fn shop(emulator: &Emulator) -> Shop<'_> {
    let shop = emulator.shop();
    assert_eq!(shop.send("094", &[("payment_id", "1")]).response_code, "13001");
    let clock = json!({"now": "2026-04-01T10:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    shop
}

impl Shop<'_> {
    /// A buyer goes through the checkout; what the shop's `closed` function gets.
    fn checkout(&self, order: &Value, webhook: &str) -> Value {
        let checkout = json!({
            "api_key": format!("pk_test_{}", self.merchant_id), "payload": order, "agreed": true, "webhook": webhook,
            "mail": "successful.payment@paidy.com", "phone": "08000000001", "code": "8888",
        });
        let (status, data) = post(self.emulator, "/paidy/checkout/finish", &checkout);
        assert_eq!(status, 200, "{data}");
        data
    }

    /// Paidy's webhook for a payment of its own.
    fn webhook(&self, body: &Value) -> (u16, Value) {
        post(self.emulator, &format!("/n/paidy/receipt?mid={}", self.merchant_id), body)
    }

    /// A payment in status 20.
    pub(crate) fn bought(&self, order_ref: &str, amount: u64) -> String {
        let data = self.checkout(&order(order_ref, amount), "lost");
        let (status, told) = self.webhook(&json!({"payment_id": data["id"], "status": "authorize_success"}));
        assert_eq!(status, 200, "{told}");
        told["payment_id"].as_str().unwrap().to_owned()
    }

    /// A payment in status 40.
    pub(crate) fn captured(&self, order_ref: &str, amount: u64) -> String {
        let id = self.bought(order_ref, amount);
        assert_eq!(self.send("341", &[("payment_id", &id)]).get("payment_id"), id);
        id
    }

    fn inquire(&self, payment_id: &str) -> Answer {
        let answer = self.send("094", &[("payment_id", payment_id)]);
        assert_eq!(answer.result, "0", "{answer:?}");
        answer
    }

    /// Makes Paidy answer the next telegram of a kind so.
    pub(crate) fn fault(&self, kind: &str, code: &str, done: bool) {
        let fault =
            json!({"merchant_id": self.merchant_id, "telegram_kind": kind, "response_code": code, "done": done});
        self.emulator.api("POST", "/api/v1/faults", fault);
    }

    fn advance_minutes(&self, minutes: u32) {
        let by = json!({"minutes": minutes, "merchant_id": self.merchant_id});
        self.emulator.api("POST", "/api/v1/clock/advance", by);
    }

    /// The payment with this trading id that is not the one given.
    fn other(&self, answer: &Answer, payment_id: &str) -> String {
        assert_eq!(answer.result, "0", "{answer:?}");
        assert_ne!(answer.get("payment_id"), payment_id);
        answer.get("payment_id").to_owned()
    }
}

#[test]
fn the_webhook_makes_the_payment_and_343_does_not_wait_for_it() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let data = shop.checkout(&order("order_1", 1500), "lost");
    assert_eq!(
        (data["status"].as_str(), data["amount"].as_u64(), data["currency"].as_str(), data["created_at"].as_str()),
        (Some("authorized"), Some(1500), Some("JPY"), Some("2026-04-01T01:00:00.000Z"))
    );
    let paidy_id = data["id"].as_str().unwrap();
    assert!(paidy_id.starts_with("pay_"));

    let verified = shop.send("343", &[("paidy_payment_id", paidy_id)]);
    assert_eq!((verified.result.as_str(), verified.get("retrieve_result")), ("0", "0"));
    assert_eq!((verified.get("payment_amount"), verified.get("trading_id")), ("1500", "order_1"));
    assert_eq!((verified.get("order_items_title[0]"), verified.get("order_items_unit_price[1]")), ("表示～①", "-200"));
    assert_eq!(shop.send("341", &[("trading_id", "order_1")]).response_code, "24001");

    let hook = json!({"payment_id": paidy_id, "status": "AUTHORIZE_SUCCESS", "order_ref": "order_1"});
    let (status, told) = shop.webhook(&hook);
    assert_eq!(status, 200);
    assert_eq!(shop.webhook(&hook).1, told, "a webhook that comes twice makes one payment");
    let payment = shop.send("094", &[("trading_id", "order_1")]);
    assert_eq!(payment.get("payment_id"), told["payment_id"]);
    let lines: Vec<(&str, &str)> = payment.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        lines[1..],
        [
            ("trading_id", "order_1"),
            ("payment_type", "22"),
            ("site_id", ""),
            ("payment_status", "20"),
            ("payment_amount", "1500"),
            ("paidy_payment_id", paidy_id),
            ("payment_init_date", "20260401100000"),
            ("authorized_date", "20260401100000"),
            ("cancel_date", ""),
            ("payment_date", ""),
            ("currency", "JPY"),
            ("description", ""),
            ("store_name", "テスト店舗"),
            ("buyer_email", "successful.payment@paidy.com"),
            ("buyer_name_kanji", "山田 太郎"),
            ("buyer_name_kana", "ヤマダ タロウ"),
            ("buyer_phone", "08000000001"),
            ("shipping_address_zip", "150-0001"),
            ("shipping_address_state", "東京都"),
            ("shipping_address_city", "渋谷区"),
            ("shipping_address_line2", "1-2-3"),
            ("shipping_address_line1", "ビル 3F"),
            ("order_tax", "100"),
            ("order_shipping", "500"),
            ("order_items_id[0]", "A-1"),
            ("order_items_title[0]", "表示～①"),
            ("order_items_description[0]", ""),
            ("order_items_unit_price[0]", "600"),
            ("order_items_quantity[0]", "2"),
            ("order_items_id[1]", ""),
            ("order_items_title[1]", "値引き"),
            ("order_items_description[1]", ""),
            ("order_items_unit_price[1]", "-200"),
            ("order_items_quantity[1]", "1"),
        ]
    );
}

#[test]
fn notices_hold_the_whole_order_and_the_event() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let first = shop.captured("order_1", 1500);
    let second = shop.other(&shop.send("342", &[("payment_id", &first), ("amount", "500")]), &first);
    for (status, id, amount, event) in [
        ("20", &first, "1500", "authorize"),
        ("40", &first, "1500", "capture"),
        ("60", &first, "1500", "refund"),
        ("40", &second, "1000", "refund"),
    ] {
        let notice = shop.send("091", &[]);
        let get = |name| notice.get(name);
        assert_eq!((get("payment_status"), get("payment_id"), get("payment_amount")), (status, id.as_str(), amount));
        assert_eq!((get("event"), get("event_result"), get("event_error_code")), (event, "success", ""));
        assert_eq!((get("payment_type"), get("site_id"), get("trading_id")), ("22", "", "order_1"));
        let names: Vec<&str> = notice.fields.iter().map(|(name, _)| name.as_str()).collect();
        let items = names.iter().position(|name| *name == "order_items_id[0]").unwrap();
        assert_eq!(names[items + 4..items + 6], ["order_items_quantity[0]", "order_items_id[1]"]);
        assert_eq!(names[names.len() - 3..], ["event", "event_result", "event_error_code"]);
        assert_eq!((get("order_items_title[1]"), get("order_items_id[1]")), ("値引き", ""));
    }
    assert_eq!(shop.send("091", &[]).get("success_code"), "1");
}

#[test]
fn an_unknown_paidy_id_is_an_answer_and_not_an_error() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let answer = shop.send("343", &[("paidy_payment_id", "pay_unknown")]);
    assert_eq!((answer.result.as_str(), answer.get("retrieve_result"), answer.get("payment_amount")), ("0", "1", ""));
    assert!(!answer.fields.iter().any(|(name, _)| name == "trading_id"), "an empty one would be stored: {answer:?}");
    assert_eq!(shop.send("343", &[("paidy_payment_id", "")]).response_code, "P006");
    shop.fault("343", "24004", false);
    assert_eq!(shop.send("343", &[("paidy_payment_id", "pay_unknown")]).response_code, "24004");
}

#[test]
fn webhooks_come_a_moment_later_or_late_by_the_clock() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    shop.checkout(&order("late", 100), "late");
    shop.advance_minutes(9);
    assert_eq!(shop.send("341", &[("trading_id", "late")]).response_code, "24001");
    shop.advance_minutes(1);
    let payment = shop.send("094", &[("trading_id", "late")]);
    assert_eq!((payment.get("payment_status"), payment.get("payment_init_date")), ("20", "20260401100000"));

    shop.checkout(&order("now", 100), "now");
    let patience = Instant::now() + Duration::from_secs(20);
    while shop.send("094", &[("trading_id", "now")]).result != "0" {
        assert!(Instant::now() < patience, "the webhook never came");
    }
}

#[test]
fn a_webhook_from_outside_can_bring_the_payment_itself() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let mut payment = order("A-1", 300);
    payment["created_at"] = json!("2026-03-31T15:30:00Z");
    let (status, told) = shop.webhook(&json!({"payment_id": "pay_outside", "payment": payment}));
    assert_eq!((status, told["paidy_payment_id"].as_str()), (200, Some("pay_outside")));
    let known = shop.inquire(told["payment_id"].as_str().unwrap());
    assert_eq!(known.get("trading_id"), "", "a hyphen cannot be in a trading id");
    assert_eq!(known.get("payment_init_date"), "20260401003000");
    assert_eq!(shop.send("343", &[("paidy_payment_id", "pay_outside")]).get("payment_amount"), "300");

    assert_eq!(shop.webhook(&json!({"payment_id": "pay_nobody"})).0, 422);
    assert_eq!(shop.webhook(&json!({"payment_id": "pay x", "payment": payment})).0, 422);
    assert_eq!(shop.webhook(&json!({"payment": {"amount": 1}})).0, 422);
    assert_eq!(shop.webhook(&json!({"payment_id": "pay_nobody", "status": "capture_success"})).0, 200);
    assert_eq!(post(&emulator, "/n/paidy/receipt?mid=404", &json!({"payment_id": "pay_outside"})).0, 404);
    assert_eq!(request(&emulator, "GET", "localhost", "/n/paidy/receipt", &Value::Null).status, 405);
}

#[test]
fn refused_checkouts_leave_nothing_and_mistakes_are_told() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let good = json!({
        "api_key": format!("pk_test_{}", shop.merchant_id), "payload": order("order_1", 100), "agreed": true,
        "mail": "rejected.payment@paidy.com", "phone": "08000000001", "code": "8888", "english": true,
    });
    let (status, data) = post(&emulator, "/paidy/checkout/finish", &good);
    assert_eq!((status, data["status"].as_str()), (200, Some("rejected")));
    let verified = shop.send("343", &[("paidy_payment_id", data["id"].as_str().unwrap())]);
    assert_eq!(verified.get("retrieve_result"), "1");
    assert_eq!(shop.webhook(&json!({"payment_id": data["id"]})).0, 422);

    for (at, value, word) in [
        ("/api_key", json!("pk_live_wrong"), "pk_live_wrong"),
        ("/api_key", json!(""), "api_key"),
        ("/payload", json!({}), "amount"),
        ("/payload/order/items", json!([]), "order.items"),
        ("/payload/buyer/name1", json!(""), "buyer.name1"),
        ("/payload/currency", json!("USD"), "JPY"),
        ("/code", json!("1234"), "8888"),
        ("/phone", json!("09012345678"), "08000000001"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(at).unwrap() = value;
        let (status, told) = post(&emulator, "/paidy/checkout/finish", &bad);
        assert_eq!(status, 422, "{at}");
        assert!(told["message"].as_str().unwrap().contains(word), "{at}: {told}");
    }
    assert_eq!(post(&emulator, "/paidy/checkout/open", &json!([])).0, 422);
}

#[test]
fn the_first_merchant_has_a_key_of_its_own() {
    let emulator = Emulator::start();
    let open =
        |key: &str| post(&emulator, "/paidy/checkout/open", &json!({"api_key": key, "payload": order("a", 1)})).0;
    assert_eq!(open("pk_test_paygentemulator0123456789"), 204);
    assert_eq!(open("pk_test_10000"), 422);
}

#[test]
fn paidys_own_host_has_the_script_everywhere() {
    let emulator = Emulator::start();
    let get = |host: &str, path: &str| request(&emulator, "GET", host, path, &Value::Null);
    let script = get("localhost", "/paidy/checkout.js");
    assert_eq!(script.status, 200);
    let head = script.head.to_ascii_lowercase();
    for line in [
        "content-type: text/javascript; charset=utf-8",
        "access-control-allow-origin: *",
        "resource-policy: cross-origin",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    for (host, path) in
        [("apps.paidy.com", "/"), ("Apps.Paidy.com:443", "/?ver=6.7"), ("apps.paidy.com", "/any/path.js")]
    {
        assert_eq!(get(host, path).body, script.body, "{host}{path}");
    }
    assert_ne!(get("localhost", "/").body, script.body);
    for host in ["localhost", "apps.paidy.com"] {
        let page = get(host, "/paidy/dialog?lang=en&webhook=nonsense");
        assert_eq!(page.status, 200);
        assert!(page.head.to_ascii_lowercase().contains("script-src 'self'"), "{}", page.head);
        for path in ["/paidy/dialog.js", "/paidy/dialog.css", "/assets/shopper.css"] {
            assert_eq!(get(host, path).status, 200, "{host}{path}");
        }
    }
}

/// Leads a new payment along one row of the table; returns the status that it ends in.
fn walk(shop: &Shop<'_>, row: Transition) -> String {
    let by = row.by.to_string();
    let order_ref = format!("from{}to{}by{by}", row.from.map_or(0, |from| from.0), row.to.0);
    let pair = (row.from.map_or(0, |from| from.0), row.to.0);
    let send = |kind: &str, id: &str| shop.send(kind, &[("payment_id", id)]);
    let timed_out = |kind: &str, id: &str, done: bool| {
        shop.fault(kind, "24005", done);
        assert_eq!(send(kind, id).response_code, "24005");
    };
    let status = |id: &str| shop.status(id);
    match (by.as_str(), pair) {
        ("vendor", (0, 20)) => status(&shop.bought(&order_ref, 1000)),
        ("340" | "341", (20, 32 | 40)) => {
            let id = shop.bought(&order_ref, 1000);
            assert_eq!(send(&by, &id).get("payment_id"), id);
            status(&id)
        }
        ("342", (40, 60)) => {
            let id = shop.captured(&order_ref, 1000);
            assert_eq!(send("342", &id).get("payment_id"), id);
            status(&id)
        }
        ("342", (0, 40)) => {
            let id = shop.captured(&order_ref, 1000);
            let refund = shop.send("342", &[("payment_id", &id), ("amount", "400")]);
            status(&shop.other(&refund, &id))
        }
        ("340" | "341", (20, 31 | 30)) => {
            let id = shop.bought(&order_ref, 1000);
            timed_out(&by, &id, false);
            status(&id)
        }
        ("342", (40, 42)) => {
            let id = shop.captured(&order_ref, 1000);
            timed_out("342", &id, false);
            status(&id)
        }
        ("clock", (31 | 30 | 42, _)) => {
            let kind = match pair.0 {
                31 => "340",
                30 => "341",
                _ => "342",
            };
            let id = if kind == "342" { shop.captured(&order_ref, 1000) } else { shop.bought(&order_ref, 1000) };
            timed_out(kind, &id, matches!(pair, (31, 32) | (30, 40) | (42, 60)));
            shop.advance_minutes(9);
            assert_eq!(status(&id), pair.0.to_string());
            shop.advance_minutes(1);
            status(&id)
        }
        ("clock", (0, 40)) => {
            let id = shop.captured(&order_ref, 1000);
            shop.fault("342", "24005", true);
            assert_eq!(shop.send("342", &[("payment_id", &id), ("amount", "400")]).response_code, "24005");
            shop.advance_minutes(10);
            assert_eq!(status(&id), "60");
            let rest = shop.send("094", &[("trading_id", &order_ref)]).get("payment_id").to_owned();
            assert_ne!(rest, id, "what was refunded in part does not count any more");
            assert_eq!(shop.inquire(&rest).get("payment_amount"), "600");
            status(&rest)
        }
        ("clock", (20, 33)) => {
            let id = shop.bought(&order_ref, 1000);
            shop.advance_days(31);
            status(&id)
        }
        ("clock", (20, 31)) => {
            let id = shop.bought(&order_ref, 1000);
            shop.fault("340", "24005", false);
            // To the midnight of the daily run, and not on to the follow-up.
            shop.advance_minutes(30 * 24 * 60 + 14 * 60);
            let pending = status(&id);
            shop.advance_minutes(10);
            assert_eq!(status(&id), "32", "an expiry that timed out ends as a cancel");
            pending
        }
        ("clock", (40, 41)) => {
            let id = shop.captured(&order_ref, 1000);
            shop.advance_days(91);
            status(&id)
        }
        _ => panic!("no scenario for {row:?}"),
    }
}

#[test]
fn every_row_of_the_table_can_be_walked() {
    let emulator = Emulator::start();
    // What the merchants' site does is asked for below.
    for row in TABLE.transitions().filter(|row| row.by != Trigger::MerchantSite) {
        let shop = shop(&emulator);
        assert_eq!(walk(&shop, row), row.to.to_string(), "{row:?}");
    }
}

#[test]
fn each_status_allows_only_its_own_telegrams() {
    let emulator = Emulator::start();
    let reach = |shop: &Shop<'_>, status: &str| {
        let id = shop.bought("order", 1000);
        let send = |kind: &str| shop.send(kind, &[("payment_id", &id)]);
        let time_out = |kind: &str| {
            shop.fault(kind, "24005", false);
            shop.send(kind, &[("payment_id", &id)])
        };
        if matches!(status, "40" | "41" | "42" | "60") {
            send("341");
        }
        match status {
            "30" => drop(time_out("341")),
            "31" => drop(time_out("340")),
            "32" => drop(send("340")),
            "33" => drop(shop.advance_days(31)),
            "41" => drop(shop.advance_days(91)),
            "42" => drop(time_out("342")),
            "60" => drop(send("342")),
            _ => {}
        }
        assert_eq!(shop.status(&id), status);
        id
    };
    for status in ["20", "30", "31", "32", "33", "40", "41", "42", "60"] {
        for kind in ["340", "341", "342"] {
            let shop = shop(&emulator);
            let id = reach(&shop, status);
            let allowed = matches!((status, kind), ("20", "340" | "341") | ("40", "342"));
            let answer = shop.send(kind, &[("trading_id", "order")]);
            let expected = if allowed { "" } else { "24003" };
            assert_eq!(answer.response_code, expected, "{kind} in {status}");
            assert_eq!(shop.status(&id) == status, !allowed, "{kind} in {status}");
        }
    }
}

#[test]
fn refunds_move_the_rest_to_a_new_payment() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let first = shop.captured("order_1", 1500);
    let refund = |id: &str, amount: &str| shop.send("342", &[("payment_id", id), ("amount", amount)]);
    assert_eq!(refund(&first, "1501").response_code, "24007");
    assert_eq!(refund(&first, "0").response_code, "P010");
    assert_eq!(refund(&first, "1x").response_code, "P008");
    assert_eq!(shop.status(&first), "40");

    shop.advance_days(1);
    let answer = refund(&first, "500");
    let second = shop.other(&answer, &first);
    assert_eq!(answer.get("trading_id"), "order_1");
    let (old, new) = (shop.inquire(&first), shop.inquire(&second));
    assert_eq!((old.get("payment_status"), old.get("payment_amount")), ("60", "1500"));
    assert_eq!((new.get("payment_status"), new.get("payment_amount")), ("40", "1000"));
    assert_eq!((old.get("cancel_date"), new.get("cancel_date")), ("20260402100000", ""));
    for name in
        ["payment_date", "payment_init_date", "paidy_payment_id", "trading_id", "buyer_name_kanji", "order_items_id[0]"]
    {
        assert_eq!(old.get(name), new.get(name), "{name}");
    }
    assert_eq!(new.get("payment_date"), "20260401100000", "the notice of 60 still carries the capture's time");
    assert_eq!(shop.send("094", &[("trading_id", "order_1")]).get("payment_id"), second, "the first does not count");

    let third = shop.other(&shop.send("342", &[("trading_id", "order_1"), ("amount", "999")]), &second);
    assert_eq!(shop.inquire(&third).get("payment_amount"), "1");
    assert_eq!(refund(&third, "1").get("payment_id"), third, "the whole amount is a full refund");
    assert_eq!(shop.status(&third), "60");
}

#[test]
fn the_merchants_site_does_what_the_telegrams_do() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let path = |id: &str| format!("/api/v1/payments/{id}/operations");
    let offered = |id: &str| {
        let offered = emulator.api("GET", &path(id), Value::Null);
        let names = offered.as_array().unwrap().iter().map(|one| one["operation"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let operate = |id: &str, json: Value| emulator.api("POST", &path(id), json);
    let cancelled = shop.bought("a", 1000);
    assert_eq!(offered(&cancelled), ["capture", "cancel"]);
    operate(&cancelled, json!({"operation": "cancel"}));
    assert_eq!((shop.status(&cancelled).as_str(), offered(&cancelled).len()), ("32", 0));

    let refunded = shop.bought("b", 1000);
    operate(&refunded, json!({"operation": "capture"}));
    assert_eq!((shop.status(&refunded).as_str(), offered(&refunded)), ("40", vec!["refund".to_owned(); 2]));
    let (status, body) = emulator.console("POST", &path(&refunded), r#"{"operation":"refund","amount":1001}"#);
    assert!((400..500).contains(&status), "{status} {body}");
    operate(&refunded, json!({"operation": "refund", "amount": 400}));
    assert_eq!(shop.status(&refunded), "60");
    let rest = (refunded.parse::<u64>().unwrap() + 1).to_string();
    assert_eq!((shop.status(&rest).as_str(), shop.inquire(&rest).get("payment_amount")), ("40", "600"));
    operate(&rest, json!({"operation": "refund"}));
    assert_eq!(shop.status(&rest), "60");
}

#[test]
fn a_cancel_has_a_date_and_no_payment_date() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let id = shop.bought("order_1", 1500);
    let answer = shop.send("340", &[("trading_id", "order_1")]);
    assert_eq!((answer.get("payment_id"), answer.get("trading_id")), (id.as_str(), "order_1"));
    let cancelled = shop.inquire(&id);
    assert_eq!((cancelled.get("cancel_date"), cancelled.get("payment_date")), ("20260401100000", ""));
    // WooCommerce sends Paidy's id, which has letters.
    assert_eq!(shop.send("341", &[("payment_id", "pay_x")]).response_code, "P008");
}

#[test]
fn paidy_knows_of_an_expiry_before_the_daily_run() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let (authorized, captured) = (shop.bought("a", 100), shop.captured("b", 100));
    shop.advance_days(29);
    assert_eq!(shop.send("341", &[("payment_id", &shop.bought("c", 100))]).result, "0");
    shop.advance_days(1);
    assert_eq!(shop.send("341", &[("payment_id", &authorized)]).response_code, "24006");
    assert_eq!(shop.send("340", &[("payment_id", &authorized)]).response_code, "24006");
    assert_eq!(shop.status(&authorized), "20");
    shop.advance_days(1);
    assert_eq!(shop.status(&authorized), "33");

    shop.advance_days(59);
    assert_eq!(shop.send("342", &[("payment_id", &captured)]).response_code, "24006");
    assert_eq!(shop.status(&captured), "40");
    shop.advance_days(1);
    assert_eq!(shop.status(&captured), "41");
}

#[test]
fn paidys_failures_change_nothing_unless_they_are_time_outs() {
    let emulator = Emulator::start();
    let shop = shop(&emulator);
    let id = shop.bought("order_1", 100);
    for (set, told) in [("24004", "24004"), ("24006", "24006"), ("2002", "24004")] {
        shop.fault("341", set, false);
        assert_eq!(shop.send("341", &[("payment_id", &id)]).response_code, told);
        assert_eq!(shop.status(&id), "20");
    }
    shop.fault("341", "24005", false);
    shop.send("341", &[("payment_id", &id)]);
    shop.advance_minutes(10);
    assert_eq!(shop.send("341", &[("payment_id", &id)]).result, "0", "it can be captured again");
    // The way back does not lose the deadline.
    let other = shop.bought("order_2", 100);
    shop.fault("340", "24005", false);
    shop.send("340", &[("payment_id", &other)]);
    shop.advance_minutes(10);
    shop.advance_days(31);
    assert_eq!(shop.status(&other), "33");
}
