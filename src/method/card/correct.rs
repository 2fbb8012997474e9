//! 028 corrected authorization, 029 corrected capture (`card.toml`; `card_states.md` section 6).
//!
//! A correction makes a new payment with the same card and trading id, and cancels the old one.

use crate::method::card::company::{card_reply, enter_answer};
use crate::method::card::rules::rules;
use crate::method::card::settle::lead;
use crate::method::card::settlement::Settlement;
use crate::method::card::states::{APPLIED, AUTHORIZED, CAPTURED};
use crate::method::card::{CODES, CardFacts, TABLE, TYPES, stub};
use crate::method::{Desk, Named, Outcome};
use crate::payment::{Change, Payment, PaymentType, Refusal, Trigger};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// What a 028 or 029 asks for.
#[derive(Clone, Copy)]
struct Request<'a> {
    /// 電文種別ID.
    kind: &'static str,
    /// The payment that is corrected.
    old: Named<'a>,
    /// In yen: the new amount, or what is taken off the old one.
    amount: u64,
    /// Whether the amount is taken off the old one (`reduction_flag=1`).
    reduces: bool,
    /// Whether the old payment is cancelled before the new one is made (`base_payment_cancel_timing=1`).
    cancels_first: bool,
}

impl<'a> Request<'a> {
    fn read(telegram: &'a Telegram) -> Request<'a> {
        Request {
            kind: telegram.kind(),
            old: telegram.into(),
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default(),
            reduces: telegram.get(name::REDUCTION_FLAG) == Some("1"),
            cancels_first: telegram.get(name::BASE_PAYMENT_CANCEL_TIMING) == Some("1"),
        }
    }

    /// Whether the new payment is captured too.
    fn captures(self) -> bool {
        self.kind == "029"
    }
}

/// Answers 028 or 029.
pub(super) fn correct(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    let request = Request::read(telegram);
    // On the merchants' site corrections are no option of the contract.
    if !desk.merchant.contracts.correction && desk.by != Trigger::MerchantSite {
        let rule =
            text!("加盟店の契約に補正が含まれていません。", "the merchant's contract does not include corrections");
        return Err(Refusal::new("P029", rule));
    }
    let old = desk.identify(request.old, TYPES, CODES)?;
    let card = correctable(&old)?;
    let amount = new_amount(desk, request, &old)?;
    desk.check_contract(PaymentType::CARD, name::PAYMENT_AMOUNT, amount)?;

    let correction = Correction { desk, request, card: &card, old, amount };
    if request.cancels_first { correction.cancel_first() } else { correction.authorize_first() }
}

/// The card of a payment that can be corrected: 2004 and 2014.
fn correctable(old: &Payment) -> Result<CardFacts, Refusal> {
    let card = CardFacts::of(&old.attributes).filter(|_| matches!(old.status, AUTHORIZED | CAPTURED));
    let Some(card) = card else {
        let rule = text!(
            "補正できるのはステータス 20 または 40 の決済だけです。この決済はステータス {status} です。",
            "only payments in status 20 or 40 can be corrected; this one is in {status}",
            status = old.status
        );
        return Err(Refusal::new("2004", rule));
    };
    if old.attributes.get(name::THREE_D_SECURE_MESSAGE_VERSION) == Some("1.0") {
        let rule = text!(
            "3Dセキュア1.0 を利用した決済は補正できません。",
            "a payment made with 3-D Secure 1.0 cannot be corrected"
        );
        return Err(Refusal::new("2014", rule));
    }
    Ok(card)
}

/// The amount of the new payment; 2013 unless it lies between 1 and the old one.
fn new_amount(desk: &Desk<'_>, request: Request<'_>, old: &Payment) -> Result<u64, Refusal> {
    let amount = if request.reduces { old.amount.saturating_sub(request.amount) } else { request.amount };
    if amount > 0 && (amount <= old.amount || desk.merchant.contracts.correction_upwards) {
        return Ok(amount);
    }
    let rule = if amount == 0 {
        text!(
            "補正後の金額は 1 円以上 {most} 円以下にしてください。",
            "the corrected amount must be between 1 and {most} yen",
            most = old.amount
        )
    } else {
        text!(
            "補正後の金額は 1 円以上 {most} 円以下にしてください。増額には contracts.correction_upwards が必要です。",
            "the corrected amount must be between 1 and {most} yen; contracts.correction_upwards allows more",
            most = old.amount
        )
    };
    Err(Refusal::new("2013", rule))
}

struct Correction<'a> {
    desk: &'a Desk<'a>,
    request: Request<'a>,
    card: &'a CardFacts,
    old: Payment,
    amount: u64,
}

