//! The 46 columns of the merchants' CSV file (`merchant_site.md` section 10): one payment of each type, paid in each way.

use serde_json::{Value, json};

use crate::buyer::browse;
use crate::harness::{Emulator, Shop, card};
use crate::pages;

const HEADINGS: &[&str] = &[
    "決済種別",
    "取引ID",
    "決済ID",
    "決済金額",
    "ステータスCD",
    "決済ステータス",
    "取引発生日時",
    "支払日時",
    "支払期限日",
    "オーソリ日時",
    "キャンセル日時",
    "買手支払日時",
    "速報受信日時",
    "確定受信日時",
    "支払機関名(カード)",
    "支払機関名(コンビニ)",
    "支払機関名(銀行ネット)",
    "支払機関名(ATM)",
    "カード番号",
    "カード有効期限",
    "支払区分",
    "分割回数",
    "夏のボーナス支払月",
    "冬のボーナス支払月",
    "国内カード／海外カード",
    "3Dセキュア利用",
    "CVSタイプ",
    "申込コンビニ",
    "支払種別",
    "決済内容",
    "決済内容カナ",
    "決済ベンダ受付番号/バーコード情報",
    "お客様番号",
    "確認番号",
    "利用者姓",
    "利用者名",
    "利用者姓カナ",
    "利用者名カナ",
    "利用者担当部署名",
    "利用者担当者名",
    "利用者電話番号",
    "利用者郵便番号",
    "利用者住所",
    "重複元決済ID",
    "再発行回数",
    "払込票ダウンロード済フラグ",
];

/// Every value of a payment's row that is not `-`, but for its id.
fn row(shop: &Shop<'_>, id: &str) -> Vec<(String, String)> {
    let path = format!("/payments.csv?merchant_id={}&payment_id={id}", shop.merchant_id);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", shop.emulator.ports.console);
    let mut stream = std::net::TcpStream::connect(shop.emulator.ports.console).unwrap();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).unwrap();
    let body = crate::harness::Response::parse(&answer).body;
    let text = paygent_emulator::internal::wire::Charset::Windows31J.decode(&body).unwrap().into_owned();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), HEADINGS);
    let record = reader.records().next().unwrap().unwrap();
    let values = HEADINGS.iter().zip(record.iter()).filter(|(_, value)| *value != "-");
    let (ids, others): (Vec<_>, Vec<_>) = values.partition(|(heading, _)| **heading == "決済ID");
    assert_eq!(ids.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [id]);
    others.into_iter().map(|(heading, value)| ((*heading).to_owned(), value.to_owned())).collect()
}

/// Compares a row with what the sheet says; `*` stands for any value.
fn check(shop: &Shop<'_>, id: &str, expected: &[(&str, &str)]) {
    let row = row(shop, id);
    let told = |row: &[(String, String)]| row.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let mut shown = row.clone();
    for (name, value) in &mut shown {
        if expected.iter().any(|(known, text)| known == name && *text == "*") {
            "*".clone_into(value);
        }
    }
    let expected: Vec<(String, String)> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(told(&shown), told(&expected), "payment {id}");
}

/// Leads a payment to a status.
fn lead(shop: &Shop<'_>, id: &str, body: Value) {
    shop.emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), body);
}

fn now(shop: &Shop<'_>, text: &str) {
    let clock = json!({"merchant_id": shop.merchant_id, "now": text, "frozen": true});
    shop.emulator.api("PUT", "/api/v1/clock", clock);
}

fn paid_id(answer: &crate::harness::Answer) -> String {
    assert_eq!(answer.result, "0", "{answer:?}");
    answer.get("payment_id").to_owned()
}

const CARD: [(&str, &str); 2] = [("カード番号", "**** **** **** ****"), ("カード有効期限", "**/**")];

