//! Paidy's side: a buyer's checkout, the webhook that tells the gateway of it, and 343 (`paidy.md` sections 1 to 3).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Moment;
use crate::ledger::RecordKind;
use crate::merchant::{Key, Merchant, MerchantId, Merchants};
use crate::method::paidy::order::unfit;
use crate::method::paidy::states::AUTHORIZED;
use crate::method::paidy::{Order, TABLE, deadline, facts};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, NewPayment, PaymentId, PaymentType, Refusal, Trigger};
use crate::text::{Text, text};
use crate::wire::{Reply, catalog, name};

/// Paidy's payments, as records by Paidy's id.
pub(super) const PAYMENT: RecordKind = RecordKind::new("paidy_payment");

/// What shops' pages name the merchant by.
const PUBLIC_KEY: Key = Key::new("paidy_public");
/// What the public key of a merchant starts with that has none of its own; its id follows.
const KEY_OF_ID: &str = "pk_test_";

/// A payment at Paidy. A refused or abandoned checkout leaves none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaidyPayment {
    /// When the buyer agreed.
    pub created_at: Moment,
    /// What was bought.
    pub order: Order,
    /// The gateway's payment, once the webhook has come.
    pub payment_id: Option<PaymentId>,
}

/// When Paidy's webhook reaches the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Webhook {
    /// A moment after the shop's page has heard of the checkout.
    #[default]
    Now,
    /// Some minutes later, by the merchant's clock.
    Late,
    /// Never; it can be sent by hand.
    Lost,
}

/// A new id of Paidy's, with what nobody can guess in it: so many letters and digits.
pub fn new_id(unguessable: impl FnOnce(usize) -> String) -> String {
    format!("pay_{}", unguessable(16))
}

/// The merchant of a public key; the first by id, if several were given the same. One that has none of its own has
/// `pk_test_` and its merchant id.
pub fn of_public_key(merchants: &Merchants, key: &str) -> Option<Arc<Merchant>> {
    let by_id = key.strip_prefix(KEY_OF_ID).and_then(|id| merchants.get(&MerchantId::new(id)));
    let by_id = by_id.filter(|merchant| merchant.keys.get(PUBLIC_KEY).is_empty());
    merchants.of_key(PUBLIC_KEY, key).into_iter().chain(by_id).min_by(|a, b| a.merchant_id.cmp(&b.merchant_id))
}

/// What Paidy makes of a buyer: whether the checkout is authorized. A refusal is something to type again.
pub fn judge(mail: &str, phone: &str, code: &str) -> Result<bool, Refusal> {
    let digits: String = phone.chars().filter(|character| !matches!(character, '-' | ' ')).collect();
    if !mail.contains('@') {
        return Err(unfit(text!("メールアドレスを入力してください。", "this is not a mail address")));
    }
    if !(10..=11).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unfit(text!(
            "携帯電話番号は数字10桁または11桁で入力してください。",
            "a mobile number has 10 or 11 digits"
        )));
    }
    let account = facts().account.iter().find(|account| account.mail.eq_ignore_ascii_case(mail.trim()));
    if let Some(account) = account.filter(|account| account.phone != digits) {
        return Err(unfit(text!(
            "{mail} の携帯電話番号は {phone} です。",
            "the phone number of {mail} is {phone}",
            mail = mail,
            phone = account.phone
        )));
    }
    if code.trim() != facts().code {
        return Err(unfit(text!(
            "認証コードが違います。テスト環境では {code} です。",
            "the code is wrong; in the test environment it is {code}",
            code = facts().code
        )));
    }
    Ok(account.is_none_or(|account| !account.rejected))
}

/// The buyer agreed and Paidy authorizes. The answer's `created_at` is for the shop's page.
pub fn authorize(desk: &Desk<'_>, id: &str, order: &Order, webhook: Webhook) -> Result<Outcome, Refusal> {
    let payment = PaidyPayment { created_at: desk.now, order: order.clone(), payment_id: None };
    let mut record = desk.new_record(PAYMENT, id, &payment);
    if webhook == Webhook::Late {
        record.due = Some(desk.now.plus_minutes(facts().late_webhook_minutes));
    }
    let reply = Reply::ok().with(name::own::CREATED_AT, utc(desk.now));
    Ok(Outcome { records: vec![record], ..Outcome::reply(reply) })
}

