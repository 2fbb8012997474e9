//! PayPay: 420, 421, 422, the buyer's pages, and what WooCommerce needs of them (`other_states.md` section 2,
//! `clients_more.md` section 10).

use serde_json::{Value, json};

use crate::buyer::{browse, parameter, query};
use crate::harness::{Answer, Emulator, Shop, eventually};
use crate::link_pages::{self, step};
use crate::notices::{delivery, registered};
use crate::pages::{self, Page};
use crate::test_shop::TestShop;

const RETURN: &str = "https://shop.example/?wc-api=paypay&key=1";
const CANCEL: &str = "https://shop.example/cart/?cancel_order=true&redirect&order_id=7";

/// What WooCommerce sends with 420, in its order.
pub(crate) fn apply(shop: &Shop<'_>, trading_id: &str, amount: &str) -> Answer {
    let fields = [
        ("trading_id", trading_id),
        ("payment_id", ""),
        ("payment_amount", amount),
        ("cancel_url", CANCEL),
        ("return_url", RETURN),
    ];
    let answer = shop.send("420", &fields);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer
}

/// The form of `redirect_html` as a browser reads it: where it leads, and what it sends.
pub(crate) fn form_of(html: &str) -> (String, Vec<(String, String)>) {
    let attribute = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap().to_owned())
    };
    let form = html.lines().find(|line| line.starts_with("<form ")).unwrap();
    let inputs = html.lines().filter(|line| line.contains("type=\"hidden\""));
    let inputs = inputs.map(|line| (attribute(line, "name").unwrap(), attribute(line, "value").unwrap()));
    (attribute(form, "action").unwrap(), inputs.collect())
}

/// A page of the payment that was applied for.
pub(crate) fn at(answer: &Answer, page: &str) -> String {
    let (action, inputs) = form_of(answer.get("redirect_html"));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(inputs).finish();
    format!("{}?{query}", action.replace("/login", page))
}

/// Presses a button of the payment page.
pub(crate) fn press(shop: &Shop<'_>, answer: &Answer, action: &str) -> Page {
    pages::post(shop.emulator, &at(answer, "/payment"), &[("action", action)])
}

/// A payment that the buyer has made; its application.
pub(crate) fn bought(shop: &Shop<'_>, trading_id: &str, amount: &str) -> Answer {
    let answer = apply(shop, trading_id, amount);
    press(shop, &answer, "pay");
    answer
}

/// Lets the merchant capture when it ships.
pub(crate) fn ships_first(shop: &Shop<'_>) {
    shop.set(json!({"contracts": {"paypay": {"ships_first": true}}}));
}

pub(crate) fn told(shop: &Shop<'_>, id: &str) -> Answer {
    let answer = shop.send("094", &[("payment_id", id)]);
    assert_eq!(answer.result, "0", "{answer:?}");
    answer
}

/// Values of an inquiry, those that are not empty.
fn values(answer: &Answer, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| answer.get(name).to_owned()).collect()
}

#[test]
fn the_form_survives_what_woocommerce_does_to_it() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let (body, _) = shop.post(
        "420",
        &[
            ("trading_id", "wc_7"),
            ("payment_id", ""),
            ("payment_amount", "2000"),
            ("cancel_url", CANCEL),
            ("return_url", RETURN),
        ],
    );
    assert!(body.is_ascii(), "WooCommerce's database stores nothing else");
    let text = String::from_utf8(body).unwrap();
    let (head, html) = text.split_once("redirect_html=\r\n").unwrap();
    assert!(head.contains("\r\npayment_id=") && head.contains("\r\ntrading_id=wc_7\r\n"), "{head}");
    assert!(html.len() <= 2560);
    let lines: Vec<&str> = html.split("\r\n").collect();
    assert!(lines.len() < 32, "the 32nd line is dropped");
    assert!(lines.iter().all(|line| line.matches('<').count() == 1 && line.starts_with('<') && line.ends_with('>')));
    assert!(
        lines[0].starts_with("<form ") && lines[0].contains(" name=\"form\"") && lines[0].contains("method=\"POST\"")
    );
    assert!(lines[0].contains("accept-charset=\"SHIFT_JIS\""));
    assert!(!html.contains("name=\"submit\""), "document.form.submit() would be that field");
    assert_eq!(lines.last(), Some(&"</form>"));
    // What the filter leaves of each tag is all that there is.
    for line in &lines[1..lines.len() - 1] {
        let names: Vec<&str> =
            line.split(' ').skip(1).filter_map(|part| part.split_once('=')).map(|(name, _)| name).collect();
        assert!(
            line.starts_with("<input ") && names.iter().all(|name| ["type", "name", "value"].contains(name)),
            "{line}"
        );
    }
}

