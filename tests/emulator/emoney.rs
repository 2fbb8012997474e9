//! Electronic money (WebMoney): 150, 152, 153 and the test screen (`emoney.toml`).

use serde_json::json;

use crate::harness::{Answer, Emulator, Shop};
use crate::pages;

pub(crate) fn apply(shop: &Shop<'_>, trading_id: &str) -> Answer {
    let answer = shop.send(
        "150",
        &[
            ("trading_id", trading_id),
            ("emoney_type", "1"),
            ("amount", "1000"),
            ("return_url", "https://shop.example/?mode=done"),
            ("cancel_url", "https://shop.example/cancel"),
        ],
    );
    assert_eq!(answer.result, "0", "{answer:?}");
    answer
}

/// Presses a button of the test screen.
fn press(emulator: &Emulator, url: &str, action: &str, outcome: &str) -> pages::Page {
    pages::post(emulator, url, &[("action", action), ("outcome", outcome)])
}

/// A payment that is paid; its id.
pub(crate) fn paid(shop: &Shop<'_>, trading_id: &str, outcome: &str) -> String {
    let answer = apply(shop, trading_id);
    press(shop.emulator, answer.get("redirect_url"), "complete", outcome);
    answer.get("payment_id").to_owned()
}

#[test]
fn the_test_screen_completes_or_aborts_a_payment() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, "order1");
    let (id, url) = (answer.get("payment_id"), answer.get("redirect_url"));
    let screen = pages::get(&emulator, url);
    for text in [
        "WebMoney試験用画面",
        "正常処理",
        "タイムアウトエラー",
        "返金先カード状態エラー",
        "決済ベンダ側エラー",
        "決済を完了する場合はここをクリック",
        "決済を中断する場合はここをクリック",
        "1,000円",
    ] {
        assert!(screen.text.contains(text), "{text} is not in {}", screen.text);
    }
    assert_eq!(shop.status(id), "10");
    let end = press(&emulator, url, "complete", "0");
    let told = shop.send("094", &[("payment_id", id)]);
    assert_eq!(told.get("payment_status"), "40");
    let names = ["emoney_user_id", "emoney_payment_id", "payment_date"].map(|name| told.get(name).to_owned());
    let [user, deal, date] = &names;
    let back = format!(
        "https://shop.example/?mode=done&payment_id={id}&trading_id=order1&emoney_user_id={user}\
         &emoney_payment_id={deal}&accept_date={date}"
    );
    assert_eq!((end.status, end.location.as_str()), (303, back.as_str()));
    assert!(!user.is_empty() && !deal.is_empty() && date.len() == 14);
    // Only 消込済 is told.
    assert_eq!(shop.send("091", &[]).get("payment_status"), "40");
    assert_eq!(shop.send("091", &[]).get("success_code"), "1");

    // Given up: dead, but no status tells it.
    let answer = apply(&shop, "order2");
    let (id, url) = (answer.get("payment_id"), answer.get("redirect_url"));
    let end = press(&emulator, url, "abort", "0");
    assert_eq!(end.location, format!("https://shop.example/cancel?payment_id={id}&trading_id=order2"));
    assert!(!pages::get(&emulator, url).text.contains("ここをクリック"));
    press(&emulator, url, "complete", "0");
    assert_eq!(shop.status(id), "10");
    assert_eq!(pages::get(&emulator, &url.replace("hv=", "hv=0")).status, 404);
}

#[test]
fn a_buyer_has_sixty_minutes() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let answer = apply(&shop, "order1");
    let advance = |minutes: u32| json!({"minutes": minutes, "merchant_id": shop.merchant_id});
    emulator.api("POST", "/api/v1/clock/advance", advance(59));
    assert!(pages::get(&emulator, answer.get("redirect_url")).text.contains("ここをクリック"));
    emulator.api("POST", "/api/v1/clock/advance", advance(2));
    press(&emulator, answer.get("redirect_url"), "complete", "0");
    assert_eq!(shop.status(answer.get("payment_id")), "10");
}

#[test]
fn paid_money_is_given_back_whole_or_in_part() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = paid(&shop, "order1", "0");
    for (amount, code) in [("0", "11009"), ("1000", "11009"), ("1001", "11009")] {
        assert_eq!(shop.send("153", &[("payment_id", &id), ("amount", amount)]).response_code, code, "{amount}");
    }
    let less = shop.send("153", &[("trading_id", "order1"), ("amount", "400")]);
    assert_eq!((less.result.as_str(), less.get("base_payment_id")), ("0", id.as_str()), "{less:?}");
    assert!(!less.get("refund_emoney_user_id").is_empty());
    let new = less.get("payment_id");
    assert_eq!((shop.status(&id), shop.status(new)), ("60".to_owned(), "40".to_owned()));
    let told = shop.send("094", &[("payment_id", new)]);
    assert_eq!((told.get("payment_amount"), told.get("trading_id")), ("400", "order1"));
    assert_eq!(shop.send("152", &[("payment_id", &id)]).response_code, "11008");
    // Both share the trading id, which means the new one from now on.
    let back = shop.send("152", &[("trading_id", "order1")]);
    assert_eq!((back.result.as_str(), back.get("payment_id")), ("0", new), "{back:?}");
    assert_eq!(shop.status(new), "60");
    assert_eq!(shop.send("152", &[("payment_id", "1")]).response_code, "11001");
    let told: Vec<String> = std::iter::from_fn(|| {
        let notice = shop.send("091", &[]);
        (notice.get("success_code") != "1")
            .then(|| format!("{} {}", notice.get("payment_id"), notice.get("payment_status")))
    })
    .collect();
    assert_eq!(told, [format!("{id} 40"), format!("{id} 60"), format!("{new} 40"), format!("{new} 60")]);
}

#[test]
fn the_screen_chooses_how_later_refunds_end() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    for (outcome, code) in [("1", "11005"), ("2", "11010"), ("3", "11003")] {
        let id = paid(&shop, "order1", outcome);
        assert_eq!(shop.send("152", &[("payment_id", &id)]).response_code, code);
        assert_eq!(shop.send("153", &[("payment_id", &id), ("amount", "1")]).response_code, code);
        assert_eq!(shop.status(&id), "40");
    }
    let unpaid = apply(&shop, "order2");
    assert_eq!(shop.send("152", &[("payment_id", unpaid.get("payment_id"))]).response_code, "11008");
}

#[test]
fn refunds_end_after_thirty_days() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    let id = paid(&shop, "order1", "0");
    shop.advance_days(30);
    assert_eq!(shop.status(&id), "40");
    shop.advance_days(1);
    assert_eq!(shop.status(&id), "41");
    assert_eq!(shop.send("152", &[("payment_id", &id)]).response_code, "11008");
    // The test tool does not serve electronic money.
    let body = json!({"payment_status": "60"}).to_string();
    assert_eq!(emulator.console("POST", &format!("/api/v1/payments/{id}/transitions"), &body).0, 409);
}
