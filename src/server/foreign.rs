//! What pages of other origins may send here through somebody's browser: what buyers' pages need, and nothing else.
//!
//! A browser that trusts our CA and reaches our port does for any page what that page likes; the test tool, telegrams
//! under `/s/` and their like are guarded by values that stand in the README. Browsers say where a request comes from
//! (`Sec-Fetch-Site`, `Origin`); clients that are no browsers say neither and are not concerned.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;

use crate::gateway::Gateway;
use crate::journal::{About, Entry};
use crate::payment::Refusal;
use crate::server::Door;
use crate::server::shopper;
use crate::server::shopper::layout::{accepts_japanese, page};
use crate::text::{Lang, text};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what pages of other origins may not send.
pub(super) async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    match refuse(&door.gateway, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    }
}

/// The answer to a request that may not pass, which is written down; `None` for one that may.
pub(super) fn refuse(gateway: &Gateway, request: &Request) -> Option<Response> {
    let asks_only = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if asks_only {
        return None;
    }
    let sender = foreign_sender(request.headers(), request.uri().authority().map(|host| host.as_str()))?;
    let path = request.uri().path();
    if shopper::takes_from_shops(path) {
        return None;
    }
    tracing::warn!(path, sender, "a page of another origin was refused");
    let rule = text!(
        "他サイトのページ ({sender}) からの送信は受け付けません。受け付けるのは購入者向け画面のみです。",
        "a page of another origin ({sender}) must not send this; only buyers' pages take such requests",
        sender = sender
    );
    gateway.journal.add(Entry {
        remote: request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(remote)| *remote),
        refusal: Some(Refusal::with_detail("", "", rule)),
        ..Entry::new(About::Page("foreign page".into()), gateway.clock.common_now(), path)
    });
    Some(told(request.headers()))
}

/// The origin that a browser names, of a page that is not ours; `None` for our own pages and for what is no page.
fn foreign_sender(headers: &HeaderMap, authority: Option<&str>) -> Option<String> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = headers.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()));
    match headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes()) {
        // `none` is what somebody typed in or chose from his bookmarks.
        Some(b"same-origin" | b"none") => return None,
        Some(_) => return Some(origin.map_or_else(|| "not named".to_owned(), |origin| origin.into_owned())),
        None => {}
    }
    let origin = origin?;
    let host = text(&header::HOST).or(authority).unwrap_or_default();
    let named = origin.split_once("://").map_or("", |(_, named)| named);
    let same = !named.is_empty() && without_port(named).eq_ignore_ascii_case(without_port(host));
    (!same).then(|| origin.into_owned())
}

/// A host without the port that a URL need not name.
fn without_port(host: &str) -> &str {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
}

/// The refusal, as a page for people and as a line for scripts.
fn told(headers: &HeaderMap) -> Response {
    let lang = if accepts_japanese(headers) { Lang::Ja } else { Lang::En };
    let wants_page =
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("text/html"));
    if !wants_page {
        return (StatusCode::FORBIDDEN, "A page of another origin must not send this.\n").into_response();
    }
    let title = lang.pick("他サイトからの送信は受け付けません", "Not from another site's page");
    let content = html! {
        h1 { (title) }
        p { (lang.pick(
            "この操作は、エミュレーター自身の画面からのみ行えます。お心当たりがなければ、直前に開いたページにご注意ください。",
            "This can be done from the emulator's own pages only. If you did not mean to, mind the page that you came from.",
        )) }
    };
    (StatusCode::FORBIDDEN, page(lang, title, None, content)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(pairs: &[(&'static str, &str)]) -> Option<String> {
        let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        foreign_sender(&headers.collect(), None)
    }

    #[test]
    fn browsers_say_whose_page_it_is_and_others_say_nothing() {
        let ours = ("host", "localhost:8443");
        for headers in [
            &[ours][..],
            &[ours, ("sec-fetch-site", "same-origin")],
            &[ours, ("sec-fetch-site", "none")],
            // Our own forms, where no referrer is sent.
            &[ours, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[ours, ("origin", "https://LOCALHOST:8443")],
            &[("host", "sandbox.example:443"), ("origin", "https://sandbox.example")],
        ] {
            assert_eq!(sender(headers), None, "{headers:?}");
        }
        for (headers, named) in [
            (&[ours, ("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")][..], "http://evil.example"),
            (&[ours, ("sec-fetch-site", "same-site")], "not named"),
            (&[ours, ("origin", "https://localhost:8442")], "https://localhost:8442"),
            (&[ours, ("origin", "null")], "null"),
            (&[ours, ("origin", "")], ""),
            (&[("origin", "https://")], "https://"),
        ] {
            assert_eq!(sender(headers).as_deref(), Some(named), "{headers:?}");
        }
    }
}
