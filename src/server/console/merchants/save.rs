//! A merchant's settings as the form sends them.

use std::collections::BTreeSet;

use crate::merchant::Merchant;
use crate::method::METHODS;
use crate::payment::{PaymentType, Status};
use crate::text::{Text, text};
use crate::wire::catalog;

/// A value of a form; empty when it is not there.
pub(super) fn value(body: &str, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(body.as_bytes());
    pairs.find(|(known, _)| known == name).map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

/// All values of a name, such as those of the boxes that are ticked.
fn values(body: &str, name: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(body.as_bytes()).filter(|(known, _)| known == name);
    pairs.map(|(_, value)| value.trim().to_owned()).collect()
}

/// The merchant with the settings of a form. What the form does not have stays: a form is sent by section. New keys
/// are made of so many letters and digits that nobody can guess.
pub(super) fn read(known: &Merchant, body: &str, unguessable: impl Fn(usize) -> String) -> Result<Merchant, Text> {
    let mut merchant = known.clone();
    let text = |name: &str, field: &mut String| {
        if form_urlencoded::parse(body.as_bytes()).any(|(known, _)| known == name) {
            *field = value(body, name);
        }
    };
    text("connect_id", &mut merchant.connect_id);
    text("connect_password", &mut merchant.connect_password);
    text("notification_url", &mut merchant.notification_url);
    text("file_notification_url", &mut merchant.file_notification_url);
    let mut delay = merchant.notice_delay.map_or_else(String::new, |delay| delay.to_string());
    text("notice_delay", &mut delay);
    merchant.notice_delay = (!delay.is_empty()).then(|| delay.parse()).transpose()?;
    let mut hold = merchant.notice_hold.to_string();
    text("notice_hold", &mut hold);
    merchant.notice_hold = hold.parse()?;
    for spec in catalog().keys() {
        let mut key = merchant.keys.named(spec.name).to_owned();
        text(spec.name, &mut key);
        merchant.keys.set(spec.into(), key);
    }
    let mut sites = merchant.sites.iter().cloned().collect::<Vec<_>>().join(" ");
    text("sites", &mut sites);
    merchant.sites = sites.split([' ', ',', '\n', '\r']).filter(|site| !site.is_empty()).map(str::to_owned).collect();
    let mut addresses = merchant.allowed_addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    text("allowed_addresses", &mut addresses);
    let addresses = addresses.split([' ', ',', '\n', '\r']).filter(|address| !address.is_empty());
    merchant.allowed_addresses = addresses.map(str::parse).collect::<Result<_, _>>()?;
    // A new key instead of the one that stands there: the button's value is the key's name.
    let new_key = value(body, "new_key");
    if let Some(spec) = catalog().keys().iter().find(|spec| spec.length > 0 && spec.name == new_key) {
        merchant.keys.set(spec.into(), format!("{}{}", spec.prefix, unguessable(spec.length)));
    }
    match value(body, "section").as_str() {
        "notices" => notified(&mut merchant, body)?,
        "contracts" => contracts(&mut merchant, body)?,
        _ => {}
    }
    Ok(merchant)
}

/// The boxes of the payment types that the form shows.
fn notified(merchant: &mut Merchant, body: &str) -> Result<(), Text> {
    for code in values(body, "block") {
        let payment_type: PaymentType = code.parse()?;
        let row = catalog()
            .payment_type(payment_type)
            .ok_or_else(|| text!("決済種別CD {code} はありません。", "there is no payment type {code}", code = code))?;
        let ticked = values(body, &format!("box-{code}"))
            .iter()
            .map(|status| status.parse())
            .collect::<Result<Vec<Status>, _>>()?;
        let ticked: BTreeSet<Status> = ticked.into_iter().collect();
        if row.notifiable.iter().all(|status| ticked.contains(status)) {
            merchant.notified.remove(&payment_type);
        } else {
            merchant.notified.insert(payment_type, ticked);
        }
    }
    Ok(())
}

fn contracts(merchant: &mut Merchant, body: &str) -> Result<(), Text> {
    let on = |name: &str| !value(body, name).is_empty();
    let contracts = &mut merchant.contracts;
    for description in METHODS.iter().map(|method| method.description()) {
        for switch in description.switches {
            *(switch.of)(contracts) = on(switch.name);
        }
        for selection in description.selections {
            *(selection.of)(contracts) = values(body, selection.name).into_iter().collect();
        }
        for choice in description.choices {
            *(choice.of)(contracts) = value(body, choice.name);
        }
    }
    let used = values(body, "payment_type").iter().map(|code| code.parse()).collect::<Result<Vec<PaymentType>, _>>()?;
    for row in catalog().payment_types() {
        if used.contains(&row.code) {
            contracts.without_payment_types.remove(&row.code);
        } else {
            contracts.without_payment_types.insert(row.code);
        }
        let limit = value(body, &format!("limit-{}", row.code)).replace(',', "");
        if limit.is_empty() {
            contracts.amount_limits.remove(&row.code);
        } else {
            let limit = limit.parse().map_err(|_| {
                Text::filled(
                    format!("金額 (円) は半角数字で指定してください。({limit})"),
                    format!("{limit:?} is not an amount in yen"),
                )
            })?;
            contracts.amount_limits.insert(row.code, limit);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merchant::{Key, MerchantId, Seconds};

    #[test]
    fn a_section_changes_only_what_it_shows() {
        let mut known = Merchant::new(MerchantId::new("1"), "c", "p");
        known.keys.set(Key::NOTICE_HASH, "k");
        let merchant = read(
            &known,
            "section=notices&block=02&box-02=20&box-02=13&block=01&box-01=12&box-01=40",
            crate::random::text,
        )
        .unwrap();
        assert_eq!(merchant.notified.get(&PaymentType::CARD), Some(&BTreeSet::from([Status(13), Status(20)])));
        assert_eq!(merchant.notified.get(&PaymentType::ATM), None, "all ticked is the default");
        assert_eq!((merchant.keys, merchant.contracts), (known.keys.clone(), known.contracts.clone()));
        let merchant = read(&known, "notice_delay=0.5&notice_hold=60", crate::random::text).unwrap();
        let half = "0.5".parse().ok();
        assert_eq!((merchant.notice_delay, merchant.notice_hold), (half, Seconds::whole(60)));
        assert_eq!(read(&merchant, "notice_delay=", crate::random::text).unwrap().notice_delay, None);
        assert!(read(&merchant, "notice_hold=soon", crate::random::text).is_err());
        let merchant = read(&known, "new_key=token_generation", crate::random::text).unwrap();
        assert!(merchant.keys.named("token_generation").starts_with("test_"));
    }
}
