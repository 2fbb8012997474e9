//! Payments: what they are, the statuses that they go through, and what changes them.

mod attributes;
mod change;
mod model;
mod transition;

pub use crate::ids::{Kind, PaymentId, PaymentType, Status};
pub use crate::wire::Refusal;
pub use attributes::Attributes;
pub use change::{Change, Entered, Forbidden, NewPayment};
pub use model::{EntryId, History, Payment, PaymentIds, Statuses, Step, Trigger};
pub use transition::{Table, Transition, TransitionGroup};
