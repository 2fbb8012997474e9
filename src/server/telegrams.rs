//! The door for telegrams: `POST /n/…` with a client certificate, `POST /s/…` with a hash.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::error::Elapsed;

use crate::gateway::{Gateway, Incoming};
use crate::payment::Refusal;
use crate::server::tls::{ClientAuth, ClientCertificate, Peer};
use crate::server::{Door, foreign};

/// 10 MiB of file data (kind 200) and a little: the greatest telegram that clients send.
const BODY_LIMIT: usize = 12 * 1024 * 1024;
/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers whatever is sent to a path of telegrams; business errors have HTTP status 200 too.
pub(super) async fn telegram(
    State(door): State<Door>,
    peer: Option<Extension<Arc<Peer>>>,
    request: Request,
) -> Response {
    if request.method() != Method::POST {
        let body = "Telegrams are sent by POST.\n";
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], body).into_response();
    }
    if let Some(refusal) = foreign::refuse(&door.gateway, &request) {
        return refusal;
    }
    let uri = request.uri().clone();
    let host = request.headers().get(header::HOST).cloned();
    let peer = peer.map(|Extension(peer)| peer);
    let read = in_time(to_bytes(request.into_body(), BODY_LIMIT)).await;
    let (body, admission) = match read {
        Ok(Ok(body)) => (body, admission(&door, uri.path(), peer.as_deref())),
        Ok(Err(_)) => {
            let rule = format!("the body is cut off or larger than {BODY_LIMIT} bytes");
            (Default::default(), Err(Refusal::new("P009", rule)))
        }
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.\n").into_response(),
    };
    let incoming = Incoming {
        path: uri.path(),
        query: uri.query(),
        host: host.as_ref().and_then(|host| host.to_str().ok()),
        body: &body,
        remote: peer.as_ref().map(|peer| peer.remote),
        admission,
    };
    answer(&door.gateway, &incoming).await
}

/// Waits for a body, but not for ever. It has nearly always come with the head, and is there at the second look; a
/// timer is only set when it is not.
async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut reading = pin!(reading);
    let mut looks = 0;
    let early = poll_fn(|context| match reading.as_mut().poll(context) {
        Poll::Ready(read) => Poll::Ready(Some(read)),
        Poll::Pending if looks == 0 => {
            looks += 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
        Poll::Pending => Poll::Ready(None),
    });
    match early.await {
        Some(read) => Ok(read),
        None => tokio::time::timeout(BODY_TIMEOUT, reading).await,
    }
}

async fn answer(gateway: &Arc<Gateway>, incoming: &Incoming<'_>) -> Response {
    let outgoing = gateway.telegram(incoming).await;
    let mut response = Response::new(Body::from(outgoing.body));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(outgoing.content_type));
    response
}

/// P016 unless the connection's client certificate may send telegrams to this path.
fn admission(door: &Door, path: &str, peer: Option<&Peer>) -> Result<(), Refusal> {
    if door.client_auth == ClientAuth::Off || path.starts_with("/s/") {
        return Ok(());
    }
    let refuse = |rule: String| Err(Refusal::new("P016", rule));
    match peer.map(|peer| &peer.certificate) {
        Some(ClientCertificate::Accepted { .. }) => Ok(()),
        Some(ClientCertificate::Refused { subject, reason, remedy }) => {
            refuse(format!("the client certificate {subject} is refused: {reason}; {remedy}"))
        }
        Some(ClientCertificate::Absent) | None => refuse(
            "no client certificate was presented; give the client DATA_DIR/pki/client.pem or client.p12 \
             (passphrase changeit), or start with --client-auth off"
                .to_owned(),
        ),
    }
}
