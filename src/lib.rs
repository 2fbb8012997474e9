//! An independent emulator of the test environment of the Paygent payment gateway, for localhost and CI.
//!
//! It answers telegrams (form-encoded HTTPS POSTs in Windows-31J) the way the gateway does, keeps
//! payments as state machines, and shows what happened and why. It moves no money, knows no real
//! card, and calls nobody but the URLs that its user configured for notices, those that the shop under
//! test names to be told (`term_url`, `inform_url`), and hosts that clients ask its proxy for, if it may.
//!
//! A test starts one with [`Emulator::start`]:
//!
//! ```
//! use paygent_emulator::Emulator;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), paygent_emulator::Error> {
//! let emulator = Emulator::start().await?;
//! println!("the shop under test sends its telegrams to {}", emulator.url());
//! # Ok(())
//! # }
//! ```
//!
//! `docs/library.md` leads through all that a test can do.
//!
//! # Layout
//!
//! A module imports only from modules further down this list.
//!
//! - `cli`: the command line, one file per subcommand.
//! - `emulator`: what is running, started and stopped together.
//! - `server`: the doors. TLS, the CONNECT proxy, telegrams, pages, the control API, the console.
//! - `outbox`, `deadlines`: what the emulator does by itself: pushing notices, watching the time.
//! - `gateway`: a telegram in, a reply out; the one way in which anything changes.
//! - `journal`: what crossed the wire, decoded and explained.
//! - `method`: one folder per payment method, and the one list of them.
//! - `faults`: what is made to fail on purpose.
//! - `notice`: what a notice says.
//! - `ledger`: keeping payments, notices and the methods' own records.
//! - `payment`: payments, transitions, changes.
//! - `merchant`: merchants, their credentials, keys and settings.
//! - `secret`: the secret of a data directory, and what only its holder can make.
//! - `wire`: charset, form, catalog of telegrams, checks, refusals, replies, hashes.
//! - `pki`: our certificate authority and the certificates that it issued.
//! - `clock`: virtual time in Japan.
//! - `addresses`: what we listen on, what clients call us, what a browser can open.
//! - `ids`: ids and codes of merchants, payments and telegrams.
//! - `fixtures`: the data that is embedded in the binary.
//! - `masking`: card numbers where none belong.
//! - `files`: files that are ours, secrets for nobody but their owner.
//! - `keeper`: whom to tell of what is set, so that it survives.
//! - `random`: ids and secrets that nobody can guess.
//! - `text`: sentences for people, in Japanese and English.

mod addresses;
mod cli;
mod clock;
mod deadlines;
mod emulator;
mod faults;
mod files;
mod fixtures;
mod gateway;
mod ids;
mod journal;
mod keeper;
mod ledger;
mod masking;
mod merchant;
mod method;
mod notice;
mod outbox;
mod payment;
mod pki;
mod random;
mod secret;
mod server;
mod text;
mod wire;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod floors;
#[doc(hidden)]
pub mod internal;

pub use emulator::{
    Answer, Certificates, ClientAuth, Delivered, Emulator, EmulatorBuilder, Error, Happened, Merchant, Moment,
    MomentError, Notice, Payment, Ports, Push, Step,
};
