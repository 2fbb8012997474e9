//! What the convenience store methods say of themselves.

use crate::method::Method;
use crate::method::convenience::{Convenience, chains, vendor_name};
use crate::method::description::{Cell, Choice, Column, Creation, Description, HostedPage, Tab, ToolFunction};
use crate::payment::{Payment, PaymentType};
use crate::wire::{Name, name};

pub(super) static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "convenience", label: ("コンビニ", "Convenience store"), has_customer_numbers: false }),
    columns: &[
        Column { heading: "速報受信日時", cell: Cell::Date(name::EARLY_NOTICE_DATE) },
        Column { heading: "確定受信日時", cell: Cell::Date(name::CONFIRM_NOTICE_DATE) },
        Column {
            heading: "支払機関名(コンビニ)", cell: Cell::Text(|payment| Convenience.institution(payment))
        },
        Column {
            heading: "CVSタイプ",
            cell: Cell::Text(|payment| vendor_name(payment).unwrap_or_default().to_owned()),
        },
        Column {
            heading: "申込コンビニ",
            cell: Cell::Text(|payment| chains(payment, name::USABLE_CVS_COMPANY_ID).unwrap_or_default()),
        },
        Column { heading: "支払種別", cell: Cell::Text(sales_type) },
        Column { heading: "決済ベンダ受付番号/バーコード情報", cell: Cell::Text(receipt) },
        Column { heading: "再発行回数", cell: Cell::Text(reissues) },
        Column { heading: "払込票ダウンロード済フラグ", cell: Cell::Text(downloaded) },
    ],
    hosted: Some(HostedPage {
        asks_for_names: true,
        ..HostedPage::of(PaymentType::CONVENIENCE, ("コンビニ", "Convenience store"))
    }),
    creation: Some(Creation {
        function: ToolFunction {
            place: 3,
            action: "slip",
            button: ("コンビニ決済（払込票）生成", "Make a convenience store payment (slip)"),
            lines: &[
                (
                    "コンビニ決済（払込票）のデータを生成できます。",
                    "Makes a payment with a slip that the merchant printed.",
                ),
                (
                    "※コンビニ決済（払込票）をご利用の加盟店様のみ",
                    "* Only for merchants that use convenience store slips",
                ),
            ],
        },
        payment_type: PaymentType::CONVENIENCE_SLIP,
        caption: ("コンビニ決済（払込票）登録", "Convenience store payment (slip)"),
        result: ("実行結果:", "Result:"),
        has_marks: true,
        notes: &[
            ("*は必須項目です。", "Rows with * are required."),
            (
                "※支払金額はゆうちょ銀行、ゆうちょ銀行(窓口取扱分)の場合のみ入力してください。",
                "The amount paid may only be given for Japan Post Bank.",
            ),
            (
                "※バーコード自由使用欄は、バーコード44桁のうち14桁目から30桁目までの17桁です。",
                "The free part of the bar code is its digits 14 to 30 of 44.",
            ),
        ],
    }),
    choices: &[Choice {
        name: "connection_type",
        label: ("コンビニ接続タイプ", "Convenience store connection type"),
        values: CONNECTION_TYPES,
        of: |contracts| &mut contracts.connection_type,
    }],
    ..Description::NONE
};

/// 接続タイプ, as `fixtures/convenience.toml` has them.
pub(super) const CONNECTION_TYPES: &[&str] = &["A", "B", "C", "D", "F"];

fn text(payment: &Payment, name: Name) -> &str {
    payment.attributes.get(name).unwrap_or_default()
}

fn sales_type(payment: &Payment) -> String {
    let sales_type = match text(payment, name::SALES_TYPE) {
        "1" => "前払い",
        "2" | "3" => "後払い",
        other => other,
    };
    sales_type.to_owned()
}

fn receipt(payment: &Payment) -> String {
    let number = Some(text(payment, name::RECEIPT_NUMBER)).filter(|number| !number.is_empty());
    number.unwrap_or_else(|| text(payment, name::BAR_CODE)).to_owned()
}

fn reissues(payment: &Payment) -> String {
    text(payment, name::REISSUE_CD).parse::<u8>().map_or_else(|_| String::new(), |count| count.to_string())
}

/// Slips that the merchant prints have nothing to be downloaded.
fn downloaded(payment: &Payment) -> String {
    if text(payment, name::BILL_CUSTOMER_NO).is_empty() { String::new() } else { "0".to_owned() }
}
