//! The real binary over real connections, one file per capability.

mod card;
mod clients;
mod codes;
mod commands;
mod door;
mod harness;
