//! The dialogue's page: all of its steps at once, of which `dialog.js` shows one.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::method::paidy::{Webhook, facts};
use crate::server::shopper::layout::page;
use crate::server::shopper::paidy::embeddable;
use crate::text::Lang;

/// How the shop's page opened it.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Options {
    lang: String,
    webhook: Webhook,
}

impl Default for Options {
    fn default() -> Options {
        Options { lang: "ja".to_owned(), webhook: Webhook::Now }
    }
}

/// Shows the dialogue. Options that do not parse are as if they were not given.
pub(super) async fn dialog(options: Result<Query<Options>, QueryRejection>) -> Response {
    let options = options.map(|Query(options)| options).unwrap_or_default();
    let lang = if options.lang == "en" { Lang::En } else { Lang::Ja };
    let mut response = page(lang, "Paidy", Some("/paidy/dialog.js"), content(lang, options.webhook));
    let headers = response.headers_mut();
    embeddable(headers);
    let name = HeaderName::from_static("cross-origin-embedder-policy");
    headers.insert(name, HeaderValue::from_static("require-corp"));
    response
}

fn content(lang: Lang, webhook: Webhook) -> Markup {
    let t = |japanese, english| lang.pick(japanese, english);
    html! {
        link rel="stylesheet" href="/paidy/dialog.css";
        div id="paidy" data-unreachable=(t("通信できませんでした。もう一度お試しください。", "No connection. Please try again.")) {
            header {
                h1 { "Paidy " small { (t("テスト環境", "test environment")) } }
                button id="close" type="button" class="quiet" aria-label=(t("閉じる", "Close")) { "×" }
            }
            dl id="summary" hidden {
                dt { (t("店舗", "Shop")) } dd id="store" {}
                dt { (t("お支払い金額", "Amount")) } dd id="amount" {}
            }
            p class="wrong" id="message" role="alert" hidden {}
            section data-step="waiting" {
                p { (t("読み込んでいます…", "Loading…")) }
                noscript { p { (t("JavaScriptを有効にしてください。", "Please switch JavaScript on.")) } }
            }
            section data-step="alone" hidden {
                p { (t("この画面は、お店のページが Paidy.configure(…).launch(…) で開きます。",
                    "A shop's page opens this page with Paidy.configure(…).launch(…).")) }
            }
            (buyer(lang))
            (code(lang))
            (confirm(lang, webhook))
            section data-step="problem" hidden {
                div class="actions" { button type="button" data-close { (t("お店に戻る", "Back to the shop")) } }
            }
            p class="language" {
                @match lang {
                    Lang::Ja => a href="?lang=en" lang="en" { "English" },
                    Lang::En => a href="?lang=ja" lang="ja" { "日本語" },
                }
            }
        }
    }
}

fn buyer(lang: Lang) -> Markup {
    html! {
        form data-step="buyer" hidden {
            label for="mail" { (lang.pick("メールアドレス", "Mail address")) }
            input id="mail" name="mail" type="email" required autocomplete="email" list="accounts";
            datalist id="accounts" {
                @for account in &facts().account { option value=(account.mail) {} }
            }
            label for="phone" { (lang.pick("携帯電話番号", "Mobile number")) }
            input id="phone" name="phone" type="tel" inputmode="tel" required autocomplete="tel";
            div class="hint" {
                p { (lang.pick("テスト用のアカウント:", "Test accounts:")) }
                ul {
                    @for account in &facts().account {
                        li {
                            (account.mail) " / " (account.phone) " – "
                            @if account.rejected { (lang.pick("否決", "refused")) }
                            @else { (lang.pick("承認", "accepted")) }
                        }
                    }
                }
            }
            div class="actions" { button type="submit" { (lang.pick("次へ", "Next")) } }
        }
    }
}

fn code(lang: Lang) -> Markup {
    html! {
        form data-step="code" hidden {
            label for="code" { (lang.pick("SMSで届いた4桁の認証コード", "The 4-digit code from the SMS")) }
            input id="code" name="code" inputmode="numeric" pattern="[0-9]{4}" maxlength="4" required
                autocomplete="one-time-code";
            p class="hint" {
                (lang.pick("SMSは送られません。コードは ", "No SMS is sent. The code is ")) (facts().code)
                (lang.pick(" です。", "."))
            }
            div class="actions" {
                button type="submit" { (lang.pick("次へ", "Next")) }
                button type="button" class="quiet" data-back="buyer" { (lang.pick("戻る", "Back")) }
            }
        }
    }
}

fn confirm(lang: Lang, webhook: Webhook) -> Markup {
    let t = |japanese, english| lang.pick(japanese, english);
    let minutes = facts().late_webhook_minutes;
    let late = match lang {
        Lang::Ja => format!("{minutes}分遅れて届く（マーチャントの時計で）"),
        Lang::En => format!("comes {minutes} minutes late, by the merchant's clock"),
    };
    let choices = [
        (Webhook::Now, "now", t("すぐに届く", "comes at once")),
        (Webhook::Late, "late", late.as_str()),
        (Webhook::Lost, "lost", t("届かない", "is lost")),
    ];
    html! {
        form data-step="confirm" hidden {
            ul id="items" {}
            p { (t("お支払いは翌月にまとめて請求されます。", "You are billed next month.")) }
            div class="actions" {
                button id="agree" type="submit" { (t("同意して購入する", "Agree and buy")) }
                button id="refuse" type="button" class="quiet" { (t("否決にする（テスト）", "Let Paidy refuse (test)")) }
            }
            details open[webhook != Webhook::Now] {
                summary { (t("テストの設定", "Test settings")) }
                label for="webhook" { (t("Paidyからペイジェントへの通知（Webhook）", "Paidy's webhook to Paygent")) }
                select id="webhook" name="webhook" {
                    @for (choice, value, label) in choices {
                        option value=(value) selected[choice == webhook] { (label) }
                    }
                }
            }
        }
    }
}
