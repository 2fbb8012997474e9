//! 420: a payment, and the form that takes the buyer to PayPay's pages; the same for a buyer of the link type.

use maud::html;

use crate::method::cash;
use crate::method::paypay::purchase::{PAGE, SHIPPING};
use crate::method::paypay::states::APPLIED;
use crate::method::paypay::{TABLE, vendor};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, PaymentId, PaymentType, Refusal};
use crate::wire::{Name, Reply, Telegram, name};

/// The page on which a buyer begins.
const LOGIN: &str = "/paypay/login";

/// What is applied for.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// マーチャント取引ID.
    pub trading_id: Option<&'a str>,
    /// 決済金額, in yen.
    pub amount: u64,
    /// サイトID; nothing means the base site.
    pub site_id: Option<&'a str>,
    /// Where the browser goes after the purchase: a URL of the shop's, or a path of ours.
    pub return_url: &'a str,
    /// Where it goes when PayPay refuses.
    pub cancel_url: &'a str,
}

impl<'a> From<&'a Telegram> for Application<'a> {
    fn from(telegram: &'a Telegram) -> Application<'a> {
        Application {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default(),
            site_id: telegram.get(name::SITE_ID),
            return_url: telegram.get(name::RETURN_URL).unwrap_or_default(),
            cancel_url: telegram.get(name::CANCEL_URL).unwrap_or_default(),
        }
    }
}

/// Answers 420.
pub(super) fn apply(desk: &Desk<'_>, application: &Application<'_>) -> Result<Outcome, Refusal> {
    desk.check_contract(PaymentType::PAYPAY, name::PAYMENT_AMOUNT, application.amount)?;
    vendor::ask(desk, "420")?;
    let change = payment(desk, application)?;
    let payment_id = change.payment().payment_id;
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, application.trading_id.unwrap_or_default())
        .with(name::TRADE_GENERATION_DATE, desk.now.datetime14())
        .with(name::REDIRECT_HTML, form(desk, payment_id));
    Ok(Outcome::changing(vec![change], reply))
}

/// The payment that was applied for. It names itself as the first one, as those that take its place will.
fn payment(desk: &Desk<'_>, application: &Application<'_>) -> Result<Change, Refusal> {
    let Application { trading_id, amount, site_id, return_url, cancel_url } = *application;
    let mut change = desk.create(&TABLE, APPLIED, trading_id, amount)?;
    let own_id = change.payment().payment_id.to_string();
    let sale = if desk.merchant.contracts.paypay.ships_first(site_id) { SHIPPING } else { "" };
    change.set([
        (Payment::BASE, own_id.as_str()),
        (name::SITE_ID, site_id.unwrap_or_default()),
        (name::RETURN_URL, return_url),
        (name::CANCEL_URL, cancel_url),
        (name::own::PAYPAY_SALE, sale),
    ]);
    Ok(change)
}

/// The buyer chose PayPay on a hosted page; the answer's `redirect_url` is the path of PayPay's first page.
pub fn begin(desk: &Desk<'_>, application: &Application<'_>) -> Result<Outcome, Refusal> {
    vendor::ask(desk, "420")?;
    let change = payment(desk, application)?;
    let values = entrance(desk, change.payment().payment_id);
    let path = cash::with_query(LOGIN, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    Ok(Outcome::changing(vec![change], Reply::ok().with(name::REDIRECT_URL, path)))
}

/// What opens PayPay's pages for a payment, and what nobody can guess of it.
fn entrance(desk: &Desk<'_>, payment_id: PaymentId) -> [(Name, String); 3] {
    [
        (name::MID, desk.merchant.merchant_id.to_string()),
        (name::PID, payment_id.to_string()),
        (name::HV, cash::page_key(desk, PAGE, payment_id)),
    ]
}

/// The form that a shop puts into its page. Shops take it apart: a tag a line and far fewer than 32 lines, the name
/// `form`, no field named `submit`, nothing but form and inputs.
fn form(desk: &Desk<'_>, payment_id: PaymentId) -> String {
    let action = html! { (desk.base_url()) (LOGIN) }.into_string();
    let hidden = entrance(desk, payment_id)
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"));
    let lines = [
        &[
            "".to_owned(),
            format!("<form method=\"POST\" name=\"form\" action=\"{action}\" accept-charset=\"SHIFT_JIS\">"),
        ][..],
        &hidden,
        &["<input type=\"submit\" value=\"PayPay認証\">".to_owned(), "</form>".to_owned()],
    ];
    lines.concat().join("\r\n")
}
