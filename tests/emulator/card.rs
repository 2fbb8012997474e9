//! Card payments: 020 to 023, 028, 029 and 094 (`card_states.md`, `test_cards.md`).

use crate::harness::{Emulator, Shop, card};
use paygent_emulator::internal::method::card::TABLE;
use paygent_emulator::internal::payment::{Status, Trigger};
use serde_json::json;

#[test]
fn an_authorization_is_answered_in_the_recorded_order() {
    let emulator = Emulator::start();
    let answer = emulator.shop().send("020", &card("4900000000000000", "order1", "2490"));
    let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "payment_id",
            "trading_id",
            "issur_class",
            "acq_id",
            "acq_name",
            "issur_name",
            "fc_auth_umu",
            "daiko_code",
            "card_shu_code",
            "k_card_name",
            "issur_id",
            "attempt_kbn",
            "fingerprint",
            "masked_card_number",
            "card_valid_term",
            "out_acs_html",
        ]
    );
    assert_eq!(answer.get("masked_card_number"), "************0000");
    assert_eq!(answer.get("trading_id"), "order1");
    assert_eq!(answer.get("fingerprint").len(), 64);
    let refused = emulator.shop().send("020", &card("4900000000008212", "order1", "2490"));
    let names: Vec<&str> = refused.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "payment_id",
            "trading_id",
            "issur_class",
            "acq_id",
            "acq_name",
            "issur_name",
            "fc_auth_umu",
            "daiko_code",
            "card_shu_code",
            "k_card_name",
            "shonin_no",
            "issur_id",
            "attempt_kbn",
            "fingerprint",
            "masked_card_number",
            "card_valid_term",
            "acq_member_no",
            "out_acs_html",
        ]
    );
}

#[test]
fn the_inquiry_tells_the_whole_life_of_a_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("order1", "2490");
    let authorized = shop.send("094", &[("trading_id", "order1")]);
    assert_eq!(authorized.get("payment_id"), id);
    assert_eq!(authorized.get("payment_type"), "02");
    assert_eq!(authorized.get("payment_status"), "20");
    assert_eq!(authorized.get("payment_amount"), "2490");
    assert_eq!(authorized.get("joho_code"), "000");
    assert_eq!(authorized.get("3dsecure_ryaku"), "1");
    assert_eq!(authorized.get("authorized_date").len(), 14);
    assert_eq!(authorized.get("payment_date"), "");
    assert_eq!(shop.send("022", &[("payment_id", &id)]).get("payment_id"), id);
    let captured = shop.send("094", &[("payment_id", &id), ("trading_id", "order1")]);
    assert_eq!((captured.get("payment_status"), captured.get("payment_date").len()), ("40", 14));
    assert_eq!(shop.send("023", &[("trading_id", "order1")]).get("payment_id"), id);
    let cancelled = shop.send("094", &[("payment_id", &id)]);
    assert_eq!((cancelled.get("payment_status"), cancelled.get("cancel_date").len()), ("60", 14));
    let refused = shop.send("020", &card("4900000000008212", "order2", "1"));
    assert_eq!(refused.response_code, "2001");
    assert_eq!(shop.send("094", &[("trading_id", "order2")]).get("joho_code"), "G12");
}

