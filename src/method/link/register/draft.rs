//! What a customer typed on the pages of stored cards, and carrying it out.

use serde::{Deserialize, Serialize};

use crate::ledger::{Record, RecordKind};
use crate::method::card::CardFacts;
use crate::method::card::three_d_secure::{self, Authentication, Hosted, State};
use crate::method::card::vault::hosted;
use crate::method::card::vault::{NewCard, StoredCard};
use crate::method::link::HASH_KEY;
use crate::method::link::card::{CardForm, Mistake, card_of, security_code, valid_term};
use crate::method::link::hash;
use crate::method::link::register::{Operation, Registration};
use crate::method::message::Message;
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Reply, name};

/// Records of what a customer typed on them, by random keys.
pub(crate) const DRAFT: RecordKind = RecordKind::new("link_card_draft");

/// What a customer typed, until it is done and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Draft {
    secret: String,
    /// What is to be done.
    pub(crate) operation: Operation,
    /// The card to change or delete, or the one that was stored.
    pub(crate) customer_card_id: String,
    /// The card.
    pub(crate) card: CardFacts,
    /// カードブランド.
    pub(crate) brand: String,
    /// カード名義人.
    pub(crate) cardholder_name: String,
    /// The 3-D Secure authentication that it waits for.
    pub(crate) authentication: Option<String>,
    /// Whether it is done.
    pub(crate) done: bool,
    /// How it was refused: response code and detail.
    pub(crate) refused: Option<(String, String)>,
}

impl Draft {
    /// What was typed, under its key.
    pub(crate) fn find(desk: &Desk<'_>, registration: &Registration, key: &str) -> Option<(Draft, Record)> {
        desk.record::<Draft>(DRAFT, key).filter(|(draft, _)| draft.secret == registration.secret)
    }

    /// Keeps it until the customer has confirmed it. The answer's `draft` is its key.
    pub(crate) fn keep(&self, desk: &Desk<'_>, registration: &Registration) -> Outcome {
        let key = desk.unguessable(24);
        let mut record = desk.new_record(DRAFT, key.as_str(), self);
        record.due = Some(registration.limit.plus_days(1));
        Outcome { records: vec![record], ..Outcome::reply(Reply::ok().with(name::own::DRAFT, key)) }
    }
}

/// Reads what the customer typed to store a card, or to change one; all mistakes at once.
pub(crate) fn read(
    desk: &Desk<'_>,
    registration: &Registration,
    changed: Option<&StoredCard>,
    form: &CardForm,
) -> Result<Draft, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let card = match changed {
        None => card_of(desk, form, false, &mut mistakes),
        Some(stored) => {
            let valid_term = valid_term(desk, &form.valid_month, &form.valid_year);
            if valid_term.is_none() {
                mistakes.push(Mistake::VALID_TERM);
            }
            valid_term.map(|card_valid_term| CardFacts { card_valid_term, ..stored.card.clone() })
        }
    };
    if registration.is_set(name::USE_CARD_CONF_NUMBER) {
        security_code(form, &mut mistakes);
    }
    let name = form.cardholder_name.trim().to_ascii_uppercase();
    let is_name = |name: &str| (1..=64).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if registration.is_set(name::USE_CARDHOLDER_NAME) && !is_name(&name) {
        mistakes.push(Mistake {
            field: name::CARDHOLDER_NAME,
            ja: "カード名義人は半角英字で入力してください。",
            en: "Enter the name on the card in half-width letters.",
        });
    }
    let Some(card) = card.filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
    Ok(Draft {
        secret: registration.secret.clone(),
        operation: if changed.is_some() { Operation::Change } else { Operation::Store },
        customer_card_id: changed.map(|stored| stored.customer_card_id.clone()).unwrap_or_default(),
        brand: changed.map_or_else(|| card.issuer().brand.clone(), |stored| stored.brand.clone()),
        card,
        cardholder_name: name,
        authentication: None,
        done: false,
        refused: None,
    })
}

/// The deletion of a card, to be confirmed.
pub(crate) fn deletion(registration: &Registration, stored: StoredCard) -> Draft {
    Draft {
        secret: registration.secret.clone(),
        operation: Operation::Delete,
        customer_card_id: stored.customer_card_id,
        card: stored.card,
        brand: stored.brand,
        cardholder_name: stored.cardholder_name,
        authentication: None,
        done: false,
        refused: None,
    }
}

/// A draft under way, with the records that remember it.
struct Work {
    registration: Registration,
    registration_record: Record,
    draft: Draft,
    record: Record,
}

impl Work {
    fn find(desk: &Desk<'_>, secret: &str, key: &str) -> Result<Work, Refusal> {
        let gone = || Refusal::new("6002", text!("画面のセッションが無効です。", "the page's session is gone"));
        let (registration, registration_record) = Registration::find(desk, secret).ok_or_else(gone)?;
        let (draft, record) = Draft::find(desk, &registration, key).ok_or_else(gone)?;
        Ok(Work { registration, registration_record, draft, record })
    }

    fn check(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        self.registration.check_open(desk)?;
        if !self.registration.allows(self.draft.operation, &self.draft.customer_card_id) {
            let rule = text!("この申込ではこの操作はできません。", "the application does not allow this operation");
            return Err(Refusal::new("P018", rule));
        }
        Ok(())
    }

    fn keep(self, mut outcome: Outcome) -> Outcome {
        outcome.records.push(self.registration_record.with_body(&self.registration));
        outcome.records.push(self.record.with_body(&self.draft));
        outcome
    }

