//! What is set beside payments.

use std::sync::Arc;

use super::*;
use crate::ledger::Setting;

pub(super) const PROMISES: &[Promise] = &[("what is set is there until it is set otherwise, also after a reset", set)];

fn set(ledger: Arc<dyn Ledger>) {
    let keep = |setting, key, value: Option<&str>| {
        ledger.keep_setting(setting, key, value.map(str::to_owned)).unwrap();
    };
    let kept = |setting| {
        let mut kept = ledger.settings(setting).unwrap();
        kept.sort();
        kept
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(kept(Setting::Merchant), []);
    keep(Setting::Merchant, "1", Some("{\"name\":\"店\"}"));
    keep(Setting::Merchant, "2", Some("{}"));
    keep(Setting::Clock, "", Some("{}"));
    keep(Setting::Faults, "1", Some("[]"));
    keep(Setting::Faults, "1", None);
    keep(Setting::Faults, "unknown", None);
    keep(Setting::Merchant, "2", Some("[]"));
    super::keep(&*ledger, vec![payment(1, "order")]).unwrap();
    ledger.reset(None).unwrap();
    assert_eq!(kept(Setting::Merchant), [pair("1", "{\"name\":\"店\"}"), pair("2", "[]")]);
    assert_eq!((kept(Setting::Clock), kept(Setting::Faults)), (vec![pair("", "{}")], vec![]));
}