#[test]
fn cards() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-24");
    let captured = shop.authorize("c1", "2490");
    now(&shop, "2026-11-24T11:00:00+09:00");
    shop.send("022", &[("payment_id", &captured)]);
    let head = |trading_id: &'static str, code: &'static str, name: &'static str| {
        vec![
            ("決済種別", "カード決済"),
            ("取引ID", trading_id),
            ("決済金額", "2490"),
            ("ステータスCD", code),
            ("決済ステータス", name),
        ]
    };
    let mut expected = head("c1", "40", "消込済");
    expected.extend([
        ("取引発生日時", "2026/11/24 10:00:00"),
        ("支払日時", "2026/11/24 11:00:00"),
        ("オーソリ日時", "2026/11/24 10:00:00"),
        ("支払機関名(カード)", "*"),
    ]);
    expected.extend(CARD);
    expected.extend([("支払区分", "1回払い"), ("国内カード／海外カード", "国内カード"), ("3Dセキュア利用", "×")]);
    check(&shop, &captured, &expected);

    now(&shop, "2026-11-24T12:00:00+09:00");
    shop.send("023", &[("payment_id", &captured)]);
    let cancelled = row(&shop, &captured);
    let value = |row: &[(String, String)], name: &str| {
        row.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(value(&cancelled, "キャンセル日時"), "2026/11/24 12:00:00");
    assert_eq!(value(&cancelled, "ステータスCD"), "60");

    // In instalments; from abroad.
    let mut fields = card("4900000000000000", "c2", "2490");
    fields.retain(|(name, _)| *name != "payment_class");
    fields.extend([("payment_class", "61"), ("split_count", "03")]);
    let split = row(&shop, &paid_id(&shop.send("020", &fields)));
    assert_eq!(["支払区分", "分割回数"].map(|name| value(&split, name)), ["分割払い", "03"]);
    let abroad = row(&shop, &paid_id(&shop.send("020", &card("4000000000000000", "c3", "2490"))));
    let columns = ["支払機関名(カード)", "国内カード／海外カード"].map(|name| value(&abroad, name));
    assert_eq!(columns, ["海外", "海外カード"]);

    // With 3-D Secure, by telegram.
    let started = shop.send(
        "450",
        &[
            ("trading_id", "c4"),
            ("term_url", "https://shop.example/"),
            ("merchant_name", "TEST SHOP"),
            ("authentication_type", "01"),
            ("card_set_method", "direct"),
            ("card_number", "4900000000000000"),
            ("card_valid_term", "1239"),
            ("payment_amount", "2490"),
        ],
    );
    let auth = started.get("3ds_auth_id");
    browse(&emulator, "POST", "/3ds/start", &[("3ds_auth_id", auth)]);
    browse(&emulator, "POST", "/3ds/proceed", &[("3ds_auth_id", auth)]);
    let mut fields = card("4900000000000000", "c4", "2490");
    fields.retain(|(name, _)| *name != "3dsecure_ryaku");
    fields.extend([("3dsecure_use_type", "2"), ("3ds_auth_id", auth)]);
    let authenticated = row(&shop, &paid_id(&shop.send("020", &fields)));
    assert_eq!(value(&authenticated, "3Dセキュア利用"), "○");
}

