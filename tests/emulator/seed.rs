//! `--seed`: the same requests at a frozen clock get the same answers, byte for byte.

use paygent_emulator::internal::wire::Charset;
use paygent_emulator::internal::wire::hash::sha256_hex;
use serde_json::{Value, json};

use crate::buyer::browse;
use crate::harness::{Emulator, Response, Shop, card};

/// What a shop and its buyers were answered, one after the other.
#[derive(Default)]
struct Heard(Vec<Vec<u8>>);

impl Heard {
    fn page(&mut self, response: &Response) {
        let shown = |line: &&str| {
            let line = line.to_ascii_lowercase();
            ["http/", "location:", "content-type:", "set-cookie:"].iter().any(|name| line.starts_with(name))
        };
        self.0.push(response.head.lines().filter(shown).collect::<Vec<_>>().join("\n").into_bytes());
        self.0.push(response.body.clone());
    }

    /// Sends a telegram; a value of its answer.
    fn telegram(&mut self, shop: &Shop<'_>, kind: &str, fields: &[(&str, &str)], wanted: &str) -> String {
        let (body, charset) = shop.post(kind, fields);
        let text = charset.decode(&body).unwrap().into_owned();
        self.0.push(body);
        let value = text.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("{kind} answered no {wanted}: {text}")).to_owned()
    }
}

fn path(url: &str) -> &str {
    url.strip_prefix("https://localhost:8443").unwrap_or(url)
}

/// Everything in which something unguessable is given out: tokens, stored cards, 3-D Secure, pages of banks and of the
/// link type, payments in stores, Paidy, a new key.
fn a_day(emulator: &Emulator) -> Vec<Vec<u8>> {
    let mut heard = Heard::default();
    let shop = emulator.first_shop();
    emulator.api("PUT", "/api/v1/clock", json!({"now": "2026-11-24T12:00:00+09:00", "frozen": true}));
    let number = [("card_number", "4980000000000000"), ("card_expire_year", "39"), ("card_expire_month", "12")];
    let token = shop.ask_for_token(&number);
    let text = token["tokenizedCardObject"]["token"].as_str().unwrap().to_owned();
    heard.0.push(token.to_string().into_bytes());
    let order = [("trading_id", "t1"), ("payment_amount", "1000"), ("payment_class", "10"), ("3dsecure_ryaku", "1")];
    heard.telegram(&shop, "020", &[&order[..], &[("card_token", &text)]].concat(), "payment_id");
    heard.telegram(&shop, "020", &card("4900000000000000", "t2", "2000"), "payment_id");
    let stores = [("trading_id", "t3"), ("payment_amount", "3000"), ("cvs_company_id", "00C002")];
    let customer = [
        ("customer_family_name", "山田"),
        ("customer_name", "太郎"),
        ("customer_tel", "0312345678"),
        ("sales_type", "1"),
    ];
    heard.telegram(&shop, "030", &[&stores[..], &customer[..]].concat(), "result");
    let stored = [("customer_id", "c1"), ("card_number", "4980000000000000"), ("card_valid_term", "1239")];
    heard.telegram(&shop, "025", &stored, "customer_card_id");

    let bank = [("trading_id", "t4"), ("amount", "12345"), ("claim_kana", "ｵｼﾊﾗｲ"), ("claim_kanji", "お支払い")];
    let selection = heard.telegram(&shop, "060", &bank, "asp_url");
    heard.page(&browse(emulator, "GET", path(&selection), &[]));

    let authentication = [
        ("trading_id", "t5"),
        ("term_url", "https://shop.example/return"),
        ("merchant_name", "TEST SHOP"),
        ("authentication_type", "01"),
        ("card_set_method", "direct"),
        ("card_number", "4980000000000000"),
        ("card_valid_term", "1239"),
        ("payment_amount", "1000"),
    ];
    let id = heard.telegram(&shop, "450", &authentication, "3ds_auth_id");
    heard.page(&browse(emulator, "POST", "/3ds/start", &[("3ds_auth_id", &id)]));
    let password = browse(emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", &id)]);
    heard.page(&password);
    heard.page(&browse(emulator, "GET", path(password.location()), &[]));
    heard.page(&browse(emulator, "POST", path(password.location()), &[("challengeDataEntry", "wrong")]));

    let hc = sha256_hex(["t7", "02", "2980", "10000", "1", "linkhashkey0123456789"]);
    let fields = [
        ("trading_id", "t7"),
        ("payment_type", "02"),
        ("id", "2980"),
        ("seq_merchant_id", "10000"),
        ("threedsecure_ryaku", "1"),
        ("isbtob", "1"),
        ("hc", &hc),
    ];
    let applied = browse(emulator, "POST", "/v/u/request", &fields);
    heard.page(&applied);
    let text = String::from_utf8(applied.body).unwrap();
    let page = text.lines().find_map(|line| line.strip_prefix("url=")).unwrap();
    heard.page(&browse(emulator, "GET", path(page), &[]));
    heard.0.push(emulator.api("GET", "/api/v1/payments?merchant_id=10000", Value::Null).to_string().into_bytes());
    heard.0
}

#[test]
fn two_emulators_with_one_seed_answer_byte_for_byte_the_same() {
    let seeded = |seed| {
        let public = ["--public-url", "https://localhost:8443", "--client-auth", "off"];
        Emulator::start_with(&[&public[..], &["--seed", seed]].concat())
    };
    let (one, other, third) = (seeded("7"), seeded("7"), seeded("8"));
    let first = a_day(&one);
    let second = a_day(&other);
    let shown =
        |bytes: &[u8]| Charset::Utf8.decode(bytes).map_or_else(|| format!("{bytes:?}"), |text| text.into_owned());
    for (at, (one, other)) in first.iter().zip(&second).enumerate() {
        assert_eq!(shown(one), shown(other), "answer {at}");
    }
    assert_eq!(first.len(), second.len());
    assert_ne!(first, a_day(&third), "another seed makes other tokens");

    // All over again, without a restart.
    one.api("POST", "/api/v1/reset", json!({}));
    assert!(first == a_day(&one), "a reset lets everything start again");
}
