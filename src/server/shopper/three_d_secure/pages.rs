//! What the pages of 3-D Secure look like.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::method::card::CardFacts;
use crate::method::card::three_d_secure::{Authentication, ClassicSession, Verdict, hints};
use crate::server::shopper::layout;
use crate::text::Lang;

/// The browser shows its data and goes on by itself.
pub(super) fn device(lang: Lang, id: &str) -> Response {
    let title = lang.pick("カードの本人認証", "Card authentication");
    layout::page(
        lang,
        title,
        Some("/assets/three-d-secure.js"),
        html! {
            h1 { (title) }
            p { (lang.pick("カード会社に確認しています。そのままお待ちください。",
                "Your card company is being asked. Please wait.")) }
            form id="go-on" method="post" action="/3ds/proceed" {
                input type="hidden" name="3ds_auth_id" value=(id);
                div.actions { button type="submit" { (lang.pick("次へ", "Continue")) } }
            }
        },
    )
}

/// The issuer asks for a password.
pub(super) fn challenge(lang: Lang, id: &str, authentication: &Authentication, wrong: u8) -> Response {
    let action = format!("/3ds/challenge/{id}");
    let details = html! {
        dt { (lang.pick("ご利用店名", "Shop")) } dd { (authentication.merchant_name) }
        dt { (lang.pick("ご利用金額", "Amount")) } dd { (amount(lang, authentication)) }
        (card_rows(lang, &authentication.card))
    };
    let hints = hints(&authentication.card).into_iter();
    let hints = hints.map(|(password, verdict)| (password.to_owned(), meaning(lang, &verdict)));
    password_page(lang, &action, &details, wrong > 0, hints.collect())
}

/// The same of 3-D Secure 1.0.
pub(super) fn classic(lang: Lang, md: &str, session: &ClassicSession) -> Response {
    let hints = vec![
        (session.password.text.clone(), attempt(lang, &session.password.attempt_kbn).to_owned()),
        (
            lang.pick("それ以外", "anything else").to_owned(),
            lang.pick("認証失敗（2001、詳細コード1511）", "authentication fails (2001, detail 1511)").to_owned(),
        ),
    ];
    password_page(lang, &format!("/3ds/acs/{md}"), &card_rows(lang, &session.card), false, hints)
}

fn password_page(lang: Lang, action: &str, details: &Markup, wrong: bool, hints: Vec<(String, String)>) -> Response {
    let title = lang.pick("パスワードの入力", "Enter your password");
    let (other, name) = (lang.pick("en", "ja"), lang.pick("English", "日本語"));
    layout::page(
        lang,
        title,
        None,
        html! {
            p.hint { (lang.pick("カード会社の本人認証サービス", "Authentication service of your card company"))
                " · " a href={ (action) "?lang=" (other) } lang=(other) { (name) } }
            h1 { (title) }
            p { (lang.pick("ご本人によるご利用であることを確認します。カード会社に登録したパスワードを入力してください。",
                "To make sure that it is you, please enter the password that you registered with your card company.")) }
            dl { (details) }
            @if wrong {
                p.wrong role="alert" { (lang.pick("パスワードが違います。もう一度入力してください。",
                    "That password is wrong. Please try again.")) }
            }
            form method="post" action=(action) {
                label for="password" { (lang.pick("パスワード", "Password")) }
                input id="password" type="password" name="challengeDataEntry" autocomplete="off" autofocus required;
                div.actions {
                    button type="submit" { (lang.pick("送信", "Submit")) }
                    button.quiet type="submit" name="cancel" value="1" formnovalidate { (lang.pick("キャンセル", "Cancel")) }
                }
            }
            details open {
                summary { (lang.pick("テスト用パスワード", "Passwords for tests")) }
                dl {
                    @for (password, meaning) in hints { dt { code { (password) } } dd { (meaning) } }
                    @if action.starts_with("/3ds/challenge") {
                        dt { (lang.pick("それ以外", "anything else")) }
                        dd { (lang.pick("再入力、3回目で認証失敗（31007）", "asked again; the third time fails (31007)")) }
                    }
                }
            }
        },
    )
}

/// What a result means to the shop.
fn meaning(lang: Lang, verdict: &Verdict) -> String {
    if verdict.result != "0" {
        return lang.pick("認証失敗（31007）", "authentication fails (31007)").to_owned();
    }
    let meaning = attempt(lang, &verdict.attempt_kbn);
    match [&verdict.requestor_error, &verdict.server_error].into_iter().find(|code| !code.is_empty()) {
        Some(code) => lang.pick(&format!("{meaning}、エラー {code}"), &format!("{meaning}, error {code}")).to_owned(),
        None => meaning.to_owned(),
    }
}

fn attempt(lang: Lang, attempt_kbn: &str) -> &'static str {
    match attempt_kbn {
        "" => lang.pick("認証成功", "authenticated"),
        "0" => lang.pick("アテンプト（正常、attempt_kbn 0）", "attempt (attempt_kbn 0)"),
        _ => lang.pick("アテンプト（注意、attempt_kbn 1）", "attempt with caution (attempt_kbn 1)"),
    }
}

fn card_rows(lang: Lang, card: &CardFacts) -> Markup {
    html! {
        dt { (lang.pick("カード番号", "Card number")) } dd { (card.masked_card_number) }
        @if !card.issuer().brand.is_empty() { dt { (lang.pick("ブランド", "Brand")) } dd { (card.issuer().brand) } }
    }
}

fn amount(lang: Lang, authentication: &Authentication) -> String {
    let (whole, decimals) = authentication.amount.split_once('.').unwrap_or((&authentication.amount, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !decimals.is_empty() {
        grouped = format!("{grouped}.{decimals}");
    }
    match authentication.currency.as_str() {
        "" | "JPY" => lang.pick(&format!("{grouped}円"), &format!("JPY {grouped}")).to_owned(),
        currency => format!("{currency} {grouped}"),
    }
}

/// The buyer came back after the shop was told that time is up.
pub(super) fn too_late(lang: Lang, url: &str) -> Response {
    let title = lang.pick("認証の有効時間が過ぎました", "The time for authentication is over");
    layout::page(
        lang,
        title,
        None,
        html! {
            h1 { (title) }
            p { (lang.pick("開始から30分が過ぎたため、認証を終了しました。お手数ですが、ショップに戻ってもう一度お手続きください。",
                "It ended 30 minutes after its start. Please go back to the shop and try again.")) }
            div.actions { a.button href=(url) { (lang.pick("ショップに戻る", "Back to the shop")) } }
        },
    )
}

/// Nobody started this.
pub(super) fn unknown(lang: Lang) -> Response {
    let title = lang.pick("認証が見つかりません", "No such authentication");
    let page = layout::page(
        lang,
        title,
        None,
        html! {
            h1 { (title) }
            p { (lang.pick("この認証は存在しないか、終了しています。ショップに戻ってもう一度お手続きください。",
                "This authentication does not exist, or it is over. Please go back to the shop and try again.")) }
        },
    );
    (StatusCode::NOT_FOUND, page).into_response()
}