/// Paidy's webhook arrives: the gateway makes its payment, once. `sent` is the payment itself, for an id that Paidy does not have.
pub fn receive(desk: &Desk<'_>, id: &str, sent: Option<&Value>) -> Result<Outcome, Refusal> {
    desk.check_contract(PaymentType::PAIDY, name::AMOUNT, 0)?;
    let (mut paidy, mut record) = match (desk.record::<PaidyPayment>(PAYMENT, id), sent) {
        (Some(known), _) => known,
        (None, Some(sent)) => {
            let created_at = sent.get("created_at").and_then(Value::as_str).and_then(|text| text.parse().ok());
            let paidy = PaidyPayment {
                created_at: created_at.unwrap_or(desk.now),
                order: Order::read(sent)?,
                payment_id: None,
            };
            let record = desk.new_record(PAYMENT, id, &paidy);
            (paidy, record)
        }
        (None, None) => {
            let told = Text::filled(
                "該当するPaidyの決済がありません。".to_owned(),
                format!(
                    "merchant {} has no Paidy payment {id}; send the payment itself as \"payment\" to create it",
                    desk.merchant.merchant_id
                ),
            );
            return Err(unfit(told));
        }
    };
    record.due = None;
    if let Some(payment_id) = paidy.payment_id {
        let reply = Reply::ok().with(name::PAYMENT_ID, payment_id.to_string());
        return Ok(Outcome { records: vec![record], ..Outcome::reply(reply) });
    }
    // Paidy asks for this also when the webhook was late and the clock brought it.
    let mut change = Change::create(
        &TABLE,
        Trigger::Vendor,
        AUTHORIZED,
        NewPayment {
            payment_id: desk.next_payment_id(),
            merchant_id: desk.merchant.merchant_id.clone(),
            trading_id: paidy.order.trading_id(),
            amount: paidy.order.amount,
            init_date: desk.now,
        },
    )?;
    let authorized = paidy.created_at.datetime14();
    change.set_init_date(paidy.created_at);
    change.set_named(paidy.order.values());
    change.set([
        (name::PAIDY_PAYMENT_ID, id),
        (name::AUTHORIZED_DATE, &authorized),
        (name::EVENT, "authorize"),
        (name::EVENT_RESULT, "success"),
    ]);
    if let Some(due) = deadline(change.payment()) {
        change.set_due(due);
    }
    let payment_id = change.payment().payment_id;
    paidy.payment_id = Some(payment_id);
    let reply = Reply::ok().with(name::PAYMENT_ID, payment_id.to_string());
    Ok(Outcome { records: vec![record.with_body(&paidy)], ..Outcome::changing(vec![change], reply) })
}

/// Answers 343 from Paidy's side, whether or not the webhook has come.
///
/// The document lists no `trading_id`; Welcart stores the answer and needs it (`clients.md` B.1), so a payment
/// that is found has its `order_ref` there, as the last line.
pub(super) fn verify(desk: &Desk<'_>, id: &str) -> Result<Outcome, Refusal> {
    desk.vendor("343").map_err(|failed| super::settle::failure(&failed))?;
    let reply = match desk.record::<PaidyPayment>(PAYMENT, id) {
        Some((paidy, _)) => Reply::ok()
            .with(name::RETRIEVE_RESULT, "0")
            .with(name::PAYMENT_AMOUNT, paidy.order.amount.to_string())
            .with(name::TRADING_ID, paidy.order.order_ref.as_str())
            .with_all(paidy.order.values.clone()),
        None => {
            let layout = catalog().telegram("343").map_or(&[][..], |spec| &spec.response);
            let end = layout.iter().position(|field| field.name == name::TRADING_ID).unwrap_or(layout.len());
            Reply::ok().with(name::RETRIEVE_RESULT, "1").laid_out_by(&layout[..end])
        }
    };
    Ok(Outcome::reply(reply))
}

/// ISO 8601 in UTC with milliseconds, as Paidy writes it.
fn utc(moment: Moment) -> String {
    let utc = moment.plus(jiff::Span::new().hours(-9)).civil();
    format!("{}.{:03}Z", utc.strftime("%Y-%m-%dT%H:%M:%S"), utc.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_accounts_and_typing_errors() {
        assert_eq!(judge("successful.payment@paidy.com", "08000000001", "8888").ok(), Some(true));
        assert_eq!(judge("Rejected.payment@paidy.com", "080-0000-0001", "8888").ok(), Some(false));
        assert_eq!(judge("anybody@example.jp", "09012345678", "8888").ok(), Some(true));
        for (mail, phone, code) in [
            ("successful.payment@paidy.com", "08000000002", "8888"),
            ("anybody@example.jp", "09012345678", "1234"),
            ("anybody@example.jp", "0901234567a", "8888"),
            ("anybody", "09012345678", "8888"),
        ] {
            assert!(judge(mail, phone, code).is_err(), "{mail} {phone} {code}");
        }
    }

    #[test]
    fn paidy_writes_utc() {
        let moment: Moment = "2026-12-01T08:00:05.25+09:00".parse().unwrap();
        assert_eq!(utc(moment), "2026-11-30T23:00:05.250Z");
    }
}
