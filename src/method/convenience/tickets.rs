//! Tickets printed at FamilyMart, with a payment or without one (`convenience.toml`, `[ticket_service]`).

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::method::Desk;
use crate::method::cash;
use crate::method::convenience::facts::{Vendor, facts};
use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::{Name, Telegram, name};

/// The tickets that 030 asks for.
pub(crate) struct Request<'a> {
    /// サービス区分: `1` with a payment, `2` without one.
    service_type: &'a str,
    /// 発券開始日 and 発券終了日.
    period: [(Name, &'a str); 2],
    /// チケット枚数.
    number: u64,
    /// Each ticket's fields, by its number.
    blocks: BTreeMap<u64, Block<'a>>,
}

/// The fields of one ticket.
#[derive(Default)]
struct Block<'a> {
    template: Option<&'a str>,
    master: Option<&'a str>,
    /// The numbers of the fields that are printed.
    fields: Vec<u64>,
}

impl<'a> Request<'a> {
    /// The tickets of a telegram; `None` for a payment without tickets.
    pub(super) fn read(telegram: &'a Telegram) -> Option<Request<'a>> {
        let service_type = telegram.or_default(name::SERVICE_TYPE);
        if service_type == "3" {
            return None;
        }
        let mut blocks: BTreeMap<u64, Block<'a>> = BTreeMap::new();
        for (name, value) in telegram.fields() {
            let Some((ticket, part)) = name.strip_prefix('t').and_then(number_and_rest) else { continue };
            let block = blocks.entry(ticket).or_default();
            match part {
                "template" => block.template = Some(value),
                "master" => block.master = Some(value),
                _ => {
                    let field = part.strip_prefix("_field").and_then(number_and_rest);
                    block.fields.extend(field.filter(|(_, rest)| rest.is_empty()).map(|(field, _)| field));
                }
            }
        }
        Some(Request {
            service_type,
            period: cash::sent(telegram, [name::TICKET_START_DATE, name::TICKET_END_DATE]),
            number: telegram.number(name::TICKET_NUM).unwrap_or_default(),
            blocks,
        })
    }
}

/// A number of two digits from 01 on, and what follows it.
fn number_and_rest(text: &str) -> Option<(u64, &str)> {
    let (number, rest) = text.split_at_checked(2)?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| digits && *number > 0).map(|number| (number, rest))
}

/// The tickets of an application.
#[derive(Debug)]
pub(super) struct Tickets {
    service_type: String,
    first_day: Option<Moment>,
    /// The last day on which tickets without a payment can be printed.
    pub(super) last_day: Option<Moment>,
    main: usize,
    sub: usize,
}

impl Tickets {
    /// What the inquiries tell of them.
    pub(super) fn attributes(&self) -> [(Name, String); 6] {
        let date = |day: Option<Moment>| day.map(Moment::date8).unwrap_or_default();
        [
            (name::SERVICE_TYPE, self.service_type.clone()),
            (name::TICKET_START_DATE, date(self.first_day)),
            (name::TICKET_END_DATE, date(self.last_day)),
            (name::TICKET_NUM, (self.main + self.sub).to_string()),
            (name::MAIN_TICKET_NUM, self.main.to_string()),
            (name::SUB_TICKET_NUM, self.sub.to_string()),
        ]
    }
}

/// Checks the tickets of 030, for a payment of so many yen.
pub(super) fn check(desk: &Desk<'_>, request: &Request<'_>, vendor: &Vendor, amount: u64) -> Result<Tickets, Refusal> {
    if !vendor.tickets {
        let rule = Text::filled(
            format!(
                "{}ではチケットを発券できません。発券できるのはファミリーマート（cvs_type=04）だけです。",
                vendor.name
            ),
            format!("{} prints no tickets: only FamilyMart as cvs_type 04 does", vendor.english),
        );
        return Err(Refusal::field("P010", name::SERVICE_TYPE, rule));
    }
    let (first_day, last_day) = match request.service_type {
        "2" if amount > 0 => {
            let rule = text!(
                "支払なしの発券（service_type=2）では payment_amount を 0 にしてください。",
                "payment_amount must be 0 when tickets are printed without a payment (service_type 2)"
            );
            return Err(Refusal::field("P010", name::PAYMENT_AMOUNT, rule));
        }
        "2" => period(desk, request).map(|(first, last)| (Some(first), Some(last)))?,
        _ => (None, None),
    };
    let (main, sub) = blocks(desk, request)?;
    Ok(Tickets { service_type: request.service_type.to_owned(), first_day, last_day, main, sub })
}

