//! What a client called us, taken from a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};

use crate::addresses::Called;
use crate::server::tls::Peer;

/// What outlives a request of [`Called`].
#[derive(Clone, Debug, Default)]
pub(super) struct CalledAs {
    host: Option<HeaderValue>,
    peer: Option<Arc<Peer>>,
}

impl<S: Send + Sync> FromRequestParts<S> for CalledAs {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<CalledAs, Self::Rejection> {
        Ok(CalledAs::of(&parts.headers, &parts.extensions))
    }
}

impl CalledAs {
    /// What stands in the headers of a request and among what was learnt of its connection.
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions) -> CalledAs {
        CalledAs { host: headers.get(header::HOST).cloned(), peer: extensions.get::<Arc<Peer>>().cloned() }
    }

    /// The other side of the connection; nobody on a plain one.
    pub(super) fn peer(&self) -> Option<&Peer> {
        self.peer.as_deref()
    }

    /// The same, to be judged.
    pub(super) fn called(&self) -> Called<'_> {
        Called {
            host: self.host.as_ref().and_then(|host| host.to_str().ok()),
            server_name: self.peer.as_ref().and_then(|peer| peer.sni.as_deref()),
        }
    }
}
