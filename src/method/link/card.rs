//! Cards on the hosted pages: what the shopper types, and what pressing お支払い leads to (`link.md` section 5, Card).

mod payment;

pub(crate) use payment::{Names, authenticated, pay};

use serde::{Deserialize, Serialize};

use crate::ledger::{Record, RecordKind};
use crate::method::card::CardFacts;
use crate::method::card::vault::StoredCard;
use crate::method::card::vault::hosted::{self, Whose};
use crate::method::link::kana::to_half_width;
use crate::method::link::session::Application;
use crate::method::{Desk, Outcome};
use crate::payment::PaymentId;
use crate::wire::{Name, Reply, name};

/// Records of what a shopper typed on the card page, by a random key.
pub(crate) const ENTRY: RecordKind = RecordKind::new("link_card_entry");
/// Expiry years offered, this year included (`test_cards.md` section 3).
pub(crate) const YEARS: i16 = 20;
/// 分割: the numbers of instalments that the page offers.
pub(crate) const SPLITS: &[u8] = &[2, 3, 5, 6, 10, 12, 15, 18, 20, 24];

/// The brands that the page offers: name on the wire, and on the page.
pub(crate) const BRANDS: &[(&str, &str)] = &[
    ("VISA", "VISA"),
    ("MASTER", "Mastercard"),
    ("JCB", "JCB"),
    ("AMEX", "American Express"),
    ("DINERS", "Diners Club"),
];

/// What the shopper sent from the card page.
#[derive(Default)]
pub(crate) struct CardForm {
    /// The stored card to pay with; empty for a new one.
    pub(crate) customer_card_id: String,
    pub(crate) card_brand: String,
    pub(crate) card_number: String,
    pub(crate) valid_month: String,
    pub(crate) valid_year: String,
    pub(crate) card_conf_number: String,
    /// `10`, `23`, `80`, or `61-` and the number of instalments.
    pub(crate) way: String,
    /// `once` or `other`: whether `way` counts.
    pub(crate) times: String,
    /// Whether to store the card.
    pub(crate) store: String,
    /// カード名義人.
    pub(crate) cardholder_name: String,
}

impl CardForm {
    /// The form whose fields `value` gives.
    pub(crate) fn of(value: impl Fn(Name) -> String) -> CardForm {
        CardForm {
            customer_card_id: value(name::CUSTOMER_CARD_ID),
            card_brand: value(name::CARD_BRAND),
            card_number: value(name::CARD_NUMBER),
            valid_month: value(name::own::VALID_MONTH),
            valid_year: value(name::own::VALID_YEAR),
            card_conf_number: value(name::CARD_CONF_NUMBER),
            way: value(name::own::WAY),
            times: value(name::own::TIMES),
            store: value(name::own::STORE),
            cardholder_name: value(name::CARDHOLDER_NAME),
        }
    }
}

impl CardForm {
    /// The form as it was before the confirmation, without the number and the code, which nobody kept.
    pub(crate) fn again(entry: &Entry) -> CardForm {
        let mut form = CardForm::default();
        form.customer_card_id = entry.customer_card_id.clone().unwrap_or_default();
        form.card_brand.clone_from(&entry.brand);
        if entry.payment_class == "10" { "once" } else { "other" }.clone_into(&mut form.times);
        form.way = match entry.split_count.as_str() {
            "" => entry.payment_class.clone(),
            count => format!("61-{count}"),
        };
        form.store = if entry.store { "1".to_owned() } else { String::new() };
        form
    }
}

impl Drop for CardForm {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.card_number);
        zeroize::Zeroize::zeroize(&mut self.card_conf_number);
    }
}

/// A mistake that the page shows beside a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The field's name in the form.
    pub(crate) field: Name,
    /// In Japanese.
    pub(crate) ja: &'static str,
    /// In English.
    pub(crate) en: &'static str,
}

impl Mistake {
    /// The expiry is in the past, or none was chosen.
    pub(crate) const VALID_TERM: Mistake = Mistake {
        field: name::own::VALID_MONTH,
        ja: "有効期限を正しく選択してください。",
        en: "Choose an expiry date that is not in the past.",
    };
}

