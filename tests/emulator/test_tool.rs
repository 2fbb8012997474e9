//! The test environment's tool: its screens, in the manual's order and words (`test_tool.md`).

use std::process::Command;

use serde_json::json;

use crate::harness::{Emulator, Response, Shop, form};
use crate::test_shop::TestShop;
use paygent_emulator::internal::wire::Charset;

const SEARCH: &str = "/testtool/statusupdatesearch";
const CHANGE: &str = "/testtool/statusupdate";

/// A page of the tool.
struct Screen(String);

impl Screen {
    /// The labels of all rows of all tables, without their hints, in order.
    fn labels(&self) -> Vec<String> {
        self.0.split("<th").skip(1).map(|rest| strip(rest.split("</th>").next().unwrap())).collect()
    }

    /// The result line, with its label.
    fn result(&self) -> String {
        let line = self.0.split("role=\"status\">").nth(1);
        line.map(|rest| strip(&format!(">{}", rest.split("</p>").next().unwrap()))).unwrap_or_default()
    }

    /// The choices of a select.
    fn choices(&self, name: &str) -> Vec<(String, String)> {
        let select = self.0.split(&format!("<select id=\"{name}\"")).nth(1).expect(name);
        let options = select.split("</select>").next().unwrap().split("<option value=\"").skip(1);
        options
            .map(|option| {
                let (value, rest) = option.split_once('"').unwrap();
                (value.to_owned(), strip(rest.split("</option>").next().unwrap()))
            })
            .collect()
    }

    /// The lines of 選択された決済情報.
    fn box_lines(&self) -> Vec<String> {
        let inner = self.0.split("<div class=\"box\">").nth(1).unwrap().split("</div>").next().unwrap();
        inner.split("<p>").skip(1).map(|line| line.split("</p>").next().unwrap().to_owned()).collect()
    }

    fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}

/// The text of a piece of HTML that begins inside a tag; hints (small print) left out.
fn strip(html: &str) -> String {
    let html = match (html.find("<small>"), html.find("</small>")) {
        (Some(start), Some(end)) => format!("{}{}", &html[..start], &html[end..]),
        _ => html.to_owned(),
    };
    html.split('>').skip(1).map(|piece| piece.split('<').next().unwrap()).collect::<String>().trim().to_owned()
}

fn get(emulator: &Emulator, path: &str) -> Response {
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    Response::parse(&emulator.exchange_without_certificate(request.as_bytes()))
}

fn post(emulator: &Emulator, path: &str, fields: &[(&str, &str)]) -> Screen {
    let body = form(fields, Charset::Utf8);
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let response = Response::parse(&emulator.exchange_without_certificate(request.as_bytes()));
    let text = String::from_utf8(response.body).unwrap();
    assert_eq!(response.status, 200, "{text}");
    Screen(text)
}

/// QA of a merchant at the tool.
struct Tool<'a>(&'a Shop<'a>);

impl Tool<'_> {
    fn common<'b>(&'b self, more: &[(&'b str, &'b str)]) -> Vec<(&'b str, &'b str)> {
        let who = [("merchant_id", self.0.merchant_id.as_str()), ("connect_id", "test0001")];
        [&who[..], &[("connect_password", "password")], more].concat()
    }

    fn find(&self, payment_id: &str) -> Screen {
        post(self.0.emulator, SEARCH, &self.common(&[("payment_id", payment_id), ("action", "search")]))
    }

    fn press(&self, action: &str) -> Screen {
        post(self.0.emulator, SEARCH, &self.common(&[("action", action)]))
    }

    fn execute(&self, payment_id: &str, status: &str, inputs: &[(&str, &str)]) -> Screen {
        let fields = [&[("payment_id", payment_id), ("payment_status", status)][..], inputs].concat();
        post(self.0.emulator, CHANGE, &self.common(&fields))
    }
}

