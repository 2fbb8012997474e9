//! Paying by internet banking: 060 and its pages (`net_bank.toml`; seed group B).

use serde_json::json;

use crate::harness::{Answer, Emulator, Shop};
use crate::pages;

pub(crate) fn apply(shop: &Shop<'_>, trading_id: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("trading_id", trading_id),
        ("payment_id", "060"),
        ("amount", "12345"),
        ("claim_kana", "ｵｼﾊﾗｲｲﾂｼｷ"),
        ("claim_kanji", "お支払い一式"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    shop.send("060", &fields)
}

/// A merchant whose clock stands still on Tuesday, 24 November 2026, at noon.
fn frozen(emulator: &Emulator) -> Shop<'_> {
    let shop = emulator.shop();
    shop.send("094", &[("payment_id", "1")]);
    let clock = json!({"now": "2026-11-24T12:00:00+09:00", "frozen": true, "merchant_id": shop.merchant_id});
    emulator.api("PUT", "/api/v1/clock", clock);
    shop
}

fn advance(shop: &Shop<'_>, mut by: serde_json::Value) {
    by["merchant_id"] = json!(shop.merchant_id);
    shop.emulator.api("POST", "/api/v1/clock/advance", by);
}

/// Picks a bank on the selection page and goes on to its page; that page's URL.
pub(crate) fn pick(emulator: &Emulator, asp_url: &str, bank: &str) -> String {
    let selection = pages::get(emulator, asp_url);
    let transfer = pages::get(emulator, &selection.link(bank));
    transfer.link("進む")
}

/// Pays or gives up on a bank's page.
pub(crate) fn decide(emulator: &Emulator, bank_url: &str, action: &str) -> pages::Page {
    let query = bank_url.split_once('?').unwrap().1;
    let pairs: Vec<(&str, &str)> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    pages::post(emulator, "/banking/bank", &[&pairs[..], &[("action", action)]].concat())
}

#[test]
fn an_application_is_answered_with_a_page() {
    let emulator = Emulator::start();
    let shop = frozen(&emulator);
    let answer = apply(&shop, "order1", &[]);
    assert_eq!(answer.result, "0", "{answer:?}");
    let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "trading_id",
            "asp_limit_date",
            "asp_payment_limit_date",
            "asp_url",
            "amount",
            "claim_kana",
            "claim_kanji",
            "trade_generation_date"
        ]
    );
    assert_eq!(answer.get("asp_limit_date"), "20261129120000");
    // Sunday, and two business days more.
    assert_eq!(answer.get("asp_payment_limit_date"), "20261201120000");
    assert_eq!(answer.get("claim_kana"), "ｵｼﾊﾗｲｲﾂｼｷ");
    let url = answer.get("asp_url");
    let head = format!("https://localhost/banking/asp?type=05&tid=order1&mid={}&hv=", shop.merchant_id);
    assert!(url.starts_with(&head) && url.len() <= 256, "{url}");

    // An open application is answered again with 5010, whatever the second request says.
    let again = apply(&shop, "order1", &[("amount", "1")]);
    assert_eq!((again.result.as_str(), again.response_code.as_str()), ("1", "5010"));
    assert_eq!((again.get("asp_url"), again.get("amount")), (url, "12345"));

    for (term, limit) in [("0000030", "20261124123000"), ("1000000", "20261124235959"), ("0000120", "20261124132000")] {
        let answer = apply(&shop, &format!("term{term}"), &[("asp_payment_term", term)]);
        assert_eq!(answer.get("asp_limit_date"), limit);
    }
    for (changes, code) in [
        (("asp_payment_term", "2000000"), "P010"),
        (("asp_payment_term", "000"), "P009"),
        (("trading_id", ""), "P006"),
        (("merchant_name", ""), "P006"),
        (("amount", "0"), "P014"),
        (("claim_kana", "ｼﾞｭｰｽ"), "P008"),
        (("claim_kanji", ""), "P006"),
    ] {
        assert_eq!(apply(&shop, "order2", &[changes]).response_code, code, "{changes:?}");
    }
}