/// Brings a payment into a status by what a shop can do, faults and time. Returns its id.
pub(crate) fn bring_to(shop: &Shop<'_>, status: u8) -> String {
    let fail = |kind: &str| {
        let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": kind, "response_detail": "1C50"});
        shop.emulator.api("POST", "/api/v1/faults", fault);
    };
    let trading_id = format!("t{status}");
    match status {
        10 => {
            let answer = shop.send("020", &card("4900000000008244", &trading_id, "1000"));
            assert_eq!(answer.response_code, "2003");
            return answer.get("payment_id").to_owned();
        }
        11 => {
            shop.send("020", &card("4900000000008212", &trading_id, "1000"));
            return shop.send("094", &[("trading_id", &trading_id)]).get("payment_id").to_owned();
        }
        _ => {}
    }
    let id = shop.authorize(&trading_id, "1000");
    let by_id = [("payment_id", id.as_str())];
    match status {
        20 => {}
        30 => {
            fail("022");
            shop.send("022", &by_id);
        }
        31 => {
            fail("021");
            shop.send("021", &by_id);
        }
        32 => drop(shop.send("021", &by_id)),
        33 => drop(shop.advance_days(61)),
        40 => drop(shop.send("022", &by_id)),
        41 => {
            shop.send("022", &by_id);
            shop.advance_days(61);
        }
        42 => {
            shop.send("022", &by_id);
            fail("023");
            shop.send("023", &by_id);
        }
        60 => {
            shop.send("022", &by_id);
            shop.send("023", &by_id);
        }
        other => panic!("no way to {other}"),
    }
    id
}

/// `card_states.md` section 3: the answer's code (0 for a success) and the status afterwards, for each status and telegram.
const STATE_TABLE: &[(u8, [(&str, u8); 4])] = &[
    // status, 020 with payment_id, 021, 022, 023
    (10, [("0", 20), ("2004", 10), ("2004", 10), ("2004", 10)]),
    (11, [("2001", 11), ("2004", 11), ("2004", 11), ("2004", 11)]),
    (20, [("2001", 20), ("0", 32), ("0", 40), ("2004", 20)]),
    (30, [("2001", 30), ("2004", 30), ("0", 40), ("2004", 30)]),
    (31, [("2001", 31), ("0", 32), ("2004", 31), ("2004", 31)]),
    (32, [("2001", 32), ("0", 32), ("2004", 32), ("2004", 32)]),
    (33, [("2001", 33), ("0", 33), ("2007", 33), ("2004", 33)]),
    (40, [("2001", 40), ("2004", 40), ("0", 40), ("0", 60)]),
    (41, [("2001", 41), ("2004", 41), ("0", 41), ("2007", 41)]),
    (42, [("2001", 42), ("2004", 42), ("2004", 42), ("0", 60)]),
    (60, [("2001", 60), ("2004", 60), ("2004", 60), ("0", 60)]),
];

#[test]
fn every_cell_of_the_state_table_holds() {
    let emulator = Emulator::start();
    for (status, cells) in STATE_TABLE {
        for (kind, (code, after)) in ["020", "021", "022", "023"].into_iter().zip(cells) {
            let shop = emulator.shop();
            let id = bring_to(&shop, *status);
            assert_eq!(shop.status(&id), format!("{status:02}"), "the way to {status}");
            let answer = match kind {
                "020" => {
                    let mut fields = card("4900000000000000", "again", "1000");
                    fields.push(("payment_id", &id));
                    shop.send("020", &fields)
                }
                _ => shop.send(kind, &[("payment_id", &id)]),
            };
            let answered = if answer.result == "0" { "0" } else { answer.response_code.as_str() };
            assert_eq!((answered, shop.status(&id)), (*code, format!("{after:02}")), "{kind} in {status}: {answer:?}");
            if answer.result == "0" {
                assert_eq!(answer.get("payment_id"), id, "{kind} in {status}");
            }
        }
    }
}

#[test]
fn the_rows_of_the_table_are_those_of_the_sheet() {
    // Both directions: what the sheet allows is in the table, and nothing else is.
    for (status, cells) in STATE_TABLE {
        for (kind, (code, after)) in [b"021", b"022", b"023"].into_iter().zip(&cells[1..]) {
            let mut reached = Status(*status);
            let by = Trigger::telegram(kind);
            let has_rows = TABLE.next(Some(reached), by).next().is_some();
            assert_eq!(has_rows, *code == "0", "{by} in {status}");
            while let Some(next) = TABLE.next(Some(reached), by).next().filter(|next| *next != reached) {
                reached = next;
            }
            assert_eq!(reached, Status(*after), "{by} from {status}");
        }
    }
}

