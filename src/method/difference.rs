//! 091 決済情報差分照会: hands out a merchant's notices one by one (`inquiry.toml`, 091 behaviour).

use crate::method::{Desk, Outcome};
use crate::notice::{self, NOTICE_DAYS};
use crate::payment::Refusal;
use crate::wire::{Reply, Telegram, name};

/// `success_detail` of success_code 1.
const NOTHING: &str = "返却対象のデータがありません。";
/// `success_detail` of success_code 2.
const LOST: &str = "一定期間が経過したデータを削除したため、決済通知IDが連続していません。";

/// What 091 asks for.
pub(super) struct Request<'a> {
    /// サイトID; empty for the base site.
    site_id: &'a str,
    /// 決済通知ID; the oldest notice that was not handed out when absent.
    payment_notice_id: Option<&'a str>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        Request {
            site_id: telegram.get(name::SITE_ID).unwrap_or_default(),
            payment_notice_id: telegram.get(name::PAYMENT_NOTICE_ID),
        }
    }
}

/// Answers 091: a notice by its number, or the oldest of the site that was not handed out yet.
///
/// Two inquiries at once get two different notices: the gateway decides anew for the one that came second.
pub(super) fn difference(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { site_id, payment_notice_id: by_number } = *request;
    let found = match by_number {
        Some(id) => id.parse().ok().and_then(|id| desk.notice(id)).filter(|notice| {
            // One that is only kept because the shop is still to be told by a push is gone for 091.
            let purged = notice.change_date < desk.now.plus_days(-NOTICE_DAYS);
            let other_site = !site_id.is_empty() && notice.site_id() != site_id;
            !purged && !other_site
        }),
        None => desk.next_unfetched(site_id),
    };
    let found = found.and_then(|notice| desk.payment(notice.payment_id).map(|payment| (notice, payment)));
    let Some((notice, payment)) = found else {
        let reply = Reply::ok().with(name::SUCCESS_CODE, "1").with(name::SUCCESS_DETAIL, NOTHING);
        return Ok(Outcome::reply(reply.laid_out_by(&[])));
    };
    let lost = by_number.is_none() && desk.has_lost(site_id);
    let (code, detail) = if lost { ("2", LOST) } else { ("0", "") };
    let reply = Reply::ok()
        .laid_out_by(&[])
        .with(name::SUCCESS_CODE, code)
        .with(name::SUCCESS_DETAIL, detail)
        .with_all(notice::fields(desk.merchant, &notice, &payment));
    Ok(Outcome {
        fetched: if notice.fetched { Vec::new() } else { vec![notice.payment_notice_id] },
        told_lost: lost.then(|| site_id.to_owned()),
        ..Outcome::reply(reply)
    })
}
