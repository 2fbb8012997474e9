//! Which status of a PayPay payment allows what, how long, and how PayPay says no (`other_states.md` section 2).

use serde_json::{Value, json};

use crate::harness::{Emulator, Shop};
use crate::pages;
use crate::paypay::{apply, at, bought, press, ships_first, told};

/// Every status of the table.
const STATUSES: [&str; 9] = ["10", "15", "20", "30", "32", "33", "40", "41", "60"];

/// A payment of 1000 yen in a status, in a shop whose clock stands still.
pub(crate) fn payment_in(shop: &Shop<'_>, status: &str) -> String {
    if !matches!(status, "40" | "41" | "60") {
        ships_first(shop);
    }
    let answer = apply(shop, "order", "1000");
    let id = answer.get("payment_id").to_owned();
    match status {
        "10" => {}
        "15" => drop(press(shop, &answer, "refuse")),
        _ => drop(press(shop, &answer, "pay")),
    }
    match status {
        "30" => drop(shop.send("422", &[("payment_id", &id), ("payment_amount", "1500")])),
        "32" | "60" => drop(shop.send("421", &[("payment_id", &id)])),
        "33" => drop(shop.advance_days(32)),
        "41" => drop(shop.advance_days(366)),
        _ => {}
    }
    assert_eq!(shop.status(&id), status);
    id
}

#[test]
fn telegrams_do_what_the_table_allows_and_nothing_else() {
    let emulator = Emulator::start();
    for status in STATUSES {
        for (kind, fields, allowed) in [
            ("421", &[][..], &[("20", "0", "32"), ("40", "0", "60")][..]),
            ("421", &[("repayment_amount", "400")], &[("20", "0", "32"), ("40", "0", "60")]),
            ("422", &[], &[("20", "0", "40")]),
            ("422", &[("payment_amount", "400")], &[("20", "0", "40")]),
            ("422", &[("payment_amount", "1500")], &[("20", "2", "30")]),
        ] {
            let shop = emulator.shop_on("2026-12-01");
            let id = payment_in(&shop, status);
            let answer = shop.send(kind, &[&[("payment_id", id.as_str())][..], fields].concat());
            let what = format!("{kind} {fields:?} in {status}: {answer:?}");
            match allowed.iter().find(|(from, ..)| *from == status) {
                Some((_, result, to)) => {
                    assert_eq!((answer.result.as_str(), shop.status(&id).as_str()), (*result, *to), "{what}");
                }
                None => {
                    assert_eq!(answer.response_code, "33003", "{what}");
                    assert!(answer.response_detail.ends_with(&format!("(payment_status={status})")), "{what}");
                    assert_eq!(shop.status(&id), status, "{what}");
                }
            }
        }
    }
}

/// Leads a payment to a status by hand: the API's status.
fn lead(shop: &Shop<'_>, id: &str, by: &str, to: &str) -> u16 {
    let body = json!({"payment_status": to, "by": by}).to_string();
    shop.emulator.console("POST", &format!("/api/v1/payments/{id}/transitions"), &body).0
}

#[test]
fn paypay_reports_what_the_table_allows_and_the_test_tool_reports_nothing() {
    let emulator = Emulator::start();
    for from in STATUSES {
        for to in STATUSES {
            let shop = emulator.shop_on("2026-12-01");
            let id = payment_in(&shop, from);
            assert_eq!(lead(&shop, &id, "tool", to), 409, "{from} {to}");
            assert_eq!(lead(&shop, &id, "merchant_site", to), 409, "{from} {to}");
            // These sell when they ship.
            let allowed = matches!((from, to), ("10", "20" | "15") | ("30", "40"));
            let answered = lead(&shop, &id, "vendor", to);
            assert_eq!(answered, if allowed { 200 } else { 409 }, "{from} {to}");
            assert_eq!(shop.status(&id), if allowed { to } else { from }, "{from} {to}");
        }
    }
    let shop = emulator.shop_on("2026-12-01");
    let id = apply(&shop, "order", "1000").get("payment_id").to_owned();
    assert_eq!((lead(&shop, &id, "vendor", "20"), lead(&shop, &id, "vendor", "40")), (409, 200));
    assert_eq!(told(&shop, &id).get("paypay_payment_id").len(), 14);
}

