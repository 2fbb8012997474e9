//! Every row of every table of transitions is walked by somebody: `cash.rs` walks what is done by hand, `paidy.rs` what
//! telegrams and time do to its payments, and the scenarios here all others.

use std::collections::BTreeSet;

use paygent_emulator::internal::method::METHODS;
use paygent_emulator::internal::payment::{PaymentType, Trigger};
use serde_json::{Value, json};

use crate::buyer::{browse, parameter, query};
use crate::card::bring_to;
use crate::harness::{Answer, Emulator, Shop, card};
use crate::link_pages::{self, GOOD, PERSON, pay_by_card, step};
use crate::{cash, emoney, net_bank, pages, paypay, paypay_states, three_d_secure};

/// A card that its company refuses, and one that has a mistake.
const REFUSED: &str = "4900000000008212";
const MISTAKEN: &str = "4900000000008244";

/// Type, status before, status after, trigger: `02 20 40 022`.
type Row = String;

fn row(payment_type: &str, from: Option<&str>, to: &str, by: &str) -> Row {
    format!("{payment_type} {} {to} {by}", from.unwrap_or("--"))
}

/// What the scenarios walk, by the histories of the payments that they leave.
struct Walk<'a> {
    emulator: &'a Emulator,
    rows: BTreeSet<Row>,
}

impl Walk<'_> {
    /// Runs a scenario in a shop of its own, at ten o'clock, its clock standing still.
    fn scenario(&mut self, run: impl FnOnce(&Shop<'_>)) {
        let shop = self.emulator.shop_on("2026-12-01");
        run(&shop);
        self.note(&shop);
    }

    fn note(&mut self, shop: &Shop<'_>) {
        for payment in shop.payments() {
            let path = format!("/api/v1/payments/{}", payment["payment_id"]);
            let payment = self.emulator.api("GET", &path, Value::Null);
            let mut from = None;
            for step in payment["history"].as_array().unwrap() {
                let [to, by] = ["payment_status", "by"].map(|name| step[name].as_str().unwrap().to_owned());
                self.rows.insert(row(payment["payment_type"].as_str().unwrap(), from.as_deref(), &to, &by));
                from = Some(to);
            }
        }
    }

    /// A telegram about a payment of a card that succeeds and leaves the status as it was is a row, too.
    fn repeat(&mut self, shop: &Shop<'_>, kind: &str, id: &str) {
        let before = shop.status(id);
        let answer = shop.send(kind, &[("payment_id", id)]);
        if answer.result == "0" && shop.status(id) == before {
            self.rows.insert(row("02", Some(&before), &before, kind));
        }
    }
}

/// The next telegrams of this kind fail.
fn fail(shop: &Shop<'_>, kind: &str, more: Value) {
    let mut fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": kind});
    fault.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    shop.emulator.api("POST", "/api/v1/faults", fault);
}

fn authorize(shop: &Shop<'_>, number: &str, more: &[(&str, &str)]) -> Answer {
    shop.send("020", &[&card(number, "order", "1000")[..], more].concat())
}

fn correct(shop: &Shop<'_>, kind: &str, id: &str) {
    shop.send(kind, &[("payment_id", id), ("payment_amount", "500"), ("reduction_flag", "0")]);
}

fn operate(shop: &Shop<'_>, id: &str, operation: &str) {
    let amount = if operation == "correct" {
        json!({"operation": operation, "amount": 500})
    } else {
        json!({"operation": operation})
    };
    // The card company may refuse it.
    shop.emulator.console("POST", &format!("/api/v1/payments/{id}/operations"), &amount.to_string());
}

/// What telegrams do to a card's payment.
fn by_telegrams(walk: &mut Walk<'_>) {
    for status in [10, 11, 20, 30, 31, 32, 33, 40, 41, 42, 60] {
        for kind in ["021", "022", "023"] {
            let shop = walk.emulator.shop();
            let id = bring_to(&shop, status);
            walk.repeat(&shop, kind, &id);
            walk.note(&shop);
        }
    }
    walk.scenario(|shop| drop(authorize(shop, GOOD, &[("sales_mode", "1")])));
    let mut again = None;
    walk.scenario(|shop| {
        let first = authorize(shop, MISTAKEN, &[]);
        let id = first.get("payment_id").to_owned();
        authorize(shop, MISTAKEN, &[("payment_id", &id)]);
        again = Some((shop.status(&id), id));
    });
    if again.is_some_and(|(status, _)| status == "10") {
        walk.rows.insert(row("02", Some("10"), "10", "020"));
    }
    for number in [GOOD, REFUSED] {
        walk.scenario(|shop| drop(authorize(shop, number, &[("valid_check_flg", "1")])));
        walk.scenario(|shop| {
            let fields = [("customer_id", "c"), ("card_number", number), ("card_valid_term", "1239")];
            let stored = shop.send("025", &fields).get("customer_card_id").to_owned();
            shop.send("025", &[&fields[..], &[("valid_check_flg", "1")]].concat());
            let change = [("customer_id", "c"), ("customer_card_id", &stored), ("card_number", number)];
            shop.send("116", &[&change[..], &[("card_valid_term", "1139"), ("valid_check_flg", "1")]].concat());
        });
    }
    walk.scenario(|shop| {
        fail(shop, "020", json!({"response_code": "2054"}));
        authorize(shop, GOOD, &[]);
    });
    walk.scenario(|shop| drop(three_d_secure::start_classic(shop, "5123459358515820", &[])));
    walk.scenario(|shop| {
        let id = bring_to(shop, 40);
        fail(shop, "023", json!({"leaves": "50"}));
        shop.send("023", &[("payment_id", &id)]);
        shop.send("023", &[("payment_id", &id)]);
    });
}

