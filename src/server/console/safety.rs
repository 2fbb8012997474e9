//! Who may use the console: browsers that were not led here by a foreign page, and whoever knows the token, if there is one.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::extract::{ConnectInfo, Form, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::html;
use serde::Deserialize;

use crate::server::api::Problem;
use crate::server::api::for_reader;
use crate::server::console::Console;
use crate::server::console::layout::{Section, View, cookie};
use crate::server::language;
use crate::text::text;

/// Nothing but our own files; no inline script or style.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The cookie that holds the token.
const COOKIE: &str = "paygent_console_token";

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/login", get(ask).post(login))
}

/// Refuses foreign hosts, foreign origins and strangers; adds the headers that keep pages to themselves.
pub(super) async fn guard(State(console): State<Console>, request: Request, next: Next) -> Response {
    let lang = language::preferred(request.headers());
    let mut response = match judge(&console, &request) {
        None => next.run(request).await,
        Some(refusal) => refusal,
    };
    for_reader(lang, &mut response);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`, with which browsers send `Origin: null` along with our own forms.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The answer to a request that may not pass; `None` for one that may.
fn judge(console: &Console, request: &Request) -> Option<Response> {
    let settings = &*console.settings;
    let headers = request.headers();
    let host = text(headers, header::HOST).or_else(|| request.uri().authority().map(|host| host.as_str()));
    if let Some(host) = host.filter(|host| !is_ours(host, &settings.hosts)) {
        let detail = text!(
            "{host} はこのコンソールのホスト名ではありません。localhost かIPアドレスを使用するか、--console-host {name} を付けて\
             起動してください。",
            "{host} is not a name of this console; use localhost or an address, or start with --console-host {name}",
            host = host,
            name = host_name(host)
        );
        return Some(Problem::new(StatusCode::FORBIDDEN, detail).into_response());
    }
    if let Some(origin) = text(headers, header::ORIGIN)
        && origin.split_once("://").map(|(_, authority)| authority) != host
    {
        let detail = text!(
            "{origin} のページからの要求は受け付けません。コンソールの画面から操作してください。",
            "requests of pages from {origin} are refused; only the console's own pages may send them",
            origin = origin
        );
        return Some(Problem::new(StatusCode::FORBIDDEN, detail).into_response());
    }
    // A link on a foreign page may lead here; nothing else of a foreign page may.
    let is_link = *request.method() == Method::GET
        && headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document");
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") && !is_link {
        let detail = text!(
            "他サイトのページからの要求は受け付けません。コンソールの画面から操作してください。",
            "requests of foreign pages are refused; only the console's own pages may send them"
        );
        return Some(Problem::new(StatusCode::FORBIDDEN, detail).into_response());
    }
    let token = settings.token.as_ref().filter(|_| request.uri().path() != "/login")?;
    let remote = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let remote = remote.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(remote)| remote.ip());
    let mut given = bearer(headers).map(str::to_owned).into_iter().chain(cookie(headers, COOKIE)).peekable();
    if given.peek().is_none() {
        return Some(stranger(request));
    }
    for given in given {
        match console.guesses.judge(remote, &given, token, Instant::now()) {
            Some(true) => return None,
            Some(false) => {}
            None => return Some(too_often()),
        }
    }
    Some(stranger(request))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Whether a `Host` cannot be the name that somebody else's page has: an address, `localhost`, a name without a dot
/// (such as that of a container), or one that was allowed by a flag. A page that rebinds its own name to our address
/// has a name with a dot.
fn is_ours(host: &str, allowed: &[String]) -> bool {
    let name = host_name(host);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || name.to_ascii_lowercase().ends_with(".localhost")
        || name.eq_ignore_ascii_case("host.docker.internal")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// The token of `Authorization: Bearer`; the scheme's name may be written in any case (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_matches(' '))
}

fn too_often() -> Response {
    let detail = text!(
        "コンソールトークンの誤りが続いています。1秒待ってから再度お試しください。",
        "too many wrong guesses of the console's token; wait a second"
    );
    ([(header::RETRY_AFTER, "1")], Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)).into_response()
}

fn stranger(request: &Request) -> Response {
    let wants_page = request.method() == Method::GET
        && text(request.headers(), header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    if wants_page && !request.uri().path().starts_with("/api/v1/") {
        return Redirect::to("/login").into_response();
    }
    let detail = text!(
        "起動時に指定されたコンソールトークン (--console-token) が必要です: Authorization: Bearer TOKEN",
        "this console needs the token that it was started with (--console-token): Authorization: Bearer TOKEN"
    );
    let problem = Problem::new(StatusCode::UNAUTHORIZED, detail);
    ([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

#[derive(Deserialize)]
struct Asked {
    wrong: Option<String>,
}

/// The page that asks for the token.
async fn ask(view: View, Query(asked): Query<Asked>) -> Response {
    view.bare_page(Section::Start, view.pick("ログイン", "Sign in"), html! {
        form method="post" action="/login" .card.narrow {
            label for="token" { (view.pick("コンソールトークン (--console-token)", "Console token (--console-token)")) }
            input #token type="password" name="token" autocomplete="current-password" required;
            @match asked.wrong.as_deref() {
                None => {}
                Some("often") => p .bad role="alert" {
                    (view.pick("トークンの誤りが続いたため、一時的に受け付けていません。しばらくしてからもう一度お試しください。",
                        "Too many wrong tokens. Wait a moment and try again."))
                }
                Some(_) => p .bad role="alert" { (view.pick("トークンが違います。", "That is not the token.")) }
            }
            p { button { (view.pick("ログイン", "Sign in")) } }
        }
    })
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    token: String,
}

async fn login(
    State(console): State<Console>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    Form(login): Form<Login>,
) -> Response {
    let Some(token) = &console.settings.token else { return Redirect::to("/").into_response() };
    match console.guesses.judge(remote.ip(), &login.token, token, Instant::now()) {
        Some(true) => {
            let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", login.token);
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Some(false) => Redirect::to("/login?wrong=1").into_response(),
        None => Redirect::to("/login?wrong=often").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_can_rebind_are_ours() {
        for host in ["localhost:8444", "127.0.0.1:1", "[::1]:8444", "192.168.1.5", "paygent:8444", "a.localhost", "::1"]
        {
            assert!(is_ours(host, &[]), "{host}");
        }
        for host in ["evil.example:8444", "127.0.0.1.evil.example", "sandbox.paygent.co.jp"] {
            assert!(!is_ours(host, &[]), "{host}");
        }
        assert!(is_ours("pay.example:8444", &["PAY.example".to_owned()]));
    }
}
