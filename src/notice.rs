//! What a notice says: the same columns in 091 and in the push (`inquiry.toml`, `notification.md` section 1).

use std::borrow::Cow;

use crate::ledger::Notice;
use crate::merchant::{Key, Merchant};
use crate::payment::{Payment, PaymentType};
use crate::wire::{Charset, Name, catalog, hash, name, numbered};

/// For how many days 091 hands out a notice (`inquiry.toml`).
pub(crate) const NOTICE_DAYS: i64 = 7;

/// Fields that only 091 has: they tell of the inquiry, not of the notice.
const OF_THE_INQUIRY: &[Name] = &[name::SUCCESS_CODE, name::SUCCESS_DETAIL];

/// The names and values of a notice, in the order of the wire; every column is there, empty when it has no value. Only
/// what the payment type leaves out without a value is not.
///
/// The status, the amount and all other values are those of the moment of which the notice tells.
pub(crate) fn fields(merchant: &Merchant, notice: &Notice, payment: &Payment) -> Vec<(Cow<'static, str>, String)> {
    let payment_type = payment.payment_type;
    let layout = catalog().layout("091", payment_type).unwrap_or_default();
    let left_out = catalog().payment_type(payment_type).map_or(&[][..], |row| &row.left_out);
    let mut fields = Vec::new();
    for run in layout.chunk_by(|a, b| a.repeat.is_some() && b.repeat.is_some()) {
        let field = &run[0];
        if OF_THE_INQUIRY.contains(&field.name) {
            continue;
        }
        let applies = field.types.is_empty() || field.types.contains(&payment_type);
        let shown = applies && (merchant.contracts.opt_in_fields || !field.opt_in);
        if field.repeat.is_some() {
            let names = numbered(run, |name| shown && notice.attributes.named(name).is_some());
            fields.extend(names.into_iter().map(|name| {
                let value = value(notice, payment, &name);
                (name, value)
            }));
            continue;
        }
        let value = if shown { value(notice, payment, &field.name) } else { String::new() };
        if value.is_empty() && left_out.contains(&field.name.as_str()) {
            continue;
        }
        fields.push((field.name.into(), value));
    }
    fields
}

fn value(notice: &Notice, payment: &Payment, name: &str) -> String {
    match name {
        "payment_notice_id" => notice.payment_notice_id.to_string(),
        "change_date" => notice.change_date.datetime14(),
        "payment_status" => notice.status.to_string(),
        "payment_amount" => notice.amount.to_string(),
        "payment_id" | "trading_id" | "payment_type" | "payment_init_date" => payment.named(name).into_owned(),
        _ => match notice.attributes.named(name) {
            Some(value) => value.to_owned(),
            None if is_always_dated(payment.payment_type, name) => notice.change_date.datetime14(),
            None => String::new(),
        },
    }
}

fn is_always_dated(payment_type: PaymentType, name: &str) -> bool {
    catalog().payment_type(payment_type).is_some_and(|row| row.always_dated.contains(&name))
}

/// The body of the push: the fields in Windows-31J, form-encoded, and their hash at the end.
pub(crate) fn push_body(merchant: &Merchant, notice: &Notice, payment: &Payment) -> String {
    let mut fields = fields(merchant, notice, payment);
    let hashed = ["payment_notice_id", "payment_id", "trading_id", "payment_type", "payment_amount"];
    let values = hashed.map(|name| value(notice, payment, name));
    let parts = values.iter().map(String::as_str).chain([merchant.keys.get(Key::NOTICE_HASH)]);
    fields.push(("hc".into(), hash::sha256_hex(parts)));
    let encode = |text: &str| form_urlencoded::byte_serialize(&Charset::Windows31J.encode(text)).collect::<String>();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::ledger::Push;
    use crate::merchant::MerchantId;
    use crate::payment::{Attributes, PaymentId, Status};

    fn sample(payment_type: PaymentType, values: &[(Name, &str)]) -> (Merchant, Notice, Payment) {
        let now: Moment = "2026-12-01T09:00:00+09:00".parse().unwrap();
        let merchant_id = MerchantId::new("1");
        let mut merchant = Merchant::new(merchant_id.clone(), "c", "p");
        merchant.keys.set(Key::NOTICE_HASH, "abcdefg1234567");
        let mut attributes = Attributes::default();
        attributes.set_all(values.iter().copied());
        let notice = Notice {
            payment_notice_id: 12345,
            change_date: now,
            payment_id: PaymentId(123_456_789),
            status: Status(40),
            amount: 1000,
            attributes,
            fetched: false,
            push: Push::Never,
            attempts: 0,
            entry: None,
        };
        let payment = Payment {
            payment_id: notice.payment_id,
            merchant_id,
            trading_id: Some("TRADE12345".into()),
            payment_type,
            init_date: now,
            status: Status(60),
            amount: 7,
            attributes: Attributes::default(),
            due: None,
            history: Default::default(),
            version: 1,
        };
        (merchant, notice, payment)
    }

    #[test]
    fn the_check_value_of_the_hash() {
        let (merchant, notice, payment) =
            sample(PaymentType::CARD, &[(name::ACQ_NAME, "三井住友"), (name::BANK_CODE, "0001")]);
        let body = push_body(&merchant, &notice, &payment);
        assert!(body.starts_with("payment_notice_id=12345&change_date=20261201090000&payment_id=123456789"), "{body}");
        assert!(body.ends_with("&hc=6485eb02c7db9afccfe1076b740ffa87fc84f912aab24961153891e848b8cb8c"), "{body}");
        assert!(body.contains("&payment_status=40&payment_amount=1000&"), "{body}");
        assert!(body.contains("&acq_name=%8EO%88%E4%8FZ%97F&"), "{body}");
        assert!(body.contains("&bank_code=&"), "a card payment has no bank: {body}");
    }

    #[test]
    fn columns_that_need_an_opt_in_are_empty_without() {
        let (mut merchant, notice, payment) =
            sample(PaymentType::CARD, &[(name::ACQ_ID, "50001"), (name::PAYMENT_DATE, "1")]);
        let get = |merchant: &Merchant, name: &str| {
            fields(merchant, &notice, &payment).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
        };
        assert_eq!(get(&merchant, "acq_id").as_deref(), Some("50001"));
        merchant.contracts.opt_in_fields = false;
        assert_eq!(get(&merchant, "acq_id").as_deref(), Some(""));
        assert_eq!(get(&merchant, "payment_date").as_deref(), Some("1"));
        assert_eq!(get(&merchant, "success_code"), None);
    }
}
