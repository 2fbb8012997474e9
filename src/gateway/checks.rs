//! Who is it, and what is it: the checks of a telegram before its fields are looked at (`common.md` section 4).

use std::sync::Arc;

use crate::clock::Moment;
use crate::gateway::telegram::{Exchange, Incoming};
use crate::gateway::{Gateway, Undone};
use crate::ledger;
use crate::merchant::{Caller, CredentialsError, Key, Merchant};
use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::{Form, TelegramSpec, catalog, hash, name, not_played};

/// The only version of the interface.
const TELEGRAM_VERSION: &str = "1.0";
/// A telegram has less than 200; more than this is none.
const MOST_PARAMETERS: usize = 1000;

impl Gateway {
    /// P001 and P002. Nothing is kept of a merchant that is unknown yet.
    pub(super) fn authenticate(&self, form: &Form<'_>) -> Result<Caller, Refusal> {
        let names = ["merchant_id", "connect_id", "connect_password"];
        if let Some(absent) = names.into_iter().find(|name| form.get(name).is_none()) {
            let rule = text!("{absent} がありません。", "{absent} is missing", absent = absent);
            return Err(Refusal::new("P001", rule));
        }
        let values = names.map(|name| form.text(name));
        for (name, value) in names.iter().zip(&values) {
            let fits = catalog().header().iter().filter(|field| field.name == *name).all(|field| {
                !value.is_empty() && field.characters.admit(value) && field.max.is_none_or(|max| value.len() <= max)
            });
            if !fits {
                let rule =
                    text!("{name} の形式が正しくありません。", "{name} does not have the form of one", name = name);
                return Err(Refusal::new("P002", rule));
            }
        }
        let [merchant_id, connect_id, password] = values;
        self.merchants.authenticate(&merchant_id, &connect_id, &password).map_err(|error| match error {
            CredentialsError::Unknown => Refusal::new("P002", not_in_list(&merchant_id)),
            CredentialsError::Wrong => wrong_credentials(&merchant_id),
        })
    }

    /// Makes a merchant of a caller that has proved to be one; P002 when another first contact was quicker.
    pub(crate) fn adopt(&self, caller: Caller) -> Result<Arc<Merchant>, Refusal> {
        if let Some(known) = caller.known() {
            return Ok(known);
        }
        let merchant_id = caller.merchant().merchant_id.clone();
        let (adopted, failure) = ledger::watch_now(|| self.merchants.adopt(caller, &mut |id| self.forget(id)));
        if let Some(error) = failure {
            // Its credentials would be anybody's after a restart: those of its next telegram count.
            self.merchants.forget_credentials(&merchant_id, &mut |id| self.forget(id));
            return Err(Undone::Store(error).told());
        }
        adopted.map_err(|_| wrong_credentials(merchant_id.as_str()))
    }
}

/// P009 for more parameters than anybody needs.
pub(crate) fn check_count(query: Option<&str>, body: &[u8]) -> Result<(), Refusal> {
    if Form::count(query, body) <= MOST_PARAMETERS {
        return Ok(());
    }
    let rule = text!(
        "パラメーター数が {most} を超えています (URL のパラメーターを含む)。",
        "more than {most} parameters, those of the URL included",
        most = MOST_PARAMETERS
    );
    Err(Refusal::new("P009", rule))
}

/// What is told of a merchant where only those of a list are known.
pub(crate) fn not_in_list(merchant_id: &str) -> Text {
    text!(
        "マーチャントID {merchant_id} は、--merchants で指定されたファイルにありません。",
        "merchant {merchant_id} is not in the list given with --merchants",
        merchant_id = merchant_id
    )
}

/// P002 for credentials that are not a merchant's.
fn wrong_credentials(merchant_id: &str) -> Refusal {
    let rule = text!(
        "connect_id または connect_password がマーチャントID {merchant_id} のものと一致しません。\
         自動登録された加盟店の値は、リセットすると消去されます。",
        "connect_id or connect_password is not the one that merchant {merchant_id} has; a reset forgets those of a \
         merchant that was adopted",
        merchant_id = merchant_id
    );
    Refusal::new("P002", rule)
}

/// P002 for an unknown merchant with nothing to prove itself by: neither a certificate nor a key that it shares with us.
pub(super) fn check_unproved(caller: &Caller, incoming: &Incoming<'_>) -> Result<(), Refusal> {
    if caller.known().is_some() || incoming.admission.is_ok() {
        return Ok(());
    }
    let rule = text!(
        "マーチャントID {id} は未登録です。クライアント証明書のない /s/ への電文では本人を確認できません。最初の電文を /n/ へ送信するか、\
         PUT /api/v1/merchants/{id} で request_hash キーを登録してください。",
        "merchant {id} is unknown, and a telegram under /s/ without a client certificate proves nothing: send its first \
         telegram under /n/, or PUT /api/v1/merchants/{id} with its request_hash key",
        id = caller.merchant().merchant_id
    );
    Err(Refusal::new("P002", rule))
}

