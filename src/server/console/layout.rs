//! What all pages of the console look like: navigation on top, one language at a time, nothing inline.

use std::convert::Infallible;
use std::ops::Bound;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, Render, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::clock::Moment;
use crate::merchant::Merchant;
use crate::server::console::Console;
use crate::server::language;
use crate::text::Lang;

/// The cookie that remembers the language.
const COOKIE: &str = "paygent_console_lang";

/// The rooms of the console, in the order of the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Start,
    Payments,
    Journal,
    Notices,
    Merchants,
    Clock,
    Faults,
    Catalog,
    Api,
}

impl Section {
    const ALL: [(Section, &str, &str, &str); 9] = [
        (Section::Start, "/", "はじめに", "Start"),
        (Section::Payments, "/payments", "決済", "Payments"),
        (Section::Journal, "/journal", "ジャーナル", "Journal"),
        (Section::Notices, "/notices", "決済通知", "Notices"),
        (Section::Merchants, "/merchants", "加盟店", "Merchants"),
        (Section::Clock, "/clock", "時計", "Clock"),
        (Section::Faults, "/faults", "障害", "Faults"),
        (Section::Catalog, "/catalog", "カタログ", "Catalog"),
        (Section::Api, "/api", "API", "API"),
    ];
}

/// Who looks at a page: the language, and where the page is.
pub(super) struct View {
    pub(super) lang: Lang,
    here: String,
}

impl<S: Send + Sync> FromRequestParts<S> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<View, Infallible> {
        Ok(View::of(parts))
    }
}

impl View {
    fn of(parts: &Parts) -> View {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let chosen = cookie(&parts.headers, COOKIE);
        let lang = match chosen.as_deref() {
            Some("en") => Lang::En,
            Some("ja") => Lang::Ja,
            _ => language::preferred(&parts.headers).unwrap_or_default(),
        };
        View { lang, here }
    }
}

/// A cookie's value.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

impl View {
    /// The text in the page's language.
    pub(super) fn pick<'a>(&self, japanese: &'a str, english: &'a str) -> &'a str {
        self.lang.pick(japanese, english)
    }

    /// A whole page with this title and content.
    pub(super) fn page(&self, section: Section, title: &str, content: impl Render) -> Response {
        self.document(Some(section), section, title, &[], content)
    }

    /// A page with further scripts.
    pub(super) fn page_with(&self, section: Section, title: &str, scripts: &[&str], content: impl Render) -> Response {
        self.document(Some(section), section, title, scripts, content)
    }

    /// A page without navigation.
    pub(super) fn bare_page(&self, section: Section, title: &str, content: impl Render) -> Response {
        self.document(None, section, title, &[], content)
    }

    /// 404 with a sentence.
    pub(super) fn missing(&self, section: Section, sentence: impl Render) -> Response {
        self.failed(StatusCode::NOT_FOUND, section, sentence)
    }

    /// A page that says why something was not done.
    pub(super) fn failed(&self, status: StatusCode, section: Section, sentence: impl Render) -> Response {
        let title = match status {
            StatusCode::NOT_FOUND => self.pick("見つかりません", "Not found"),
            _ => self.pick("実行できませんでした", "Not done"),
        };
        let content = html! {
            p .notice.bad role="alert" { (sentence) }
            p { a href=(back_to(section)) { (self.pick("戻る", "Back")) } }
        };
        (status, self.page(section, title, content)).into_response()
    }

    fn document(
        &self,
        current: Option<Section>,
        section: Section,
        title: &str,
        scripts: &[&str],
        content: impl Render,
    ) -> Response {
        let name = if section == Section::Start { "paygent-emulator" } else { "paygent-emulator console" };
        let (other, other_name) = match self.lang {
            Lang::Ja => ("en", "English"),
            Lang::En => ("ja", "日本語"),
        };
        let back: String = form_urlencoded::byte_serialize(self.here.as_bytes()).collect();
        html! {
            (DOCTYPE)
            html lang=(self.lang.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (name) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/assets/console.css";
                    script src="/assets/console.js" defer {}
                    @for script in scripts { script src=(script) type="module" {} }
                }
                body {
                    a .skip href="#content" { (self.pick("本文へ", "Skip to content")) }
                    header {
                        div .bar {
                            a .brand href="/" { "paygent-emulator" }
                            @if let Some(current) = current {
                                nav aria-label=(self.pick("メニュー", "Menu")) {
                                    @for (section, path, japanese, english) in Section::ALL {
                                        a href=(path) aria-current=[(section == current).then_some("page")] {
                                            (self.pick(japanese, english))
                                        }
                                    }
                                }
                            }
                            a .lang lang=(other) hreflang=(other) href={ "/lang/" (other) "?back=" (back) } { (other_name) }
                        }
                    }
                    main #content tabindex="-1" {
                        h1 { (title) }
                        (content)
                    }
                    footer {
                        (self.pick("テスト用エミュレーターです。実際の決済は行われません。", "A test emulator. It moves no money."))
                    }
                }
            }
        }
        .into_response()
    }
}

