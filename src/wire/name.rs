//! The names of the wire that code reads or sets, each once. A test holds them against the catalog.
//!
//! A misspelt text would be an empty value in silence; a misspelt constant does not compile.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;

/// The name of a field on the wire, or of a value of our own that a payment keeps ([`own`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct Name(&'static str);

impl Name {
    /// The name as it is written.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, formatter)
    }
}

impl From<Name> for Cow<'static, str> {
    fn from(name: Name) -> Cow<'static, str> {
        Cow::Borrowed(name.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0.to_owned()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<Name> for str {
    fn eq(&self, other: &Name) -> bool {
        self == other.0
    }
}

impl PartialEq<Name> for &str {
    fn eq(&self, other: &Name) -> bool {
        *self == other.0
    }
}

/// Declares names as constants, and a list of them all.
macro_rules! names {
    ($(#[$doc:meta])* $list:ident: $($constant:ident = $name:literal,)*) => {
        $(#[doc = concat!("`", $name, "`.")] pub const $constant: Name = Name($name);)*

        $(#[$doc])*
        #[cfg(test)]
        pub(super) const $list: &[Name] = &[$($constant),*];
    };
}

names! {
    /// Those of telegrams, their answers and notices: the catalog has them all.
    TELEGRAMS:
    ACQ_ID = "acq_id",
    ACQ_NAME = "acq_name",
    ADD_INFO1 = "add_info1",
    ADD_INFO2 = "add_info2",
    ADD_INFO3 = "add_info3",
    ADD_INFO4 = "add_info4",
    ADJUSTMENT_AMOUNT = "adjustment_amount",
    AMOUNT = "amount",
    APPENDIX = "appendix",
    ASP_LIMIT_DATE = "asp_limit_date",
    ASP_PAYMENT_LIMIT_DATE = "asp_payment_limit_date",
    ASP_PAYMENT_TERM = "asp_payment_term",
    ASP_URL = "asp_url",
    ATTEMPT_KBN = "attempt_kbn",
    AUTHORIZED_DATE = "authorized_date",
    AUTHRIZED_NUMBER = "authrized_number",
    BANK_CODE = "bank_code",
    BANNER_URL = "banner_url",
    BAR_CODE = "bar_code",
    BASE_PAYMENT_AMOUNT = "base_payment_amount",
    BASE_PAYMENT_CANCEL_TIMING = "base_payment_cancel_timing",
    BASE_PAYMENT_ID = "base_payment_id",
    BILLING_NAME = "billing_name",
    BILLING_NAME_KANA = "billing_name_kana",
    BILL_CUSTOMER_NO = "bill_customer_no",
    BILL_EXPIRATION_DATE = "bill_expiration_date",
    BUYER_EMAIL = "buyer_email",
    BUYER_NAME_KANA = "buyer_name_kana",
    BUYER_NAME_KANJI = "buyer_name_kanji",
    BUYER_PHONE = "buyer_phone",
    CANCEL_DATE = "cancel_date",
    CANCEL_URL = "cancel_url",
    CARDHOLDER_NAME = "cardholder_name",
    CARD_BRAND = "card_brand",
    CARD_CONF_NUMBER = "card_conf_number",
    CARD_NUMBER = "card_number",
    CARD_SET_METHOD = "card_set_method",
    CARD_TOKEN = "card_token",
    CARD_TYPE = "card_type",
    CARD_VALID_TERM = "card_valid_term",
    CLAIM_AMOUNT = "claim_amount",
    CLAIM_KANA = "claim_kana",
    CLAIM_KANJI = "claim_kanji",
    CLAIM_YYMM = "claim_yymm",
    CLEAR_DETAIL = "clear_detail",
    COMPANY_NAME = "company_name",
    CONFIRM_NOTICE_DATE = "confirm_notice_date",
    CONF_NUMBER = "conf_number",
    COPY_RIGHT = "copy_right",
    CREATED = "created",
    CURRENCY = "currency",
    CURRENCY_CODE = "currency_code",
    CUSTOMER_ADDRESS_1 = "customer_address_1",
    CUSTOMER_ADDRESS_2 = "customer_address_2",
    CUSTOMER_ADDRESS_3 = "customer_address_3",
    CUSTOMER_CARD_ID = "customer_card_id",
    CUSTOMER_DEPT = "customer_dept",
    CUSTOMER_FAMILY_NAME = "customer_family_name",
    CUSTOMER_FAMILY_NAME_KANA = "customer_family_name_kana",
    CUSTOMER_ID = "customer_id",
    CUSTOMER_NAME = "customer_name",
    CUSTOMER_NAME_KANA = "customer_name_kana",
    CUSTOMER_NOTICE_1 = "customer_notice_1",
    CUSTOMER_NOTICE_10 = "customer_notice_10",
    CUSTOMER_NOTICE_2 = "customer_notice_2",
    CUSTOMER_NOTICE_3 = "customer_notice_3",
    CUSTOMER_NOTICE_4 = "customer_notice_4",
    CUSTOMER_NOTICE_5 = "customer_notice_5",
    CUSTOMER_NOTICE_6 = "customer_notice_6",
    CUSTOMER_NOTICE_7 = "customer_notice_7",
    CUSTOMER_NOTICE_8 = "customer_notice_8",
    CUSTOMER_NOTICE_9 = "customer_notice_9",
    CUSTOMER_NUMBER = "customer_number",
    CUSTOMER_REPRESENTATIVE_NAME = "customer_representative_name",
    CUSTOMER_TEL = "customer_tel",
    CUSTOMER_TEL_TYPE = "customer_tel_type",
    CUSTOMER_TYPE = "customer_type",
    CUSTOMER_ZIP_CODE = "customer_zip_code",
    CVS_COMPANY_ID = "cvs_company_id",
    CVS_TYPE = "cvs_type",
    CYCLE = "cycle",
    DATA = "data",
    DELIVERY_EMAIL_ADDRESS = "delivery_email_address",
    DESCRIPTION = "description",
    DUPLICATE_CHECK = "duplicate_check",
    EARLY_NOTICE_DATE = "early_notice_date",
    EMAIL_ADDRESS = "email_address",
    EMONEY_PAYMENT_ID = "emoney_payment_id",
    EMONEY_TYPE = "emoney_type",
    EMONEY_USER_ID = "emoney_user_id",
    ENDED = "ended",
    END_SCHEDULED = "end_scheduled",
    EVENT = "event",
    EVENT_ERROR_CODE = "event_error_code",
    EVENT_RESULT = "event_result",
    EXCESS_DEFICIENCY_AMOUNT = "excess_deficiency_amount",
    EXPIRE_DATE = "expire_date",
    EXPIRE_DAYS = "expire_days",
    FAILED_REASON = "failed_reason",
    FILE_RECEIPT_ID = "file_receipt_id",
    FILE_TYPE = "file_type",
    FINGERPRINT = "fingerprint",
    FINISH_DISABLE = "finish_disable",
    FIRST_EXECUTED = "first_executed",
    FIX_NUMBERING_REG = "fix_numbering_reg",
    FIX_PARAMS = "fix_params",
    FREE_MEMO = "free_memo",
    HC = "hc",
    HTTP_ACCEPT = "http_accept",
    HTTP_USER_AGENT = "http_user_agent",
    ID = "id",
    INFORM_URL = "inform_url",
    ISBTOB = "isbtob",
    ISSUR_CLASS = "issur_class",
    ISSUR_CODE = "issur_code",
    ISSUR_ID = "issur_id",
    ISSUR_NAME = "issur_name",
    ITEM_AMOUNT_1 = "item_amount_1",
    JOHO_CODE = "joho_code",
    JOHO_ISSUR_TYPE = "joho_issur_type",
    LAST_EXECUTED = "last_executed",
    LIMIT_DATE = "limit_date",
    MAIN_TICKET_NUM = "main_ticket_num",
    MASKED_CARD_NUMBER = "masked_card_number",
    MERCHANT_ID = "merchant_id",
    MERCHANT_NAME = "merchant_name",
    NEXT_SCHEDULED = "next_scheduled",
    NUMBERING_TYPE = "numbering_type",
    NUM_OF_CARDS = "num_of_cards",
    OPERATION_TYPE = "operation_type",
    ORDER_DESCRIPTION = "order_description",
    ORDER_ITEMS_DESCRIPTION = "order_items_description",
    ORDER_ITEMS_ID = "order_items_id",
    ORDER_ITEMS_QUANTITY = "order_items_quantity",
    ORDER_ITEMS_TITLE = "order_items_title",
    ORDER_ITEMS_UNIT_PRICE = "order_items_unit_price",
    ORDER_SHIPPING = "order_shipping",
    ORDER_TAX = "order_tax",
    OUT_ACS_HTML = "out_acs_html",
    PAIDY_PAYMENT_ID = "paidy_payment_id",
    PAYMENT_AMOUNT = "payment_amount",
    PAYMENT_CLASS = "payment_class",
    PAYMENT_DATE = "payment_date",
    PAYMENT_DETAIL = "payment_detail",
    PAYMENT_DETAIL_KANA = "payment_detail_kana",
    PAYMENT_ID = "payment_id",
    PAYMENT_LIMIT_DATE = "payment_limit_date",
    PAYMENT_NOTICE_ID = "payment_notice_id",
    PAYMENT_STATUS = "payment_status",
    PAYMENT_TERM_DAY = "payment_term_day",
    PAYMENT_TERM_MIN = "payment_term_min",
    PAYMENT_TYPE = "payment_type",
    PAYPAY_PAYMENT_ID = "paypay_payment_id",
    PAY_CENTER_NUMBER = "pay_center_number",
    RECEIPT_NAME = "receipt_name",
    RECEIPT_NAME_KANA = "receipt_name_kana",
    RECEIPT_NUMBER = "receipt_number",
    RECEIPT_PRINT_URL = "receipt_print_url",
    REDIRECT_HTML = "redirect_html",
    REDIRECT_URL = "redirect_url",
    REDUCED_AMOUNT = "reduced_amount",
    REDUCTION_FLAG = "reduction_flag",
    REFUND_EMONEY_USER_ID = "refund_emoney_user_id",
    REF_TRADING_ID = "ref_trading_id",
    REISSUE_CD = "reissue_cd",
    REPAYMENT_AMOUNT = "repayment_amount",
    REPAYMENT_TRANSACTION_ID = "repayment_transaction_id",
    RESUMABLE_UNTIL = "resumable_until",
    RETRIEVE_RESULT = "retrieve_result",
    RETRY = "retry",
    RETURN_FINGERPRINT_FLG = "return_fingerprint_flg",
    RETURN_URL = "return_url",
    RE_PAYMENT_TYPE = "re_payment_type",
    RUNNING_ID = "running_id",
    RUNNING_STATUS = "running_status",
    SALES_FLG = "sales_flg",
    SALES_MODE = "sales_mode",
    SALES_TAX_AMOUNT = "sales_tax_amount",
    SALES_TRANSACTION_ID = "sales_transaction_id",
    SALES_TYPE = "sales_type",
    SEARCH_WITH = "search_with",
    SECURITY_CODE_TOKEN = "security_code_token",
    SECURITY_CODE_USE = "security_code_use",
    SEQ_MERCHANT_ID = "seq_merchant_id",
    SERVICE_TYPE = "service_type",
    SHIPPING_ADDRESS_CITY = "shipping_address_city",
    SHIPPING_ADDRESS_LINE1 = "shipping_address_line1",
    SHIPPING_ADDRESS_LINE2 = "shipping_address_line2",
    SHIPPING_ADDRESS_STATE = "shipping_address_state",
    SHIPPING_ADDRESS_ZIP = "shipping_address_zip",
    SITE_ID = "site_id",
    SITE_INFO = "site_info",
    SPLIT_COUNT = "split_count",
    STOCK_CARD_MODE = "stock_card_mode",
    STOP_RETURN_URL = "stop_return_url",
    STORE_NAME = "store_name",
    SUB_TICKET_NUM = "sub_ticket_num",
    SUCCESS_CODE = "success_code",
    SUCCESS_DETAIL = "success_detail",
    TAX_CLASS = "tax_class",
    TELEGRAM_KIND = "telegram_kind",
    TELEGRAM_VERSION = "telegram_version",
    TERM_URL = "term_url",
    THREEDSECURE_RYAKU = "threedsecure_ryaku",
    THREE_DS_AUTH_ID = "3ds_auth_id",
    THREE_D_SECURE_MESSAGE_VERSION = "3dsecure_message_version",
    THREE_D_SECURE_RYAKU = "3dsecure_ryaku",
    THREE_D_SECURE_USE_TYPE = "3dsecure_use_type",
    TICKET_END_DATE = "ticket_end_date",
    TICKET_NUM = "ticket_num",
    TICKET_START_DATE = "ticket_start_date",
    TIMING = "timing",
    TRADE_GENERATION_DATE = "trade_generation_date",
    TRADING_ID = "trading_id",
    TRANSFER_BANK_NAME = "transfer_bank_name",
    TRANSFER_BRANCH_NAME = "transfer_branch_name",
    TRANSFER_CLIENT_NAME = "transfer_client_name",
    TRANSFER_DATE = "transfer_date",
    URL = "url",
    USABLE_CVS_COMPANY_ID = "usable_cvs_company_id",
    USER_PAYMENT_DATE = "user_payment_date",
    USE_CARDHOLDER_NAME = "use_cardholder_name",
    USE_CARD_CONF_NUMBER = "use_card_conf_number",
    USE_CARD_LIST_VIEW = "use_card_list_view",
    USE_DELETE = "use_delete",
    USE_UPDATE = "use_update",
    VALID_CHECK_DATE = "valid_check_date",
    VALID_CHECK_FLG = "valid_check_flg",
    VALID_CHECK_RESULT = "valid_check_result",
    VALID_UPDATE_CD = "valid_update_cd",
    VENDER_CVS_COMPANY_CD = "vender_cvs_company_cd",
    VENDER_CVS_MAKER_CD = "vender_cvs_maker_cd",
    VENDER_MERCHANT_ID = "vender_merchant_id",
    VIRTUAL_ACCOUNT_BANK_CODE = "virtual_account_bank_code",
    VIRTUAL_ACCOUNT_BANK_NAME = "virtual_account_bank_name",
    VIRTUAL_ACCOUNT_BRANCH_CODE = "virtual_account_branch_code",
    VIRTUAL_ACCOUNT_BRANCH_NAME = "virtual_account_branch_name",
    VIRTUAL_ACCOUNT_DEPOSIT_KIND = "virtual_account_deposit_kind",
    VIRTUAL_ACCOUNT_NUMBER = "virtual_account_number",
    VIRTUAL_ACCOUNT_STATUS = "virtual_account_status",
}

names! {
    /// Those of everything else on the wire: the token script, hosted pages, the test tool, answers' heads, other messages.
    ELSEWHERE:
    ACCEPT_DATE = "accept_date",
    BARCODE_AMOUNT = "barcode_amount",
    BARCODE_FREE = "barcode_free",
    CANCEL = "cancel",
    CARD_CVC = "card_cvc",
    CARD_EXPIRE_MONTH = "card_expire_month",
    CARD_EXPIRE_YEAR = "card_expire_year",
    CARD_NAME = "card_name",
    CVC_ONLY_FLG = "cvc_only_flg",
    EVENT_ID = "event_id",
    HV = "hv",
    LINK_PAYMENT = "link_payment",
    MID = "mid",
    OCCUR_DATE = "occur_date",
    OPERATION = "operation",
    PAYABLE_CVS_COMPANY_ID = "payable_cvs_company_id",
    PAYMENT_LIMIT_DATETIME = "payment_limit_datetime",
    PID = "pid",
    RECEIPT_DATE = "receipt_date",
    REQUEST_DATE = "request_date",
    RESPONSE_CODE = "response_code",
    RESPONSE_DETAIL = "response_detail",
    RESULT = "result",
    REVENUE_STAMP = "revenue_stamp",
    RUNNING_NOTICE_ID = "running_notice_id",
    THREE_D_SECURE_REQUESTOR_ERROR_CODE = "3dsecure_requestor_error_code",
    THREE_D_SECURE_SERVER_ERROR_CODE = "3dsecure_server_error_code",
    TOKEN = "token",
    TOKEN_GENERATE_KEY = "token_generate_key",
    UPDATE_DATE = "update_date",
    VALID_UNTIL = "valid_until",
}

/// Names of our own: what payments, records and hosted pages keep beside what the wire knows.
pub mod own {
    use super::Name;

    names! {
        /// All of them.
        OWN:
        CARDS = "cards",
        CARD_BIN = "card_bin",
        CREATED_AT = "created_at",
        DRAFT = "draft",
        EMONEY_GIVEN_UP = "emoney_given_up",
        EMONEY_OUTCOME = "emoney_outcome",
        ENTRY = "entry",
        LEAVES = "leaves",
        NEXT = "next",
        OWN_SLIP = "own_slip",
        PAYPAY_RAISED_AMOUNT = "paypay_raised_amount",
        PAYPAY_REFUNDS = "paypay_refunds",
        PAYPAY_SALE = "paypay_sale",
        PAYPAY_VOID = "paypay_void",
        RETRIES = "retries",
        STORE = "store",
        SUCCEEDING_PAYMENT_ID = "succeeding_payment_id",
        TIMES = "times",
        TOKEN_RESULT = "token_result",
        VALID_MONTH = "valid_month",
        VALID_YEAR = "valid_year",
        WAY = "way",
        WRONG = "wrong",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;
    use crate::wire::catalog;

    /// All names of the catalog; those of fields that repeat without their number.
    fn catalog_names() -> BTreeSet<&'static str> {
        let telegrams = catalog().telegrams().into_iter().flat_map(|spec| spec.request.iter().chain(&spec.response));
        let layouts = catalog().layouts().iter().flat_map(|layout| &layout.field);
        let fields = catalog().header().iter().chain(telegrams).chain(layouts);
        fields.map(|field| field.name.as_str().trim_end_matches("[n]")).collect()
    }

    #[test]
    fn names_of_telegrams_are_in_the_catalog_and_others_are_not() {
        let known = catalog_names();
        let unknown: Vec<_> = TELEGRAMS.iter().filter(|name| !known.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "not in the catalog: {unknown:?}");
        let known: Vec<_> = ELSEWHERE.iter().chain(own::OWN).filter(|name| known.contains(name.as_str())).collect();
        assert!(known.is_empty(), "in the catalog, so of telegrams: {known:?}");
    }

    #[test]
    fn every_name_stands_once() {
        let mut seen = BTreeSet::new();
        let twice: Vec<_> =
            [TELEGRAMS, ELSEWHERE, own::OWN].concat().into_iter().filter(|name| !seen.insert(*name)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    /// Every use of a constant in the sources, with the text before it on its line.
    fn uses(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                uses(&path, found);
                continue;
            }
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                for (at, _) in line.match_indices("name::") {
                    let rest = line[at + "name::".len()..].trim_start_matches("own::");
                    let constant: String =
                        rest.chars().take_while(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_')).collect();
                    if !constant.is_empty() {
                        found.entry(constant).or_default().push(line[..at].to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn every_attribute_that_is_read_is_set_somewhere() {
        let mut found = BTreeMap::new();
        uses(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        let reads = ["get(", "field(", "or_default(", "number(", "has(", "secret(", "is_emptied(", "input(", "text("];
        let sets = |before: &str| !reads.iter().any(|read| before.ends_with(read));
        let never: Vec<&String> = found
            .iter()
            .filter(|(_, uses)| uses.iter().any(|before| before.ends_with("attributes.get(")))
            .filter(|(_, uses)| !uses.iter().any(|before| sets(before)))
            .map(|(constant, _)| constant)
            .collect();
        assert!(found.len() > 200 && never.is_empty(), "read and never set: {never:?}");
    }
}
