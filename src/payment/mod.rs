//! Payments: what they are, the statuses that they go through, and what changes them.

mod attributes;
mod change;
mod model;
mod refusal;
mod transition;

pub use attributes::Attributes;
pub use change::{Change, Entered, Forbidden, NewPayment};
pub use model::{History, Kind, Payment, PaymentId, PaymentIds, PaymentType, Status, Statuses, Step, Trigger};
pub use refusal::Refusal;
pub use transition::{Table, Transition, TransitionGroup};
