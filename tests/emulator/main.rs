//! The real binary over real connections, one file per capability.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod card;
mod clients;
mod codes;
mod commands;
mod door;
mod harness;
mod link;
