//! No input makes the gateway panic, and whatever it answers can be read by the rules of the PHP module.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;
use paygent_emulator::internal::faults::Fault;
use paygent_emulator::internal::ledger::PaymentFilter;
use paygent_emulator::internal::merchant::MerchantId;
use paygent_emulator::internal::method;
use paygent_emulator::internal::wire::catalog::AnswerFormat;
use paygent_emulator::internal::wire::{Charset, catalog};
use proptest::prelude::*;

use crate::harness::Answer;
use crate::in_process::InProcess;

/// The answer to a request, which must be one, whatever was asked.
fn answer(office: &InProcess, path: &str, query: Option<&str>, body: &[u8]) -> Vec<u8> {
    let answered = catch_unwind(AssertUnwindSafe(|| office.ask(path, query, body).now_or_never().unwrap()));
    answered.unwrap_or_else(|_| panic!("panicked at {path} {:?}", String::from_utf8_lossy(body)))
}

const HEAD: &str = "merchant_id=10000&connect_id=test0001&connect_password=password&telegram_version=1.0";

/// Values that tend to break things, and any others.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[0-9]{1,20}",
        "[A-Za-z0-9_]{1,40}",
        Just("0".to_owned()),
        Just("1".to_owned()),
        Just("99999999999999999999999999".to_owned()),
        Just("%95%5C%8E%A6".to_owned()),
        Just("%E8%A1%A8".to_owned()),
        Just("%".to_owned()),
        Just("%00%0D%0Aresult=0".to_owned()),
        "(%[0-9A-F]{2}){1,30}",
        ".{0,30}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..400), path in "/[a-z/]{0,20}", query in "[ -~]{0,80}") {
        Answer::parse(&answer(&InProcess::open(), &path, Some(&query), &body), Charset::Windows31J);
    }

    #[test]
    fn any_values_of_any_telegram_are_answered(
        index in any::<prop::sample::Index>(),
        values in proptest::collection::vec((any::<prop::sample::Index>(), value()), 0..12),
    ) {
        let telegrams = catalog().telegrams();
        let spec = index.get(&telegrams);
        let names: Vec<&str> = spec.request.iter().map(|field| field.name.as_str()).chain(["trading_id", "payment_id"]).collect();
        let mut body = format!("{HEAD}&telegram_kind={}", spec.kind);
        for (name, value) in &values {
            body.push_str(&format!("&{}={value}", name.get(&names)));
        }
        let office = InProcess::open();
        for _ in 0..2 {
            let body = answer(&office, spec.path, None, body.as_bytes());
            let text = Charset::Windows31J.decode(&body);
            match spec.answer {
                AnswerFormat::Csv => prop_assert!(text.unwrap().starts_with("\"1\",\"")),
                AnswerFormat::File => prop_assert!(text.unwrap().starts_with("1,")),
                AnswerFormat::Text => drop(Answer::parse(&body, spec.charset)),
            }
        }
    }

    #[test]
    fn any_sequence_of_card_telegrams_follows_the_table(
        steps in proptest::collection::vec((0..8usize, any::<prop::sample::Index>(), 1u32..2000, any::<bool>()), 1..25),
        tail in "[0-9]{4}",
    ) {
        let office = InProcess::open();
        let merchant_id = MerchantId::new("10000");
        let mut known: Vec<String> = Vec::new();
        for (kind, which, number, flag) in &steps {
            let id = if known.is_empty() { "30000001" } else { which.get(&known) };
            let flag = u8::from(*flag);
            let body = match kind {
                0 | 1 => format!("{HEAD}&telegram_kind=020&trading_id=t&payment_amount={number}&card_number=490000000000{tail}&card_valid_term=1239&3dsecure_ryaku=1&sales_mode={flag}"),
                2..=4 => format!("{HEAD}&telegram_kind=02{}&payment_id={id}", kind - 1),
                5 | 6 => format!("{HEAD}&telegram_kind=02{}&payment_id={id}&payment_amount={number}&reduction_flag={flag}&base_payment_cancel_timing={}", kind + 3, number % 2),
                _ if *number < 1000 => {
                    office.gateway.advance(None, jiff::Span::new().days(i64::from(number % 70))).now_or_never().unwrap();
                    continue;
                }
                _ => {
                    let kinds = ["020", "021", "022", "023"];
                    office.gateway.faults.add(Fault {
                        merchant_id: merchant_id.clone(),
                        telegram_kind: kinds[(*number % 4) as usize].to_owned(),
                        response_code: "2002".to_owned(),
                        response_detail: String::new(),
                        leaves: None,
times: 1,
                        done: false,
                    });
                    continue;
                }
            };
            let answered = Answer::parse(&answer(&office, "/n/card/request", None, body.as_bytes()), Charset::Windows31J);
            if !answered.get("payment_id").is_empty() {
                known.push(answered.get("payment_id").to_owned());
            }
        }
        for payment in office.gateway.ledger.search(&merchant_id, &PaymentFilter::default(), 1000) {
            let table = method::table(payment.payment_type).unwrap();
            let mut status = None;
            for step in &payment.history {
                prop_assert!(table.allows(status, step.status, step.by), "{:?}", payment.history);
                status = Some(step.status);
            }
            prop_assert_eq!(status, Some(payment.status));
        }
    }
}

#[test]
fn no_card_number_is_kept_or_shown() {
    let office = InProcess::open();
    let number = "4923111122223333";
    let body = format!(
        "{HEAD}&telegram_kind=020&trading_id=t&payment_amount=1&card_number={number}&card_valid_term=1239&card_conf_number=987&memo=4923-1111-2222-3333"
    );
    for path in ["/n/card/request", "/n/atm/request", "/s/card/request"] {
        answer(&office, path, None, body.as_bytes());
        answer(&office, path, Some(&body), b"");
    }
    let merchant_id = MerchantId::new("10000");
    let payments = office.gateway.ledger.search(&merchant_id, &PaymentFilter::default(), 10);
    assert!(!payments.is_empty());
    let journal = office.gateway.journal.newest(100, |_| true);
    assert!(journal.len() >= 6);
    let shown = format!("{payments:?}{:?}", office.gateway.ledger.notices(&merchant_id, 1, 100));
    let told: String =
        journal.iter().map(|entry| format!("{entry:?}{}", String::from_utf8_lossy(&entry.request))).collect();
    for text in [shown, told] {
        for secret in [number, "4923-1111-2222-3333", "111122223333", "987"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
