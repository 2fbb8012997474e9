//! 020 card authorization (`card.toml`; `card_states.md` section 4).

use crate::ledger::Record;
use crate::method::card::designate::{Designated, card_of};
use crate::method::card::three_d_secure::{self, Way, classic};
use crate::method::card::{CardFacts, Failure, TABLE, TYPES, brand, deadline, stub, token, vault};
use crate::method::{Desk, Outcome};
use crate::payment::{Attributes, Change, PaymentType, Refusal, Status};
use crate::text::{Text, text};
use crate::wire::{Name, Reply, Telegram, name};

/// How often a payment that ended in an input error may be tried again.
const RETRIES: u8 = 3;

/// Answers 020.
pub(super) fn authorize(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let amount = telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default();
    desk.check_contract(PaymentType::CARD, name::PAYMENT_AMOUNT, amount)?;
    let way = three_d_secure::way(desk, telegram)?;
    let Designated { card, mut on_success } = card_of(desk, telegram)?;
    check_payment_class(desk, telegram, &card)?;
    if telegram.or_default(name::VALID_CHECK_FLG) == "1" {
        return check_validity(desk, telegram, &card, way, on_success);
    }

    let mut change = match telegram.get(name::PAYMENT_ID) {
        Some(id) => match retry(desk, id)? {
            Retry::Ready(change) => change,
            Retry::Refused(change, refusal) => return Ok(Outcome::changing(vec![change], Reply::refused(refusal))),
        },
        None => desk.create(&TABLE, Status(10), telegram.get(name::TRADING_ID), amount)?,
    };
    change.set_amount(amount);
    change.set(application(telegram));
    let trading_id = telegram.get(name::TRADING_ID).unwrap_or_default();
    match way {
        Way::Without => {}
        Way::Emv(authentication) => {
            change.set(authentication.attributes());
            on_success.push(authentication.used_by(change.payment().payment_id));
        }
        Way::Classic => {
            if let Some(started) = classic::start(desk, telegram, &card, &mut change)? {
                let records = on_success.into_iter().chain([started.record]).collect();
                return Ok(Outcome { records, ..Outcome::changing(vec![change], started.reply) });
            }
            if let Some(refusal) = classic::attempt(desk, telegram, &card, &mut change)? {
                return Ok(Outcome::changing(vec![change], Reply::refused(refusal).with(name::TRADING_ID, trading_id)));
            }
        }
    }
    let judgement = judgement(desk, &card);
    let refusal = judge(desk, &mut change, &card, judgement, telegram.get(name::SALES_MODE) == Some("1"))?;
    let granted = refusal.is_none();
    let reply = match refusal {
        None => granted_reply(&change, &card),
        Some(refusal) if refusal.code == "2003" => {
            Reply::refused(refusal).with(name::PAYMENT_ID, change.payment().payment_id.to_string())
        }
        Some(refusal) => Reply::refused(refusal),
    };
    // What was refused did not use up its token or its authentication.
    let records = if granted { on_success } else { Vec::new() };
    Ok(Outcome { records, ..Outcome::changing(vec![change], reply.with(name::TRADING_ID, trading_id)) })
}

/// Answers 020 with `valid_check_flg=1`: the card is checked and nothing is authorized, whatever the amount (`observed.md`
/// section 6). The payment stays in 22 or 17.
fn check_validity(
    desk: &Desk<'_>,
    telegram: &Telegram,
    card: &CardFacts,
    way: Way,
    on_success: Vec<Record>,
) -> Result<Outcome, Refusal> {
    vault::check_validity_contract(desk)?;
    let judgement = judgement(desk, card);
    let trading_id = telegram.get(name::TRADING_ID);
    let whose = [name::SITE_ID, name::CUSTOMER_ID].map(|name| telegram.or_default(name));
    let mut change = vault::checked(desk, trading_id, whose, card, &judgement)?;
    change.set(application(telegram));
    let mut records = on_success;
    if let Way::Emv(authentication) = way {
        change.set(authentication.attributes());
        records.push(authentication.used_by(change.payment().payment_id));
    }
    let reply = match judgement {
        Ok(()) => granted_reply(&change, card),
        Err(failure) => {
            records.clear();
            Reply::refused(failure.refusal())
        }
    };
    Ok(Outcome {
        records,
        ..Outcome::changing(vec![change], reply.with(name::TRADING_ID, trading_id.unwrap_or_default()))
    })
}

/// What the card company says to an authorization; a fault set for 020 comes first.
pub(super) fn judgement(desk: &Desk<'_>, card: &CardFacts) -> Result<(), Failure> {
    desk.vendor("020")?;
    // Only a stored card can have expired meanwhile; 1G83 is the issuer's word for it.
    if token::months_ahead(desk.now, &card.card_valid_term).is_some_and(|ahead| ahead < 0) {
        return Err(Failure::new("2003", "1G83"));
    }
    stub::authorization(card)
}