#[test]
fn a_buyer_has_five_minutes() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    let (first, second) = (apply(&shop, "order1", "1000"), apply(&shop, "order2", "1000"));
    shop.advance("minutes", 5);
    press(&shop, &first, "pay");
    assert_eq!(shop.status(first.get("payment_id")), "40");
    shop.advance("minutes", 1);
    for action in ["pay", "refuse", "wait"] {
        let late = pages::get(&emulator, &press(&shop, &second, action).location);
        assert!(late.text.contains("有効時間が過ぎました"), "{}", late.text);
    }
    assert_eq!(pages::get(&emulator, &at(&second, "/login")).status, 303);
    assert_eq!(lead(&shop, second.get("payment_id"), "vendor", "40"), 409);
    shop.advance_days(400);
    assert_eq!(shop.status(second.get("payment_id")), "10", "for ever");
}

/// To the same time of day, 30 days later; six hours less where the buyer must consent.
#[test]
fn an_authorization_can_be_captured_or_cancelled_for_thirty_days() {
    let emulator = Emulator::start();
    let minutes = 30 * 24 * 60;
    for (kind, fields, last) in [
        ("422", &[][..], minutes),
        ("422", &[("payment_amount", "999")], minutes),
        ("422", &[("payment_amount", "1001")], minutes - 6 * 60),
        ("421", &[], minutes),
    ] {
        for (late, good) in [(0, true), (1, false)] {
            let shop = emulator.shop_on("2026-12-01");
            let id = payment_in(&shop, "20");
            shop.advance("minutes", last + late);
            let answer = shop.send(kind, &[&[("payment_id", id.as_str())][..], fields].concat());
            assert_eq!(answer.response_code.is_empty(), good, "{kind} {fields:?} {late}: {answer:?}");
            if !good {
                assert_eq!(answer.response_code, "33006");
                assert!(answer.response_detail.ends_with("可能期間を過ぎています）"), "{answer:?}");
                assert_eq!(shop.status(&id), "20");
            }
        }
    }
}

#[test]
fn an_authorization_expires_after_31_days_and_a_refund_is_possible_for_365() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    let id = payment_in(&shop, "20");
    shop.advance_days(31);
    assert_eq!(shop.status(&id), "20", "day 31 counts");
    shop.advance_days(1);
    assert_eq!(shop.status(&id), "33");

    let shop = emulator.shop_on("2026-12-01");
    let id = payment_in(&shop, "40");
    shop.advance_days(200);
    let rest = shop.send("421", &[("payment_id", &id), ("repayment_amount", "1")]).get("payment_id").to_owned();
    shop.advance_days(165);
    assert_eq!(shop.status(&rest), "40");
    shop.advance("minutes", 14 * 60 - 1);
    assert_eq!(shop.status(&rest), "40", "the last minute of day 365");
    shop.advance("minutes", 1);
    assert_eq!(shop.status(&rest), "41", "it counts from the purchase");
    assert_eq!(shop.send("421", &[("payment_id", &rest)]).response_code, "33003");

    // An authorization whose raise lapsed still expires.
    let shop = emulator.shop_on("2026-12-01");
    let id = payment_in(&shop, "30");
    shop.advance_days(40);
    assert_eq!(shop.status(&id), "33");
}

#[test]
fn payments_are_named_by_an_id_that_fits_one() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    bought(&shop, "twice", "1000");
    bought(&shop, "twice", "1000");
    for kind in ["421", "422"] {
        assert_eq!(shop.send(kind, &[("trading_id", "twice")]).response_code, "33001");
        assert_eq!(shop.send(kind, &[("trading_id", "never")]).response_code, "33002");
        assert_eq!(shop.send(kind, &[("payment_id", "1")]).response_code, "33002");
        assert!(shop.send(kind, &[]).response_code.starts_with('P'));
    }
}

