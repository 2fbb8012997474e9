//! What a store, the test tool or the merchants' site does to a payment by slip (`cash_states.md`, type 04).

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::method::cash::typed;
use crate::method::convenience::SLIP;
use crate::method::convenience::barcode::Barcode;
use crate::method::convenience::facts::{SlipStore, facts};
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, PaymentType, Status, Trigger};
use crate::wire::Reply;

/// The attribute that tells slips of the merchant's own printing (自社印刷) from ours.
const OWN_SLIP: &str = "own_slip";

fn is_own(payment: &Payment) -> bool {
    payment.attributes.get(OWN_SLIP).is_some()
}

fn store_choices(own_slips: bool) -> Vec<(String, String)> {
    facts().slip_stores(own_slips).map(|store| (store.code.clone(), store.name.clone())).collect()
}

/// The inputs of the test tool's screen. Slips of the merchant's own printing need none.
pub(super) fn inputs(payment: &Payment, to: Status) -> Vec<UpdateInput> {
    if is_own(payment) {
        return Vec::new();
    }
    match (payment.status, to) {
        (Status(10 | 61), Status(43)) => vec![
            typed::time_input("入金日時", "Reported at"),
            UpdateInput::text("cvs_company_id", "コンビニ企業CD", "Store", "").with_choices(store_choices(false)),
        ],
        (Status(43), _) => vec![typed::time_input("入金日時/キャンセル日時", "Confirmed / withdrawn at")],
        _ => Vec::new(),
    }
}

/// Leads a payment to a status.
pub(super) fn update(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let (from, to) = (payment.status, update.payment_status);
    if !SLIP.allows(Some(from), to, desk.by) {
        let by = desk.by;
        return Err(UpdateError::forbidden(format!("a payment by slip in status {from} cannot go to {to} by {by}")));
    }
    let own = is_own(&payment);
    let given = if own { None } else { typed::time(update, &["payment_date", "cancel_date", "early_notice_date"])? };
    let at = given.unwrap_or(desk.now);
    let mut warnings = Vec::new();
    let mut change = Change::of(payment.clone());
    change.enter(&SLIP, desk.by, to, desk.now)?;
    match to {
        Status(43) => {
            let store = store(update.input("cvs_company_id"), own)?.unwrap_or(first_store()?);
            if from == Status(10) {
                refuse_late(desk, &payment, store)?;
            }
            warnings = typed::warnings(desk, &payment, given)?;
            // Stores report on the day after (`test_tool.md` section 5.3).
            let paid = at.plus_days(-1);
            change.set([
                ("early_notice_date", at.datetime14().as_str()),
                ("user_payment_date", paid.datetime14().as_str()),
                ("cvs_company_id", store.code.as_str()),
            ]);
        }
        // For slips the time of the withdrawal takes the place of the report's, and 091 has it as its own too.
        Status(61) => {
            let at = at.datetime14();
            change.set([("early_notice_date", at.as_str()), ("cancel_date", at.as_str())]);
        }
        Status(40) => {
            warnings = typed::warnings(desk, &payment, given)?;
            let now = desk.now.datetime14();
            change.set([("confirm_notice_date", at.datetime14().as_str()), ("payment_date", now.as_str())]);
        }
        _ => {}
    }
    Ok(Outcome { warnings, ..Outcome::changing(vec![change], Reply::ok()) })
}

fn first_store() -> Result<&'static SlipStore, UpdateError> {
    facts().slip_stores(false).next().ok_or_else(|| UpdateError::forbidden("no store takes slips"))
}

/// The store of a company code; `None` when there is no code.
fn store(code: Option<&str>, own_slips: bool) -> Result<Option<&'static SlipStore>, UpdateError> {
    let Some(code) = code else { return Ok(None) };
    let found = facts().slip_stores(own_slips).find(|store| store.code == code);
    let unknown = || UpdateError::invalid("cvs_company_id", format!("{code:?} is no company that takes slips"));
    found.ok_or_else(unknown).map(Some)
}

/// Stores refuse a slip after its last day; post offices do not.
fn refuse_late(desk: &Desk<'_>, payment: &Payment, store: &SlipStore) -> Result<(), UpdateError> {
    let last_day = payment.attributes.get("bill_expiration_date");
    let last = last_day.and_then(|date| Moment::parse_datetime14(&format!("{date}235959")));
    match last {
        Some(last) if desk.by == Trigger::Vendor && !store.post && desk.now > last => {
            Err(UpdateError::forbidden(format!("stores take the slip until {last}, it is {}", desk.now)))
        }
        _ => Ok(()),
    }
}

