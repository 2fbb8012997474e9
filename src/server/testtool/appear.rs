//! S3 仮想口座データ生成画面 and S5 コンビニ決済（払込票）生成画面: payments without an application (`test_tool.md` section 6).

use axum::extract::{Form, Path, State};
use axum::response::Response;
use maud::html;

use crate::merchant::Merchant;
use crate::method;
use crate::payment::{PaymentType, Trigger};
use crate::server::Door;
use crate::server::testtool::layout::{Outcome, foot, page, repeated, row};
use crate::server::testtool::{Typed, search, told};

/// What differs between the two screens.
struct Screen {
    caption: (&'static str, &'static str),
    result: (&'static str, &'static str),
    /// Whether required rows have a mark, which a line under the table explains.
    marks: bool,
    notes: &'static [(&'static str, &'static str)],
}

const DEPOSIT: Screen = Screen {
    caption: ("仮想口座決済（消込対象請求なし）登録", "Virtual account deposit without a claim"),
    result: ("処理結果:", "Result:"),
    marks: false,
    notes: &[],
};

const SLIP: Screen = Screen {
    caption: ("コンビニ決済（払込票）登録", "Convenience store payment (slip)"),
    result: ("実行結果:", "Result:"),
    marks: true,
    notes: &[
        ("*は必須項目です。", "Rows with * are required."),
        (
            "※支払金額はゆうちょ銀行、ゆうちょ銀行(窓口取扱分)の場合のみ入力してください。",
            "The amount paid may only be given for Japan Post Bank.",
        ),
        (
            "※バーコード自由使用欄は、バーコード44桁のうち14桁目から30桁目までの17桁です。",
            "The free part of the bar code is its digits 14 to 30 of 44.",
        ),
    ],
};

fn screen_of(payment_type: PaymentType) -> &'static Screen {
    if payment_type == PaymentType::VIRTUAL_ACCOUNT { &DEPOSIT } else { &SLIP }
}

/// The screen, when its button on the search screen was pressed.
pub(super) fn start(payment_type: PaymentType, merchant: &Merchant, typed: &Typed) -> Response {
    screen(payment_type, merchant, typed, &Outcome::default())
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
    let found = payment_type.parse().ok().and_then(|code| Some((code, method::for_payment_type(code)?)));
    let Some((payment_type, method)) = found else {
        let sentence = lang.pick("この機能には対応していません。", "This function is not emulated.");
        return search::screen(&typed, &Outcome::failed(sentence));
    };
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
    screen(payment_type, &merchant, &typed, &outcome)
}

fn screen(payment_type: PaymentType, merchant: &Merchant, typed: &Typed, outcome: &Outcome) -> Response {
    let lang = typed.lang();
    let Screen { caption, result, marks, notes } = screen_of(payment_type);
    let inputs = method::for_payment_type(payment_type).map(|method| method.appear_inputs(payment_type));
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
                table { @for input in &inputs { (row(lang, input, typed, *marks)) } }
                @for (japanese, english) in *notes { p .note { (lang.pick(japanese, english)) } }
                (foot(lang, *result, outcome, !inputs.is_empty()))
            }
        },
    )
}
