//! Transfers to virtual accounts: 070, deposits, numbering and locking (`virtual_account.toml`).

use serde_json::{Value, json};

use crate::harness::{Answer, Emulator, Shop};

/// A merchant with a contract for virtual accounts, whose clock stands still on Tuesday, 24 November 2026.
fn shop<'a>(emulator: &'a Emulator, contract: Value) -> Shop<'a> {
    let shop = emulator.shop();
    let settings = json!({
        "connect_id": "test0001",
        "connect_password": "password",
        "contracts": {"virtual_account": contract},
    });
    emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings);
    let clock = json!({"now": "2026-11-24T12:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    shop
}

fn account(answer: &Answer) -> [(&'static str, String); 3] {
    ["virtual_account_bank_code", "virtual_account_branch_code", "virtual_account_number"]
        .map(|name| (name, answer.get(name).to_owned()))
}

fn apply(shop: &Shop<'_>, claim: &str, numbering_type: &str, account: Option<&[(&'static str, String); 3]>) -> Answer {
    let mut fields = vec![("trading_id", "order1"), ("claim_amount", claim), ("numbering_type", numbering_type)];
    if let Some(account) = account {
        fields.extend(account.iter().map(|(name, value)| (*name, value.as_str())));
    }
    shop.send("070", &fields)
}

fn deposit(shop: &Shop<'_>, id: &str, amount: &str) -> Value {
    let body = json!({"payment_status": "40", "payment_amount": amount, "transfer_date": "20261125"});
    shop.emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), body)
}

#[test]
fn an_application_takes_an_account() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, json!({}));
    let answer = shop.send("070", &[("claim_amount", "2100"), ("billing_name_kana", "ﾔﾏﾀﾞ ﾀﾛｳ"), ("expire_days", "7")]);
    assert_eq!(answer.result, "0", "{answer:?}");
    assert_eq!(answer.get("virtual_account_bank_code"), "0005");
    assert_eq!(answer.get("virtual_account_branch_code").len(), 3);
    assert_eq!(answer.get("virtual_account_number").len(), 7);
    assert!(
        !answer.get("virtual_account_bank_name").is_empty() && !answer.get("virtual_account_branch_name").is_empty()
    );
    assert_eq!(answer.get("expire_date"), "20261201");
    let told = shop.send("094", &[("payment_id", answer.get("payment_id"))]);
    let values = ["payment_status", "payment_amount", "claim_amount", "payment_limit_date", "billing_name_kana"];
    assert_eq!(values.map(|name| told.get(name)), ["10", "0", "2100", "20261201", "ﾔﾏﾀﾞ ﾀﾛｳ"]);
    for (fields, code) in [
        (vec![("claim_amount", "0")], "P014"),
        (vec![("claim_amount", "12345678")], "P009"),
        (vec![("claim_amount", "1"), ("expire_days", "365")], "P010"),
        (vec![("claim_amount", "1"), ("fix_numbering_reg", "会員1")], "P010"),
        (vec![("claim_amount", "1"), ("numbering_type", "2")], "P010"),
        (vec![("claim_amount", "1"), ("virtual_account_number", "0000013")], "P005"),
        (vec![("claim_amount", "1"), ("billing_name_kana", "ﾀｰﾅｰ")], "P008"),
    ] {
        assert_eq!(shop.send("070", &fields).response_code, code, "{fields:?}");
    }
}

#[test]
fn the_numbering_table() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, json!({}));
    let rotating = apply(&shop, "100", "0", None);
    let next = apply(&shop, "100", "0", None);
    assert_ne!(account(&rotating), account(&next), "a waiting payment locks its account");

    // Fixed without an account: the next free one becomes fixed, and takes several payments.
    let fixed = apply(&shop, "100", "1", None);
    let again = apply(&shop, "200", "1", Some(&account(&fixed)));
    assert_eq!(account(&again), account(&fixed));
    assert_eq!(apply(&shop, "100", "0", Some(&account(&fixed))).response_code, "8002");

    // A free rotating account can be asked for, and becomes fixed if wanted; a locked one cannot.
    assert_eq!(apply(&shop, "100", "0", Some(&account(&rotating))).response_code, "8001");
    deposit(&shop, rotating.get("payment_id"), "100");
    let asked = apply(&shop, "100", "0", Some(&account(&rotating)));
    assert_eq!(account(&asked), account(&rotating));
    deposit(&shop, asked.get("payment_id"), "100");
    assert_eq!(apply(&shop, "100", "1", Some(&account(&rotating))).result, "0");
    assert_eq!(apply(&shop, "100", "0", Some(&account(&rotating))).response_code, "8002");

    let mut foreign = account(&fixed);
    foreign[2].1 = "9999999".to_owned();
    assert_eq!(apply(&shop, "100", "1", Some(&foreign)).response_code, "8003");
}