/// The application's values that a payment keeps; customer and stored card only when it is made with one.
fn application(telegram: &Telegram) -> impl Iterator<Item = (Name, &str)> {
    let stored = telegram.get(name::STOCK_CARD_MODE) == Some("1");
    let always = [name::PAYMENT_CLASS, name::SPLIT_COUNT, name::THREE_D_SECURE_RYAKU, name::SITE_ID];
    let customer = [name::CUSTOMER_ID, name::CUSTOMER_CARD_ID].into_iter().filter(move |_| stored);
    always.into_iter().chain(customer).map(|name| (name, telegram.or_default(name)))
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
            let receipt = format!("{}{:08}", &now[..8], change.payment().payment_id.0);
            let approval = &receipt[receipt.len() - 6..];
            let granted = [
                (name::JOHO_CODE, "000"),
                (name::AUTHRIZED_NUMBER, approval),
                (name::RECEIPT_NUMBER, receipt.as_str()),
                (name::AUTHORIZED_DATE, now.as_str()),
                (name::EARLY_NOTICE_DATE, now.as_str()),
            ];
            change.set(card.attributes().into_iter().chain(granted));
            if capture {
                change.enter(&TABLE, desk.by, Status(40), desk.now)?;
                change.set([(name::PAYMENT_DATE, now.as_str())]);
            }
            set_deadline(desk, change);
            Ok(None)
        }
        Err(failure) => {
            let status = change.payment().status;
            // 2054: the blocker of mass transactions, which no test card sets off but a fault.
            let blocked = failure.code == "2054" && TABLE.allows(Some(status), Status(15), desk.by);
            // A payment that waited for its buyer cannot be applied for once more.
            if failure.code != "2003" || status == Status(14) {
                change.enter(&TABLE, desk.by, if blocked { Status(15) } else { Status(11) }, desk.now)?;
            }
            change.set(card.attributes().into_iter().chain([(name::JOHO_CODE, failure.joho_code())]));
            set_deadline(desk, change);
            Ok(Some(failure.refusal()))
        }
    }
}

pub(super) fn set_deadline(desk: &Desk<'_>, change: &mut Change) {
    let status = change.payment().status;
    let since = if status == Status(10) { change.payment().init_date } else { desk.now };
    let due = match status {
        Status(20) if brand::rules(desk.merchant, change.payment()) => Some(brand::deadline(since)),
        _ => deadline(status, since),
    };
    if let Some(due) = due {
        change.set_due(due);
    }
}

/// The answer to an authorization that was granted.
fn granted_reply(change: &Change, card: &CardFacts) -> Reply {
    Reply::ok()
        .with(name::PAYMENT_ID, change.payment().payment_id.to_string())
        .with(name::ATTEMPT_KBN, change.payment().field(name::ATTEMPT_KBN))
        .with(name::ISSUR_ID, card.issuer().issur_id.as_str())
        .with_all(card_reply(card))
}

/// The card's values in an answer, as 020, 028 and 029 have them.
pub(super) fn card_reply(card: &CardFacts) -> [(Name, &str); 7] {
    let issuer = card.issuer();
    [
        (name::ISSUR_CLASS, card.issur_class()),
        (name::ACQ_ID, &issuer.acq_id),
        (name::ACQ_NAME, &issuer.acq_name),
        (name::ISSUR_NAME, &issuer.issur_name),
        (name::FINGERPRINT, &card.fingerprint),
        (name::MASKED_CARD_NUMBER, &card.masked_card_number),
        (name::CARD_VALID_TERM, &card.card_valid_term),
    ]
}

/// The attribute that counts how often a payment was tried again.
pub(super) const RETRIED: Name = name::own::RETRIES;

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
    let refuse = |detail: &str, rule: Text| Refusal::with_detail("2001", detail, rule);
    let Some(payment) = payment else {
        let rule = text!(
            "payment_id に該当するカード決済がありません。新規の申込では payment_id を空にしてください。",
            "payment_id names no card payment of the merchant; leave it empty for a new payment"
        );
        return Err(refuse("P901", rule));
    };
    if payment.status != Status(10) {
        let rule = text!(
            "再申込できるのはステータス 10 の決済だけです。この決済はステータス {status} です。",
            "only a payment in status 10 can be tried again; this one is in {status}",
            status = payment.status
        );
        return Err(refuse("P902", rule));
    }
    let tried = payment.attributes.get(RETRIED).and_then(|count| count.parse().ok()).unwrap_or(0u8);
    let mut change = Change::of(payment);
    if tried >= RETRIES {
        change.enter(&TABLE, desk.by, Status(11), desk.now)?;
        let rule = text!("この決済はすでに3回再申込されています。", "the payment was tried again three times already");
        return Ok(Retry::Refused(change, refuse("P903", rule)));
    }
    change.set([(RETRIED, (tried + 1).to_string().as_str())]);
    Ok(Retry::Ready(change))
}

/// P030 for a payment class that the contract or the card does not allow.
fn check_payment_class(desk: &Desk<'_>, telegram: &Telegram, card: &CardFacts) -> Result<(), Refusal> {
    let class = telegram.or_default(name::PAYMENT_CLASS);
    if !desk.merchant.contracts.payment_classes.contains(class) {
        let rule = text!(
            "加盟店の契約では payment_class={class} を利用できません。",
            "the merchant's contract does not allow payment_class {class}",
            class = class
        );
        return Err(Refusal::new("P030", rule));
    }
    if card.issur_class() == "1" && class != "10" {
        let rule = text!(
            "海外発行カードで利用できるのは1回払い (payment_class=10) だけです。",
            "cards issued overseas can only be charged at once (payment_class 10)"
        );
        return Err(Refusal::new("P030", rule));
    }
    let count = telegram.number(name::SPLIT_COUNT);
    if class == "61" && !count.is_some_and(|count| (2..=99).contains(&count)) {
        let rule = text!("split_count は2回以上を指定してください。", "split_count must be at least 2 instalments");
        return Err(Refusal::new("P030", rule));
    }
    Ok(())
}

/// The 3-D Secure 1.0 payments that a correction must refuse (2014).
pub(super) fn used_three_d_secure_1(attributes: &Attributes) -> bool {
    attributes.get(name::THREE_D_SECURE_MESSAGE_VERSION) == Some("1.0")
}
