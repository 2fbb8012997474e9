//! What a telegram is answered, and how that is written (`common.md` section 5).

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;
use smallvec::{SmallVec, smallvec};

use crate::wire::Refusal;
use crate::wire::catalog::{AnswerFormat, numbered};
use crate::wire::{Charset, FieldSpec, Name, TelegramSpec};

/// How the names of fields end that hold a page of HTML.
const PAGE: &str = "_html";

/// Lines of a text answer.
struct Lines {
    charset: Charset,
    /// Whether there are line breaks in any value.
    may_break: bool,
    bytes: Vec<u8>,
}

impl Lines {
    fn add(&mut self, name: &str, value: &str) {
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'=');
        if name.ends_with(PAGE) {
            return ascii(value, &mut self.bytes);
        }
        // A value must not look like the next line.
        if self.may_break && value.contains(['\r', '\n']) {
            self.charset.encode_to(&value.replace(['\r', '\n'], " "), &mut self.bytes);
        } else {
            self.charset.encode_to(value, &mut self.bytes);
        }
    }
}

/// A page in ASCII alone, other characters as references: shops store it and print it into pages of any charset.
fn ascii(page: &str, bytes: &mut Vec<u8>) {
    for c in page.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => bytes.push(byte),
            _ => bytes.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes()),
        }
    }
}

/// An answer: a result with values under their wire names, which the telegram's specification puts in order.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    refusal: Option<Box<Refusal>>,
    result: Option<&'static str>,
    fields: Vec<(Cow<'static, str>, Range<usize>)>,
    /// The fields' values, one after the other.
    values: String,
    layout: Option<&'static [FieldSpec]>,
    records: Vec<Vec<String>>,
    left_out: &'static [Name],
}

impl Reply {
    /// `result=0`.
    pub fn ok() -> Reply {
        Reply::default()
    }

    /// `result=1` with code and detail.
    pub fn refused(refusal: Refusal) -> Reply {
        Reply { refusal: Some(Box::new(refusal)), ..Reply::default() }
    }

    /// Sets a value of the answer.
    #[must_use]
    pub fn with(mut self, name: Name, value: impl AsRef<str>) -> Reply {
        self.push(name.into(), value.as_ref());
        self
    }

    /// Sets several values of the answer.
    #[must_use]
    pub fn with_all<N: Into<Cow<'static, str>>, V: AsRef<str>>(
        mut self,
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Reply {
        for (name, value) in values {
            self.push(name.into(), value.as_ref());
        }
        self
    }

    fn push(&mut self, name: Cow<'static, str>, value: &str) {
        if self.fields.is_empty() {
            self.fields.reserve(16);
            self.values.reserve(256);
        }
        let start = self.values.len();
        self.values.push_str(value);
        let place = start..self.values.len();
        match self.place(&name, 0) {
            Some(at) => self.fields[at].1 = place,
            None => self.fields.push((name, place)),
        }
    }

    /// Where a value is; those from a place on are looked at first.
    fn place(&self, name: &str, from: usize) -> Option<usize> {
        let is = |(known, _): &(Cow<'static, str>, Range<usize>)| known == name;
        let ahead = self.fields[from..].iter().position(is).map(|at| from + at);
        ahead.or_else(|| self.fields[..from].iter().position(is))
    }

    fn value(&self, at: usize) -> Option<&str> {
        self.values.get(self.fields[at].1.clone())
    }

    /// Answers with another `result` than 0 or 1, such as 7 (3-D Secure 1.0).
    #[must_use]
    pub fn with_result(mut self, result: &'static str) -> Reply {
        self.result = Some(result);
        self
    }

    /// Lays the answer out by these fields, not by the telegram's own.
    #[must_use]
    pub fn laid_out_by(mut self, layout: &'static [FieldSpec]) -> Reply {
        self.layout = Some(layout);
        self
    }

    /// Leaves these columns out of a CSV answer; the records come without them.
    #[must_use]
    pub fn without_columns(mut self, names: &'static [Name]) -> Reply {
        self.left_out = names;
        self
    }

    /// Adds a data record to a CSV answer, whose columns are those of the telegram's answer; or a record to a file.
    #[must_use]
    pub fn with_record(mut self, columns: Vec<String>) -> Reply {
        self.records.push(columns);
        self
    }

    /// Why the request is refused, if it is.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_deref()
    }