fn applied(shop: &Shop<'_>, kind: &str, fields: &[(&str, &str)]) -> String {
    let answer = shop.send(kind, fields);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer.get("payment_id").to_owned()
}

fn convenience(shop: &Shop<'_>, trading_id: &str, store: &str) -> String {
    let fields = [
        ("trading_id", trading_id),
        ("payment_amount", "1000"),
        ("customer_family_name", "試験"),
        ("customer_name", "太郎"),
        ("customer_tel", "0312345678"),
        ("payment_limit_date", "5"),
        ("cvs_company_id", store),
        ("sales_type", "1"),
    ];
    applied(shop, "030", &fields)
}

fn atm(shop: &Shop<'_>, trading_id: &str) -> String {
    let fields = [
        ("trading_id", trading_id),
        ("payment_amount", "2000"),
        ("payment_detail", "ご注文"),
        ("payment_detail_kana", "ｺﾞﾁｭｳﾓﾝ"),
    ];
    applied(shop, "010", &fields)
}

const COMMON: [&str; 4] = ["マーチャントID", "マーチャント接続ID", "マーチャント接続パスワード", "決済ID"];

#[test]
fn the_search_screen_has_the_manual_s_rows_and_buttons_in_order() {
    let emulator = Emulator::start();
    for entry in ["/testtool/", "/testtool"] {
        let response = get(&emulator, entry);
        assert_eq!(response.status, 303, "{entry}");
        assert!(response.head.to_ascii_lowercase().contains(&format!("location: {SEARCH}")), "{}", response.head);
    }
    let response = get(&emulator, SEARCH);
    assert!(response.head.to_ascii_lowercase().contains("content-type: text/html; charset=utf-8"));
    let screen = Screen(String::from_utf8(response.body).unwrap());
    assert_eq!(screen.labels(), COMMON);
    let buttons = screen.0.split("<button").skip(1).map(|rest| strip(rest.split("</button>").next().unwrap()));
    let expected =
        ["検索", "仮想口座データを生成する", "請求停止カード登録", "コンビニ決済（払込票）生成", "洗替処理実行"];
    assert_eq!(buttons.collect::<Vec<_>>(), expected);
    let english = Screen(String::from_utf8(get(&emulator, &format!("{SEARCH}?lang=en")).body).unwrap());
    assert_eq!(english.labels(), ["Merchant ID", "Connect ID", "Connect password", "Payment ID"]);
}

#[test]
fn a_search_that_finds_nothing_says_why() {
    let emulator = Emulator::start();
    let (shop, other) = (emulator.shop(), emulator.shop());
    let card = shop.authorize("order1", "100");
    let foreign = other.authorize("order1", "100");
    let tool = Tool(&shop);
    assert_eq!(
        post(&emulator, SEARCH, &[("action", "search")]).result(),
        "処理結果: マーチャントIDを入力してください。"
    );
    assert_eq!(tool.find("").result(), "処理結果: 決済IDを入力してください。");
    for unknown in ["99999999", "x", foreign.as_str()] {
        assert_eq!(tool.find(unknown).result(), "処理結果: 該当する決済情報がありません。", "{unknown}");
    }
    assert!(tool.find(&card).result().contains("この決済手段"), "cards are not the tool's");
    let wrong = [("merchant_id", shop.merchant_id.as_str()), ("connect_id", "test0001"), ("connect_password", "x")];
    let wrong = post(&emulator, SEARCH, &[&wrong[..], &[("payment_id", card.as_str())]].concat());
    assert!(wrong.result().contains("正しくありません"), "{}", wrong.result());
    assert!(wrong.has(&format!("value=\"{card}\"")), "what was typed stays");
}