#[test]
fn time_ends_what_waits_too_long() {
    let emulator = Emulator::start();
    for (status, days, after) in [(10, 30, "11"), (20, 60, "33"), (40, 60, "41")] {
        let shop = emulator.shop();
        let id = bring_to(&shop, status);
        let before = shop.advance_days(days);
        assert_eq!(before["happened"], json!([]), "the last day still counts");
        assert_eq!(shop.status(&id), format!("{status:02}"));
        let happened = shop.advance_days(1);
        assert_eq!(happened["happened"][0]["payment_status"], after);
        assert_eq!(happened["happened"][0]["payment_id"].to_string(), id);
        assert_eq!(shop.status(&id), after);
    }
}

/// `test_cards.md` section 1: last four digits, what fails, with which code and detail, and the status it leaves.
const STUB_TABLE: &[(&str, &str, &str, &str, &str)] = &[
    ("8101", "020", "2002", "1C01", "11"),
    ("8178", "020", "2002", "1C78", "11"),
    ("8202", "020", "2001", "1G02", "11"),
    ("8299", "020", "2001", "1G99", "11"),
    ("8244", "020", "2003", "1G44", "10"),
    ("8245", "020", "2003", "1G45", "10"),
    ("8265", "020", "2003", "1G65", "10"),
    ("8274", "020", "2003", "1G74", "10"),
    ("8278", "020", "2003", "1G78", "10"),
    ("8283", "020", "2003", "1G83", "10"),
    ("8501", "020", "2002", "1K01", "11"),
    ("8550", "020", "2002", "1K50", "11"),
    ("8601", "020", "2002", "1P01", "11"),
    ("8630", "020", "2002", "1P30", "11"),
    ("8612", "020", "2001", "1P12", "11"),
    ("8665", "020", "2003", "1P65", "10"),
    ("8674", "020", "2003", "1P74", "10"),
    ("8678", "020", "2003", "1P78", "10"),
    ("8683", "020", "2003", "1P83", "10"),
    ("8300", "020", "2002", "2999", "11"),
    ("8000", "020", "2002", "2999", "11"),
    ("9000", "020", "2008", "", "11"),
    ("2115", "021", "2002", "1C15", "31"),
    ("2502", "021", "2002", "1K02", "31"),
    ("2655", "021", "2002", "1P55", "31"),
    ("2000", "021", "2002", "2999", "31"),
    ("3000", "021", "2008", "2999", "31"),
    ("2115", "023", "2002", "1C15", "42"),
    ("2502", "023", "2002", "1K02", "42"),
    ("2655", "023", "2002", "1P55", "42"),
    ("2999", "023", "2002", "2999", "42"),
    ("3000", "023", "2008", "2999", "42"),
];

#[test]
fn every_row_of_the_stub_table_holds() {
    let emulator = Emulator::start();
    for (tail, kind, code, detail, status) in STUB_TABLE {
        for number in [format!("490000000000{tail}"), format!("37650000000{tail}"), format!("3600000000{tail}")] {
            let shop = emulator.shop();
            let mut answer = shop.send("020", &card(&number, "t", "1000"));
            if *kind != "020" {
                assert_eq!(answer.result, "0", "{tail}");
                if *kind == "023" {
                    assert_eq!(shop.send("022", &[("trading_id", "t")]).result, "0", "{tail}");
                }
                answer = shop.send(kind, &[("trading_id", "t")]);
            }
            assert_eq!((answer.result.as_str(), answer.response_code.as_str()), ("1", *code), "{tail} {kind}");
            if detail.is_empty() {
                assert!(answer.response_detail.len() > 4, "a sentence, not a code: {answer:?}");
            } else {
                assert_eq!(answer.response_detail, *detail, "{tail} {kind}");
            }
            let payment = shop.send("094", &[("trading_id", "t")]);
            assert_eq!(payment.get("payment_status"), *status, "{tail} {kind}");
            assert_eq!(answer.get("payment_id").is_empty(), *code != "2003", "only 2003 tells the payment id: {tail}");
            if *kind != "020" {
                let again = shop.send(kind, &[("trading_id", "t")]);
                assert_eq!(again.result, "0", "the next try ends it: {tail} {kind}");
            }
        }
    }
}