#[test]
fn numbers_of_stores() {
    let emulator = Emulator::start();
    // Connection type, CVS type, company paid at; vendor, chain, stores applied for.
    for (connection_type, cvs_type, company, vendor, chain, stores) in [
        ("A", "01", "00C016", "イーコンテクスト", "セイコーマート", "セイコーマート"),
        ("A", "02", "00C002", "ウェルネット", "ローソン", "ローソン・ミニストップ・デイリーヤマザキ"),
        ("A", "02", "00C005", "ウェルネット", "ファミリーマート", "ローソン・ミニストップ・デイリーヤマザキ"),
        ("A", "03", "00C001", "セブンイレブン", "セブンイレブン", "セブンイレブン"),
        ("A", "04", "00C005", "ファミリーマート", "ファミリーマート", "ファミリーマート"),
        ("F", "05", "P0C002", "ローソン・ミニストップ", "ローソン・ミニストップ", "ローソン・ミニストップ"),
    ] {
        for by in ["tool", "vendor"] {
            let shop = emulator.shop_on("2026-11-24");
            shop.set(json!({"contracts": {"connection_type": connection_type}}));
            let answer = shop.send(
                "030",
                &[
                    ("trading_id", "s1"),
                    ("payment_amount", "1000"),
                    ("cvs_type", cvs_type),
                    ("customer_family_name", "山田"),
                    ("customer_name", "太郎"),
                    ("customer_family_name_kana", "ﾔﾏﾀﾞ"),
                    ("customer_name_kana", "ﾀﾛｳ"),
                    ("customer_tel", "0312345678"),
                    ("sales_type", "1"),
                    ("payment_limit_date", "5"),
                ],
            );
            let (id, number) = (paid_id(&answer), answer.get("receipt_number"));
            let expected = |code, name, dates: [(&'static str, &'static str); 4], chain| {
                let mut row = vec![
                    ("決済種別", "コンビニ決済（番号方式）"),
                    ("取引ID", "s1"),
                    ("決済金額", "1000"),
                    ("ステータスCD", code),
                    ("決済ステータス", name),
                    ("取引発生日時", "2026/11/24 10:00:00"),
                    dates[0],
                    ("支払期限日", "2026/11/29"),
                    dates[1],
                    dates[2],
                    dates[3],
                    ("支払機関名(コンビニ)", chain),
                    ("CVSタイプ", vendor),
                    ("申込コンビニ", stores),
                    ("支払種別", "前払い"),
                    ("決済ベンダ受付番号/バーコード情報", number),
                    ("利用者姓", "山田"),
                    ("利用者名", "太郎"),
                    ("利用者姓カナ", "ﾔﾏﾀﾞ"),
                    ("利用者名カナ", "ﾀﾛｳ"),
                    ("利用者電話番号", "0312345678"),
                ];
                row.retain(|(_, value)| !value.is_empty());
                row
            };
            let none = ("", "");
            check(&shop, &id, &expected("10", "申込済", [none; 4], stores));
            now(&shop, "2026-11-24T11:54:00+09:00");
            let paid = ("買手支払日時", "2026/11/24 11:30:00");
            let input =
                json!({"payment_status": "40", "by": by, "payment_date": "20261124113000", "cvs_company_id": company});
            if matches!(cvs_type, "03" | "04") {
                let mut flash = input.clone();
                flash["payment_status"] = json!("43");
                lead(&shop, &id, flash);
                let early = ("速報受信日時", "2026/11/24 11:54:00");
                check(&shop, &id, &expected("43", "速報検知済", [none, paid, early, none], chain));
                now(&shop, "2026-11-27T09:00:00+09:00");
                lead(&shop, &id, json!({"payment_status": "40", "by": by}));
                let confirmed = ("確定受信日時", "2026/11/27 09:00:00");
                let dates = [("支払日時", "2026/11/27 09:00:00"), paid, early, confirmed];
                check(&shop, &id, &expected("40", "消込済", dates, chain));
            } else {
                lead(&shop, &id, input);
                let confirmed = ("確定受信日時", "2026/11/24 11:54:00");
                let dates = [("支払日時", "2026/11/24 11:30:00"), paid, none, confirmed];
                check(&shop, &id, &expected("40", "消込済", dates, chain));
            }
        }
    }
}

