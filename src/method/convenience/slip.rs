//! 040: a slip that is printed and sent to the buyer (`convenience.toml`, `[slip_kana]`, `[slip_tel]`).

use crate::method::cash::{self, kana};
use crate::method::convenience::barcode::{Barcode, STAMP_FROM};
use crate::method::convenience::facts::facts;
use crate::method::convenience::{APPLIED, SLIP};
use crate::method::{Desk, Outcome};
use crate::payment::{PaymentType, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// What the payment keeps as it came.
const KEPT: &[Name] = &[
    name::CUSTOMER_TEL,
    name::SALES_TAX_AMOUNT,
    name::TAX_CLASS,
    name::SITE_INFO,
    name::CUSTOMER_TYPE,
    name::CUSTOMER_DEPT,
    name::CUSTOMER_REPRESENTATIVE_NAME,
    name::CUSTOMER_ZIP_CODE,
    name::CUSTOMER_ADDRESS_1,
    name::CUSTOMER_ADDRESS_2,
    name::CUSTOMER_ADDRESS_3,
];

/// What 040 asks for.
pub(super) struct Request<'a> {
    trading_id: Option<&'a str>,
    /// 決済金額, in yen.
    amount: u64,
    /// 消費税額, in yen.
    tax: Option<u64>,
    /// 支払期限日 and 払込票有効期限日: in how many days.
    limit_days: Option<u64>,
    last_days: Option<u64>,
    /// 利用者姓 and 利用者名, and the same in kana.
    names: [(Name, &'a str); 2],
    kana: [(Name, &'a str); 2],
    /// 利用者区分: `0` for persons, `1` for companies.
    customer_type: &'a str,
    /// What only companies have.
    of_companies: [(Name, &'a str); 2],
    zip_code: &'a str,
    tel: &'a str,
    tel_type: &'a str,
    /// 請求金額 of each item, in yen.
    items: Vec<u64>,
    /// Other values that the payment keeps as they came.
    kept: Vec<(Name, &'a str)>,
}

impl<'a> From<&'a Telegram> for Request<'a> {
    fn from(telegram: &'a Telegram) -> Request<'a> {
        let text = |name| telegram.get(name).unwrap_or_default();
        let items = (1..=20).filter_map(|item| telegram.named(&format!("item_amount_{item}"))?.parse().ok());
        Request {
            trading_id: telegram.get(name::TRADING_ID),
            amount: telegram.number(name::PAYMENT_AMOUNT).unwrap_or_default(),
            tax: telegram.number(name::SALES_TAX_AMOUNT),
            limit_days: telegram.number(name::PAYMENT_LIMIT_DATE),
            last_days: telegram.number(name::BILL_EXPIRATION_DATE),
            names: cash::sent(telegram, [name::CUSTOMER_FAMILY_NAME, name::CUSTOMER_NAME]),
            kana: cash::sent(telegram, [name::CUSTOMER_FAMILY_NAME_KANA, name::CUSTOMER_NAME_KANA]),
            customer_type: text(name::CUSTOMER_TYPE),
            of_companies: cash::sent(telegram, [name::CUSTOMER_DEPT, name::CUSTOMER_REPRESENTATIVE_NAME]),
            zip_code: text(name::CUSTOMER_ZIP_CODE),
            tel: text(name::CUSTOMER_TEL),
            tel_type: telegram.or_default(name::CUSTOMER_TEL_TYPE),
            items: items.collect(),
            kept: cash::kept(telegram, KEPT),
        }
    }
}

/// Answers 040.
pub(super) fn apply(desk: &Desk<'_>, request: &Request<'_>) -> Result<Outcome, Refusal> {
    let Request { trading_id, amount, .. } = *request;
    desk.check_contract(PaymentType::CONVENIENCE_SLIP, name::PAYMENT_AMOUNT, amount)?;
    check_tax(request)?;
    let (limit_days, last_days) = limits(request)?;
    let [family, given] = request.names;
    let names = [without_blanks(family)?, without_blanks(given)?];
    check_name_lengths(request, &names)?;
    let [family, given] = request.kana;
    let kana = [kana::slip_name(family.0, family.1)?, kana::slip_name(given.0, given.1)?];
    check_addressee(request)?;
    check_items(request)?;
    desk.vendor("040")?;

    let mut change = desk.create(&SLIP, APPLIED, trading_id, amount)?;
    let payment_id = change.payment().payment_id;
    let (limit, last_day) = (desk.now.plus_days(limit_days), desk.now.plus_days(last_days));
    let customer_no = cash::number("##########", payment_id);
    let yymm = desk.now.date8()[2..6].to_owned();
    let rules = &facts().slip;
    let barcode = Barcode {
        maker_code: &rules.maker_code,
        free: format!("{}{customer_no}{yymm}00", rules.merchant_number),
        last_day: &last_day.date8()[2..],
        stamp: amount >= STAMP_FROM,
        amount,
    };
    change.set(request.kept.iter().copied());
    change.set([
        (name::CUSTOMER_TEL_TYPE, request.tel_type),
        (name::CUSTOMER_FAMILY_NAME, names[0]),
        (name::CUSTOMER_NAME, names[1]),
        (name::CUSTOMER_FAMILY_NAME_KANA, kana[0].as_str()),
        (name::CUSTOMER_NAME_KANA, kana[1].as_str()),
        (name::PAYMENT_LIMIT_DATE, limit.date8().as_str()),
        (name::BILL_EXPIRATION_DATE, last_day.date8().as_str()),
        (name::VENDER_CVS_COMPANY_CD, rules.company_code.as_str()),
        (name::VENDER_CVS_MAKER_CD, rules.maker_code.as_str()),
        (name::VENDER_MERCHANT_ID, rules.merchant_number.as_str()),
        (name::BILL_CUSTOMER_NO, customer_no.as_str()),
        (name::CLAIM_YYMM, yymm.as_str()),
        (name::REISSUE_CD, "00"),
        (name::BAR_CODE, barcode.digits().as_str()),
    ]);
    change.set_due(facts().limits.slip_expires_at.on_the_day_after(last_day));
    let reply = Reply::ok()
        .with(name::PAYMENT_ID, payment_id.to_string())
        .with(name::TRADING_ID, trading_id.unwrap_or_default());
    Ok(Outcome::changing(vec![change], reply))
}

fn check_tax(request: &Request<'_>) -> Result<(), Refusal> {
    match request.tax {
        Some(tax) if tax == 0 || tax >= request.amount => {
            let rule = text!(
                "sales_tax_amount は 0 より大きく、payment_amount より小さい金額で指定してください。",
                "sales_tax_amount must be greater than 0 and less than payment_amount"
            );
            Err(Refusal::field("P010", name::SALES_TAX_AMOUNT, rule))
        }
        _ => Ok(()),
    }
}

/// The days until the printed limit, and until the last day on which stores take the slip.
fn limits(request: &Request<'_>) -> Result<(i64, i64), Refusal> {
    let rules = &facts().limits;
    let range = rules.slip_days;
    let limit = cash::days(name::PAYMENT_LIMIT_DATE, request.limit_days, range, 0)?;
    let last = match request.last_days {
        None => {
            (limit + i64::try_from(rules.slip_extra_days).unwrap_or(0)).min(i64::try_from(range[1]).unwrap_or(limit))
        }
        Some(days) => {
            let days = i64::try_from(days).unwrap_or(i64::MAX);
            if days < limit || !(1..=i64::try_from(range[1]).unwrap_or(i64::MAX)).contains(&days) {
                let rule = text!(
                    "bill_expiration_date は payment_limit_date 以上、{most} 日以下で指定してください。",
                    "bill_expiration_date must lie between payment_limit_date and {most} days",
                    most = range[1]
                );
                return Err(Refusal::field("P010", name::BILL_EXPIRATION_DATE, rule));
            }
            days
        }
    };
    Ok((limit, last))
}

/// A name without blanks around it; P008 for blanks inside.
fn without_blanks((field, name): (Name, &str)) -> Result<&str, Refusal> {
    let name = name.trim();
    if name.contains(char::is_whitespace) {
        return Err(Refusal::field(
            "P008",
            field,
            text!("{field} の途中に空白は使用できません。", "{field} must have no blank inside", field = field),
        ));
    }
    Ok(name)
}

fn check_name_lengths(request: &Request<'_>, names: &[&str; 2]) -> Result<(), Refusal> {
    let most = if request.customer_type == "1" { 15 } else { 14 };
    let length: usize = names.iter().map(|name| name.chars().count()).sum();
    if length > most {
        let rule = text!(
            "氏名は {most} 文字以内です（法人15文字、個人14文字）。{length} 文字が指定されています。",
            "the name may have at most {most} characters (companies 15, persons 14), it has {length}",
            most = most,
            length = length
        );
        return Err(Refusal::field("P009", name::CUSTOMER_FAMILY_NAME, rule));
    }
    Ok(())
}

fn check_addressee(request: &Request<'_>) -> Result<(), Refusal> {
    for (field, value) in request.of_companies {
        if request.customer_type == "0" && !value.is_empty() {
            let rule = text!(
                "{field} は法人（customer_type=1）の場合だけ指定できます。",
                "{field} is for companies only (customer_type 1)",
                field = field
            );
            return Err(Refusal::field("P010", field, rule));
        }
    }
    if !matches!(request.zip_code.len(), 0 | 7) {
        let rule = text!("customer_zip_code は7桁で指定してください。", "customer_zip_code must have 7 digits");
        return Err(Refusal::field("P009", name::CUSTOMER_ZIP_CODE, rule));
    }
    if !is_phone_number(request.tel) {
        let rule = text!(
            "customer_tel は「市外局番-市内局番-加入者番号」の形式で指定してください。0A0-XXXX-XXXX（10～11桁）または \
             0A-XXXX-XXXX（市外局番と市内局番の合計5～6桁、全体で9～10桁）です。",
            "customer_tel must be area-exchange-subscriber: 0A0-XXXX-XXXX (10 or 11 digits) or \
             0A-XXXX-XXXX (area and exchange 5 or 6 digits, 9 or 10 in all)"
        );
        return Err(Refusal::field("P010", name::CUSTOMER_TEL, rule));
    }
    Ok(())
}

/// `[slip_tel]`.
fn is_phone_number(tel: &str) -> bool {
    let parts: Vec<&str> = tel.split('-').collect();
    let [area, exchange, subscriber] = parts[..] else { return false };
    if !parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())) || !area.starts_with('0')
    {
        return false;
    }
    let (a, e, s) = (area.len(), exchange.len(), subscriber.len());
    let mobile = a == 3 && area.ends_with('0') && area != "000";
    let by_mobile = mobile && (3..=4).contains(&e) && (4..=5).contains(&s) && (10..=11).contains(&(a + e + s));
    let by_area = (2..=6).contains(&a)
        && (1..=4).contains(&e)
        && (1..=5).contains(&s)
        && (5..=6).contains(&(a + e))
        && (9..=10).contains(&(a + e + s));
    by_mobile || (!mobile && by_area)
}

/// The items' sum must be the amount; that they come whole and without gaps is the catalog's business.
fn check_items(request: &Request<'_>) -> Result<(), Refusal> {
    let sum = request.items.iter().fold(0_u64, |sum, amount| sum.saturating_add(*amount));
    if !request.items.is_empty() && sum != request.amount {
        let rule = text!(
            "明細の合計が {sum} 円で、payment_amount の {amount} 円と一致しません。",
            "the items cost {sum} together, payment_amount is {amount}",
            sum = sum,
            amount = request.amount
        );
        return Err(Refusal::field("P010", name::ITEM_AMOUNT_1, rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_have_two_hyphens() {
        for good in ["03-1234-5678", "090-1234-5678", "0120-12-3456", "050-123-45678", "04992-2-1234"] {
            assert!(is_phone_number(good), "{good}");
        }
        for bad in
            ["0312345678", "03-12345678", "90-1234-5678", "03-1234-56789", "090-12-3456", "03--56", "0x-1234-5678"]
        {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }
}
