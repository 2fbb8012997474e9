//! A telegram as it comes, from bytes that look like HTTP: a request line, headers, a blank line, a body.
//!
//! The recordings of real clients are inputs as they are.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Uri};

/// A request, however broken.
pub struct Raw<'a> {
    /// The path, in characters.
    pub path: String,
    /// The query string, in characters.
    pub query: Option<String>,
    headers: Vec<(&'a [u8], &'a [u8])>,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Reads bytes; anything is a request.
    pub fn read(bytes: &'a [u8]) -> Raw<'a> {
        // A recording's first line says which TLS it was.
        let bytes = match bytes.strip_prefix(b"--- ") {
            Some(_) => cut(bytes, b"\n").1,
            None => bytes,
        };
        let (line, mut rest) = cut(bytes, b"\r\n");
        let words: Vec<&[u8]> = line.splitn(3, |byte| *byte == b' ').collect();
        let target = words.get(1).copied().unwrap_or(b"/n/card/request");
        // What follows a # never comes as far as a server.
        let target = cut(target, b"#").0;
        let (path, query) = cut(target, b"?");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut headers = Vec::new();
        loop {
            let (line, after) = cut(rest, b"\r\n");
            rest = after;
            if line.is_empty() {
                break;
            }
            headers.push(cut(line, b":"));
        }
        let query = target.contains(&b'?').then(|| text(query));
        Raw { path: text(path), query, headers, body: rest }
    }

    /// The same for the door, if HTTP lets it through.
    pub fn http(&self) -> Option<Request<Body>> {
        let target = match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        };
        let uri: Uri = target.parse().ok().filter(|uri: &Uri| uri.path().starts_with('/'))?;
        let mut request = Request::post(uri).body(Body::from(self.body.to_vec())).ok()?;
        for (name, value) in &self.headers {
            let (name, value) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii()));
            request.headers_mut().append(name.ok()?, value.ok()?);
        }
        Some(request)
    }
}

/// What is before and after the first of these bytes; all and nothing when they are not there.
fn cut<'a>(bytes: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    match bytes.windows(at.len()).position(|part| part == at) {
        Some(place) => (&bytes[..place], &bytes[place + at.len()..]),
        None => (bytes, b""),
    }
}
