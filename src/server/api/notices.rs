//! `/api/v1/notices`: what shops are told, and whether they have heard it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Moment;
use crate::gateway::Gateway;
use crate::ledger::{Attempt, Hold, Notice, Push};
use crate::merchant::MerchantId;
use crate::server::api::problem::{MaybeJson, Path, Query};
use crate::server::api::{Problem, check_limit, concerned};
use crate::text::text;

/// Which notices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// One merchant's notices; all when absent.
    merchant_id: Option<String>,
    /// Where the page before ended: its `next`.
    #[param(pattern = "^[0-9]{1,9}\\.[0-9]{1,18}$")]
    after: Option<String>,
    /// How many at most: 1 to 1000, 100 when absent.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000)]
    limit: usize,
}

fn hundred() -> usize {
    100
}

/// A page of notices.
#[derive(Serialize, ToSchema)]
pub(super) struct Notices {
    /// By merchant and rising number.
    notices: Vec<NoticeView>,
    /// What to give as `after` for the next page; null on the last.
    next: Option<String>,
}

/// A notice.
#[derive(Serialize, ToSchema)]
pub(super) struct NoticeView {
    merchant_id: String,
    /// 決済通知ID: counts the merchant's notices from 1.
    payment_notice_id: u64,
    /// 変更日時.
    #[schema(value_type = String)]
    change_date: Moment,
    payment_id: u64,
    payment_status: String,
    payment_amount: u64,
    /// Whether 091 has handed it out.
    fetched: bool,
    /// `never` when the merchant had no URL for notices, `waiting`, or `accepted`.
    push: &'static str,
    /// From when on it may be pushed, in real time; while it is held, at the latest. Null when it does not wait.
    #[schema(value_type = Option<String>)]
    ready_at: Option<Moment>,
    /// What it is held for: `answer`, that of the telegram that caused it, or `browser`, the buyer's, which is to go back to
    /// the shop first. Null when it is not held.
    held_for: Option<&'static str>,
    /// When the shop accepted it.
    #[schema(value_type = Option<String>)]
    accepted_at: Option<Moment>,
    /// How often it was pushed.
    attempts: u32,
    /// The last of these, as far as they are remembered.
    last_attempts: Vec<AttemptView>,
    /// The entry of the journal that caused it: `/api/v1/journal/{id}`, as long as the journal has it. Null when it never
    /// had one.
    journal_id: Option<u64>,
}

/// A push and what came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct AttemptView {
    #[schema(value_type = String)]
    at: Moment,
    accepted: bool,
    /// What came back: the line that is an acceptance, or why it is none.
    answer: String,
    /// The same in Japanese.
    answer_japanese: String,
}

fn view(merchant_id: &MerchantId, notice: Notice, attempts: &[Attempt]) -> NoticeView {
    let (push, accepted_at) = match notice.push {
        Push::Never => ("never", None),
        Push::Waiting(_) => ("waiting", None),
        Push::Accepted(at) => ("accepted", Some(at)),
    };
    let ready = match notice.push {
        Push::Waiting(ready) => Some(ready),
        _ => None,
    };
    let own = attempts.iter().filter(|attempt| attempt.payment_notice_id == notice.payment_notice_id);
    NoticeView {
        merchant_id: merchant_id.to_string(),
        payment_notice_id: notice.payment_notice_id,
        change_date: notice.change_date,
        payment_id: notice.payment_id.0,
        payment_status: notice.status.to_string(),
        payment_amount: notice.amount,
        fetched: notice.fetched,
        push,
        ready_at: ready.map(|ready| ready.at),
        held_for: ready.and_then(|ready| ready.held).map(|hold| match hold {
            Hold::Answer => "answer",
            Hold::Browser => "browser",
        }),
        accepted_at,
        attempts: notice.attempts,
        journal_id: notice.entry.map(|id| id.0.get()),
        last_attempts: own
            .map(|attempt| AttemptView {
                at: attempt.at,
                accepted: attempt.accepted,
                answer: attempt.answer.english.to_string(),
                answer_japanese: attempt.answer.japanese.to_string(),
            })
            .collect(),
    }
}

/// Notices, by merchant and rising number. They are forgotten after seven days of the merchant's clock, when the shop
/// has accepted them or is not to be told.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices", params(Which),
    responses((status = 200, body = Notices), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Query(which): Query<Which>,
) -> Result<axum::Json<Notices>, Problem> {
    check_limit(which.limit)?;
    let merchants = concerned(&gateway, which.merchant_id.as_deref())?;
    let after = which.after.as_deref().map(cursor).transpose()?;
    let mut notices = Vec::new();
    let mut next = None;
    for merchant_id in merchants.iter().map(|merchant| merchant.merchant_id.clone()) {
        let from = match &after {
            Some((last, _)) if merchant_id < *last => continue,
            Some((last, number)) if merchant_id == *last => number.saturating_add(1),
            _ => 0,
        };
        let attempts = gateway.ledger.attempts(&merchant_id);
        // One more than fits tells whether there is another page.
        for notice in gateway.ledger.notices(&merchant_id, from, which.limit - notices.len() + 1) {
            if notices.len() == which.limit {
                next =
                    notices.last().map(|last: &NoticeView| format!("{}.{}", last.merchant_id, last.payment_notice_id));
                return Ok(axum::Json(Notices { notices, next }));
            }
            notices.push(view(&merchant_id, notice, &attempts));
        }
    }
    Ok(axum::Json(Notices { notices, next }))
}

