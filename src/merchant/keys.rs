//! The keys that a merchant's hashes are made with. Which there are stands in `fixtures/telegrams`, each beside what it is
//! needed for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::wire::{KeySpec, catalog};

/// A key, by its name in `fixtures/telegrams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(&'static str);

impl Key {
    /// 差分通知ハッシュ値生成キー.
    pub const NOTICE_HASH: Key = Key::new("notice_hash");
    /// The key of the hash-checked paths `/s/…`.
    pub const REQUEST_HASH: Key = Key::new("request_hash");

    /// The key of this name.
    pub const fn new(name: &'static str) -> Key {
        Key(name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// The keys that hashes are made with. A key that is not set switches its check off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<&'static str, String>);

impl Keys {
    /// All keys with the values of the merchant that exists from the start.
    pub fn examples() -> Keys {
        Keys(catalog().keys().iter().map(|spec| (spec.name, spec.example.to_owned())).collect())
    }

    /// A key; empty when it is not set.
    pub fn get(&self, key: Key) -> &str {
        self.named(key.0)
    }

    /// The same for a name that only data knows.
    pub fn named(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Sets a key; an empty one is not set.
    pub fn set(&mut self, key: Key, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            self.0.remove(key.0);
        } else {
            self.0.insert(key.0, value);
        }
    }
}

impl From<&KeySpec> for Key {
    fn from(spec: &KeySpec) -> Key {
        Key(spec.name)
    }
}

/// All keys are written, set or not.
impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(catalog().keys().iter().map(|spec| (spec.name, self.named(spec.name))))
    }
}

/// A name that no key has is an error.
impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        struct Given;

        impl<'de> Visitor<'de> for Given {
            type Value = Keys;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("struct Keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut given: A) -> Result<Keys, A::Error> {
                static NAMES: LazyLock<Vec<&'static str>> =
                    LazyLock::new(|| catalog().keys().iter().map(|spec| spec.name).collect());
                let mut keys = Keys::default();
                while let Some(name) = given.next_key::<String>()? {
                    match NAMES.iter().find(|known| **known == name) {
                        Some(known) => keys.set(Key(known), given.next_value::<String>()?),
                        None => return Err(A::Error::unknown_field(&name, &NAMES)),
                    }
                }
                Ok(keys)
            }
        }

        deserializer.deserialize_map(Given)
    }
}

impl utoipa::PartialSchema for Keys {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("The keys that hashes are made with. A key that is not set switches its check off."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let with = |object: ObjectBuilder, spec: &KeySpec| {
            let about = spec.about.map_or_else(|| format!("{}.", spec.label), str::to_owned);
            let text = ObjectBuilder::new().schema_type(Type::String).description(Some(about));
            object.property(spec.name, text.default(Some("".into())))
        };
        Schema::Object(catalog().keys().iter().fold(object, with).build()).into()
    }
}

impl utoipa::ToSchema for Keys {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_are_written_and_strange_ones_are_refused() {
        let keys: Keys = serde_json::from_str(r#"{"link_hash": "abc", "notice_hash": ""}"#).unwrap();
        assert_eq!((keys.named("link_hash"), keys.get(Key::NOTICE_HASH)), ("abc", ""));
        let written = serde_json::to_value(&keys).unwrap();
        assert_eq!(written.as_object().unwrap().len(), catalog().keys().len());
        assert_eq!(serde_json::from_value::<Keys>(written).unwrap(), keys);
        let strange = serde_json::from_str::<Keys>(r#"{"linkhash": "abc"}"#).unwrap_err().to_string();
        assert!(
            strange.starts_with("unknown field `linkhash`, expected one of `link_hash`, `notice_hash`"),
            "{strange}"
        );
    }
}