/// Corrections, by telegrams and on the merchants' site.
fn by_corrections(walk: &mut Walk<'_>) {
    for status in [20, 40] {
        for kind in ["028", "029"] {
            walk.scenario(|shop| correct(shop, kind, &bring_to(shop, status)));
            walk.scenario(|shop| {
                let id = bring_to(shop, status);
                fail(shop, kind, json!({"response_detail": "1G12"}));
                correct(shop, kind, &id);
            });
        }
        for operation in ["capture", "cancel", "correct"] {
            walk.scenario(|shop| operate(shop, &bring_to(shop, status), operation));
        }
        walk.scenario(|shop| {
            let id = bring_to(shop, status);
            fail(shop, if status == 20 { "028" } else { "029" }, json!({"response_detail": "1G12"}));
            operate(shop, &id, "correct");
        });
    }
}

/// Recurring charges, good and bad, and what time does.
fn by_time(walk: &mut Walk<'_>) {
    let begin = |shop: &Shop<'_>, number: &str, first: &str| {
        let fields = [("customer_id", "c"), ("card_number", number), ("card_valid_term", "1239")];
        let stored = shop.send("025", &fields).get("customer_card_id").to_owned();
        let charge = [("trading_id", "sub"), ("amount", "980"), ("customer_id", "c"), ("customer_card_id", &stored)];
        shop.send("280", &[&charge[..], &[("cycle", "01"), ("timing", "10"), ("first_executed", first)]].concat())
    };
    for number in [GOOD, "4980000000001912"] {
        walk.scenario(|shop| {
            begin(shop, number, "20261201");
            shop.send("282", &[("trading_id", "sub"), ("retry", "0")]);
            let good = [("customer_id", "c"), ("card_number", GOOD), ("card_valid_term", "1239")];
            let good = shop.send("025", &good).get("customer_card_id").to_owned();
            shop.send("281", &[("trading_id", "sub"), ("customer_card_id", &good)]);
            shop.send("282", &[("trading_id", "sub"), ("retry", "0")]);
        });
        walk.scenario(|shop| {
            begin(shop, number, "20261210");
            shop.advance_days(30);
        });
    }
    for status in [10, 20, 40] {
        walk.scenario(|shop| {
            bring_to(shop, status);
            shop.advance_days(61);
        });
    }
    walk.scenario(|shop| {
        three_d_secure::start_classic(shop, "5123459358515820", &[]);
        shop.advance_days(3);
    });
    walk.scenario(|shop| {
        shop.set(json!({"contracts": {"brand_rule": true}}));
        authorize(shop, GOOD, &[]);
        shop.advance_days(30);
    });
}

