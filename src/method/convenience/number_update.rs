//! What a store, the test tool or the merchants' site does to a payment by number (`cash_states.md`, type 03).

use crate::clock::Moment;
use crate::method::cash::typed;
use crate::method::convenience::facts::facts;
use crate::method::convenience::{APPLIED, CLEARED, EXPIRED, NUMBER, REPORTED, WITHDRAWN};
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Forbidden, Payment, Status, Trigger};
use crate::text::{Text, text};
use crate::wire::{Reply, name};

/// Whether the payment's store reports a payment at once and confirms it later.
fn is_flash(payment: &Payment) -> bool {
    let vendor = payment.attributes.get(name::CVS_TYPE).and_then(|cvs_type| facts().vendor(cvs_type));
    vendor.is_some_and(|vendor| vendor.flash)
}

/// The statuses that this payment can be led to: 43 comes before 40 where stores report at once.
pub(super) fn targets(payment: &Payment, by: Trigger) -> Vec<Status> {
    let first_paid = if is_flash(payment) { REPORTED } else { CLEARED };
    let possible = NUMBER.next(Some(payment.status), by);
    possible.filter(|to| payment.status != APPLIED || *to == EXPIRED || *to == first_paid).collect()
}

/// The inputs of the test tool's screen.
pub(super) fn inputs(payment: &Payment, to: Status) -> Vec<UpdateInput> {
    let e_context = payment.attributes.get(name::CVS_TYPE) == Some("01");
    match (payment.status, to) {
        (APPLIED, EXPIRED) if e_context => {
            vec![typed::time_input("入金日時/支払期限", "Paid at / payment limit")]
        }
        (APPLIED, REPORTED) => vec![typed::time_input("入金日時", "Paid at")],
        (APPLIED, CLEARED) => {
            let label = if e_context { "入金日時/支払期限" } else { "入金日時" };
            let stores = paid_at(payment).map(|code| (code.to_owned(), store_name(code))).collect();
            vec![
                typed::time_input(label, "Paid at"),
                UpdateInput::text(name::CVS_COMPANY_ID, "コンビニ企業CD", "Store", "").with_choices(stores),
            ]
        }
        _ => Vec::new(),
    }
}

fn store_name(code: &str) -> String {
    facts().store(code).map_or_else(|| code.to_owned(), |store| store.name.clone())
}

/// The stores that take the payment's number.
fn paid_at(payment: &Payment) -> impl Iterator<Item = &str> {
    payment.attributes.get(name::PAYABLE_CVS_COMPANY_ID).unwrap_or_default().split('-')
}

/// Leads a payment to a status.
pub(super) fn update(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let (from, to) = (payment.status, update.payment_status);
    if !targets(&payment, desk.by).contains(&to) {
        let store = payment.attributes.get(name::CVS_TYPE).and_then(|cvs_type| facts().vendor(cvs_type));
        let by = desk.by;
        let forbidden = Forbidden { payment_type: payment.payment_type, from: Some(from), to, by };
        let [name, english] = store.map_or(["", ""], |vendor| [&vendor.name, &vendor.english]);
        return Err(UpdateError::forbidden(Text::filled(
            format!("{name}: {}", forbidden.japanese()),
            format!("a payment at {english} in status {from} cannot go to {to} by {by}"),
        )));
    }
    if desk.by == Trigger::Vendor && from == APPLIED {
        refuse_late(desk, &payment)?;
    }
    let mut warnings = Vec::new();
    let now = desk.now.datetime14();
    let mut change = Change::of(payment.clone());
    change.enter(&NUMBER, desk.by, to, desk.now)?;
    match (from, to) {
        (APPLIED, EXPIRED) => {
            let overwritten = desk.by == Trigger::Tool && payment.attributes.get(name::CVS_TYPE) == Some("01");
            let limit = if overwritten { new_limit(update)? } else { None };
            if let Some(limit) = limit {
                warnings = typed::limit_warnings(desk, &payment, Some(limit))?;
                change.set([(name::PAYMENT_LIMIT_DATE, limit.date8().as_str())]);
            }
        }
        (APPLIED, _) => {
            let store = store(&payment, update)?;
            let paid = typed::time(update, &[name::PAYMENT_DATE, name::USER_PAYMENT_DATE])?;
            warnings = typed::warnings(desk, &payment, paid)?;
            let paid = paid.unwrap_or(desk.now).datetime14();
            change.set([(name::USER_PAYMENT_DATE, paid.as_str()), (name::CVS_COMPANY_ID, store.as_str())]);
            if to == REPORTED {
                change.set([(name::EARLY_NOTICE_DATE, now.as_str())]);
            } else {
                change.set([(name::PAYMENT_DATE, paid.as_str()), (name::CONFIRM_NOTICE_DATE, now.as_str())]);
            }
        }
        (_, WITHDRAWN) => change.set([(name::CANCEL_DATE, now.as_str())]),
        _ => change.set([(name::PAYMENT_DATE, now.as_str()), (name::CONFIRM_NOTICE_DATE, now.as_str())]),
    }
    Ok(Outcome { warnings, ..Outcome::changing(vec![change], Reply::ok()) })
}

/// The tool's new limit date: its one input has two meanings.
fn new_limit(update: &Update) -> Result<Option<Moment>, UpdateError> {
    match typed::date(update, name::PAYMENT_LIMIT_DATE)? {
        Some(limit) => Ok(Some(limit)),
        None => typed::date(update, name::PAYMENT_DATE),
    }
}

/// Where the payment was made: what was chosen, or the first store that takes the number.
fn store(payment: &Payment, update: &Update) -> Result<String, UpdateError> {
    match update.input(name::CVS_COMPANY_ID) {
        None => {
            let usable = payment.attributes.get(name::USABLE_CVS_COMPANY_ID).unwrap_or_default();
            Ok(usable.split('-').next().unwrap_or_default().to_owned())
        }
        Some(code) if paid_at(payment).any(|known| known == code) => Ok(code.to_owned()),
        Some(code) => {
            let known: Vec<String> = paid_at(payment).map(|code| format!("{code} {}", store_name(code))).collect();
            let reason = text!(
                "{code:?} はこの番号では支払えないコンビニです。支払えるコンビニ: {known}",
                "{code:?} does not take this number; these do: {known}",
                code = code,
                known = known.join(", ")
            );
            Err(UpdateError::invalid(name::CVS_COMPANY_ID, reason))
        }
    }
}

/// A number stops working at the end of its last day, before the batch notices (`cash_states.md`, common rules).
fn refuse_late(desk: &Desk<'_>, payment: &Payment) -> Result<(), UpdateError> {
    let tickets = payment.attributes.get(name::TICKET_END_DATE);
    let tickets = tickets.and_then(|date| Moment::parse_datetime14(&format!("{date}235959")));
    match typed::limit(payment).or(tickets) {
        Some(limit) if desk.now > limit => Err(UpdateError::forbidden(text!(
            "支払期限 {limit} を過ぎているため、コンビニで支払えません（現在 {now}）。",
            "stores take the number until {limit}, it is {now}",
            limit = limit,
            now = desk.now
        ))),
        _ => Ok(()),
    }
}
