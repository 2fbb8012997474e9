//! `link:cardreg`: the hosted pages on which a customer stores, changes or deletes cards (`link.md` section 8).

mod draft;

pub(crate) use draft::{DRAFT, Draft, authenticated, confirm, deletion, read};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ledger::{Record, RecordKind};
use crate::method::card::vault::StoredCard;
use crate::method::card::vault::hosted::{self, Whose};
use crate::method::link::session::CARDS_TRIED;
use crate::method::link::{fields, hash};
use crate::method::{Desk, Outcome};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Name, Reply, Telegram, name};

/// Records of applications for these pages, by their secrets.
pub(crate) const REGISTRATION: RecordKind = RecordKind::new("link_card_registration");
/// How long the pages are valid; no source tells, captures show the end of a day.
const DAYS: i64 = 1;
/// How long an application is remembered after its limit, in days.
const REMEMBERED: i64 = 30;

/// What is done with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Operation {
    /// 01.
    Store,
    /// 02.
    Change,
    /// 03.
    Delete,
}

impl Operation {
    /// `operation_type`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Operation::Store => "01",
            Operation::Change => "02",
            Operation::Delete => "03",
        }
    }

    /// The operation of an `operation_type`; 01 when it names none.
    pub(crate) fn of(code: &str) -> Operation {
        match code {
            "02" => Operation::Change,
            "03" => Operation::Delete,
            _ => Operation::Store,
        }
    }
}

/// An application for the pages of stored cards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Registration {
    /// The key in the pages' URLs.
    pub(crate) secret: String,
    /// 画面有効期限.
    pub(crate) limit: Moment,
    /// The application's fields.
    pub(crate) fields: BTreeMap<String, String>,
    /// Whether a card was stored, changed or deleted.
    pub(crate) changed: bool,
    /// How many cards were refused.
    pub(crate) refused: u32,
}

impl Registration {
    /// A field of the application; nothing when it was not sent.
    pub(crate) fn get(&self, name: Name) -> &str {
        self.fields.get(name.as_str()).map_or("", String::as_str)
    }

    /// Whether a flag of the application is set.
    pub(crate) fn is_set(&self, name: Name) -> bool {
        self.get(name) == "1"
    }

    /// Whose cards they are.
    fn whose(&self) -> Whose<'_> {
        [self.get(name::SITE_ID), self.get(name::CUSTOMER_ID)]
    }

    /// The application of a secret.
    pub(crate) fn find(desk: &Desk<'_>, secret: &str) -> Option<(Registration, Record)> {
        desk.record(REGISTRATION, secret)
    }

    /// The customer's cards.
    pub(crate) fn cards(&self, desk: &Desk<'_>) -> Vec<StoredCard> {
        hosted::cards(desk, self.whose())
    }

    /// One of the customer's cards.
    pub(crate) fn card(&self, desk: &Desk<'_>, card_id: &str) -> Option<StoredCard> {
        self.cards(desk).into_iter().find(|card| card.customer_card_id == card_id)
    }

    /// Whether the customer may do this: the application's operation, or what its list offers.
    pub(crate) fn allows(&self, operation: Operation, card_id: &str) -> bool {
        if self.is_set(name::USE_CARD_LIST_VIEW) {
            return match operation {
                Operation::Store => true,
                Operation::Change => self.is_set(name::USE_UPDATE),
                Operation::Delete => self.is_set(name::USE_DELETE),
            };
        }
        let own = Operation::of(self.get(name::OPERATION_TYPE));
        operation == own && (own == Operation::Store || self.get(name::CUSTOMER_CARD_ID) == card_id)
    }

    /// P023 when the customer has ten cards already.
    pub(crate) fn check_room(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        hosted::check_can_store(desk, self.whose())
    }

    /// 6002 when it is over, P018 when too many cards were refused.
    pub(crate) fn check_open(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        if desk.now > self.limit {
            let rule =
                text!("画面有効期限 {limit} を過ぎています。", "the pages were open until {limit}", limit = self.limit);
            return Err(Refusal::new("6002", rule));
        }
        if self.refused >= CARDS_TRIED {
            let rule =
                text!("この画面でカードの拒否回数が上限に達しました。", "too many cards were refused on these pages");
            return Err(Refusal::new("P018", rule));
        }
        Ok(())
    }
}

