//! What the buyer does on the pages: picks a bank, pays there or gives up.

use crate::ledger::Record;
use crate::method::cash::banks::{Bank, Group, banks};
use crate::method::cash::{self, calendar};
use crate::method::net_bank::{ABANDONED, APPLIED, Application, CLEARED, TABLE};
use crate::method::{Desk, Outcome};
use crate::payment::{Change, Payment, Refusal};
use crate::text::text;
use crate::wire::{Name, Reply, name};

/// What the payment keeps of the application.
const KEPT: &[Name] = &[
    name::SITE_ID,
    name::CLAIM_KANJI,
    name::CLAIM_KANA,
    name::CUSTOMER_FAMILY_NAME,
    name::CUSTOMER_NAME,
    name::CUSTOMER_FAMILY_NAME_KANA,
    name::CUSTOMER_NAME_KANA,
];

/// The application of a page's URL, and why the page does not open if it does not; `None` for a wrong URL.
pub fn application(desk: &Desk<'_>, trading_id: &str, key: &str) -> Option<(Application, Result<(), Refusal>)> {
    let (application, _) = known(desk, trading_id, key)?;
    let open = application.check_open(desk);
    Some((application, open))
}

fn known(desk: &Desk<'_>, trading_id: &str, key: &str) -> Option<(Application, Record)> {
    Application::find(desk, trading_id).filter(|(application, _)| application.key == key)
}

/// The text that the page shows when the shop gave none, in Japanese and in English.
pub fn memo() -> [&'static str; 2] {
    [&banks().asp.memo, &banks().asp.memo_english]
}

/// The lists of banks that have pages of their own.
pub fn groups() -> &'static [Group] {
    &banks().group
}

/// The banks that a test admits, in the page's order.
pub fn banks_of(admits: impl Fn(&Bank) -> bool) -> Vec<&'static Bank> {
    banks().bank.iter().filter(|bank| admits(bank)).collect()
}

/// Picks a bank: a payment comes into being, another one with each pick, 30 at most.
pub fn choose(desk: &Desk<'_>, trading_id: &str, key: &str, bank_code: &str) -> Result<Outcome, Refusal> {
    let Some((mut application, record)) = known(desk, trading_id, key) else {
        return Err(Refusal::new("13001", text!("該当する申込がありません。", "there is no such application")));
    };
    application.check_open(desk)?;
    let Some(bank) = banks().find(bank_code) else {
        let rule = text!(
            "金融機関コード {bank_code} の金融機関はありません。",
            "there is no bank {bank_code}",
            bank_code = bank_code
        );
        return Err(Refusal::named("P010", "bankCode", rule));
    };
    if application.choices.len() >= banks().asp.most_choices {
        let rule = text!(
            "この申込では金融機関が既に {times} 回選択されています。",
            "a bank was picked {times} times for this application",
            times = application.choices.len()
        );
        return Err(Refusal::new("5011", rule));
    }
    let mut change = desk.create(&TABLE, APPLIED, Some(&application.trading_id), application.amount)?;
    change.set(KEPT.iter().map(|name| (*name, application.value(*name))));
    change.set([(name::BANK_CODE, bank.code.as_str())]);
    let over = calendar::first_day_past(desk.now.civil().date(), banks().asp.business_days);
    change.set_due(banks().asp.expires_at.on(over));
    application.choices.push(change.payment().payment_id);
    let record = record.with_body(&application);
    Ok(Outcome { records: vec![record], ..Outcome::changing(vec![change], Reply::ok()) })
}

/// A buyer at a bank.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What is paid.
    pub application: Application,
    /// The payment that picking the bank made.
    pub payment: Payment,
    /// The bank.
    pub bank: &'static Bank,
}

/// The visit of a page's URL; `None` for a wrong URL.
pub fn visit(desk: &Desk<'_>, trading_id: &str, key: &str, payment_id: &str) -> Option<Visit> {
    let (application, _) = known(desk, trading_id, key)?;
    let payment_id = payment_id.parse().ok().filter(|id| application.choices.contains(id))?;
    let payment = desk.payment(payment_id)?;
    let bank = banks().find(payment.attributes.get(name::BANK_CODE)?)?;
    Some(Visit { application, payment, bank })
}

impl Visit {
    /// Where the browser goes after a direct bank has ended its part; `None` when it stays on our page.
    pub fn return_url(&self) -> Option<String> {
        self.ended_url().filter(|_| self.bank.returns)
    }

    /// Where the button back to the shop leads: a buyer who paid sees his order, one who did not goes on shopping.
    pub fn way_back(&self) -> Option<String> {
        let stop = Some(self.application.value(name::STOP_RETURN_URL)).filter(|url| !url.is_empty()).map(str::to_owned);
        if self.payment.status == CLEARED { self.ended_url().or(stop) } else { stop.or_else(|| self.return_url()) }
    }

    /// `return_url` with what came of the payment.
    fn ended_url(&self) -> Option<String> {
        let url = Some(self.application.value(name::RETURN_URL)).filter(|url| !url.is_empty())?;
        let result = match self.payment.status {
            CLEARED => "0",
            ABANDONED => "1",
            _ => "2",
        };
        let payment_id = self.payment.payment_id.to_string();
        let parameters = [
            ("result", result),
            (&name::PAYMENT_ID, payment_id.as_str()),
            (&name::TRADING_ID, &self.application.trading_id),
        ];
        Some(cash::with_query(url, &parameters))
    }
}

/// The bank reports that the buyer paid or gave up. What was reported before stays.
pub fn report(desk: &Desk<'_>, trading_id: &str, key: &str, payment_id: &str, paid: bool) -> Result<Outcome, Refusal> {
    let Some(visit) = visit(desk, trading_id, key, payment_id) else {
        return Err(Refusal::new("13001", text!("該当する決済がありません。", "there is no such payment")));
    };
    if visit.payment.status != APPLIED {
        return Ok(Outcome::reply(Reply::ok()));
    }
    let mut change = Change::of(visit.payment);
    change.enter(&TABLE, desk.by, if paid { CLEARED } else { ABANDONED }, desk.now)?;
    if paid {
        change.set([(name::PAYMENT_DATE, desk.now.datetime14().as_str())]);
    }
    Ok(Outcome::changing(vec![change], Reply::ok()))
}
