//! The control API: merchants, payments, notices, transitions.

use serde_json::{Value, json};

use crate::harness::Emulator;

fn problem(emulator: &Emulator, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, text) = emulator.console(method, path, &body);
    let problem: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {path}: {status} {text}"));
    assert_eq!(problem["status"], status, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    (status, problem)
}

#[test]
fn a_merchant_is_added_changed_in_parts_and_shown() {
    let emulator = Emulator::start();
    let path = "/api/v1/merchants/555000111";
    assert_eq!(problem(&emulator, "GET", path, &json!(null)).0, 404);
    let (status, refused) = problem(&emulator, "PUT", path, &json!({"notification_url": "http://localhost/"}));
    assert_eq!((status, refused["field"].as_str()), (422, Some("connect_id")));
    let new =
        json!({"connect_id": "shop", "connect_password": "secret", "keys": {"notice_hash": "k1", "link_hash": "k2"}});
    assert_eq!(emulator.console("PUT", path, &new.to_string()).0, 201);
    let change = json!({
        "notification_url": "http://localhost:1/hook", "keys": {"notice_hash": "k3"}, "notified": {"03": ["40", "43"]},
        "contracts": {"connection_type": "B"}, "sites": ["0001"],
    });
    let changed = emulator.api("PUT", path, change);
    assert_eq!(changed, emulator.api("GET", path, json!(null)));
    assert_eq!(
        (changed["keys"]["notice_hash"].as_str(), changed["keys"]["link_hash"].as_str()),
        (Some("k3"), Some("k2"))
    );
    assert_eq!((changed["connect_id"].as_str(), changed["adopted"].as_bool()), (Some("shop"), Some(false)));
    assert_eq!(changed["contracts"]["connection_type"], "B");
    assert_eq!(changed["contracts"]["stored_cards"], true);
    assert_eq!(changed["notified"], json!({"03": ["40", "43"]}));
    let back = emulator.api("PUT", path, json!({"notified": {"03": null}, "keys": {"notice_hash": null}}));
    assert_eq!((&back["notified"], &back["keys"]["notice_hash"]), (&json!({}), &json!("")));
    let all = emulator.api("GET", "/api/v1/merchants", json!(null));
    let ids: Vec<&str> =
        all["items"].as_array().unwrap().iter().map(|row| row["merchant_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["10000", "555000111"]);
}

#[test]
fn wrong_settings_are_refused_and_change_nothing() {
    let emulator = Emulator::start();
    let path = "/api/v1/merchants/10000";
    let before = emulator.api("GET", path, json!(null));
    for (settings, field) in [
        (json!({"merchant_id": "2"}), "merchant_id"),
        (json!({"connect_id": ""}), "connect_id"),
        (json!({"connect_password": "with blank"}), "connect_password"),
        (json!({"notification_url": "ftp://localhost/"}), "notification_url"),
        (json!({"notification_url": "localhost"}), "notification_url"),
        (json!({"notification_url": "http://127.0.0.1:99999/"}), "notification_url"),
        (json!({"notification_url": "http://127.0.0.1:0/"}), "notification_url"),
        (json!({"notification_url": "http:///notice"}), "notification_url"),
        (json!({"notification_url": "http://localhost/a b"}), "notification_url"),
        (json!({"file_notification_url": "https://[::1/"}), "file_notification_url"),
        (json!({"notified": {"99": ["40"]}}), "notified"),
        (json!({"notified": {"01": ["10"]}}), "notified"),
        (json!({"sites": ["too long"]}), "sites"),
        (json!({"contracts": {"connection_type": "Z"}}), "connection_type"),
        (json!({"keys": {"no_such_key": "x"}}), "no_such_key"),
        (json!({"no_such_setting": 1}), "no_such_setting"),
    ] {
        let (status, problem) = problem(&emulator, "PUT", path, &settings);
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "{settings}: {problem}");
    }
    assert_eq!(problem(&emulator, "PUT", path, &json!([])).0, 422);
    assert_eq!(problem(&emulator, "PUT", "/api/v1/merchants/1234567890", &json!({})).0, 422);
    assert_eq!(emulator.api("GET", path, json!(null)), before);
}

#[test]
fn notices_and_payments_come_in_pages() {
    let emulator = Emulator::start();
    let (one, other) = (emulator.shop(), emulator.shop());
    let ids: Vec<String> = ["a", "b", "c"].iter().map(|order| one.authorize(order, "100")).collect();
    let last = other.authorize("a", "100");
    let mut found = Vec::new();
    let mut path = "/api/v1/notices?limit=3".to_owned();
    loop {
        let page = emulator.api("GET", &path, json!(null));
        found.extend(page["notices"].as_array().unwrap().iter().map(|notice| {
            (notice["merchant_id"].as_str().unwrap().to_owned(), notice["payment_notice_id"].as_u64().unwrap())
        }));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/notices?limit=3&after={next}");
    }
    let of = |shop: &str, last: u64| (1..=last).map(|id| (shop.to_owned(), id)).collect::<Vec<_>>();
    assert_eq!(found, [of(&one.merchant_id, 6), of(&other.merchant_id, 2)].concat());

    let payments = |query: &str| {
        let page = emulator.api("GET", &format!("/api/v1/payments?{query}"), json!(null));
        let ids: Vec<String> =
            page["payments"].as_array().unwrap().iter().map(|row| row["payment_id"].to_string()).collect();
        (ids, page["next"].as_u64())
    };
    assert_eq!(payments("limit=2"), (vec![last.clone(), ids[2].clone()], ids[2].parse().ok()));
    assert_eq!(payments(&format!("limit=2&before={}", ids[2])), (vec![ids[1].clone(), ids[0].clone()], None));
    assert_eq!(payments("trading_id=a").0, [last.clone(), ids[0].clone()]);
    assert_eq!(payments(&format!("merchant_id={}&trading_id=b", one.merchant_id)).0, [ids[1].clone()]);
    assert_eq!(payments("payment_type=03").0, Vec::<String>::new());
    assert_eq!(payments("payment_type=02&payment_status=20").0.len(), 4);
    for wrong in ["limit=0", "payment_type=x", "payment_status=4"] {
        assert_eq!(problem(&emulator, "GET", &format!("/api/v1/payments?{wrong}"), &json!(null)).0, 422, "{wrong}");
    }
    assert_eq!(problem(&emulator, "GET", "/api/v1/notices?after=x", &json!(null)).0, 422);
    assert_eq!(problem(&emulator, "GET", "/api/v1/notices?merchant_id=1", &json!(null)).0, 404);
    // A number that several merchants have needs the merchant.
    assert_eq!(problem(&emulator, "POST", "/api/v1/notices/1/resend", &json!(null)).0, 422);
    assert_eq!(problem(&emulator, "POST", "/api/v1/notices/6/resend", &json!(null)).0, 409, "no URL to send it to");
    assert_eq!(problem(&emulator, "POST", "/api/v1/notices/99/resend", &json!(null)).0, 404);
}

#[test]
fn a_payment_shows_its_history_and_refuses_transitions_that_its_method_does_not_have() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "2490");
    let payment = emulator.api("GET", &format!("/api/v1/payments/{id}"), json!(null));
    assert_eq!(payment["payment_id"].to_string(), id);
    assert_eq!((&payment["payment_type"], &payment["payment_status"]), (&json!("02"), &json!("20")));
    assert_eq!(payment["payment_status_name"], "オーソリOK");
    assert_eq!((&payment["payment_amount"], &payment["trading_id"]), (&json!(2490), &json!("order1")));
    let steps: Vec<(&str, &str)> = payment["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["by"].as_str().unwrap(), step["payment_status"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [("020", "10"), ("020", "20")]);
    let path = format!("/api/v1/payments/{id}/transitions");
    assert_eq!(problem(&emulator, "POST", &path, &json!({"payment_status": "40"})).0, 409);
    assert_eq!(problem(&emulator, "POST", &path, &json!({"payment_status": "4"})).0, 422);
    assert_eq!(problem(&emulator, "POST", &path, &json!({"payment_status": "40", "payment_date": []})).0, 422);
    assert_eq!(problem(&emulator, "POST", &path, &json!({})).0, 422);
    assert_eq!(problem(&emulator, "POST", "/api/v1/payments/1/transitions", &json!({"payment_status": "40"})).0, 404);
    assert_eq!(problem(&emulator, "GET", "/api/v1/payments/1", &json!(null)).0, 404);
    assert_eq!(problem(&emulator, "GET", "/api/v1/payments/x", &json!(null)).0, 422);
    assert_eq!(shop.status(&id), "20");
}