#[test]
fn a_buyer_walks_from_the_shops_form_to_the_shops_page() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, "wc_7", "2000");
    let id = answer.get("payment_id");
    assert_eq!((shop.status(id).as_str(), told(&shop, id).get("base_payment_id")), ("10", id));
    // The shop's page posts the form, from another origin.
    let (action, inputs) = form_of(answer.get("redirect_html"));
    let inputs: Vec<(&str, &str)> = inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let login = pages::post(&emulator, &action, &inputs);
    assert_eq!(login.status, 303);
    let page = pages::get(&emulator, &login.location);
    assert!(page.text.contains("携帯電話番号") && page.text.contains("2,000円"), "{}", page.text);
    let code = pages::post(&emulator, &login.location, &[("phone", "0"), ("password", "")]);
    assert!(pages::get(&emulator, &code.location).text.contains("認証する"));
    let payment = pages::post(&emulator, &code.location, &[("code", "")]);
    assert!(pages::get(&emulator, &payment.location).text.contains("支払う"));
    let paid = pages::post(&emulator, &payment.location, &[("action", "pay")]);
    let done = pages::get(&emulator, &paid.location);
    assert!(done.text.contains("お支払いが完了しました"), "{}", done.text);
    let back = pages::get(&emulator, &done.link("ショップに戻る"));
    let told = told(&shop, id);
    let [number, date] = ["paypay_payment_id", "payment_date"].map(|name| told.get(name));
    assert_eq!((told.get("payment_status"), number.len(), date.len()), ("40", 14, 14));
    assert_eq!(told.get("authorized_date"), date);
    let target = format!("{RETURN}&payment_id={id}&trading_id=wc_7&paypay_payment_id={number}&accept_date={date}");
    assert_eq!((back.status, back.location), (303, target));
    // Coming back later shows the same and changes nothing.
    assert!(pages::get(&emulator, &pages::get(&emulator, &login.location).location).text.contains("完了"));
    press(&shop, &answer, "refuse");
    assert_eq!(shop.status(id), "40");
    assert_eq!(pages::get(&emulator, &at(&answer, "/login").replace("hv=", "hv=0")).status, 404);
}

#[test]
fn a_refused_buyer_gets_to_cancel_url_and_one_who_goes_away_leaves_the_payment_in_10() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, "wc_8", "2000");
    let id = answer.get("payment_id");
    let failed = pages::get(&emulator, &press(&shop, &answer, "refuse").location);
    assert!(failed.text.contains("お支払いに失敗しました") && failed.text.contains("0円"), "{}", failed.text);
    let back = pages::get(&emulator, &failed.link("ショップに戻る"));
    assert_eq!(back.location, format!("{CANCEL}&payment_id={id}&trading_id=wc_8"));
    assert_eq!(shop.status(id), "15");

    // Closed: nothing happens, and the pages can be opened again.
    let answer = apply(&shop, "wc_9", "2000");
    let id = answer.get("payment_id").to_owned();
    let closed = pages::get(&emulator, &press(&shop, &answer, "close").location);
    assert!(closed.text.contains("ブラウザを閉じました"), "{}", closed.text);
    assert!(pages::get(&emulator, &closed.link("支払画面をもう一度開く")).text.contains("携帯電話番号"));
    assert_eq!(shop.status(&id), "10");
    // Five minutes, by a button: over, and no way leads back.
    let late = pages::get(&emulator, &press(&shop, &answer, "wait").location);
    assert!(late.text.contains("有効時間が過ぎました") && !late.text.contains("ショップに戻る"), "{}", late.text);
    press(&shop, &answer, "pay");
    assert_eq!(shop.status(&id), "10");
    assert!(!pages::get(&emulator, &at(&answer, "/closed")).text.contains("もう一度開く"));
}