#[test]
fn a_lawson_payment_is_cleared_as_the_seed_manual_shows() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = emulator.shop();
    let settings = json!({"connect_id": "test0001", "connect_password": "password", "notification_url": target.url});
    emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings);
    let tool = Tool(&shop);
    let id = convenience(&shop, "order1", "00C002");
    assert_eq!(target.next().get("payment_status"), "10");

    let screen = tool.find(&id);
    assert!(screen.has("ウェルネットコンビニ 個別項目"));
    assert_eq!(screen.labels(), [&COMMON[..], &["更新後の決済ステータス", "入金日時", "コンビニ企業CD"]].concat());
    let lines = ["決済手段 ：コンビニ", "取引ID ：order1", "決済金額 ：1000円", "決済ステータス ：申込済"];
    assert_eq!(screen.box_lines(), lines);
    let statuses: Vec<String> = screen.choices("payment_status").into_iter().map(|(_, name)| name).collect();
    assert_eq!(statuses, ["消込済", "支払期限切"]);
    assert!(screen.choices("cvs_company_id").contains(&("00C002".to_owned(), "ローソン".to_owned())));
    assert_eq!(screen.result(), "処理結果:");

    // The store must be chosen: the select starts blank.
    assert_eq!(screen.choices("cvs_company_id")[0], (String::new(), String::new()));
    let nowhere = tool.execute(&id, "40", &[("payment_date", "20210628123000"), ("cvs_company_id", "")]);
    assert_eq!(nowhere.result(), "処理結果: コンビニ企業CDを入力してください。");
    let empty = tool.execute(&id, "40", &[("payment_date", ""), ("cvs_company_id", "00C002")]);
    assert_eq!(empty.result(), "処理結果: 入金日時を入力してください。");
    for wrong in ["20210628", "20211328123000", "yesterday"] {
        let refused = tool.execute(&id, "40", &[("payment_date", wrong), ("cvs_company_id", "00C002")]);
        assert!(refused.result().starts_with("処理結果: 入金日時が正しくありません。"), "{}", refused.result());
        assert!(refused.has(&format!("value=\"{wrong}\"")), "what was typed stays");
    }
    assert_eq!(shop.status(&id), "10");

    // The manual types a time before the order: it is taken, with a warning.
    let done = tool.execute(&id, "40", &[("payment_date", "20210628123000"), ("cvs_company_id", "00C002")]);
    assert_eq!(done.result(), "処理結果: 正常終了しました。");
    assert!(done.has("class=\"warning\""));
    assert_eq!(done.box_lines()[3], "決済ステータス ：消込済");
    let push = target.next();
    let facts = ["payment_status", "payment_date", "user_payment_date", "cvs_company_id"].map(|name| push.get(name));
    assert_eq!(facts, ["40", "20210628123000", "20210628123000", "00C002"]);

    let again = tool.execute(&id, "40", &[("payment_date", "20210628123000"), ("cvs_company_id", "00C002")]);
    assert!(again.result().starts_with("処理結果: 更新できません。"), "{}", again.result());
    let found = tool.find(&id);
    assert!(found.has("disabled") && found.result().contains("更新できません"), "{}", found.result());
}