/// P005, P006 and P003.
pub(super) fn check_version(form: &Form<'_>) -> Result<(), Refusal> {
    match form.get(&name::TELEGRAM_VERSION) {
        None => Err(Refusal::field(
            "P005",
            name::TELEGRAM_VERSION,
            text!("telegram_version がありません。1.0 を指定してください。", "telegram_version is missing; send 1.0"),
        )),
        Some(b"") => Err(Refusal::field(
            "P006",
            name::TELEGRAM_VERSION,
            text!("telegram_version が空です。1.0 を指定してください。", "telegram_version is empty; send 1.0"),
        )),
        Some(version) if version == TELEGRAM_VERSION.as_bytes() => Ok(()),
        Some(_) => Err(Refusal::new(
            "P003",
            text!("telegram_version は 1.0 で指定してください。", "telegram_version must be 1.0"),
        )),
    }
}

/// P005, P006 and P010 for the kind, P004 when it does not belong to the path, P018 when it is not played.
pub(super) fn known_kind(exchange: &Exchange<'_>, path: &str) -> Result<&'static TelegramSpec, Refusal> {
    let elsewhere = |spec: &TelegramSpec| {
        let rule = text!(
            "電文 {kind} の送信先は {right} です。(今回の送信先: {path})",
            "telegram {kind} must be posted to {right}, not to {path}",
            kind = exchange.kind,
            right = spec.path,
            path = path
        );
        Err(Refusal::new("P004", rule))
    };
    match (exchange.form.get(&name::TELEGRAM_KIND), exchange.spec) {
        (None, _) => Err(Refusal::field(
            "P005",
            name::TELEGRAM_KIND,
            text!("telegram_kind がありません。", "telegram_kind is missing"),
        )),
        (Some(b""), _) => Err(Refusal::field(
            "P006",
            name::TELEGRAM_KIND,
            text!("telegram_kind が空です。", "telegram_kind is empty"),
        )),
        (Some(_), None) => match not_played(exchange.kind) {
            None => {
                let rule = text!(
                    "電文種別ID {kind} の電文はありません。",
                    "there is no telegram of kind {kind}",
                    kind = exchange.kind
                );
                Err(Refusal::field("P010", name::TELEGRAM_KIND, rule))
            }
            Some(spec) if spec.path != path => elsewhere(spec),
            Some(spec) => {
                let (kind, name, english) = (exchange.kind, spec.name, spec.english);
                let rule = Text::filled(
                    format!("電文 {kind} ({name}) は本番環境の電文ですが、このエミュレーターは対応していません。"),
                    format!("telegram {kind} ({name}, {english}) exists at the gateway; it is not played here"),
                );
                Err(Refusal::new("P018", rule))
            }
        },
        (Some(_), Some(spec)) if spec.path != path => elsewhere(spec),
        (Some(_), Some(spec)) => Ok(spec),
    }
}

/// P002 when the hash of a request to `/s/…` is wrong (`common.md` section 6). A merchant without the key is not checked.
pub(super) fn check_request_hash(merchant: &Merchant, form: &Form<'_>) -> Result<(), Refusal> {
    for name in [name::REQUEST_DATE, name::HC] {
        if form.get(&name).is_none_or(<[u8]>::is_empty) {
            let rule = text!("/s/ への電文には {name} が必要です。", "paths under /s/ need {name}", name = name);
            return Err(Refusal::field("P005", name, rule));
        }
    }
    let key = merchant.keys.get(Key::REQUEST_HASH);
    if key.is_empty() {
        return Ok(());
    }
    let amount = Some(form.text(&name::PAYMENT_AMOUNT)).filter(|amount| !amount.is_empty());
    let amount = amount.unwrap_or_else(|| form.text(&name::AMOUNT));
    let head = [
        "merchant_id",
        "connect_id",
        "connect_password",
        "telegram_kind",
        "telegram_version",
        "trading_id",
        "payment_id",
    ];
    let head = head.map(|name| form.text(name)).concat();
    let request_date = form.text("request_date");
    // The client reads its clock for the hash first and once more for the parameter.
    let second_before = Moment::parse_datetime14(&request_date)
        .map(|date| date.plus(jiff::Span::new().seconds(-1)).datetime14())
        .unwrap_or_default();
    let given = form.text(&name::HC);
    let right = [&*request_date, &*second_before]
        .into_iter()
        .any(|date| hash::matches(&hash::sha256_hex([&*head, &*amount, date, key]), &given));
    if right {
        Ok(())
    } else {
        let rule = text!(
            "hc が、加盟店の request_hash キーによるこの要求のハッシュ値と一致しません。",
            "hc is not the hash of this request with the merchant's request_hash key"
        );
        Err(Refusal::new("P002", rule))
    }
}
