//! An independent emulator of the test environment of the Paygent payment gateway, for localhost and CI.
//!
//! It answers telegrams (form-encoded HTTPS POSTs in Windows-31J) the way the gateway does, keeps
//! payments as state machines, and shows what happened and why. It moves no money, knows no real
//! card, and calls nobody but the URLs that its user configured for notices, those that the shop under
//! test names to be told (`term_url`, `inform_url`), and hosts that clients ask its proxy for, if it may.
//!
//! # Layout
//!
//! A module imports only from modules further down this list.
//!
//! - [`cli`]: the command line, one file per subcommand.
//! - [`emulator`]: what is running, started and stopped together.
//! - [`server`]: the doors. TLS, the CONNECT proxy, telegrams, pages, the control API, the console.
//! - [`outbox`], [`deadlines`]: what the emulator does by itself: pushing notices, watching the time.
//! - [`gateway`]: a telegram in, a reply out; the one way in which anything changes.
//! - [`journal`]: what crossed the wire, decoded and explained.
//! - [`method`]: one folder per payment method, and the one list of them.
//! - [`faults`]: what is made to fail on purpose.
//! - [`notice`]: what a notice says.
//! - [`ledger`]: keeping payments, notices and the methods' own records.
//! - [`payment`]: payments, statuses, transitions, changes, refusals.
//! - [`wire`]: charset, form, catalog of telegrams, checks, replies, hashes.
//! - [`merchant`]: merchants, their credentials, keys and settings.
//! - [`clock`]: virtual time in Japan.
//! - [`pki`]: our certificate authority and the certificates that it issued.
//! - [`addresses`]: what we listen on, what clients call us, what a browser can open.
//! - [`fixtures`]: the data that is embedded in the binary.
//! - [`masking`]: card numbers where none belong.
//! - [`files`]: files that are ours, secrets for nobody but their owner.
//! - [`random`]: ids and secrets that nobody can guess.
//! - [`secret`]: the secret of a data directory, and what only its holder can make.

pub mod addresses;
pub mod cli;
pub mod clock;
pub mod deadlines;
pub mod emulator;
pub mod faults;
pub mod files;
pub mod fixtures;
pub mod gateway;
pub mod journal;
pub mod ledger;
pub mod masking;
pub mod merchant;
pub mod method;
pub mod notice;
pub mod outbox;
pub mod payment;
pub mod pki;
pub mod random;
pub mod secret;
pub mod server;
pub mod wire;