fn cursor(text: &str) -> Result<(MerchantId, u64), Problem> {
    let parsed = text.split_once('.').and_then(|(id, number)| Some((MerchantId::new(id), number.parse().ok()?)));
    parsed
        .ok_or_else(|| Problem::invalid("after", text!("ページの next の値ではありません。", "not the next of a page")))
}

/// Whose notice.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The merchant; may be absent when only one merchant has a notice of this number.
    merchant_id: Option<String>,
}

/// Pushes a notice once more, also when the merchant's deliveries pause.
#[utoipa::path(post, path = "/api/v1/notices/{payment_notice_id}/resend", tag = "notices",
    params(("payment_notice_id" = u64, Path, description = "決済通知ID"), Whose),
    responses((status = 202, body = NoticeView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn resend(
    State(gateway): State<Arc<Gateway>>,
    Path(payment_notice_id): Path<u64>,
    Query(whose): Query<Whose>,
) -> Result<(StatusCode, axum::Json<NoticeView>), Problem> {
    let mut candidates = concerned(&gateway, whose.merchant_id.as_deref())?;
    candidates.retain(|merchant| gateway.ledger.notice(&merchant.merchant_id, payment_notice_id).is_some());
    let unknown = || {
        Problem::not_found(text!(
            "決済通知ID {id} の通知はないか、古いため削除されました。",
            "there is no notice {id}, or it was purged",
            id = payment_notice_id
        ))
    };
    let [merchant] = candidates.as_slice() else {
        if candidates.is_empty() {
            return Err(unknown());
        }
        let detail = text!(
            "決済通知ID {id} の通知は {count} 加盟店にあります。merchant_id を指定してください。",
            "{count} merchants have a notice {id}: name the merchant_id",
            count = candidates.len(),
            id = payment_notice_id
        );
        return Err(Problem::invalid("merchant_id", detail));
    };
    let merchant_id = &merchant.merchant_id;
    if merchant.notification_url.is_empty() {
        return Err(Problem::conflict(text!(
            "加盟店 {merchant_id} に notification_url が設定されていません。",
            "merchant {merchant_id} has no notification_url",
            merchant_id = merchant_id
        )));
    }
    if !gateway.push_again(merchant_id, payment_notice_id) {
        return Err(unknown());
    }
    let notice = gateway.ledger.notice(merchant_id, payment_notice_id).ok_or_else(unknown)?;
    let view = view(merchant_id, notice, &gateway.ledger.attempts(merchant_id));
    Ok((StatusCode::ACCEPTED, axum::Json(view)))
}

/// Whose notices are to be delivered.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deliver {
    /// One merchant's; everybody's when absent.
    merchant_id: Option<String>,
}

/// What came of pushing all that waited.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveredAll {
    /// By merchant: the one that was named, or all of which notices waited.
    merchants: Vec<DeliveredView>,
}

/// What came of pushing to one merchant.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveredView {
    merchant_id: String,
    /// How many notices the shop has accepted.
    delivered: usize,
    /// How many it has not: 0 or 1, because the first that fails keeps what follows waiting. It is pushed again as always.
    failed: usize,
    /// How many were not tried: those after one that failed, or all when the merchant has no `notification_url`.
    waiting: usize,
}

/// Pushes all that waits now, in order, whatever it waits for: delays, the buyer's way back to the shop, a pause, which it
/// ends. Answers when the shops have accepted it or have failed.
#[utoipa::path(post, path = "/api/v1/notices/deliver", tag = "notices", request_body = Option<Deliver>,
    responses((status = 200, body = DeliveredAll), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn deliver(
    State(gateway): State<Arc<Gateway>>,
    MaybeJson(which): MaybeJson<Deliver>,
) -> Result<axum::Json<DeliveredAll>, Problem> {
    let mut merchants = concerned(&gateway, which.merchant_id.as_deref())?;
    if which.merchant_id.is_none() {
        merchants.retain(|merchant| gateway.ledger.delivery(&merchant.merchant_id).waiting > 0);
    }
    let done = join_all(merchants.iter().map(|merchant| gateway.deliver_now(&merchant.merchant_id))).await;
    let views = done.into_iter().map(|done| DeliveredView {
        merchant_id: done.merchant_id.to_string(),
        delivered: done.delivered,
        failed: done.failed,
        waiting: done.waiting,
    });
    Ok(axum::Json(DeliveredAll { merchants: views.collect() }))
}
