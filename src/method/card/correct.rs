//! 028 corrected authorization, 029 corrected capture (`card.toml`; `card_states.md` section 6).
//!
//! A correction makes a new payment with the same card and trading id, and cancels the old one.

use crate::method::card::authorize::{card_reply, judge, used_three_d_secure_1};
use crate::method::card::rules::rules;
use crate::method::card::{CODES, CardFacts, TABLE, TYPES, settle, stub};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Trigger};
use crate::text::text;
use crate::wire::{Reply, Telegram, name};

/// Answers 028 or 029.
pub(super) fn correct(desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
    // On the merchants' site corrections are no option of the contract.
    if !desk.merchant.contracts.correction && desk.by != Trigger::MerchantSite {
        let rule =
            text!("加盟店の契約に補正が含まれていません。", "the merchant's contract does not include corrections");
        return Err(Refusal::new("P029", rule));
    }
    let old = desk.identify(telegram, TYPES, CODES)?;
    let Some(card) = CardFacts::of(&old.attributes).filter(|_| matches!(old.status.0, 20 | 40)) else {
        let rule = text!(
            "補正できるのはステータス 20 または 40 の決済だけです。この決済はステータス {status} です。",
            "only payments in status 20 or 40 can be corrected; this one is in {status}",
            status = old.status
        );
        return Err(Refusal::new("2004", rule));
    };
    if used_three_d_secure_1(&old.attributes) {
        let rule = text!(
            "3Dセキュア1.0 を利用した決済は補正できません。",
            "a payment made with 3-D Secure 1.0 cannot be corrected"
        );
        return Err(Refusal::new("2014", rule));
    }
    let amount = new_amount(desk, telegram, &old)?;
    desk.check_contract(PaymentType::CARD, name::PAYMENT_AMOUNT, amount)?;

    let correction = Correction { desk, telegram, card: &card, old, amount };
    if telegram.get(name::BASE_PAYMENT_CANCEL_TIMING) == Some("1") {
        correction.cancel_first()
    } else {
        correction.authorize_first()
    }
}

/// The amount of the new payment; 2013 unless it lies between 1 and the old one.
fn new_amount(desk: &Desk<'_>, telegram: &Telegram, old: &Payment) -> Result<u64, Refusal> {
    let given = telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default();
    let amount = match telegram.get(name::REDUCTION_FLAG) {
        Some("1") => old.amount.saturating_sub(given),
        _ => given,
    };
    if amount == 0 || (amount > old.amount && !desk.merchant.contracts.correction_upwards) {
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
        return Err(Refusal::new("2013", rule));
    }
    Ok(amount)
}

struct Correction<'a> {
    desk: &'a Desk<'a>,
    telegram: &'a Telegram,
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
        let mut new = self.desk.create_successor(&TABLE, Status(10), &self.old, self.amount)?;
        let kept = [name::PAYMENT_CLASS, name::SPLIT_COUNT, name::SITE_ID, name::CUSTOMER_ID, name::CUSTOMER_CARD_ID];
        new.set(kept.map(|name| (name, self.old.attributes.get(name).unwrap_or_default())));
        new.set([(name::THREE_D_SECURE_RYAKU, "1")]);
        let judgement = self.desk.vendor(self.telegram.kind()).and_then(|()| stub::authorization(self.card));
        let refusal = judge(self.desk, &mut new, self.card, judgement, false)?;
        if refusal.is_some() || self.telegram.kind() == "028" {
            return Ok((new, refusal));
        }
        let capture = self.desk.vendor("022");
        let failed = capture.is_err();
        settle::lead(self.desk, &mut new, "022", capture)?;
        let rule = text!("補正処理内の売上に失敗しました。", "the capture inside the correction failed");
        let refusal = failed.then(|| Refusal::new("2011", rule));
        Ok((new, refusal))
    }

    /// The old payment, cancelled.
    fn cancel(&self) -> Result<(Change, Option<Refusal>), Refusal> {
        let codes = &rules().stub.correction;
        let (kind, code) = match self.old.status {
            Status(20) => ("021", codes.authorized.as_str()),
            _ => ("023", codes.captured.as_str()),
        };
        let mut old = Change::of(self.old.clone());
        let refusal = settle::lead(self.desk, &mut old, kind, stub::operation(self.desk, kind, &self.old))?;
        let refusal = refusal.map(|cause| {
            let rule = text!(
                "補正元の決済の取消に失敗しました。({code} {detail})",
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
            .with(name::TRADING_ID, self.telegram.get(name::TRADING_ID).unwrap_or_default())
            .with(name::BASE_PAYMENT_ID, self.old.payment_id.to_string())
            .with(name::REDUCED_AMOUNT, self.amount.to_string())
            .with_all(card_reply(self.card))
    }
}
