//! What a store, the test tool or the merchants' site does to a payment by slip (`cash_states.md`, type 04).

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::method::cash::typed;
use crate::method::convenience::barcode::Barcode;
use crate::method::convenience::facts::{SlipStore, facts};
use crate::method::convenience::{APPLIED, CLEARED, REPORTED, SLIP, WITHDRAWN};
use crate::method::{Desk, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Forbidden, Payment, PaymentType, Status, Trigger};
use crate::text::{Text, text};
use crate::wire::{Name, Reply, name};

/// The attribute that tells slips of the merchant's own printing (自社印刷) from ours.
const OWN_SLIP: Name = name::own::OWN_SLIP;

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
        (APPLIED | WITHDRAWN, REPORTED) => vec![
            typed::time_input("入金日時", "Reported at"),
            UpdateInput::text(name::CVS_COMPANY_ID, "コンビニ企業CD", "Store", "").with_choices(store_choices(false)),
        ],
        (REPORTED, _) => vec![typed::time_input("入金日時/キャンセル日時", "Confirmed / withdrawn at")],
        _ => Vec::new(),
    }
}

/// Leads a payment to a status.
pub(super) fn update(desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
    let (from, to) = (payment.status, update.payment_status);
    if !SLIP.allows(Some(from), to, desk.by) {
        let by = desk.by;
        let forbidden = Forbidden { payment_type: payment.payment_type, from: Some(from), to, by };
        return Err(UpdateError::forbidden(Text::filled(
            forbidden.japanese(),
            format!("a payment by slip in status {from} cannot go to {to} by {by}"),
        )));
    }
    let own = is_own(&payment);
    let given = if own {
        None
    } else {
        typed::time(update, &[name::PAYMENT_DATE, name::CANCEL_DATE, name::EARLY_NOTICE_DATE])?
    };
    let at = given.unwrap_or(desk.now);
    let mut warnings = Vec::new();
    let mut change = Change::of(payment.clone());
    change.enter(&SLIP, desk.by, to, desk.now)?;
    match to {
        REPORTED => {
            let store = store(update.input(name::CVS_COMPANY_ID), own)?.unwrap_or(first_store()?);
            if from == APPLIED {
                refuse_late(desk, &payment, store)?;
            }
            warnings = typed::warnings(desk, &payment, given)?;
            // Stores report on the day after (`test_tool.md` section 5.3).
            let paid = at.plus_days(-1);
            change.set([
                (name::EARLY_NOTICE_DATE, at.datetime14().as_str()),
                (name::USER_PAYMENT_DATE, paid.datetime14().as_str()),
                (name::CVS_COMPANY_ID, store.code.as_str()),
            ]);
        }
        // For slips the time of the withdrawal takes the place of the report's, and 091 has it as its own too.
        WITHDRAWN => {
            let at = at.datetime14();
            change.set([(name::EARLY_NOTICE_DATE, at.as_str()), (name::CANCEL_DATE, at.as_str())]);
        }
        CLEARED => {
            warnings = typed::warnings(desk, &payment, given)?;
            let now = desk.now.datetime14();
            change.set([(name::CONFIRM_NOTICE_DATE, at.datetime14().as_str()), (name::PAYMENT_DATE, now.as_str())]);
        }
        _ => {}
    }
    Ok(Outcome { warnings, ..Outcome::changing(vec![change], Reply::ok()) })
}

fn first_store() -> Result<&'static SlipStore, UpdateError> {
    facts()
        .slip_stores(false)
        .next()
        .ok_or_else(|| UpdateError::forbidden(text!("払込票を取り扱うコンビニがありません。", "no store takes slips")))
}

/// The store of a company code; `None` when there is no code.
fn store(code: Option<&str>, own_slips: bool) -> Result<Option<&'static SlipStore>, UpdateError> {
    let Some(code) = code else { return Ok(None) };
    let found = facts().slip_stores(own_slips).find(|store| store.code == code);
    let unknown = || {
        let reason = text!(
            "{code:?} は払込票を取り扱うコンビニの企業コードではありません。",
            "{code:?} is no company that takes slips",
            code = code
        );
        UpdateError::invalid(name::CVS_COMPANY_ID, reason)
    };
    found.ok_or_else(unknown).map(Some)
}

/// Stores refuse a slip after its last day; post offices do not.
fn refuse_late(desk: &Desk<'_>, payment: &Payment, store: &SlipStore) -> Result<(), UpdateError> {
    let last_day = payment.attributes.get(name::BILL_EXPIRATION_DATE);
    let last = last_day.and_then(|date| Moment::parse_datetime14(&format!("{date}235959")));
    match last {
        Some(last) if desk.by == Trigger::Vendor && !store.post && desk.now > last => {
            Err(UpdateError::forbidden(text!(
                "払込票の有効期限 {last} を過ぎているため、コンビニで支払えません（現在 {now}）。",
                "stores take the slip until {last}, it is {now}",
                last = last,
                now = desk.now
            )))
        }
        _ => Ok(()),
    }
}

