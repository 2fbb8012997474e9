//! 入金通知 to `inform_url`: withdrawn in 2016, still called for merchants who ask for it (`observed.md` section 9).

use crate::ledger::Record;
use crate::method::Desk;
use crate::method::description::HostedRequest;
use crate::method::link::session::{APPLICATION, Application, was_received};
use crate::method::link::{HASH_KEY, hash};
use crate::method::message::Message;
use crate::payment::{Change, Payment};
use crate::text::Text;
use crate::wire::name;

/// What people read who send an `inform_url` that nobody calls.
const NOT_CALLED: Text = Text::fixed(
    "inform_url は呼び出されません。インターフェースの入金通知は2016年に廃止され、決済情報は加盟店の notification_url に通知されます。\
     加盟店設定の contracts.calls_inform_url で従来の呼び出しに戻せます。",
    "inform_url is not called: the interface withdrew 入金通知 in 2016. Payments are told to the merchant's \
     notification_url; contracts.calls_inform_url of the merchant's settings brings it back",
);

/// What is to be said of an application that brings an `inform_url`.
pub(super) fn warnings(desk: &Desk<'_>, request: &HostedRequest) -> Vec<Text> {
    let in_vain = request.has(name::INFORM_URL) && !desk.merchant.contracts.calls_inform_url;
    in_vain.then_some(NOT_CALLED).into_iter().collect()
}

/// The messages about payments of the link type that are received by these changes: paid, reported as paid, or promised.
/// Each payment is told of once; one that takes another's place was told of with that.
pub(crate) fn received(desk: &Desk<'_>, changes: &[Change]) -> Vec<Record> {
    let payments = changes.iter().map(Change::payment);
    let now = payments.filter(|payment| {
        let before = || desk.payment(payment.payment_id).as_ref().is_some_and(was_received);
        was_received(payment) && !payment.replaces_another() && !before()
    });
    now.filter_map(|payment| message(desk, payment)).map(|message| message.record(desk)).collect()
}

fn message(desk: &Desk<'_>, payment: &Payment) -> Option<Message> {
    let (application, _) = desk.record::<Application>(APPLICATION, payment.trading_id.as_deref()?)?;
    let url = Some(application.get(name::INFORM_URL)).filter(|url| !url.is_empty())?;
    let names = ["seq_payment_id", &name::TRADING_ID, &name::PAYMENT_TYPE, "amount"];
    let fields = [name::PAYMENT_ID, name::TRADING_ID, name::PAYMENT_TYPE, name::PAYMENT_AMOUNT];
    let values = fields.map(|field| payment.field(field).into_owned());
    let hc = hash::payment_notice(&values, desk.merchant.keys.get(HASH_KEY));
    Some(Message::hashed(&name::LINK_PAYMENT, url, names.into_iter().zip(values.iter().map(|value| &**value)), &hc))
}
