//! What the page behind `receipt_print_url` shows: the slip or the bar code that the buyer takes to the store.

use crate::clock::Moment;
use crate::method::Desk;
use crate::method::cash::{self, typed};
use crate::method::convenience::facts::facts;
use crate::method::convenience::number::NOTICES;
use crate::payment::{PaymentType, Status};
use crate::wire::{Name, name};

/// A number to pay with, and where.
#[derive(Clone, Debug)]
pub struct Voucher {
    /// 決済ベンダ受付番号.
    pub receipt_number: String,
    /// CVSタイプ.
    pub cvs_type: String,
    /// The stores that take it.
    pub stores: Vec<VoucherStore>,
    /// In yen.
    pub amount: u64,
    /// The last moment at which it can be paid, if there is one.
    pub limit: Option<Moment>,
    /// Who pays.
    pub buyer: String,
    /// What is printed beside the number.
    pub lines: Vec<String>,
    /// Whether it can still be paid.
    pub status: Status,
}

/// How a chain of stores asks for the number.
#[derive(Clone, Debug)]
pub struct VoucherStore {
    /// Its name in Japanese and in English.
    pub name: [&'static str; 2],
    /// What it calls the number, in Japanese and in English.
    pub label: [&'static str; 2],
    /// What it asks for beside the number.
    pub second: Option<String>,
}

/// The number of a payment, for those who know its key.
pub fn voucher(desk: &Desk<'_>, payment_id: &str, key: &str) -> Option<Voucher> {
    let payment = desk.payment(payment_id.parse().ok()?)?;
    if payment.payment_type != PaymentType::CONVENIENCE || cash::page_key(desk, "slip", payment.payment_id) != key {
        return None;
    }
    let text = |name: Name| payment.attributes.get(name).unwrap_or_default();
    let cvs_type = text(name::CVS_TYPE);
    let stores =
        text(name::PAYABLE_CVS_COMPANY_ID).split('-').filter_map(|code| facts().store(code)).filter_map(|store| {
            let number = store.number(cvs_type)?;
            let second =
                number.second.as_deref().map(|second| if second == "tel" { text(name::CUSTOMER_TEL) } else { second });
            Some(VoucherStore {
                name: [&store.name, &store.english],
                label: [&number.label, &number.english],
                second: second.map(str::to_owned),
            })
        });
    Some(Voucher {
        receipt_number: text(name::RECEIPT_NUMBER).to_owned(),
        cvs_type: cvs_type.to_owned(),
        stores: stores.collect(),
        amount: payment.amount,
        limit: typed::limit(&payment),
        buyer: format!("{} {}", text(name::CUSTOMER_FAMILY_NAME), text(name::CUSTOMER_NAME)).trim().to_owned(),
        lines: lines(cvs_type, text),
        status: payment.status,
    })
}

/// The first line is `customer_notice_1`, else `site_info`; only some stores print the others (`[voucher_line_1]`).
fn lines<'a>(cvs_type: &str, text: impl Fn(Name) -> &'a str) -> Vec<String> {
    let prints_notices = facts().vendor(cvs_type).is_some_and(|vendor| vendor.vouchers);
    let notices = NOTICES.into_iter().map(&text).filter(|_| prints_notices);
    let mut lines: Vec<String> = notices.map(str::to_owned).collect();
    match lines.first_mut() {
        Some(first) if first.is_empty() => text(name::SITE_INFO).clone_into(first),
        Some(_) => {}
        None => lines.push(text(name::SITE_INFO).to_owned()),
    }
    lines.retain(|line| !line.is_empty());
    lines
}
