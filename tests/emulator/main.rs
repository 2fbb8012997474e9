//! The real binary over real connections, one file per capability.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod api;
mod atm;
mod buyer;
mod card;
mod card_update;
mod cash;
mod clients;
mod clock;
mod codes;
mod commands;
mod console;
mod convenience;
mod docs;
mod door;
mod doors;
mod emoney;
mod harness;
mod inquiry;
mod islands;
mod link;
mod link_pages;
mod net_bank;
mod notices;
mod pages;
mod paidy;
mod properties;
mod recurring;
mod strangers;
mod test_shop;
mod test_tool;
mod then;
mod three_d_secure;
mod token;
mod vault;
mod virtual_account;