    /// Does it: checks the card where the application wants that, then stores, changes or deletes it, and tells the shop.
    fn carry_out(mut self, desk: &Desk<'_>) -> Result<Outcome, Refusal> {
        let mut outcome = Outcome::reply(Reply::ok());
        let whose = self.registration.whose();
        let checks = self.registration.is_set(name::VALID_CHECK_FLG) && self.draft.operation != Operation::Delete;
        if checks {
            let (change, refusal) = hosted::check(desk, whose, &self.draft.card)?;
            outcome.changes.push(change);
            if let Some(refusal) = refusal {
                self.draft.refused = Some((refusal.code, refusal.detail));
                self.registration.refused += 1;
                return Ok(self.keep(outcome));
            }
        }
        let missing =
            || Refusal::new("6010", text!("カードは既に削除されています。", "the card is not stored any more"));
        let (card_id, stored) = match self.draft.operation {
            Operation::Store => {
                let new = NewCard {
                    card: self.draft.card.clone(),
                    brand: self.draft.brand.clone(),
                    cardholder_name: self.draft.cardholder_name.clone(),
                    checked: checks,
                    add_info: Default::default(),
                };
                hosted::store(desk, whose, new)?
            }
            Operation::Change => {
                let id = self.draft.customer_card_id.clone();
                let name = Some(self.draft.cardholder_name.as_str()).filter(|name| !name.is_empty());
                let term = &self.draft.card.card_valid_term;
                let record = hosted::change(desk, whose, &id, term, name).ok_or_else(missing)?;
                (id, record)
            }
            Operation::Delete => {
                let id = self.draft.customer_card_id.clone();
                let record = hosted::delete(desk, whose, &id).ok_or_else(missing)?;
                (id, record)
            }
        };
        if let Some(change) = outcome.changes.first_mut() {
            change.set([(name::CUSTOMER_CARD_ID, card_id.as_str())]);
        }
        outcome.records.push(stored);
        outcome.records.extend(notice(desk, &self.registration, &card_id, self.draft.operation));
        self.draft.customer_card_id = card_id;
        self.draft.done = true;
        self.registration.changed = true;
        Ok(self.keep(outcome))
    }
}

/// The last button was pressed. With 3-D Secure the customer is authenticated first, when a card is stored.
pub(crate) fn confirm(desk: &Desk<'_>, secret: &str, key: &str, return_url: &str) -> Result<Outcome, Refusal> {
    let mut work = Work::find(desk, secret, key)?;
    if work.draft.done || work.draft.refused.is_some() || work.draft.authentication.is_some() {
        return Ok(Outcome::reply(Reply::ok()));
    }
    work.check(desk)?;
    let without = work.registration.is_set(name::THREEDSECURE_RYAKU) || !desk.merchant.contracts.three_d_secure;
    if without || work.draft.operation != Operation::Store {
        return work.carry_out(desk);
    }
    work.registration.check_room(desk)?;
    let data = work.registration.fields.iter();
    let data = data.filter_map(|(name, value)| Some((name.strip_prefix("3ds_")?, value.as_str())));
    let (id, authentication) = three_d_secure::open(
        desk,
        Hosted {
            term_url: return_url.to_owned(),
            merchant_name: work.registration.get(name::MERCHANT_NAME),
            amount: 0,
            card: work.draft.card.clone(),
            cardholder_name: &work.draft.cardholder_name,
            data: data.collect(),
        },
    );
    work.draft.authentication = Some(id);
    Ok(work.keep(Outcome { records: vec![authentication], ..Outcome::reply(Reply::ok()) }))
}

/// The customer is back from the issuer's pages. Whoever gave up there has changed nothing.
pub(crate) fn authenticated(desk: &Desk<'_>, secret: &str, key: &str) -> Result<Outcome, Refusal> {
    let nothing = || Ok(Outcome::reply(Reply::ok()));
    let mut work = Work::find(desk, secret, key)?;
    if work.draft.done || work.draft.refused.is_some() {
        return nothing();
    }
    let id = work.draft.authentication.as_deref();
    let found = id.and_then(|id| desk.record::<Authentication>(three_d_secure::KIND, id));
    let Some((Authentication { state: State::Finished(verdict), .. }, _)) = found else { return nothing() };
    work.check(desk)?;
    let refusal = if verdict.result == "0" {
        three_d_secure::classic::refused(desk, &verdict.attempt_kbn)
    } else {
        let rule = text!(
            "カード発行会社による本人認証（3Dセキュア）が成立しませんでした。",
            "the issuer did not authenticate the customer (3-D Secure)"
        );
        Some(Refusal::with_detail("2001", "1511", rule))
    };
    match refusal {
        None => work.carry_out(desk),
        Some(refusal) => {
            work.draft.refused = Some((refusal.code, refusal.detail));
            work.registration.refused += 1;
            Ok(work.keep(Outcome::reply(Reply::ok())))
        }
    }
}

/// `link:cardreg-notice`: the shop is told of a card stored, changed or deleted.
fn notice(desk: &Desk<'_>, registration: &Registration, card_id: &str, operation: Operation) -> Option<Record> {
    let url = registration.get(name::INFORM_URL);
    if url.is_empty() {
        return None;
    }
    let [site_id, customer_id] = registration.whose();
    let date = desk.now.datetime14();
    let values = [site_id, customer_id, card_id, operation.code(), date.as_str()];
    let names = [name::SITE_ID, name::CUSTOMER_ID, name::CUSTOMER_CARD_ID, name::OPERATION_TYPE, name::UPDATE_DATE];
    let hc = hash::card_notice(values, desk.merchant.keys.get(HASH_KEY));
    let message = Message::hashed("card_registration", url, names.iter().map(|name| name.as_str()).zip(values), &hc);
    Some(message.record(desk))
}
