//! The catalog of telegrams: which exist, with which fields, in which charset, at which path.
//!
//! It is data (`fixtures/telegrams`), read once. The same data checks requests, lays out replies, labels
//! the journal and documents itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use crate::fixtures;
use crate::ids::{PaymentType, Status};
use crate::text::Text;
use crate::wire::characters::Characters;
use crate::wire::condition::Condition;
use crate::wire::{Charset, KeySpec, Name, name};

/// The name of a request's field, by number: a telegram compares names hundreds of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameId(u16);

/// A set of names of requests' fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameSet([u64; NameSet::WORDS]);

impl NameSet {
    const WORDS: usize = 8;
    /// How many names the catalog may have.
    const ROOM: usize = 64 * NameSet::WORDS;

    /// Whether a name is in it.
    pub fn has(&self, id: NameId) -> bool {
        let (word, bit) = NameSet::place(id);
        self.0[word] & bit != 0
    }

    /// Puts a name in; tells whether it is new there.
    pub fn put(&mut self, id: NameId) -> bool {
        let (word, bit) = NameSet::place(id);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    fn place(id: NameId) -> (usize, u64) {
        let at = usize::from(id.0) % NameSet::ROOM;
        (at / 64, 1 << (at % 64))
    }
}

impl FromIterator<NameId> for NameSet {
    fn from_iter<I: IntoIterator<Item = NameId>>(names: I) -> NameSet {
        let mut set = NameSet::default();
        names.into_iter().for_each(|id| {
            set.put(id);
        });
        set
    }
}

/// One field of a telegram, in a request or an answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// The wire's name.
    pub name: Name,
    /// Its name's number, in a request.
    #[serde(skip)]
    id: NameId,
    /// What the interface calls it, in Japanese.
    #[serde(default)]
    pub label: &'static str,
    /// Whether it must always be given.
    #[serde(default)]
    pub required: bool,
    /// It must be given when this holds.
    pub when: Option<Condition>,
    /// It must not be given when this holds.
    pub forbidden: Option<Condition>,
    /// What its value may consist of.
    #[serde(rename = "type")]
    pub characters: Characters,
    /// The least length.
    pub min: Option<usize>,
    /// The greatest length.
    pub max: Option<usize>,
    /// What lengths count.
    #[serde(default)]
    pub unit: Unit,
    /// Whether the length must be exactly the greatest.
    #[serde(default)]
    pub exact: bool,
    /// The only values allowed; any when empty.
    #[serde(default, borrow)]
    pub values: Box<[&'static str]>,
    /// Values that are taken as others, with a warning: what clients send and no table has.
    #[serde(default, borrow)]
    pub read_as: Box<[(&'static str, &'static str)]>,
    /// What an absent field means.
    #[serde(borrow)]
    pub default: Option<&'static str>,
    /// Whether it is a payment's amount, which must be greater than 0.
    #[serde(default)]
    pub amount: bool,
    /// The amount may be 0 when this holds.
    pub zero: Option<Condition>,
    /// Whether it may be left out, but not be sent empty (P006).
    #[serde(default)]
    pub not_empty: bool,
    /// Whether it must never be shown or kept: card data, passwords. What is secret in one telegram is so in all.
    #[serde(default)]
    pub secret: bool,
    /// Whether it may stand several times as a list.
    #[serde(default)]
    pub list: bool,
    /// How its name repeats, such as `goods[n]` or `tNN_fieldMM`.
    #[serde(borrow)]
    pub repeat: Option<&'static str>,
    /// Whether an answer holds it only for merchants whose contract asks for it.
    #[serde(default)]
    pub opt_in: bool,
    /// The payment types for which an answer fills it; all when empty.
    #[serde(default)]
    pub types: Box<[PaymentType]>,
    /// Help for people who look it up, in Japanese; empty when it is the same as in English.
    #[serde(default)]
    note_japanese: &'static str,
    /// The same in English.
    #[serde(default)]
    pub note: &'static str,
}

impl FieldSpec {
    /// Help for people who look it up.
    pub fn help(&self) -> Text {
        let japanese = if self.note_japanese.is_empty() { self.note } else { self.note_japanese };
        Text::fixed(japanese, self.note)
    }

