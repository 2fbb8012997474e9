//! Cards on the hosted pages: what the shopper types, and what pressing お支払い leads to (`link.md` section 5, Card).

use serde::{Deserialize, Serialize};

use crate::ledger::Record;
use crate::method::card::CardFacts;
use crate::method::card::apply::{self, Applied};
use crate::method::link::cash::check_open;
use crate::method::link::kana::to_half_width;
use crate::method::link::session::Application;
use crate::method::{Desk, Outcome};
use crate::payment::{Change, PaymentId, Refusal};
use crate::random;
use crate::wire::Reply;

/// Records of what a shopper typed on the card page, by a random key.
pub(crate) const ENTRY: &str = "link_card_entry";
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
}

impl CardForm {
    /// The form whose fields `value` gives.
    pub(crate) fn of(value: impl Fn(&str) -> String) -> CardForm {
        CardForm {
            customer_card_id: value("customer_card_id"),
            card_brand: value("card_brand"),
            card_number: value("card_number"),
            valid_month: value("valid_month"),
            valid_year: value("valid_year"),
            card_conf_number: value("card_conf_number"),
            way: value("way"),
            times: value("times"),
            store: value("store"),
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
    pub(crate) field: &'static str,
    /// In Japanese.
    pub(crate) ja: &'static str,
    /// In English.
    pub(crate) en: &'static str,
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
    /// How it was refused: response code and detail.
    pub(crate) refused: Option<(String, String)>,
}

/// The ways of paying that the contract and the application allow: the value on the page, `payment_class`, `split_count`.
pub(crate) fn ways(desk: &Desk<'_>, application: &Application) -> Vec<(String, &'static str, String)> {
    let allowed = |class: &str| desk.merchant.contracts.payment_classes.contains(class);
    let choice = application.get("payment_class");
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

/// A card that the shopper can choose.
pub(crate) struct Choice {
    /// 顧客カードID.
    pub(crate) customer_card_id: String,
    /// The card.
    pub(crate) card: CardFacts,
}

/// The stored cards that the shopper can pay with.
pub(crate) fn choices(_desk: &Desk<'_>, _application: &Application) -> Vec<Choice> {
    Vec::new()
}

/// Whether the application lets the shopper store cards and use stored ones.
pub(crate) fn uses_stored_cards(desk: &Desk<'_>, application: &Application) -> bool {
    matches!(application.get("stock_card_mode"), "1" | "2") && desk.merchant.contracts.stored_cards
}

/// Reads what the shopper typed; all mistakes at once.
pub(crate) fn read(desk: &Desk<'_>, application: &Application, form: &CardForm) -> Result<Entry, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let card = card_of(desk, form, &mut mistakes);
    if application.is_set("use_card_conf_number") {
        let code = to_half_width(form.card_conf_number.trim());
        if !(3..=4).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            mistakes.push(Mistake {
                field: "card_conf_number",
                ja: "カード確認番号は3桁または4桁の数字で入力してください。",
                en: "Enter the security code as 3 or 4 digits.",
            });
        }
    }
    let (payment_class, split_count) = way(desk, application, form, card.as_ref(), &mut mistakes);
    let Some(card) = card.filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
    Ok(Entry {
        trading_id: application.trading_id.clone(),
        brand: form.card_brand.clone(),
        card,
        payment_class,
        split_count,
        customer_card_id: None,
        store: match application.get("stock_card_mode") {
            "1" => !form.store.is_empty(),
            mode => mode == "2",
        },
        payment_id: None,
        refused: None,
    })
}

/// A new card as it was typed.
fn card_of(desk: &Desk<'_>, form: &CardForm, mistakes: &mut Vec<Mistake>) -> Option<CardFacts> {
    let before = mistakes.len();
    if !BRANDS.iter().any(|(brand, _)| *brand == form.card_brand) {
        mistakes.push(Mistake {
            field: "card_brand",
            ja: "カードブランドを選択してください。",
            en: "Choose the brand of the card.",
        });
    }
    let number = zeroize::Zeroizing::new(to_half_width(form.card_number.trim()));
    if !(14..=16).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        mistakes.push(Mistake {
            field: "card_number",
            ja: "カード番号はハイフンなしの数字14桁から16桁で入力してください。",
            en: "Enter the card number as 14 to 16 digits, without hyphens.",
        });
    }
    let valid_term = valid_term(desk, &form.valid_month, &form.valid_year);
    if valid_term.is_none() {
        mistakes.push(Mistake {
            field: "valid_month",
            ja: "有効期限を正しく選択してください。",
            en: "Choose an expiry date that is not in the past.",
        });
    }
    let valid_term = valid_term.filter(|_| mistakes.len() == before)?;
    Some(CardFacts::reduce(desk.fingerprint_key, &desk.merchant.merchant_id, &number, &valid_term))
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
            field: "way", ja: "お支払い回数を選択してください。", en: "Choose how to pay."
        });
        return (String::new(), String::new());
    };
    if card.is_some_and(|card| card.issur_class() == "1") {
        mistakes.push(Mistake {
            field: "way",
            ja: "海外発行のカードは一括払いのみご利用いただけます。",
            en: "Cards issued outside Japan can only be charged in one payment.",
        });
    }
    (class.to_owned(), count)
}

