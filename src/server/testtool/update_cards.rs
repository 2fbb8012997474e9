//! 洗替処理実行: the stored cards are updated (`test_tool.md` section 6).

use std::sync::Arc;

use crate::addresses::Called;
use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::method::{ToolFunction, file};
use crate::payment::Trigger;
use crate::server::testtool::functions::Own;
use crate::server::testtool::layout::Outcome;
use crate::server::testtool::{refused, search};
use crate::text::Lang;
use crate::wire::name;

pub(super) static FUNCTION: Own = Own {
    function: ToolFunction {
        place: 4,
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
    start: |gateway, merchant, typed| {
        Box::pin(async move { search::screen(&typed, &run(&gateway, &merchant, typed.lang()).await) })
    },
};

/// The real tool takes up to an hour, here it is done at once.
async fn run(gateway: &Arc<Gateway>, merchant: &Merchant, lang: Lang) -> Outcome {
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
