//! Who opens a page: the merchant of the URL, what the browser called us, the language.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

use crate::addresses::Called;
use crate::gateway::{Done, Gateway};
use crate::journal::{About, Entry};
use crate::merchant::{Merchant, MerchantId};
use crate::method::{Desk, Outcome};
use crate::payment::{Refusal, Trigger};
use crate::server::called::CalledAs;
use crate::server::shopper::layout::page;
use crate::text::Lang;

/// The parameters of a page's URL or form, and what the browser called us.
pub(super) struct Visitor {
    values: HashMap<String, String>,
    path: String,
    called: CalledAs,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Visitor, Self::Rejection> {
        let values = Query::from_request_parts(parts, state).await.map(|Query(values)| values).unwrap_or_default();
        Ok(Visitor {
            values,
            path: parts.uri.path().to_owned(),
            called: CalledAs::of(&parts.headers, &parts.extensions),
        })
    }
}

impl Visitor {
    /// The same with the values of a form, which count before those of the URL.
    #[must_use]
    pub(super) fn with_form(mut self, form: HashMap<String, String>) -> Visitor {
        self.values.extend(form);
        self
    }

    /// A parameter; empty when it is not given.
    pub(super) fn get(&self, name: &str) -> &str {
        self.values.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The language: Japanese unless `lang=en` is asked for.
    pub(super) fn lang(&self) -> Lang {
        if self.get("lang") == "en" { Lang::En } else { Lang::Ja }
    }

    /// What the browser called us.
    pub(super) fn called(&self) -> Called<'_> {
        self.called.called()
    }

    /// The merchant of the URL.
    pub(super) fn merchant(&self, gateway: &Gateway) -> Option<Arc<Merchant>> {
        gateway.merchants.get(&MerchantId::new(self.get("mid")))
    }

    /// Writes down that the visitor opened a page that changes nothing, or why it was refused.
    pub(super) fn opened(&self, gateway: &Gateway, merchant: &Merchant, name: &'static str, refusal: Option<&Refusal>) {
        gateway.journal.add(Entry {
            merchant_id: Some(merchant.merchant_id.clone()),
            refusal: refusal.cloned(),
            ..Entry::new(About::Page(name.into()), gateway.clock.now(&merchant.merchant_id), &self.path)
        });
    }

    /// Does what the visitor pressed on a page, and writes it down under the page's name.
    pub(super) async fn perform(
        &self,
        gateway: &Arc<Gateway>,
        merchant: &Merchant,
        name: &'static str,
        decide: impl Fn(&Desk<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Done, Refusal> {
        let receipt = gateway.perform_for(merchant, Trigger::Shopper, self.called(), decide).await;
        receipt.enter(About::Page(name.into()), &self.path, |_, _| {})
    }
}

/// The page for a URL that leads nowhere.
pub(super) fn not_found(lang: Lang) -> Response {
    let title = lang.pick("ページが見つかりません", "Page not found");
    let content = html! {
        h1 { (title) }
        p { (lang.pick("URLが正しくないか、お取引が見つかりません。", "The URL is wrong, or there is no such deal.")) }
    };
    (StatusCode::NOT_FOUND, page(lang, title, None, content)).into_response()
}

/// Sends the browser elsewhere with a GET.
pub(super) fn go(url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => (StatusCode::BAD_GATEWAY, "The shop's URL cannot be used in a redirect.\n").into_response(),
    }
}

/// A URL that may stand in a link of ours.
pub(super) fn safe_url(url: &str) -> Option<&str> {
    Some(url).filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

/// An amount with commas: `1,000`.
pub(super) fn with_commas(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount in yen, in the page's language.
pub(super) fn yen(lang: Lang, amount: u64) -> String {
    let amount = with_commas(amount);
    if lang == Lang::Ja { format!("{amount}円") } else { format!("{amount} yen") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_three() {
        for (amount, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(with_commas(amount), text);
        }
    }

    #[test]
    fn scripts_are_no_links() {
        assert_eq!(safe_url("javascript:alert(1)"), None);
        assert_eq!(safe_url("https://shop/"), Some("https://shop/"));
    }
}