#[test]
fn other_cards_are_fine_whatever_their_digits() {
    let emulator = Emulator::start();
    for tail in ["0000", "1000", "1999", "4242", "5000", "6000", "7000", "2212"] {
        let shop = emulator.shop();
        let number = format!("490000000000{tail}");
        assert_eq!(shop.send("020", &card(&number, "t", "1")).result, "0", "{tail}");
        assert_eq!(shop.send("022", &[("trading_id", "t")]).result, "0", "{tail}");
        assert_eq!(shop.send("023", &[("trading_id", "t")]).result, "0", "{tail}");
    }
}

#[test]
fn a_wrong_input_may_be_tried_again_three_times() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = bring_to(&shop, 10);
    let again = |number: &str| {
        let mut fields = card(number, "t10", "1000");
        fields.push(("payment_id", &id));
        shop.send("020", &fields)
    };
    for _ in 0..3 {
        let answer = again("4900000000008244");
        assert_eq!((answer.response_code.as_str(), answer.get("payment_id")), ("2003", id.as_str()));
    }
    let answer = again("4900000000000000");
    assert_eq!((answer.response_code.as_str(), answer.response_detail.as_str()), ("2001", "P903"));
    assert_eq!(shop.status(&id), "11");

    let other = emulator.shop();
    let mut fields = card("4900000000000000", "t", "1");
    fields.push(("payment_id", "99999999"));
    assert_eq!(other.send("020", &fields).response_detail, "P901");
    let id = other.authorize("t", "1");
    fields.pop();
    fields.push(("payment_id", &id));
    assert_eq!(other.send("020", &fields).response_detail, "P902");
}

#[test]
fn capture_at_once() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let mut fields = card("4900000000000000", "t", "1980");
    fields.push(("sales_mode", "1"));
    let id = shop.send("020", &fields).get("payment_id").to_owned();
    let payment = shop.send("094", &[("payment_id", &id)]);
    assert_eq!(payment.get("payment_status"), "40");
    assert_eq!(payment.get("payment_date"), payment.get("authorized_date"));
}

#[test]
fn the_card_of_a_former_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let fields = |reference| {
        [("trading_id", "new"), ("payment_amount", "500"), ("ref_trading_id", reference), ("3dsecure_ryaku", "1")]
    };
    assert_eq!(shop.send("020", &fields("old")).response_code, "2009");
    shop.send("020", &card("5250000000008212", "old", "1"));
    assert_eq!(shop.send("020", &fields("old")).response_code, "2009", "a refused payment does not count");
    shop.send("020", &card("5250000000000001", "old", "1"));
    let first = shop.send("020", &card("5250000000000042", "old", "1"));
    let answer = shop.send("020", &fields("old"));
    assert_eq!(answer.result, "0", "{answer:?}");
    assert_eq!(answer.get("fingerprint"), first.get("fingerprint"), "the newest one counts");
    shop.advance_days(430);
    assert_eq!(shop.send("020", &fields("old")).response_code, "2009", "kept 14 months");
}

