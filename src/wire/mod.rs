//! What stands on the wire: charsets, forms, the catalog of telegrams, checks, replies, hashes.

pub mod catalog;
pub mod characters;
pub mod charset;
mod check;
pub mod condition;
pub mod form;
pub mod hash;
mod key;
pub mod labels;
pub mod name;
pub mod not_played;
mod refusal;
pub mod reply;
pub mod telegram;
mod web_url;

pub use catalog::{Catalog, FieldSpec, TelegramSpec, catalog, numbered};
pub use charset::Charset;
pub use check::check;
pub use form::Form;
pub use key::KeySpec;
pub use name::Name;
pub use not_played::not_played;
pub use refusal::Refusal;
pub use reply::Reply;
pub use telegram::Telegram;
pub use web_url::WebUrl;
