//! An answer to a telegram, as a shop's client reads it.

use crate::wire::catalog::AnswerFormat;

/// What a shop is answered.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// let answer = emulator.send("094", &[("payment_id", "12345678")]).await?;
/// assert!(!answer.is_success());
/// assert_eq!(answer.get("result"), Some("1"));
/// assert_eq!(answer.response_code(), Some("13001"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    text: String,
    format: AnswerFormat,
}

impl Answer {
    pub(super) fn new(text: String, format: AnswerFormat) -> Answer {
        Answer { text, format }
    }

    /// Whether the telegram was accepted.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let answer = emulator.send("020", &[]).await?;
    /// assert!(!answer.is_success(), "an amount and a card are missing");
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_success(&self) -> bool {
        is_success(&self.text, Some(self.format))
    }

    /// The value of a field, such as `payment_id`; `None` when the answer has no such field, or is CSV.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let answer = emulator.send("091", &[]).await?;
    /// assert_eq!(answer.get("success_code"), Some("1")); // no notice waits
    /// assert_eq!(answer.get("payment_id"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// `response_code`, which a refusal has.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let answer = emulator.send("020", &[("connect_password", "wrong")]).await?;
    /// assert_eq!(answer.response_code(), Some("P002"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn response_code(&self) -> Option<&str> {
        self.get("response_code").filter(|code| !code.is_empty())
    }

    /// All fields in their order. A page (`out_acs_html`) reaches to the end of the answer.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let answer = emulator.send("094", &[("payment_id", "12345678")]).await?;
    /// let names: Vec<&str> = answer.fields().map(|(name, _)| name).collect();
    /// assert_eq!(names[..3], ["result", "response_code", "response_detail"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let rest = if self.format == AnswerFormat::Text { &*self.text } else { "" };
        Fields { rest: rest.trim_start_matches(['\r', '\n']) }
    }

    /// The whole answer as it came, decoded: lines of `name=value`, or CSV.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), paygent_emulator::Error> {
    /// # let emulator = paygent_emulator::Emulator::start().await?;
    /// let answer = emulator.send("094", &[("payment_id", "12345678")]).await?;
    /// assert!(answer.text().starts_with("\r\nresult=1\r\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Whether an answer in this format says that its telegram was accepted.
pub(crate) fn is_success(text: &str, format: Option<AnswerFormat>) -> bool {
    let first = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    match format {
        Some(AnswerFormat::Csv) => first.starts_with("\"1\",\"0\""),
        // The result stands in column 7.
        Some(AnswerFormat::File) => first.split(',').nth(6) == Some("0"),
        _ => first == "result=0",
    }
}

/// The fields of an answer, as the official modules find them.
struct Fields<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let (name, rest) = self.rest.split_once('=')?;
        let (value, rest) = match name.ends_with("_html") {
            true => (rest, ""),
            false => rest.split_once("\r\n").unwrap_or((rest, "")),
        };
        self.rest = rest.trim_start_matches(['\r', '\n']);
        // A line without a sign is no field.
        let name = name.rsplit(['\r', '\n']).next().unwrap_or_default();
        Some((name, value))
    }
}
