//! What must hold after each step, whatever it was.

use std::collections::{BTreeMap, BTreeSet};

use paygent_emulator::internal::journal::Event;
use paygent_emulator::internal::ledger::PaymentFilter;
use paygent_emulator::internal::merchant::MerchantId;
use paygent_emulator::internal::method;
use paygent_emulator::internal::payment::{Payment, PaymentId, PaymentType, Status};

use crate::answer::Answer;
use crate::world::{MERCHANTS, World};

/// 3Dセキュア認証待ち.
const AWAITING: Status = Status(14);

/// What a step may have changed.
#[derive(Debug)]
pub enum Touched {
    /// No payment at all.
    Nothing,
    /// One merchant's things.
    One(MerchantId),
    /// Everybody's, by time alone.
    All,
    /// Anything: somebody clicked about, also on the console.
    Anything,
    /// One merchant's things, or all, are gone.
    Reset(Option<MerchantId>),
}

#[derive(Default)]
struct Seen {
    payments: BTreeMap<PaymentId, Payment>,
    last_notice: u64,
    /// What was not told when it was entered, and may be told later.
    quiet: BTreeMap<PaymentId, String>,
}

/// What was there after the last step.
pub struct Invariants {
    merchants: BTreeMap<MerchantId, Seen>,
    /// The greatest payment id so far.
    greatest: PaymentId,
    /// Card numbers that were sent.
    cards: BTreeSet<String>,
}

impl Invariants {
    /// Before the first step, when there is nothing.
    pub fn new(world: &World) -> Invariants {
        let gateway = &world.gateway;
        for id in gateway.ledger.merchants() {
            let left = (gateway.ledger.count(&id), gateway.ledger.last_notice_id(&id), gateway.ledger.next_due(&id));
            assert_eq!(left, (0, 0, None), "a reset leaves payments, notices or deadlines of {id}");
        }
        // The clock was turned since, and that is written down.
        let journal = gateway.journal.newest(usize::MAX, |entry| entry.event() != Event::Clock);
        assert!(gateway.faults.waiting().is_empty() && journal.is_empty(), "a reset leaves something");
        let merchants = MERCHANTS.map(|id| (MerchantId::new(id), Seen::default())).into();
        Invariants { merchants, greatest: PaymentId(0), cards: BTreeSet::new() }
    }

    /// Remembers the card numbers among the fields of a request.
    pub fn sent(&mut self, fields: &[(String, String)]) {
        let cards = fields.iter().filter(|(name, _)| name.contains("card_number") || name == "number");
        let full =
            |value: &&String| (14..=16).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
        self.cards.extend(cards.map(|(_, value)| value).filter(full).cloned());
    }

    /// An answer names the merchant's own payments alone.
    pub fn answered(&self, world: &World, merchant_id: &MerchantId, answer: &Answer) {
        for (name, value) in &answer.fields {
            if let ("payment_id" | "base_payment_id", Ok(id)) = (name.as_str(), value.parse::<PaymentId>()) {
                let owner = world.gateway.ledger.owner(id);
                assert_eq!(owner.as_ref(), Some(merchant_id), "{name} {value} in {answer:?}");
            }
            for other in MERCHANTS.iter().filter(|other| **other != merchant_id.as_str()) {
                let theirs = [format!("t{other}_"), format!("c{other}_")];
                // A stranger's ids are drawn from another's memory at times, and some answers repeat what was sent.
                let shown = name.ends_with("_date") || name.ends_with("amount");
                assert!(!shown || theirs.iter().all(|theirs| !value.contains(theirs)), "{name}={value}");
            }
        }
    }

    /// Nothing of a merchant's is overdue.
    pub fn caught_up(&self, world: &World, merchant_id: &MerchantId) {
        let now = world.gateway.clock.now(merchant_id);
        if let Some((at, subject)) = world.gateway.ledger.next_due(merchant_id) {
            assert!(at > now, "{subject:?} was due at {at}, and it is {now}");
        }
    }

    /// Looks at everything that changed.
    pub fn check(&mut self, world: &World, touched: &Touched) {
        if let Touched::Reset(who) = touched {
            let gone = |id: &MerchantId| who.as_ref().is_none_or(|who| who == id);
            for (id, seen) in self.merchants.iter_mut().filter(|(id, _)| gone(id)) {
                assert_eq!(world.gateway.ledger.count(id), 0, "a reset keeps payments of {id}");
                assert_eq!(world.gateway.ledger.last_notice_id(id), 0, "a reset keeps notices of {id}");
                *seen = Seen::default();
            }
        }
        let greatest = self.greatest;
        for (id, seen) in &mut self.merchants {
            let may = match touched {
                Touched::Nothing | Touched::Reset(_) => false,
                Touched::One(one) => one == id,
                Touched::All | Touched::Anything => true,
            };
            // A page of the console can reset a merchant.
            if matches!(touched, Touched::Anything) && world.gateway.ledger.count(id) < seen.payments.len() {
                *seen = Seen::default();
            }
            let newest = seen.check(world, id, may, greatest);
            self.greatest = self.greatest.max(newest);
        }
    }