#[test]
fn seven_eleven_needs_two_runs_and_an_atm_a_bank() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let tool = Tool(&shop);
    shop.authorize("adopted", "1");
    let id = convenience(&shop, "order1", "00C001");
    let names =
        |screen: &Screen| screen.choices("payment_status").into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(names(&tool.find(&id)), ["43", "12"]);
    let flash = tool.execute(&id, "43", &[("payment_date", "20991231000000")]);
    assert_eq!(
        (flash.result().as_str(), names(&flash)),
        ("処理結果: 正常終了しました。", vec!["40".into(), "61".into()])
    );
    assert_eq!(
        flash.labels().last().map(String::as_str),
        Some("更新後の決済ステータス"),
        "no inputs for the second run"
    );
    assert_eq!(tool.execute(&id, "40", &[]).result(), "処理結果: 正常終了しました。");
    assert_eq!(shop.status(&id), "40");

    let id = atm(&shop, "order2");
    let screen = tool.find(&id);
    assert!(screen.has("ATMMPN 個別項目"));
    assert_eq!(screen.labels()[4..], ["更新後の決済ステータス", "金融機関コード", "入金日時"]);
    assert_eq!(
        (screen.box_lines()[0].as_str(), screen.box_lines()[2].as_str()),
        ("決済手段 ：ATM", "決済金額 ：2000円")
    );
    for bank in ["D005", "0001"] {
        let refused = tool.execute(&id, "40", &[("bank_code", bank), ("payment_date", "20270101000000")]);
        assert!(refused.result().starts_with("処理結果: 金融機関コードが正しくありません。"), "{}", refused.result());
    }
    tool.execute(&id, "40", &[("bank_code", "9900"), ("payment_date", "20270101000000")]);
    let paid = shop.send("094", &[("payment_id", &id)]);
    let facts = ["payment_status", "bank_code", "payment_date"].map(|name| paid.get(name));
    assert_eq!(facts, ["40", "9900", "20270101000000"]);
    let expired = atm(&shop, "order3");
    assert_eq!(
        tool.execute(&expired, "12", &[("bank_code", ""), ("payment_date", "")]).result(),
        "処理結果: 正常終了しました。"
    );
    assert_eq!(shop.status(&expired), "12");
}

#[test]
fn a_transfer_without_a_claim_and_a_printed_slip_are_made_on_screens_of_their_own() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let tool = Tool(&shop);
    let claim = shop.send("070", &[("trading_id", "order1"), ("claim_amount", "2100")]);
    assert_eq!(claim.result, "0", "{claim:?}");

    let screen = tool.press("virtual_account");
    assert!(screen.has("仮想口座決済（消込対象請求なし）登録"));
    let rows = [
        "サイト",
        "振込日",
        "決済金額",
        "振込依頼人名",
        "振込元金融機関名",
        "振込元金融機関支店名",
        "仮想口座金融機関コード",
        "仮想口座支店コード",
        "仮想口座番号",
    ];
    assert_eq!(screen.labels(), [&COMMON[..3], &rows[..]].concat());
    let account = ["virtual_account_bank_code", "virtual_account_branch_code", "virtual_account_number"];
    let mut fields = vec![("transfer_date", "20261201"), ("payment_amount", "300")];
    fields.extend(account.map(|name| (name, claim.get(name))));
    let done = post(&emulator, "/testtool/appear/07", &tool.common(&fields));
    assert!(done.result().starts_with("処理結果: 正常終了しました。 決済ID: "), "{}", done.result());
    let id = done.result().split_once("決済ID: ").unwrap().1.to_owned();
    let paid = shop.send("094", &[("payment_id", &id)]);
    let facts = ["payment_status", "payment_amount", "clear_detail"].map(|name| paid.get(name));
    assert_eq!(facts, ["40", "300", "05"]);
    let tell = |emulator: &Emulator, settings| {
        emulator.api("PUT", &format!("/api/v1/merchants/{}", shop.merchant_id), settings)
    };
    tell(&emulator, json!({"sites": ["0001"]}));
    assert_eq!(tool.press("virtual_account").choices("site_id")[1].0, "0001");
    let at_site = [&fields[..], &[("site_id", "0001")]].concat();
    let done = post(&emulator, "/testtool/appear/07", &tool.common(&at_site));
    let at_site = done.result().split_once("決済ID: ").unwrap().1.to_owned();
    assert_eq!(shop.send("094", &[("payment_id", &at_site)]).get("site_id"), "0001");
    tell(&emulator, json!({"contracts": {"without_payment_types": ["04", "07"]}}));
    for (screen, fields) in [("07", &fields[..]), ("04", &[])] {
        let barred = post(&emulator, &format!("/testtool/appear/{screen}"), &tool.common(fields)).result();
        assert!(
            barred.contains(&format!("加盟店設定で決済種別 {screen} が利用できない契約になっています。")),
            "{barred}"
        );
    }
    tell(&emulator, json!({"contracts": {"without_payment_types": []}}));
    fields[4].1 = "0000000";
    let foreign = post(&emulator, "/testtool/appear/07", &tool.common(&fields));
    assert!(foreign.result().starts_with("処理結果: 仮想口座番号が正しくありません。"), "{}", foreign.result());

    let screen = tool.press("slip");
    assert!(screen.has("コンビニ決済（払込票）登録") && screen.result() == "実行結果:");
    let rows = [
        "入金日時(YYYYMMDDHHMM)*",
        "バーコード自由使用欄 (コード)*",
        "バーコード記載金額*",
        "支払金額",
        "印紙税*",
        "コンビニ企業CD*",
    ];
    assert_eq!(screen.labels()[3..], rows);
    assert_eq!(screen.choices("revenue_stamp")[0], (String::new(), String::new()), "nothing is chosen at first");
    let mut slip = vec![
        ("payment_date", "202612010930"),
        ("barcode_free", "12345678901234567"),
        ("barcode_amount", "500"),
        ("revenue_stamp", "0"),
        ("cvs_company_id", "00C002"),
    ];
    let done = post(&emulator, "/testtool/appear/04", &tool.common(&slip));
    let id = done.result().split_once("決済ID: ").unwrap().1.to_owned();
    assert_eq!(shop.status(&id), "43");
    let found = tool.find(&id);
    let statuses: Vec<String> = found.choices("payment_status").into_iter().map(|(_, name)| name).collect();
    assert_eq!(statuses, ["消込済", "速報取消済"]);
    slip.push(("payment_amount", "400"));
    let refused = post(&emulator, "/testtool/appear/04", &tool.common(&slip));
    assert!(refused.result().starts_with("実行結果: 支払金額が正しくありません。"), "{}", refused.result());
}

