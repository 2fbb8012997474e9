//! 3-D Secure 1.0, which the brands switched off in 2022 (`card_3ds2.md` section 11).
//!
//! Old integrations are still tested with it, so its test cards still ask for a password here: 020 is answered
//! `result=7` with a page, the buyer types the password at the issuer, the gateway authorizes and sends the browser
//! to `term_url` with the outcome (オーソリ完了通知). A card that takes no part is authorized at once, as an attempt.

use serde::{Deserialize, Serialize};

use crate::ledger::{Record, RecordKind};
use crate::merchant::AttemptAuthorization;
use crate::method::card::company::{self, enter_answer};
use crate::method::card::rules::rules;
use crate::method::card::states::{AUTHENTICATING, REFUSED};
use crate::method::card::three_d_secure::HASH_KEY;
use crate::method::card::three_d_secure::KEPT_DAYS;
use crate::method::card::three_d_secure::page::acs_page;
use crate::method::card::three_d_secure::verdict::append;
use crate::method::card::{CardFacts, TABLE, deadline};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, PaymentId, Refusal};
use crate::text::{Text, text};
use crate::wire::{Name, Reply, Telegram, WebUrl, hash, name};

/// The kind of the records.
pub const KIND: RecordKind = RecordKind::new("three_d_secure_1");

/// A buyer at the issuer's page; its key is the `MD` of the protocol.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClassicSession {
    payment_id: u64,
    /// Where the buyer's browser goes with the result.
    pub term_url: String,
    /// The card.
    pub card: CardFacts,
    /// The password that authenticates, and the `attempt_kbn` that it ends in.
    pub password: Password,
    capture: bool,
    /// Where the buyer was sent, once it is over.
    returned: Option<String>,
}

/// A password and what it brings about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The password.
    pub text: String,
    /// `attempt_kbn` afterwards: empty authenticated, 1 an attempt.
    pub attempt_kbn: String,
}

/// What 3-D Secure 1.0 needs of a 020.
pub(in crate::method::card) struct Request<'a> {
    /// Where the buyer's browser goes with the result.
    term_url: &'a str,
    /// The first field that is needed and not there, and the code for that.
    lacks: Option<(Name, &'static str)>,
    /// Whether the payment is captured at once.
    captures: bool,
    trading_id: &'a str,
}

