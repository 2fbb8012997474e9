//! A telegram whose fields have been checked against the catalog.

use std::fmt;

use crate::wire::{TelegramSpec, catalog};

/// A checked request. Handlers read fields from it; the raw form is gone.
///
/// Secret fields (card data, passwords) are read with [`Telegram::secret`] alone and never shown.
pub struct Telegram {
    /// What the catalog says about its kind.
    pub spec: &'static TelegramSpec,
    fields: Vec<(String, String)>,
    emptied: Vec<String>,
}

impl Telegram {
    /// A telegram of fields that were checked; empty values count as absent, but are remembered as sent empty.
    pub fn new(spec: &'static TelegramSpec, fields: impl IntoIterator<Item = (String, String)>) -> Telegram {
        let (emptied, fields): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(_, value)| value.is_empty());
        Telegram { spec, fields, emptied: emptied.into_iter().map(|(name, _)| name).collect() }
    }

    /// 電文種別ID.
    pub fn kind(&self) -> &'static str {
        &self.spec.kind
    }

    /// A field's value; `None` when it is absent, empty or secret.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|_| !catalog().is_secret(name))
    }

    /// A field's value, or the catalog's default, or nothing.
    pub fn or_default(&self, name: &str) -> &str {
        let default = || self.spec.field(name).and_then(|field| field.default.as_deref());
        self.get(name).or_else(default).unwrap_or_default()
    }

    /// A field that holds a number; `None` when absent or not a number that fits.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// A secret field's value. Whoever asks must reduce it at once and keep nothing of it.
    pub fn secret(&self, name: &str) -> Option<&str> {
        self.value(name)
    }

    /// Whether a field is given and not empty, secret or not.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether a field was sent with nothing in it, which tells some telegrams to clear a value.
    pub fn is_emptied(&self, name: &str) -> bool {
        self.emptied.iter().any(|known| known == name)
    }

    /// The fields given, without the secret ones.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .filter(|(name, _)| !catalog().is_secret(name))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        for (name, value) in &mut self.fields {
            if catalog().is_secret(name) {
                zeroize::Zeroize::zeroize(value);
            }
        }
    }
}

impl fmt::Debug for Telegram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind())?;
        formatter.debug_map().entries(self.fields()).finish()
    }
}