/// The inputs of コンビニ決済（払込票）生成画面, in its order.
pub(super) fn appear_inputs() -> Vec<UpdateInput> {
    let yes_no = [("1", "あり"), ("0", "なし")].map(|(value, name)| (value.to_owned(), name.to_owned()));
    vec![
        UpdateInput::text(name::PAYMENT_DATE, "入金日時(YYYYMMDDHHMM)", "Paid at", "YYYYMMDDHHMM").required(),
        UpdateInput::text(name::BARCODE_FREE, "バーコード自由使用欄 (コード)", "Free part of the bar code", "17桁")
            .required(),
        UpdateInput::text(name::BARCODE_AMOUNT, "バーコード記載金額", "Amount on the slip", "半角数字").required(),
        UpdateInput::text(name::PAYMENT_AMOUNT, "支払金額", "Amount paid (post offices)", "半角数字"),
        UpdateInput::text(name::REVENUE_STAMP, "印紙税", "Revenue stamp", "").with_choices(yes_no.to_vec()).required(),
        UpdateInput::text(name::CVS_COMPANY_ID, "コンビニ企業CD", "Store", "")
            .with_choices(store_choices(true))
            .required(),
    ]
}

/// A payment of a slip that the merchant printed: born when the store reports it.
pub(super) fn appear(desk: &Desk<'_>, inputs: &BTreeMap<String, String>) -> Result<Outcome, UpdateError> {
    desk.check_payment_type(PaymentType::CONVENIENCE_SLIP)?;
    let inputs = Update { payment_status: REPORTED, inputs: inputs.clone() };
    let needed = |name: Name| inputs.input(name).ok_or_else(|| UpdateError::missing(name));
    let paid = needed(name::PAYMENT_DATE)?;
    let whole = if paid.len() == 12 { format!("{paid}00") } else { paid.to_owned() };
    let wrong = || {
        let reason = text!(
            "{paid:?} は正しい日時ではありません（YYYYMMDDHHMM）。",
            "{paid:?} is not an existing time as YYYYMMDDHHMM",
            paid = paid
        );
        UpdateError::invalid(name::PAYMENT_DATE, reason)
    };
    let paid = Moment::parse_datetime14(&whole).ok_or_else(wrong)?;
    let free = needed(name::BARCODE_FREE)?;
    if free.len() != 17 || !free.bytes().all(|byte| byte.is_ascii_digit()) {
        let reason = text!(
            "バーコードの14桁目から30桁目まで、数字17桁で指定してください。",
            "must be the bar code's digits 14 to 30: 17 digits"
        );
        return Err(UpdateError::invalid(name::BARCODE_FREE, reason));
    }
    let stamp = match needed(name::REVENUE_STAMP)? {
        "0" => false,
        "1" => true,
        _ => {
            let reason = text!("1（印紙あり）または 0 で指定してください。", "must be 1 (with a stamp) or 0");
            return Err(UpdateError::invalid(name::REVENUE_STAMP, reason));
        }
    };
    let company = needed(name::CVS_COMPANY_ID)?;
    let Some(store) = store(Some(company), true)? else {
        return Err(UpdateError::invalid(name::CVS_COMPANY_ID, text!("該当する企業がありません。", "unknown")));
    };
    let printed = amount(name::BARCODE_AMOUNT, needed(name::BARCODE_AMOUNT)?)?;
    let paid_amount = match inputs.input(name::PAYMENT_AMOUNT) {
        Some(_) if !store.post => {
            let reason =
                text!("支払金額を訂正できるのはゆうちょ銀行・郵便局だけです。", "only post offices correct the amount");
            return Err(UpdateError::invalid(name::PAYMENT_AMOUNT, reason));
        }
        Some(text) => amount(name::PAYMENT_AMOUNT, text)?,
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
    let mut change = desk.create(&SLIP, REPORTED, Some(free), paid_amount)?;
    let now = desk.now.datetime14();
    change.set([
        (OWN_SLIP, "1"),
        (name::BAR_CODE, bar_code.as_str()),
        (name::USER_PAYMENT_DATE, paid.datetime14().as_str()),
        (name::EARLY_NOTICE_DATE, now.as_str()),
        (name::CVS_COMPANY_ID, store.code.as_str()),
        (name::VENDER_CVS_COMPANY_CD, rules.company_code.as_str()),
        (name::VENDER_CVS_MAKER_CD, rules.maker_code.as_str()),
        (name::VENDER_MERCHANT_ID, rules.merchant_number.as_str()),
    ]);
    if store.post {
        // Post offices report a payment once, when it is settled.
        change.enter(&SLIP, desk.by, CLEARED, desk.now)?;
        change.set([(name::CONFIRM_NOTICE_DATE, now.as_str()), (name::PAYMENT_DATE, now.as_str())]);
    }
    Ok(Outcome::changing(vec![change], Reply::ok()))
}

fn amount(name: Name, text: &str) -> Result<u64, UpdateError> {
    let amount = text.parse().ok().filter(|amount| (1..=999_999).contains(amount));
    amount.ok_or_else(|| {
        let reason = text!("1 円から 999999 円までの金額で指定してください。", "must be an amount of 1 to 999999 yen");
        UpdateError::invalid(name, reason)
    })
}
