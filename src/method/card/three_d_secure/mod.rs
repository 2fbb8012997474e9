//! 3-D Secure: EMV 3-D Secure with 450, and what is left of 3-D Secure 1.0 (`card_3ds2.md`).

pub(crate) mod classic;
mod data;
mod page;
mod shopper;
mod start;
mod verdict;

pub use classic::{ClassicSession, KIND as CLASSIC_KIND, Password as ClassicPassword, finish as finish_classic};
pub(super) use shopper::expired;
pub use shopper::{Next, answer, cancel, proceed};
pub(super) use start::start;
pub(crate) use start::{Hosted, open};
pub use verdict::Verdict;
pub use verdict::hints;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::merchant::Key;
use crate::method::Desk;
use crate::method::card::CardFacts;
use crate::payment::{Change, PaymentId, Refusal};
use crate::text::{Text, text};
use crate::wire::{Name, Telegram, name};
use verdict::Plan;

/// 3Dセキュア結果受付ハッシュ鍵.
const HASH_KEY: Key = Key::new("three_d_secure_hash");

/// The kind of the records of authentications.
pub const KIND: RecordKind = RecordKind::new("three_d_secure");
/// The version that payments with EMV 3-D Secure show.
const MESSAGE_VERSION: &str = "2.2.0";
/// How long a finished authentication is kept; no source tells how long its id can be used.
const KEPT_DAYS: i64 = 30;

/// An authentication that a 450 started; its key is 3Dセキュア認証ID.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Authentication {
    /// Where the buyer's browser goes with the result.
    pub term_url: String,
    /// 加盟店名, shown to the buyer.
    pub merchant_name: String,
    /// 決済金額 as sent.
    pub amount: String,
    /// 通貨コード.
    pub currency: String,
    /// The card.
    pub card: CardFacts,
    site_id: String,
    started: Moment,
    plan: Plan,
    /// How it stands.
    pub state: State,
    /// The payment that used it.
    used_by: Option<u64>,
    /// Whether it is part of a payment on a hosted page: nobody else waits for its result.
    #[serde(default)]
    hosted: bool,
}

/// How an authentication stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The buyer has not been seen, or has been asked for the password and typed so many wrong ones.
    Waiting {
        /// Wrong passwords so far.
        wrong: u8,
    },
    /// The result is there.
    Finished(Verdict),
    /// No result within 30 minutes.
    TimedOut,
}

/// What a 020 says of 3-D Secure.
pub(super) struct Requested<'a> {
    /// `3dsecure_use_type`; blank where it says nothing.
    use_type: &'a str,
    /// `3dsecure_ryaku`: 1 does without.
    pub(super) ryaku: &'a str,
    /// The `3ds_auth_id` of a 450.
    auth_id: Option<&'a str>,
    site_id: &'a str,
    /// What 3-D Secure 1.0 needs.
    pub(super) classic: classic::Request<'a>,
}

impl<'a> Requested<'a> {
    pub(super) fn read(telegram: &'a Telegram) -> Requested<'a> {
        Requested {
            use_type: telegram.or_default(name::THREE_D_SECURE_USE_TYPE),
            ryaku: telegram.or_default(name::THREE_D_SECURE_RYAKU),
            auth_id: telegram.get(name::THREE_DS_AUTH_ID),
            site_id: telegram.or_default(name::SITE_ID),
            classic: classic::Request::read(telegram),
        }
    }
}

/// How a 020 stands to 3-D Secure.
pub(super) enum Way {
    /// Not at all.
    Without,
    /// With the result of a 450.
    Emv(Box<Used>),
    /// With 3-D Secure 1.0, as far as it still goes.
    Classic,
    /// It neither does without nor says with what.
    Unsaid,
}

/// An authentication that a 020 uses.
pub(super) struct Used {
    authentication: Authentication,
    record: Record,
    attempt_kbn: String,
}

/// What a payment shows of an authentication.
pub(super) fn attributes(verdict: &Verdict) -> [(Name, &str); 2] {
    [(name::ATTEMPT_KBN, &verdict.attempt_kbn), (name::THREE_D_SECURE_MESSAGE_VERSION, MESSAGE_VERSION)]
}

impl Used {
    /// What the payment shows of it.
    pub(super) fn attributes(&self) -> [(Name, &str); 2] {
        [(name::ATTEMPT_KBN, &self.attempt_kbn), (name::THREE_D_SECURE_MESSAGE_VERSION, MESSAGE_VERSION)]
    }