#[test]
fn every_operation_is_described() {
    let emulator = Emulator::start();
    let document = emulator.api("GET", "/api/v1/openapi.json", json!(null));
    let is_told = |value: &serde_json::Value| value.as_str().is_some_and(|text| !text.is_empty());
    let has_schema = |media: &serde_json::Value| {
        let media = media["content"].as_object();
        media.is_some_and(|types| !types.is_empty() && types.values().all(|one| one["schema"].is_object()))
    };
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let told = format!("{method} {path}: {operation}");
            assert!(is_told(&operation["summary"]) && is_told(&operation["operationId"]), "{told}");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            for parameter in &parameters {
                assert!(is_told(&parameter["description"]) && parameter["schema"].is_object(), "{told}");
            }
            for name in path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
                let in_path = |one: &serde_json::Value| one["name"] == name && one["in"] == "path";
                assert!(parameters.iter().any(|one| in_path(one) && one["required"] == true), "{name} of {told}");
            }
            assert!(operation["requestBody"].is_null() || has_schema(&operation["requestBody"]), "{told}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{told}");
            for (status, response) in responses {
                assert!(is_told(&response["description"]), "{status} of {told}");
                assert!(has_schema(response) != (status == "204"), "{status} of {told}");
            }
        }
    }
    assert!(operations > 27, "{operations}");
}