/// A payment of WooCommerce's from its order to the second refund of a part, which must fail.
#[test]
fn woocommerce_completes_and_refunds_an_order() {
    let emulator = Emulator::start();
    let target = TestShop::open(&[]);
    let shop = registered(&emulator, &target);
    let answer = bought(&shop, "wc_7", "1000");
    let id = answer.get("payment_id");
    // The purchase is told when the buyer is sent back to the shop.
    assert_eq!(target.next().get("payment_status"), "10");
    eventually("the purchase alone waits", || (delivery(&shop)["waiting"] == 1).then_some(()));
    pages::get(&emulator, &at(&answer, "/back"));
    for _ in 0..3 {
        assert_eq!(told(&shop, id).get("payment_status"), "40");
    }
    let complete = shop.send("422", &[("trading_id", "wc_7"), ("payment_amount", "1000"), ("payment_id", id)]);
    assert_eq!((complete.result.as_str(), complete.response_code.as_str()), ("1", "33003"));
    assert!(complete.response_detail.ends_with("(payment_status=40)"), "{complete:?}");
    let refund = |amount| shop.send("421", &[("trading_id", "wc_7"), ("repayment_amount", amount), ("payment_id", id)]);
    let part = refund("300");
    assert_eq!(part.result, "0", "{part:?}");
    let new = part.get("payment_id").to_owned();
    let again = refund("200");
    assert_eq!(again.response_code, "33003", "it still names the id of the order");
    assert!(again.response_detail.ends_with("(payment_status=60)"), "{again:?}");
    let pushed = (0..3).map(|_| target.next());
    let statuses: Vec<String> =
        pushed.map(|push| format!("{} {}", push.get("payment_id"), push.get("payment_status"))).collect();
    assert_eq!(statuses, [format!("{id} 40"), format!("{id} 60"), format!("{new} 40")]);
}

#[test]
fn a_shop_that_ships_first_captures_the_same_or_less_at_once() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    ships_first(&shop);
    for (amount, captured) in [(None, "1000"), (Some("1000"), "1000"), (Some("1"), "1")] {
        let answer = bought(&shop, "order", "1000");
        let id = answer.get("payment_id");
        let before = told(&shop, id);
        assert_eq!(values(&before, &["payment_status", "payment_date", "sales_transaction_id"]), ["20", "", ""]);
        assert_eq!(before.get("authorized_date").len(), 14);
        let done = pages::get(&emulator, &at(&answer, "/done"));
        assert!(done.text.contains("お支払いを受け付けました"), "{}", done.text);
        let mut fields = vec![("payment_id", id), ("order_description", "まとめて発送")];
        fields.extend(amount.map(|amount| ("payment_amount", amount)));
        let capture = shop.send("422", &fields);
        assert_eq!(values(&capture, &["payment_id", "trading_id"]), [id, ""], "{capture:?}");
        let after = told(&shop, id);
        assert_eq!(values(&after, &["payment_status", "payment_amount"]), ["40", captured]);
        for name in ["payment_date", "sales_transaction_id"] {
            assert!(!capture.get(name).is_empty() && capture.get(name) == after.get(name), "{name}: {capture:?}");
        }
    }
}

#[test]
fn more_than_was_authorized_waits_for_the_buyers_consent() {
    let emulator = Emulator::start();
    let shop = emulator.shop_on("2026-12-01");
    ships_first(&shop);
    let answer = bought(&shop, "order", "1000");
    let id = answer.get("payment_id");
    let raise = || shop.send("422", &[("payment_id", id), ("trading_id", "order"), ("payment_amount", "1500")]);
    let accepted = raise();
    assert_eq!(accepted.result, "2", "{accepted:?}");
    assert_eq!(values(&accepted, &["payment_id", "trading_id", "payment_date"]), [id, "order", ""]);
    let number = accepted.get("sales_transaction_id").to_owned();
    assert_eq!(values(&told(&shop, id), &["payment_status", "payment_amount"]), ["30", "1000"]);
    assert_eq!(raise().response_code, "33003");
    let app = at(&answer, "/app");
    let page = pages::get(&emulator, &app);
    assert!(page.text.contains("1,500円") && page.text.contains("変更内容を許可して支払う"), "{}", page.text);
    // Six hours without a word, and it is what it was.
    shop.advance("minutes", 6 * 60 - 1);
    assert_eq!(shop.status(id), "30");
    shop.advance("minutes", 1);
    let lapsed = told(&shop, id);
    assert_eq!(values(&lapsed, &["payment_status", "payment_amount", "sales_transaction_id"]), ["20", "1000", ""]);
    pages::post(&emulator, &app, &[]);
    assert_eq!(shop.status(id), "20", "nothing waits for consent any more");
    let again = raise();
    assert_eq!(again.result, "2");
    assert_ne!(again.get("sales_transaction_id"), number);
    shop.advance("minutes", 30);
    pages::post(&emulator, &app, &[]);
    let paid = told(&shop, id);
    assert_eq!(values(&paid, &["payment_status", "payment_amount", "payment_date"]), ["40", "1500", "20261201163000"]);
    assert_eq!(paid.get("sales_transaction_id"), again.get("sales_transaction_id"));
    let notices: Vec<_> = std::iter::from_fn(|| {
        let notice = shop.send("091", &[]);
        (notice.get("success_code") != "1").then(|| notice.get("payment_status").to_owned())
    })
    .collect();
    assert_eq!(notices, ["10", "20", "30", "20", "30", "40"]);
}

