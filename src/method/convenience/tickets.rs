//! Tickets printed at FamilyMart, with a payment or without one (`convenience.toml`, `[ticket_service]`).

use crate::clock::Moment;
use crate::method::Desk;
use crate::method::convenience::facts::{Vendor, facts};
use crate::payment::Refusal;
use crate::text::{Text, text};
use crate::wire::{Name, Telegram, name};

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

/// Checks the ticket fields of 030; `None` for a payment without tickets.
pub(super) fn check(
    desk: &Desk<'_>,
    telegram: &Telegram,
    vendor: &Vendor,
    amount: u64,
) -> Result<Option<Tickets>, Refusal> {
    let service_type = telegram.or_default(name::SERVICE_TYPE);
    if service_type == "3" {
        return Ok(None);
    }
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
    let (first_day, last_day) = match service_type {
        "2" if amount > 0 => {
            let rule = text!(
                "支払なしの発券（service_type=2）では payment_amount を 0 にしてください。",
                "payment_amount must be 0 when tickets are printed without a payment (service_type 2)"
            );
            return Err(Refusal::field("P010", name::PAYMENT_AMOUNT, rule));
        }
        "2" => period(desk, telegram).map(|(first, last)| (Some(first), Some(last)))?,
        _ => (None, None),
    };
    let (main, sub) = blocks(desk, telegram)?;
    Ok(Some(Tickets { service_type: service_type.to_owned(), first_day, last_day, main, sub }))
}

/// When tickets without a payment can be printed: from today on, for a year less a day at most.
fn period(desk: &Desk<'_>, telegram: &Telegram) -> Result<(Moment, Moment), Refusal> {
    let date = |name: Name| {
        let text = telegram.get(name).unwrap_or_default();
        Moment::parse_datetime14(&format!("{text}000000")).ok_or_else(|| {
            Refusal::field("P010", name, text!("{name} が日付ではありません。", "{name} is not a date", name = name))
        })
    };
    let (first, last) = (date(name::TICKET_START_DATE)?, date(name::TICKET_END_DATE)?);
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
fn blocks(desk: &Desk<'_>, telegram: &Telegram) -> Result<(usize, usize), Refusal> {
    let rules = &facts().tickets;
    let number = telegram.number(name::TICKET_NUM).unwrap_or_default();
    if number == 0 || number > rules.most {
        let rule = text!(
            "ticket_num は 1 から {most} までで指定してください。",
            "ticket_num must be 1 to {most}",
            most = rules.most
        );
        return Err(Refusal::field("P010", name::TICKET_NUM, rule));
    }
    let given = |ticket: u64| {
        let prefix = format!("t{ticket:02}");
        telegram.fields().any(|(name, _)| name.starts_with(&prefix))
    };
    let sent = (1..=99).filter(|ticket| given(*ticket)).count() as u64;
    if sent != number || !(1..=number).all(given) {
        let rule = text!(
            "ticket_num は {number} ですが、{sent} 枚分の項目が送信されています。",
            "ticket_num is {number}, but the fields of {sent} tickets were sent",
            number = number,
            sent = sent
        );
        return Err(Refusal::new("P034", rule));
    }
    let (mut main, mut sub) = (0, 0);
    for ticket in 1..=number {
        if is_main(desk, telegram, ticket)? {
            main += 1;
        } else if ticket == 1 {
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
fn is_main(desk: &Desk<'_>, telegram: &Telegram, ticket: u64) -> Result<bool, Refusal> {
    let rules = &facts().tickets;
    let template_name = format!("t{ticket:02}template");
    let Some(template) = telegram.named(&template_name) else {
        let rule = text!("{name} は必須です。", "{name} must be given", name = template_name);
        return Err(Refusal::named("P006", &template_name, rule));
    };
    let fields = (1..=rules.fields).any(|field| telegram.named(&format!("t{ticket:02}_field{field:02}")).is_some());
    if !fields {
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
    if let Some(master) = telegram.named(&format!("t{ticket:02}master")) {
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
