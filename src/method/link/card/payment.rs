//! What pressing お支払い leads to, and coming back from the issuer's pages.

use crate::ledger::Record;
use crate::method::card::apply::{self, Applied};
use crate::method::card::states::{APPLIED, AUTHENTICATING};
use crate::method::card::three_d_secure::{self, Authentication, Hosted, State};
use crate::method::card::vault::NewCard;
use crate::method::card::vault::hosted;
use crate::method::link::card::{Entry, entry, whose};
use crate::method::link::cash::check_open;
use crate::method::link::session::Application;
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Refusal};
use crate::text::text;
use crate::wire::{Reply, name};

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
    if payment.application.is_set(name::THREEDSECURE_RYAKU) || !desk.merchant.contracts.three_d_secure {
        let capture = payment.application.is_set(name::SALES_FLG);
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
            merchant_name: payment.application.get(name::MERCHANT_NAME),
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
    let waiting =
        payment.entry.payment_id.and_then(|id| desk.payment(id)).filter(|known| known.status == AUTHENTICATING);
    let (Some((authentication, _)), Some(waiting)) = (found, waiting) else { return nothing() };
    let State::Finished(verdict) = &authentication.state else { return nothing() };
    payment.check(desk)?;
    let mut change = Change::of(waiting);
    let capture = payment.application.is_set(name::SALES_FLG);
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
        let gone = || Refusal::new("6002", text!("画面のセッションが無効です。", "the page's session is gone"));
        let found = Application::find(desk, names.trading_id, names.secret);
        let (application, application_record) = found.ok_or_else(gone)?;
        let (entry, record) = entry(desk, &application, names.entry).ok_or_else(gone)?;
        Ok(Payment { application, application_record, entry, record })
    }

    /// Refuses what can not be paid by card any more.
    fn check(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        check_open(desk, &self.application)?;
        if self.application.is_locked_for_cards() {
            let rule = text!(
                "カードの拒否回数が上限に達したため、この trading_id ではカード決済を利用できません。",
                "too many cards were refused; card payment is closed for this trading_id"
            );
            return Err(Refusal::new("P018", rule));
        }
        Ok(())
    }

    fn facts(&self) -> apply::Application<'_> {
        let customer = if self.entry.customer_card_id.is_some() { self.application.get(name::CUSTOMER_ID) } else { "" };
        apply::Application {
            trading_id: &self.application.trading_id,
            amount: self.application.amount,
            retry: self.application.card_retry,
            values: vec![
                (name::PAYMENT_CLASS, self.entry.payment_class.as_str()),
                (name::SPLIT_COUNT, self.entry.split_count.as_str()),
                (name::THREE_D_SECURE_RYAKU, self.application.get(name::THREEDSECURE_RYAKU)),
                (name::SITE_ID, self.application.get(name::SITE_ID)),
                (name::CUSTOMER_ID, customer),
                (name::CUSTOMER_CARD_ID, self.entry.customer_card_id.as_deref().unwrap_or_default()),
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
                    // The shop learns the card's id from the first notice.
                    let names = [
                        (name::CUSTOMER_ID, application.get(name::CUSTOMER_ID)),
                        (name::CUSTOMER_CARD_ID, id.as_str()),
                    ];
                    change.set_throughout(names);
                    records.push(stored);
                }
            }
        }
        let payment = change.payment();
        entry.payment_id = Some(payment.payment_id);
        entry.refused = refusal.map(|refusal| (refusal.code.clone(), refusal.detail.clone()));
        application.card_retry = (refusal.is_some() && payment.status == APPLIED).then_some(payment.payment_id);
        if refusal.is_some() {
            application.cards_refused += 1;
        }
        records.extend([application_record.with_body(&application), record.with_body(&entry)]);
        Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
    }
}