    /// The value that a value is taken as, when that is another one.
    pub fn taken_as(&self, value: &str) -> Option<&'static str> {
        self.read_as.iter().find(|(sent, _)| *sent == value).map(|(_, taken)| *taken)
    }

    /// The length of a value in the field's unit.
    pub fn length(&self, value: &str) -> usize {
        match self.unit {
            Unit::Chars => value.chars().count(),
            Unit::Bytes => crate::wire::charset::windows_31j_len(value),
        }
    }
}

/// What lengths count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes of Windows-31J.
    #[default]
    Bytes,
    /// Characters.
    Chars,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerFormat {
    /// `key=value` lines.
    #[default]
    Text,
    /// CSV records, every column quoted.
    Csv,
    /// The records of a file: CSV without quotes, the result in columns 7 to 9 of the first record.
    File,
}

/// One telegram.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelegramSpec {
    /// 電文種別ID.
    pub kind: &'static str,
    /// What the interface calls it, in Japanese.
    pub name: &'static str,
    /// What it is in English.
    pub english: &'static str,
    /// The path that it must be posted to.
    pub path: &'static str,
    /// The charset of request and answer.
    #[serde(default)]
    pub charset: Charset,
    /// How the answer is written.
    #[serde(default)]
    pub answer: AnswerFormat,
    /// What it does, in a sentence, in Japanese.
    #[serde(default)]
    pub summary_japanese: &'static str,
    /// The same in English.
    #[serde(default)]
    pub summary: &'static str,
    /// Groups of fields of which at least one must be given.
    #[serde(default, borrow)]
    pub either: Vec<Vec<&'static str>>,
    /// The request's fields after the common header; a header field stands here when its rule differs.
    #[serde(default)]
    pub request: Vec<FieldSpec>,
    /// The answer's fields after `result`, `response_code` and `response_detail`, in the order of the wire.
    #[serde(default)]
    pub response: Vec<FieldSpec>,
    /// The names of a refused request's answer after `response_detail`, when they are known to differ.
    #[serde(default, borrow)]
    pub error_layout: Vec<&'static str>,
    /// A request's fields in the order in which they are checked.
    #[serde(skip)]
    pub(super) checks: Vec<Check>,
    /// The names that a request may have.
    #[serde(skip)]
    pub(super) names: NameSet,
}

/// A field that is checked, as short as can be: most fields of a telegram are absent, and need no look at their rules.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The field's name.
    pub id: NameId,
    /// Whether it may be absent, whatever else is given.
    pub optional: bool,
    /// Whether it is a payment's amount.
    pub amount: bool,
    /// Whether some values are taken as others.
    pub read_as: bool,
    in_header: bool,
    at: u16,
}

impl Check {
    fn new(in_header: bool, (at, field): (usize, &FieldSpec)) -> Check {
        let optional = !field.required && field.when.is_none() && field.repeat.is_none();
        // No telegram has anywhere near as many fields.
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        let read_as = !field.read_as.is_empty();
        Check { id: field.id, optional, amount: field.amount, read_as, in_header, at }
    }
}

