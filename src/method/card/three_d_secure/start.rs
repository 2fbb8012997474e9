//! 450: an authentication is registered, and the page that starts it in the buyer's browser is answered.

use std::sync::LazyLock;

use maud::{PreEscaped, html};
use serde::Deserialize;

use crate::fixtures;
use crate::ledger::Record;
use crate::method::card::designate::{check_direct, direct_card};
use crate::method::card::three_d_secure::verdict::{Plan, Verdict, plan};
use crate::method::card::three_d_secure::{Authentication, KIND, State, check_contract};
use crate::method::card::token::{EMV_CODES, Presented};
use crate::method::card::{CardFacts, vault};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::{Name, Reply, Telegram, name};

/// How long the buyer has.
const MINUTES: i64 = 30;

/// Answers 450.
pub(in crate::method::card) fn start(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    check_contract(desk)?;
    check_decimals(telegram)?;
    let (card, known_name) = card_of(desk, telegram)?;
    desk.vendor("450")?;
    let issuer = card.issuer();
    // The name with which a card was stored decides, whatever is sent (`observed.md` section 2).
    let stored = telegram.get(name::CARD_SET_METHOD) == Some("customer") && !known_name.is_empty();
    let sent = telegram.get(name::CARDHOLDER_NAME).filter(|_| !stored);
    let name = sent.unwrap_or(&known_name);
    let plan = match data_error(telegram.fields()) {
        Some(code) => Plan::Frictionless(Verdict::server_error(code)),
        None => plan(&issuer.brand, telegram.or_default(name::PAYMENT_AMOUNT), name.trim()),
    };
    let id = desk.uuid();
    let authentication = Authentication {
        term_url: telegram.or_default(name::TERM_URL).to_owned(),
        merchant_name: telegram.or_default(name::MERCHANT_NAME).to_owned(),
        amount: telegram.or_default(name::PAYMENT_AMOUNT).to_owned(),
        currency: telegram.or_default(name::CURRENCY_CODE).to_owned(),
        card,
        site_id: telegram.or_default(name::SITE_ID).to_owned(),
        started: desk.now,
        plan,
        state: State::Waiting { wrong: 0 },
        used_by: None,
        hosted: false,
    };
    let card = &authentication.card;
    let reply = Reply::ok()
        .with(name::CARD_BRAND, issuer.brand.as_str())
        .with(name::ACQ_ID, issuer.acq_id.as_str())
        .with(name::THREE_DS_AUTH_ID, id.as_str())
        .with(name::ISSUR_CLASS, card.issur_class())
        .with(name::ACQ_NAME, issuer.acq_name.as_str())
        .with(name::ISSUR_NAME, issuer.issur_name.as_str())
        .with(name::ISSUR_ID, issuer.issur_id.as_str())
        .with(name::FINGERPRINT, card.fingerprint.as_str())
        .with(name::MASKED_CARD_NUMBER, card.masked_card_number.as_str())
        .with(name::OUT_ACS_HTML, start_page(&format!("{}/3ds/start", desk.base_url()), name::THREE_DS_AUTH_ID, &id));
    let mut record = desk.new_record(KIND, id, &authentication).unique();
    record.due = Some(desk.now.plus_minutes(MINUTES));
    Ok(Outcome { records: vec![record], ..Outcome::reply(reply) })
}

/// What a hosted page has authenticated.
pub(crate) struct Hosted<'a> {
    /// Where the shopper's browser comes back to.
    pub(crate) term_url: String,
    /// Shown to the shopper.
    pub(crate) merchant_name: &'a str,
    /// In yen.
    pub(crate) amount: u64,
    /// The card.
    pub(crate) card: CardFacts,
    /// カード名義人, if it was asked for.
    pub(crate) cardholder_name: &'a str,
    /// The application's `3ds_…` fields, without that prefix.
    pub(crate) data: Vec<(&'a str, &'a str)>,
}

