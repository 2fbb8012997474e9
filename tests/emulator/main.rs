//! The real binary over real connections, one file per capability.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod buyer;
mod card;
mod clients;
mod codes;
mod commands;
mod console;
mod door;
mod doors;
mod harness;
mod link;
mod properties;
mod recurring;
mod three_d_secure;
mod token;
mod vault;
