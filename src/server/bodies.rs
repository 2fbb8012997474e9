//! Bodies of requests: how much of them is read, from whom, in which time.
//!
//! Whoever has not shown who he is pays before he costs: what a stranger sends is small, comes soon or not at all, and
//! all bodies together have one budget. The rules are the same on every door and for every page.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use super::connections::{DRAINED, Slot};
use super::limits::Limits;
use crate::text::Text;

/// The only path to which files are sent (kind 200).
const FILES: &str = "/n/o/requestdata";

/// Why a body was not read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The client closed the connection, or the body breaks the rules of HTTP.
    #[error("the body of the request is cut off")]
    CutOff,
    /// It is longer than this one may be.
    #[error("the body of the request is larger than {0} bytes")]
    TooLarge(usize),
    /// It did not come in time.
    #[error("the body of the request did not arrive in time")]
    Late,
    /// Other bodies use up the memory.
    #[error("too many bodies of requests are under way")]
    Full,
}

impl Trouble {
    /// The same for the journal.
    pub(super) fn explanation(self) -> Text {
        let japanese = match self {
            Trouble::CutOff => "リクエストボディが途中で切れています。".to_owned(),
            Trouble::TooLarge(most) => format!("リクエストボディが {most} バイトを超えています。"),
            Trouble::Late => "リクエストボディが時間内に届きませんでした。".to_owned(),
            Trouble::Full => "処理中のリクエストボディが多すぎます。".to_owned(),
        };
        Text::filled(japanese, self.to_string())
    }

    /// What made reading a body fail.
    pub(super) fn of(error: &(dyn std::error::Error + 'static)) -> Trouble {
        let told = std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref());
        told.copied().unwrap_or(Trouble::CutOff)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let text = format!("{self}.\n");
        match self {
            Trouble::CutOff => (StatusCode::BAD_REQUEST, text).into_response(),
            Trouble::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, text).into_response(),
            Trouble::Late => (StatusCode::REQUEST_TIMEOUT, text).into_response(),
            Trouble::Full => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], text).into_response(),
        }
    }
}

/// What one connection may send, and what it holds while one of its requests is under way.
#[derive(Debug)]
pub(super) struct Account {
    limits: Limits,
    /// Whether it showed a client certificate that is accepted, or needs none.
    trusted: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    trouble: Option<Trouble>,
}

impl Account {
    pub(super) fn new(limits: &Limits, trusted: bool) -> Arc<Account> {
        Arc::new(Account { limits: limits.clone(), trusted, state: Mutex::default() })
    }

    /// The most that is read of a body that is sent to a path.
    fn most(&self, path: &str) -> usize {
        match self.trusted {
            false => self.limits.stranger_body_bytes,
            true if path == FILES => self.limits.file_body_bytes,
            true => self.limits.body_bytes,
        }
    }

    /// How many bytes are read without being kept before the connection closes, so that the answer arrives. A client that
    /// we know may have sent a file that is too large, and hears so.
    pub(super) fn drained(&self) -> usize {
        if self.trusted { (2 * self.limits.file_body_bytes).max(DRAINED) } else { DRAINED }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way: until it is answered, or nobody waits for the answer any more, its body counts.
pub(super) struct UnderWay(Arc<Account>);

impl UnderWay {
    pub(super) fn new(account: &Arc<Account>) -> UnderWay {
        UnderWay(Arc::clone(account))
    }

    /// The answer, unless the body's trouble is to be told instead: no page knows better what was wrong. A telegram's
    /// door does when it says so with HTTP status 200.
    pub(super) fn answered(self, answer: Response) -> Response {
        let trouble = self.0.state().trouble;
        match trouble {
            Some(trouble @ (Trouble::Late | Trouble::Full)) => trouble.into_response(),
            Some(trouble @ Trouble::TooLarge(_)) if !answer.status().is_success() => trouble.into_response(),
            _ => answer,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let State { held, .. } = std::mem::take(&mut *self.0.state());
        if held > 0 {
            self.0.limits.shared.give_back(held);
        }
    }
}

/// A request's body within its limits; when it has arrived whole, it's our turn.
pub(super) struct Watched {
    body: Incoming,
    slot: Arc<Slot>,
    account: Arc<Account>,
    most: usize,
    left: usize,
    looks: u8,
    late: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    pub(super) fn new(body: Incoming, path: &str, slot: Arc<Slot>, account: Arc<Account>) -> Watched {
        if body.is_end_stream() {
            slot.works();
        }
        let most = account.most(path);
        Watched { body, slot, account, most, left: most, looks: 0, late: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Trouble>>> {
        // Nothing is read of a body that says itself that it is too large.
        if self.body.size_hint().lower() > self.left as u64 {
            return Poll::Ready(Some(Err(Trouble::TooLarge(self.most))));
        }
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(Trouble::CutOff))),
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.admit(frame))),
            Poll::Pending => {
                ready!(self.wait(context));
                Poll::Ready(Some(Err(Trouble::Late)))
            }
        }
    }

    fn admit(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Trouble> {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        self.left = self.left.checked_sub(bytes).ok_or(Trouble::TooLarge(self.most))?;
        if !self.account.limits.shared.take(bytes, self.account.trusted) {
            return Err(Trouble::Full);
        }
        self.account.state().held += bytes;
        Ok(frame)
    }

    /// Waits, but not for ever. A body has nearly always come with the head, and is there at the second look; a timer
    /// is only set when it is not.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.looks = self.looks.saturating_add(1);
        if self.looks == 1 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let timeout = self.account.limits.body_timeout;
        self.late.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout))).as_mut().poll(context)
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Trouble;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Trouble>>> {
        let frame = ready!(self.poll(context));
        if let Some(Err(trouble)) = frame {
            self.account.state().trouble = Some(trouble);
        }
        if !matches!(frame, Some(Ok(_))) || self.body.is_end_stream() {
            self.slot.works();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
