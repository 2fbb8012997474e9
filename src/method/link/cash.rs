//! Convenience stores, ATMs and net banks on the hosted pages: what the shopper presses becomes an application of the
//! method itself.

use crate::method::atm;
use crate::method::convenience::{Choice, apply_for_number, choices};
use crate::method::link::application::paid;
use crate::method::link::session::{Application, Standing};
use crate::method::net_bank::apply_until;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Telegram, catalog, name};

/// What a shopper typed on the pages of stores, ATMs and banks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    /// 姓, full-width.
    pub(crate) customer_family_name: String,
    /// 名, full-width.
    pub(crate) customer_name: String,
    /// セイ, half-width.
    pub(crate) customer_family_name_kana: String,
    /// メイ, half-width.
    pub(crate) customer_name_kana: String,
    /// 電話番号, digits.
    pub(crate) customer_tel: String,
}

impl Person {
    /// The fields with their wire names.
    pub(crate) fn fields(&self) -> [(Name, &str); 5] {
        [
            (name::CUSTOMER_FAMILY_NAME, &self.customer_family_name),
            (name::CUSTOMER_NAME, &self.customer_name),
            (name::CUSTOMER_FAMILY_NAME_KANA, &self.customer_family_name_kana),
            (name::CUSTOMER_NAME_KANA, &self.customer_name_kana),
            (name::CUSTOMER_TEL, &self.customer_tel),
        ]
    }
}

/// The stores that the shopper can choose from: those of the merchant's connection type that take the amount.
pub(crate) fn stores(desk: &Desk<'_>, application: &Application) -> Vec<Choice> {
    let own_limit = desk.merchant.contracts.amount_limits.get(&PaymentType::CONVENIENCE);
    let takes = |choice: &Choice| application.amount <= *own_limit.unwrap_or(&choice.limit);
    choices(desk).into_iter().filter(takes).collect()
}

/// Whether the page asks for a phone number (`link.md` section 5, Conveni).
pub(crate) fn asks_for_phone(stores: &Choice) -> bool {
    matches!(stores.cvs_type.as_str(), "01" | "05")
}

/// Refuses what a shopper may not do any more.
pub(crate) fn check_open(desk: &Desk<'_>, application: &Application) -> Result<(), Refusal> {
    match application.standing(desk) {
        Standing::Open => Ok(()),
        Standing::Paid => Err(paid(&application.trading_id)),
        Standing::Expired => {
            let rule = text!(
                "画面有効期限 {limit} を過ぎています。",
                "the page was open until {limit}",
                limit = application.limit
            );
            Err(Refusal::new("6002", rule))
        }
    }
}

/// Applies for a number of a store that belongs to this CVS type.
pub(crate) fn convenience(
    desk: &Desk<'_>,
    application: &Application,
    cvs_type: &str,
    person: &Person,
) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let amount = application.amount.to_string();
    let days = days_left(desk, application);
    let notices: Vec<String> = (1..=10).map(|line| format!("customer_notice_{line}")).collect();
    let fields = [
        (name::PAYMENT_AMOUNT, amount.as_str()),
        (name::CVS_TYPE, cvs_type),
        (name::SITE_INFO, detail(application)),
        (name::PAYMENT_LIMIT_DATE, &days),
        (name::SALES_TYPE, "1"),
        (name::SITE_ID, application.get(name::SITE_ID)),
    ];
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    fields.extend(notices.iter().map(|name| (name.as_str(), application.named(name))));
    fields.extend(person.fields().iter().map(|(name, value)| (name.as_str(), *value)));
    // A term in minutes ends within a day (`observed.md` section 8); one in days ends as 030's does.
    let until = Some(application.limit).filter(|_| !application.get(name::PAYMENT_TERM_MIN).is_empty());
    apply_for_number(desk, &telegram("030", application, fields)?, until)
}

/// Applies for the numbers of an ATM payment.
pub(crate) fn atm(desk: &Desk<'_>, application: &Application, person: &Person) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let amount = application.amount.to_string();
    let days = days_left(desk, application);
    let mut fields = vec![
        (name::PAYMENT_AMOUNT, amount.as_str()),
        (name::PAYMENT_DETAIL, detail(application)),
        (name::PAYMENT_DETAIL_KANA, detail_kana(application)),
        (name::PAYMENT_LIMIT_DATE, &days),
        (name::SITE_ID, application.get(name::SITE_ID)),
    ];
    fields.extend(person.fields().into_iter().take(4));
    atm::apply(desk, &telegram("010", application, fields)?)
}

/// Hands the shopper over to the page on which banks are chosen, as long as our own page is valid.
pub(crate) fn net_bank(desk: &Desk<'_>, application: &Application, person: &Person) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let amount = application.amount.to_string();
    let mut fields = vec![
        (name::AMOUNT, amount.as_str()),
        (name::CLAIM_KANJI, detail(application)),
        (name::CLAIM_KANA, detail_kana(application)),
    ];
    let same = [
        name::RETURN_URL,
        name::STOP_RETURN_URL,
        name::MERCHANT_NAME,
        name::BANNER_URL,
        name::FREE_MEMO,
        name::COPY_RIGHT,
        name::SITE_ID,
    ];
    fields.extend(same.map(|name| (name, application.get(name))));
    fields.extend(person.fields().into_iter().take(4));
    apply_until(desk, &telegram("060", application, fields)?, application.limit)
}

/// An application of a method itself, as a shopper's button makes it.
fn telegram(kind: &str, application: &Application, fields: Vec<(impl AsRef<str>, &str)>) -> Result<Telegram, Refusal> {
    let unknown = || {
        let rule = text!("電文 {kind} は未対応です。", "telegram {kind} is not emulated", kind = kind);
        Refusal::new("P018", rule)
    };
    let spec = catalog().telegram(kind).ok_or_else(unknown)?;
    let fields = fields.iter().map(|(name, value)| (name.as_ref(), *value));
    Ok(Telegram::new(spec, fields.chain([("trading_id", application.trading_id.as_str())])))
}

fn detail(application: &Application) -> &str {
    match application.get(name::PAYMENT_DETAIL) {
        "" => "お支払い一式",
        detail => detail,
    }
}

fn detail_kana(application: &Application) -> &str {
    match application.get(name::PAYMENT_DETAIL_KANA) {
        "" => "ｵｼﾊﾗｲｲｯｼｷ",
        detail => detail,
    }
}

/// Days from today to the application's limit.
fn days_left(desk: &Desk<'_>, application: &Application) -> String {
    let span = application.limit.civil().date() - desk.now.civil().date();
    span.get_days().max(0).to_string()
}