impl TelegramSpec {
    /// What is checked in a request, in order: the header's `trading_id` and `payment_id`, then the telegram's own.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The field that a check is about.
    pub fn checked(&'static self, check: &Check) -> &'static FieldSpec {
        let fields = if check.in_header { &catalog().header } else { &self.request };
        &fields[usize::from(check.at)]
    }

    /// The fields of a request in the order in which they are checked.
    pub fn fields(&'static self) -> impl Iterator<Item = &'static FieldSpec> {
        self.checks.iter().map(|check| self.checked(check))
    }

    /// The specification of a request's field.
    pub fn field(&'static self, name: &str) -> Option<&'static FieldSpec> {
        let id = catalog().name_id(name.as_bytes())?;
        let own = self.checks.iter().find(|check| check.id == id).map(|check| self.checked(check));
        own.or_else(|| catalog().header.iter().find(|field| field.id == id))
    }

    /// Whether a request may have a field of this name.
    pub fn has(&self, id: NameId) -> bool {
        self.names.has(id)
    }

    /// Orders the checks, once the fields know their names' numbers.
    fn order(&mut self, header: &[FieldSpec]) {
        let own = |id: NameId| self.request.iter().any(|field| field.id == id);
        let of_header = header
            .iter()
            .enumerate()
            .filter(|(_, field)| matches!(field.name, name::TRADING_ID | name::PAYMENT_ID) && !own(field.id));
        let of_header = of_header.map(|field| Check::new(true, field));
        self.checks = of_header.chain(self.request.iter().enumerate().map(|field| Check::new(false, field))).collect();
        self.names = header.iter().chain(&self.request).map(|field| field.id).collect();
    }
}

/// The layout of an inquiry's answer for one payment type.
#[derive(Debug, Deserialize)]
pub struct Layout {
    /// 094 or 091.
    pub telegram: &'static str,
    /// The payment type that it is for.
    pub payment_type: PaymentType,
    /// The fields, in the order of the wire.
    pub field: Vec<FieldSpec>,
}

impl Layout {
    /// The names of the fields that stand once.
    fn plain_names(&self) -> impl Iterator<Item = &'static str> {
        self.field.iter().filter(|field| field.repeat.is_none()).map(|field| field.name.as_str())
    }
}

/// A payment type and its statuses.
#[derive(Debug, Deserialize)]
pub struct PaymentTypeSpec {
    /// 決済種別CD.
    pub code: PaymentType,
    /// Its name in Japanese.
    pub name: &'static str,
    /// Its name in English.
    pub english: &'static str,
    /// The statuses that produce a notice when they are entered: those that a merchant can tick, and all ticked at first.
    pub notifiable: Vec<Status>,
    /// The fields that its notices do without when they have no value; those of others are empty then.
    #[serde(default, borrow)]
    pub left_out: Vec<&'static str>,
    /// The dates that its notices always tell: without a value, when the status of which they tell was entered.
    #[serde(default, borrow)]
    pub always_dated: Vec<&'static str>,
    /// All statuses, with their Japanese names.
    pub status: Vec<StatusSpec>,
}

/// A status of a payment type.
#[derive(Debug, Deserialize)]
pub struct StatusSpec {
    /// 決済ステータス.
    pub code: Status,
    /// Its name in Japanese.
    pub name: &'static str,
}

/// All telegrams, layouts and payment types.
#[derive(Debug)]
pub struct Catalog {
    header: Vec<FieldSpec>,
    telegrams: HashMap<&'static str, TelegramSpec>,
    layouts: Vec<Layout>,
    payment_types: Vec<PaymentTypeSpec>,
    keys: Vec<KeySpec>,
    /// The names of requests' fields.
    names: HashMap<&'static [u8], NameId, FixedState>,
    /// The header's names.
    header_names: NameSet,
    /// The names of secret fields.
    secrets: NameSet,
}

impl Catalog {
    fn read() -> Catalog {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 'static"))]
        struct Header {
            header: Vec<FieldSpec>,
            key: Vec<KeySpec>,
        }
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 'static"))]
        struct Part {
            #[serde(default)]
            telegram: Vec<TelegramSpec>,
            #[serde(default)]
            layout: Vec<Layout>,
            #[serde(default)]
            payment_type: Vec<PaymentTypeSpec>,
            #[serde(default)]
            key: Vec<KeySpec>,
        }
        let header: Header = fixtures::parse(fixtures::TELEGRAM_HEADER);
        let mut catalog = Catalog {
            header: header.header,
            telegrams: HashMap::new(),
            layouts: Vec::new(),
            payment_types: Vec::new(),
            keys: header.key,
            names: HashMap::default(),
            header_names: NameSet::default(),
            secrets: NameSet::default(),
        };
        for text in fixtures::TELEGRAMS.iter().flat_map(|file| fixtures::parts(file)) {
            let part: Part = fixtures::parse(text);
            catalog.telegrams.extend(part.telegram.into_iter().map(|spec| (spec.kind, spec)));
            catalog.layouts.extend(part.layout);
            catalog.payment_types.extend(part.payment_type);
            catalog.keys.extend(part.key);
        }
        catalog.layouts.sort_by_key(|layout| (layout.telegram, layout.payment_type));
        catalog.payment_types.sort_by_key(|row| row.code);
        catalog.keys.sort_by_key(|key| key.place);
        catalog.number_names();
        catalog.lay_out_refused_inquiries();
        catalog
    }

    /// An inquiry that found no payment does not know whose layout to answer in: it has the fields that all have.
    fn lay_out_refused_inquiries(&mut self) {
        let Some(inquiry) = self.telegrams.get_mut("094") else { return };
        let mut layouts = self.layouts.iter().filter(|layout| layout.telegram == inquiry.kind);
        let mut shared: Vec<&'static str> = layouts.next().into_iter().flat_map(Layout::plain_names).collect();
        for layout in layouts {
            shared.retain(|name| layout.plain_names().any(|known| known == *name));
        }
        inquiry.error_layout = shared;
    }

    /// Numbers the names of requests' fields and finds out what follows from them.
    fn number_names(&mut self) {
        let Catalog { header, telegrams, names, header_names, secrets, .. } = self;
        for field in header.iter_mut().chain(telegrams.values_mut().flat_map(|spec| &mut spec.request)) {
            // There are some hundred names.
            let next = NameId(u16::try_from(names.len()).unwrap_or(u16::MAX));
            field.id = *names.entry(field.name.as_str().as_bytes()).or_insert(next);
            if field.secret {
                secrets.put(field.id);
            }
        }
        for field in telegrams.values_mut().flat_map(|spec| &mut spec.request) {
            field.secret = secrets.has(field.id);
        }
        *header_names = header.iter().map(|field| field.id).collect();
        for spec in telegrams.values_mut() {
            spec.order(header);
        }
    }

    /// The fields that every telegram's header has.
    pub fn header(&self) -> &[FieldSpec] {
        &self.header
    }

    /// The telegram of a kind.
    pub fn telegram(&self, kind: &str) -> Option<&TelegramSpec> {
        self.telegrams.get(kind)
    }

    /// All telegrams, by kind.
    pub fn telegrams(&self) -> Vec<&TelegramSpec> {
        let mut telegrams: Vec<&TelegramSpec> = self.telegrams.values().collect();
        telegrams.sort_by(|a, b| a.kind.cmp(b.kind));
        telegrams
    }

    /// The fields of a 091 or 094 for a payment type; 091 has one layout for the types that have none of their own.
    pub fn layout(&self, telegram: &str, payment_type: PaymentType) -> Option<&[FieldSpec]> {
        let own = self.layouts.iter().find(|layout| layout.telegram == telegram && layout.payment_type == payment_type);
        match own {
            Some(layout) => Some(&layout.field),
            None if telegram == "091" => self.telegram("091").map(|spec| spec.response.as_slice()),
            None => None,
        }
    }

    /// The layouts of inquiries, by payment type.
    pub fn layouts(&self) -> &[Layout] {
        &self.layouts
    }

    /// The keys that merchants have, in the order in which they are shown.
    pub fn keys(&self) -> &[KeySpec] {
        &self.keys
    }

    /// A payment type's row.
    pub fn payment_type(&self, code: PaymentType) -> Option<&PaymentTypeSpec> {
        self.payment_types.iter().find(|row| row.code == code)
    }

    /// All payment types.
    pub fn payment_types(&self) -> &[PaymentTypeSpec] {
        &self.payment_types
    }

    /// The Japanese name of a status of a payment type; empty when the catalog does not know it.
    pub fn status_name(&self, payment_type: PaymentType, status: Status) -> &str {
        self.payment_type(payment_type)
            .and_then(|row| row.status.iter().find(|known| known.code == status))
            .map_or("", |known| known.name)
    }

    /// The number of a name; `None` when no request has a field of this name.
    pub fn name_id(&self, name: &[u8]) -> Option<NameId> {
        self.names.get(name).copied()
    }

    /// Whether the header that all telegrams have has a field of this name.
    pub fn is_in_header(&self, id: NameId) -> bool {
        self.header_names.has(id)
    }

    /// Whether a field of this name is secret in any telegram.
    pub fn is_secret(&self, id: NameId) -> bool {
        self.secrets.has(id)
    }
}

/// The names of a layout, with fields that repeat numbered from 0: `goods[n]` becomes `goods[0]`, `goods[1]` and so on.
///
/// Neighbours that repeat are numbered together, item by item, as far as `has` finds a value for any of them.
pub fn numbered(layout: &[FieldSpec], has: impl Fn(&str) -> bool) -> impl Iterator<Item = Cow<'static, str>> {
    let runs = layout.chunk_by(|a, b| a.repeat.is_some() == b.repeat.is_some());
    runs.flat_map(move |run| {
        let repeats = run[0].repeat.is_some();
        let item = |n: usize| run.iter().map(move |field| field.name.replace("[n]", &format!("[{n}]")));
        let items = (0..).take_while(|n| repeats && item(*n).any(|name| has(&name)));
        let numbered: Vec<Cow<'static, str>> = items.flat_map(|n| item(n).map(Cow::Owned)).collect();
        let plain = if repeats { &[] } else { run };
        plain.iter().map(|field| Cow::from(field.name)).chain(numbered)
    })
}

/// The catalog.
pub fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::read);
    &CATALOG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_fields_that_exist() {
        for spec in catalog().telegrams() {
            let known = |name: &str| spec.field(name).is_some();
            for field in &spec.request {
                for condition in field.when.iter().chain(&field.forbidden).chain(&field.zero) {
                    assert!(condition.names().all(known), "{} {}: {condition}", spec.kind, field.name);
                }
            }
            assert!(spec.either.iter().flatten().all(|name| known(name)), "{} either", spec.kind);
        }
    }

    #[test]
    fn what_is_taken_as_another_value_is_none_and_becomes_one() {
        for field in catalog().telegrams().into_iter().flat_map(|spec| &spec.request) {
            for (sent, taken) in &field.read_as {
                assert!(!field.values.contains(sent) && field.values.contains(taken), "{} {sent}", field.name);
            }
        }
    }

    #[test]
    fn every_name_has_a_place_of_its_own() {
        assert!(catalog().names.len() <= NameSet::ROOM, "NameSet::WORDS must grow");
    }

    #[test]
    fn repeating_fields_are_numbered_item_by_item() {
        let layout = catalog().layout("094", PaymentType::PAIDY).unwrap();
        let names = numbered(layout, |name| name == "order_items_id[0]" || name == "order_items_quantity[1]");
        let names: Vec<Cow<'_, str>> = names.collect();
        let items: Vec<&str> = names.iter().map(|name| &**name).filter(|name| name.contains('[')).collect();
        assert_eq!(items.len(), 10);
        assert_eq!((items[0], items[4]), ("order_items_id[0]", "order_items_quantity[0]"));
        assert_eq!((items[5], items[9]), ("order_items_id[1]", "order_items_quantity[1]"));
    }

    #[test]
    fn fields_that_hold_pages_come_last() {
        for spec in catalog().telegrams() {
            let html = spec.response.iter().position(|field| field.name.ends_with("_html"));
            assert!(html.is_none_or(|at| at == spec.response.len() - 1), "{}", spec.kind);
        }
    }
}
