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
        if self.any.swap(false, Ordering::AcqRel) {
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
