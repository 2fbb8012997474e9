//! What a method's pages bring along, so that the doors need not know them by name.

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use crate::payment::PaymentType;
use crate::server::Door;
use crate::server::shopper::PAGES;
use crate::server::shopper::link::Visit;

/// The pages of a method, or a part of them.
pub(super) struct Pages {
    /// The pages themselves.
    pub(super) routes: fn() -> Router<Door>,
    /// Paths of theirs that lie under those of telegrams.
    pub(super) under_telegrams: &'static [&'static str],
    /// Where shops' pages send buyers' browsers with a form or a script, each a path or, with a slash at its end, all below.
    pub(super) from_shops: &'static [&'static str],
    /// Whether shops on plain HTTP need them too.
    pub(super) on_plain_http: bool,
    /// The host that leads to them alone.
    pub(super) own_host: Option<OwnHost>,
    /// The page among those of the link type.
    pub(super) hosted: Option<Hosted>,
}

/// A host of the real service at which one script or page answers, whatever the path.
pub(super) struct OwnHost {
    /// Its name; it stands in `fixtures/hosts` too.
    pub(super) host: &'static str,
    /// The paths below which everything is as on other hosts.
    pub(super) but: &'static [&'static str],
    /// What answers.
    pub(super) answer: fn() -> Response,
}

/// The first page of a method for a buyer whom the link type brought here.
pub(super) struct Hosted {
    /// The payment type that is paid there.
    pub(super) payment_type: PaymentType,
    /// Its name in URLs.
    pub(super) step: &'static str,
    /// The page.
    pub(super) page: fn(&Visit) -> Response,
}

impl Pages {
    /// Pages that need nothing else.
    pub(super) const fn of(routes: fn() -> Router<Door>) -> Pages {
        Pages { routes, under_telegrams: &[], from_shops: &[], on_plain_http: false, own_host: None, hosted: None }
    }
}

/// All pages of shoppers and what they need.
pub(in crate::server) fn routes() -> Router<Door> {
    let common = Router::new().merge(super::layout::routes()).merge(super::leaving::routes());
    PAGES.iter().fold(common, |routes, pages| routes.merge((pages.routes)()))
}

/// What shops on plain HTTP need.
pub(in crate::server) fn plain_routes() -> Router<Door> {
    let plain = PAGES.iter().filter(|pages| pages.on_plain_http);
    plain.fold(Router::new(), |routes, pages| routes.merge((pages.routes)()))
}

/// What shoppers' pages need under the paths of telegrams.
pub(in crate::server) fn under_telegrams() -> impl Iterator<Item = &'static str> {
    PAGES.iter().flat_map(|pages| pages.under_telegrams).copied()
}

/// Whether shops' pages send buyers' browsers to this path with a form or a script.
pub(in crate::server) fn takes_from_shops(path: &str) -> bool {
    let mut open = PAGES.iter().flat_map(|pages| pages.from_shops);
    open.any(|open| if open.ends_with('/') { path.starts_with(open) } else { path == *open })
}

/// The page of a payment type among those of the link type.
pub(super) fn hosted(payment_type: PaymentType) -> Option<&'static Hosted> {
    PAGES.iter().filter_map(|pages| pages.hosted.as_ref()).find(|hosted| hosted.payment_type == payment_type)
}

/// Lets a host that leads to one thing alone lead there.
pub(in crate::server) async fn own_hosts(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(|| request.uri().authority().map(|authority| authority.as_str())).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let own = PAGES.iter().filter_map(|pages| pages.own_host.as_ref());
    let mut own = own.filter(|own| own.host.eq_ignore_ascii_case(host));
    match own.next().filter(|own| !own.but.iter().any(|below| path.starts_with(below))) {
        Some(own) => (own.answer)(),
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::hosts;
    use crate::method::METHODS;

    #[test]
    fn a_host_that_leads_to_pages_is_played() {
        for own in PAGES.iter().filter_map(|pages| pages.own_host.as_ref()) {
            assert_eq!(hosts::find_played(own.host), Some(own.host));
        }
    }

    #[test]
    fn what_the_link_type_offers_has_a_page() {
        let offered = METHODS.iter().filter_map(|method| method.description().hosted.as_ref());
        for offered in offered {
            assert!(hosted(offered.payment_type).is_some(), "{}", offered.payment_type);
        }
    }
}
