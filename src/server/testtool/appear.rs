//! S3 and S5: payments without an application, as their methods describe them (`test_tool.md` section 6).

use axum::extract::{Form, Path, State};
use axum::response::Response;
use maud::html;

use crate::merchant::Merchant;
use crate::method::{self, Creation};
use crate::payment::{PaymentType, Trigger};
use crate::server::Door;
use crate::server::testtool::layout::{Outcome, foot, page, repeated, row};
use crate::server::testtool::{Typed, functions, search, told};

/// The screen, when its button on the search screen was pressed.
pub(super) fn start(creation: &Creation, merchant: &Merchant, typed: &Typed) -> Response {
    screen(creation, merchant, typed, &Outcome::default())
}

/// Makes the payment and shows the screen again.
pub(super) async fn execute(
    State(door): State<Door>,
    Path(payment_type): Path<String>,
    Form(typed): Form<Typed>,
) -> Response {
    let lang = typed.lang();
    let merchant = match typed.merchant(&door.gateway) {
        Ok(merchant) => merchant,
        Err(sentence) => return search::screen(&typed, &Outcome::failed(sentence)),
    };
    let payment_type: Option<PaymentType> = payment_type.parse().ok();
    let found = payment_type.and_then(|code| Some((functions::creation(code)?, method::for_payment_type(code)?)));
    let Some((creation, method)) = found else {
        let sentence = lang.pick("この機能には対応していません。", "This function is not emulated.");
        return search::screen(&typed, &Outcome::failed(sentence));
    };
    let payment_type = creation.payment_type;
    let done = door.gateway.operate(&merchant, Trigger::Tool, |desk| method.appear(desk, payment_type, &typed.0)).await;
    let outcome = match done {
        Err(error) => Outcome::failed(told(lang, &error, &method.appear_inputs(payment_type))),
        Ok(done) => {
            let ids: Vec<String> = done.payment_ids.iter().map(ToString::to_string).collect();
            let label = lang.pick("決済ID", "payment ID");
            let sentence = format!("{} {label}: {}", lang.pick("正常終了しました。", "Done."), ids.join(", "));
            Outcome::done(sentence, done.warnings)
        }
    };
    screen(creation, &merchant, &typed, &outcome)
}

fn screen(creation: &Creation, merchant: &Merchant, typed: &Typed, outcome: &Outcome) -> Response {
    let lang = typed.lang();
    let Creation { payment_type, caption, result, has_marks, notes, .. } = creation;
    let inputs = method::for_payment_type(*payment_type).map(|method| method.appear_inputs(*payment_type));
    let mut inputs = inputs.unwrap_or_default();
    // A method knows the base site only.
    if let Some(site) = inputs.iter_mut().find(|input| input.name == "site_id") {
        site.choices.extend(merchant.sites.iter().map(|site| (site.clone(), site.clone())));
    }
    page(
        lang,
        html! {
            form method="post" action=(format!("/testtool/appear/{payment_type}")) {
                (repeated(lang, typed, 3))
                h2 { (lang.pick(caption.0, caption.1)) }
                table { @for input in &inputs { (row(lang, input, typed, *has_marks)) } }
                @for (japanese, english) in *notes { p .note { (lang.pick(japanese, english)) } }
                (foot(lang, *result, outcome, !inputs.is_empty()))
            }
        },
    )
}
