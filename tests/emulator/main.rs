//! The real binary over real connections, one file per capability.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod buyer;
mod api;
mod card;
mod clients;
mod clock;
mod codes;
mod commands;
mod door;
mod doors;
mod harness;
mod link;
mod properties;
mod recurring;
mod three_d_secure;
mod token;
mod vault;
mod inquiry;
mod notices;
mod test_shop;
mod test_tool;
