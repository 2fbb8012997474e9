//! HTTP/1 over a connection that is open: forgiving to odd clients, bounded for rude ones.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::at_once::AtOnce;
use super::bodies::{Account, UnderWay, Watched};
use super::connections::{Limits, Slot, drain, stop};
use super::taken::TakenInTime;
use super::tls::Peer;
use super::written::{Flushing, Unwritten};

/// The application as one connection sees it.
pub(super) struct App {
    pub(super) router: axum::Router,
    pub(super) remote: SocketAddr,
    /// Absent on a plain connection.
    pub(super) peer: Option<Arc<Peer>>,
    pub(super) slot: Arc<Slot>,
    /// What it may send.
    pub(super) account: Arc<Account>,
    pub(super) unwritten: Arc<Unwritten>,
}

impl hyper::service::Service<Request<Incoming>> for App {
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(Arc::clone(peer));
        }
        request.extensions_mut().insert(ConnectInfo(self.remote));
        let slot = Arc::clone(&self.slot);
        slot.asks();
        let under_way = UnderWay::new(&self.account);
        let (head, body) = request.into_parts();
        let body = Watched::new(body, head.uri.path(), Arc::clone(&slot), Arc::clone(&self.account));
        let answering = tower_call(self.router.clone(), Request::from_parts(head, body));
        let unwritten = Arc::clone(&self.unwritten);
        Box::pin(async move {
            let answer = answering.await.map(|answer| under_way.answered(answer));
            slot.waits();
            answer.map(|answer| unwritten.watch(answer))
        })
    }
}

fn tower_call(
    router: axum::Router,
    request: Request<Watched>,
) -> impl Future<Output = Result<Response<axum::body::Body>, Infallible>> + Send {
    let service = hyper_util::service::TowerToHyperService::new(router);
    hyper::service::Service::call(&service, request)
}

/// Answers the requests of one connection until either side has had enough.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    app: App,
    limits: &Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let slot = Arc::clone(&app.slot);
    let drained = app.account.drained();
    let stream = TakenInTime::new(stream, limits.write_timeout);
    let stream = Flushing { stream, unwritten: Arc::clone(&app.unwritten) };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle_timeout.max(limits.header_timeout))
        .max_header_size(limits.max_header_bytes)
        // Smaller ones are not allowed by the library.
        .max_buf_size(limits.max_header_bytes.max(8192))
        // Some clients put a header line on the wire that has no colon.
        .ignore_invalid_headers(true)
        .half_close(true)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), app);

    let first_head = tokio::time::sleep(limits.header_timeout);
    tokio::pin!(first_head);
    let at_once = AtOnce::new();
    let (mut in_time, mut stopping) = (false, false);
    let done = loop {
        tokio::select! {
            done = poll_fn(|context| at_once.poll(context, |context| connection.poll_without_shutdown(context))) => break done,
            () = &mut first_head, if !in_time => {
                in_time = slot.has_asked();
                if !in_time {
                    tracing::debug!("a connection's first request did not arrive in time");
                    return;
                }
            }
            () = stop(&mut stopped), if !stopping => {
                if !slot.has_asked() {
                    return;
                }
                stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a connection ended early");
    }
    let mut stream = connection.into_parts().io.into_inner().stream;
    if stream.shutdown().await.is_ok() {
        drain(&mut stream, drained).await;
    }
}
