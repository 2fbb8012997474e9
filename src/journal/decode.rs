//! What an entry's bytes say, field by field, with the names that people know.

use crate::journal::{About, Entry, Event};
use crate::payment::{PaymentType, Status};
use crate::wire::{Charset, FieldSpec, Form, TelegramSpec, catalog, labels, not_played};

/// One field of a request or an answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Field {
    /// Its wire name.
    pub name: String,
    /// Its Japanese label; empty when the catalog does not know it.
    pub label: String,
    /// Its value, in characters.
    pub value: String,
    /// What a code stands for, in Japanese: a status, a payment type, a telegram.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// Whether the request was refused because of it.
    pub at_fault: bool,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `name=value` lines.
    Fields(Vec<Field>),
    /// CSV records.
    Records(Vec<Vec<String>>),
    /// Anything else.
    Text(String),
}

impl Entry {
    /// What the catalog says about the telegram, if it is one that the catalog knows.
    pub fn spec(&self) -> Option<&'static TelegramSpec> {
        match &self.about {
            About::Telegram(kind) => catalog().telegram(kind).or_else(|| not_played(kind)),
            _ => None,
        }
    }

    /// The request's parameters.
    pub fn request_fields(&self) -> Vec<Field> {
        let form = Form::read(None, &self.request);
        let at_fault = self.refusal.as_ref().and_then(|refusal| refusal.field.as_deref());
        let pairs: Vec<(String, String)> =
            form.pairs().map(|(name, value)| (self.characters(name), self.characters(value))).collect();
        self.with_labels(pairs, at_fault)
    }

    /// The answer.
    pub fn answer_read(&self) -> Answer {
        let text = self.characters(&self.answer);
        if self.spec().is_some_and(|spec| spec.answer != catalog::AnswerFormat::Text) {
            let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let records = reader.into_records().filter_map(Result::ok);
            return Answer::Records(records.map(|record| record.iter().map(str::to_owned).collect()).collect());
        }
        if self.event() != Event::Telegram {
            return Answer::Text(text);
        }
        let mut pairs = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_once("\r\n").unwrap_or((rest, ""));
            rest = after;
            let Some((name, value)) = line.split_once('=') else { continue };
            let value =
                if name.ends_with("_html") { [value, std::mem::take(&mut rest)].concat() } else { value.to_owned() };
            pairs.push((name.to_owned(), value));
        }
        Answer::Fields(self.with_labels(pairs, None))
    }

    /// The answer's value of a field; empty when there is none.
    pub fn answered(&self, name: &str) -> String {
        match self.answer_read() {
            Answer::Fields(fields) => {
                fields.into_iter().find(|field| field.name == name).map_or_else(String::new, |field| field.value)
            }
            _ => String::new(),
        }
    }

    /// A parameter of the request; empty when there is none.
    pub fn requested(&self, name: &str) -> String {
        Form::read(None, &self.request).get(name).map_or_else(String::new, |value| self.characters(value))
    }

    fn characters(&self, bytes: &[u8]) -> String {
        let charset = match self.spec() {
            Some(spec) => spec.charset,
            None if std::str::from_utf8(bytes).is_ok() => Charset::Utf8,
            None => Charset::Windows31J,
        };
        charset.decode(bytes).map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |text| text.into_owned())
    }

    fn with_labels(&self, pairs: Vec<(String, String)>, at_fault: Option<&str>) -> Vec<Field> {
        let payment_type =
            pairs.iter().find(|(name, _)| name == "payment_type").and_then(|(_, code)| code.parse().ok());
        let field = |(name, value): (String, String)| Field {
            label: self.label(&name),
            meaning: meaning(&name, &value, payment_type).to_owned(),
            at_fault: at_fault == Some(&name),
            name,
            value,
        };
        pairs.into_iter().map(field).collect()
    }

    /// The label that the telegram itself gives a field, else the one that it has anywhere.
    fn label(&self, name: &str) -> String {
        let own = |spec: &'static TelegramSpec| {
            let known = |field: &&FieldSpec| field.name == name && !field.label.is_empty();
            spec.request.iter().chain(&spec.response).find(known)
        };
        let label = self.spec().and_then(own).map_or_else(|| labels::label(name), |field| field.label);
        let plain = || name.split_once('[').map_or("", |(head, _)| labels::label(head));
        if label.is_empty() { plain().to_owned() } else { label.to_owned() }
    }
}

/// What a code stands for; empty for values that speak for themselves.
fn meaning(name: &str, value: &str, payment_type: Option<PaymentType>) -> &'static str {
    match name {
        "telegram_kind" => catalog().telegram(value).or_else(|| not_played(value)).map_or("", |spec| spec.name),
        "payment_type" => value.parse().ok().and_then(|code| catalog().payment_type(code)).map_or("", |row| row.name),
        "payment_status" => match (payment_type, value.parse::<Status>()) {
            (Some(payment_type), Ok(status)) => catalog().status_name(payment_type, status),
            _ => "",
        },
        "response_code" => crate::fixtures::errors().code(value).map_or("", |row| row.name),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Refusal;
    use crate::wire::name;

    fn entry(kind: &str, request: &[u8], answer: &[u8]) -> Entry {
        let now = "2026-12-01T09:00:00+09:00".parse().unwrap();
        Entry {
            request: request.to_vec(),
            answer: answer.to_vec().into(),
            ..Entry::new(About::Telegram(kind.to_owned().into()), now, "/")
        }
    }

    #[test]
    fn fields_are_read_in_the_telegrams_charset_and_named() {
        let mut entry =
            entry("030", b"customer_name=%95%5C&telegram_kind=030", b"\r\nresult=1\r\nresponse_detail=\x95\x5c");
        entry.refusal = Some(Refusal::field("P008", name::CUSTOMER_NAME, crate::text::Text::default()));
        let fields = entry.request_fields();
        assert_eq!((fields[0].value.as_str(), fields[0].at_fault), ("表", true));
        assert!(!fields[0].label.is_empty());
        assert!(!fields[1].meaning.is_empty());
        assert_eq!(entry.answered("response_detail"), "表");
    }

    #[test]
    fn pages_in_answers_are_one_value() {
        let entry = entry("020", b"", b"\r\nresult=7\r\nout_acs_html=\r\n<html>\r\na=b");
        let Answer::Fields(fields) = entry.answer_read() else { panic!() };
        assert_eq!(fields.last().map(|field| field.value.as_str()), Some("<html>\r\na=b"));
    }

    #[test]
    fn csv_answers_are_records() {
        let entry = entry("027", b"", b"\"1\",\"1\",\"P026\",\"x\"\r\n\"4\",\"0\"\r\n");
        assert_eq!(
            entry.answer_read(),
            Answer::Records(vec![
                ["1", "1", "P026", "x"].map(str::to_owned).to_vec(),
                ["4", "0"].map(str::to_owned).to_vec(),
            ])
        );
    }
}