#[test]
fn the_same_is_done_by_the_control_api_and_from_the_command_line() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = convenience(&shop, "order1", "00C002");
    let path = format!("/api/v1/payments/{id}/transitions");
    let wrong = json!({"payment_status": "40", "cvs_company_id": "00C001", "payment_date": "20261201093000"});
    let (status, problem) = emulator.console("POST", &path, &wrong.to_string());
    assert!(status == 422 && problem.contains("cvs_company_id"), "{status} {problem}");
    assert_eq!(emulator.console("POST", &path, r#"{"payment_status":"43"}"#).0, 409);
    let early = json!({"payment_status": "40", "cvs_company_id": "00C002", "payment_date": 20210628123000_u64});
    let paid = emulator.api("POST", &path, early);
    assert_eq!((paid["payment_status"].as_str(), paid["payment_status_name"].as_str()), (Some("40"), Some("消込済")));
    assert_eq!(paid["values"]["cvs_company_id"], "00C002");
    assert_eq!(paid["warnings"].as_array().map(Vec::len), Some(1), "{paid}");
    assert_eq!(paid["transitions"], json!([]));

    let account = shop.send("070", &[("trading_id", "order2"), ("claim_amount", "2100")]);
    let mut transfer = json!({
        "merchant_id": shop.merchant_id, "payment_type": "07", "by": "vendor", "transfer_date": "20261201",
        "payment_amount": 2100,
    });
    for name in ["virtual_account_bank_code", "virtual_account_branch_code", "virtual_account_number"] {
        transfer[name] = json!(account.get(name));
    }
    let cleared = emulator.api("POST", "/api/v1/payments", transfer.clone());
    assert_eq!(
        (cleared["payment_id"].to_string().as_str(), &cleared["payment_status"]),
        (account.get("payment_id"), &json!("40"))
    );
    transfer["payment_amount"] = json!("x");
    assert_eq!(emulator.console("POST", "/api/v1/payments", &transfer.to_string()).0, 422);
    transfer["payment_type"] = json!("02");
    assert_eq!(emulator.console("POST", "/api/v1/payments", &transfer.to_string()).0, 409);

    let id = atm(&shop, "order3");
    let run = |arguments: &[&str]| {
        let dir = emulator.dir.path().to_str().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_paygent-emulator"))
            .arg("transition")
            .args(arguments)
            .args(["--data-dir", dir])
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, _, error) = run(&[&id, "40", "bank_code=D005"]);
    assert!(code == Some(1) && error.contains("bank_code"), "{error}");
    let (code, _, error) = run(&[&id, "43"]);
    assert!(code == Some(1) && error.contains("from 10 to 43"), "{error}");
    let (code, told, error) = run(&[&id, "40", "payment_date=20210927090000", "bank_code=9900"]);
    assert_eq!((code, told.as_str()), (Some(0), format!("payment {id}: 40 消込済\n").as_str()), "{error}");
    assert!(error.starts_with("warning: "), "{error}");
    assert_eq!(shop.status(&id), "40");
}

/// Stores a card with a validity check; its id.
fn stored(shop: &Shop<'_>, customer: &str, number: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("customer_id", customer), ("card_number", number), ("card_valid_term", "1139")];
    // The first of two equal parameters counts.
    fields.extend(more.iter().chain(&[("valid_check_flg", "1")]));
    let answer = shop.send("025", &fields);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer.get("customer_card_id").to_owned()
}

/// 有効性チェック結果 of a card, as 027 shows it.
fn check_result(shop: &Shop<'_>, fields: &[(&str, &str)]) -> String {
    let text = shop.csv("027", fields);
    text.lines().nth(2).unwrap().split("\",\"").nth(13).unwrap().to_owned()
}

const STOP: &str = "/testtool/stopcard";

#[test]
fn charges_to_a_stored_card_are_stopped_by_its_ids_or_its_number() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let tool = Tool(&shop);
    let number = "4566123456711234";
    let one = stored(&shop, "c1", number, &[]);
    stored(&shop, "c2", number, &[]);
    let elsewhere = stored(&shop, "c1", number, &[("site_id", "0001")]);

    let screen = tool.press("stop_card");
    assert!(screen.has("<h2>請求停止カード登録</h2>"));
    assert_eq!(screen.labels(), [&COMMON[..3], &["サイト", "顧客ID", "顧客カードID", "カード番号"]].concat());
    for hint in ["半角英数", "半角数字"] {
        assert!(screen.has(&format!("<small>{hint}</small>")), "{hint}");
    }
    assert_eq!(screen.choices("site_id")[0], (String::new(), "基本サイト".to_owned()));
    assert_eq!(screen.choices("site_id")[1].0, "0001", "a site in which a card is stored");
    assert_eq!(screen.result(), "処理結果:");

    let english = post(&emulator, SEARCH, &tool.common(&[("action", "stop_card"), ("lang", "en")]));
    assert_eq!(english.labels()[3..], ["Site", "Customer ID", "Customer card ID", "Card number"]);
    assert_eq!(english.choices("site_id")[0].1, "Base site");
    assert!(english.has("<small>letters and digits</small>") && !english.has("半角"));

    let press = |fields: &[(&str, &str)]| post(&emulator, STOP, &tool.common(fields));
    for (fields, told) in [
        (vec![], "顧客IDを入力してください。"),
        (vec![("customer_id", "c1")], "顧客カードIDを入力してください。"),
        (
            vec![("customer_id", "c1"), ("customer_card_id", "1")],
            "指定された顧客ID、顧客カードIDのカード情報が存在しません。 (P022)",
        ),
        (vec![("card_number", "4566123456719999")], "指定されたカード番号のカード情報が存在しません。 (P022)"),
        (vec![("card_number", "45661234")], "カード番号が正しくありません。"),
    ] {
        let refused = press(&fields);
        assert_eq!(refused.result(), format!("処理結果: {told}"), "{fields:?}");
        assert!(refused.has("class=\"result bad\""));
    }
    assert_eq!(check_result(&shop, &[("customer_id", "c1")]), "0");
    let done = press(&[("site_id", ""), ("customer_id", "c1"), ("customer_card_id", &one), ("card_number", "")]);
    assert_eq!(done.result(), "処理結果: 正常終了しました。");
    assert!(done.has("value=\"c1\""), "what was typed stays");
    assert_eq!(check_result(&shop, &[("customer_id", "c1")]), "3");
    assert_eq!(check_result(&shop, &[("customer_id", "c2")]), "0");

    let done = press(&[("card_number", number)]);
    assert_eq!(done.result(), "処理結果: 正常終了しました。");
    assert!(!done.has(number) && !done.has("67112"), "but no card number is shown again");
    assert_eq!(check_result(&shop, &[("customer_id", "c2")]), "3");
    let other = [("customer_id", "c1"), ("site_id", "0001")];
    assert_eq!(check_result(&shop, &other), "0", "each site has its own vault");
    press(&[("site_id", "0001"), ("customer_id", "c1"), ("customer_card_id", &elsewhere)]);
    assert_eq!(check_result(&shop, &other), "3");

    let unchecked = stored(&shop, "c3", number, &[("valid_check_flg", "0")]);
    let warned = press(&[("customer_id", "c3"), ("customer_card_id", &unchecked)]);
    assert_eq!(warned.result(), "処理結果: 正常終了しました。");
    assert!(warned.has("class=\"warning\"") && !done.has("class=\"warning\""));
}

