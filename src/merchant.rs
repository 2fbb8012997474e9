//! Merchants: their credentials, keys, URLs and settings.

mod address_range;
mod keys;
mod list;
mod seconds;

pub use crate::ids::MerchantId;
pub use address_range::AddressRange;
pub use keys::{Key, Keys};
pub use list::{Caller, CredentialsError, Forget, ForgetError, Merchants, PinnedError};
pub use seconds::Seconds;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::ids::{PaymentType, Status};
use crate::text::text;
use crate::wire::{Refusal, catalog, name};

/// Attemptオーソリ制御区分: which attempts of 3-D Secure 1.0 are authorized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptAuthorization {
    /// 全て実施.
    #[default]
    All,
    /// 正常時のみ実施: `attempt_kbn` 0 alone.
    Normal,
    /// 全て実施しない.
    None,
}

/// What a merchant's contract allows. Everything is allowed unless the merchant says otherwise, so that a test can start without set-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Contracts {
    /// Payment types that may not be used: P007.
    #[schema(value_type = Vec<String>)]
    pub without_payment_types: BTreeSet<PaymentType>,
    /// Whether card data may only come as tokens: 2023 otherwise.
    pub token_only: bool,
    /// Stored cards (カード情報お預かり): P021 and P024 without.
    pub stored_cards: bool,
    /// Validity check of cards: P027 without.
    pub validity_check: bool,
    /// Corrected amounts (028, 029): P029 without.
    pub correction: bool,
    /// Whether a correction may raise the amount; the interface forbids it (2013).
    pub correction_upwards: bool,
    /// ブランドルール: whether an authorization of VISA or Mastercard is cancelled by the gateway after 25 days (32; 33 where the
    /// card company refuses), where others expire after 60 days.
    pub brand_rule: bool,
    /// Recurring charges: P047 without.
    pub recurring: bool,
    /// EMV 3-D Secure: P063 without.
    pub three_d_secure: bool,
    /// Which attempts of 3-D Secure 1.0 are authorized: 2015 for others.
    pub attempt_authorization: AttemptAuthorization,
    /// 支払区分 allowed for cards: P030 for others.
    #[schema(value_type = Vec<String>)]
    pub payment_classes: BTreeSet<String>,
    /// The greatest amount of a payment by type, in yen: P011 above.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub amount_limits: BTreeMap<PaymentType, u64>,
    /// 接続タイプ of convenience store payments: A, B, C, D or F.
    pub connection_type: String,
    /// Whether the gateway numbers the deals that come without a `trading_id` (060, link type).
    pub gateway_numbers_deals: bool,
    /// Whether the test tool refuses a payment time that does not lie between the application and the limit, as the
    /// real one does; otherwise it takes it with a warning.
    pub strict_tool: bool,
    /// What the contract for virtual accounts says.
    pub virtual_account: VirtualAccountContract,
    /// What the contract for PayPay says.
    pub paypay: PayPayContract,
    /// Whether the fields that need an opt-in at contract are in 091 and the notices.
    pub opt_in_fields: bool,
    /// Whether payments of the link type are told to the `inform_url` of their application (入金通知), which the interface
    /// withdrew in 2016.
    pub calls_inform_url: bool,
}

/// A contract for virtual accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VirtualAccountContract {
    /// みなし金額: how much too little still counts as paid, in yen.
    pub allowance: u64,
    /// 支払期限猶予日数: how many days after the limit a transfer is still matched.
    pub grace_days: u16,
    /// 決済消込優先区分: whether the oldest of several equal claims is matched, not the newest.
    pub oldest_first: bool,
    /// How many accounts the merchant has.
    pub accounts: u32,
}

/// A contract for PayPay: when a purchase is captured, which a site decides and no telegram.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PayPayContract {
    /// 売上方式 of the base site, and of all others that are not named: 出荷売上, by a telegram when the shop ships;
    /// otherwise 即時売上, with the purchase.
    pub ships_first: bool,
    /// The sites (サイトID) that do it the other way.
    pub other_sites: BTreeSet<String>,
}

impl PayPayContract {
    /// Whether a site captures when it ships; nothing means the base site.
    pub fn ships_first(&self, site_id: Option<&str>) -> bool {
        self.ships_first != site_id.is_some_and(|site| self.other_sites.contains(site))
    }
}

impl Default for VirtualAccountContract {
    fn default() -> VirtualAccountContract {
        VirtualAccountContract { allowance: 0, grace_days: 30, oldest_first: false, accounts: 1000 }
    }
}

impl Default for Contracts {
    fn default() -> Contracts {
        Contracts {
            without_payment_types: BTreeSet::new(),
            token_only: false,
            stored_cards: true,
            validity_check: true,
            correction: true,
            correction_upwards: false,
            brand_rule: false,
            recurring: true,
            three_d_secure: true,
            attempt_authorization: AttemptAuthorization::All,
            payment_classes: ["10", "23", "61", "80"].map(str::to_owned).into(),
            amount_limits: BTreeMap::new(),
            connection_type: "A".to_owned(),
            gateway_numbers_deals: false,
            strict_tool: false,
            virtual_account: VirtualAccountContract::default(),
            paypay: PayPayContract::default(),
            opt_in_fields: true,
            calls_inform_url: false,
        }
    }
}