#[test]
fn which_payment_is_meant() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let (first, second) = (shop.authorize("same", "1"), shop.authorize("same", "2"));
    let other = shop.authorize("other", "3");
    let code = |kind: &str, fields: &[(&str, &str)]| shop.send(kind, fields).response_code;
    assert_eq!(code("022", &[("trading_id", "same")]), "2005");
    assert_eq!(code("094", &[("trading_id", "same")]), "13002");
    assert_eq!(code("022", &[("payment_id", &other), ("trading_id", "same")]), "2006");
    assert_eq!(code("094", &[("payment_id", &other), ("trading_id", "same")]), "13001");
    assert_eq!(code("022", &[("trading_id", "none")]), "2006");
    assert_eq!(code("094", &[("trading_id", "none")]), "13001");
    assert_eq!(shop.send("022", &[("payment_id", &second), ("trading_id", "same")]).get("payment_id"), second);
    assert_eq!(shop.status(&first), "20");
    let stranger = emulator.shop();
    assert_eq!(stranger.send("094", &[("payment_id", &first)]).response_code, "13001", "merchants are islands");
}

#[test]
fn corrections_make_a_new_payment() {
    let emulator = Emulator::start();
    for (kind, captured, flag, amount, new_amount, new_status, old_status) in [
        ("028", false, "0", "800", "800", "20", "32"),
        ("028", false, "1", "300", "700", "20", "32"),
        ("028", true, "0", "800", "800", "20", "60"),
        ("029", false, "0", "1000", "1000", "40", "32"),
        ("029", true, "1", "999", "1", "40", "60"),
    ] {
        for timing in ["", "0", "1"] {
            let shop = emulator.shop();
            let old = shop.authorize("t", "1000");
            if captured {
                shop.send("022", &[("payment_id", &old)]);
            }
            let fields = [
                ("payment_id", old.as_str()),
                ("trading_id", "t"),
                ("payment_amount", amount),
                ("reduction_flag", flag),
                ("base_payment_cancel_timing", timing),
            ];
            let answer = shop.send(kind, &fields);
            assert_eq!(answer.result, "0", "{answer:?}");
            let new = answer.get("payment_id");
            assert_ne!(new, old);
            assert_eq!((answer.get("base_payment_id"), answer.get("reduced_amount")), (old.as_str(), new_amount));
            assert_eq!(answer.get("masked_card_number"), "************0000");
            let payment = shop.send("094", &[("payment_id", new), ("trading_id", "t")]);
            assert_eq!((payment.get("payment_status"), payment.get("payment_amount")), (new_status, new_amount));
            assert_eq!(shop.status(&old), old_status);
        }
    }
}

/// WooCommerce refunds a part and completes the order later, by its trading id alone.
#[test]
fn a_corrected_payment_does_not_count_when_its_trading_id_is_looked_up() {
    let emulator = Emulator::start();
    let correct = |shop: &Shop<'_>, kind: &str, amount: &str| {
        let answer = shop.send(kind, &[("trading_id", "t"), ("payment_amount", amount), ("reduction_flag", "0")]);
        assert_eq!(answer.result, "0", "{answer:?}");
        answer.get("payment_id").to_owned()
    };
    let shop = emulator.shop();
    shop.authorize("t", "1000");
    correct(&shop, "028", "900");
    let third = correct(&shop, "028", "800");
    assert_eq!(shop.send("022", &[("trading_id", "t")]).get("payment_id"), third);
    let fourth = correct(&shop, "029", "700");
    assert_eq!(shop.send("094", &[("trading_id", "t")]).get("payment_id"), fourth);
    let warnings = emulator.api("GET", &format!("/api/v1/journal?merchant_id={}", shop.merchant_id), json!(null));
    assert!(!warnings.to_string().contains("can no longer tell them apart"), "a correction shares it on purpose");
    assert_eq!(shop.send("023", &[("trading_id", "t")]).get("payment_id"), fourth);
    assert_eq!(shop.status(&fourth), "60");
    // What ended by itself still counts: nothing took its place.
    assert_eq!(shop.send("023", &[("trading_id", "t")]).get("payment_id"), fourth);
    // The cancel of the old payment failed: both count until it is repeated.
    let shop = emulator.shop();
    let old = shop.send("020", &card("4900000000002115", "t", "1000")).get("payment_id").to_owned();
    let fields = [("trading_id", "t"), ("payment_amount", "500"), ("reduction_flag", "0")];
    let half = shop.send("028", &fields);
    assert_eq!(half.response_code, "2010");
    assert_eq!(shop.send("022", &[("trading_id", "t")]).response_code, "2005");
    assert_eq!(shop.send("021", &[("payment_id", &old)]).result, "0");
    assert_eq!(shop.send("022", &[("trading_id", "t")]).get("payment_id"), half.get("payment_id"));
}

