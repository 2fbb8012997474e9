//! What a search form asks for (`merchant_site.md` section 5).

use crate::wire::name;
use jiff::civil::Date;

use crate::clock::Moment;
use crate::gateway::Gateway;
use crate::ledger::{FieldMatch, PaymentFilter, TextMatch};
use crate::merchant::MerchantId;
use crate::method::{self, METHODS, Tab};
use crate::payment::{Payment, PaymentType, Status};
use crate::server::console::Console;

/// 最大検索数: the default, which is the upper limit too.
pub(super) const MOST: usize = 5000;

/// A tab of the search page.
pub(super) struct Choice {
    pub(super) tab: &'static Tab,
    /// Its payment types; all when empty.
    pub(super) types: &'static [PaymentType],
}

static ALL: Tab = Tab { id: "all", label: ("すべて", "All"), has_customer_numbers: false };

/// The tabs, in the order of the merchants' site.
pub(super) fn tabs() -> impl Iterator<Item = Choice> {
    let of_methods = METHODS.iter().filter_map(|method| {
        let tab = method.description().tab.as_ref()?;
        Some(Choice { tab, types: method.payment_types() })
    });
    [Choice { tab: &ALL, types: &[] }].into_iter().chain(of_methods)
}

/// Whether the buyer has done all that he has to do.
fn is_paid(payment: &Payment) -> bool {
    method::stages(payment.payment_type).paid.contains(&payment.status)
}

/// How texts match, as the select offers it.
pub(super) const MATCHES: &[(&str, TextMatch, &str, &str)] = &[
    ("exact", TextMatch::Exact, "完全一致", "is"),
    ("contains", TextMatch::Contains, "部分一致", "contains"),
    ("prefix", TextMatch::Prefix, "前方一致", "starts with"),
    ("suffix", TextMatch::Suffix, "後方一致", "ends with"),
];

/// The choices that stand for a span of days up to today.
pub(super) const PRESETS: &[(&str, i64, &str, &str)] =
    &[("today", 0, "今日", "today"), ("7", 6, "過去7日", "last 7 days"), ("30", 29, "過去30日", "last 30 days")];

/// What was typed into the form, as it was typed.
#[derive(Clone, Default)]
pub(super) struct Search(Vec<(String, String)>);