/// A merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// マーチャントID.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// 接続ID.
    pub connect_id: String,
    /// 接続パスワード.
    pub connect_password: String,
    /// Hash keys.
    #[serde(default)]
    pub keys: Keys,
    /// 差分通知先URL: where notices are pushed to; nowhere when empty.
    #[serde(default)]
    pub notification_url: String,
    /// How many seconds after its cause a notice is pushed, in real time: after the answer of a telegram was written, after
    /// the buyer's browser was sent back to the shop. What the emulator was started with (`--notice-delay`) when absent.
    #[serde(default)]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 86400)]
    pub notice_delay: Option<Seconds>,
    /// How many seconds after it arose what a hosted page did is pushed at the latest, should the browser not go back.
    #[serde(default = "notice_hold")]
    #[schema(value_type = f64, minimum = 0, maximum = 86400, default = 30)]
    pub notice_hold: Seconds,
    /// ファイル決済通知URL: where is told that a file was worked off; nowhere when empty.
    #[serde(default)]
    pub file_notification_url: String,
    /// Statuses ticked for notification, by payment type; a type that is not named has all that can be notified.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub notified: BTreeMap<PaymentType, BTreeSet<Status>>,
    /// Sites beside the base site; any site is accepted when there are none.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub sites: BTreeSet<String>,
    /// Addresses, or ranges such as `192.0.2.0/24`, that its telegrams may come from: P015 from elsewhere. All when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub allowed_addresses: BTreeSet<AddressRange>,
    /// What the contract allows.
    #[serde(default)]
    pub contracts: Contracts,
    /// Whether it came by itself, and nobody has changed its settings since: a reset forgets it.
    #[serde(default)]
    pub adopted: bool,
}

/// As long as a person looks at a page that says "paid".
fn notice_hold() -> Seconds {
    Seconds::whole(30)
}

impl Merchant {
    /// A merchant with these credentials and everything allowed.
    pub fn new(merchant_id: MerchantId, connect_id: &str, connect_password: &str) -> Merchant {
        Merchant {
            merchant_id,
            connect_id: connect_id.to_owned(),
            connect_password: connect_password.to_owned(),
            keys: Keys::default(),
            notification_url: String::new(),
            notice_delay: None,
            notice_hold: notice_hold(),
            file_notification_url: String::new(),
            notified: BTreeMap::new(),
            sites: BTreeSet::new(),
            allowed_addresses: BTreeSet::new(),
            contracts: Contracts::default(),
            adopted: false,
        }
    }

    /// P015 for a request from an address that is not one of the merchant's (`observed.md` section 3).
    pub fn check_address(&self, remote: Option<IpAddr>) -> Result<(), Refusal> {
        let Some(address) = remote.filter(|_| !self.allowed_addresses.is_empty()) else { return Ok(()) };
        if self.allowed_addresses.iter().any(|range| range.contains(address)) {
            return Ok(());
        }
        let rule = text!(
            "送信元 {address} は、加盟店の許可IPアドレス (allowed_addresses) にありません。",
            "{address} is not one of the merchant's allowed_addresses",
            address = address
        );
        Err(Refusal::new("P015", rule))
    }

    /// P010 for a site that the merchant does not have.
    pub fn check_site(&self, site_id: Option<&str>) -> Result<(), Refusal> {
        match site_id {
            Some(site) if !self.sites.is_empty() && !self.sites.contains(site) => {
                let rule = text!(
                    "この加盟店にサイトID {site} はありません。(加盟店の設定のサイトを確認してください)",
                    "the merchant has no site {site} (its settings name its sites)",
                    site = site
                );
                Err(Refusal::field("P010", name::SITE_ID, rule))
            }
            _ => Ok(()),
        }
    }

    /// Whether the merchant wants to hear that a payment of this type entered this status.
    pub fn is_notified(&self, payment_type: PaymentType, status: Status) -> bool {
        let Some(row) = catalog().payment_type(payment_type) else { return false };
        row.notifiable.contains(&status)
            && self.notified.get(&payment_type).is_none_or(|ticked| ticked.contains(&status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_sells_by_paypay_as_the_merchant_does_or_the_other_way() {
        for ships_first in [false, true] {
            let contract = PayPayContract { ships_first, other_sites: ["0002".to_owned()].into() };
            let ways = [None, Some("0001"), Some("0002")].map(|site| contract.ships_first(site));
            assert_eq!(ways, [ships_first, ships_first, !ships_first]);
        }
    }

    /// `notification.md`, "Which statuses", and the boxes of the seed manual's screen, which wins (`observed.md` section 8,
    /// `seed_requirements.md` N3 to N7).
    #[test]
    fn all_that_can_be_notified_is_ticked_at_first() {
        let mut merchant = Merchant::new(MerchantId::new("1"), "c", "p");
        let told = |merchant: &Merchant, payment_type: u8| {
            let told = |status: &u8| merchant.is_notified(PaymentType(payment_type), Status(*status));
            (0..100).filter(told).collect::<Vec<u8>>()
        };
        for (payment_type, statuses) in [
            (1, &[12, 40][..]),
            (2, &[10, 11, 13, 20, 32, 33, 40, 41, 60]),
            (3, &[10, 12, 40, 43, 61]),
            (4, &[12, 40, 43, 61]),
            (5, &[15, 40]),
            (7, &[12, 16, 40]),
            (11, &[40, 41, 60]),
            (22, &[11, 20, 32, 33, 40, 41, 60]),
            (26, &[10, 15, 20, 30, 32, 33, 40, 41, 60]),
        ] {
            assert_eq!(told(&merchant, payment_type), statuses, "payment type {payment_type}");
        }
        merchant.notified.insert(PaymentType(2), [10, 13, 30, 40].map(Status).into());
        assert_eq!(told(&merchant, 2), [10, 13, 40], "30 can never be notified");
        merchant.notified.insert(PaymentType(2), BTreeSet::new());
        assert_eq!(told(&merchant, 2), [0; 0]);
    }
}
