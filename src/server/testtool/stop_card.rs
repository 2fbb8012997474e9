//! S4 請求停止カード登録画面: charges to a stored card are stopped (`test_tool.md` section 6).

use crate::wire::name;
use axum::extract::{Form, State};
use axum::response::Response;
use maud::html;
use zeroize::Zeroizing;

use crate::addresses::Called;
use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::method::card::vault::{self, stop};
use crate::method::{ToolFunction, UpdateInput};
use crate::payment::Trigger;
use crate::server::Door;
use crate::server::testtool::functions::Own;
use crate::server::testtool::layout::{Outcome, foot, page, repeated, row};
use crate::server::testtool::{Typed, refused, search};

pub(super) static FUNCTION: Own = Own {
    function: ToolFunction {
        place: 2,
        action: "stop_card",
        button: ("請求停止カード登録", "Stop charges to a stored card"),
        lines: &[
            (
                "登録済みのカードの状態を「請求停止」に変更できます。",
                "Changes the state of a stored card to \"charges stopped\".",
            ),
            (
                "※継続課金売上、カード有効性確認・カード情報更新をご利用の加盟店様のみ",
                "* Only for merchants that use recurring charges or the card validity and update service",
            ),
        ],
    },
    start: |gateway, merchant, typed| Box::pin(async move { start(&gateway, &merchant, &typed) }),
};

/// Where the screen's form goes.
pub(super) const PATH: &str = "/testtool/stopcard";

/// The screen, when its button on the search screen was pressed.
fn start(gateway: &Gateway, merchant: &Merchant, typed: &Typed) -> Response {
    screen(gateway, merchant, typed, &Outcome::default())
}

/// Stops charges to the card and shows the screen again.
pub(super) async fn execute(State(door): State<Door>, Form(mut typed): Form<Typed>) -> Response {
    // A card number is neither kept nor shown again.
    let card_number = Zeroizing::new(typed.0.remove("card_number").unwrap_or_default());
    let merchant = match typed.merchant(&door.gateway) {
        Ok(merchant) => merchant,
        Err(sentence) => return search::screen(&typed, &Outcome::failed(sentence)),
    };
    let lang = typed.lang();
    let which = stop::Which {
        site_id: typed.get(&name::SITE_ID),
        customer_id: typed.get(&name::CUSTOMER_ID),
        customer_card_id: typed.get(&name::CUSTOMER_CARD_ID),
        card_number: card_number.trim(),
    };
    let outcome = match door.gateway.operate(&merchant, Trigger::Tool, |desk| stop::stop(desk, &which)).await {
        Ok(done) => Outcome::done(lang.pick("正常終了しました。", "Done."), done.warnings),
        Err(refusal) => Outcome::failed(refused(lang, &refusal, &inputs(&door.gateway, &merchant))),
    };
    screen(&door.gateway, &merchant, &typed, &outcome)
}

/// The rows of the screen, in its order.
fn inputs(gateway: &Gateway, merchant: &Merchant) -> Vec<UpdateInput> {
    let text = UpdateInput::text;
    let base = (String::new(), "基本サイト".to_owned());
    let sites = gateway.look(merchant, Called::default(), vault::sites).into_iter().map(|site| (site.clone(), site));
    vec![
        text(name::SITE_ID, "サイト", "Site", "").with_choices([base].into_iter().chain(sites).collect()),
        text(name::CUSTOMER_ID, "顧客ID", "Customer ID", "半角英数"),
        text(name::CUSTOMER_CARD_ID, "顧客カードID", "Customer card ID", "半角数字"),
        text(name::CARD_NUMBER, "カード番号", "Card number", "半角数字"),
    ]
}

fn screen(gateway: &Gateway, merchant: &Merchant, typed: &Typed, outcome: &Outcome) -> Response {
    let lang = typed.lang();
    page(
        lang,
        html! {
            form method="post" action=(PATH) {
                (repeated(lang, typed, 3))
                h2 { (lang.pick("請求停止カード登録", "Stop charges to a stored card")) }
                table { @for input in &inputs(gateway, merchant) { (row(lang, input, typed, false)) } }
                p .note { (lang.pick("※顧客IDと顧客カードID、またはカード番号のいずれかを入力してください。",
                    "* Give customer ID and customer card ID, or the card number.")) }
                (foot(lang, ("処理結果:", "Result:"), outcome, true))
            }
        },
    )
}
