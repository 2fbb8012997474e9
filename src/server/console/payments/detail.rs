//! One payment: its values, its history, where it can go, and buttons for exactly that.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::journal::Journal;
use crate::method::{self, UpdateInput, site};
use crate::payment::{Payment, Status, Step, Trigger};
use crate::server::api::operations::payment as find;
use crate::server::console::layout::{At, Section, View, moment, wire_date, yen};
use crate::server::console::payments::columns::amount_shown;
use crate::server::console::payments::columns::institution;
use crate::server::console::payments::{diagram, status_name, tone, type_name, who};
use crate::server::console::{Console, journal};
use crate::server::testtool::worded;
use crate::wire::labels;

pub(super) async fn show(State(console): State<Console>, view: View, At(id): At<u64>) -> Response {
    let Ok((merchant, payment)) = find(&console.gateway, id) else {
        return view.missing(Section::Payments, view.pick("この決済はありません。", "There is no such payment."));
    };
    let table = method::table(payment.payment_type);
    let entries = console.gateway.journal.newest(100, |entry| entry.payment_ids.contains(&payment.payment_id));
    let title = format!("{} {}", view.pick("決済情報詳細", "Payment"), payment.payment_id);
    let content = html! {
        p .lead {
            span .(format!("tag {}", tone(&payment))) lang="ja" { (status_name(payment.payment_type, payment.status)) }
            " " b { (yen(&view, amount_shown(&payment))) } " · " (type_name(&view, payment.payment_type))
            " · " a href={ "/merchants/" (merchant.merchant_id) } { (view.pick("加盟店", "merchant")) " " (merchant.merchant_id) }
        }
        div #payment data-live {
            div .columns {
                section {
                    h2 { (view.pick("操作", "What can be done now")) }
                    (site_operations(&view, &payment))
                    (tool_updates(&view, &payment))
                    @if let Some(due) = payment.due {
                        p { (view.pick("次の期限: ", "Next deadline: ")) b { (moment(due)) }
                            " · " a href="/clock" { (view.pick("時計を進める", "turn the clock")) } }
                    }
                }
                section .wide {
                    h2 { (view.pick("履歴", "History")) }
                    (history(&view, &payment, &console.gateway.journal))
                }
            }
            @if let Some(table) = table {
                h2 { (view.pick("状態遷移", "States")) }
                (diagram::draw(&view, table, Some(&payment)))
                (legend(&view))
                h3 { (view.pick("次に可能な遷移", "Possible next steps")) }
                (diagram::next_steps(&view, table, &payment))
            }
            h2 { (view.pick("項目", "Values")) }
            (values(&view, &payment))
            h2 { (view.pick("ジャーナル", "Journal")) }
            @if entries.is_empty() {
                p .quiet { (view.pick("この決済の記録はありません (古い記録は削除されます)。", "No entries; the oldest ones are dropped.")) }
            } @else { (journal::list(&view, &entries, true)) }
            p {
                a href={ "/notices?payment_id=" (payment.payment_id) } { (view.pick("この決済の通知", "Its notices")) } " · "
                a href={ "/payments?trading_id=" (payment.trading_id.as_deref().unwrap_or_default()) "&merchant_id=" (merchant.merchant_id) } {
                    (view.pick("同じ取引IDの決済", "Payments with this trading id")) } " · "
                a href={ "/journal?payment_id=" (payment.payment_id) } { (view.pick("ジャーナルで絞り込む", "In the journal")) } " · "
                a href={ "/api/v1/payments/" (payment.payment_id) } { "JSON" }
            }
        }
    };
    view.page_with(Section::Payments, &title, &["/assets/live.js"], content)
}

fn legend(view: &View) -> Markup {
    html! {
        p .legend {
            span .now { (view.pick("現在", "now")) } " " span .next { (view.pick("次に可能", "next")) } " "
            span .been { (view.pick("通過済", "passed")) }
        }
    }
}

/// The buttons of the merchants' site.
fn site_operations(view: &View, payment: &Payment) -> Markup {
    let operations = site::operations(payment);
    html! {
        h3 { (view.pick("ペイジェントオンライン", "Merchants' site")) }
        @if operations.is_empty() {
            p .quiet { (view.pick("この状態で可能な操作はありません。", "Nothing is possible in this status.")) }
        }
        div .actions {
            @for (number, operation) in operations.iter().enumerate() {
                form method="post" action={ "/payments/" (payment.payment_id) "/operations" } .inline {
                    input type="hidden" name="operation" value=(operation.operation);
                    @if operation.amount_field.is_some() {
                        label .hidden for=(format!("amount-{number}")) {
                            (view.pick("金額", "Amount")) " " (view.pick(operation.label, operation.english))
                        }
                        input id=(format!("amount-{number}")) name="amount" size="8" inputmode="numeric" required
                            placeholder=(view.pick("金額", "amount"));
                    }
                    button { (view.pick(operation.label, operation.english)) }
                }
            }
        }
    }
}

