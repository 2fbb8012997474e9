//! Convenience stores, ATMs and net banks on the hosted pages: what the shopper presses becomes an application of the
//! method itself.

use crate::method::atm;
use crate::method::convenience::{Choice, NOTICES, NumberRequest, apply_for_number, choices};
use crate::method::link::application::paid;
use crate::method::link::session::{Application, Standing};
use crate::method::net_bank;
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, name};

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

    fn names(&self) -> [(Name, &str); 2] {
        [(name::CUSTOMER_FAMILY_NAME, &self.customer_family_name), (name::CUSTOMER_NAME, &self.customer_name)]
    }

    fn kana(&self) -> [(Name, &str); 2] {
        [
            (name::CUSTOMER_FAMILY_NAME_KANA, &self.customer_family_name_kana),
            (name::CUSTOMER_NAME_KANA, &self.customer_name_kana),
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
    let mut kept = vec![
        (name::SITE_ID, application.get(name::SITE_ID)),
        (name::CUSTOMER_TEL, person.customer_tel.as_str()),
        (name::SITE_INFO, detail(application)),
        (name::SALES_TYPE, "1"),
    ];
    kept.extend(person.names());
    kept.extend(NOTICES.map(|name| (name, application.get(name))));
    let request = NumberRequest {
        trading_id: Some(&application.trading_id),
        amount: application.amount,
        cvs_type: Some(cvs_type),
        cvs_company_id: None,
        customer_tel: &person.customer_tel,
        limit_days: Some(days_left(desk, application)),
        // A term in minutes ends within a day (`observed.md` section 8); one in days ends as 030's does.
        until: Some(application.limit).filter(|_| !application.get(name::PAYMENT_TERM_MIN).is_empty()),
        tickets: None,
        kana: person.kana(),
        kept,
    };
    apply_for_number(desk, &request)
}

/// Applies for the numbers of an ATM payment.
pub(crate) fn atm(desk: &Desk<'_>, application: &Application, person: &Person) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let [family_kana, given_kana] = person.kana();
    let mut kept = vec![(name::SITE_ID, application.get(name::SITE_ID)), (name::PAYMENT_DETAIL, detail(application))];
    kept.extend(person.names());
    let request = atm::Request {
        trading_id: Some(&application.trading_id),
        amount: application.amount,
        limit_days: Some(days_left(desk, application)),
        kana: [family_kana, given_kana, (name::PAYMENT_DETAIL_KANA, detail_kana(application))],
        kept,
    };
    atm::apply(desk, &request)
}

/// Hands the shopper over to the page on which banks are chosen, as long as our own page is valid.
pub(crate) fn net_bank(desk: &Desk<'_>, application: &Application, person: &Person) -> Result<Outcome, Refusal> {
    check_open(desk, application)?;
    let mut kana = vec![(name::CLAIM_KANA, detail_kana(application))];
    kana.extend(person.kana());
    let mut kept = vec![(name::CLAIM_KANJI, detail(application))];
    let same = [
        name::RETURN_URL,
        name::STOP_RETURN_URL,
        name::MERCHANT_NAME,
        name::BANNER_URL,
        name::FREE_MEMO,
        name::COPY_RIGHT,
        name::SITE_ID,
    ];
    kept.extend(same.map(|name| (name, application.get(name))));
    kept.extend(person.names());
    // What nobody gave is not kept as empty.
    for values in [&mut kana, &mut kept] {
        values.retain(|(_, value)| !value.is_empty());
    }
    let request = net_bank::Request {
        trading_id: Some(&application.trading_id),
        amount: application.amount,
        term: net_bank::Term::Until(application.limit),
        kana,
        kept,
    };
    net_bank::apply(desk, &request)
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
fn days_left(desk: &Desk<'_>, application: &Application) -> u64 {
    let span = application.limit.civil().date() - desk.now.civil().date();
    u64::try_from(span.get_days()).unwrap_or(0)
}