/// What buyers do on hosted pages.
fn by_buyers(walk: &mut Walk<'_>) {
    for (number, more) in [(GOOD, ("sales_flg", "0")), (GOOD, ("sales_flg", "1")), (REFUSED, ("sales_flg", "0"))] {
        walk.scenario(|shop| drop(pay_by_card(shop, &link_pages::apply(shop, &[more]), number)));
    }
    let mut again = Vec::new();
    walk.scenario(|shop| {
        let url = link_pages::apply(shop, &[]);
        for _ in 0..2 {
            drop(pay_by_card(shop, &url, MISTAKEN));
        }
        again = shop.payments();
    });
    if again.len() == 1 && again[0]["payment_status"] == "10" {
        walk.rows.insert(row("02", Some("10"), "10", "shopper"));
    }
    for number in [GOOD, REFUSED] {
        walk.scenario(|shop| {
            let urls = [("return_url", "http://localhost/"), ("customer_id", "c"), ("valid_check_flg", "1")];
            let hc = "0".repeat(64);
            let all = [&urls[..], &[("threedsecure_ryaku", "1"), ("hc", &hc)]].concat();
            let answer = link_pages::applied(shop, "/v/u/cardreg", &all);
            let url = answer
                .lines()
                .find_map(|line| line.strip_prefix("url=https://localhost"))
                .unwrap_or_else(|| panic!("{answer}"));
            let fields = [("op", "01"), ("card_number", number), ("valid_month", "12"), ("valid_year", "2039")];
            let entered = browse(shop.emulator, "POST", &step(url, "cards/edit"), &fields);
            let key = parameter(&query(entered.location()), "d").unwrap();
            browse(shop.emulator, "POST", &step(url, "cards/apply"), &[("d", &key)]);
        });
    }
    walk.scenario(|shop| {
        fail(shop, "020", json!({"response_code": "2054"}));
        drop(pay_by_card(shop, &link_pages::apply(shop, &[]), GOOD));
    });
    // Authenticated well, and not at all.
    for amount in ["1000", "314060"] {
        walk.scenario(|shop| {
            let url = link_pages::apply(shop, &[("threedsecure_ryaku", "0"), ("id", amount)]);
            let sent = pay_by_card(shop, &url, GOOD).unwrap_err();
            let (_, rest) = sent.split_once("name=\"3ds_auth_id\" value=\"").unwrap();
            let id = rest.split('"').next().unwrap();
            let back = browse(shop.emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", id)]);
            let back = back.location().trim_start_matches("https://localhost").to_owned();
            browse(shop.emulator, "GET", &back, &[]);
        });
    }
    walk.scenario(|shop| {
        let paid = emoney::paid(shop, "order", "0");
        shop.send("152", &[("payment_id", &paid)]);
        let paid = emoney::paid(shop, "other", "0");
        shop.send("153", &[("payment_id", &paid), ("amount", "400")]);
        emoney::paid(shop, "late", "0");
        shop.advance_days(40);
        let told = emoney::apply(shop, "vendor");
        lead(shop, told.get("payment_id"), json!({"payment_status": "40", "by": "vendor"}));
    });
}

fn lead(shop: &Shop<'_>, id: &str, to: Value) {
    shop.emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), to);
}

/// Applications for cash, by telegrams and on pages, and their ends.
fn in_cash(walk: &mut Walk<'_>) {
    let person = [
        ("customer_family_name", "山田"),
        ("customer_name", "太郎"),
        ("customer_tel", "0312345678"),
        ("payment_amount", "1000"),
    ];
    walk.scenario(|shop| {
        shop.send("030", &[&person[..], &[("trading_id", "s"), ("cvs_type", "03"), ("sales_type", "1")]].concat());
        shop.send("040", cash::SLIP);
        shop.send("070", &[("trading_id", "v"), ("claim_amount", "2100")]);
        shop.send("010", &[("payment_amount", "1000"), ("payment_detail", "商品"), ("payment_detail_kana", "ｼｮｳﾋﾝ")]);
        let asp = net_bank::apply(shop, "b", &[]);
        net_bank::pick(shop.emulator, asp.get("asp_url"), "楽天銀行");
        shop.advance_days(100);
        shop.advance_days(100);
    });
    walk.scenario(|shop| {
        let url = link_pages::apply(shop, &[("payment_type", "03,01")]);
        for issue in ["conveni/issue", "atm/issue"] {
            browse(shop.emulator, "POST", &step(&url, issue), &[&PERSON[..], &[("cvs", "03")]].concat());
        }
    });
    for action in ["pay", "abort"] {
        walk.scenario(|shop| {
            let asp = net_bank::apply(shop, "b", &[]);
            let bank = net_bank::pick(shop.emulator, asp.get("asp_url"), "楽天銀行");
            net_bank::decide(shop.emulator, &bank, action);
        });
    }
    for by in ["tool", "vendor"] {
        walk.scenario(|shop| {
            let slip = json!({
                "merchant_id": shop.merchant_id, "by": by, "payment_type": "04", "payment_date": "202612010930",
                "barcode_free": "12345678901234567", "barcode_amount": "5000", "revenue_stamp": "0",
                "cvs_company_id": "00C001",
            });
            shop.emulator.api("POST", "/api/v1/payments", slip);
            let known = shop.send("070", &[("trading_id", "v"), ("claim_amount", "300")]);
            let transfer = json!({
                "merchant_id": shop.merchant_id, "by": by, "payment_type": "07", "transfer_date": "20261201",
                "payment_amount": "300", "transfer_client_name": "ﾔﾏﾀﾞ ﾀﾛｳ", "transfer_bank_name": "ﾐｽﾞﾎ",
                "transfer_branch_name": "ﾎﾝﾃﾝ", "virtual_account_bank_code": "0005",
                "virtual_account_branch_code": known.get("virtual_account_branch_code"),
                "virtual_account_number": known.get("virtual_account_number"),
            });
            // A vendor's first transfer is what the claim waits for, the second fits nothing.
            for _ in 0..2 {
                shop.emulator.api("POST", "/api/v1/payments", transfer.clone());
            }
        });
    }
}

