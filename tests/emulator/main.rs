//! The real binary over real connections, one file per capability.

mod card;
mod harness;
