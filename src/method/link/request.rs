//! Reading an application for a hosted payment page (`link.md` sections 2 and 3).

use crate::method::description::HostedRequest;
use crate::method::link::{fields, hash};
use crate::payment::Refusal;
use crate::text::text;
use crate::wire::{Telegram, name};

/// Reads `link:request`: P006 and 6005 when its hash is missing or was not made with the merchant's key.
pub(super) fn read(telegram: &Telegram, key: &str) -> Result<HostedRequest, Refusal> {
    check_hash(telegram, key)?;
    Ok(HostedRequest {
        amount: telegram.number(name::ID).unwrap_or_default(),
        term_minutes: telegram.number(name::PAYMENT_TERM_MIN),
        term_days: telegram.number(name::PAYMENT_TERM_DAY),
        fields: fields::kept(telegram).collect(),
    })
}

/// 6005 for a wrong hash. A merchant without the key is not checked.
fn check_hash(telegram: &Telegram, key: &str) -> Result<(), Refusal> {
    if key.is_empty() {
        return Ok(());
    }
    let Some(hc) = telegram.get(name::HC) else {
        let rule = text!(
            "hc がありません。リンクタイプハッシュ生成キーが設定されている加盟店では必須です。",
            "hc is missing; the merchant has a link hash key, so it must be sent"
        );
        return Err(Refusal::field("P006", name::HC, rule));
    };
    if hash::proves_application(hc, key, |name| telegram.get(name).unwrap_or_default()) {
        return Ok(());
    }
    let rule = text!(
        "hc が、trading_id, payment_type, fix_params, id, [inform_url], seq_merchant_id, payment_term_day, \
         payment_term_min, payment_class, use_card_conf_number, customer_id, threedsecure_ryaku と\
         リンクタイプハッシュ生成キーを連結した値の SHA-256 と一致しません。",
        "hc is not SHA-256 over trading_id, payment_type, fix_params, id, [inform_url], seq_merchant_id, \
         payment_term_day, payment_term_min, payment_class, use_card_conf_number, customer_id, \
         threedsecure_ryaku and the merchant's link hash key (リンクタイプハッシュ生成キー)"
    );
    Err(Refusal::new("6005", rule))
}