/// The records of `other_states.md`: 1000 yen, 300 back, then 200, then the rest.
#[test]
fn refunds_of_parts_make_a_chain_of_records() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let a = bought(&shop, "order", "1000").get("payment_id").to_owned();
    let paid = told(&shop, &a).get("payment_date").to_owned();
    assert_eq!(shop.send("421", &[("payment_id", &a), ("repayment_amount", "1001")]).response_code, "33007");
    let refund = |id: &str, amount: &str| {
        let answer = shop.send("421", &[("payment_id", id), ("trading_id", "order"), ("repayment_amount", amount)]);
        assert_eq!(answer.result, "0", "{answer:?}");
        assert_eq!(answer.get("cancel_date").len(), 14);
        answer
    };
    let names = [
        "payment_status",
        "payment_amount",
        "repayment_amount",
        "base_payment_id",
        "base_payment_amount",
        "trading_id",
    ];
    let first = refund(&a, "300");
    let b = first.get("payment_id").to_owned();
    let ended = told(&shop, &a);
    assert_eq!(values(&ended, &names), ["60", "1000", "300", &a, "", "order"]);
    assert_eq!(ended.get("repayment_transaction_id"), first.get("repayment_transaction_id"));
    assert_eq!(values(&told(&shop, &b), &names), ["40", "700", "", &a, "1000", "order"]);
    let c = refund(&b, "200").get("payment_id").to_owned();
    assert_eq!(values(&told(&shop, &b), &names), ["60", "700", "200", &a, "1000", "order"]);
    let left = told(&shop, &c);
    assert_eq!(values(&left, &names), ["40", "500", "", &a, "1000", "order"]);
    assert_eq!(values(&left, &["payment_date", "cancel_date", "repayment_transaction_id"]), [&paid, "", ""]);
    // Everything that is left; the trading id alone means the newest.
    let last = shop.send("421", &[("trading_id", "order")]);
    assert_eq!((last.result.as_str(), last.get("payment_id")), ("0", c.as_str()), "{last:?}");
    assert_eq!(values(&told(&shop, &c), &names), ["60", "500", "500", &a, "1000", "order"]);
}

#[test]
fn a_part_can_be_refunded_fifty_times_and_the_rest_after_that() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let mut id = bought(&shop, "order", "100").get("payment_id").to_owned();
    for _ in 0..50 {
        id = shop.send("421", &[("payment_id", &id), ("repayment_amount", "1")]).get("payment_id").to_owned();
    }
    assert_eq!(shop.send("421", &[("payment_id", &id), ("repayment_amount", "1")]).response_code, "33009");
    assert_eq!(shop.status(&id), "40");
    assert_eq!(shop.send("421", &[("payment_id", &id), ("repayment_amount", "50")]).result, "0");
    assert_eq!(shop.status(&id), "60");
}

#[test]
fn sites_of_a_merchant_sell_in_two_ways() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    shop.set(json!({"sites": ["0001", "0002"], "contracts": {"paypay": {"other_sites": ["0002"]}}}));
    let urls = [("payment_amount", "1"), ("return_url", RETURN), ("cancel_url", CANCEL)];
    for (site, status) in [("", "40"), ("0001", "40"), ("0002", "20")] {
        let answer = shop.send("420", &[&urls[..], &[("site_id", site)]].concat());
        assert_eq!((answer.result.as_str(), answer.get("trading_id")), ("0", ""), "{answer:?}");
        press(&shop, &answer, "pay");
        let id = answer.get("payment_id");
        assert_eq!(values(&told(&shop, id), &["payment_status", "site_id"]), [status, site]);
        // Without a trading id none comes back.
        assert!(!pages::get(&emulator, &at(&answer, "/back")).location.contains("trading_id"));
    }
    assert_eq!(shop.send("420", &[&urls[..], &[("site_id", "0003")]].concat()).response_code, "P010");
}

