//! URLs that somebody is sent to, or that we call: settings of merchants, and what telegrams bring.

use std::net::Ipv6Addr;

use crate::text::Text;

/// The parts of a URL that matter to whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebUrl<'a> {
    /// Whether it is `https`.
    pub secure: bool,
    /// The host, an IPv6 address without its brackets.
    pub host: &'a str,
    /// The port, that of the scheme when the URL names none.
    pub port: u16,
    /// Host and port as they are written; a user and password before them are left out.
    pub authority: &'a str,
}

impl WebUrl<'_> {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// The rule that it breaks, to follow the name of what holds it: "must …", 「は…」.
    pub fn parse(url: &str) -> Result<WebUrl<'_>, Text> {
        const SCHEME: Text =
            Text::fixed("は http:// または https:// で始まる必要があります。", "must start with http:// or https://");
        const HOST: Text = Text::fixed(
            "は http:// または https:// の後にホスト名が必要です。",
            "must name a host after http:// or https://",
        );
        const PORT: Text = Text::fixed(
            "のポート番号は 1～65535 で指定するか、省略してください。",
            "must name a port from 1 to 65535, or none",
        );
        let (scheme, rest) = url.split_once("://").ok_or(SCHEME)?;
        let secure = scheme.eq_ignore_ascii_case("https");
        if !secure && !scheme.eq_ignore_ascii_case("http") {
            return Err(SCHEME);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = match authority.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(Some((host, port))) if host.parse::<Ipv6Addr>().is_ok() => (host, port),
            Some(_) => return Err(HOST),
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let is_name = |host: &str| {
            let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b':');
            !host.is_empty() && !host.starts_with('.') && host.bytes().all(part)
        };
        if !is_name(host) {
            return Err(HOST);
        }
        let port = match port.strip_prefix(':') {
            None if !port.is_empty() => return Err(HOST),
            None | Some("") => {
                if secure {
                    443
                } else {
                    80
                }
            }
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port > 0).ok_or(PORT)?
            }
            Some(_) => return Err(PORT),
        };
        Ok(WebUrl { secure, host, port, authority })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_url_are_told() {
        for (url, secure, host, port) in [
            ("http://localhost", false, "localhost", 80),
            ("HTTPS://shop.example/notice?a=b", true, "shop.example", 443),
            ("http://127.0.0.1:8080/x", false, "127.0.0.1", 8080),
            ("http://user:pass@my_shop:65535", false, "my_shop", 65535),
            ("https://[::1]:8443/", true, "::1", 8443),
            ("https://[2001:db8::1]", true, "2001:db8::1", 443),
            ("http://host.docker.internal:/x", false, "host.docker.internal", 80),
            ("http://shop?q=http://evil:0/", false, "shop", 80),
        ] {
            let parsed = WebUrl::parse(url).unwrap();
            assert_eq!((parsed.secure, parsed.host, parsed.port), (secure, host, port), "{url}");
        }
        assert_eq!(WebUrl::parse("http://u@h:1/x").unwrap().authority, "h:1");
    }

    #[test]
    fn what_nobody_can_call_is_no_url() {
        for (url, rule) in [
            ("", "start"),
            ("localhost", "start"),
            ("ftp://localhost/", "start"),
            ("javascript:alert(1)//://x", "start"),
            ("http:///path", "host"),
            ("http://", "host"),
            ("http://:80/", "host"),
            ("http://a b/", "host"),
            ("http://evil\r\n.example/", "host"),
            ("http://[::1/", "host"),
            ("http://[localhost]/", "host"),
            ("http://[::1]x/", "host"),
            ("http://127.0.0.1:99999/", "port"),
            ("http://127.0.0.1:65536", "port"),
            ("http://127.0.0.1:0/", "port"),
            ("http://127.0.0.1:-1/", "port"),
            ("http://127.0.0.1:+80/", "port"),
            ("http://shop:http/", "port"),
        ] {
            let told = WebUrl::parse(url).expect_err(url);
            assert!(told.english.contains(rule), "{url}: {told}");
        }
    }
}