/// B1 to B14 of the seed.
#[test]
fn the_walk_through_of_an_internet_banking_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let shop_urls = [("return_url", "https://shop.example/?page=1"), ("stop_return_url", "https://shop.example/cart")];
    let more = [&shop_urls[..], &[("merchant_name", "見本商店"), ("customer_family_name", "山田")]].concat();
    let answer = apply(&shop, "order1", &more);
    let url = answer.get("asp_url");

    // No payment before a bank is picked: the inquiry finds none.
    assert_eq!(shop.send("094", &[("trading_id", "order1")]).response_code, "13001");
    let page = pages::get(&emulator, url);
    let limit = answer.get("asp_limit_date");
    let shown = format!(
        "{}/{}/{} {}:{}:{}",
        &limit[..4],
        &limit[4..6],
        &limit[6..8],
        &limit[8..10],
        &limit[10..12],
        &limit[12..]
    );
    for text in ["ネットバンキングでのお支払い", &shown, "見本商店", "order1", "山田", "お支払い一式", "12,345円"]
    {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
    assert_eq!(page.link("加盟店へ戻る"), "https://shop.example/cart");
    assert_eq!(shop.send("094", &[("trading_id", "order1")]).response_code, "13001", "looking makes no payment");

    // Picking a bank makes the payment; nobody is told of it.
    let bank_url = pick(&emulator, url, "みずほ銀行");
    let picked = shop.send("094", &[("trading_id", "order1")]);
    assert_eq!((picked.get("payment_status"), picked.get("bank_code")), ("10", "0001"));
    assert_eq!(shop.send("091", &[]).get("success_code"), "1");
    let id = picked.get("payment_id").to_owned();

    // The picture's time is the day before the order, and the form has no bank.
    let typed = json!({"payment_status": "40", "payment_date": "20210927090000"});
    let done = emulator.api("POST", &format!("/api/v1/payments/{id}/transitions"), typed);
    assert_eq!(done["warnings"].as_array().unwrap().len(), 1);
    let notice = shop.send("091", &[]);
    let values = ["payment_id", "payment_status", "bank_code", "payment_date"].map(|name| notice.get(name));
    assert_eq!(values, [&id, "40", "0001", "20210927090000"]);
    // 消込 is possible only from 申込済.
    let again = json!({"payment_status": "15"}).to_string();
    assert_eq!(emulator.console("POST", &format!("/api/v1/payments/{id}/transitions"), &again).0, 409);

    // Everything about a paid deal is closed: 060, the page, the choice.
    assert_eq!(apply(&shop, "order1", &[]).response_code, "5008");
    let closed = pages::get(&emulator, url);
    assert!(closed.text.contains("お支払いが完了しています") && !closed.text.contains("kakunin"), "{}", closed.text);
    assert_eq!(closed.link("店舗画面に戻る"), "https://shop.example/cart");
    let english = pages::get(&emulator, &format!("{url}&lang=en"));
    assert!(english.text.contains("the deal is paid already"), "{}", english.text);
    let another = pages::get(&emulator, &page.link("楽天銀行"));
    assert!(another.text.contains("お支払いが完了しています") && !another.text.contains("進む"), "{}", another.text);
    // The bank's page of a bank without a direct link stays, with a button back to the shop.
    let ended = pages::get(&emulator, &bank_url);
    let order = format!("https://shop.example/?page=1&result=0&payment_id={id}&trading_id=order1");
    assert_eq!(ended.link("購入したサイトへ戻る"), order);
}

