//! What the buyer does on the pages of an EMV 3-D Secure authentication, and what happens when he does not.

use crate::ledger::Record;
use crate::method::card::three_d_secure::verdict::{Plan, Verdict, append, by_password, return_url};
use crate::method::card::three_d_secure::{Authentication, HASH_KEY, KEPT_DAYS, KIND, State};
use crate::method::message::{Acceptance, Message};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Reply, name};

/// So many wrong passwords end an authentication.
const WRONG_PASSWORDS: u8 = 3;
/// How often the time-out notice is repeated, and after how many minutes.
const REPEATS: (u32, i64) = (3, 60);

/// What the buyer's browser is shown next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes back to the shop.
    Return(String),
    /// It is asked for the password; so many wrong ones were typed already.
    Challenge(u8),
    /// It came too late; the shop has been told. The URL leads back to the shop.
    TooLate(String),
}

impl Next {
    /// Reads what a decision of this module answered.
    pub fn read(reply: &Reply) -> Option<Next> {
        let url = || reply.get(name::URL).unwrap_or_default().to_owned();
        match reply.get(name::own::NEXT)? {
            "return" => Some(Next::Return(url())),
            "challenge" => Some(Next::Challenge(reply.get(name::own::WRONG)?.parse().ok()?)),
            _ => Some(Next::TooLate(url())),
        }
    }
}

/// The buyer's browser has shown its data: it goes back to the shop at once, or the issuer asks for a password.
pub fn proceed(desk: &Desk<'_>, id: &str) -> Result<Outcome, Refusal> {
    decide(desk, id, |authentication, wrong| match &authentication.plan {
        Plan::Frictionless(verdict) => State::Finished(verdict.clone()),
        Plan::Challenge => State::Waiting { wrong },
    })
}

/// The buyer has typed a password.
pub fn answer(desk: &Desk<'_>, id: &str, password: &str) -> Result<Outcome, Refusal> {
    decide(desk, id, |authentication, wrong| match by_password(&authentication.card.issuer().brand, password) {
        _ if authentication.plan != Plan::Challenge => State::Waiting { wrong },
        Some(verdict) => State::Finished(verdict),
        None if wrong + 1 >= WRONG_PASSWORDS => State::Finished(Verdict::failed("31007")),
        None => State::Waiting { wrong: wrong + 1 },
    })
}

/// The buyer does not want to.
pub fn cancel(desk: &Desk<'_>, id: &str) -> Result<Outcome, Refusal> {
    let hosted = desk.record::<Authentication>(KIND, id).filter(|(authentication, _)| authentication.hosted);
    if let Some((authentication, _)) = hosted {
        // A hosted page's payment stays where it is; two days later it counts as given up (13).
        let url = append(&authentication.term_url, &[(name::CANCEL, "1".to_owned())]);
        return Ok(Outcome::reply(Reply::ok().with(name::own::NEXT, "return").with(name::URL, url)));
    }
    decide(desk, id, |_, _| State::Finished(Verdict::failed("31007")))
}

fn decide(desk: &Desk<'_>, id: &str, next: impl Fn(&Authentication, u8) -> State) -> Result<Outcome, Refusal> {
    let Some((mut authentication, mut record)) = desk.record::<Authentication>(KIND, id) else {
        let rule = text!("この 3ds_auth_id の認証がありません。", "no authentication with this 3ds_auth_id");
        return Err(Refusal::new("31011", rule));
    };
    let waiting = match authentication.state {
        State::Waiting { wrong } => Some(wrong),
        // Whoever comes back sees what he saw before.
        State::Finished(_) | State::TimedOut => None,
    };
    let mut records = Vec::new();
    if let Some(wrong) = waiting {
        authentication.state = next(&authentication, wrong);
        if matches!(authentication.state, State::Finished(_)) {
            record.due = Some(desk.now.plus_days(KEPT_DAYS));
        }
        records.push(record.with_body(&authentication));
    }
    let key = desk.merchant.keys.get(HASH_KEY);
    let reply = match &authentication.state {
        State::Waiting { wrong } => {
            Reply::ok().with(name::own::NEXT, "challenge").with(name::own::WRONG, wrong.to_string())
        }
        State::Finished(verdict) => {
            Reply::ok().with(name::own::NEXT, "return").with(name::URL, return_url(id, &authentication, verdict, key))
        }
        State::TimedOut => {
            let url = return_url(id, &authentication, &Verdict::failed("31013"), key);
            Reply::ok().with(name::own::NEXT, "late").with(name::URL, url)
        }
    };
    Ok(Outcome { records, ..Outcome::reply(reply) })
}

/// 30 minutes have passed without a result: the shop is told, by a request of ours to its `term_url`. Later the record goes.
pub(in crate::method::card) fn expired(desk: &Desk<'_>, mut record: Record) -> Outcome {
    let nothing = Outcome::reply(Reply::ok());
    let authentication = serde_json::from_str::<Authentication>(&record.body).ok();
    let Some(authentication) = authentication.filter(|found| matches!(found.state, State::Waiting { .. })) else {
        return Outcome { forgotten: vec![(KIND, record.key)], ..nothing };
    };
    let key = desk.merchant.keys.get(HASH_KEY);
    let (repeats_left, repeat_after_minutes) = REPEATS;
    let message = Message {
        name: "three_d_secure_timeout".to_owned(),
        url: return_url(&record.key, &authentication, &Verdict::failed("31013"), key),
        body: None,
        acceptance: Acceptance::Status,
        repeats_left,
        repeat_after_minutes,
        ready: true,
    };
    record.due = Some(desk.now.plus_days(KEPT_DAYS));
    if authentication.hosted {
        // Nobody but the shopper waits for it.
        let timed_out = Authentication { state: State::TimedOut, ..authentication };
        return Outcome { records: vec![record.with_body(&timed_out)], ..nothing };
    }
    let timed_out = Authentication { state: State::TimedOut, ..authentication };
    Outcome { records: vec![record.with_body(&timed_out), message.record(desk)], ..nothing }
}
