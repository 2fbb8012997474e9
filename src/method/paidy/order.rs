//! What a shop's page hands to Paidy's checkout, and what the gateway keeps of it (`paidy.md` section 1).

use crate::wire::{Name, name};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::charset::windows_31j_len;

/// The gateway keeps this many bytes of every text.
const TEXT_BYTES: usize = 200;
/// The greatest amount that fits into `payment_amount`.
const GREATEST_AMOUNT: u64 = 99_999_999;

/// Wire names, and where the checkout's payload has their values.
const VALUES: &[(Name, &str)] = &[
    (name::CURRENCY, "/currency"),
    (name::DESCRIPTION, "/description"),
    (name::STORE_NAME, "/store_name"),
    (name::BUYER_EMAIL, "/buyer/email"),
    (name::BUYER_NAME_KANJI, "/buyer/name1"),
    (name::BUYER_NAME_KANA, "/buyer/name2"),
    (name::BUYER_PHONE, "/buyer/phone"),
    (name::SHIPPING_ADDRESS_ZIP, "/shipping_address/zip"),
    (name::SHIPPING_ADDRESS_STATE, "/shipping_address/state"),
    (name::SHIPPING_ADDRESS_CITY, "/shipping_address/city"),
    (name::SHIPPING_ADDRESS_LINE2, "/shipping_address/line2"),
    (name::SHIPPING_ADDRESS_LINE1, "/shipping_address/line1"),
    (name::ORDER_TAX, "/order/tax"),
    (name::ORDER_SHIPPING, "/order/shipping"),
];

/// Wire names of an item of the order, and its members.
const ITEM_VALUES: &[(Name, &str)] = &[
    (name::ORDER_ITEMS_ID, "id"),
    (name::ORDER_ITEMS_TITLE, "title"),
    (name::ORDER_ITEMS_DESCRIPTION, "description"),
    (name::ORDER_ITEMS_UNIT_PRICE, "unit_price"),
    (name::ORDER_ITEMS_QUANTITY, "quantity"),
];

/// An order, as Paidy accepted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// `amount`, in yen.
    pub amount: u64,
    /// `order.order_ref`.
    pub order_ref: String,
    /// Everything that the gateway keeps, under its wire names.
    pub values: Vec<(String, String)>,
}

impl Order {
    /// Reads a checkout's payload. A refusal has the reason in Japanese as its detail and in English as its explanation.
    pub fn read(payload: &Value) -> Result<Order, Refusal> {
        let Some(amount) = payload.get("amount").and_then(yen).filter(|yen| (1..=GREATEST_AMOUNT).contains(yen)) else {
            return Err(unfit(text!(
                "amount は1円から99,999,999円までの整数で指定してください。",
                "amount must be a whole number of yen from 1 to 99,999,999"
            )));
        };
        let currency = text(payload.get("currency"));
        if !matches!(currency.as_str(), "" | "JPY") {
            return Err(unfit(text!("currency は JPY だけ指定できます。", "currency must be JPY")));
        }
        if text(payload.pointer("/buyer/name1")).trim().is_empty() {
            return Err(unfit(text!("buyer.name1（氏名）がありません。", "buyer.name1 is missing or empty")));
        }
        let items = payload.pointer("/order/items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut values: Vec<(String, String)> =
            VALUES.iter().map(|(name, at)| (name.to_string(), kept(payload.pointer(at)))).collect();
        let mut number = 0;
        for item in items {
            let of_item = ITEM_VALUES.iter().map(|(name, member)| (*name, kept(item.get(member))));
            let of_item: Vec<(Name, String)> = of_item.filter(|(_, value)| !value.is_empty()).collect();
            if !of_item.is_empty() {
                values.extend(of_item.into_iter().map(|(name, value)| (format!("{name}[{number}]"), value)));
                number += 1;
            }
        }
        if number == 0 {
            return Err(unfit(text!("order.items に商品がありません。", "order.items is missing or has no item")));
        }
        values.retain(|(_, value)| !value.is_empty());
        if currency.is_empty() {
            values.push(("currency".to_owned(), "JPY".to_owned()));
        }
        Ok(Order { amount, order_ref: kept(payload.pointer("/order/order_ref")), values })
    }

    /// The マーチャント取引ID that the payment gets: `order_ref`, if it can be one.
    pub fn trading_id(&self) -> Option<&str> {
        let id = self.order_ref.as_str();
        let fits = (1..=25).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        fits.then_some(id)
    }

    /// The values under their wire names.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A checkout that Paidy does not open or does not finish, told in both languages.
pub(super) fn unfit(told: Text) -> Refusal {
    Refusal::with_detail("", &told.japanese.clone(), told)
}

/// A whole number, also one that a page wrote as a text.
fn yen(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            // JavaScript has no integers: 100.0 is 100.
            number.as_u64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64))
        }
        _ => None,
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The first 200 bytes of a text in Windows-31J, without cutting a character in two.
fn kept(value: Option<&Value>) -> String {
    let mut text = text(value);
    let mut bytes = 0;
    let mut buffer = [0; 4];
    let end = text.char_indices().find(|(_, character)| {
        bytes += windows_31j_len(character.encode_utf8(&mut buffer));
        bytes > TEXT_BYTES
    });
    if let Some((at, _)) = end {
        text.truncate(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_cut_to_200_bytes_between_characters() {
        let mut order = json!({"amount": 1, "buyer": {"name1": format!("a{}", "表".repeat(150))},
            "order": {"items": [{"quantity": 1}]}});
        let name = |order: &Value| {
            let order = Order::read(order).unwrap();
            order.values().find(|(name, _)| *name == "buyer_name_kanji").unwrap().1.to_owned()
        };
        assert_eq!(name(&order), format!("a{}", "表".repeat(99)));
        order["buyer"]["name1"] = json!("表".repeat(150));
        assert_eq!(name(&order), "表".repeat(100));
    }

    #[test]
    fn what_paidy_refuses_is_told() {
        let good = json!({"amount": 100, "buyer": {"name1": "山田"}, "order": {"items": [{"id": 1}, {}, {"id": 2}]}});
        let order = Order::read(&good).unwrap();
        assert!(order.values().any(|value| value == ("order_items_id[1]", "2")), "{order:?}");
        for (at, value, word) in [
            ("/amount", json!(0), "amount"),
            ("/amount", json!(1.5), "amount"),
            ("/amount", json!(100_000_000), "amount"),
            ("/buyer/name1", json!("　"), "name1"),
            ("/order/items", json!([]), "items"),
            ("/order/items", json!([{}, 3]), "items"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(at).unwrap() = value;
            let refusal = Order::read(&bad).unwrap_err();
            assert!(refusal.detail.contains(word) && refusal.explanation.english.contains(word), "{at}: {refusal}");
        }
        assert!(Order::read(&json!("nothing")).is_err());
    }

    #[test]
    fn only_some_order_refs_become_trading_ids() {
        let with = |order_ref: &str| Order { amount: 1, order_ref: order_ref.to_owned(), values: Vec::new() };
        assert_eq!(with("Order_1").trading_id(), Some("Order_1"));
        for bad in ["", "a-b", "注文", "12345678901234567890123456"] {
            assert_eq!(with(bad).trading_id(), None, "{bad}");
        }
    }
}