#[test]
fn slips() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-24");
    let applied = || {
        let answer = shop.send(
            "040",
            &[
                ("trading_id", "p1"),
                ("payment_amount", "60000"),
                ("tax_class", "0"),
                ("sales_tax_amount", "5454"),
                ("site_info", "商品代金"),
                ("payment_limit_date", "30"),
                ("customer_type", "1"),
                ("customer_family_name", "見本商事"),
                ("customer_family_name_kana", "ﾐﾎﾝｼﾖｳｼﾞ"),
                ("customer_dept", "総務部"),
                ("customer_representative_name", "山田太郎"),
                ("customer_zip_code", "1000001"),
                ("customer_address_1", "東京都千代田区"),
                ("customer_address_2", "千代田１－１"),
                ("customer_tel", "03-1234-5678"),
            ],
        );
        paid_id(&answer)
    };
    let expected = |code, name, dates: &[(&'static str, &'static str)], chain: &'static str| {
        let of = |heading: &str| *dates.iter().find(|(known, _)| *known == heading).unwrap_or(&("", ""));
        let mut row = vec![
            ("決済種別", "コンビニ決済（払込票方式）"),
            ("取引ID", "p1"),
            ("決済金額", "60000"),
            ("ステータスCD", code),
            ("決済ステータス", name),
            ("取引発生日時", "2026/11/24 10:00:00"),
            of("支払日時"),
            ("支払期限日", "2026/12/24"),
            of("キャンセル日時"),
            of("買手支払日時"),
            of("速報受信日時"),
            of("確定受信日時"),
            ("支払機関名(コンビニ)", chain),
            ("決済ベンダ受付番号/バーコード情報", "*"),
            ("利用者姓", "見本商事"),
            ("利用者姓カナ", "ﾐﾎﾝｼﾖｳｼﾞ"),
            ("利用者担当部署名", "総務部"),
            ("利用者担当者名", "山田太郎"),
            ("利用者電話番号", "03-1234-5678"),
            ("利用者郵便番号", "1000001"),
            ("利用者住所", "東京都千代田区千代田１－１"),
            ("再発行回数", "0"),
            ("払込票ダウンロード済フラグ", "0"),
        ];
        row.retain(|(_, value)| !value.is_empty());
        row
    };
    let id = applied();
    check(&shop, &id, &expected("10", "申込済", &[], ""));
    now(&shop, "2026-11-27T09:00:00+09:00");
    let reported = [("買手支払日時", "2026/11/25 12:00:00"), ("速報受信日時", "2026/11/26 12:00:00")];
    let flash = json!({"payment_status": "43", "payment_date": "20261126120000", "cvs_company_id": "00C010"});
    lead(&shop, &id, flash.clone());
    check(&shop, &id, &expected("43", "速報検知済", &reported, "ポプラ"));
    lead(&shop, &id, json!({"payment_status": "40", "payment_date": "20261126180000"}));
    let settled =
        [reported[0], reported[1], ("確定受信日時", "2026/11/26 18:00:00"), ("支払日時", "2026/11/27 09:00:00")];
    check(&shop, &id, &expected("40", "消込済", &settled, "ポプラ"));

    now(&shop, "2026-11-24T10:00:00+09:00");
    let id = applied();
    now(&shop, "2026-11-27T09:00:00+09:00");
    lead(&shop, &id, flash);
    lead(&shop, &id, json!({"payment_status": "61", "payment_date": "20261126180000"}));
    let withdrawn = [reported[0], ("速報受信日時", "2026/11/26 18:00:00"), ("キャンセル日時", "2026/11/26 18:00:00")];
    check(&shop, &id, &expected("61", "速報取消済", &withdrawn, "ポプラ"));

    // A slip of the merchant's own printing, paid at a post office.
    let inputs = json!({
        "merchant_id": shop.merchant_id, "payment_type": "04", "payment_date": "202611261200",
        "barcode_free": "12345678901234567", "barcode_amount": "3000", "revenue_stamp": "0", "cvs_company_id": "00C997",
    });
    let made = emulator.api("POST", "/api/v1/payments", inputs);
    let own = [
        ("決済種別", "コンビニ決済（払込票方式）"),
        ("取引ID", "12345678901234567"),
        ("決済金額", "3000"),
        ("ステータスCD", "40"),
        ("決済ステータス", "消込済"),
        ("取引発生日時", "2026/11/27 09:00:00"),
        ("支払日時", "2026/11/27 09:00:00"),
        ("買手支払日時", "2026/11/26 12:00:00"),
        ("速報受信日時", "2026/11/27 09:00:00"),
        ("確定受信日時", "2026/11/27 09:00:00"),
        ("支払機関名(コンビニ)", "ユウチョ1マンエンイカ"),
        ("決済ベンダ受付番号/バーコード情報", "*"),
    ];
    check(&shop, &made["payment_id"].to_string(), &own);
}