/// Keeps what was typed until the shopper has confirmed it. The answer's `entry` is its key.
pub(crate) fn keep(desk: &Desk<'_>, application: &Application, entry: &Entry) -> Outcome {
    let key = random::text(24);
    let mut record = desk.new_record(ENTRY, key.as_str(), entry);
    record.due = Some(application.limit.plus_days(1));
    Outcome { records: vec![record], ..Outcome::reply(Reply::ok().with("entry", key)) }
}

/// What was typed, under its key.
pub(crate) fn entry(desk: &Desk<'_>, application: &Application, key: &str) -> Option<(Entry, Record)> {
    desk.record::<Entry>(ENTRY, key).filter(|(entry, _)| entry.trading_id == application.trading_id)
}

/// お支払い was pressed. Pressing it twice changes nothing.
pub(crate) fn pay(desk: &Desk<'_>, trading_id: &str, secret: &str, key: &str) -> Result<Outcome, Refusal> {
    let gone = || Refusal::new("6002", "the page's session is gone");
    let (application, application_record) = Application::find(desk, trading_id, secret).ok_or_else(gone)?;
    let (entry, record) = entry(desk, &application, key).ok_or_else(gone)?;
    if entry.payment_id.is_some() {
        return Ok(Outcome::reply(Reply::ok()));
    }
    check_open(desk, &application)?;
    if application.is_locked_for_cards() {
        return Err(Refusal::new("P018", "too many cards were refused; card payment is closed for this trading_id"));
    }
    let payment = Payment { application, application_record, entry, record };
    match apply::apply(desk, &payment.facts())? {
        Applied::Refused(change, refusal) => Ok(payment.done(change, Some(&refusal))),
        Applied::Ready(mut change) => {
            let capture = payment.application.is_set("sales_flg");
            let refusal = apply::authorize(desk, &mut change, &payment.entry.card, capture)?;
            Ok(payment.done(change, refusal.as_ref()))
        }
    }
}

/// A payment under way, with the records that remember it.
struct Payment {
    application: Application,
    application_record: Record,
    entry: Entry,
    record: Record,
}

impl Payment {
    fn facts(&self) -> apply::Application<'_> {
        apply::Application {
            trading_id: &self.application.trading_id,
            amount: self.application.amount,
            retry: self.application.card_retry,
            values: vec![
                ("payment_class", self.entry.payment_class.as_str()),
                ("split_count", self.entry.split_count.as_str()),
                ("3dsecure_ryaku", self.application.get("threedsecure_ryaku")),
                ("site_id", self.application.get("site_id")),
                ("customer_id", self.application.get("customer_id")),
                ("customer_card_id", self.entry.customer_card_id.as_deref().unwrap_or_default()),
            ],
        }
    }

    /// The payment as it came out, remembered by the page and by the application.
    fn done(self, change: Change, refusal: Option<&Refusal>) -> Outcome {
        let Payment { mut application, application_record, mut entry, record } = self;
        let payment_id = change.payment().payment_id;
        entry.payment_id = Some(payment_id);
        entry.refused = refusal.map(|refusal| (refusal.code.clone(), refusal.detail.clone()));
        application.card_retry = refusal.is_some_and(|refusal| refusal.code == "2003").then_some(payment_id);
        if refusal.is_some() {
            application.cards_refused += 1;
        }
        let records = vec![application_record.with_body(&application), record.with_body(&entry)];
        Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) }
    }
}