impl Search {
    pub(super) fn parse(query: &str) -> Search {
        let given = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.trim().is_empty());
        Search(given.map(|(name, value)| (name.into_owned(), value.trim().to_owned())).collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same search with one value changed, as a query string.
    pub(super) fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.0.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        let new = changes.iter().copied().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept.chain(new)).finish()
    }

    pub(super) fn choice(&self) -> Choice {
        let asked = self.get("tab");
        tabs().find(|choice| choice.tab.id == asked).unwrap_or(Choice { tab: &ALL, types: &[] })
    }

    pub(super) fn tab(&self) -> &'static Tab {
        self.choice().tab
    }

    /// 最大検索数.
    pub(super) fn most(&self) -> usize {
        self.get("most").parse().map_or(MOST, |most: usize| most.clamp(1, MOST))
    }

    /// The filter that the ledger understands, as of a moment; the name of a field that cannot be read otherwise.
    fn filter(&self, now: Moment) -> Result<PaymentFilter, &'static str> {
        let mut filter = PaymentFilter::default();
        let id = self.get(&name::PAYMENT_ID);
        if !id.is_empty() {
            filter.payment_id = Some(id.parse().map_err(|_| "payment_id")?);
        }
        let matching = |name: &str| {
            let how = MATCHES.iter().find(|(known, ..)| *known == name);
            how.map_or(TextMatch::Exact, |(_, how, ..)| *how)
        };
        let text = |name: &str| Some(self.get(name).to_owned()).filter(|text| !text.is_empty());
        filter.trading_id = text("trading_id").map(|id| (matching(self.get("trading_id_match")), id));
        let types: Vec<PaymentType> = self.all("payment_type").filter_map(|code| code.parse().ok()).collect();
        filter.payment_types = if types.is_empty() { self.choice().types.to_vec() } else { types };
        for code in self.all("status") {
            filter.statuses.push(code.parse::<Status>().map_err(|_| "status")?);
        }
        let (from, to) = self.days("init", now)?;
        filter.init_from = from.map(|day| Moment::from_civil(day.at(0, 0, 0, 0)));
        filter.init_to = to.map(|day| Moment::from_civil(day.at(23, 59, 59, 999_999_999)));
        filter.amount_from = number(self.get("amount_from")).map_err(|()| "amount_from")?;
        filter.amount_to = number(self.get("amount_to")).map_err(|()| "amount_to")?;
        for (span, field) in [("limit", "payment_limit_date"), ("paid", "payment_date")] {
            let (from, to) = self.days(span, now)?;
            if from.is_some() || to.is_some() {
                let digits = |day: Option<Date>| day.map(|day| day.strftime("%Y%m%d").to_string());
                filter.fields.push((field.to_owned(), FieldMatch::Between(digits(from), digits(to))));
            }
        }
        for name in ["customer_number", "site_id"] {
            if let Some(text) = text(name) {
                filter.fields.push((name.to_owned(), FieldMatch::Text(TextMatch::Exact, text)));
            }
        }
        Ok(filter)
    }

    /// A span of days: a preset, or from one day to another.
    fn days(&self, span: &'static str, now: Moment) -> Result<(Option<Date>, Option<Date>), &'static str> {
        let name = |part: &str| format!("{span}_{part}");
        if let Some((_, back, ..)) = PRESETS.iter().find(|(known, ..)| *known == self.get(&name("preset"))) {
            return Ok((Some(now.plus_days(-back).civil().date()), Some(now.civil().date())));
        }
        let day = |part: &str| match self.get(&name(part)) {
            "" => Ok(None),
            text => text.parse::<Date>().map(Some).map_err(|_| span),
        };
        Ok((day("from")?, day("to")?))
    }

    /// The payments asked for, newest first, at most 最大検索数.
    pub(super) async fn run(&self, console: &Console) -> Result<Vec<Payment>, &'static str> {
        let search = self.clone();
        console.gateway.aside(move |gateway| search.run_in(gateway)).await
    }

    fn run_in(&self, gateway: &Gateway) -> Result<Vec<Payment>, &'static str> {
        let most = self.most();
        let merchants = match self.get(&name::MERCHANT_ID) {
            "" => gateway.ledger.merchants(),
            id => vec![MerchantId::new(id)],
        };
        let mut found = Vec::new();
        for merchant_id in &merchants {
            let mut filter = self.filter(gateway.clock.now(merchant_id))?;
            if self.get("lost").is_empty() {
                found.extend(gateway.ledger.search(merchant_id, &filter, most));
                continue;
            }
            let asked = filter.statuses.clone();
            filter.statuses.extend(METHODS.iter().flat_map(|method| method.description().stages.paid));
            let wanted = |payment: &Payment| is_paid(payment) || asked.contains(&payment.status);
            let heard = gateway.ledger.heard(merchant_id);
            let mut lost = Vec::new();
            while lost.len() < most {
                let paid = gateway.ledger.search(merchant_id, &filter, MOST);
                let Some(last) = paid.last() else { break };
                filter.before = Some(last.payment_id);
                lost.extend(paid.into_iter().filter(|payment| wanted(payment) && !heard.contains(&payment.payment_id)));
            }
            lost.truncate(most);
            found.append(&mut lost);
        }
        if merchants.is_empty() {
            self.filter(gateway.clock.common_now())?;
        }
        if merchants.len() > 1 {
            found.sort_by_key(|payment| std::cmp::Reverse(payment.payment_id));
            found.truncate(most);
        }
        Ok(found)
    }
}

fn number(text: &str) -> Result<Option<u64>, ()> {
    match text.replace(',', "") {
        empty if empty.is_empty() => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_filter() {
        let now: Moment = "2026-12-10T12:00:00+09:00".parse().unwrap();
        let search = Search::parse(
            "tab=convenience&trading_id=a1&trading_id_match=prefix&status=40&init_preset=7&amount_from=1,000&limit_to=2026-12-31&payment_id=",
        );
        let filter = search.filter(now).unwrap();
        assert_eq!(filter.trading_id, Some((TextMatch::Prefix, "a1".to_owned())));
        assert_eq!(filter.payment_types, [PaymentType::CONVENIENCE, PaymentType::CONVENIENCE_SLIP]);
        assert_eq!(filter.init_from, "2026-12-04T00:00:00+09:00".parse().ok());
        assert_eq!(filter.amount_from, Some(1000));
        assert_eq!(
            filter.fields,
            [("payment_limit_date".to_owned(), FieldMatch::Between(None, Some("20261231".to_owned())))]
        );
        assert_eq!(Search::parse("payment_id=x").filter(now).unwrap_err(), "payment_id");
        assert_eq!(Search::parse("init_from=x").filter(now).unwrap_err(), "init");
    }
}
