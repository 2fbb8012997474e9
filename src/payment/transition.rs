//! The one table of transitions that each payment type has.

use crate::ids::{PaymentType, Status};
use crate::payment::Trigger;

/// All transitions that one trigger can cause, as pairs of status codes; from 0 means that the payment comes into being.
#[derive(Debug)]
pub struct TransitionGroup {
    /// Who may cause them.
    pub by: Trigger,
    /// `(from, to)`; a pair of equal codes is a request that succeeds and changes nothing.
    pub steps: &'static [(u8, u8)],
}

/// The transitions of one payment type. Nothing else sets a status.
#[derive(Debug)]
pub struct Table {
    /// The payment type.
    pub payment_type: PaymentType,
    /// The transitions by trigger.
    pub groups: &'static [TransitionGroup],
}

/// One allowed transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The status before; `None` when the payment comes into being.
    pub from: Option<Status>,
    /// The status after.
    pub to: Status,
    /// Who causes it.
    pub by: Trigger,
}

impl Table {
    /// Every transition, in the table's order.
    pub fn transitions(&self) -> impl Iterator<Item = Transition> {
        self.groups.iter().flat_map(|group| {
            group.steps.iter().map(|&(from, to)| Transition {
                from: (from != 0).then_some(Status(from)),
                to: Status(to),
                by: group.by,
            })
        })
    }

    /// The statuses that a trigger can lead to from a status (`None`: from nothing).
    pub fn next(&self, from: Option<Status>, by: Trigger) -> impl Iterator<Item = Status> {
        self.transitions().filter(move |row| row.from == from && row.by == by).map(|row| row.to)
    }

    /// Whether a trigger may lead from one status to another.
    pub fn allows(&self, from: Option<Status>, to: Status, by: Trigger) -> bool {
        self.next(from, by).any(|next| next == to)
    }

    /// Every status of the table, in rising order.
    pub fn statuses(&self) -> Vec<Status> {
        let mut statuses: Vec<Status> =
            self.transitions().flat_map(|row| row.from.into_iter().chain([row.to])).collect();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    /// The table as a Mermaid state diagram; `name` gives the label of a status.
    pub fn diagram(&self, name: impl Fn(Status) -> String) -> String {
        let mut text = String::from("stateDiagram-v2\n");
        for status in self.statuses() {
            text += &format!("    state \"{status} {}\" as s{status}\n", name(status));
        }
        for row in self.transitions() {
            let from = row.from.map_or("[*]".to_owned(), |status| format!("s{status}"));
            text += &format!("    {from} --> s{} : {}\n", row.to, row.by);
        }
        text
    }
}
