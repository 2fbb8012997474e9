//! What a wire name is called: the first field of that name that the catalog has.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::wire::{FieldSpec, catalog};

/// Names that answers and notices have beside the catalog's fields.
const OTHERS: &[(&str, &str)] = &[
    ("result", "処理結果"),
    ("response_code", "レスポンスコード"),
    ("response_detail", "レスポンス詳細"),
    ("hc", "ハッシュ値"),
    ("request_date", "リクエスト日時"),
    ("payment_status", "決済ステータス"),
    ("payment_type", "決済種別CD"),
    ("shonin_no", "承認番号"),
    ("acq_member_no", "加盟店番号"),
    ("succeeding_payment_id", "補正後決済ID"),
    ("card_bin", "カード番号の先頭6桁"),
    ("payment_limit_datetime", "支払期限日時"),
    ("payable_cvs_company_id", "支払可能コンビニ企業CD"),
    ("own_slip", "自社印刷の払込票"),
    ("emoney_given_up", "購入者による中断"),
    ("emoney_outcome", "取消・補正時の処理結果"),
    ("paypay_sale", "売上方式"),
    ("paypay_raised_amount", "同意待ちの売上金額"),
    ("paypay_refunds", "一部返金の回数"),
    ("paypay_void", "支払期限切れ"),
];

/// The field of the catalog with this name, wherever it stands first: in an inquiry's layout, a request, an answer.
pub fn field(name: &str) -> Option<&'static FieldSpec> {
    static FIELDS: LazyLock<HashMap<&'static str, &'static FieldSpec>> = LazyLock::new(|| {
        let mut fields = HashMap::new();
        let inquiries = catalog().telegram("091").into_iter().flat_map(|spec| &spec.response);
        let layouts = catalog().layouts().iter().flat_map(|layout| &layout.field);
        let telegrams = catalog().telegrams().into_iter().flat_map(|spec| spec.request.iter().chain(&spec.response));
        for field in catalog().header().iter().chain(inquiries).chain(layouts).chain(telegrams) {
            if !field.label.is_empty() {
                fields.entry(field.name.as_str()).or_insert(field);
            }
        }
        fields
    });
    FIELDS.get(name).copied()
}

/// The Japanese label of a wire name; empty when nobody knows it.
pub fn label(name: &str) -> &'static str {
    let other = || OTHERS.iter().find(|(known, _)| *known == name).map_or("", |(_, label)| label);
    field(name).map_or_else(other, |field| field.label)
}
