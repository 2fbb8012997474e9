//! What the fuzz targets share.
//!
//! - [`world`]: an emulator in this process. The one file that knows how it is started and asked.
//! - [`answer`]: reading answers by the rules of the PHP module.
//! - [`request`]: a telegram as it comes, from bytes.
//! - [`operation`]: an input of the state machine: records of one size, each of them a step.
//! - [`values`]: fields of telegrams, drawn from the catalog, mostly right.
//! - [`page`]: links and forms of a page.
//! - [`session`]: doing the steps.
//! - [`invariants`]: what must hold after each of them.

pub mod answer;
pub mod invariants;
pub mod operation;
pub mod page;
pub mod request;
pub mod session;
pub mod values;
pub mod world;
