//! What came of a decision, until it is written down: one entry of the journal for each cause.

use crate::clock::Moment;
use crate::gateway::Done;
use crate::journal::{About, Entry, Journal, Slot};
use crate::merchant::MerchantId;
use crate::payment::Refusal;

/// What came of a decision. Whoever asked for it makes the one entry of the journal of it; the payments and notices that
/// it changed know that entry by its number already.
#[must_use = "each cause has one entry of the journal: enter it"]
pub struct Receipt<'g, E> {
    pub(super) journal: &'g Journal,
    pub(super) merchant_id: MerchantId,
    pub(super) at: Moment,
    pub(super) decided: Result<Done, E>,
    pub(super) slot: Option<Slot<'g>>,
}

impl<'g, E> Receipt<'g, E> {
    /// What was decided, when there is nothing to be written down because something else tells of it.
    ///
    /// # Errors
    ///
    /// As the decision.
    pub fn unwritten(self) -> Result<Done, E> {
        self.decided
    }

    /// The decision and the place in the journal, for somebody who has more to tell than this knows.
    pub(crate) fn into_parts(self) -> (Result<Done, E>, Option<Slot<'g>>) {
        (self.decided, self.slot)
    }
}

impl Receipt<'_, Refusal> {
    /// Writes down what somebody did at a path, and what came of it or why it was refused. `fill` adds what was sent and
    /// answered.
    ///
    /// # Errors
    ///
    /// As the decision.
    pub fn enter(
        self,
        about: About,
        path: &str,
        fill: impl FnOnce(&mut Entry, Result<&Done, &Refusal>),
    ) -> Result<Done, Refusal> {
        let entry = Entry { merchant_id: Some(self.merchant_id), ..Entry::new(about, self.at, path) };
        let mut entry = match &self.decided {
            Ok(done) => done.noted_in(entry),
            Err(refusal) => Entry { refusal: Some(refusal.clone()), ..entry },
        };
        fill(&mut entry, self.decided.as_ref());
        self.journal.enter(self.slot, entry);
        self.decided
    }
}
