//! The frame of every page: the shop's name and banner, the title, the form, and what is being paid.

use crate::wire::name;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::clock::Moment;
use crate::method::link::session::Standing;
use crate::payment::{PaymentType, Refusal};
use crate::server::shopper::layout;
use crate::server::shopper::leaving::way_back;
use crate::server::shopper::link::visit::Visit;
use crate::server::shopper::link::words::{Words, stamp, yen};
use crate::text::Lang;

/// What a page of ours shows around its content; the pages of stored cards have no amount.
pub(super) struct Frame<'a> {
    pub(super) words: Words,
    /// The right column's heading.
    pub(super) heading: (&'static str, &'static str),
    pub(super) merchant_name: &'a str,
    pub(super) banner_url: &'a str,
    pub(super) copy_right: &'a str,
    /// The rows of the right column: label in Japanese and English, value.
    pub(super) rows: Vec<(&'static str, &'static str, String)>,
    pub(super) free_memo: &'a str,
    pub(super) stop_url: Option<&'a str>,
    /// Where another method can be chosen.
    pub(super) choice_url: Option<String>,
}

impl<'a> Frame<'a> {
    /// The frame of a payment's pages.
    pub(super) fn of(visit: &'a Visit) -> Frame<'a> {
        let application = &visit.application;
        let detail = match application.get(name::PAYMENT_DETAIL) {
            "" => "お支払い一式",
            detail => detail,
        };
        let rows = vec![
            ("店舗名", "Shop", application.get(name::MERCHANT_NAME).to_owned()),
            ("取引ID", "Transaction ID", application.trading_id.clone()),
            ("法人名", "Company", application.get(name::COMPANY_NAME).to_owned()),
            ("お客様氏名", "Name", application.customer()),
            ("ご注文内容", "Order", detail.to_owned()),
            ("金額", "Amount", yen(application.amount)),
            ("画面有効期限", "Valid until", stamp(application.limit)),
        ];
        let stop_url = Some(application.get(name::STOP_RETURN_URL)).filter(|url| !url.is_empty());
        Frame {
            words: visit.words,
            heading: ("お支払い内容", "Your payment"),
            merchant_name: application.get(name::MERCHANT_NAME),
            banner_url: application.get(name::BANNER_URL),
            copy_right: application.get(name::COPY_RIGHT),
            rows,
            free_memo: application.get(name::FREE_MEMO),
            stop_url,
            choice_url: None,
        }
    }

    /// The same with the button 支払方法を変更する, where there is a choice.
    pub(super) fn with_choice(self, visit: &Visit) -> Frame<'a> {
        Frame { choice_url: visit.has_choice().then(|| visit.url("top")), ..self }
    }

