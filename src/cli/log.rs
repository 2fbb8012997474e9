//! The log: one line for each event on standard error, as text or as JSON.
//!
//! Whatever a client sent may stand in a field. All of it is written by [`Lines`], which lets no line break, escape or
//! other control character through, masks card numbers and shortens what is long.

use std::fmt;
use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::masking::mask_cards;

/// How many characters of a field are shown.
const LONGEST: usize = 1024;

/// The flags of the log.
#[derive(Debug, Args)]
pub(super) struct Log {
    /// What is logged: off, error, warn, info, debug (a line for each telegram), or TARGET=LEVEL,….
    #[arg(long = "log", env = "PAYGENT_EMULATOR_LOG", value_name = "LEVEL", default_value = "info", value_parser = targets)]
    wanted: Targets,
    /// What the lines of the log look like.
    #[arg(long = "log-format", env = "PAYGENT_EMULATOR_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object for each line.
    Json,
}

fn targets(text: &str) -> Result<Targets, String> {
    // A variable that a script leaves empty asks for nothing.
    let text = if text.is_empty() { "info" } else { text };
    let advice = || "use off, error, warn, info or debug, or a list of TARGET=LEVEL".to_owned();
    // A word alone would count as a target of which everything is logged.
    let is_level = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
    text.parse().ok().filter(|_| text.split(',').all(is_level)).ok_or_else(advice)
}

impl Log {
    /// Starts logging.
    pub(super) fn start(&self) {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(self.format == Format::Text && std::io::stderr().is_terminal())
            .event_format(Lines { format: self.format });
        tracing_subscriber::registry().with(lines).with(self.wanted.clone()).init();
        // The message of a panic may quote what a client sent.
        std::panic::set_hook(Box::new(|panic| tracing::error!("internal error: {panic}")));
    }
}

/// Writes events, each as one line.
struct Lines {
    format: Format,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = *event.metadata().level();
        match self.format {
            Format::Text => {
                SystemTime.format_time(&mut line)?;
                match (line.has_ansi_escapes(), color(level)) {
                    (true, color) => write!(line, " \x1b[{color}m{level:>5}\x1b[0m ")?,
                    (false, _) => write!(line, " {level:>5} ")?,
                }
                visibly(&mut line, &fields.message, &[])?;
                for (name, value) in &fields.rest {
                    write!(line, " {name}=")?;
                    value.write_text(&mut line)?;
                }
            }
            Format::Json => {
                line.write_str("{\"time\":\"")?;
                SystemTime.format_time(&mut line)?;
                write!(line, "\",\"level\":\"{}\",\"message\":", level.as_str().to_ascii_lowercase())?;
                json(&mut line, &fields.message)?;
                for (name, value) in &fields.rest {
                    write!(line, ",\"{name}\":")?;
                    match value {
                        Value::Plain(value) => line.write_str(value)?,
                        Value::Text(value) => json(&mut line, value)?,
                    }
                }
                line.write_char('}')?;
            }
        }
        writeln!(line)
    }
}

/// The number of a level's color on terminals.
fn color(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        _ => 34,
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    rest: Vec<(&'static str, Value)>,
}

enum Value {
    /// A number, true or false.
    Plain(String),
    /// Anything else, of which a client may have sent a part.
    Text(String),
}

impl Value {
    fn write_text(&self, line: &mut Writer<'_>) -> fmt::Result {
        match self {
            Value::Plain(value) => line.write_str(value),
            Value::Text(value) if value.is_empty() || value.contains(|c: char| c.is_whitespace() || c == '"') => {
                line.write_char('"')?;
                visibly(line, value, &['"', '\\'])?;
                line.write_char('"')
            }
            Value::Text(value) => visibly(line, value, &[]),
        }
    }
}

impl Fields {
    fn text(&mut self, field: &Field, value: &str) {
        let value = shortened(&mask_cards(value));
        match field.name() {
            "message" => self.message = value,
            name => self.rest.push((name, Value::Text(value))),
        }
    }

    fn plain(&mut self, field: &Field, value: impl ToString) {
        self.rest.push((field.name(), Value::Plain(value.to_string())));
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// Whether a character could do more to a terminal, a reader of lines or an eye than stand there.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Writes a text with a backslash and a name for each character that is unseen or among `more`.
fn visibly(line: &mut Writer<'_>, text: &str, more: &[char]) -> fmt::Result {
    text.chars().try_for_each(|c| {
        if is_unseen(c) || more.contains(&c) { write!(line, "{}", c.escape_default()) } else { line.write_char(c) }
    })
}

/// Writes a text as a JSON string.
fn json(line: &mut Writer<'_>, text: &str) -> fmt::Result {
    let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
    quoted.chars().try_for_each(
        |c| {
            if is_unseen(c) { write!(line, "\\u{:04x}", u32::from(c)) } else { line.write_char(c) }
        },
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl Fn(&mut Writer<'_>) -> fmt::Result) -> String {
        let mut line = String::new();
        write(&mut Writer::new(&mut line)).unwrap();
        line
    }

    #[test]
    fn texts_with_blanks_are_quoted_and_others_are_not() {
        let text = |value: &str| written(|line| Value::Text(value.to_owned()).write_text(line));
        assert_eq!(text("020"), "020");
        assert_eq!(text("表"), "表");
        assert_eq!(text(""), "\"\"");
        assert_eq!(text("a \"b\"\\"), r#""a \"b\"\\""#);
        assert_eq!(text("a\n\u{1b}[31m\u{9b}\u{202e}"), r#""a\n\u{1b}[31m\u{9b}\u{202e}""#);
    }

    #[test]
    fn a_long_value_is_shortened_and_says_so() {
        assert_eq!(shortened(&"表".repeat(LONGEST)), "表".repeat(LONGEST));
        assert!(shortened(&"a".repeat(2_000_000)).ends_with("a… (2000000 bytes)"));
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_written(text in "\\PC{0,8}[\u{0}-\u{9f}\u{200b}-\u{206f}\u{feff}]{0,8}\\PC{0,8}") {
            let plain = written(|line| visibly(line, &text, &[]));
            prop_assert!(!plain.chars().any(is_unseen));
            let json = written(|line| json(line, &text));
            prop_assert!(!json.chars().any(is_unseen));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