    /// The authentication, used by this payment.
    pub(super) fn used_by(self, payment_id: PaymentId) -> Record {
        let used = Authentication { used_by: Some(payment_id.0), ..self.authentication };
        self.record.with_body(&used)
    }
}

/// P063 and 31008 to 31011: which way a 020 goes.
pub(super) fn way(desk: &Desk<'_>, requested: &Requested<'_>) -> Result<Way, Refusal> {
    if requested.use_type == "2" {
        check_contract(desk)?;
    }
    match (requested.use_type, requested.auth_id) {
        ("2", Some(id)) => usable(desk, id, requested.site_id).map(|used| Way::Emv(Box::new(used))),
        ("2", None) => {
            let rule = text!(
                "3dsecure_use_type=2 では 450 で取得した 3ds_auth_id が必要です。",
                "3dsecure_use_type=2 needs the 3ds_auth_id of a 450"
            );
            Err(Refusal::new("31009", rule))
        }
        (_, Some(_)) => {
            let rule = text!(
                "3ds_auth_id を指定する場合は 3dsecure_use_type=2 が必要です。",
                "3ds_auth_id is given without 3dsecure_use_type=2"
            );
            Err(Refusal::new("31008", rule))
        }
        _ if requested.ryaku == "1" => Ok(Way::Without),
        ("1", None) => Ok(Way::Classic),
        _ => Ok(Way::Unsaid),
    }
}

/// A payment that says nothing of 3-D Secure counts as an attempt when the merchant has a contract for it.
pub(super) fn leave_unsaid(desk: &Desk<'_>, change: &mut Change) {
    if desk.merchant.contracts.three_d_secure {
        change.set([(name::ATTEMPT_KBN, "1")]);
    }
}

/// P063 for a merchant without EMV 3-D Secure.
fn check_contract(desk: &Desk<'_>) -> Result<(), Refusal> {
    if desk.merchant.contracts.three_d_secure {
        return Ok(());
    }
    let rule = text!(
        "加盟店に EMV 3Dセキュアの契約がありません (contracts.three_d_secure)。",
        "the merchant has no contract for EMV 3-D Secure (contracts.three_d_secure)"
    );
    Err(Refusal::new("P063", rule))
}

/// The finished, successful, unused authentication of this id.
fn usable(desk: &Desk<'_>, id: &str, site_id: &str) -> Result<Used, Refusal> {
    let unknown = |rule: Text| Refusal::new("31011", rule);
    let found = desk.record::<Authentication>(KIND, id);
    let (authentication, record) = found.ok_or_else(|| {
        unknown(text!(
            "この 3ds_auth_id を応答した 450 がこの加盟店にありません。",
            "no 450 of this merchant answered this 3ds_auth_id"
        ))
    })?;
    if authentication.site_id != site_id {
        return Err(unknown(text!("450 と site_id が異なります。", "the 450 was made with another site_id")));
    }
    let attempt_kbn = match &authentication.state {
        State::Waiting { .. } => {
            return Err(unknown(text!(
                "お客様がこの認証をまだ完了していません。",
                "the buyer has not finished this authentication yet"
            )));
        }
        State::TimedOut => {
            return Err(unknown(text!(
                "この認証はタイムアウトしました (31013)。",
                "this authentication timed out (31013)"
            )));
        }
        // A shop exists that goes on without looking at the result.
        State::Finished(verdict) if verdict.result != "0" => {
            return Err(unknown(text!(
                "この認証は失敗しています (term_url への戻りで result=1 を返却)。",
                "this authentication failed: the return to term_url said result=1"
            )));
        }
        State::Finished(verdict) => verdict.attempt_kbn.clone(),
    };
    if let Some(payment_id) = authentication.used_by {
        let rule = text!(
            "この 3ds_auth_id は決済 {payment_id} で使用済みです。1つの決済にしか使えません。",
            "payment {payment_id} has used this 3ds_auth_id; each is good for one payment",
            payment_id = payment_id
        );
        return Err(Refusal::new("31010", rule));
    }
    Ok(Used { authentication, record, attempt_kbn })
}