/// A buyer who paid finds his order, one who gave up goes on shopping.
#[test]
fn the_way_back_from_a_bank_is_that_of_what_the_buyer_did() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let (order, cart) = ("https://shop.example/order", "https://shop.example/cart");
    for (count, (bank, urls, paid, back)) in [
        ("三菱UFJ銀行（ペイジー）", vec![("return_url", order), ("stop_return_url", cart)], true, "order?result=0"),
        ("三菱UFJ銀行（ペイジー）", vec![("return_url", order), ("stop_return_url", cart)], false, "cart"),
        ("三菱UFJ銀行（ペイジー）", vec![("stop_return_url", cart)], true, "cart"),
        ("三菱UFJ銀行（ペイジー）", vec![("return_url", order)], false, ""),
        ("楽天銀行", vec![("return_url", order), ("stop_return_url", cart)], true, "order?result=0"),
        ("楽天銀行", vec![("return_url", order), ("stop_return_url", cart)], false, "cart"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = apply(&shop, &format!("order{count}"), &urls);
        let bank_url = pick(&emulator, answer.get("asp_url"), bank);
        decide(&emulator, &bank_url, if paid { "pay" } else { "abort" });
        // Direct banks sent the browser away already; he may still open their page again.
        let ended = pages::get(&emulator, &bank_url);
        if back.is_empty() {
            assert!(!ended.text.contains("購入したサイトへ戻る"), "{bank} {paid}: {}", ended.text);
        } else {
            let link = ended.link("購入したサイトへ戻る");
            assert!(link.starts_with(&format!("https://shop.example/{back}")), "{bank} {paid}: {link}");
        }
    }
}

#[test]
fn direct_banks_send_the_browser_back_and_others_do_not() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (count, (bank, action, status, back)) in [
        ("楽天銀行", "pay", "40", "?a=b&result=0"),
        ("楽天銀行", "abort", "15", "?a=b&result=1"),
        ("三井住友銀行", "pay", "40", "?a=b&result=0"),
        ("ゆうちょ銀行", "pay", "40", ""),
        ("ゆうちょ銀行", "abort", "15", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let trading_id = format!("{action}_{status}_{count}");
        let answer = apply(&shop, &trading_id, &[("return_url", "https://shop.example/end?a=b")]);
        let bank_url = pick(&emulator, answer.get("asp_url"), bank);
        let id = shop.send("094", &[("trading_id", &trading_id)]).get("payment_id").to_owned();
        let page = pages::get(&emulator, &bank_url);
        assert!(page.text.contains("支払う") && page.text.contains("中止する") && page.text.contains(bank));
        let end = decide(&emulator, &bank_url, action);
        assert_eq!(end.status, 303);
        assert_eq!(shop.status(&id), status, "{bank} {action}");
        if back.is_empty() {
            assert!(end.location.starts_with("/banking/bank?"), "{}", end.location);
            let text = if action == "pay" {
                "お支払いが完了しました"
            } else {
                "お支払いは中止されました"
            };
            assert!(pages::get(&emulator, &end.location).text.contains(text));
        } else {
            let expected = format!("https://shop.example/end{back}&payment_id={id}&trading_id={trading_id}");
            assert_eq!(end.location, expected);
        }
        // A second click changes nothing.
        let second = decide(&emulator, &bank_url, if action == "pay" { "abort" } else { "pay" });
        assert_eq!((second.location, shop.status(&id)), (end.location, status.to_owned()));
    }
}

#[test]
fn every_pick_makes_a_payment_until_there_are_thirty() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, "order1", &[("stop_return_url", "https://shop.example/")]);
    let selection = pages::get(&emulator, answer.get("asp_url"));
    let choice = selection.link("PayPay銀行");
    // Whoever only looks at the link makes no payment.
    assert_eq!(pages::ask(&emulator, "HEAD", &choice, "").status, 405);
    for _ in 0..30 {
        assert!(pages::get(&emulator, &choice).text.contains("進む"));
    }
    let many = pages::get(&emulator, &choice.replace("kakunin.html", "m_kakunin.html"));
    assert!(many.text.contains("金融機関を選択できる回数を超えた"), "{}", many.text);
    let payments = format!("/api/v1/payments?merchant_id={}&trading_id=order1", shop.merchant_id);
    let payments = emulator.api("GET", &payments, json!(null));
    assert_eq!(payments["payments"].as_array().unwrap().len(), 30);
    // The trading id alone is ambiguous now.
    assert_eq!(shop.send("094", &[("trading_id", "order1")]).response_code, "13002");
}