/// EC-CUBE 4 changes an amount by a second authorization that refers to its own trading id.
#[test]
fn a_payment_can_refer_to_its_own_trading_id() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let first = shop.authorize("t", "1000");
    let fields = [
        ("trading_id", "t"),
        ("ref_trading_id", "t"),
        ("payment_amount", "1200"),
        ("payment_class", "10"),
        ("split_count", ""),
        ("3dsecure_ryaku", "1"),
    ];
    let second = shop.send("020", &fields).get("payment_id").to_owned();
    assert_eq!((shop.status(&first).as_str(), shop.status(&second).as_str()), ("20", "20"));
    assert_eq!(shop.send("022", &[("trading_id", "t")]).response_code, "2005", "both are alive");
    assert_eq!(shop.send("021", &[("payment_id", &first)]).result, "0");
}

#[test]
fn corrections_that_fail() {
    let emulator = Emulator::start();
    let correct = |shop: &Shop<'_>, kind: &str, id: &str, amount: &str, timing: &str| {
        let fields = [
            ("payment_id", id),
            ("payment_amount", amount),
            ("reduction_flag", "0"),
            ("base_payment_cancel_timing", timing),
        ];
        shop.send(kind, &fields)
    };
    // The amount: 2013 for nothing and for more than before.
    let shop = emulator.shop();
    let id = shop.authorize("t", "1000");
    for amount in ["0", "1001"] {
        assert_eq!(correct(&shop, "028", &id, amount, "0").response_code, "2013");
    }
    // The status: only 20 and 40.
    for status in [10, 11, 31, 32, 33, 41, 42, 60] {
        let shop = emulator.shop();
        let id = bring_to(&shop, status);
        assert_eq!(correct(&shop, "029", &id, "500", "0").response_code, "2004", "{status}");
    }
    // The cancel of the old payment fails: 2010 when it was authorized, 2012 when captured.
    for (tail, captured, code, old_status) in [
        ("2115", false, "2010", "31"),
        ("3000", false, "2010", "31"),
        ("2115", true, "2012", "42"),
        ("3000", true, "2012", "42"),
    ] {
        for (kind, new_status) in [("028", "20"), ("029", "40")] {
            for timing in ["0", "1"] {
                let shop = emulator.shop();
                let number = format!("490000000000{tail}");
                let old = shop.send("020", &card(&number, "t", "1000")).get("payment_id").to_owned();
                if captured {
                    shop.send("022", &[("payment_id", &old)]);
                }
                let answer = correct(&shop, kind, &old, "500", timing);
                assert_eq!(answer.response_code, code, "{kind} {tail} {timing}");
                assert_eq!(shop.status(&old), old_status);
                let new = answer.get("payment_id");
                if timing == "0" {
                    assert_eq!(shop.status(new), new_status, "the new payment stays");
                } else {
                    assert_eq!(new, "", "nothing new comes into being");
                    assert_eq!(shop.send("094", &[("trading_id", "t")]).get("payment_id"), old);
                }
            }
        }
    }
    // The capture of the new payment fails: the old one is untouched, the new one told.
    let shop = emulator.shop();
    let old = shop.authorize("t", "1000");
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": "022"});
    emulator.api("POST", "/api/v1/faults", fault);
    let answer = correct(&shop, "029", &old, "500", "0");
    assert_eq!((answer.response_code.as_str(), answer.get("base_payment_id")), ("2011", old.as_str()));
    assert_eq!((shop.status(&old).as_str(), shop.status(answer.get("payment_id")).as_str()), ("20", "30"));
}