#[test]
fn inquiries_and_notices_have_their_fields_in_order() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = bought(&shop, "order", "100").get("payment_id").to_owned();
    let names = |answer: &Answer| answer.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(&told(&shop, &id)),
        "payment_id base_payment_id trading_id payment_type site_id payment_status payment_amount repayment_amount \
         base_payment_amount payment_init_date authorized_date payment_date cancel_date paypay_payment_id \
         repayment_transaction_id sales_transaction_id"
    );
    let notice = names(&shop.send("091", &[]));
    let first = "success_code success_detail payment_notice_id change_date payment_id base_payment_id trading_id \
                 payment_type site_id payment_status payment_amount repayment_amount base_payment_amount \
                 paypay_payment_id repayment_transaction_id sales_transaction_id payment_init_date authorized_date \
                 payment_date cancel_date payment_limit_date user_payment_date";
    assert!(notice.starts_with(first) && notice.ends_with("customer_id customer_card_id fingerprint"), "{notice}");
    let refused = shop.send("422", &[("payment_id", &id)]);
    assert_eq!(names(&refused), "payment_id trading_id sales_transaction_id payment_date");
}

#[test]
fn the_link_type_leads_to_paypay_and_back() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let apply = |trading_id: &str, more: &[(&str, &str)]| {
        let fields =
            [("trading_id", trading_id), ("payment_type", "26"), ("return_url", "https://shop.example/thanks")];
        link_pages::apply(&shop, &[&fields[..], more].concat())
    };
    let begin = |url: &str| {
        let sent = browse(&emulator, "POST", &step(url, "paypay/go"), &[]);
        let login = sent.location().to_owned();
        assert!(login.starts_with("/paypay/login?"), "{login}");
        login
    };
    let decide = |login: &str, action: &str| {
        pages::post(&emulator, &login.replace("login", "payment"), &[("action", action)]);
        pages::get(&emulator, &login.replace("login", "back")).location
    };
    let url = apply("l1", &[]);
    assert!(pages::get(&emulator, &url).text.contains("PayPayで支払う"));
    let login = begin(&url);
    assert_eq!(shop.send("091", &[]).get("payment_status"), "10", "told as soon as the button was pressed");
    let failed = decide(&login, "refuse");
    let page = pages::get(&emulator, &failed);
    assert!(page.text.contains("お支払いができませんでした"), "{}", page.text);
    assert!(pages::get(&emulator, &page.link("もう一度PayPayで支払う")).text.contains("PayPayで支払う"));
    let done = pages::get(&emulator, &decide(&begin(&url), "pay"));
    assert!(done.text.contains("お支払い完了"), "{}", done.text);
    assert_eq!(done.leave_by(&emulator, "購入したサイトへ戻る"), "https://shop.example/thanks");
    let statuses: Vec<Value> = shop.payments().into_iter().map(|payment| payment["payment_status"].clone()).collect();
    assert_eq!(statuses, ["40", "15"]);
    assert!(pages::get(&emulator, &url).text.contains("お支払い済み"));
    // Straight to the shop.
    let url = apply("l2", &[("finish_disable", "1")]);
    let end = decide(&begin(&url), "pay");
    assert_eq!(pages::get(&emulator, &end).location, "https://shop.example/thanks");
    // Too much for PayPay.
    let fields = [("trading_id", "l3"), ("payment_type", "26"), ("id", "10000000")];
    assert!(link_pages::applied(&shop, "/v/u/request", &fields).contains("response_code=P009"));
}

#[test]
fn pages_speak_english_on_demand() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, "order", "2000");
    let login = pages::get(&emulator, &at(&answer, "/login"));
    let english = login.link("English");
    assert!(pages::get(&emulator, &english).text.contains("Mobile phone number"));
    let sent = pages::post(&emulator, &english, &[("phone", "0")]);
    assert_eq!(parameter(&query(&sent.location), "lang").as_deref(), Some("en"));
    let paid = pages::post(&emulator, &english.replace("login", "payment"), &[("action", "pay")]);
    assert!(pages::get(&emulator, &paid.location).text.contains("Your payment is complete"));
}
