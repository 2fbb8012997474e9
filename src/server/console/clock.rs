//! The clock: what time it is, what time would do next, and turning it.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Span;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock::{Moment, Setting};
use crate::gateway::Happened;
use crate::ledger::Subject;
use crate::merchant::{Merchant, MerchantId};
use crate::method;
use crate::payment::Trigger;
use crate::server::console::Console;
use crate::server::console::layout::{MERCHANTS, Search, Section, View, merchant_select, moment};
use crate::server::console::payments::status_name;
use crate::text::{Text, text};

/// How many deadlines are shown.
const SHOWN: usize = 20;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clock", get(index).post(turn))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Whose {
    merchant_id: Option<String>,
}

/// What the form asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Turn {
    merchant_id: String,
    action: String,
    days: String,
    hours: String,
    minutes: String,
    to: String,
}

async fn index(State(console): State<Console>, view: View, Search(whose): Search<Whose>) -> Response {
    let merchant_id = whose.merchant_id.as_ref().map(|id| MerchantId::new(id));
    view.page(Section::Clock, view.pick("時計", "Clock"), page(&console, &view, merchant_id.as_ref(), None))
}

/// The merchants whose time this clock is.
fn concerned(console: &Console, merchant_id: Option<&MerchantId>) -> Vec<std::sync::Arc<Merchant>> {
    let mut merchants = console.gateway.merchants.all();
    merchants.retain(|merchant| match merchant_id {
        Some(id) => merchant.merchant_id == *id,
        None => !console.gateway.clock.has_own(&merchant.merchant_id),
    });
    merchants
}

/// The next deadlines, earliest first.
fn deadlines(console: &Console, merchant_id: Option<&MerchantId>) -> Vec<(Moment, MerchantId, Subject)> {
    let mut deadlines = Vec::new();
    for merchant in concerned(console, merchant_id) {
        let own = console.gateway.ledger.deadlines(&merchant.merchant_id, SHOWN);
        deadlines.extend(own.into_iter().map(|(at, subject)| (at, merchant.merchant_id.clone(), subject)));
    }
    deadlines.sort_by_key(|deadline| deadline.0);
    deadlines.truncate(SHOWN);
    deadlines
}

fn page(console: &Console, view: &View, merchant_id: Option<&MerchantId>, happened: Option<&[Happened]>) -> Markup {
    let clock = &console.gateway.clock;
    let now = merchant_id.map_or_else(|| clock.common_now(), |id| clock.now(id));
    let setting = clock.setting(merchant_id);
    let deadlines = deadlines(console, merchant_id);
    let merchants = console.gateway.merchants.all().into_iter();
    let own: Vec<_> = merchants.filter(|merchant| clock.has_own(&merchant.merchant_id)).take(MERCHANTS).collect();
    html! {
        @if let Some(happened) = happened { (what_happened(console, view, happened)) }
        p .clock {
            b { (moment(now)) } " "
            @match setting {
                Setting::Frozen(_) => span .tag.warn { (view.pick("停止中", "frozen")) },
                Setting::Ticking { ahead_ms: 0 } => span .tag.good { (view.pick("実時間", "real time")) },
                Setting::Ticking { .. } => span .tag.open { (view.pick("ずらした時刻", "shifted")) },
            }
        }
        form method="get" action="/clock" .inline {
            (merchant_select(view, console, merchant_id.map(MerchantId::as_str), true))
            button { (view.pick("表示", "Show")) }
            span .quiet { (view.pick("「すべて」は共通の時計です。加盟店ごとに別の時計を持てます。", "“All” is the common clock; a merchant can have one of its own.")) }
        }
        div .columns {
            section .card {
                h2 { (view.pick("時計を操作する", "Turn it")) }
                form method="post" action="/clock" {
                    input type="hidden" name="merchant_id" value=(merchant_id.map_or("", MerchantId::as_str));
                    fieldset {
                        legend { (view.pick("進める", "Forward")) }
                        span .pair {
                            @for (name, japanese, english) in [("days", "日", "days"), ("hours", "時間", "hours"), ("minutes", "分", "minutes")] {
                                label .tick { input name=(name) size="4" inputmode="numeric" value="0"; span { (view.pick(japanese, english)) } }
                            }
                            button name="action" value="advance" { (view.pick("進める", "Advance")) }
                        }
                    }
                    fieldset {
                        legend { (view.pick("日時を指定", "Set")) }
                        span .pair {
                            input type="datetime-local" step="1" name="to" value=(now.civil().strftime("%Y-%m-%dT%H:%M:%S").to_string())
                                aria-label=(view.pick("日時", "Date and time"));
                            button name="action" value="set" { (view.pick("この時刻から進む", "Set, ticking")) }
                            button name="action" value="freeze_at" { (view.pick("この時刻で止める", "Set, frozen")) }
                        }
                    }
                    p .buttons {
                        button name="action" value="freeze" { (view.pick("今の時刻で止める", "Freeze now")) }
                        button name="action" value="reset" { (view.pick("実時間に戻す", "Back to real time")) }
                        button name="action" value="next" disabled[deadlines.is_empty()] { (view.pick("次の期限まで進める", "To the next deadline")) }
                    }
                }
            }
            section .wide {
                h2 { (view.pick("これから起こること", "What time will do")) }
                @if deadlines.is_empty() {
                    p .quiet { (view.pick("期限を待つ決済はありません。", "Nothing waits for a deadline.")) }
                } @else { (upcoming(console, view, &deadlines)) }
            }
        }
        @if !own.is_empty() {
            h2 { (view.pick("独自の時計を持つ加盟店", "Merchants with a clock of their own")) }
            ul { @for merchant in &own {
                li { a href={ "/clock?merchant_id=" (merchant.merchant_id) } { (merchant.merchant_id) } " " (moment(clock.now(&merchant.merchant_id))) }
            } }
        }
    }
}

