//! 020 card authorization (`card.toml`; `card_states.md` section 4).

use crate::clock::Moment;
use crate::method::card::{Card, CardFacts, Failure, TABLE, TYPES, deadline, stub};
use crate::method::{Desk, Method, Outcome};
use crate::payment::{Attributes, Change, PaymentType, Refusal, Status};
use crate::wire::{Reply, Telegram};

/// How often a payment that ended in an input error may be tried again.
const RETRIES: u8 = 3;
/// How long the card of a former payment can be referred to, in months.
const REFERENCE_MONTHS: i32 = 14;

/// Answers 020.
pub(super) fn authorize(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let amount = telegram.number("payment_amount").unwrap_or_default();
    desk.check_contract(PaymentType::CARD, "payment_amount", amount)?;
    check_three_d_secure(desk, telegram)?;
    let card = card_of(desk, telegram)?;
    check_payment_class(desk, telegram, &card)?;

    let mut change = match telegram.get("payment_id") {
        Some(id) => match retry(desk, id)? {
            Retry::Ready(change) => change,
            Retry::Refused(change, refusal) => return Ok(Outcome::changing(vec![change], Reply::refused(refusal))),
        },
        None => desk.create(&TABLE, Status(10), telegram.get("trading_id"), amount)?,
    };
    change.set_amount(amount);
    change.set(application(telegram));
    let judgement = desk.fault("020").map_or_else(
        || stub::authorization(&card),
        |fault| Err(Failure { code: fault.response_code, detail: fault.response_detail }),
    );
    let refusal = judge(desk, &mut change, &card, judgement, telegram.get("sales_mode") == Some("1"))?;
    let trading_id = telegram.get("trading_id").unwrap_or_default();
    let reply = match refusal {
        None => granted(&change, &card),
        Some(refusal) if refusal.code == "2003" => {
            Reply::refused(refusal).with("payment_id", change.payment().payment_id.to_string())
        }
        Some(refusal) => Reply::refused(refusal),
    };
    Ok(Outcome::changing(vec![change], reply.with("trading_id", trading_id)))
}

/// The application's values that a payment keeps.
fn application(telegram: &Telegram) -> Vec<(&str, &str)> {
    let names = ["payment_class", "split_count", "3dsecure_ryaku", "site_id", "customer_id", "customer_card_id"];
    names.into_iter().map(|name| (name, telegram.or_default(name))).collect()
}

/// Enters what the card company's judgement leads to. Returns the refusal, if it refused.
pub(super) fn judge(
    desk: &Desk<'_>,
    change: &mut Change,
    card: &CardFacts,
    judgement: Result<(), Failure>,
    capture: bool,
) -> Result<Option<Refusal>, Refusal> {
    let now = desk.now.datetime14();
    match judgement {
        Ok(()) => {
            change.enter(&TABLE, desk.by, Status(20), desk.now)?;
            let id = change.payment().payment_id.0;
            let (approval, receipt) = (format!("{:06}", id % 1_000_000), format!("{}{:08}", desk.now.date8(), id));
            change.set(card.attributes());
            change.set([
                ("joho_code", "000"),
                ("authrized_number", approval.as_str()),
                ("receipt_number", receipt.as_str()),
                ("authorized_date", now.as_str()),
                ("early_notice_date", now.as_str()),
            ]);
            if capture {
                change.enter(&TABLE, desk.by, Status(40), desk.now)?;
                change.set([("payment_date", now.as_str())]);
            }
            set_deadline(change, desk.now);
            Ok(None)
        }
        Err(failure) => {
            if failure.code != "2003" {
                change.enter(&TABLE, desk.by, Status(11), desk.now)?;
            }
            change.set(card.attributes());
            change.set([("joho_code", failure.joho_code())]);
            set_deadline(change, desk.now);
            Ok(Some(failure.refusal()))
        }
    }
}

pub(super) fn set_deadline(change: &mut Change, now: Moment) {
    let status = change.payment().status;
    let since = if status == Status(10) { change.payment().init_date } else { now };
    if let Some(due) = deadline(status, since) {
        change.set_due(due);
    }
}

