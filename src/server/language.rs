//! Which language somebody wants who says so in his request.

use axum::http::{HeaderMap, header};

use crate::text::Lang;

/// What `Accept-Language` prefers (RFC 9110, section 12.5.4): Japanese, or anything else, which is told in English;
/// `None` when it is not sent.
pub(super) fn preferred(headers: &HeaderMap) -> Option<Lang> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(&str, f32)> = None;
    for range in accepted.split(',') {
        let (language, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0);
        // Of equals the first counts.
        if best.is_none_or(|(_, heaviest)| weight > heaviest) {
            best = Some((language.trim(), weight));
        }
    }
    let japanese = |language: &str| language.get(..2).is_some_and(|primary| primary.eq_ignore_ascii_case("ja"));
    best.map(|(language, _)| if japanese(language) { Lang::Ja } else { Lang::En })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_counts() {
        for (accepted, lang) in [
            ("ja", Lang::Ja),
            ("JA-JP,en;q=0.9", Lang::Ja),
            ("en;q=0.8, ja", Lang::Ja),
            ("en,ja;q=0.9", Lang::En),
            ("de;q=0.5, ja;q=0.4", Lang::En),
            ("*", Lang::En),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(preferred(&headers), Some(lang), "{accepted}");
        }
        assert_eq!(preferred(&HeaderMap::new()), None);
    }
}