fn back_to(section: Section) -> &'static str {
    Section::ALL.iter().find(|(known, ..)| *known == section).map_or("/", |(_, path, ..)| path)
}

/// The parameters of a page. A form sends its empty fields along, so an empty value counts as absent.
pub(super) struct Search<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Search<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Search<T>, Response> {
        let query = parts.uri.query().unwrap_or_default();
        let parsed = serde_urlencoded::from_str(&without_blanks(query.as_bytes())).map_err(|error| error.to_string());
        match parsed {
            Ok(search) => Ok(Search(search)),
            Err(error) => {
                let view = View::of(parts);
                let sentence = html! {
                    (view.pick("検索条件が正しくありません。", "A condition is not right.")) " " code { (error) }
                };
                Err(view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Start, sentence))
            }
        }
    }
}

/// What the path of a page names; a path that cannot be read names nothing.
pub(super) struct At<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At<T>, Response> {
        if let Ok(Path(at)) = Path::from_request_parts(parts, state).await {
            return Ok(At(at));
        }
        let view = View::of(parts);
        Err(view.missing(Section::Start, view.pick("このページはありません。", "There is no such page.")))
    }
}

/// Form-encoded parameters without the empty ones.
fn without_blanks(form: &[u8]) -> String {
    let given = form_urlencoded::parse(form).filter(|(_, value)| !value.trim().is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

/// A moment as the merchants' site writes it: `2026/12/01 09:00:00`.
pub(super) fn moment(moment: Moment) -> String {
    let civil = moment.civil();
    civil.strftime("%Y/%m/%d %H:%M:%S").to_string()
}

/// A date or time of the wire as the merchants' site writes it; `-` when there is none.
pub(super) fn wire_date(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    if let Some(at) = Moment::parse_datetime14(text) {
        return moment(at);
    }
    match (text.len(), text.bytes().all(|byte| byte.is_ascii_digit())) {
        (8, true) => format!("{}/{}/{}", &text[..4], &text[4..6], &text[6..]),
        _ => text.to_owned(),
    }
}

/// An amount with separators of thousands.
pub(super) fn amount(yen: u64) -> String {
    let digits = yen.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount with its unit.
pub(super) fn yen(view: &View, yen: u64) -> String {
    format!("{}{}", amount(yen), view.pick("円", " yen"))
}

/// A text to copy: shown as it is, with a button that appears where scripts run.
pub(super) fn copyable(view: &View, id: &str, text: &str) -> Markup {
    html! {
        div .copy {
            pre #(id) tabindex="0" { (text) }
            button .small type="button" hidden data-copy=(id) data-done=(view.pick("コピーしました", "Copied")) {
                (view.pick("コピー", "Copy"))
            }
        }
    }
}

/// How many merchants a page names at most.
pub(super) const MERCHANTS: usize = 100;

/// The select that narrows a page down to one merchant. Where there are too many, the id is typed in, and the first ones
/// are proposed.
pub(super) fn merchant_select(view: &View, console: &Console, chosen: Option<&str>, all: bool) -> Markup {
    let mut merchants = console.gateway.merchants.page(Bound::Unbounded, MERCHANTS + 1);
    let too_many = merchants.len() > MERCHANTS;
    merchants.truncate(MERCHANTS);
    let is_chosen = |merchant: &Merchant| chosen == Some(merchant.merchant_id.as_str());
    html! {
        label for="merchant_id" { (view.pick("マーチャントID", "Merchant")) }
        @if too_many {
            input #merchant_id name="merchant_id" list="merchants" inputmode="numeric" maxlength="9" size="11"
                required[!all] value=(chosen.unwrap_or_default())
                placeholder=(if all { view.pick("すべて", "All") } else { "" });
            datalist #merchants { @for merchant in &merchants { option value=(merchant.merchant_id) {} } }
        } @else {
            select #merchant_id name="merchant_id" {
                @if all { option value="" { (view.pick("すべて", "All")) } }
                @for merchant in &merchants {
                    option value=(merchant.merchant_id) selected[is_chosen(merchant)] { (merchant.merchant_id) }
                }
            }
        }
    }
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/lang/{lang}", get(switch))
}

#[derive(Deserialize)]
struct Back {
    back: Option<String>,
}

/// Remembers the language and goes back to where the reader was; only to a page of ours.
async fn switch(Path(lang): Path<String>, Query(Back { back }): Query<Back>) -> Response {
    let lang = if lang == "en" { "en" } else { "ja" };
    let ours = |path: &String| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let back = back.filter(ours).unwrap_or_else(|| "/".to_owned());
    let cookie = format!("{COOKIE}={lang}; Path=/; SameSite=Lax; Max-Age=31536000");
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_dates_are_written_as_the_merchants_site_does() {
        assert_eq!([0, 999, 1000, 1234567].map(amount), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(wire_date("20261201090005"), "2026/12/01 09:00:05");
        assert_eq!(wire_date("20261201"), "2026/12/01");
        assert_eq!(wire_date(""), "-");
    }
}