/// What was typed on the card page, reduced to what may be kept, until お支払い is pressed and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The application that it belongs to.
    pub(crate) trading_id: String,
    /// The card.
    pub(crate) card: CardFacts,
    /// The brand that the shopper chose.
    pub(crate) brand: String,
    /// `payment_class`, as 020 has it.
    pub(crate) payment_class: String,
    /// `split_count`.
    pub(crate) split_count: String,
    /// The stored card that it is.
    pub(crate) customer_card_id: Option<String>,
    /// Whether to store it after the payment.
    pub(crate) store: bool,
    /// The payment that came of it.
    pub(crate) payment_id: Option<PaymentId>,
    /// The 3-D Secure authentication that it waits for.
    pub(crate) authentication: Option<String>,
    /// How it was refused: response code and detail.
    pub(crate) refused: Option<(String, String)>,
}

/// The ways of paying that the contract and the application allow: the value on the page, `payment_class`, `split_count`.
pub(crate) fn ways(desk: &Desk<'_>, application: &Application) -> Vec<(String, &'static str, String)> {
    let allowed = |class: &str| desk.merchant.contracts.payment_classes.contains(class);
    let choice = application.get(name::PAYMENT_CLASS);
    let mut ways = Vec::new();
    if matches!(choice, "1" | "2") {
        if allowed("61") {
            ways.extend(SPLITS.iter().map(|count| (format!("61-{count:02}"), "61", format!("{count:02}"))));
        }
        if allowed("80") {
            ways.push(("80".to_owned(), "80", String::new()));
        }
        if choice == "1" && allowed("23") {
            ways.push(("23".to_owned(), "23", String::new()));
        }
    }
    ways
}

/// The stored cards that the shopper can pay with.
pub(crate) fn choices(desk: &Desk<'_>, application: &Application) -> Vec<StoredCard> {
    if uses_stored_cards(desk, application) { hosted::cards(desk, whose(application)) } else { Vec::new() }
}

/// Whose stored cards an application means.
fn whose(application: &Application) -> Whose<'_> {
    [application.get(name::SITE_ID), application.get(name::CUSTOMER_ID)]
}

/// Deletes a stored card that the shopper chose.
pub(crate) fn delete(desk: &Desk<'_>, application: &Application, card_id: &str) -> Outcome {
    let mut outcome = Outcome::reply(Reply::ok());
    if uses_stored_cards(desk, application) {
        outcome.records.extend(hosted::delete(desk, whose(application), card_id));
    }
    outcome
}

/// Whether the application lets the shopper store cards and use stored ones.
pub(crate) fn uses_stored_cards(desk: &Desk<'_>, application: &Application) -> bool {
    matches!(application.get(name::STOCK_CARD_MODE), "1" | "2") && desk.merchant.contracts.stored_cards
}

/// Reads what the shopper typed; all mistakes at once.
pub(crate) fn read(desk: &Desk<'_>, application: &Application, form: &CardForm) -> Result<Entry, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let chosen = choices(desk, application).into_iter().find(|stored| stored.customer_card_id == form.customer_card_id);
    let customer_card_id = chosen.as_ref().map(|stored| stored.customer_card_id.clone());
    let brand = chosen.as_ref().map_or_else(|| form.card_brand.clone(), |stored| stored.brand.clone());
    let card = match chosen {
        Some(stored) => Some(stored.card),
        None => card_of(desk, form, true, &mut mistakes),
    };
    if application.is_set(name::USE_CARD_CONF_NUMBER) {
        security_code(form, &mut mistakes);
    }
    let (payment_class, split_count) = way(desk, application, form, card.as_ref(), &mut mistakes);
    let Some(card) = card.filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
    Ok(Entry {
        trading_id: application.trading_id.clone(),
        brand,
        card,
        payment_class,
        split_count,
        store: customer_card_id.is_none()
            && uses_stored_cards(desk, application)
            && (application.get(name::STOCK_CARD_MODE) == "2" || !form.store.is_empty()),
        customer_card_id,
        payment_id: None,
        authentication: None,
        refused: None,
    })
}

