//! The door for telegrams: `POST /n/…` with a client certificate, `POST /s/…` with a hash.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::gateway::Incoming;
use crate::payment::Refusal;
use crate::server::bodies::Trouble;
use crate::server::called::CalledAs;
use crate::server::tls::{ClientAuth, ClientCertificate, Peer};
use crate::server::{Door, foreign, written};
use crate::text::{Text, text};

/// Answers whatever is sent to a path of telegrams; business errors have HTTP status 200 too.
pub(super) async fn telegram(State(door): State<Door>, request: Request) -> Response {
    if request.method() != Method::POST {
        let body = "Telegrams are sent by POST.\n";
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], body).into_response();
    }
    if let Some(refusal) = foreign::refuse(&door.gateway, &request) {
        return refusal;
    }
    let uri = request.uri().clone();
    let called = CalledAs::of(request.headers(), request.extensions());
    let read = to_bytes(request.into_body(), usize::MAX).await;
    let admission = admission(&door, called.peer());
    let (body, admission, unread) = match read {
        Ok(body) => (body, admission, None),
        // P001 and P002 come before P016, so that a stranger's parameters are read too, few as they may be. Of a body
        // that was not read whole nothing can be said but that, and the certificate that would have let more in.
        Err(error) => match Trouble::of(&error) {
            trouble @ (Trouble::CutOff | Trouble::TooLarge(_)) => {
                let needed = if uri.path().starts_with("/s/") { Ok(()) } else { admission };
                (Bytes::new(), Ok(()), Some(unread(trouble, needed)))
            }
            trouble => return trouble.into_response(),
        },
    };
    let incoming = Incoming {
        path: uri.path(),
        query: uri.query(),
        called: called.called(),
        body: &body,
        remote: called.peer().map(|peer| peer.remote),
        admission,
    };
    let outgoing = match unread {
        None => door.gateway.telegram(&incoming).await,
        Some(refusal) => door.gateway.refuse(&incoming, refusal),
    };
    let mut response = Response::new(Body::from(outgoing.body));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(outgoing.content_type));
    match outgoing.held {
        Some(held) => written::hold(response, held),
        None => response,
    }
}

/// What is told of a telegram whose body was not read whole.
fn unread(trouble: Trouble, admission: Result<(), Refusal>) -> Refusal {
    match admission {
        Ok(()) => Refusal::new("P009", trouble.explanation()),
        Err(refusal) => {
            let (first, trouble) = (&refusal.explanation, trouble.explanation());
            let both = Text::filled(
                format!("{}{}", first.japanese, trouble.japanese),
                format!("{}; {}", first.english, trouble.english),
            );
            Refusal { explanation: both, ..refusal }
        }
    }
}

/// P016 unless the connection's client certificate may send telegrams.
fn admission(door: &Door, peer: Option<&Peer>) -> Result<(), Refusal> {
    if door.client_auth == ClientAuth::Off {
        return Ok(());
    }
    let refuse = |rule: Text| Err(Refusal::new("P016", rule));
    match peer.map(|peer| &peer.certificate) {
        Some(ClientCertificate::Accepted { .. }) => Ok(()),
        Some(ClientCertificate::Refused { subject, reason, remedy }) => refuse(Text::filled(
            format!("クライアント証明書 {subject} は受け付けられません。{}{}", reason.japanese, remedy.japanese),
            format!("the client certificate {subject} is refused: {reason}; {remedy}"),
        )),
        Some(ClientCertificate::Absent) | None => refuse(text!(
            "クライアント証明書が提示されていません。DATA_DIR/pki/client.pem または client.p12 (パスフレーズ changeit) を\
             クライアントに設定するか、--client-auth off で起動してください。",
            "no client certificate was presented; give the client DATA_DIR/pki/client.pem or client.p12 \
             (passphrase changeit), or start with --client-auth off"
        )),
    }
}
