//! 450: an authentication is registered, and the page that starts it in the buyer's browser is answered.

use crate::ledger::Record;
use crate::method::card::direct::{self, CardData};
use crate::method::card::three_d_secure::data::{check_decimals, data_error};
use crate::method::card::three_d_secure::page::start_page;
use crate::method::card::three_d_secure::verdict::{Plan, Verdict, plan};
use crate::method::card::three_d_secure::{Authentication, KIND, State, check_contract};
use crate::method::card::token::{EMV_CODES, Presented};
use crate::method::card::{CardFacts, vault};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::{Reply, Telegram, name};

/// How long the buyer has.
const MINUTES: i64 = 30;

/// What a 450 asks for.
struct Request<'a> {
    /// 決済金額 as sent, with decimals where the currency has them.
    amount: &'a str,
    /// 通貨コード.
    currency: &'a str,
    /// Where the buyer's browser goes with the result.
    term_url: &'a str,
    /// 加盟店名, shown to the buyer.
    merchant_name: &'a str,
    cardholder_name: Option<&'a str>,
    site_id: &'a str,
    card: Designation<'a>,
    /// What the 3-D Secure server says to the buyer's data.
    data_error: Option<&'static str>,
}

/// How a 450 names its card.
struct Designation<'a> {
    /// `card_set_method`.
    method: &'a str,
    token: Option<&'a str>,
    customer_id: Option<&'a str>,
    customer_card_id: Option<&'a str>,
    site_id: &'a str,
    direct: CardData<'a>,
}

impl<'a> Request<'a> {
    fn read(telegram: &'a Telegram) -> Request<'a> {
        Request {
            amount: telegram.or_default(name::PAYMENT_AMOUNT),
            currency: telegram.or_default(name::CURRENCY_CODE),
            term_url: telegram.or_default(name::TERM_URL),
            merchant_name: telegram.or_default(name::MERCHANT_NAME),
            cardholder_name: telegram.get(name::CARDHOLDER_NAME),
            site_id: telegram.or_default(name::SITE_ID),
            card: Designation {
                method: telegram.or_default(name::CARD_SET_METHOD),
                token: telegram.get(name::CARD_TOKEN),
                customer_id: telegram.get(name::CUSTOMER_ID),
                customer_card_id: telegram.get(name::CUSTOMER_CARD_ID),
                site_id: telegram.or_default(name::SITE_ID),
                direct: CardData::read(telegram),
            },
            data_error: data_error(telegram.fields()),
        }
    }

    /// What will happen, to a card that is known with this name.
    fn plan(&self, card: &CardFacts, known_name: &str) -> Plan {
        if let Some(code) = self.data_error {
            return Plan::Frictionless(Verdict::server_error(code));
        }
        // The name with which a card was stored decides, whatever is sent (`observed.md` section 2).
        let stored = self.card.method == "customer" && !known_name.is_empty();
        let name = self.cardholder_name.filter(|_| !stored).unwrap_or(known_name);
        plan(&card.issuer().brand, self.amount, name.trim())
    }
}

/// Answers 450.
pub(in crate::method::card) fn start(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let request = Request::read(telegram);
    check_contract(desk)?;
    check_decimals(request.amount, request.currency)?;
    let (card, known_name) = request.card.find(desk)?;
    desk.vendor("450")?;
    let plan = request.plan(&card, &known_name);
    let id = desk.uuid();
    let reply = answer(desk, &id, &card);
    let authentication = Authentication {
        term_url: request.term_url.to_owned(),
        merchant_name: request.merchant_name.to_owned(),
        amount: request.amount.to_owned(),
        currency: request.currency.to_owned(),
        card,
        site_id: request.site_id.to_owned(),
        started: desk.now,
        plan,
        state: State::Waiting { wrong: 0 },
        used_by: None,
        hosted: false,
    };
    let mut record = desk.new_record(KIND, id, &authentication).unique();
    record.due = Some(desk.now.plus_minutes(MINUTES));
    Ok(Outcome { records: vec![record], ..Outcome::reply(reply) })
}

fn answer(desk: &Desk<'_>, id: &str, card: &CardFacts) -> Reply {
    let issuer = card.issuer();
    Reply::ok()
        .with(name::CARD_BRAND, issuer.brand.as_str())
        .with(name::ACQ_ID, issuer.acq_id.as_str())
        .with(name::THREE_DS_AUTH_ID, id)
        .with(name::ISSUR_CLASS, card.issur_class())
        .with(name::ACQ_NAME, issuer.acq_name.as_str())
        .with(name::ISSUR_NAME, issuer.issur_name.as_str())
        .with(name::ISSUR_ID, issuer.issur_id.as_str())
        .with(name::FINGERPRINT, card.fingerprint.as_str())
        .with(name::MASKED_CARD_NUMBER, card.masked_card_number.as_str())
        .with(name::OUT_ACS_HTML, start_page(&format!("{}/3ds/start", desk.base_url()), name::THREE_DS_AUTH_ID, id))
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

impl Designation<'_> {
    /// The card, and the name that is known with it: 31002 to 31006.
    fn find(&self, desk: &Desk<'_>) -> Result<(CardFacts, String), Refusal> {
        match self.method {
            "token" => self.tokenized(desk),
            "customer" => self.stored(desk),
            "direct" => {
                direct::check_allowed(desk)?;
                if !self.direct.is_complete() {
                    return Err(self.misfit(text!(
                        "card_number と card_valid_term が必要です。",
                        "card_number and card_valid_term must be given"
                    )));
                }
                Ok((self.direct.reduce(desk)?, String::new()))
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

    fn tokenized(&self, desk: &Desk<'_>) -> Result<(CardFacts, String), Refusal> {
        let Some(key) = self.token else {
            return Err(self.misfit(text!("card_token が指定されていません。", "card_token is missing")));
        };
        let token = Presented::find(desk, key, EMV_CODES)?.token;
        let Some(card) = token.card else {
            return Err(self.misfit(text!(
                "トークンにセキュリティコードしか含まれていません。",
                "the token holds a security code only"
            )));
        };
        Ok((card, token.cardholder_name))
    }

    fn stored(&self, desk: &Desk<'_>) -> Result<(CardFacts, String), Refusal> {
        vault::check_contract(desk)?;
        let Some(customer_id) = self.customer_id else {
            return Err(self.misfit(text!("customer_id が指定されていません。", "customer_id is missing")));
        };
        let whose = [self.site_id, customer_id];
        if self.customer_card_id.is_none() && vault::count(desk, whose) > 1 {
            return Err(self.misfit(text!(
                "customer_card_id が指定されていません。この顧客には複数のカードが登録されています。",
                "customer_card_id is missing and the customer has several cards"
            )));
        }
        let stored = vault::find(desk, whose, self.customer_card_id).ok_or_else(|| {
            let rule = text!(
                "この customer_id と customer_card_id のカードは登録されていません。",
                "no card is stored under this customer_id and customer_card_id"
            );
            Refusal::new("31006", rule)
        })?;
        Ok((stored.card, stored.cardholder_name))
    }

    /// 31002: what is sent does not go with the `card_set_method`.
    fn misfit(&self, rule: Text) -> Refusal {
        let told = |rule: &str| format!("card_set_method={}: {rule}", self.method);
        Refusal::new("31002", Text::filled(told(&rule.japanese), told(&rule.english)))
    }
}
