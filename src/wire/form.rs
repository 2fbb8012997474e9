//! Form-encoded parameters as bytes: what they say in characters depends on the telegram's charset.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::wire::catalog::{NameId, catalog};

/// The parameters of a request, percent-decoded, not yet in any charset.
///
/// The query string counts before the body, and of two parameters with one name the first counts, as in
/// the servlet containers that the gateway's clients were written against.
#[derive(Debug, Default)]
pub struct Form<'a> {
    pairs: Vec<Pair<'a>>,
    /// The numbers of the names, as far as any telegram has them.
    ids: SmallVec<[Option<NameId>; 16]>,
}

type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl<'a> Form<'a> {
    /// Reads a query string and a body. A broken percent sign stands for itself.
    pub fn read(query: Option<&'a str>, body: &'a [u8]) -> Form<'a> {
        let query = query.unwrap_or_default().as_bytes();
        let ends = |text: &[u8]| text.iter().filter(|byte| **byte == b'&').count() + 1;
        let mut pairs = Vec::with_capacity(ends(body) + if query.is_empty() { 0 } else { ends(query) });
        let given = [query, body]
            .into_iter()
            .flat_map(|text| text.split(|byte| *byte == b'&'))
            .map(|pair| pair.strip_suffix(b"\r\n").unwrap_or(pair))
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                (decode(&pair[..at]), decode(pair.get(at + 1..).unwrap_or_default()))
            });
        pairs.extend(given);
        let ids = pairs.iter().map(|(name, _)| catalog().name_id(name)).collect();
        Form { pairs, ids }
    }

    /// The value of a parameter; `None` when it is not there at all.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|(known, _)| **known == *name.as_bytes()).map(|(_, value)| &**value)
    }

    /// The same for a name of the catalog's.
    pub fn get_by_id(&self, id: NameId) -> Option<&[u8]> {
        self.ids.iter().position(|known| *known == Some(id)).map(|at| &*self.pairs[at].1)
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
        // Nearly always there are none, and names of different lengths are told apart at a glance.
        const FEW: usize = 32;
        let apart = |at: usize| self.pairs[..at].iter().all(|(known, _)| *known != self.pairs[at].0);
        if self.pairs.len() <= FEW && (0..self.pairs.len()).all(apart) {
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
}
