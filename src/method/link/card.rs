//! Cards on the hosted pages: what the shopper types, and what pressing お支払い leads to (`link.md` section 5, Card).

use serde::{Deserialize, Serialize};

use crate::ledger::Record;
use crate::method::card::CardFacts;
use crate::method::card::apply::{self, Applied};
use crate::method::card::three_d_secure::{self, Authentication, Hosted, State};
use crate::method::card::vault::hosted::{self, Whose};
use crate::method::card::vault::{NewCard, StoredCard};
use crate::method::link::cash::check_open;
use crate::method::link::kana::to_half_width;
use crate::method::link::session::Application;
use crate::method::{Desk, Outcome};
use crate::payment::{Change, PaymentId, Refusal, Status};
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
    /// カード名義人.
    pub(crate) cardholder_name: String,
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
            cardholder_name: value("cardholder_name"),
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

impl Mistake {
    /// The expiry is in the past, or none was chosen.
    pub(crate) const VALID_TERM: Mistake = Mistake {
        field: "valid_month",
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

/// The stored cards that the shopper can pay with.
pub(crate) fn choices(desk: &Desk<'_>, application: &Application) -> Vec<StoredCard> {
    if uses_stored_cards(desk, application) { hosted::cards(desk, whose(application)) } else { Vec::new() }
}

/// Whose stored cards an application means.
fn whose(application: &Application) -> Whose<'_> {
    [application.get("site_id"), application.get("customer_id")]
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
    matches!(application.get("stock_card_mode"), "1" | "2") && desk.merchant.contracts.stored_cards
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
    if application.is_set("use_card_conf_number") {
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
            && (application.get("stock_card_mode") == "2" || !form.store.is_empty()),
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
            field: "card_conf_number",
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
        mistakes.push(Mistake::VALID_TERM);
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
///
/// With 3-D Secure the payment waits (14) for the shopper's authentication; `return_url` is where he comes back to.
pub(crate) fn pay(desk: &Desk<'_>, names: Names<'_>, return_url: &str) -> Result<Outcome, Refusal> {
    let payment = Payment::find(desk, names)?;
    if payment.entry.payment_id.is_some() {
        return Ok(Outcome::reply(Reply::ok()));
    }
    payment.check(desk)?;
    let mut change = match apply::apply(desk, &payment.facts())? {
        Applied::Refused(change, refusal) => return payment.done(desk, change, Some(&refusal)),
        Applied::Ready(change) => change,
    };
    if payment.application.is_set("threedsecure_ryaku") || !desk.merchant.contracts.three_d_secure {
        let capture = payment.application.is_set("sales_flg");
        let refusal = apply::authorize(desk, &mut change, &payment.entry.card, capture)?;
        return payment.done(desk, change, refusal.as_ref());
    }
    apply::await_authentication(desk, &mut change, &payment.entry.card)?;
    let data = payment.application.fields.iter();
    let data = data.filter_map(|(name, value)| Some((name.strip_prefix("3ds_")?, value.as_str())));
    let (id, authentication) = three_d_secure::open(
        desk,
        Hosted {
            term_url: return_url.to_owned(),
            merchant_name: payment.application.get("merchant_name"),
            amount: payment.application.amount,
            card: payment.entry.card.clone(),
            cardholder_name: "",
            data: data.collect(),
        },
    );
    let Payment { mut application, application_record, mut entry, record } = payment;
    entry.payment_id = Some(change.payment().payment_id);
    entry.authentication = Some(id);
    application.card_retry = None;
    let records = vec![application_record.with_body(&application), record.with_body(&entry), authentication];
    Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
}

/// The shopper is back from the issuer's pages. Whoever gave up there leaves the payment waiting.
pub(crate) fn authenticated(desk: &Desk<'_>, names: Names<'_>) -> Result<Outcome, Refusal> {
    let nothing = || Ok(Outcome::reply(Reply::ok()));
    let payment = Payment::find(desk, names)?;
    let authentication = payment.entry.authentication.as_deref();
    let found = authentication.and_then(|id| desk.record::<Authentication>(three_d_secure::KIND, id));
    let waiting = payment.entry.payment_id.and_then(|id| desk.payment(id)).filter(|known| known.status == Status(14));
    let (Some((authentication, _)), Some(waiting)) = (found, waiting) else { return nothing() };
    let State::Finished(verdict) = &authentication.state else { return nothing() };
    payment.check(desk)?;
    let mut change = Change::of(waiting);
    let capture = payment.application.is_set("sales_flg");
    let refusal = apply::authenticated(desk, &mut change, &payment.entry.card, verdict, capture)?;
    payment.done(desk, change, refusal.as_ref())
}

/// What a shopper's request names: an application, its secret, and what was typed on its card page.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// マーチャント取引ID.
    pub(crate) trading_id: &'a str,
    /// The application's secret.
    pub(crate) secret: &'a str,
    /// The key of what was typed.
    pub(crate) entry: &'a str,
}

/// A payment under way, with the records that remember it.
struct Payment {
    application: Application,
    application_record: Record,
    entry: Entry,
    record: Record,
}

impl Payment {
    fn find(desk: &Desk<'_>, names: Names<'_>) -> Result<Payment, Refusal> {
        let gone = || Refusal::new("6002", "the page's session is gone");
        let found = Application::find(desk, names.trading_id, names.secret);
        let (application, application_record) = found.ok_or_else(gone)?;
        let (entry, record) = entry(desk, &application, names.entry).ok_or_else(gone)?;
        Ok(Payment { application, application_record, entry, record })
    }

    /// Refuses what can not be paid by card any more.
    fn check(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        check_open(desk, &self.application)?;
        if self.application.is_locked_for_cards() {
            let rule = "too many cards were refused; card payment is closed for this trading_id";
            return Err(Refusal::new("P018", rule));
        }
        Ok(())
    }

    fn facts(&self) -> apply::Application<'_> {
        let customer = if self.entry.customer_card_id.is_some() { self.application.get("customer_id") } else { "" };
        apply::Application {
            trading_id: &self.application.trading_id,
            amount: self.application.amount,
            retry: self.application.card_retry,
            values: vec![
                ("payment_class", self.entry.payment_class.as_str()),
                ("split_count", self.entry.split_count.as_str()),
                ("3dsecure_ryaku", self.application.get("threedsecure_ryaku")),
                ("site_id", self.application.get("site_id")),
                ("customer_id", customer),
                ("customer_card_id", self.entry.customer_card_id.as_deref().unwrap_or_default()),
            ],
        }
    }

    /// The payment as it came out, remembered by the page and by the application; a card that was good is stored, or
    /// was used just now.
    fn done(self, desk: &Desk<'_>, mut change: Change, refusal: Option<&Refusal>) -> Result<Outcome, Refusal> {
        let Payment { mut application, application_record, mut entry, record } = self;
        let mut records = Vec::new();
        if refusal.is_none() {
            if let Some(id) = &entry.customer_card_id {
                records.extend(hosted::pay_with(desk, whose(&application), id).map(|(_, used)| used));
            } else if entry.store {
                let new = NewCard {
                    card: entry.card.clone(),
                    brand: entry.brand.clone(),
                    cardholder_name: String::new(),
                    checked: false,
                    add_info: Default::default(),
                };
                // With ten cards already the payment stands all the same.
                if let Ok((id, stored)) = hosted::store(desk, whose(&application), new) {
                    change.set([("customer_id", application.get("customer_id")), ("customer_card_id", id.as_str())]);
                    records.push(stored);
                }
            }
        }
        let payment = change.payment();
        entry.payment_id = Some(payment.payment_id);
        entry.refused = refusal.map(|refusal| (refusal.code.clone(), refusal.detail.clone()));
        application.card_retry = (refusal.is_some() && payment.status == Status(10)).then_some(payment.payment_id);
        if refusal.is_some() {
            application.cards_refused += 1;
        }
        records.extend([application_record.with_body(&application), record.with_body(&entry)]);
        Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
    }
}