    /// No card number is to be found in anything that is kept.
    pub fn nothing_secret(&self, world: &World) {
        let gateway = &world.gateway;
        let mut kept: Vec<String> = Vec::new();
        for id in self.merchants.keys() {
            kept.push(format!("{:?}", gateway.ledger.search(id, &PaymentFilter::default(), usize::MAX)));
            kept.push(format!("{:?}", gateway.ledger.notices(id, 0, usize::MAX)));
            for kind in method::METHODS.iter().flat_map(|method| method.record_kinds()) {
                kept.push(format!("{:?}", gateway.ledger.records(id, *kind, "")));
            }
        }
        for entry in gateway.journal.newest(usize::MAX, |_| true) {
            entry.request_fields();
            entry.answer_read();
            kept.push(String::from_utf8_lossy(&entry.request).into_owned());
            kept.push(String::from_utf8_lossy(&entry.answer).into_owned());
            kept.push(format!("{} {:?} {:?}", entry.path, entry.refusal, entry.warnings));
        }
        for card in &self.cards {
            if let Some(text) = kept.iter().find(|text| text.contains(card)) {
                panic!("{card} is kept: {text}");
            }
        }
    }
}

impl Seen {
    /// Compares one merchant's things with those of the step before; the greatest payment id.
    fn check(&mut self, world: &World, id: &MerchantId, may: bool, greatest: PaymentId) -> PaymentId {
        let ledger = &world.gateway.ledger;
        let mut payments = ledger.search(id, &PaymentFilter::default(), usize::MAX);
        payments.reverse();
        assert!(payments.windows(2).all(|pair| pair[0].payment_id < pair[1].payment_id), "ids do not rise");
        assert!(payments.len() >= self.payments.len(), "payments of {id} are gone");
        let merchant = world.gateway.merchants.get(id).expect("a merchant");
        // What should have been told, by payment.
        let mut told: BTreeMap<PaymentId, Vec<String>> = BTreeMap::new();
        let mut newest = greatest;
        for payment in payments {
            let before = self.payments.get(&payment.payment_id);
            if before == Some(&payment) {
                continue;
            }
            assert!(may, "{payment:?} was not to change, and was {before:?}");
            assert_eq!(&payment.merchant_id, id);
            assert_eq!(ledger.owner(payment.payment_id).as_ref(), Some(id));
            let old = before.map_or(&[][..], |before| &before.history[..]);
            assert!(payment.history.starts_with(old), "{:?} does not go on from {old:?}", payment.history);
            match before {
                Some(before) => assert!(payment.version > before.version, "{payment:?} was {before:?}"),
                None => assert!(payment.payment_id > greatest, "{} after {greatest}", payment.payment_id),
            }
            newest = newest.max(payment.payment_id);
            let table = method::table(payment.payment_type).expect("a table");
            let new = &payment.history[old.len()..];
            // The shop hears nothing of a payment before the buyer came back well from his card's issuer.
            let quiet =
                new.iter().rposition(|step| payment.payment_type == PaymentType::CARD && step.status == AWAITING);
            let mut status = old.last().map(|step| step.status);
            for (at, step) in new.iter().enumerate() {
                assert!(table.allows(status, step.status, step.by), "{:?} leaves the table", payment.history);
                status = Some(step.status);
                if merchant.is_notified(payment.payment_type, step.status) {
                    let line = format!("{} {} {}", payment.payment_id, step.status, step.at);
                    match quiet.is_some_and(|quiet| at < quiet) {
                        true => drop(self.quiet.insert(payment.payment_id, line)),
                        false => told.entry(payment.payment_id).or_default().push(line),
                    }
                }
            }
            assert_eq!(status, Some(payment.status));
            assert!(payment.amount < 10_000_000_000, "an amount of {}", payment.amount);
            self.payments.insert(payment.payment_id, payment);
        }
        self.check_notices(world, id, told);
        newest
    }

    /// Every status that was entered and is ticked has its notice, and no other has; numbers have no gaps.
    fn check_notices(&mut self, world: &World, id: &MerchantId, told: BTreeMap<PaymentId, Vec<String>>) {
        let ledger = &world.gateway.ledger;
        let last = ledger.last_notice_id(id);
        let notices = ledger.notices(id, self.last_notice + 1, usize::MAX);
        let numbers: Vec<u64> = notices.iter().map(|notice| notice.payment_notice_id).collect();
        let expected: Vec<u64> = (self.last_notice + 1..=last).collect();
        assert_eq!(numbers, expected, "numbers of notices");
        let mut sent: BTreeMap<PaymentId, Vec<String>> = BTreeMap::new();
        for notice in &notices {
            let line = format!("{} {} {}", notice.payment_id, notice.status, notice.change_date);
            sent.entry(notice.payment_id).or_default().push(line);
        }
        for (payment_id, sent) in &mut sent {
            if self.quiet.get(payment_id).is_some_and(|quiet| Some(quiet) == sent.first()) {
                self.quiet.remove(payment_id);
                sent.remove(0);
            }
        }
        sent.retain(|_, lines| !lines.is_empty());
        assert_eq!(sent, told, "the notices are not those of the statuses entered");
        self.last_notice = last;
    }
}