#[test]
fn accounts_are_taken_in_turn_and_run_out() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, json!({"accounts": 3, "grace_days": 0}));
    let first: Vec<Answer> = (0..3).map(|_| apply(&shop, "100", "0", None)).collect();
    let none = apply(&shop, "100", "0", None);
    assert_eq!(none.response_code, "8001");
    // The account that is free for longest comes first.
    deposit(&shop, first[1].get("payment_id"), "100");
    shop.emulator.api("POST", "/api/v1/clock/advance", json!({"seconds": 1, "merchant_id": shop.merchant_id}));
    deposit(&shop, first[0].get("payment_id"), "100");
    assert_eq!(account(&apply(&shop, "100", "0", None)), account(&first[1]));
    assert_eq!(account(&apply(&shop, "100", "0", None)), account(&first[0]));
    assert_eq!(apply(&shop, "100", "0", None).response_code, "8001");
    // A payment that is no longer matched frees its account.
    shop.advance_days(40);
    assert_eq!(shop.status(first[2].get("payment_id")), "16");
    assert_eq!(apply(&shop, "100", "0", None).result, "0");
}

#[test]
fn a_deposit_is_compared_with_the_claim() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, json!({"allowance": 100}));
    for (claim, paid, detail, difference, adjustment, new) in [
        ("2100", "2100", "01", "0", "0", false),
        ("2100", "2000", "02", "-100", "100", false),
        ("2100", "1999", "03", "-101", "0", true),
        ("2100", "210", "03", "-1890", "0", true),
        ("2100", "2101", "04", "1", "0", true),
    ] {
        let answer = apply(&shop, claim, "0", None);
        let id = answer.get("payment_id");
        let done = deposit(&shop, id, paid);
        let told = format!("{claim} {paid}: {done}");
        assert_eq!(done["payment_status"], "40", "{told}");
        assert_eq!(done["payment_amount"].to_string(), paid, "{told}");
        assert_eq!(done["trading_id"], "order1", "{told}");
        let values = ["clear_detail", "claim_amount", "excess_deficiency_amount", "adjustment_amount", "transfer_date"];
        assert_eq!(
            values.map(|name| done["values"][name].as_str().unwrap_or_default()),
            [detail, claim, difference, adjustment, "20261125"],
            "{told}"
        );
        assert_eq!(done["payment_id"] != json!(id.parse::<u64>().unwrap()), new, "{told}");
        assert_eq!(shop.status(id), if new { "10" } else { "40" }, "{told}");
        if new {
            // The claim still waits on its locked account, and can be paid.
            assert_eq!(done["values"]["payment_limit_date"], Value::Null);
            assert_eq!(apply(&shop, "1", "0", Some(&account(&answer))).response_code, "8001");
            assert_eq!(deposit(&shop, id, claim)["payment_id"].to_string(), id);
        }
    }
}

#[test]
fn a_claim_is_matched_through_its_grace_and_never_after() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, json!({"grace_days": 10}));
    let late = apply(&shop, "100", "0", None).get("payment_id").to_owned();
    let never = apply(&shop, "100", "0", None).get("payment_id").to_owned();
    // The limit is Thursday, 24 December: 12 from Tuesday, 29 December.
    shop.advance_days(34);
    assert_eq!(shop.status(&late), "10");
    shop.advance_days(1);
    assert_eq!(shop.status(&late), "12");
    let told = || shop.send("091", &[]).get("payment_status").to_owned();
    assert_eq!([told(), told()], ["12", "12"]);
    deposit(&shop, &late, "100");
    assert_eq!((shop.status(&late), told()), ("40".to_owned(), "40".to_owned()));
    shop.advance_days(20);
    assert_eq!(shop.status(&never), "16");
    let body = json!({"payment_status": "40"}).to_string();
    assert_eq!(emulator.console("POST", &format!("/api/v1/payments/{never}/transitions"), &body).0, 409);
}

#[test]
fn a_transfer_without_a_claim_is_a_payment_of_its_own() {
    let emulator = Emulator::start();
    let shop = shop(&emulator, json!({}));
    let known = apply(&shop, "100", "0", None);
    let screen = |number: &str| {
        json!({
            "merchant_id": shop.merchant_id, "payment_type": "07", "transfer_date": "20091020", "payment_amount": "300",
            "transfer_client_name": "ﾔﾏﾀﾞ ﾀﾛｳ", "transfer_bank_name": "ﾐｽﾞﾎ", "transfer_branch_name": "ﾎﾝﾃﾝ",
            "virtual_account_bank_code": "0005", "virtual_account_branch_code": known.get("virtual_account_branch_code"),
            "virtual_account_number": number,
        })
    };
    let made = emulator.api("POST", "/api/v1/payments", screen(known.get("virtual_account_number")));
    assert_eq!((&made["payment_status"], &made["trading_id"]), (&json!("40"), &Value::Null));
    let values = ["clear_detail", "claim_amount", "transfer_client_name"];
    assert_eq!(values.map(|name| made["values"][name].as_str().unwrap_or_default()), ["05", "0", "ﾔﾏﾀﾞ ﾀﾛｳ"]);
    assert_eq!(shop.status(known.get("payment_id")), "10");
    assert_eq!(emulator.console("POST", "/api/v1/payments", &screen("9999999").to_string()).0, 422);
}