#[test]
fn what_a_card_must_be() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let with = |name: &'static str, value: &'static str| {
        let mut fields = card("4900000000000000", "t", "1000");
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        let answer = shop.send("020", &fields);
        (answer.response_code, answer.response_detail)
    };
    for (name, value, code) in [
        ("card_valid_term", "0120", "P010"),
        ("card_valid_term", "1399", "P010"),
        ("card_valid_term", "123", "P009"),
        ("card_number", "490000000000000", "0"),
        ("card_number", "4900000000000", "P009"),
        ("card_number", "49000000000000000", "P009"),
        ("card_number", "4900-0000-0000", "P008"),
        ("payment_class", "22", "P010"),
    ] {
        let (answered, detail) = with(name, value);
        if code == "0" {
            assert_eq!(answered, "", "{name}={value}");
        } else {
            assert_eq!(answered, code, "{name}={value}");
            assert!(detail.starts_with(&format!("\"{name}\"")), "{detail}");
        }
    }
    let mut overseas = card("4000000000000000", "t", "1000");
    assert_eq!(shop.send("020", &overseas).get("issur_class"), "1");
    overseas.retain(|(name, _)| *name != "payment_class");
    overseas.extend([("payment_class", "61"), ("split_count", "3")]);
    assert_eq!(shop.send("020", &overseas).response_code, "P030", "overseas cards are charged at once");
}

#[test]
fn brands_follow_the_first_digits() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (number, acq_id) in [
        ("36000000000000", "99660"),
        ("3580000000000000", "99661"),
        ("376500000000000", "99819"),
        ("4923000000000000", "50001"),
        ("5251000000000000", "50001"),
        ("4542000000000000", "99665"),
        ("5250000000000000", "99665"),
        ("4541000000000000", "10035"),
        ("5252000000000000", "10035"),
        ("3528000000000000", "10035"),
        ("4980000000000000", "99663"),
        ("5304000000000000", "99663"),
    ] {
        assert_eq!(shop.send("020", &card(number, "t", "1")).get("acq_id"), acq_id, "{number}");
    }
}

/// The seed's FAQ: a cancel whose second step fails stands in 50, and the same telegram again ends it.
#[test]
fn a_cancel_that_fails_half_way_stands_in_50_until_it_is_sent_again() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("t", "1000");
    shop.send("022", &[("payment_id", &id)]);
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": "023", "leaves": "50"});
    emulator.api("POST", "/api/v1/faults", fault);
    assert_eq!(shop.send("023", &[("payment_id", &id)]).response_code, "2002");
    assert_eq!(shop.status(&id), "50");
    let fault = json!({"merchant_id": shop.merchant_id, "telegram_kind": "023"});
    emulator.api("POST", "/api/v1/faults", fault);
    assert_eq!(shop.send("023", &[("payment_id", &id)]).response_code, "2002");
    assert_eq!(shop.status(&id), "50", "it never goes back");
    assert_eq!(shop.send("023", &[("payment_id", &id)]).result, "0");
    assert_eq!(shop.status(&id), "60");
}

#[test]
fn a_raised_amount_is_refused_with_the_name_of_the_switch() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = shop.authorize("t", "1000");
    for kind in ["028", "029"] {
        let fields = [("payment_id", id.as_str()), ("payment_amount", "1001"), ("reduction_flag", "0")];
        assert_eq!(shop.send(kind, &fields).response_code, "2013");
        let journal = emulator.api("GET", "/api/v1/journal?limit=1", json!(null)).to_string();
        assert!(journal.contains("contracts.correction_upwards"), "{journal}");
    }
    // Without multi-currency nobody hears of currencies.
    let told = shop.send("094", &[("payment_id", &id)]);
    assert!(told.fields.iter().all(|(name, _)| name != "currency_code"), "{told:?}");
}