fn upcoming(console: &Console, view: &View, deadlines: &[(Moment, MerchantId, Subject)]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(view.pick("これから起こること", "What time will do")) {
            table {
                thead { tr {
                    th { (view.pick("期限", "Deadline")) } th { (view.pick("加盟店", "Merchant")) }
                    th { (view.pick("対象", "What")) } th { (view.pick("結果", "Effect")) }
                } }
                tbody { @for (at, merchant_id, subject) in deadlines {
                    tr {
                        td .nowrap { (moment(*at)) }
                        td { (merchant_id) }
                        td { (named(view, subject)) }
                        td lang="ja" { (effect(console, merchant_id, subject)) }
                    }
                } }
            }
        }
    }
}

fn named(view: &View, subject: &Subject) -> Markup {
    match subject {
        Subject::Payment(id) => html! { a href={ "/payments/" (id) } { (view.pick("決済", "payment")) " " (id) } },
        Subject::Record(kind, _) => html! { code { (kind) } },
    }
}

/// What the deadline does to a payment, by its table: `20 オーソリOK → 33 オーソリ期限切`.
fn effect(console: &Console, merchant_id: &MerchantId, subject: &Subject) -> String {
    let Subject::Payment(id) = subject else { return String::new() };
    let Some(payment) = console.gateway.ledger.payment(merchant_id, *id) else { return String::new() };
    let name = |status| status_name(payment.payment_type, status);
    // What time does to a payment stands first among the rows of the clock.
    let next = method::table(payment.payment_type)
        .and_then(|table| table.next(Some(payment.status), Trigger::Clock).next())
        .map_or_else(String::new, name);
    format!("{} → {next}", name(payment.status))
}

fn what_happened(console: &Console, view: &View, happened: &[Happened]) -> Markup {
    html! {
        div .notice role="status" {
            p { b { (view.pick("実行しました。起きたこと: ", "Done. What happened: ")) (happened.len()) } }
            ul .steps { @for one in happened.iter().take(100) {
                li {
                    (moment(one.at)) " " (named(view, &one.subject)) " "
                    @if let (Subject::Payment(id), Some(status)) = (&one.subject, one.status) {
                        @if let Some(payment) = console.gateway.ledger.payment(&one.merchant_id, *id) {
                            "→ " span lang="ja" { (status_name(payment.payment_type, status)) }
                        }
                    }
                }
            } }
        }
    }
}

async fn turn(State(console): State<Console>, view: View, axum::Form(turn): axum::Form<Turn>) -> Response {
    let merchant_id = Some(turn.merchant_id.trim()).filter(|id| !id.is_empty()).map(MerchantId::new);
    if merchant_id.as_ref().is_some_and(|id| console.gateway.merchants.get(id).is_none()) {
        return view.missing(Section::Clock, view.pick("この加盟店はありません。", "There is no such merchant."));
    }
    let wish = match wish(&console, merchant_id.as_ref(), &turn) {
        Ok(wish) => wish,
        Err(sentence) => {
            return view.failed(StatusCode::UNPROCESSABLE_ENTITY, Section::Clock, sentence.pick(view.lang));
        }
    };
    let whose = merchant_id.clone();
    let happened = console.gateway.turn_clock(merchant_id.as_ref(), move |clock| match wish {
        Wish::Shift(span) => clock.shift(whose.as_ref(), span),
        Wish::Set(to, frozen) => clock.set(whose.as_ref(), to, frozen),
        Wish::Reset => clock.reset(whose.as_ref()),
    });
    let happened = happened.await;
    view.page(Section::Clock, view.pick("時計", "Clock"), page(&console, &view, merchant_id.as_ref(), Some(&happened)))
}

enum Wish {
    Shift(Span),
    Set(Moment, bool),
    Reset,
}

fn wish(console: &Console, merchant_id: Option<&MerchantId>, turn: &Turn) -> Result<Wish, Text> {
    let clock = &console.gateway.clock;
    let now = merchant_id.map_or_else(|| clock.common_now(), |id| clock.now(id));
    let to = || {
        turn.to
            .trim()
            .parse::<Moment>()
            .map_err(|error| text!("日時の形式が正しくありません: 「{error}」", "{error}", error = error))
    };
    let number = |text: &str| match text.trim() {
        "" => Ok(0),
        text => text.parse::<u32>().map(i64::from).map_err(|_| {
            Text::filled(format!("数字で指定してください。({text})"), format!("{text:?} is not a number"))
        }),
    };
    Ok(match turn.action.as_str() {
        "advance" => {
            let span = Span::new()
                .try_days(number(&turn.days)?)
                .and_then(|span| span.try_hours(number(&turn.hours).unwrap_or_default()))
                .and_then(|span| span.try_minutes(number(&turn.minutes).unwrap_or_default()));
            Wish::Shift(
                span.map_err(|error| text!("進められる範囲を超えています: 「{error}」", "{error}", error = error))?,
            )
        }
        "set" => Wish::Set(to()?, false),
        "freeze_at" => Wish::Set(to()?, true),
        "freeze" => Wish::Set(now, true),
        "next" => {
            let none = text!("期限を待つ決済はありません。", "nothing waits for a deadline");
            let (at, ..) = deadlines(console, merchant_id).into_iter().next().ok_or(none)?;
            Wish::Set(at.max(now), matches!(clock.setting(merchant_id), Setting::Frozen(_)))
        }
        "reset" => Wish::Reset,
        other => {
            return Err(Text::filled(
                format!("時計にない操作です。({other})"),
                format!("{other:?} is nothing that a clock can do"),
            ));
        }
    })
}