/// An authentication that belongs to a hosted page, and its key.
pub(crate) fn open(desk: &Desk<'_>, hosted: Hosted<'_>) -> (String, Record) {
    let amount = hosted.amount.to_string();
    let plan = match data_error(hosted.data.iter().copied()) {
        Some(code) => Plan::Frictionless(Verdict::server_error(code)),
        None => plan(&hosted.card.issuer().brand, &amount, hosted.cardholder_name.trim()),
    };
    let id = desk.uuid();
    let authentication = Authentication {
        term_url: hosted.term_url,
        merchant_name: hosted.merchant_name.to_owned(),
        amount,
        currency: String::new(),
        card: hosted.card,
        site_id: String::new(),
        started: desk.now,
        plan,
        state: State::Waiting { wrong: 0 },
        used_by: None,
        hosted: true,
    };
    let mut record = desk.new_record(KIND, id.as_str(), &authentication).unique();
    record.due = Some(desk.now.plus_minutes(MINUTES));
    (id, record)
}

/// The page that takes the buyer to ours by a form that submits itself.
///
/// It has the shape that all clients need (`card_3ds2.md` section 3): it begins on the line after the field's name; a
/// shop plugin puts the head into a comment, prints the rest into its own page and submits the form by its name.
pub(super) fn start_page(action: &str, name: Name, value: &str) -> String {
    let body = html! {
        form name="submitForm" id="submitForm" method="POST" action=(action) {
            (PreEscaped("\r\n"))
            input type="hidden" name=(name) value=(value);
            (PreEscaped("\r\n"))
            noscript {
                p { "本人認証サービスの画面へ進みます。Continue to the authentication of your card." }
                input type="submit" value="次へ / Continue";
            }
            (PreEscaped("\r\n"))
        }
    };
    format!(
        "\r\n<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\">\r\n\
         <title>3-D Secure</title>\r\n<script type=\"text/javascript\">\r\nfunction OnLoadEvent() {{\r\n\
         document.getElementById('submitForm').submit();\r\n}}\r\n</script>\r\n</head>\r\n\
         <body onload=\"OnLoadEvent();\">\r\n{}\r\n</body>\r\n</html>",
        body.into_string()
    )
}

/// The card that a 450 designates, and the name that is known with it: 31002 to 31006.
fn card_of(desk: &Desk<'_>, telegram: &Telegram) -> Result<(CardFacts, String), Refusal> {
    let method = telegram.or_default(name::CARD_SET_METHOD);
    let misfit = |rule: Text| {
        let told = |rule: &str| format!("card_set_method={method}: {rule}");
        Refusal::new("31002", Text::filled(told(&rule.japanese), told(&rule.english)))
    };
    match method {
        "token" => {
            let key = telegram
                .get(name::CARD_TOKEN)
                .ok_or_else(|| misfit(text!("card_token がありません。", "card_token is missing")))?;
            let token = Presented::find(desk, key, EMV_CODES)?.token;
            let card = token.card.ok_or_else(|| {
                misfit(text!(
                    "トークンにセキュリティコードしか含まれていません。",
                    "the token holds a security code only"
                ))
            })?;
            Ok((card, token.cardholder_name))
        }
        "customer" => {
            vault::check_contract(desk)?;
            let customer_id = telegram
                .get(name::CUSTOMER_ID)
                .ok_or_else(|| misfit(text!("customer_id がありません。", "customer_id is missing")))?;
            let (site_id, card_id) = (telegram.or_default(name::SITE_ID), telegram.get(name::CUSTOMER_CARD_ID));
            if card_id.is_none() && vault::count(desk, site_id, customer_id) > 1 {
                return Err(misfit(text!(
                    "customer_card_id がありません。この顧客には複数のカードが登録されています。",
                    "customer_card_id is missing and the customer has several cards"
                )));
            }
            let stored = vault::find(desk, site_id, customer_id, card_id).ok_or_else(|| {
                let rule = text!(
                    "この customer_id と customer_card_id のカードは登録されていません。",
                    "no card is stored under this customer_id and customer_card_id"
                );
                Refusal::new("31006", rule)
            })?;
            Ok((stored.card, stored.cardholder_name))
        }
        "direct" => {
            check_direct(desk)?;
            if !(telegram.has(name::CARD_NUMBER) && telegram.has(name::CARD_VALID_TERM)) {
                return Err(misfit(text!(
                    "card_number と card_valid_term が必要です。",
                    "card_number and card_valid_term must be given"
                )));
            }
            Ok((direct_card(desk, telegram)?, String::new()))
        }
        _ => {
            let rule = text!(
                "Google Pay には対応していません。トークンを復号できません。",
                "Google Pay is not emulated: its tokens cannot be decrypted"
            );
            Err(Refusal::new("25001", rule))
        }
    }
}

