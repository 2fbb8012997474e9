//! Telling when an answer was written to its socket: the notices that it holds wait for that.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::gateway::UntilWritten;

/// An answer that holds notices until it is written.
pub(super) fn hold(mut response: Response, held: UntilWritten) -> Response {
    response.extensions_mut().insert(Arc::new(held));
    response
}

/// What the answers of one connection hold that were handed over whole and may not be on the wire yet. All of it goes
/// when the connection does.
#[derive(Default)]
pub(super) struct Unwritten {
    any: AtomicBool,
    held: Mutex<Vec<Arc<UntilWritten>>>,
}

impl Unwritten {
    /// The same answer, which lets go of what it holds when all of it was written.
    pub(super) fn watch(self: &Arc<Self>, mut response: Response) -> Response {
        match response.extensions_mut().remove::<Arc<UntilWritten>>() {
            None => response,
            Some(held) => {
                response.map(|body| Body::new(Watched { body, held: Some(held), unwritten: Arc::clone(self) }))
            }
        }
    }

    fn add(&self, held: Arc<UntilWritten>) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(held);
        self.any.store(true, Ordering::Release);
    }

    /// All that was handed over is on the wire.
    fn flushed(&self) {
        // Looked at after every answer, and nearly always false.
        if self.any.load(Ordering::Acquire) {
            self.any.store(false, Ordering::Release);
            let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
            drop(held);
        }
    }
}

/// The body of an answer that holds notices. Once it was read to its end it is dropped, and only the connection's buffers
/// still have to be flushed.
struct Watched {
    body: Body,
    held: Option<Arc<UntilWritten>>,
    unwritten: Arc<Unwritten>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            self.unwritten.add(held);
        }
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that tells when it was flushed.
pub(super) struct Flushing<S> {
    pub(super) stream: S,
    pub(super) unwritten: Arc<Unwritten>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Flushing<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Flushing<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.unwritten.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::gateway::Gateway;
    use crate::ledger::{MemoryLedger, NextPush};
    use crate::merchant::{MerchantId, Merchants};
    use crate::method::{Outcome, atm};
    use crate::payment::{PaymentId, Status, Trigger};
    use crate::secret::Secret;
    use crate::wire::Reply;

    /// A gateway whose merchant has a payment that a hosted page has made, with a notice that is held for the browser.
    async fn gateway() -> (Arc<Gateway>, PaymentId) {
        let mut gateway = Gateway::new(Merchants::open_door(), Box::new(MemoryLedger::default()), Secret::new([7; 32]));
        gateway.notice_delay = Duration::ZERO;
        let gateway = Arc::new(gateway);
        let mut merchant = (*gateway.merchants.all()[0]).clone();
        merchant.notification_url = "http://localhost/".to_owned();
        gateway.put_merchant(merchant.clone());
        let made = gateway.perform(&merchant, Trigger::Shopper, |desk| {
            let mut change = desk.create(&atm::TABLE, Status(10), None, 100)?;
            change.enter(&atm::TABLE, Trigger::Tool, Status(40), desk.now)?;
            Ok::<_, crate::payment::Refusal>(Outcome::changing(vec![change], Reply::ok()))
        });
        let payment_id = made.await.unwritten().unwrap().payment_ids[0];
        (gateway, payment_id)
    }

    fn is_held(gateway: &Gateway) -> bool {
        let merchant_id: MerchantId = gateway.merchants.all()[0].merchant_id.clone();
        matches!(gateway.ledger.next_to_push(&merchant_id, crate::clock::real_now()), NextPush::At(_))
    }

    /// A connection that takes 64 bytes at a time, over which a page is asked for that lets the buyer go; the page is long.
    async fn asked(gateway: &Arc<Gateway>, payment_id: PaymentId) -> (DuplexStream, JoinHandle<()>) {
        let (mut browser, stream) = tokio::io::duplex(64);
        let unwritten = Arc::new(Unwritten::default());
        let gateway = Arc::clone(gateway);
        let serving = tokio::spawn(async move {
            let stream = Flushing { stream, unwritten: Arc::clone(&unwritten) };
            let serve = service_fn(move |_| {
                let merchant = gateway.merchants.all()[0].clone();
                let answer =
                    hold(Response::new(Body::from("x".repeat(1000))), gateway.buyer_leaves(&merchant, &[payment_id]));
                let answer = unwritten.watch(answer);
                async move { Ok::<_, Infallible>(answer) }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
        });
        browser.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        (browser, serving)
    }

    #[tokio::test]
    async fn notices_are_held_until_the_last_byte_of_the_answer_is_written() {
        let (gateway, payment_id) = gateway().await;
        let (mut browser, serving) = asked(&gateway, payment_id).await;
        let mut read = vec![0; 900];
        browser.read_exact(&mut read).await.unwrap();
        assert!(is_held(&gateway), "some of it is still on its way");
        let text = String::from_utf8(read).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-length: 1000"), "{head}");
        let mut rest = vec![0; 1000 - body.len()];
        browser.read_exact(&mut rest).await.unwrap();
        drop(browser);
        serving.await.unwrap();
        assert!(!is_held(&gateway));
    }

    #[tokio::test]
    async fn a_lost_connection_lets_go_of_what_its_answers_hold() {
        let (gateway, payment_id) = gateway().await;
        let (mut browser, serving) = asked(&gateway, payment_id).await;
        browser.read_exact(&mut [0; 100]).await.unwrap();
        assert!(is_held(&gateway));
        drop(browser);
        serving.await.unwrap();
        assert!(!is_held(&gateway));
    }
}
