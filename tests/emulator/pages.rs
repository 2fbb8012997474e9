//! Asking for pages as a browser does, without a client certificate.

use crate::harness::{Emulator, Response, form};
use paygent_emulator::internal::wire::Charset;

/// An answer to a browser.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where the browser is sent; empty when it stays.
    pub(crate) location: String,
    pub(crate) text: String,
    pub(crate) policy: String,
}

impl Page {
    /// The first link whose text this is.
    pub(crate) fn link(&self, text: &str) -> String {
        self.of_link(text, "href")
    }

    /// Follows a link to somewhere else, as far as we hear of it: the browser sends the link's ping.
    pub(crate) fn leave_by(&self, emulator: &Emulator, text: &str) -> String {
        let left = ask(emulator, "POST", &self.of_link(text, "ping"), "PING");
        assert_eq!(left.status, 204, "{}", left.text);
        self.link(text)
    }

    fn of_link(&self, text: &str, attribute: &str) -> String {
        let shown = [format!(">{text}</a>"), format!(">{text}</span></a>")];
        let end = shown.iter().find_map(|shown| self.text.find(shown));
        let end = end.unwrap_or_else(|| panic!("no link {text} in {}", self.text));
        let start = self.text[..end].rfind(&format!(" {attribute}=\"")).unwrap() + attribute.len() + 3;
        self.text[start..].split('"').next().unwrap().replace("&amp;", "&")
    }
}

/// Opens a URL of the emulator's; a path will do.
pub(crate) fn get(emulator: &Emulator, url: &str) -> Page {
    ask(emulator, "GET", url, "")
}

/// Sends a form.
pub(crate) fn post(emulator: &Emulator, url: &str, fields: &[(&str, &str)]) -> Page {
    ask(emulator, "POST", url, &form(fields, Charset::Utf8))
}

pub(crate) fn ask(emulator: &Emulator, method: &str, url: &str, body: &str) -> Page {
    let path = url.strip_prefix("https://localhost").unwrap_or(url);
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let response = Response::parse(&emulator.exchange_without_certificate(request.as_bytes()));
    let header = |name: &str| {
        let line = response.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        line.map_or_else(String::new, |line| line[name.len() + 2..].to_owned())
    };
    Page {
        status: response.status,
        location: header("location"),
        policy: header("content-security-policy"),
        text: String::from_utf8(response.body).unwrap(),
    }
}
