//! Convenience stores, ATMs and net banks on the hosted pages: what the shopper presses becomes an application of the
//! method itself.

use crate::method::atm;
use crate::method::convenience::{Choice, apply_for_number, choices};
use crate::method::link::session::{Application, Standing};
use crate::method::net_bank::apply_until;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::wire::{Telegram, catalog};

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
    pub(crate) fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("customer_family_name", &self.customer_family_name),
            ("customer_name", &self.customer_name),
            ("customer_family_name_kana", &self.customer_family_name_kana),
            ("customer_name_kana", &self.customer_name_kana),
            ("customer_tel", &self.customer_tel),
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
        Standing::Paid => Err(Refusal::new("6001", format!("trading_id {} is paid already", application.trading_id))),
        Standing::Expired => Err(Refusal::new("6002", format!("the page was open until {}", application.limit))),
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
    let mut fields = vec![
        ("payment_amount", amount.as_str()),
        ("cvs_type", cvs_type),
        ("site_info", detail(application)),
        ("payment_limit_date", &days),
        ("sales_type", "1"),
        ("site_id", application.get("site_id")),
    ];
    fields.extend(notices.iter().map(|name| (name.as_str(), application.get(name))));
    fields.extend(person.fields());
    // A term in minutes ends within a day (`observed.md` section 8); one in days ends as 030's does.
    let until = Some(application.limit).filter(|_| !application.get("payment_term_min").is_empty());
    apply_for_number(desk, &telegram("030", application, fields)?, until)
}

/// Applies for the numbers of an ATM payment.
pub(crate) fn atm(desk: &Desk<'_>, application: &Application, person: &Person) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let amount = application.amount.to_string();
    let days = days_left(desk, application);
    let mut fields = vec![
        ("payment_amount", amount.as_str()),
        ("payment_detail", detail(application)),
        ("payment_detail_kana", detail_kana(application)),
        ("payment_limit_date", &days),
        ("site_id", application.get("site_id")),
    ];
    fields.extend(person.fields().into_iter().take(4));
    atm::apply(desk, &telegram("010", application, fields)?)
}

/// Hands the shopper over to the page on which banks are chosen, as long as our own page is valid.
pub(crate) fn net_bank(desk: &Desk<'_>, application: &Application, person: &Person) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let amount = application.amount.to_string();
    let mut fields = vec![
        ("amount", amount.as_str()),
        ("claim_kanji", detail(application)),
        ("claim_kana", detail_kana(application)),
    ];
    let same = ["return_url", "stop_return_url", "merchant_name", "banner_url", "free_memo", "copy_right", "site_id"];
    fields.extend(same.map(|name| (name, application.get(name))));
    fields.extend(person.fields().into_iter().take(4));
    apply_until(desk, &telegram("060", application, fields)?, application.limit)
}

/// An application of a method itself, as a shopper's button makes it.
fn telegram(kind: &str, application: &Application, fields: Vec<(&str, &str)>) -> Result<Telegram, Refusal> {
    let unknown = || Refusal::new("P018", format!("telegram {kind} is not emulated"));
    let spec = catalog().telegram(kind).ok_or_else(unknown)?;
    let trading_id = ("trading_id", application.trading_id.as_str());
    Ok(Telegram::new(spec, fields.into_iter().chain([trading_id])))
}

fn detail(application: &Application) -> &str {
    match application.get("payment_detail") {
        "" => "お支払い一式",
        detail => detail,
    }
}

fn detail_kana(application: &Application) -> &str {
    match application.get("payment_detail_kana") {
        "" => "ｵｼﾊﾗｲｲｯｼｷ",
        detail => detail,
    }
}

/// Days from today to the application's limit.
fn days_left(desk: &Desk<'_>, application: &Application) -> String {
    let span = application.limit.civil().date() - desk.now.civil().date();
    span.get_days().max(0).to_string()
}