/// When tickets without a payment can be printed: from today on, for a year less a day at most.
fn period(desk: &Desk<'_>, request: &Request<'_>) -> Result<(Moment, Moment), Refusal> {
    let date = |(name, text): (Name, &str)| {
        Moment::parse_datetime14(&format!("{text}000000")).ok_or_else(|| {
            Refusal::field("P010", name, text!("{name} が日付ではありません。", "{name} is not a date", name = name))
        })
    };
    let [first, last] = request.period;
    let (first, last) = (date(first)?, date(last)?);
    let today = desk.now.start_of_day();
    let year = today.plus(jiff::Span::new().years(1)).plus_days(-1);
    if first < today {
        let rule =
            text!("ticket_start_date は本日以降の日付を指定してください。", "ticket_start_date must be today or later");
        return Err(Refusal::field("P010", name::TICKET_START_DATE, rule));
    }
    if last < first || last > year {
        let rule = text!(
            "ticket_end_date は ticket_start_date から {last} までの日付を指定してください。",
            "ticket_end_date must lie between ticket_start_date and {last}",
            last = year.date8()
        );
        return Err(Refusal::field("P010", name::TICKET_END_DATE, rule));
    }
    Ok((first, last))
}

/// Checks every ticket's block of fields; how many are main tickets, and how many are not.
fn blocks(desk: &Desk<'_>, request: &Request<'_>) -> Result<(usize, usize), Refusal> {
    let rules = &facts().tickets;
    let number = request.number;
    if number == 0 || number > rules.most {
        let rule = text!(
            "ticket_num は 1 から {most} までで指定してください。",
            "ticket_num must be 1 to {most}",
            most = rules.most
        );
        return Err(Refusal::field("P010", name::TICKET_NUM, rule));
    }
    let sent = request.blocks.len() as u64;
    if sent != number || !(1..=number).all(|ticket| request.blocks.contains_key(&ticket)) {
        let rule = text!(
            "ticket_num は {number} ですが、{sent} 枚分の項目が送信されています。",
            "ticket_num is {number}, but the fields of {sent} tickets were sent",
            number = number,
            sent = sent
        );
        return Err(Refusal::new("P034", rule));
    }
    let (mut main, mut sub) = (0, 0);
    for (ticket, block) in &request.blocks {
        if is_main(desk, *ticket, block)? {
            main += 1;
        } else if *ticket == 1 {
            let rule = text!(
                "1枚目のチケットには主券のテンプレートを指定してください（末尾が -sub のものは副券です）。",
                "the first ticket must use a main ticket's template (副券 end with -sub here)"
            );
            return Err(Refusal::new("P036", rule));
        } else {
            sub += 1;
        }
    }
    Ok((main, sub))
}

/// Checks one ticket; whether it is a main ticket.
fn is_main(desk: &Desk<'_>, ticket: u64, block: &Block<'_>) -> Result<bool, Refusal> {
    let rules = &facts().tickets;
    let Some(template) = block.template else {
        let template_name = format!("t{ticket:02}template");
        let rule = text!("{name} は必須です。", "{name} must be given", name = template_name);
        return Err(Refusal::named("P006", &template_name, rule));
    };
    if !block.fields.iter().any(|field| *field <= rules.fields) {
        let first = format!("t{ticket:02}_field01");
        let rule = text!(
            "チケット {ticket:02} には {fields} 個の項目のうち少なくとも1つを指定してください。",
            "ticket {ticket:02} needs at least one of its {fields} fields",
            ticket = ticket,
            fields = rules.fields
        );
        return Err(Refusal::named("P006", &first, rule));
    }
    if template.ends_with(&rules.unknown_template_suffix) {
        let rule = text!(
            "チケットテンプレート {template} は登録されていません。",
            "there is no ticket template {template}",
            template = template
        );
        return Err(Refusal::new("P035", rule));
    }
    if let Some(master) = block.master {
        let own = master.strip_prefix(desk.merchant.merchant_id.as_str()).is_some_and(|rest| rest.starts_with('-'));
        if !own || master.ends_with(&rules.unknown_master_suffix) {
            let rule = text!(
                "チケットマスタ {master} は登録されていません。マスタ名は「マーチャントID-名称」です。",
                "there is no ticket master {master}: masters are called MERCHANT_ID-NAME",
                master = master
            );
            return Err(Refusal::new("P037", rule));
        }
    }
    Ok(!template.ends_with(&rules.sub_template_suffix))
}