impl<'a> Request<'a> {
    pub(super) fn read(telegram: &'a Telegram) -> Request<'a> {
        let needed = [name::HTTP_ACCEPT, name::HTTP_USER_AGENT, name::TERM_URL];
        let lacking = needed.into_iter().find(|name| !telegram.has(*name));
        Request {
            term_url: telegram.or_default(name::TERM_URL),
            lacks: lacking.map(|name| (name, if telegram.is_emptied(name) { "P006" } else { "P005" })),
            captures: telegram.get(name::SALES_MODE) == Some("1"),
            trading_id: telegram.or_default(name::TRADING_ID),
        }
    }

    /// P005, P006 and P010.
    fn check(&self) -> Result<(), Refusal> {
        if let Some((name, code)) = self.lacks {
            let rule =
                text!("3dsecure_use_type=1 では {name} が必要です。", "3dsecure_use_type=1 needs {name}", name = name);
            return Err(Refusal::field(code, name, rule));
        }
        WebUrl::parse(self.term_url).map_err(|rule| {
            let rule = Text::filled(format!("term_url {}", rule.japanese), format!("term_url {}", rule.english));
            Refusal::field("P010", name::TERM_URL, rule)
        })?;
        Ok(())
    }
}

/// How a payment with 3-D Secure 1.0 begins.
pub(in crate::method::card) enum Beginning {
    /// It waits for its buyer, whom this answer leads to the issuer.
    Page { record: Record, reply: Reply },
    /// The card takes no part: the authorization is an attempt.
    Attempt,
    /// The same, and the contract does not let such an attempt authorize.
    Refused(Refusal),
}

/// How a card takes part.
enum Part {
    /// The buyer types this password.
    Asked(Password),
    /// No page; the authorization is an attempt of this kind.
    Attempt(String),
}

fn part(card: &CardFacts) -> Part {
    let rules = &rules().three_d_secure_1;
    let same = |number: &str| number.starts_with(&card.bin) && number.ends_with(card.tail());
    if let Some(row) = rules.cards.iter().find(|row| same(&row.card_number)) {
        return match row.password.is_empty() {
            true => Part::Attempt(row.before.clone()),
            false => Part::Asked(Password { text: row.password.clone(), attempt_kbn: row.before.clone() }),
        };
    }
    // Six digits of the number are all that is kept of it.
    if rules.prefixes.iter().any(|prefix| prefix.starts_with(&card.bin)) {
        return Part::Asked(Password { text: rules.password.clone(), attempt_kbn: String::new() });
    }
    Part::Attempt("1".to_owned())
}

/// Sends the buyer to the issuer, if the card takes part; else notes the attempt that an authorization without a page is,
/// and refuses it (2015) where the contract says so.
pub(in crate::method::card) fn begin(
    desk: &Desk<'_>,
    request: &Request<'_>,
    card: &CardFacts,
    change: &mut Change,
) -> Result<Beginning, Refusal> {
    request.check()?;
    match part(card) {
        Part::Asked(password) => lead_to_issuer(desk, request, card, change, password),
        Part::Attempt(kbn) => {
            change.set([(name::ATTEMPT_KBN, kbn.as_str()), (name::THREE_D_SECURE_MESSAGE_VERSION, "1.0")]);
            let Some(refusal) = refused(desk, &kbn) else { return Ok(Beginning::Attempt) };
            change.enter(&TABLE, desk.by, REFUSED, desk.now)?;
            change.set(card.attributes());
            Ok(Beginning::Refused(refusal))
        }
    }
}

fn lead_to_issuer(
    desk: &Desk<'_>,
    request: &Request<'_>,
    card: &CardFacts,
    change: &mut Change,
    password: Password,
) -> Result<Beginning, Refusal> {
    change.enter(&TABLE, desk.by, AUTHENTICATING, desk.now)?;
    change.set(card.attributes());
    change.set([(name::THREE_D_SECURE_MESSAGE_VERSION, "1.0")]);
    if let Some(due) = deadline(AUTHENTICATING, desk.now) {
        change.set_due(due);
    }
    let id = change.payment().payment_id;
    let session = ClassicSession {
        payment_id: id.0,
        term_url: request.term_url.to_owned(),
        card: card.clone(),
        password,
        capture: request.captures,
        returned: None,
    };
    let md = desk.uuid();
    let reply = Reply::ok()
        .with_result("7")
        .with(name::PAYMENT_ID, id.to_string())
        .with(name::TRADING_ID, request.trading_id)
        .with(name::OUT_ACS_HTML, acs_page(&desk.base_url(), &md));
    let mut record = desk.new_record(KIND, md, &session).unique();
    record.due = Some(desk.now.plus_days(KEPT_DAYS));
    Ok(Beginning::Page { record, reply })
}

/// 2015 for an attempt that the contract does not let authorize (Attemptオーソリ制御区分).
pub(crate) fn refused(desk: &Desk<'_>, attempt_kbn: &str) -> Option<Refusal> {
    let allowed = match (desk.merchant.contracts.attempt_authorization, attempt_kbn) {
        (_, "") | (AttemptAuthorization::All, _) => true,
        (AttemptAuthorization::Normal, kbn) => kbn == "0",
        (AttemptAuthorization::None, _) => false,
    };
    let rule = text!(
        "加盟店の契約では、この Attempt でのオーソリは実施されません (contracts.attempt_authorization)。",
        "the contract does not authorize this kind of attempt (contracts.attempt_authorization)"
    );
    (!allowed).then(|| Refusal::new("2015", rule))
}

/// The buyer has typed a password at the issuer's page, or given up (`None`). The answer's `url` leads back to the shop.
pub fn finish(desk: &Desk<'_>, md: &str, password: Option<&str>) -> Result<Outcome, Refusal> {
    let gone = || {
        let rule = text!(
            "この MD の 3Dセキュア認証を待っている決済がありません。",
            "no payment waits for a 3-D Secure authentication of this MD"
        );
        Refusal::new("2006", rule)
    };
    let (mut session, record) = desk.record::<ClassicSession>(KIND, md).ok_or_else(gone)?;
    if let Some(url) = &session.returned {
        return Ok(Outcome::reply(Reply::ok().with(name::URL, url.as_str())));
    }
    let payment = desk.payment(PaymentId(session.payment_id)).ok_or_else(gone)?;
    let mut change = Change::of(payment);
    let refusal = if change.payment().status != AUTHENTICATING {
        let rule = text!(
            "3Dセキュア認証は開始から2日が経過したため中断されました。",
            "the authentication was given up two days after its start"
        );
        Some(Refusal::with_detail("2001", "1513", rule))
    } else if password != Some(&session.password.text) {
        change.enter(&TABLE, desk.by, REFUSED, desk.now)?;
        change.set([(name::JOHO_CODE, "511")]);
        let rule = text!("パスワードがテストカードのものと一致しません。", "the password is not the test card's");
        Some(Refusal::with_detail("2001", "1511", rule))
    } else {
        change.set([(name::ATTEMPT_KBN, session.password.attempt_kbn.as_str())]);
        match refused(desk, &session.password.attempt_kbn) {
            Some(refusal) => {
                change.enter(&TABLE, desk.by, REFUSED, desk.now)?;
                Some(refusal)
            }
            None => enter_answer(desk, &mut change, &session.card, company::ask(desk, &session.card), session.capture)?,
        }
    };
    let url = append(&session.term_url, &completion(desk, &change, refusal.as_ref()));
    session.returned = Some(url.clone());
    let records = vec![record.with_body(&session)];
    Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok().with(name::URL, url)) })
}

/// The parameters of the オーソリ完了通知 (`notification.md` section 4).
fn completion(desk: &Desk<'_>, change: &Change, refusal: Option<&Refusal>) -> Vec<(Name, String)> {
    let payment = change.payment();
    let (result, code, detail) = match refusal {
        None => ("0", "", ""),
        Some(refusal) => ("1", refusal.code.as_str(), refusal.detail.as_str()),
    };
    let (id, attempt_kbn) = (payment.payment_id.to_string(), payment.field(name::ATTEMPT_KBN).into_owned());
    let key = desk.merchant.keys.get(HASH_KEY);
    let hc = hash::sha256_hex([result, id.as_str(), attempt_kbn.as_str(), key]);
    vec![
        (name::RESULT, result.to_owned()),
        (name::RESPONSE_CODE, code.to_owned()),
        (name::RESPONSE_DETAIL, detail.to_owned()),
        (name::PAYMENT_ID, id),
        (name::TRADING_ID, payment.field(name::TRADING_ID).into_owned()),
        (name::ATTEMPT_KBN, attempt_kbn),
        (name::HC, hc),
    ]
}