    /// `result`.
    pub fn result(&self) -> &'static str {
        self.result.unwrap_or(if self.refusal.is_some() { "1" } else { "0" })
    }

    /// A value that was set; `None` when it was not.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.value(self.place(&name, 0)?)
    }

    /// All values that were set, in the order in which they were.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.fields.len()).filter_map(|at| Some((&*self.fields[at].0, self.value(at)?)))
    }

    /// The bytes of the answer to a telegram of this kind; without one (the kind is unknown), as text in Windows-31J.
    pub fn encode(&self, spec: Option<&'static TelegramSpec>) -> Vec<u8> {
        let charset = spec.map_or(Charset::Windows31J, |spec| spec.charset);
        match spec {
            Some(spec) if spec.answer == AnswerFormat::Csv => charset.encode(&self.csv(spec)).into_owned(),
            Some(spec) if spec.answer == AnswerFormat::File => charset.encode(&self.file()).into_owned(),
            _ => self.text(spec, charset),
        }
    }

    /// CR LF before each field, none after the last.
    fn text(&self, spec: Option<&'static TelegramSpec>, charset: Charset) -> Vec<u8> {
        let known: &[FieldSpec] = self.layout.or(spec.map(|spec| spec.response.as_slice())).unwrap_or_default();
        let room = known.iter().map(|field| field.name.len() + 3).sum::<usize>() + self.values.len();
        let detail = self.refusal.as_ref().map_or("", |refusal| &refusal.detail);
        let may_break = [&self.values, detail].iter().any(|text| memchr2(b'\r', b'\n', text.as_bytes()).is_some());
        let mut lines = Lines { charset, may_break, bytes: Vec::with_capacity(room + 64) };
        lines.add("result", self.result());
        if let Some(refusal) = &self.refusal {
            lines.add("response_code", &refusal.code);
            lines.add("response_detail", &refusal.detail);
        }
        let mut written: SmallVec<[bool; 32]> = smallvec![false; self.fields.len()];
        // Values mostly come in the order of the layout.
        let mut next = 0;
        let mut find = |name: &str| {
            let at = self.place(name, next)?;
            next = at + 1;
            written[at] = true;
            self.value(at)
        };
        // Nothing may follow a page.
        let mut page = None;
        let mut add = |name: Cow<'static, str>, value| match name.ends_with(PAGE) {
            true => page = Some((name, value)),
            false => lines.add(&name, value),
        };
        let names = numbered(known, |name| self.place(name, 0).is_some());
        // A refusal has all fields of the answer too, with what values there are: clients look for them.
        let on_error: &[&'static str] = spec.map(|spec| spec.error_layout.as_slice()).unwrap_or_default();
        if self.refusal.is_some() && !on_error.is_empty() {
            on_error.iter().for_each(|name| add(Cow::Borrowed(name), find(name).unwrap_or_default()));
        } else {
            names.for_each(|name| {
                let value = find(&name).unwrap_or_default();
                add(name, value);
            });
        }
        // What no layout names still goes out.
        for at in (0..self.fields.len()).filter(|at| !written[*at]) {
            add(self.fields[at].0.clone(), self.value(at).unwrap_or_default());
        }
        if let Some((name, value)) = page {
            lines.add(&name, value);
        }
        lines.bytes
    }

    /// The records of a file as they are; of a refused request a header and a trailer without content. Clients tell records
    /// by their first column and do not understand quotes there; the detail alone is quoted (`file_settlement.toml`, 201).
    fn file(&self) -> String {
        if let Some(Refusal { code, detail, .. }) = self.refusal() {
            return format!("1,,,,,,1,{code},\"{}\"\r\n4,,,,,,\r\n", detail.replace('"', "\"\""));
        }
        self.records.iter().map(|record| record.join(",") + "\r\n").collect()
    }

    /// Records 1 (header), 2 (column names), 3 (data) and 4 (trailer), every column in double quotes; without data only 1 and 4.
    fn csv(&self, spec: &'static TelegramSpec) -> String {
        let (code, detail) = self.refusal.as_ref().map_or(("", ""), |refusal| (&refusal.code, &refusal.detail));
        let count = self.records.len().to_string();
        let mut writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(Vec::new());
        let mut rows: Vec<Vec<&str>> = vec![vec!["1", self.result(), code, detail]];
        if !self.records.is_empty() {
            let columns = self.layout.unwrap_or(&spec.response);
            let names = columns.iter().map(|field| field.name).filter(|name| !self.left_out.contains(name));
            rows.push(["2"].into_iter().chain(names.map(|name| name.as_str())).collect());
        }
        rows.extend(
            self.records.iter().map(|record| ["3"].into_iter().chain(record.iter().map(String::as_str)).collect()),
        );
        rows.push(vec!["4", &count]);
        for row in rows {
            // Writing to memory cannot fail.
            let _ = writer.write_record(row);
        }
        writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::catalog;
    use crate::wire::name;

    #[test]
    fn each_field_follows_a_line_break_and_nothing_follows_the_last() {
        let spec = catalog().telegram("021").unwrap();
        let text = String::from_utf8(
            Reply::ok().with(name::PAYMENT_ID, "7").with(name::TRADING_ID, "a\r\nresult=1").encode(Some(spec)),
        )
        .unwrap();
        assert!(text.starts_with("\r\nresult=0\r\npayment_id=7\r\ntrading_id=a  result=1\r\n"), "{text:?}");
        assert!(text.ends_with("\r\nout_acs_html="), "{text:?}");
    }

    #[test]
    fn a_page_is_ascii_whatever_it_says() {
        let spec = catalog().telegram("450").unwrap();
        let bytes =
            Reply::ok().with(name::ACQ_NAME, "表").with(name::OUT_ACS_HTML, "\r\n<p>次へ é</p>").encode(Some(spec));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\r\nacq_name=表\r\n"), "{text}");
        assert!(text.ends_with("out_acs_html=\r\n<p>&#27425;&#12408; &#233;</p>"), "{text}");
    }

    #[test]
    fn a_refused_file_has_a_header_and_a_trailer_without_quotes() {
        let spec = catalog().telegram("201").unwrap();
        let refused =
            Reply::refused(Refusal::with_detail("9102", "x \"y\"", crate::text::Text::default())).encode(Some(spec));
        assert_eq!(String::from_utf8(refused).unwrap(), "1,,,,,,1,9102,\"x \"\"y\"\"\"\r\n4,,,,,,\r\n");
    }

    #[test]
    fn csv_answers_without_data_have_a_header_and_a_trailer() {
        let spec = catalog().telegram("027").unwrap();
        let refused =
            Reply::refused(Refusal::with_detail("P026", "x \"y\"", crate::text::Text::default())).encode(Some(spec));
        assert_eq!(String::from_utf8(refused).unwrap(), "\"1\",\"1\",\"P026\",\"x \"\"y\"\"\"\r\n\"4\",\"0\"\r\n");
    }
}