#[test]
fn atms_and_banks() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-24");
    let answer = shop.send(
        "010",
        &[
            ("trading_id", "a1"),
            ("payment_amount", "1000"),
            ("payment_detail", "商品"),
            ("payment_detail_kana", "ｼﾖｳﾋﾝ"),
            ("customer_family_name", "山田"),
            ("customer_name", "太郎"),
            ("customer_family_name_kana", "ﾔﾏﾀﾞ"),
            ("customer_name_kana", "ﾀﾛｳ"),
            ("payment_limit_date", "5"),
        ],
    );
    let (customer, confirmation) = (answer.get("customer_number"), answer.get("conf_number"));
    for (by, code, bank) in [("tool", "9900", "ゆうちょ銀行"), ("vendor", "0010", "りそな銀行")] {
        let again = shop.send(
            "010",
            &[
                ("trading_id", "a2"),
                ("payment_amount", "1"),
                ("payment_detail", "商品"),
                ("payment_detail_kana", "ｼﾖｳﾋﾝ"),
            ],
        );
        let id = paid_id(&again);
        lead(&shop, &id, json!({"payment_status": "40", "by": by, "bank_code": code}));
        assert!(row(&shop, &id).contains(&("支払機関名(ATM)".to_owned(), bank.to_owned())));
    }
    let id = paid_id(&answer);
    lead(&shop, &id, json!({"payment_status": "40", "payment_date": "20261125090000", "bank_code": "9900"}));
    let expected = [
        ("決済種別", "ATM"),
        ("取引ID", "a1"),
        ("決済金額", "1000"),
        ("ステータスCD", "40"),
        ("決済ステータス", "消込済"),
        ("取引発生日時", "2026/11/24 10:00:00"),
        ("支払日時", "2026/11/25 09:00:00"),
        ("支払期限日", "2026/11/29"),
        ("支払機関名(ATM)", "ゆうちょ銀行"),
        ("決済内容", "商品"),
        ("決済内容カナ", "ｼﾖｳﾋﾝ"),
        ("お客様番号", customer),
        ("確認番号", confirmation),
        ("利用者姓", "山田"),
        ("利用者名", "太郎"),
        ("利用者姓カナ", "ﾔﾏﾀﾞ"),
        ("利用者名カナ", "ﾀﾛｳ"),
    ];
    check(&shop, &id, &expected);

    for (trading_id, bank, name) in [("b1", "楽天銀行", "楽天銀行"), ("b2", "ゆうちょ銀行", "ゆうちょ銀行")]
    {
        let applied = shop.send(
            "060",
            &[
                ("trading_id", trading_id),
                ("payment_id", "060"),
                ("amount", "1000"),
                ("claim_kana", "ｼﾖｳﾋﾝ"),
                ("claim_kanji", "商品"),
            ],
        );
        let selection = pages::get(&emulator, applied.get("asp_url"));
        let site = pages::get(&emulator, &selection.link(bank)).link("進む");
        pages::post(&emulator, &site, &[("action", "pay")]);
        let id = paid_id(&shop.send("094", &[("trading_id", trading_id)]));
        let expected = [
            ("決済種別", "銀行ネット"),
            ("取引ID", trading_id),
            ("決済金額", "1000"),
            ("ステータスCD", "40"),
            ("決済ステータス", "消込済"),
            ("取引発生日時", "2026/11/24 10:00:00"),
            ("支払日時", "2026/11/24 10:00:00"),
            ("支払機関名(銀行ネット)", name),
            ("決済内容", "商品"),
            ("決済内容カナ", "ｼﾖｳﾋﾝ"),
        ];
        check(&shop, &id, &expected);
    }
}