#[test]
fn pages_close_at_their_limit_and_unpaid_picks_end_after_two_business_days() {
    let emulator = Emulator::start();
    let shop = frozen(&emulator);
    let answer = apply(&shop, "order1", &[("asp_payment_term", "0000030")]);
    let url = answer.get("asp_url").to_owned();
    let selection = pages::get(&emulator, &url);
    let bank_url = pick(&emulator, &url, "りそな銀行");
    let id = shop.send("094", &[("trading_id", "order1")]).get("payment_id").to_owned();
    advance(&shop, json!({"minutes": 30}));
    assert!(pages::get(&emulator, &url).text.contains("kakunin"), "the last moment counts");
    advance(&shop, json!({"seconds": 1}));
    for closed in [&url, &selection.link("りそな銀行")] {
        let page = pages::get(&emulator, closed);
        assert!(page.text.contains("有効期限が切れている") && !page.text.contains("進む"), "{}", page.text);
    }
    let again = apply(&shop, "order1", &[]);
    assert_eq!((again.response_code.as_str(), again.get("asp_url")), ("5009", ""));

    // Wednesday and Thursday pass; the run on Friday at 01:00 ends it.
    advance(&shop, json!({"days": 2}));
    assert_eq!(shop.status(&id), "10");
    advance(&shop, json!({"hours": 13}));
    assert_eq!(shop.status(&id), "15");
    assert_eq!(shop.send("091", &[]).get("payment_status"), "15");
    // A buyer who comes back to the bank finds it ended.
    assert!(pages::get(&emulator, &bank_url).text.contains("お支払いは中止されました"));
}

#[test]
fn banks_are_found_in_lists_and_by_code() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let url = apply(&shop, "order1", &[]).get("asp_url").to_owned();
    let selection = pages::get(&emulator, &url);
    let order = [
        "三菱UFJ銀行",
        "三井住友銀行",
        "みずほ銀行",
        "りそな銀行",
        "埼玉りそな銀行",
        "PayPay銀行",
        "楽天銀行",
        "auじぶん銀行",
        "住信SBIネット銀行",
        "セブン銀行",
        "ゆうちょ銀行",
        "JAバンク",
        "JFマリンバンク",
        "地方銀行一覧",
        "信用金庫一覧",
        "労働金庫連合会",
    ];
    let places: Vec<usize> =
        order.iter().map(|name| selection.text.find(name).unwrap_or_else(|| panic!("{name}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    let list = pages::get(&emulator, &selection.link("地方銀行一覧"));
    assert!(list.link("横浜銀行").contains("bankCode=0138"));
    assert!(pages::get(&emulator, &selection.link("信用金庫一覧")).text.contains("信用金庫"));
    let found = pages::get(&emulator, &format!("{url}&code=d036"));
    assert!(found.link("楽天銀行").contains("bankCode=D036"));
    assert!(pages::get(&emulator, &format!("{url}&code=9999")).text.contains("該当する金融機関がない"));
    let english = pages::get(&emulator, &selection.link("English"));
    assert!(
        english.text.contains("Thank you for your order")
            && english.text.contains("Select your bank")
            && english.link("Rakuten Bank").contains("lang=en")
    );

    for wrong in ["/banking/asp", &url.replace("hv=", "hv=x"), &url.replace("tid=order1", "tid=order2")] {
        assert_eq!(pages::get(&emulator, wrong).status, 404, "{wrong}");
    }
    let unknown = selection.link("楽天銀行").replace("D036", "XXXX");
    assert!(!pages::get(&emulator, &unknown).text.contains("進む"));
    assert_eq!(shop.send("094", &[("trading_id", "order1")]).response_code, "13001");
}

#[test]
fn a_shops_texts_cannot_break_out_of_the_page() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let more = [("copy_right", "<script>alert(1)</script>"), ("banner_url", "https://shop.example/banner.png")];
    let page = pages::get(&emulator, apply(&shop, "order1", &more).get("asp_url"));
    assert!(!page.text.contains("<script>"), "{}", page.text);
    assert!(page.text.contains("src=\"https://shop.example/banner.png\""));
    assert!(page.policy.contains("img-src 'self' https: http:") && page.policy.contains("script-src 'self'"));
}
