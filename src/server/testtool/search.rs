//! S1 決済検索画面: finds one payment, and starts the special functions (`test_tool.md` section 3).

use crate::wire::name;
use axum::extract::{Form, Query, State};
use axum::response::Response;
use maud::html;

use crate::method;
use crate::server::Door;
use crate::server::testtool::functions::{self, Function};
use crate::server::testtool::layout::{COMMON, Outcome, SEARCH, page, result};
use crate::server::testtool::{Asked, Typed, absent, appear, change};

/// Shows the screen.
pub(super) async fn show(Query(asked): Query<Asked>) -> Response {
    let mut typed = Typed::default();
    typed.0.insert("lang".to_owned(), asked.lang().code().to_owned());
    screen(&typed, &Outcome::default())
}

/// Does what the pressed button says.
pub(super) async fn chosen(State(door): State<Door>, Form(typed): Form<Typed>) -> Response {
    let lang = typed.lang();
    let action = typed.get("action");
    if action == "back" {
        return screen(&typed, &Outcome::default());
    }
    let merchant = match typed.merchant(&door.gateway) {
        Ok(merchant) => merchant,
        Err(sentence) => return screen(&typed, &Outcome::failed(sentence)),
    };
    match functions::find(action) {
        Some(Function::Creation(creation)) => appear::start(creation, &merchant, &typed),
        Some(Function::Own(own)) => (own.start)(door.gateway, merchant, typed).await,
        None => {
            let (_, label, english) = COMMON[3];
            if typed.get(&name::PAYMENT_ID).is_empty() {
                return screen(&typed, &Outcome::failed(absent(lang, label, english)));
            }
            let payment = typed.payment_id().and_then(|id| door.gateway.ledger.payment(&merchant.merchant_id, id));
            let Some(payment) = payment else {
                let sentence = lang.pick("該当する決済情報がありません。", "The merchant has no such payment.");
                return screen(&typed, &Outcome::failed(sentence));
            };
            let method = method::for_payment_type(payment.payment_type);
            match method.filter(|_| change::serves(payment.payment_type)) {
                Some(method) => change::screen(method, &payment, &typed, &Outcome::default()),
                None => {
                    let japanese = "この決済手段のステータスは、試験環境ツールでは変更できません。";
                    let english =
                        "The tool does not change payments of this method: use telegrams or the merchants' site.";
                    screen(&typed, &Outcome::failed(lang.pick(japanese, english)))
                }
            }
        }
    }
}

/// What the tool has no screen for, although the real one does.
const NOT_PLAYED: (&str, &str) = (
    "※口座振替決済(決済種別 16)はこのエミュレーターの対象外です。口座振替の電文を受け付けないため、ここで検索・更新できる口座振替の決済はありません。",
    "* Account transfers (口座振替, payment type 16) are not part of this emulator: it takes no telegrams for them, so there \
     are no such payments to find or change here.",
);

/// The screen with what was typed before.
pub(super) fn screen(typed: &Typed, outcome: &Outcome) -> Response {
    let lang = typed.lang();
    page(
        lang,
        html! {
            form method="post" action=(SEARCH) {
                input type="hidden" name="lang" value=(lang.code());
                h2 { (lang.pick("全決済手段共通項目", "Items common to all payment methods")) }
                table {
                    @for (name, label, english) in COMMON {
                        tr {
                            th scope="row" { label for=(name) { (lang.pick(label, english)) } }
                            td { input id=(name) name=(name) value=(typed.get(name)) autocomplete="off"; }
                        }
                    }
                }
                button name="action" value="search" { (lang.pick("検索", "Search")) }
                @if !outcome.text.is_empty() { (result(lang, ("処理結果:", "Result:"), outcome)) }
                @for function in functions::all() {
                    div .block {
                        @for (japanese, english) in function.lines {
                            p .note[japanese.starts_with('※')] { (lang.pick(japanese, english)) }
                        }
                        button name="action" value=(function.action) { (lang.pick(function.button.0, function.button.1)) }
                    }
                }
                p .block .note { (lang.pick(NOT_PLAYED.0, NOT_PLAYED.1)) }
            }
        },
    )
}