/// The transitions of the test tool, each with its inputs.
fn tool_updates(view: &View, payment: &Payment) -> Markup {
    let Some(method) = method::for_payment_type(payment.payment_type) else { return html! {} };
    let next = method.update_targets(payment, Trigger::Tool);
    html! {
        h3 { (view.pick("試験環境ツール", "Test tool")) }
        @if next.is_empty() {
            p .quiet { (view.pick("この状態で可能な更新はありません。", "The tool can do nothing in this status.")) }
        }
        @for to in next {
            form method="post" action={ "/payments/" (payment.payment_id) "/transitions" } .card {
                input type="hidden" name="payment_status" value=(to);
                @for field in method.update_inputs(payment, to) { (tool_input(view, &field, to)) }
                button lang="ja" { (status_name(payment.payment_type, to)) }
            }
        }
    }
}

fn tool_input(view: &View, field: &UpdateInput, to: Status) -> Markup {
    let id = format!("{}-{to}", field.name);
    html! {
        label for=(id) { (view.pick(field.label, field.english)) @if field.required { " *" } }
        @if field.choices.is_empty() {
            input id=(id) name=(field.name) value=(field.initial) required[field.required] aria-describedby=(format!("{id}-hint"));
        } @else {
            select id=(id) name=(field.name) required[field.required] aria-describedby=(format!("{id}-hint")) {
                @if !field.required { option value="" {} }
                @for (value, name) in &field.choices {
                    option value=(value) lang="ja" selected[*value == field.initial] { (value) " " (name) }
                }
            }
        }
        small id=(format!("{id}-hint")) { (worded(view.lang, field.hint)) }
    }
}

/// Who did what when, with the journal's entry of what caused it, as long as the journal has it.
fn history(view: &View, payment: &Payment, journal: &Journal) -> Markup {
    let entry_of = |step: &Step| {
        let entry = journal.entry(step.entry?.0.get())?;
        entry.payment_ids.contains(&payment.payment_id).then_some(entry)
    };
    html! {
        div .scroll tabindex="0" role="region" aria-label=(view.pick("履歴", "History")) {
            table {
                thead { tr {
                    th { (view.pick("日時", "When")) } th { (view.pick("決済ステータス", "Status")) }
                    th { (view.pick("契機", "By")) } th { (view.pick("ジャーナル", "Journal")) }
                } }
                tbody { @for step in &payment.history {
                    tr {
                        td .nowrap { (moment(step.at)) }
                        td .nowrap lang="ja" { (status_name(payment.payment_type, step.status)) }
                        td { (who(view, &step.by.to_string())) }
                        td { @if let Some(entry) = entry_of(step) { a href={ "/journal/" (entry.id) } { "#" (entry.id) } } }
                    }
                } }
            }
        }
    }
}

fn values(view: &View, payment: &Payment) -> Markup {
    let common = [
        ("trading_id", payment.trading_id.as_deref().unwrap_or("-").to_owned()),
        ("payment_id", payment.payment_id.to_string()),
        ("payment_amount", yen(view, payment.amount)),
        ("payment_type", format!("{} {}", payment.payment_type, type_name(view, payment.payment_type))),
        ("payment_status", status_name(payment.payment_type, payment.status)),
        ("payment_init_date", moment(payment.init_date)),
    ];
    let shown = |name: &str, value: &str| {
        if name.ends_with("_date") || name.ends_with("_datetime") { wire_date(value) } else { value.to_owned() }
    };
    html! {
        div .scroll tabindex="0" role="region" aria-label=(view.pick("項目", "Values")) {
            table .fields {
                thead { tr {
                    th { (view.pick("名称", "Label")) } th { (view.pick("項目名", "Name")) } th { (view.pick("値", "Value")) }
                } }
                tbody {
                    @for (name, value) in &common { (value_row(name, value)) }
                    @let institution = institution(payment);
                    @if !institution.is_empty() {
                        tr { td lang="ja" { "支払機関名" } td {} td lang="ja" { (institution) } }
                    }
                    @for (name, value) in payment.attributes.iter() { (value_row(name, &shown(name, value))) }
                }
            }
        }
    }
}

fn value_row(name: &str, value: &str) -> Markup {
    html! { tr { td lang="ja" { (labels::label(name)) } td { code { (name) } } td { span .value { (value) } } } }
}
