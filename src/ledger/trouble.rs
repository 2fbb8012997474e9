//! A store that fails, and who is told.

use std::cell::RefCell;
use std::sync::Arc;

/// What a store gives, or why it cannot.
pub type Stored<T> = Result<T, StoreError>;

/// Why a store could not do what it was asked: a disk is full, a connection was lost.
///
/// Whoever asked can ask again later; nothing was half done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(Arc<str>);

impl StoreError {
    /// A failure for this reason, in English.
    pub fn new(reason: impl Into<Arc<str>>) -> StoreError {
        StoreError(reason.into())
    }
}

tokio::task_local! {
    /// The first failure that was met while a request was answered.
    static MET: RefCell<Option<StoreError>>;
}

/// Does something, and tells what failed in the store meanwhile: whatever was read or answered then is worth nothing.
pub async fn watch<F: Future>(work: F) -> (F::Output, Option<StoreError>) {
    let watched = async move {
        let output = work.await;
        (output, MET.with(RefCell::take))
    };
    MET.scope(RefCell::default(), watched).await
}

/// The same without waiting for anything.
pub(crate) fn watch_now<T>(work: impl FnOnce() -> T) -> (T, Option<StoreError>) {
    MET.sync_scope(RefCell::default(), || {
        let output = work();
        (output, MET.with(RefCell::take))
    })
}

/// Tells whoever watches that the store failed, and the log.
pub fn note(error: StoreError) {
    tracing::error!("{error}");
    tell(error);
}

/// Tells whoever watches what is in the log already.
pub(crate) fn tell(error: StoreError) {
    // What nobody watches has no answer that could be wrong.
    let _ = MET.try_with(|met| {
        met.borrow_mut().get_or_insert(error);
    });
}

/// What the store gave; nothing when it failed, which is noted.
pub fn noted<T: Default>(stored: Stored<T>) -> T {
    stored.unwrap_or_else(|error| {
        note(error);
        T::default()
    })
}