/// An application for these pages that has proven who applies.
pub(super) struct Request {
    /// All fields, as the application keeps them.
    fields: BTreeMap<String, String>,
}

impl Request {
    /// Reads a telegram: 6005 when its hash was not made with the merchant's key.
    pub(super) fn read(telegram: &Telegram, key: &str) -> Result<Request, Refusal> {
        let hc = telegram.get(name::HC).unwrap_or_default();
        if !key.is_empty() && !hash::proves_card_registration(hc, key, |name| telegram.get(name).unwrap_or_default()) {
            let rule = text!(
                "hc が、seq_merchant_id, use_card_conf_number, customer_id とリンクタイプハッシュ生成キーを連結した値の \
                 SHA-256 と一致しません。",
                "hc is not SHA-256 over seq_merchant_id, use_card_conf_number, customer_id and the merchant's link \
                 hash key (リンクタイプハッシュ生成キー)"
            );
            return Err(Refusal::new("6005", rule));
        }
        Ok(Request { fields: fields::kept(telegram).collect() })
    }

    /// Whether a flag is set.
    fn is_set(&self, name: Name) -> bool {
        self.fields.get(name.as_str()).is_some_and(|value| value == "1")
    }
}

/// Answers an application.
pub(super) fn apply(desk: &Desk<'_>, request: Request) -> Result<Outcome, Refusal> {
    check_flags(desk, &request)?;
    hosted::check_contract(desk)?;
    let registration = Registration {
        secret: desk.unguessable(24),
        limit: desk.now.plus_days(DAYS).end_of_day(),
        fields: request.fields,
        changed: false,
        refused: 0,
    };
    let own = Operation::of(registration.get(name::OPERATION_TYPE));
    let card_id = registration.get(name::CUSTOMER_CARD_ID);
    let names_card = !registration.is_set(name::USE_CARD_LIST_VIEW) && own != Operation::Store;
    if names_card && registration.card(desk, card_id).is_none() {
        let rule = text!(
            "この customer_id と customer_card_id で登録されたカードはありません。",
            "no card is stored under this customer_id and customer_card_id"
        );
        return Err(Refusal::new("6010", rule));
    }
    let Registration { secret, limit, .. } = &registration;
    let url = format!("{}/linktype/cards?mid={}&hv={secret}", desk.base_url(), desk.merchant.merchant_id);
    let reply = Reply::ok().with(name::URL, url).with(name::TRADE_GENERATION_DATE, desk.now.datetime14());
    let mut record = desk.new_record(REGISTRATION, secret.as_str(), &registration);
    record.due = Some(limit.plus_days(REMEMBERED));
    Ok(Outcome { records: vec![record], ..Outcome::reply(reply) })
}

/// P010 for flags that need others or a contract, P027 for a validity check without a contract.
fn check_flags(desk: &Desk<'_>, request: &Request) -> Result<(), Refusal> {
    for name in [name::USE_UPDATE, name::USE_DELETE] {
        if request.is_set(name) && !request.is_set(name::USE_CARD_LIST_VIEW) {
            let rule = text!(
                "{name}=1 の場合は use_card_list_view=1 も必要です。",
                "{name}=1 needs use_card_list_view=1",
                name = name
            );
            return Err(Refusal::field("P010", name, rule));
        }
    }
    if request.is_set(name::USE_CARD_CONF_NUMBER) && !request.is_set(name::VALID_CHECK_FLG) {
        let rule = text!(
            "use_card_conf_number=1 の場合は valid_check_flg=1 も必要です。",
            "use_card_conf_number=1 needs valid_check_flg=1"
        );
        return Err(Refusal::field("P010", name::VALID_CHECK_FLG, rule));
    }
    if request.is_set(name::VALID_CHECK_FLG) && !desk.merchant.contracts.validity_check {
        let rule = text!(
            "加盟店の契約に有効性確認が含まれていません。",
            "the merchant's contract does not include validity checks"
        );
        return Err(Refusal::new("P027", rule));
    }
    if !request.is_set(name::THREEDSECURE_RYAKU) && !desk.merchant.contracts.three_d_secure {
        let rule = text!(
            "加盟店の契約に3Dセキュアが含まれていません。threedsecure_ryaku=1 を送信してください。",
            "the merchant has no contract for 3-D Secure and must send threedsecure_ryaku=1"
        );
        return Err(Refusal::field("P010", name::THREEDSECURE_RYAKU, rule));
    }
    Ok(())
}
