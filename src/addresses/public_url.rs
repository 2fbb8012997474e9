//! Where a browser finds us, when whoever starts us knows better than we do.

use std::fmt;
use std::str::FromStr;

use hyper::http::uri::{Scheme, Uri};
use rustls_pki_types::ServerName;

/// A URL such as `https://shop.test:8443`: HTTPS, a host, perhaps a port, no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: String,
    port: u16,
}

impl PublicUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port, 443 unless it names another.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is no [`PublicUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} {reason}; give scheme, host and port alone, such as https://localhost:8443")]
pub struct PublicUrlError {
    text: String,
    reason: &'static str,
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<PublicUrl, PublicUrlError> {
        let bad = |reason| PublicUrlError { text: text.to_owned(), reason };
        let uri: Uri = text.parse().map_err(|_| bad("is not a URL"))?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(bad("does not begin with https://"));
        }
        let authority = uri.authority().ok_or_else(|| bad("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("names a user"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(bad("has a path"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        ServerName::try_from(host.as_str()).map_err(|_| bad("names no host that a certificate can name"))?;
        let port = super::port(authority).ok_or_else(|| bad("has no good port"))?;
        Ok(PublicUrl { text: super::https(&host, port), host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_a_browser_opens_is_kept_in_one_shape() {
        for (given, kept) in [
            ("https://localhost:18443", "https://localhost:18443"),
            ("https://Shop.Test/", "https://shop.test"),
            ("https://shop.test:443", "https://shop.test"),
            ("https://10.1.2.3:8443", "https://10.1.2.3:8443"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
            ("https://[2001:db8::7]", "https://[2001:db8::7]"),
        ] {
            assert_eq!(given.parse::<PublicUrl>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "",
            "localhost:8443",
            "http://localhost:8443",
            "https://",
            "https:///x",
            "https://shop.test/paygent",
            "https://shop.test/?a=b",
            "https://shop.test/#top",
            "https://me@shop.test/",
            "https://shop.test:0",
            "https://shop.test:99999",
            "https://a b/",
            "https://\"><script>/",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