impl Correction<'_> {
    /// Timing 0: the new payment stays even when the cancel of the old one fails.
    fn authorize_first(self) -> Result<Outcome, Refusal> {
        let (new, refusal) = self.authorize()?;
        if let Some(refusal) = refusal {
            // When only the capture failed, the new payment is there and told.
            let there = refusal.code == "2011";
            let reply = Reply::refused(refusal);
            let reply = if there { self.fill(reply, &new) } else { reply };
            return Ok(Outcome::changing(vec![new], reply));
        }
        let (mut old, refusal) = self.cancel()?;
        // Also when its cancel must be repeated: it is replaced as soon as that has ended.
        old.set_successor(new.payment().payment_id);
        let reply = self.fill(refusal.map_or_else(Reply::ok, Reply::refused), &new);
        Ok(Outcome::changing(vec![new, old], reply))
    }

    /// Timing 1: nothing new comes into being when the cancel of the old payment fails.
    fn cancel_first(self) -> Result<Outcome, Refusal> {
        let (mut old, refusal) = self.cancel()?;
        if let Some(refusal) = refusal {
            return Ok(Outcome::changing(vec![old], Reply::refused(refusal)));
        }
        let (new, refusal) = self.authorize()?;
        let there = refusal.as_ref().is_none_or(|refusal| refusal.code == "2011");
        let reply = refusal.map_or_else(Reply::ok, Reply::refused);
        let reply = if there { self.fill(reply, &new) } else { reply };
        if there {
            old.set_successor(new.payment().payment_id);
        }
        Ok(Outcome::changing(vec![old, new], reply))
    }

    /// The new payment: authorized with the old one's card, and captured by 029.
    fn authorize(&self) -> Result<(Change, Option<Refusal>), Refusal> {
        let mut new = self.desk.create_successor(&TABLE, APPLIED, &self.old, self.amount)?;
        let kept = [name::PAYMENT_CLASS, name::SPLIT_COUNT, name::SITE_ID, name::CUSTOMER_ID, name::CUSTOMER_CARD_ID];
        new.set(kept.map(|name| (name, self.old.attributes.get(name).unwrap_or_default())));
        new.set([(name::THREE_D_SECURE_RYAKU, "1")]);
        let answer = self.desk.vendor(self.request.kind).and_then(|()| stub::authorization(self.card));
        let refusal = enter_answer(self.desk, &mut new, self.card, answer, false)?;
        if refusal.is_some() || !self.request.captures() {
            return Ok((new, refusal));
        }
        let capture = self.desk.vendor(Settlement::Capture.kind());
        let failed = capture.is_err();
        lead(self.desk, &mut new, Settlement::Capture, capture)?;
        let rule = text!("補正処理内の売上に失敗しました。", "the capture inside the correction failed");
        let refusal = failed.then(|| Refusal::new("2011", rule));
        Ok((new, refusal))
    }

    /// The old payment, cancelled.
    fn cancel(&self) -> Result<(Change, Option<Refusal>), Refusal> {
        let codes = &rules().stub.correction;
        let (operation, code) = match self.old.status {
            AUTHORIZED => (Settlement::Cancel, codes.authorized.as_str()),
            _ => (Settlement::Refund, codes.captured.as_str()),
        };
        let mut old = Change::of(self.old.clone());
        let answer = stub::operation(self.desk, operation, &self.old);
        let refusal = lead(self.desk, &mut old, operation, answer)?;
        let refusal = refusal.map(|cause| {
            let rule = text!(
                "補正前の決済の取消に失敗しました ({code} {detail})。",
                "the cancel of the old payment failed with {code} {detail}",
                code = cause.code,
                detail = cause.detail
            );
            Refusal::new(code, rule)
        });
        Ok((old, refusal))
    }

    fn fill(&self, reply: Reply, new: &Change) -> Reply {
        reply
            .with(name::PAYMENT_ID, new.payment().payment_id.to_string())
            .with(name::TRADING_ID, self.request.old.trading_id.unwrap_or_default())
            .with(name::BASE_PAYMENT_ID, self.old.payment_id.to_string())
            .with(name::REDUCED_AMOUNT, self.amount.to_string())
            .with_all(card_reply(self.card))
    }
}
