//! Reading answers by the rules of the PHP module, and stricter: whatever is not as it should be ends the run.

use paygent_emulator::internal::fixtures;
use paygent_emulator::internal::wire::catalog::AnswerFormat;
use paygent_emulator::internal::wire::{Charset, TelegramSpec};

/// An answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// `result`.
    pub result: String,
    /// `response_code`.
    pub code: String,
    /// All other values under their names, those of CSV records under the names of their columns.
    pub fields: Vec<(String, String)>,
}

impl Answer {
    /// Reads the answer to a telegram; `faults` are the codes that somebody made the gateway answer with.
    ///
    /// # Panics
    ///
    /// When no client could read it.
    pub fn read(spec: Option<&TelegramSpec>, content_type: &str, body: &[u8], faults: &[String]) -> Answer {
        let charset = spec.map_or(Charset::Windows31J, |spec| spec.charset);
        assert!(content_type.ends_with(charset.label()), "{content_type} is not {}", charset.label());
        let text = charset.decode(body);
        let text = text.unwrap_or_else(|| panic!("not in {charset:?}: {:?}", String::from_utf8_lossy(body)));
        let answer = match spec.map_or(AnswerFormat::Text, |spec| spec.answer) {
            AnswerFormat::Text => lines(&text),
            AnswerFormat::Csv => records(&text),
            AnswerFormat::File => file(&text),
        };
        assert!(["0", "1", "7"].contains(&answer.result.as_str()), "result {:?} in {text:?}", answer.result);
        let refused = answer.result == "1";
        assert_eq!(refused, !answer.code.is_empty(), "only a refusal has a response_code: {text:?}");
        let known = fixtures::errors().code(&answer.code).is_some() || faults.contains(&answer.code);
        assert!(!refused || known, "nobody knows the code of {text:?}");
        answer
    }
}

/// CR LF before each line; after a name that ends in `_html` all is its value.
fn lines(text: &str) -> Answer {
    let mut answer = Answer::default();
    let mut rest = text.strip_prefix("\r\n").unwrap_or_else(|| panic!("no line break ahead: {text:?}"));
    assert!(rest.starts_with("result="), "result is not first: {text:?}");
    loop {
        let (name, value) = rest.split_once('=').unwrap_or_else(|| panic!("no name in {rest:?} of {text:?}"));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']');
        assert!(!name.is_empty() && name.chars().all(is_name), "{name:?} is no name: {text:?}");
        let (value, after) = match name.ends_with("_html") {
            true => (value, None),
            false => value.split_once("\r\n").map_or((value, None), |(value, after)| (value, Some(after))),
        };
        if !name.ends_with("_html") {
            assert!(!value.contains(['\r', '\n']), "a line break in {name} of {text:?}");
        }
        match name {
            "result" => {
                assert!(answer.result.is_empty(), "two results in {text:?}");
                answer.result = value.to_owned();
            }
            "response_code" => answer.code = value.to_owned(),
            "response_detail" => {}
            _ => answer.fields.push((name.to_owned(), value.to_owned())),
        }
        match after {
            Some(after) => rest = after,
            None => return answer,
        }
    }
}

/// A header, the names of the columns if there is data, data, a trailer that counts it.
fn records(text: &str) -> Answer {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let records: Vec<csv::StringRecord> = reader.into_records().collect::<Result<_, _>>().expect("CSV");
    let (header, rest) = records.split_first().expect("a header");
    let (trailer, rest) = rest.split_last().unwrap_or_else(|| panic!("no trailer: {text:?}"));
    assert!(text.ends_with("\r\n") && text.starts_with("\"1\",\""), "{text:?}");
    assert_eq!((header.len(), &header[0]), (4, "1"), "{text:?}");
    let data = rest.get(1..).unwrap_or_default();
    assert_eq!((&trailer[0], &trailer[1]), ("4", &*data.len().to_string()), "{text:?}");
    let mut answer = Answer { result: header[1].to_owned(), code: header[2].to_owned(), fields: Vec::new() };
    if let Some(names) = rest.first() {
        assert!(&names[0] == "2" && !data.is_empty(), "{text:?}");
        for record in data {
            assert_eq!((&record[0], record.len()), ("3", names.len()), "{text:?}");
            let values = names.iter().zip(record).skip(1).filter(|(_, value)| !value.is_empty());
            answer.fields.extend(values.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
    }
    answer
}

/// Records without quotes; the result in columns 7 to 9 of the first.
fn file(text: &str) -> Answer {
    let mut lines = text.strip_suffix("\r\n").unwrap_or_else(|| panic!("{text:?}")).split("\r\n");
    let header: Vec<&str> = lines.next().unwrap_or_default().splitn(9, ',').collect();
    assert_eq!((header.len(), header[0]), (9, "1"), "{text:?}");
    let records: Vec<&str> = lines.collect();
    let (trailer, data) = records.split_last().unwrap_or_else(|| panic!("no trailer: {text:?}"));
    assert!(trailer.starts_with("4,"), "{text:?}");
    assert!(data.iter().all(|line| line.starts_with("2,") || line.starts_with("3,")), "{text:?}");
    Answer { result: header[6].to_owned(), code: header[7].to_owned(), fields: Vec::new() }
}
