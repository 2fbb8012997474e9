//! What an entry is about: the one thing that caused it.

use std::borrow::Cow;

use crate::payment::Trigger;

/// What kind of event an entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A telegram and its answer.
    Telegram,
    /// A page that a shopper's browser asked for, or a form that it sent.
    Page,
    /// A notice pushed to a shop and its answer.
    Notice,
    /// A connection that was refused before a request could be read.
    Connection,
    /// A payment that was changed by the test tool, the merchants' site, a payment vendor or time; cards that the test
    /// tool stopped or updated.
    Operation,
    /// A clock that was turned. What became due by that follows, each with an entry of its own.
    Clock,
}

impl Event {
    /// All kinds of events.
    pub const ALL: [Event; 6] =
        [Event::Telegram, Event::Page, Event::Notice, Event::Operation, Event::Clock, Event::Connection];

    /// Its name in the control API.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Telegram => "telegram",
            Event::Page => "page",
            Event::Notice => "notice",
            Event::Connection => "connection",
            Event::Operation => "operation",
            Event::Clock => "clock",
        }
    }
}

/// What caused an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A telegram of this kind, as it was sent; empty when it named none.
    Telegram(Cow<'static, str>),
    /// A page, by its name.
    Page(Cow<'static, str>),
    /// A push of the merchant's notice with this number.
    Notice(u64),
    /// A message to a shop that is no difference notice, by its name.
    Message(String),
    /// Somebody who changed something without a telegram or a page.
    Operation(Trigger),
    /// A clock that was turned or set.
    Clock,
    /// A connection that was refused.
    Connection,
}

impl About {
    /// What kind of event it is.
    pub fn event(&self) -> Event {
        match self {
            About::Telegram(_) => Event::Telegram,
            About::Page(_) => Event::Page,
            About::Notice(_) | About::Message(_) => Event::Notice,
            About::Operation(_) => Event::Operation,
            About::Clock => Event::Clock,
            About::Connection => Event::Connection,
        }
    }

    /// Which of its events it is, as the control API names it: a telegram's kind, a page's or a message's name, who did an
    /// operation; empty when there is but one.
    pub fn kind(&self) -> Cow<'_, str> {
        match self {
            About::Telegram(name) | About::Page(name) => Cow::Borrowed(name),
            About::Notice(_) => Cow::Borrowed("notice"),
            About::Message(name) => Cow::Borrowed(name),
            About::Operation(by) => Cow::Owned(by.to_string()),
            About::Clock => Cow::Borrowed("clock"),
            About::Connection => Cow::Borrowed(""),
        }
    }
}