/// The answer to an authorization that was granted.
fn granted(change: &Change, card: &CardFacts) -> Reply {
    Reply::ok()
        .with("payment_id", change.payment().payment_id.to_string())
        .with("attempt_kbn", change.payment().field("attempt_kbn"))
        .with("issur_id", card.issuer().issur_id.as_str())
        .with_all(card_reply(card))
}

/// The card's values in an answer, as 020, 028 and 029 have them.
pub(super) fn card_reply(card: &CardFacts) -> [(&'static str, String); 7] {
    let issuer = card.issuer();
    [
        ("issur_class", card.issur_class().to_owned()),
        ("acq_id", issuer.acq_id.clone()),
        ("acq_name", issuer.acq_name.clone()),
        ("issur_name", issuer.issur_name.clone()),
        ("fingerprint", card.fingerprint.clone()),
        ("masked_card_number", card.masked_card_number.clone()),
        ("card_valid_term", card.card_valid_term.clone()),
    ]
}

/// A payment that ended in an input error, tried again.
pub(super) enum Retry {
    /// To be judged again.
    Ready(Change),
    /// Tried too often.
    Refused(Change, Refusal),
}

/// The payment that a retry names.
pub(super) fn retry(desk: &Desk<'_>, id: &str) -> Result<Retry, Refusal> {
    let payment = id.parse().ok().and_then(|id| desk.payment(id)).filter(|p| TYPES.contains(&p.payment_type));
    let refuse = |detail: &str, rule: &str| Refusal::with_detail("2001", detail, rule);
    let Some(payment) = payment else {
        return Err(refuse(
            "P901",
            "payment_id names no card payment of the merchant; leave it empty for a new payment",
        ));
    };
    if payment.status != Status(10) {
        let rule = format!("only a payment in status 10 can be tried again; this one is in {}", payment.status);
        return Err(refuse("P902", &rule));
    }
    let tried = payment.attributes.get("retries").and_then(|count| count.parse().ok()).unwrap_or(0u8);
    let mut change = Change::of(payment);
    if tried >= RETRIES {
        change.enter(&TABLE, desk.by, Status(11), desk.now)?;
        let refusal = refuse("P903", "the payment was tried again three times already");
        return Ok(Retry::Refused(change, refusal));
    }
    change.set([("retries", (tried + 1).to_string().as_str())]);
    Ok(Retry::Ready(change))
}

/// The card that the telegram designates: directly, or by a former payment.
fn card_of(desk: &Desk<'_>, telegram: &Telegram) -> Result<CardFacts, Refusal> {
    if telegram.get("stock_card_mode") == Some("1") {
        return Err(Refusal::new("P025", "no card is stored under this customer_id and customer_card_id"));
    }
    if telegram.has("card_token") {
        return Err(Refusal::new("2021", "the token is unknown"));
    }
    if let Some(reference) = telegram.get("ref_trading_id") {
        return referred_card(desk, reference);
    }
    // A retry may go without card data; it means the card of the first try.
    let retried = telegram.get("payment_id").filter(|_| !telegram.has("card_number"));
    let payment = retried.and_then(|id| desk.payment(id.parse().ok()?));
    if let Some(card) = payment.and_then(|payment| CardFacts::of(&payment.attributes)) {
        return Ok(card);
    }
    direct_card(desk, telegram)
}

/// The card whose number and expiry stand in the telegram.
fn direct_card(desk: &Desk<'_>, telegram: &Telegram) -> Result<CardFacts, Refusal> {
    if desk.merchant.contracts.token_only {
        let rule = "the merchant's contract allows card data as tokens only (contracts.token_only)";
        return Err(Refusal::new("2023", rule));
    }
    for name in ["card_number", "card_valid_term"] {
        if !telegram.has(name) {
            return Err(Refusal::field(
                "P005",
                name,
                format!("{name} is missing; the payment to retry has no card either"),
            ));
        }
    }
    let number = telegram.secret("card_number").unwrap_or_default();
    let valid_term = telegram.secret("card_valid_term").unwrap_or_default();
    check_expiry(desk.now, valid_term)?;
    if telegram.get("security_code_use") == Some("1") && !telegram.has("card_conf_number") {
        let rule = "security_code_use=1 demands a security code (card_conf_number)";
        return Err(Refusal::field("P006", "card_conf_number", rule));
    }
    Ok(CardFacts::reduce(desk.fingerprint_key, &desk.merchant.merchant_id, number, valid_term))
}

/// P010 unless the expiry lies between this month and twenty years ahead (`test_cards.md` section 3).
fn check_expiry(now: Moment, valid_term: &str) -> Result<(), Refusal> {
    let month =
        valid_term.get(..2).and_then(|month| month.parse::<i32>().ok()).filter(|month| (1..=12).contains(month));
    let year = valid_term.get(2..).and_then(|year| year.parse::<i32>().ok());
    let this_month = i32::from(now.civil().year()) * 12 + i32::from(now.civil().month());
    let ahead = month.zip(year).map(|(month, year)| (2000 + year) * 12 + month - this_month);
    match ahead {
        Some(0..=240) => Ok(()),
        _ => {
            let rule = "card_valid_term is MMYY, from the current month to 20 years ahead";
            Err(Refusal::field("P010", "card_valid_term", rule))
        }
    }
}

/// The card of the newest payment with this trading id that was more than an application (`card.toml`, `ref_trading_id`).
fn referred_card(desk: &Desk<'_>, reference: &str) -> Result<CardFacts, Refusal> {
    let payments = desk.ledger.payments_of(&desk.merchant.merchant_id, reference);
    let oldest = desk.now.plus(jiff::Span::new().months(-REFERENCE_MONTHS));
    let card = payments
        .iter()
        .rev()
        .filter(|payment| Card.payment_types().contains(&payment.payment_type) && payment.init_date >= oldest)
        .find(|payment| !matches!(payment.status.0, 10 | 11 | 13 | 14))
        .and_then(|payment| CardFacts::of(&payment.attributes));
    card.ok_or_else(|| {
        let rule =
            "no card payment of the last 14 months with this ref_trading_id (those in status 10 and 11 do not count)";
        Refusal::new("2009", rule)
    })
}

/// P030 for a payment class that the contract or the card does not allow.
fn check_payment_class(desk: &Desk<'_>, telegram: &Telegram, card: &CardFacts) -> Result<(), Refusal> {
    let class = telegram.or_default("payment_class");
    if !desk.merchant.contracts.payment_classes.contains(class) {
        return Err(Refusal::new("P030", format!("the merchant's contract does not allow payment_class {class}")));
    }
    if card.issur_class() == "1" && class != "10" {
        return Err(Refusal::new("P030", "cards issued overseas can only be charged at once (payment_class 10)"));
    }
    let count = telegram.number("split_count");
    if class == "61" && !count.is_some_and(|count| (2..=99).contains(&count)) {
        return Err(Refusal::new("P030", "split_count must be at least 2 instalments"));
    }
    Ok(())
}

/// P063 and 31008 to 31011: how the result of EMV 3-D Secure is given.
fn check_three_d_secure(desk: &Desk<'_>, telegram: &Telegram) -> Result<(), Refusal> {
    let uses_emv = telegram.get("3dsecure_use_type") == Some("2");
    if uses_emv && !desk.merchant.contracts.three_d_secure {
        return Err(Refusal::new("P063", "the merchant has no contract for EMV 3-D Secure"));
    }
    match (uses_emv, telegram.get("3ds_auth_id")) {
        (false, Some(_)) => Err(Refusal::new("31008", "3ds_auth_id is given without 3dsecure_use_type=2")),
        (true, None) => Err(Refusal::new("31009", "3dsecure_use_type=2 needs the 3ds_auth_id of a 450")),
        (true, Some(_)) => Err(Refusal::new("31011", "no authentication with this 3ds_auth_id")),
        (false, None) => Ok(()),
    }
}

/// The 3-D Secure 1.0 payments that a correction must refuse (2014).
pub(super) fn used_three_d_secure_1(attributes: &Attributes) -> bool {
    attributes.get("3dsecure_message_version") == Some("1.0")
}