#[test]
fn transfers_e_money_and_paidy() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-11-24");
    let account =
        || paid_id(&shop.send("070", &[("trading_id", "v1"), ("claim_amount", "2100"), ("expire_days", "7")]));
    let expected = |amount, code, name, paid: &'static str| {
        let mut row = vec![
            ("決済種別", "仮想口座"),
            ("取引ID", "v1"),
            ("決済金額", amount),
            ("ステータスCD", code),
            ("決済ステータス", name),
            ("取引発生日時", "2026/11/24 10:00:00"),
            ("支払日時", paid),
            ("支払期限日", "2026/12/01"),
        ];
        row.retain(|(_, value)| !value.is_empty());
        row
    };
    let id = account();
    check(&shop, &id, &expected("2100", "10", "申込済", ""));
    let list = format!("/payments?merchant_id={}&tab=virtual_account", shop.merchant_id);
    assert!(emulator.console("GET", &list, "").1.contains("2,100円"), "the list shows the claim");
    assert!(emulator.console("GET", &format!("/payments/{id}"), "").1.contains("2,100円"));
    lead(&shop, &id, json!({"payment_status": "12", "by": "tool"}));
    check(&shop, &id, &expected("2100", "12", "支払期限切", ""));
    lead(
        &shop,
        &id,
        json!({"payment_status": "40", "by": "tool", "payment_amount": "2100", "transfer_date": "20261125"}),
    );
    check(&shop, &id, &expected("2100", "40", "消込済", "2026/11/25 00:00:00"));
    // Cleared by hand: no transfer belongs to it.
    let by_hand = account();
    lead(&shop, &by_hand, json!({"payment_status": "40", "by": "merchant_site", "clear_detail": "06"}));
    check(&shop, &by_hand, &expected("0", "40", "消込済", "2026/11/24 10:00:00"));

    let urls = [("return_url", "https://shop.example/"), ("cancel_url", "https://shop.example/")];
    let applied =
        shop.send("150", &[&[("trading_id", "w1"), ("emoney_type", "1"), ("amount", "1000")], &urls[..]].concat());
    pages::post(&emulator, applied.get("redirect_url"), &[("action", "complete"), ("outcome", "")]);
    let webmoney = [
        ("決済種別", "電子マネー"),
        ("取引ID", "w1"),
        ("決済金額", "1000"),
        ("ステータスCD", "40"),
        ("決済ステータス", "消込済"),
        ("取引発生日時", "2026/11/24 10:00:00"),
        ("支払日時", "2026/11/24 10:00:00"),
        ("オーソリ日時", "2026/11/24 10:00:00"),
    ];
    check(&shop, &paid_id(&applied), &webmoney);

    let paypay = [
        ("決済種別", "PayPay"),
        ("取引ID", "p1"),
        ("決済金額", "1000"),
        ("ステータスCD", "40"),
        ("決済ステータス", "消込済"),
        ("取引発生日時", "2026/11/24 10:00:00"),
        ("支払日時", "2026/11/24 10:00:00"),
        ("オーソリ日時", "2026/11/24 10:00:00"),
    ];
    check(&shop, &paid_id(&crate::paypay::bought(&shop, "p1", "1000")), &paypay);

    let paidy = [
        ("決済種別", "Paidy"),
        ("取引ID", "y1"),
        ("決済金額", "*"),
        ("ステータスCD", "40"),
        ("決済ステータス", "消込済"),
        ("取引発生日時", "2026/11/24 10:00:00"),
        ("支払日時", "2026/11/24 10:00:00"),
        ("オーソリ日時", "2026/11/24 10:00:00"),
    ];
    check(&shop, &shop.captured("y1", 1600), &paidy);
}
