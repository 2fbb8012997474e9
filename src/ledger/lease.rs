//! Work that one of several emulators on one store does at a time.

use crate::clock::Moment;

/// Work on a merchant's things that only one at a time may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Pushing notices.
    Notices,
    /// Sending messages.
    Messages,
    /// Meeting deadlines.
    Deadlines,
}

/// One of the emulators that share a store; each has a number that no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder(pub u64);

/// Who wants to do something from a moment of real time on, and until when he has it unless he asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is to be done.
    pub duty: Duty,
    /// Who wants to do it.
    pub holder: Holder,
    /// What time it is.
    pub now: Moment,
    /// Until when nobody else may do it.
    pub until: Moment,
}

/// Whether somebody may do what he claimed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lease {
    /// He may, until the moment that he claimed.
    #[default]
    Granted,
    /// Somebody else does it, until this moment of real time unless he asks again.
    Elsewhere(Moment),
}
