//! S1 決済検索画面: finds one payment, and starts the special functions (`test_tool.md` section 3).

use crate::wire::name;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::Response;
use maud::html;

use crate::addresses::Called;
use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::method::{self, file};
use crate::payment::{PaymentType, Trigger};
use crate::server::Door;
use crate::server::testtool::layout::{COMMON, Outcome, SEARCH, page, result};
use crate::server::testtool::{Asked, Typed, absent, appear, change, refused, stop_card};
use crate::text::Lang;

/// A special function's block: the button's value and label, and the lines above the button.
struct Block {
    action: &'static str,
    button: (&'static str, &'static str),
    lines: &'static [(&'static str, &'static str)],
}

const BLOCKS: &[Block] = &[
    Block {
        action: "virtual_account",
        button: ("仮想口座データを生成する", "Make a virtual account deposit"),
        lines: &[
            (
                "下のボタンより、仮想口座決済のデータを生成できます。",
                "The button below makes a payment to a virtual account with",
            ),
            (
                "(決済ステータス:消込済、入金処理詳細:消込対象請求なし)",
                "payment status: cleared, clearing detail: no claim to match.",
            ),
            ("※仮想口座決済をご利用の加盟店様のみ", "* Only for merchants that use virtual accounts"),
        ],
    },
    Block {
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
    Block {
        action: "slip",
        button: ("コンビニ決済（払込票）生成", "Make a convenience store payment (slip)"),
        lines: &[
            (
                "コンビニ決済（払込票）のデータを生成できます。",
                "Makes a payment with a slip that the merchant printed.",
            ),
            ("※コンビニ決済（払込票）をご利用の加盟店様のみ", "* Only for merchants that use convenience store slips"),
        ],
    },
    Block {
        action: "update_cards",
        button: ("洗替処理実行", "Update the stored cards"),
        lines: &[
            ("登録済みのカード情報の更新(洗替処理)を即時に実行します。", "Updates the stored cards at once."),
            (
                "※マーチャントID、マーチャント接続ID、マーチャント接続PWを入力してください",
                "* Merchant ID, connect ID and connect password must be filled in",
            ),
            (
                "※カード情報更新機能(洗替_オート)をご利用の加盟店様のみ",
                "* Only for merchants that use the card update service (automatic)",
            ),
        ],
    },
];

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
    match action {
        "virtual_account" => appear::start(PaymentType::VIRTUAL_ACCOUNT, &merchant, &typed),
        "slip" => appear::start(PaymentType::CONVENIENCE_SLIP, &merchant, &typed),
        "stop_card" => stop_card::start(&door.gateway, &merchant, &typed),
        "update_cards" => screen(&typed, &update_cards(&door.gateway, &merchant, lang).await),
        _ => {
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

/// 洗替処理実行: the real tool takes up to an hour, here it is done at once.
async fn update_cards(gateway: &Arc<Gateway>, merchant: &Merchant, lang: Lang) -> Outcome {
    let done = match gateway.operate(merchant, Trigger::Tool, file::update_cards).await {
        Ok(done) => done,
        Err(refusal) => return Outcome::failed(refused(lang, &refusal, &[])),
    };
    let receipt = done.reply.get(name::FILE_RECEIPT_ID).unwrap_or_default();
    let count = gateway.look(merchant, Called::default(), |desk| file::Asked::of_file(desk, receipt).len());
    let sentence = match lang {
        Lang::Ja => format!("正常終了しました。 受付番号: {receipt} (対象カード: {count}件)"),
        Lang::En => format!("Done. Receipt number: {receipt} (cards asked about: {count})"),
    };
    Outcome::done(sentence, done.warnings)
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
                @for block in BLOCKS {
                    div .block {
                        @for (japanese, english) in block.lines {
                            p .note[japanese.starts_with('※')] { (lang.pick(japanese, english)) }
                        }
                        button name="action" value=(block.action) { (lang.pick(block.button.0, block.button.1)) }
                    }
                }
                p .block .note { (lang.pick(NOT_PLAYED.0, NOT_PLAYED.1)) }
            }
        },
    )
}