/// Looks whether a security code was typed; its value never matters.
pub(crate) fn security_code(form: &CardForm, mistakes: &mut Vec<Mistake>) {
    let code = to_half_width(form.card_conf_number.trim());
    if !(3..=4).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        mistakes.push(Mistake {
            field: name::CARD_CONF_NUMBER,
            ja: "カード確認番号は3桁または4桁の数字で入力してください。",
            en: "Enter the security code as 3 or 4 digits.",
        });
    }
}

/// A new card as it was typed.
pub(crate) fn card_of(
    desk: &Desk<'_>,
    form: &CardForm,
    asks_brand: bool,
    mistakes: &mut Vec<Mistake>,
) -> Option<CardFacts> {
    let before = mistakes.len();
    if asks_brand && !BRANDS.iter().any(|(brand, _)| *brand == form.card_brand) {
        mistakes.push(Mistake {
            field: name::CARD_BRAND,
            ja: "カードブランドを選択してください。",
            en: "Choose the brand of the card.",
        });
    }
    let number = zeroize::Zeroizing::new(to_half_width(form.card_number.trim()));
    if !(14..=16).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        mistakes.push(Mistake {
            field: name::CARD_NUMBER,
            ja: "カード番号はハイフンなしの数字14桁から16桁で入力してください。",
            en: "Enter the card number as 14 to 16 digits, without hyphens.",
        });
    }
    let valid_term = valid_term(desk, &form.valid_month, &form.valid_year);
    if valid_term.is_none() {
        mistakes.push(Mistake::VALID_TERM);
    }
    let valid_term = valid_term.filter(|_| mistakes.len() == before)?;
    Some(CardFacts::reduce(desk.secret, &desk.merchant.merchant_id, &number, &valid_term))
}

/// `MMYY` of a month from this one to twenty years ahead.
pub(crate) fn valid_term(desk: &Desk<'_>, month: &str, year: &str) -> Option<String> {
    let month: i8 = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    let year: i16 = year.parse().ok()?;
    let today = desk.now.civil();
    let ahead = (i32::from(year) - i32::from(today.year())) * 12 + i32::from(month) - i32::from(today.month());
    (0..=i32::from(YEARS) * 12).contains(&ahead).then(|| format!("{month:02}{:02}", year % 100))
}

fn way(
    desk: &Desk<'_>,
    application: &Application,
    form: &CardForm,
    card: Option<&CardFacts>,
    mistakes: &mut Vec<Mistake>,
) -> (String, String) {
    if form.times != "other" {
        return ("10".to_owned(), String::new());
    }
    let Some((_, class, count)) = ways(desk, application).into_iter().find(|(value, ..)| *value == form.way) else {
        mistakes.push(Mistake {
            field: name::own::WAY,
            ja: "お支払い回数を選択してください。",
            en: "Choose how to pay.",
        });
        return (String::new(), String::new());
    };
    if card.is_some_and(|card| card.issur_class() == "1") {
        mistakes.push(Mistake {
            field: name::own::WAY,
            ja: "海外発行のカードは一括払いのみご利用いただけます。",
            en: "Cards issued outside Japan can only be charged in one payment.",
        });
    }
    (class.to_owned(), count)
}

/// Keeps what was typed until the shopper has confirmed it. The answer's `entry` is its key.
pub(crate) fn keep(desk: &Desk<'_>, application: &Application, entry: &Entry) -> Outcome {
    let key = desk.unguessable(24);
    let mut record = desk.new_record(ENTRY, key.as_str(), entry);
    record.due = Some(application.limit.plus_days(1));
    Outcome { records: vec![record], ..Outcome::reply(Reply::ok().with(name::own::ENTRY, key)) }
}

/// What was typed, under its key.
pub(crate) fn entry(desk: &Desk<'_>, application: &Application, key: &str) -> Option<(Entry, Record)> {
    desk.record::<Entry>(ENTRY, key).filter(|(entry, _)| entry.trading_id == application.trading_id)
}
