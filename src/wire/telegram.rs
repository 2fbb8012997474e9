//! A telegram whose fields have been checked against the catalog.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroize;

use crate::wire::{FieldSpec, Name, TelegramSpec, catalog};

/// A checked request. Handlers read fields from it; the raw form is gone.
///
/// Secret fields (card data, passwords) are read with [`Telegram::secret`] alone and never shown.
pub struct Telegram {
    /// What the catalog says about its kind.
    pub spec: &'static TelegramSpec,
    fields: Vec<Field>,
    /// All values, one after the other.
    values: String,
}

struct Field {
    name: Cow<'static, str>,
    /// Where its value stands; nowhere when it was sent with nothing in it.
    value: Range<usize>,
    secret: bool,
}

impl Telegram {
    /// A telegram of fields that need no check; empty values count as absent, but are remembered as sent empty.
    pub fn new(
        spec: &'static TelegramSpec,
        fields: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
    ) -> Telegram {
        let mut telegram = Telegram::with_room(spec, 0);
        for (name, value) in fields {
            let name = name.as_ref();
            match spec.field(name) {
                Some(field) => telegram.push(field, value.as_ref()),
                None => {
                    let secret = catalog().name_id(name.as_bytes()).is_some_and(|id| catalog().is_secret(id));
                    telegram.push_as(name.to_owned().into(), secret, value.as_ref());
                }
            }
        }
        telegram
    }

    /// One without fields, which takes values of this many bytes without moving them: what is moved leaves a copy behind.
    pub(super) fn with_room(spec: &'static TelegramSpec, bytes: usize) -> Telegram {
        Telegram { spec, fields: Vec::with_capacity(24), values: String::with_capacity(bytes) }
    }

    /// Adds a field.
    pub(super) fn push(&mut self, field: &'static FieldSpec, value: &str) {
        self.push_as(field.name.into(), field.secret, value);
    }

    /// Adds a field under a name of its own.
    pub(super) fn push_as(&mut self, name: Cow<'static, str>, secret: bool, value: &str) {
        let start = self.values.len();
        self.values.push_str(value);
        self.fields.push(Field { name, value: start..self.values.len(), secret });
    }

    /// 電文種別ID.
    pub fn kind(&self) -> &'static str {
        self.spec.kind
    }

    /// A field's value; `None` when it is absent, empty or secret.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.named(name.as_str())
    }

    /// The same for a name that only data knows, such as that of a condition in the catalog.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.field(name).filter(|field| !field.secret).and_then(|field| self.value(field))
    }

    /// A field's value, or the catalog's default, or nothing.
    pub fn or_default(&self, name: Name) -> &str {
        let default = || self.spec.field(name.as_str()).and_then(|field| field.default);
        self.get(name).or_else(default).unwrap_or_default()
    }

    /// A field that holds a number; `None` when absent or not a number that fits.
    pub fn number(&self, name: Name) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// A secret field's value. Whoever asks must reduce it at once and keep nothing of it.
    pub fn secret(&self, name: Name) -> Option<&str> {
        self.field(name.as_str()).and_then(|field| self.value(field))
    }

    /// Whether a field is given and not empty, secret or not.
    pub fn has(&self, name: Name) -> bool {
        self.secret(name).is_some()
    }

    /// Whether a field was sent with nothing in it, which tells some telegrams to clear a value.
    pub fn is_emptied(&self, name: Name) -> bool {
        self.field(name.as_str()).is_some_and(|field| field.value.is_empty())
    }

    /// The fields given, without the secret ones.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let shown = self.fields.iter().filter(|field| !field.secret);
        shown.filter_map(|field| Some((&*field.name, self.value(field)?)))
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn value(&self, field: &Field) -> Option<&str> {
        self.values.get(field.value.clone()).filter(|value| !value.is_empty())
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        // What was never written needs no wiping.
        self.values.as_mut_str().zeroize();
    }
}

impl fmt::Debug for Telegram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind())?;
        formatter.debug_map().entries(self.fields()).finish()
    }
}
