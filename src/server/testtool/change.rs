//! S2 ステータス変更画面: leads the payment found to another status (`test_tool.md` sections 4 and 5).

use std::sync::LazyLock;

use axum::extract::{Form, State};
use axum::response::Response;
use maud::html;
use serde::Deserialize;

use crate::fixtures;
use crate::method::{self, Method, Update, UpdateInput};
use crate::payment::{Payment, PaymentType, Status, Trigger};
use crate::server::Door;
use crate::server::testtool::layout::{Outcome, foot, page, repeated, row, select};
use crate::server::testtool::{Typed, absent, search, told};
use crate::text::Lang;
use crate::wire::{catalog, name};

/// Where the screen's form goes.
pub(super) const PATH: &str = "/testtool/statusupdate";
/// The name of the select for the new status.
const TARGET: &str = "payment_status";

/// What the tool calls a payment type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    payment_type: PaymentType,
    /// Only for payments with this `cvs_type`.
    cvs_type: Option<String>,
    method: String,
    caption: String,
}

fn all_names() -> &'static [Names] {
    #[derive(Deserialize)]
    struct File {
        screen: Vec<Names>,
    }
    static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| fixtures::parse::<File>(fixtures::TEST_TOOL).screen);
    &NAMES
}

/// Whether the tool changes payments of a type (section 9).
pub(super) fn serves(payment_type: PaymentType) -> bool {
    all_names().iter().any(|names| names.payment_type == payment_type)
}

fn names(payment: &Payment) -> Option<&'static Names> {
    let cvs_type = payment.attributes.get(name::CVS_TYPE);
    all_names().iter().find(|names| {
        names.payment_type == payment.payment_type
            && (names.cvs_type.is_none() || names.cvs_type.as_deref() == cvs_type)
    })
}

/// Changes the status and shows the screen again.
pub(super) async fn execute(State(door): State<Door>, Form(typed): Form<Typed>) -> Response {
    let gateway = &door.gateway;
    let lang = typed.lang();
    let merchant = match typed.merchant(gateway) {
        Ok(merchant) => merchant,
        Err(sentence) => return search::screen(&typed, &Outcome::failed(sentence)),
    };
    let find = || {
        let payment = gateway.ledger.payment(&merchant.merchant_id, typed.payment_id()?)?;
        Some((method::for_payment_type(payment.payment_type)?, payment))
    };
    let Some((method, payment)) = find() else {
        let sentence = lang.pick("該当する決済情報がありません。", "The merchant has no such payment.");
        return search::screen(&typed, &Outcome::failed(sentence));
    };
    let Ok(payment_status) = typed.get(TARGET).parse() else {
        let sentence = lang.pick("更新後の決済ステータスを選択してください。", "Select a new payment status.");
        return screen(method, &payment, &typed, &Outcome::failed(sentence));
    };
    // The screen needs every input of the status that was chosen, but for those that it fills itself.
    let needed = method.update_inputs(&payment, payment_status);
    let missing =
        |input: &&UpdateInput| !input.optional && input.initial.is_empty() && typed.get(&input.name).is_empty();
    if let Some(input) = needed.iter().find(missing) {
        let sentence = absent(lang, input.label, input.english);
        return screen(method, &payment, &typed, &Outcome::failed(sentence));
    }
    let update = Update { payment_status, inputs: typed.0.clone() };
    match gateway.update(&merchant, Trigger::Tool, payment.payment_id, &update).await {
        Err(error) => {
            let inputs = inputs(method, &payment);
            screen(method, &payment, &typed, &Outcome::failed(told(lang, &error, &inputs)))
        }
        Ok(done) => {
            let mut sentence = lang.pick("正常終了しました。", "Done.").to_owned();
            if let Some(new) = done.payment_ids.iter().find(|id| **id != payment.payment_id) {
                sentence += &format!(" ({}: {new})", lang.pick("決済ID", "payment ID"));
            }
            let payment = gateway.ledger.payment(&merchant.merchant_id, payment.payment_id).unwrap_or(payment);
            screen(method, &payment, &typed, &Outcome::done(sentence, done.warnings))
        }
    }
}

/// The inputs of all statuses that the payment can be led to, each once: the screen shows them whatever is selected.
fn inputs(method: &dyn Method, payment: &Payment) -> Vec<UpdateInput> {
    let mut inputs: Vec<UpdateInput> = Vec::new();
    for target in method.update_targets(payment, Trigger::Tool) {
        for input in method.update_inputs(payment, target) {
            if !inputs.iter().any(|known| known.name == input.name) {
                inputs.push(input);
            }
        }
    }
    inputs
}

/// The screen for a payment.
pub(super) fn screen(method: &dyn Method, payment: &Payment, typed: &Typed, outcome: &Outcome) -> Response {
    let lang = typed.lang();
    let names = names(payment);
    let english = catalog().payment_type(payment.payment_type).map_or("", |row| row.english);
    let (name, caption) = match (lang, names) {
        (Lang::Ja, Some(names)) => (names.method.as_str(), names.caption.as_str()),
        _ => (english, english),
    };
    // Statuses have Japanese names only; with their codes, others can follow.
    let status_name = |status: Status| {
        let name = catalog().status_name(payment.payment_type, status);
        match lang {
            Lang::Ja => name.to_owned(),
            Lang::En => format!("{status} {name}"),
        }
    };
    let targets = method.update_targets(payment, Trigger::Tool);
    let choices: Vec<(String, String)> =
        targets.iter().map(|status| (status.to_string(), status_name(*status))).collect();
    let fallback = Outcome::failed(
        lang.pick("この決済ステータスからは更新できません。", "A payment in this status cannot be changed."),
    );
    let outcome = if choices.is_empty() && outcome.text.is_empty() { &fallback } else { outcome };
    page(
        lang,
        html! {
            form method="post" action=(PATH) {
                (repeated(lang, typed, 4))
                h2 { (lang.pick("選択された決済情報", "Selected payment")) }
                div .box {
                    p { (lang.pick("決済手段", "Payment method")) " ：" (name) }
                    p { (lang.pick("取引ID", "Trading ID")) " ：" (payment.trading_id.as_deref().unwrap_or_default()) }
                    p { (lang.pick("決済金額", "Payment amount")) " ：" (method.amount_shown(payment)) (lang.pick("円", " yen")) }
                    p { (lang.pick("決済ステータス", "Payment status")) " ：" (status_name(payment.status)) }
                }
                h2 { (caption) (lang.pick(" 個別項目", ": own items")) }
                table {
                    tr {
                        th scope="row" { label for=(TARGET) { (lang.pick("更新後の決済ステータス", "New payment status")) } }
                        td { (select(TARGET, &choices, typed.get(TARGET), false)) }
                    }
                    @for input in inputs(method, payment) { (row(lang, &input, typed, false)) }
                }
                (foot(lang, ("処理結果:", "Result:"), outcome, !choices.is_empty()))
            }
        },
    )
}