/// The inputs of コンビニ決済（払込票）生成画面, in its order.
pub(super) fn appear_inputs() -> Vec<UpdateInput> {
    let yes_no = [("1", "あり"), ("0", "なし")].map(|(value, name)| (value.to_owned(), name.to_owned()));
    vec![
        UpdateInput::text("payment_date", "入金日時(YYYYMMDDHHMM)", "Paid at", "YYYYMMDDHHMM").required(),
        UpdateInput::text("barcode_free", "バーコード自由使用欄 (コード)", "Free part of the bar code", "17桁")
            .required(),
        UpdateInput::text("barcode_amount", "バーコード記載金額", "Amount on the slip", "半角数字").required(),
        UpdateInput::text("payment_amount", "支払金額", "Amount paid (post offices)", "半角数字"),
        UpdateInput::text("revenue_stamp", "印紙税", "Revenue stamp", "").with_choices(yes_no.to_vec()).required(),
        UpdateInput::text("cvs_company_id", "コンビニ企業CD", "Store", "").with_choices(store_choices(true)).required(),
    ]
}

/// A payment of a slip that the merchant printed: born when the store reports it.
pub(super) fn appear(desk: &Desk<'_>, inputs: &BTreeMap<String, String>) -> Result<Outcome, UpdateError> {
    desk.check_payment_type(PaymentType::CONVENIENCE_SLIP)?;
    let inputs = Update { payment_status: Status(43), inputs: inputs.clone() };
    let needed = |name: &str| inputs.input(name).ok_or_else(|| UpdateError::invalid(name, "must be given"));
    let paid = needed("payment_date")?;
    let whole = if paid.len() == 12 { format!("{paid}00") } else { paid.to_owned() };
    let wrong = || UpdateError::invalid("payment_date", format!("{paid:?} is not an existing time as YYYYMMDDHHMM"));
    let paid = Moment::parse_datetime14(&whole).ok_or_else(wrong)?;
    let free = needed("barcode_free")?;
    if free.len() != 17 || !free.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UpdateError::invalid("barcode_free", "must be the bar code's digits 14 to 30: 17 digits"));
    }
    let stamp = match needed("revenue_stamp")? {
        "0" => false,
        "1" => true,
        _ => return Err(UpdateError::invalid("revenue_stamp", "must be 1 (with a stamp) or 0")),
    };
    let company = needed("cvs_company_id")?;
    let Some(store) = store(Some(company), true)? else {
        return Err(UpdateError::invalid("cvs_company_id", "unknown"));
    };
    let printed = amount("barcode_amount", needed("barcode_amount")?)?;
    let paid_amount = match inputs.input("payment_amount") {
        Some(_) if !store.post => {
            return Err(UpdateError::invalid("payment_amount", "only post offices correct the amount"));
        }
        Some(text) => amount("payment_amount", text)?,
        None => printed,
    };

    let rules = &facts().slip;
    let (digits, last) = free.split_at(16);
    let barcode = Barcode {
        maker_code: &rules.maker_code,
        free: format!("{}{digits}", rules.merchant_number),
        last_day: "999999",
        stamp,
        amount: printed,
    };
    let bar_code = barcode.digits();
    // Digit 30 is the reissue digit, which the free part covers too.
    let bar_code = format!("{}{last}{}", &bar_code[..29], &bar_code[30..]);
    let mut change = desk.create(&SLIP, Status(43), Some(free), paid_amount)?;
    let now = desk.now.datetime14();
    change.set([
        (OWN_SLIP, "1"),
        ("bar_code", bar_code.as_str()),
        ("user_payment_date", paid.datetime14().as_str()),
        ("early_notice_date", now.as_str()),
        ("cvs_company_id", store.code.as_str()),
        ("vender_cvs_company_cd", rules.company_code.as_str()),
        ("vender_cvs_maker_cd", rules.maker_code.as_str()),
        ("vender_merchant_id", rules.merchant_number.as_str()),
    ]);
    if store.post {
        // Post offices report a payment once, when it is settled.
        change.enter(&SLIP, desk.by, Status(40), desk.now)?;
        change.set([("confirm_notice_date", now.as_str()), ("payment_date", now.as_str())]);
    }
    Ok(Outcome::changing(vec![change], Reply::ok()))
}

fn amount(name: &str, text: &str) -> Result<u64, UpdateError> {
    let amount = text.parse().ok().filter(|amount| (1..=999_999).contains(amount));
    amount.ok_or_else(|| UpdateError::invalid(name, "must be an amount of 1 to 999999 yen"))
}
