//! The columns that a merchant knows, in the list and in the CSV file (`merchant_site.md` sections 5.2 and 10).

use crate::method::{self, convenience};
use crate::payment::{Payment, PaymentType, Status};
use crate::server::console::layout::{moment, wire_date};
use crate::wire::{catalog, name};

/// コンビニ決済, by number and by slip.
const STORES: &[PaymentType] = &[PaymentType::CONVENIENCE, PaymentType::CONVENIENCE_SLIP];

/// The headings of the CSV file, in order, with what stands in their column.
pub(super) const CSV: &[(&str, Value)] = &[
    ("決済種別", Value::Type),
    ("取引ID", Value::Field("trading_id")),
    ("決済ID", Value::Field("payment_id")),
    ("決済金額", Value::Amount),
    ("ステータスCD", Value::Field("payment_status")),
    ("決済ステータス", Value::Status),
    ("取引発生日時", Value::Date("payment_init_date")),
    ("支払日時", Value::Date("payment_date")),
    ("支払期限日", Value::Date("payment_limit_date")),
    ("オーソリ日時", Value::Date("authorized_date")),
    ("キャンセル日時", Value::Date("cancel_date")),
    ("買手支払日時", Value::Date("user_payment_date")),
    ("速報受信日時", Value::DateOf(STORES, "early_notice_date")),
    ("確定受信日時", Value::DateOf(STORES, "confirm_notice_date")),
    ("支払機関名(カード)", Value::InstitutionOf(&[PaymentType::CARD])),
    ("支払機関名(コンビニ)", Value::InstitutionOf(STORES)),
    ("支払機関名(銀行ネット)", Value::InstitutionOf(&[PaymentType::NET_BANK])),
    ("支払機関名(ATM)", Value::InstitutionOf(&[PaymentType::ATM])),
    ("カード番号", Value::Masked("masked_card_number", "**** **** **** ****")),
    ("カード有効期限", Value::Masked("masked_card_number", "**/**")),
    ("支払区分", Value::PaymentClass),
    ("分割回数", Value::Field("split_count")),
    ("夏のボーナス支払月", Value::Nothing),
    ("冬のボーナス支払月", Value::Nothing),
    ("国内カード／海外カード", Value::CardClass),
    ("3Dセキュア利用", Value::ThreeDSecure),
    ("CVSタイプ", Value::Vendor),
    ("申込コンビニ", Value::AppliedStores),
    ("支払種別", Value::SalesType),
    ("決済内容", Value::Either("payment_detail", "claim_kanji")),
    ("決済内容カナ", Value::Either("payment_detail_kana", "claim_kana")),
    ("決済ベンダ受付番号/バーコード情報", Value::Receipt),
    ("お客様番号", Value::Field("customer_number")),
    ("確認番号", Value::Field("conf_number")),
    ("利用者姓", Value::Field("customer_family_name")),
    ("利用者名", Value::Field("customer_name")),
    ("利用者姓カナ", Value::Field("customer_family_name_kana")),
    ("利用者名カナ", Value::Field("customer_name_kana")),
    ("利用者担当部署名", Value::Field("customer_dept")),
    ("利用者担当者名", Value::Field("customer_representative_name")),
    ("利用者電話番号", Value::Field("customer_tel")),
    ("利用者郵便番号", Value::Field("customer_zip_code")),
    ("利用者住所", Value::Address),
    ("重複元決済ID", Value::Field("related_payment_id")),
    ("再発行回数", Value::Reissues),
    ("払込票ダウンロード済フラグ", Value::Downloaded),
];

/// What stands in a column.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Type,
    Status,
    Field(&'static str),
    Either(&'static str, &'static str),
    Date(&'static str),
    DateOf(&'static [PaymentType], &'static str),
    InstitutionOf(&'static [PaymentType]),
    Amount,
    Vendor,
    AppliedStores,
    Receipt,
    Address,
    Reissues,
    Downloaded,
    Masked(&'static str, &'static str),
    PaymentClass,
    CardClass,
    ThreeDSecure,
    SalesType,
    Nothing,
}

impl Value {
    /// The column's text; `-` for a missing value.
    pub(super) fn of(self, payment: &Payment) -> String {
        let field = |name: &str| payment.named(name).into_owned();
        let text = match self {
            // The merchants' site writes full-width brackets.
            Value::Type => catalog()
                .payment_type(payment.payment_type)
                .map_or_else(String::new, |row| row.name.replace('(', "（").replace(')', "）")),
            Value::Status => catalog().status_name(payment.payment_type, payment.status).to_owned(),
            Value::Field(name) => field(name),
            Value::Either(name, other) => {
                Some(field(name)).filter(|text| !text.is_empty()).unwrap_or_else(|| field(other))
            }
            Value::Date("payment_init_date") => moment(payment.init_date),
            Value::Date(name) => wire_date(&field(name)),
            Value::DateOf(types, name) if types.contains(&payment.payment_type) => wire_date(&field(name)),
            Value::InstitutionOf(types) if types.contains(&payment.payment_type) => institution(payment),
            Value::Amount => amount_shown(payment).to_string(),
            Value::Vendor => convenience::vendor_name(payment).unwrap_or_default().to_owned(),
            Value::AppliedStores => convenience::chains(payment, name::USABLE_CVS_COMPANY_ID).unwrap_or_default(),
            // Cards have a receipt number of their own, which is none of a vendor's.
            Value::Receipt if STORES.contains(&payment.payment_type) => {
                Value::Either("receipt_number", "bar_code").of(payment)
            }
            Value::Address => (1..=3).map(|line| field(&format!("customer_address_{line}"))).collect(),
            Value::Reissues => {
                field(&name::REISSUE_CD).parse::<u8>().map_or_else(|_| String::new(), |count| count.to_string())
            }
            // Slips that the merchant prints have nothing to be downloaded.
            Value::Downloaded if !field(&name::BILL_CUSTOMER_NO).is_empty() => "0".to_owned(),
            Value::Masked(name, mask) if !field(name).is_empty() => mask.to_owned(),
            Value::PaymentClass => match field(&name::PAYMENT_CLASS).as_str() {
                "10" => "1回払い".to_owned(),
                "23" => "ボーナス1回払い".to_owned(),
                "61" => "分割払い".to_owned(),
                "80" => "リボルビング払い".to_owned(),
                other => other.to_owned(),
            },
            Value::CardClass => match field(&name::JOHO_ISSUR_TYPE).as_str() {
                "0" => "国内カード".to_owned(),
                "1" => "海外カード".to_owned(),
                other => other.to_owned(),
            },
            Value::ThreeDSecure if payment.payment_type == PaymentType::CARD => {
                let asked = payment.history.iter().any(|step| step.status == Status(14));
                let used = asked || !field(&name::THREE_D_SECURE_MESSAGE_VERSION).is_empty();
                if used { "○".to_owned() } else { "×".to_owned() }
            }
            Value::SalesType => match field(&name::SALES_TYPE).as_str() {
                "1" => "前払い".to_owned(),
                "2" | "3" => "後払い".to_owned(),
                other => other.to_owned(),
            },
            _ => String::new(),
        };
        if text.is_empty() { "-".to_owned() } else { text }
    }
}

/// 支払機関名, as the payment's method names it.
pub(super) fn institution(payment: &Payment) -> String {
    method::for_payment_type(payment.payment_type).map(|method| method.institution(payment)).unwrap_or_default()
}

/// 決済金額 as people are shown it, in yen.
pub(super) fn amount_shown(payment: &Payment) -> u64 {
    method::for_payment_type(payment.payment_type).map_or(payment.amount, |method| method.amount_shown(payment))
}