#[test]
fn the_stored_cards_are_updated_at_once() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let tool = Tool(&shop);
    shop.authorize("adopted", "1");
    let missing = post(&emulator, SEARCH, &[("merchant_id", shop.merchant_id.as_str()), ("action", "update_cards")]);
    assert_eq!(missing.result(), "処理結果: マーチャント接続IDを入力してください。");
    assert_eq!(tool.press("update_cards").result(), "処理結果: 洗替の対象となるカードがありません。 (P026)");
    let id = stored(&shop, "c", "4566000000020000", &[]);
    let done = tool.press("update_cards").result();
    let receipt =
        done.strip_prefix("処理結果: 正常終了しました。 受付番号: ").and_then(|rest| rest.split_once(' ')).unwrap();
    assert_eq!(receipt.1, "(対象カード: 1件)");
    let result = shop.csv("201", &[("file_receipt_id", receipt.0)]);
    assert_eq!(result.lines().nth(1), Some(format!("3,,c,{id},0,1,1").as_str()), "{result}");
    assert_eq!(result.lines().last(), Some("4,1,1,0,0,0,1"));
    let english = post(&emulator, SEARCH, &tool.common(&[("action", "update_cards"), ("lang", "en")]));
    assert!(english.result().starts_with("Result: Done. Receipt number: "), "{}", english.result());

    shop.set(json!({"contracts": {"validity_check": false, "recurring": false}}));
    let barred = "処理結果: カード有効性チェックサービスの利用が許可されていません。 (P027)";
    assert_eq!(tool.press("update_cards").result(), barred);
    let fields = [("customer_id", "c"), ("customer_card_id", id.as_str())];
    assert_eq!(post(&emulator, STOP, &tool.common(&fields)).result(), barred);
    shop.set(json!({"contracts": {"stored_cards": false}}));
    let barred = "処理結果: カード情報お預りサービスの利用が許可されていません。 (P021)";
    assert_eq!(tool.press("update_cards").result(), barred);
    assert_eq!(post(&emulator, STOP, &tool.common(&fields)).result(), barred);
}

#[test]
fn the_search_screen_says_in_both_languages_what_is_not_played() {
    let emulator = Emulator::start();
    for (path, told) in [
        (SEARCH.to_owned(), "口座振替決済(決済種別 16)はこのエミュレーターの対象外です。"),
        (format!("{SEARCH}?lang=en"), "Account transfers (口座振替, payment type 16) are not part of this emulator"),
    ] {
        let page = String::from_utf8(get(&emulator, &path).body).unwrap();
        assert!(page.contains(told), "{path}");
    }
}