/// Currencies and their decimals, countries: `fixtures/iso.toml`.
#[derive(Deserialize)]
struct Iso {
    two_decimals: Vec<String>,
    no_decimals: Vec<String>,
    countries: Vec<String>,
}

fn iso() -> &'static Iso {
    static ISO: LazyLock<Iso> = LazyLock::new(|| fixtures::parse(include_str!("../../../../fixtures/iso.toml")));
    &ISO
}

/// P010 for a currency that 450 does not know, or more decimals than it has (`card_3ds2.md` section 10).
fn check_decimals(telegram: &Telegram) -> Result<(), Refusal> {
    let currency = telegram.or_default(name::CURRENCY_CODE);
    let currency = if currency.is_empty() { "JPY" } else { currency };
    let most = match currency {
        _ if iso().no_decimals.iter().any(|code| code == currency) => 0,
        _ if iso().two_decimals.iter().any(|code| code == currency) => 2,
        _ => {
            let rule = text!(
                "450 では通貨 {currency} の金額を指定できません。",
                "450 takes no amounts in {currency}",
                currency = currency
            );
            return Err(Refusal::field("P010", name::CURRENCY_CODE, rule));
        }
    };
    // Noughts behind the point are no decimals: shops write 1000.00 yen (`observed.md` section 7).
    let decimals = telegram.or_default(name::PAYMENT_AMOUNT).split_once('.');
    let decimals = decimals.map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len());
    if decimals > most {
        let rule = text!(
            "{currency} の金額の小数は {most} 桁までです。",
            "an amount in {currency} has at most {most} decimals",
            currency = currency,
            most = most
        );
        return Err(Refusal::field("P010", name::PAYMENT_AMOUNT, rule));
    }
    Ok(())
}

/// The error of the 3-D Secure server that the data of a 450 bring about (`card_3ds2.md` section 9): 203 for blank
/// addresses and wrong e-mail addresses, 304 for countries and states that ISO 3166 does not have.
fn data_error<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'static str> {
    let fields: Vec<(&str, &str)> = fields.collect();
    let blank = |value: &str| value.chars().all(char::is_whitespace);
    let address = |name: &str| name.starts_with("bill_address_") || name.starts_with("ship_address_");
    let wrong_mail = |mail: &str| match mail.rsplit_once('@') {
        Some((local, domain)) => {
            mail.contains("..")
                || local.is_empty()
                || local.starts_with('.')
                || local.ends_with('.')
                || domain.is_empty()
        }
        None => true,
    };
    let of = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if fields.iter().any(|(name, value)| address(name) && blank(value))
        || [name::EMAIL_ADDRESS, name::DELIVERY_EMAIL_ADDRESS].iter().filter_map(|name| of(name)).any(wrong_mail)
    {
        return Some("203");
    }
    let wrong_place = ["bill", "ship"].into_iter().any(|which| {
        let country = of(&format!("{which}_address_country"));
        let state = of(&format!("{which}_address_state"));
        let unknown = country.is_some_and(|code| !iso().countries.iter().any(|known| known == code));
        // Prefectures are the only states that a list here would gain from: 01 to 47.
        let no_prefecture = country == Some("392")
            && state.is_some_and(|state| !state.parse::<u8>().is_ok_and(|number| (1..=47).contains(&number)));
        unknown || no_prefecture
    });
    wrong_place.then_some("304")
}