#[test]
fn wrong_parameters_are_refused() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let good = [("payment_amount", "1000"), ("return_url", "https://a.example/"), ("cancel_url", "https://a.example/")];
    let send = |name: &str, value: &str| {
        let mut fields = good.to_vec();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        shop.send("420", &fields).response_code
    };
    for (name, _) in good {
        assert_eq!(send(name, ""), "P006", "{name}");
    }
    assert_eq!(send("payment_amount", "12345678"), "P009");
    assert_eq!(send("payment_amount", "1o"), "P008");
    assert_eq!(send("return_url", "javascript:alert(1)"), "P010");
    assert_eq!(send("site_id", "12345"), "P009");
    let id = bought(&shop, "order", "1000").get("payment_id").to_owned();
    for (kind, field) in [("421", "repayment_amount"), ("422", "payment_amount")] {
        for wrong in ["0", "123456789", "1.5"] {
            let answer = shop.send(kind, &[("payment_id", &id), (field, wrong)]);
            assert!(answer.response_code.starts_with('P'), "{kind} {wrong}: {answer:?}");
        }
    }
    shop.set(json!({"contracts": {"amount_limits": {"26": 500}}}));
    assert_eq!(send("payment_amount", "501"), "P011");
    shop.set(json!({"contracts": {"without_payment_types": ["26"]}}));
    assert_eq!(send("payment_amount", "1"), "P007");
}

#[test]
fn paypay_can_be_made_to_say_no() {
    let emulator = Emulator::start();
    let fail = |shop: &Shop<'_>, kind: &str, more: Value| {
        let mut fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": kind});
        fault.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        emulator.api("POST", "/api/v1/faults", fault);
    };
    let urls = [("payment_amount", "1"), ("return_url", "https://a.example/"), ("cancel_url", "https://a.example/")];
    let shop = emulator.shop();
    shop.set(json!({}));
    for (code, end) in [
        ("33004", "タイムアウトが発生しました。"),
        ("33005", "エラーが発生しました。"),
        ("33008", "受け付けられません。"),
    ] {
        fail(&shop, "420", json!({"response_code": code}));
        let answer = shop.send("420", &urls);
        assert_eq!(answer.response_code, code);
        assert!(answer.response_detail.ends_with(end), "{answer:?}");
    }
    assert!(shop.payments().is_empty());
    // A code that is not PayPay's.
    fail(&shop, "420", json!({}));
    assert_eq!(shop.send("420", &urls).response_code, "33005");
    for (kind, status) in [("421", "20"), ("421", "40"), ("422", "20")] {
        let shop = emulator.shop_on("2026-12-01");
        let id = payment_in(&shop, status);
        fail(&shop, kind, json!({"response_code": "33006"}));
        let answer = shop.send(kind, &[("payment_id", &id)]);
        assert_eq!(answer.response_code, "33006");
        assert!(answer.response_detail.ends_with("（PayPayでエラーが発生しました）"), "{answer:?}");
        assert_eq!(shop.status(&id), status, "nothing changed");
        assert_eq!(shop.send(kind, &[("payment_id", &id)]).result, "0", "the next one works");
    }
}

/// What the merchants' site does to a payment, and the status after it.
#[test]
fn the_merchants_site_captures_cancels_and_refunds() {
    let emulator = Emulator::start();
    for (status, asked, to) in [
        ("20", json!({"operation": "capture"}), "40"),
        ("20", json!({"operation": "capture", "amount": 1500}), "30"),
        ("20", json!({"operation": "cancel"}), "32"),
        ("40", json!({"operation": "refund"}), "60"),
        ("40", json!({"operation": "refund", "amount": 400}), "60"),
    ] {
        let shop = emulator.shop_on("2026-12-01");
        let id = payment_in(&shop, status);
        emulator.api("POST", &format!("/api/v1/payments/{id}/operations"), asked);
        assert_eq!(shop.status(&id), to);
    }
    for status in ["10", "15", "30", "32", "33", "41", "60"] {
        let shop = emulator.shop_on("2026-12-01");
        let id = payment_in(&shop, status);
        for operation in ["capture", "cancel", "refund"] {
            let body = json!({"operation": operation}).to_string();
            assert_eq!(emulator.console("POST", &format!("/api/v1/payments/{id}/operations"), &body).0, 409);
        }
    }
}
