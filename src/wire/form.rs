//! Form-encoded parameters as bytes: what they say in characters depends on the telegram's charset.

use std::borrow::Cow;

use memchr::{memchr_iter, memchr2, memrchr};
use smallvec::SmallVec;

use crate::wire::catalog::{NameId, NameSet, catalog};

/// The parameters of a request, percent-decoded, not yet in any charset.
///
/// The query string counts before the body, and of two parameters with one name the first counts, as in
/// the servlet containers that the gateway's clients were written against.
#[derive(Debug, Default)]
pub struct Form<'a> {
    pairs: Vec<Pair<'a>>,
    /// The numbers of the names, as far as any telegram has them.
    ids: SmallVec<[Option<NameId>; 16]>,
    /// All these numbers: most fields that are looked for are not there.
    given: NameSet,
}

type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl<'a> Form<'a> {
    /// Reads a query string and a body. A broken percent sign stands for itself.
    pub fn read(query: Option<&'a str>, body: &'a [u8]) -> Form<'a> {
        let mut form = Form { pairs: Vec::with_capacity(16), ..Form::default() };
        for text in [query.unwrap_or_default().as_bytes(), body] {
            let encoded = memchr2(b'%', b'+', text).is_some();
            let decode = |part| if encoded { decode(part) } else { Cow::Borrowed(part) };
            for pair in text.split(|byte| *byte == b'&') {
                let pair = pair.strip_suffix(b"\r\n").unwrap_or(pair);
                if !pair.is_empty() {
                    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                    form.push(decode(&pair[..at]), decode(pair.get(at + 1..).unwrap_or_default()));
                }
            }
        }
        form
    }

    /// How many parameters a query string and a body have at most; nothing else of them is looked at.
    pub fn count(query: Option<&str>, body: &[u8]) -> usize {
        let count = |text: &[u8]| if text.is_empty() { 0 } else { memchr_iter(b'&', text).count() + 1 };
        count(query.unwrap_or_default().as_bytes()) + count(body)
    }

    /// Reads only the first parameters, of a few kilobytes: enough to see what was sent.
    pub fn beginning(query: Option<&'a str>, body: &'a [u8]) -> Form<'a> {
        const SHOWN: usize = 2048;
        let text = query.map(str::as_bytes).filter(|query| !query.is_empty()).unwrap_or(body);
        let whole = match text.get(..SHOWN) {
            None => text,
            // What is cut in two could not be masked.
            Some(text) => &text[..memrchr(b'&', text).unwrap_or_default()],
        };
        Form::read(None, whole)
    }

    fn push(&mut self, name: Cow<'a, [u8]>, value: Cow<'a, [u8]>) {
        let id = catalog().name_id(&name);
        if let Some(id) = id {
            self.given.put(id);
        }
        self.ids.push(id);
        self.pairs.push((name, value));
    }

    /// The value of a parameter; `None` when it is not there at all.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|(known, _)| **known == *name.as_bytes()).map(|(_, value)| &**value)
    }

    /// A parameter's value as UTF-8, with U+FFFD for what is not; empty when it is not there.
    pub fn text(&self, name: &str) -> Cow<'_, str> {
        let value = self.get(name).unwrap_or_default();
        std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed)
    }

    /// The value of a parameter with a name of the catalog's; `None` when it is not there at all.
    pub fn get_by_id(&self, id: NameId) -> Option<&[u8]> {
        let at = self.given.has(id).then(|| self.ids.iter().position(|known| *known == Some(id)))??;
        Some(&self.pairs[at].1)
    }

    /// The numbers of all parameters' names, in the order in which they came.
    pub fn ids(&self) -> &[Option<NameId>] {
        &self.ids
    }

    /// All parameters, in the order in which they came.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Names that stand more than once.
    pub fn repeated(&self) -> Vec<String> {
        // Nearly always there are none.
        let mut seen = NameSet::default();
        if self.ids.iter().all(|id| id.is_some_and(|id| seen.put(id))) {
            return Vec::new();
        }
        let mut names: Vec<&[u8]> = self.pairs().map(|(name, _)| name).collect();
        names.sort_unstable();
        let mut repeated: Vec<&[u8]> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        repeated.dedup();
        repeated.into_iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_encoding::percent_decode(&spaced).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_body_are_merged_and_bytes_kept() {
        let form = Form::read(Some("a=1&b=%95%5C"), b"a=2&c=x+y%zz&d&&=e\r\n");
        assert_eq!(form.get("a"), Some(&b"1"[..]));
        assert_eq!(form.get("b"), Some(&b"\x95\x5c"[..]));
        assert_eq!(form.get("c"), Some(&b"x y%zz"[..]));
        assert_eq!(form.get("d"), Some(&b""[..]));
        assert_eq!(form.get("e"), None);
        assert_eq!(form.repeated(), ["a"]);
    }

    #[test]
    fn parameters_are_counted_without_being_read_and_shown_without_being_cut() {
        assert_eq!(Form::count(None, b""), 0);
        assert_eq!(Form::count(Some("a=1&b"), b"c=2"), 3);
        assert_eq!(Form::beginning(Some("a=1"), b"b=2").pairs().count(), 1);
        let long = format!("{}card_number=4900000000000000", "a=1&".repeat(510));
        let shown = Form::beginning(None, long.as_bytes());
        assert_eq!((shown.get("a"), shown.get("card_number")), (Some(&b"1"[..]), None));
    }
}
