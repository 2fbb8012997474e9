//! 020 card authorization (`card.toml`; `card_states.md` section 4).

use crate::ledger::Record;
use crate::method::card::company::{self, enter_answer};
use crate::method::card::designate::{Designated, Designation};
use crate::method::card::retry::{Retry, retry};
use crate::method::card::states::APPLIED;
use crate::method::card::three_d_secure::classic::{self, Beginning};
use crate::method::card::three_d_secure::{self, Way};
use crate::method::card::{CardFacts, TABLE, vault};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What a 020 asks for.
struct Authorization<'a> {
    /// マーチャント取引ID.
    trading_id: Option<&'a str>,
    /// In yen.
    amount: u64,
    /// 決済ID of the payment that ended in an input error and is tried again.
    retried: Option<&'a str>,
    card: Designation<'a>,
    three_d_secure: three_d_secure::Requested<'a>,
    payment_class: &'a str,
    split_count: &'a str,
    /// Whether the card is checked and nothing authorized (`valid_check_flg=1`).
    only_checks: bool,
    /// Whether it is captured at once (`sales_mode=1`).
    captures: bool,
}

impl<'a> Authorization<'a> {
    fn read(telegram: &'a Telegram) -> Authorization<'a> {
        Authorization {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default(),
            retried: telegram.get(name::PAYMENT_ID),
            card: Designation::read(telegram),
            three_d_secure: three_d_secure::Requested::read(telegram),
            payment_class: telegram.or_default(name::PAYMENT_CLASS),
            split_count: telegram.or_default(name::SPLIT_COUNT),
            only_checks: telegram.or_default(name::VALID_CHECK_FLG) == "1",
            captures: telegram.get(name::SALES_MODE) == Some("1"),
        }
    }

    /// The values that its payment keeps; customer and stored card only when it is made with one.
    fn kept(&self) -> impl Iterator<Item = (Name, &'a str)> {
        let [site_id, customer_id] = self.card.owner;
        let stored = self.card.is_stored;
        let always = [
            (name::PAYMENT_CLASS, self.payment_class),
            (name::SPLIT_COUNT, self.split_count),
            (name::THREE_D_SECURE_RYAKU, self.three_d_secure.ryaku),
            (name::SITE_ID, site_id),
        ];
        let customer = [(name::CUSTOMER_ID, customer_id), (name::CUSTOMER_CARD_ID, self.card.customer_card_id)];
        always.into_iter().chain(customer.into_iter().filter(move |_| stored))
    }
}

/// Answers 020.
pub(super) fn authorize(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let request = Authorization::read(telegram);
    desk.check_contract(PaymentType::CARD, name::PAYMENT_AMOUNT, request.amount)?;
    let way = three_d_secure::way(desk, &request.three_d_secure)?;
    let Designated { card, mut on_success } = request.card.find(desk)?;
    check_payment_class(desk, &request, &card)?;
    if request.only_checks {
        return check_validity(desk, &request, &card, way, on_success);
    }

    let mut change = match request.retried {
        Some(id) => match retry(desk, id)? {
            Retry::Ready(change) => change,
            Retry::Refused(change, refusal) => return Ok(Outcome::changing(vec![change], Reply::refused(refusal))),
        },
        None => desk.create(&TABLE, APPLIED, request.trading_id, request.amount)?,
    };
    change.set_amount(request.amount);
    change.set(request.kept());
    match way {
        Way::Without => {}
        Way::Emv(authentication) => {
            change.set(authentication.attributes());
            on_success.push(authentication.used_by(change.payment().payment_id));
        }
        Way::Unsaid => three_d_secure::leave_unsaid(desk, &mut change),
        Way::Classic => match classic::begin(desk, &request.three_d_secure.classic, &card, &mut change)? {
            Beginning::Attempt => {}
            Beginning::Page { record, reply } => {
                let records = on_success.into_iter().chain([record]).collect();
                return Ok(Outcome { records, ..Outcome::changing(vec![change], reply) });
            }
            Beginning::Refused(refusal) => return Ok(answer(&request, change, Reply::refused(refusal), Vec::new())),
        },
    }
    Ok(match enter_answer(desk, &mut change, &card, company::ask(desk, &card), request.captures)? {
        None => {
            let reply = granted_reply(&change, &card);
            answer(&request, change, reply, on_success)
        }
        // What was refused did not use up its token or its authentication.
        Some(refusal) if refusal.code == "2003" => {
            let reply = Reply::refused(refusal).with(name::PAYMENT_ID, change.payment().payment_id.to_string());
            answer(&request, change, reply, Vec::new())
        }
        Some(refusal) => answer(&request, change, Reply::refused(refusal), Vec::new()),
    })
}

/// Answers 020 with `valid_check_flg=1`: the card is checked and nothing is authorized, whatever the amount (`observed.md`
/// section 6). The payment stays in 22 or 17.
fn check_validity(
    desk: &Desk<'_>,
    request: &Authorization<'_>,
    card: &CardFacts,
    way: Way,
    mut on_success: Vec<Record>,
) -> Result<Outcome, Refusal> {
    vault::check_validity_contract(desk)?;
    let verdict = company::ask(desk, card);
    let mut change = vault::checked(desk, request.trading_id, request.card.owner, card, &verdict)?;
    change.set(request.kept());
    if let Way::Emv(authentication) = way {
        change.set(authentication.attributes());
        on_success.push(authentication.used_by(change.payment().payment_id));
    }
    Ok(match verdict {
        Ok(()) => {
            let reply = granted_reply(&change, card);
            answer(request, change, reply, on_success)
        }
        Err(failure) => answer(request, change, Reply::refused(failure.refusal()), Vec::new()),
    })
}

fn answer(request: &Authorization<'_>, change: Change, reply: Reply, records: Vec<Record>) -> Outcome {
    let reply = reply.with(name::TRADING_ID, request.trading_id.unwrap_or_default());
    Outcome { records, ..Outcome::changing(vec![change], reply) }
}

/// The answer to an authorization that was granted.
fn granted_reply(change: &Change, card: &CardFacts) -> Reply {
    Reply::ok()
        .with(name::PAYMENT_ID, change.payment().payment_id.to_string())
        .with(name::ATTEMPT_KBN, change.payment().field(name::ATTEMPT_KBN))
        .with(name::ISSUR_ID, card.issuer().issur_id.as_str())
        .with_all(company::card_reply(card))
}

/// P030 for a payment class that the contract or the card does not allow.
fn check_payment_class(desk: &Desk<'_>, request: &Authorization<'_>, card: &CardFacts) -> Result<(), Refusal> {
    let class = request.payment_class;
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
    let instalments = request.split_count.parse::<u64>();
    if class == "61" && !instalments.is_ok_and(|count| (2..=99).contains(&count)) {
        let rule = text!("split_count は2回以上を指定してください。", "split_count must be at least 2 instalments");
        return Err(Refusal::new("P030", rule));
    }
    Ok(())
}