    /// The same without a way to give up: the payment is made.
    pub(super) fn finished(self) -> Frame<'a> {
        Frame { stop_url: None, choice_url: None, ..self }
    }

    /// The page.
    pub(super) fn page(&self, ja: &str, en: &str, content: Markup) -> Response {
        let words = self.words;
        let body = html! {
            link rel="stylesheet" href="/assets/link.css";
            div.hosted {
                header.shop {
                    strong { (self.merchant_name) }
                    @if !self.banner_url.is_empty() { img.banner src=(self.banner_url) alt=""; }
                }
                div.title {
                    h1 { (words.say(ja, en)) }
                    @for (_, _, value) in self.rows.iter().filter(|(ja, ..)| *ja == "金額") { span.amount { (value) } }
                }
                div.columns {
                    section.work {
                        (content)
                        @if self.choice_url.is_some() || self.stop_url.is_some() {
                            p.ways-out {
                                @if let Some(url) = &self.choice_url {
                                    a.button.quiet href=(url) { (words.say("支払方法を変更する", "Change payment method")) }
                                }
                                @if let Some(url) = self.stop_url {
                                    a.stop href=(url) { (words.say("支払を中断する", "Stop the payment")) }
                                }
                            }
                        }
                    }
                    aside {
                        h2 { (words.say(self.heading.0, self.heading.1)) }
                        @if !self.free_memo.is_empty() { p.memo { (self.free_memo) } }
                        dl {
                            @for (ja, en, value) in self.rows.iter().filter(|(_, _, value)| !value.is_empty()) {
                                dt { (words.say(ja, en)) }
                                dd { (value) }
                            }
                        }
                    }
                }
                @if !self.copy_right.is_empty() { p.copy-right { (self.copy_right) } }
            }
        };
        let mut response = layout::page(Lang::Ja, &words.text(ja, en), Some("/assets/link.js"), body);
        if let Some(policy) = policy(self.banner_url) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// The usual policy, and the shop's banner.
fn policy(banner_url: &str) -> Option<HeaderValue> {
    let host = banner_url.split("://").nth(1)?.split(['/', '?', '#']).next()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
    if host.is_empty() || !host.bytes().all(plain) {
        return None;
    }
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: {host}; connect-src 'self'; \
         base-uri 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

/// The button back to the shop; without a URL there is none.
pub(super) fn back_to_shop(visit: &Visit) -> Markup {
    let url = visit.application.way_back();
    html! {
        @if !url.is_empty() {
            p.actions { (way_back(url, &visit.url("left"), false, visit.words.say("購入したサイトへ戻る", "Back to the shop"))) }
        }
    }
}

/// The same beside a button that prints the page.
pub(super) fn print_and_back(words: Words, url: &str) -> Markup {
    html! {
        p.actions {
            @if !url.is_empty() {
                a.button href=(url) { (words.say("購入したサイトへ戻る", "Back to the shop")) }
            }
            button.quiet type="button" data-print="" { (words.say("この画面を印刷する", "Print this page")) }
        }
    }
}

/// What a page of one payment method answers instead of itself: why nothing can be paid any more, or the way to the
/// top when the application does not have the method; `None` when the page can be used.
pub(super) fn closed_for(visit: &Visit, payment_type: PaymentType) -> Option<Response> {
    closed(visit).or_else(|| {
        let served = visit.application.methods.contains(&payment_type);
        (!served).then(|| Redirect::to(&visit.url("top")).into_response())
    })
}

/// A page that says why nothing can be paid any more; `None` when it can.
pub(super) fn closed(visit: &Visit) -> Option<Response> {
    let frame = Frame::of(visit);
    let words = visit.words;
    match visit.standing {
        Standing::Open => None,
        Standing::Paid => Some(frame.finished().page(
            "お支払い済みです",
            "Already paid",
            html! {
                p.note { (words.say("このお取引のお支払いはすでに完了しています。再度お支払いいただく必要はありません。",
                    "This transaction is paid already. You do not need to pay again.")) }
                (back_to_shop(visit))
            },
        )),
        Standing::Expired => Some(frame.page(
            "画面の有効期限切れ",
            "This page has expired",
            html! {
                p.note { (words.say("お支払い画面の有効期限が過ぎているため、お支払いいただけません。お手数ですが、お店で改めてお手続きください。",
                    "The time for this payment is over. Please go back to the shop and order again.")) }
                p { (words.say("有効期限", "It was valid until")) " " strong { (stamp(visit.application.limit)) } }
            },
        )),
    }
}

/// A page that tells of a refusal which the shopper met.
pub(super) fn refused(visit: &Visit, refusal: &Refusal) -> Response {
    let words = visit.words;
    match refusal.code.as_str() {
        "6001" => Frame::of(visit).finished().page(
            "二重のお支払い",
            "Double payment",
            html! {
                p.note { (words.say("このお取引は別の画面ですでにお支払いいただいています。二重のお支払いを防ぐため、このお手続きは行われませんでした。",
                    "This transaction was paid on another page meanwhile. Nothing was charged a second time.")) }
                (back_to_shop(visit))
            },
        ),
        "6002" => {
            let expired = || Frame::of(visit).page("画面の有効期限切れ", "This page has expired", html! {
                p.note { (words.say("お支払い画面の有効期限が過ぎているため、お支払いいただけません。",
                    "The time for this payment is over.")) }
            });
            closed(visit).unwrap_or_else(expired)
        }
        code => Frame::of(visit).with_choice(visit).page(
            "お手続きができませんでした",
            "This could not be done",
            html! {
                p.note.failed { (words.say("お手続き中にエラーが発生しました。", "An error occurred.")) }
                p { (refusal.detail) }
                p.hint { (words.say("エラーコード", "Error code")) ": " (code) }
            },
        ),
    }
}

/// A page that goes on to the issuer's authentication by itself.
pub(super) fn authenticate(frame: &Frame<'_>, id: &str) -> Response {
    let words = frame.words;
    let content = html! {
        p { (words.say("カード会社の本人認証（3Dセキュア）の画面に進みます。",
            "You are taken to the authentication of your card company (3-D Secure).")) }
        form.auto method="post" action="/3ds/start" {
            input type="hidden" name="3ds_auth_id" value=(id);
            p.actions { button type="submit" { (words.say("次へ", "Next")) } }
        }
    };
    frame.page("本人認証", "Authentication", content)
}

/// The page of a URL that names nothing.
pub(super) fn unknown() -> Response {
    let page =
        plain_error("ページが見つかりません", "ご指定のお支払い画面は存在しません。URL をご確認ください。", None);
    (StatusCode::NOT_FOUND, page).into_response()
}

/// An error page for an application that was refused, when the browser itself sent it.
pub(super) fn refused_application(refusal: &Refusal) -> Response {
    if refusal.code == "P015" {
        // As seen at the real one (`observed.md` section 3).
        let page = plain_error("エラー", "取引情報が正しくありません。", None);
        return (StatusCode::INTERNAL_SERVER_ERROR, page).into_response();
    }
    plain_error("エラー", &refusal.detail, Some(&refusal.code))
}

fn plain_error(title: &str, text: &str, code: Option<&str>) -> Response {
    layout::page(
        Lang::Ja,
        title,
        None,
        html! {
            h1 { (title) }
            p { (text) }
            @if let Some(code) = code { p.hint { "エラーコード: " (code) } }
        },
    )
}

/// How long a page is open, in words under a button.
pub(super) fn until(words: Words, limit: Moment) -> Markup {
    html! { p.hint { (words.say("お申込み期限", "Open until")) ": " (stamp(limit)) } }
}