/// What the merchants' site does to payments of Paidy, with and without an answer from there.
fn on_the_merchants_site(walk: &mut Walk<'_>) {
    walk.scenario(|shop| {
        for (operation, kind) in [("cancel", "340"), ("capture", "341")] {
            operate(shop, &shop.bought(operation, 1000), operation);
            let silent = shop.bought(&format!("{operation}2"), 1000);
            shop.fault(kind, "24005", false);
            operate(shop, &silent, operation);
        }
        operate(shop, &shop.captured("whole", 1000), "refund");
        let part = shop.captured("part", 1000);
        let refund = json!({"operation": "refund", "amount": 400});
        shop.emulator.api("POST", &format!("/api/v1/payments/{part}/operations"), refund);
        let silent = shop.captured("silent", 1000);
        shop.fault("342", "24005", false);
        operate(shop, &silent, "refund");
    });
}

/// What everybody does to payments of PayPay.
fn by_paypay(walk: &mut Walk<'_>) {
    let capture = |shop: &Shop<'_>, amount: &str| {
        let id = paypay_states::payment_in(shop, "20");
        shop.send("422", &[("payment_id", &id), ("payment_amount", amount)]);
        id
    };
    for status in ["15", "20", "32", "33", "40", "41", "60"] {
        walk.scenario(|shop| drop(paypay_states::payment_in(shop, status)));
    }
    walk.scenario(|shop| drop(capture(shop, "1000")));
    walk.scenario(|shop| {
        capture(shop, "1500");
        shop.advance("hours", 6);
    });
    walk.scenario(|shop| {
        paypay::ships_first(shop);
        let answer = paypay::bought(shop, "order", "1000");
        shop.send("422", &[("payment_id", answer.get("payment_id")), ("payment_amount", "1500")]);
        pages::post(shop.emulator, &paypay::at(&answer, "/app"), &[]);
    });
    walk.scenario(|shop| {
        let id = paypay_states::payment_in(shop, "40");
        shop.send("421", &[("payment_id", &id), ("repayment_amount", "400")]);
    });
    walk.scenario(|shop| {
        let url = link_pages::apply(shop, &[("payment_type", "26")]);
        browse(shop.emulator, "POST", &step(&url, "paypay/go"), &[]);
    });
    let vendor = |status: &str| json!({"payment_status": status, "by": "vendor"});
    for (from, to) in [("10", "15"), ("10", "20"), ("30", "40")] {
        walk.scenario(|shop| lead(shop, &paypay_states::payment_in(shop, from), vendor(to)));
    }
    walk.scenario(|shop| {
        let answer = paypay::apply(shop, "order", "1000");
        lead(shop, answer.get("payment_id"), vendor("40"));
    });
    for (status, asked) in [
        ("20", json!({"operation": "capture"})),
        ("20", json!({"operation": "capture", "amount": 1500})),
        ("20", json!({"operation": "cancel"})),
        ("40", json!({"operation": "refund", "amount": 400})),
    ] {
        walk.scenario(|shop| {
            let id = paypay_states::payment_in(shop, status);
            shop.emulator.api("POST", &format!("/api/v1/payments/{id}/operations"), asked);
        });
    }
}

#[test]
fn every_row_of_every_table_is_walked() {
    let emulator = Emulator::start();
    let mut walk = Walk { emulator: &emulator, rows: BTreeSet::new() };
    by_telegrams(&mut walk);
    by_corrections(&mut walk);
    by_time(&mut walk);
    by_buyers(&mut walk);
    in_cash(&mut walk);
    on_the_merchants_site(&mut walk);
    by_paypay(&mut walk);
    for (payment_type, by, from, to) in cash::walked() {
        let [from, to] = [from, to].map(|status| status.to_string());
        walk.rows.insert(row(&payment_type.to_string(), Some(&from), &to, &by.to_string()));
    }
    let mut open = Vec::new();
    for (table, known) in METHODS
        .iter()
        .flat_map(|method| method.tables())
        .flat_map(|table| table.transitions().map(move |row| (table, row)))
    {
        // `paidy.rs` walks the table itself.
        if table.payment_type == PaymentType::PAIDY && known.by != Trigger::MerchantSite {
            continue;
        }
        let from = known.from.map(|from| from.to_string());
        let known = row(&table.payment_type.to_string(), from.as_deref(), &known.to.to_string(), &known.by.to_string());
        if !walk.rows.contains(&known) {
            open.push(known);
        }
    }
    assert!(open.is_empty(), "rows without a scenario: {open:#?}");
}
