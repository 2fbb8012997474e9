//! 登録カード管理 and ファイル処理 of the merchants' site: stored cards, and what the card updates said about them
//! (`merchant_site.md` section 9).

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::addresses::Called;
use crate::merchant::MerchantId;
use crate::method::card::rules::rules;
use crate::method::card::vault::{self, StoredCard};
use crate::method::file;
use crate::server::console::Console;
use crate::server::console::layout::{At, Section, View, moment, wire_date};
use crate::text::Lang;

/// The most files that the page lists.
const FILES: usize = 20;
/// The most rows of a table.
const ROWS: usize = 200;

pub(super) async fn show(State(console): State<Console>, view: View, At(id): At<String>) -> Response {
    let Some(merchant) = console.gateway.merchants.get(&MerchantId::new(&id)) else {
        return view.missing(Section::Merchants, view.pick("この加盟店はありません。", "There is no such merchant."));
    };
    let (stored, files) =
        console.gateway.look(&merchant, Called::default(), |desk| (vault::all(desk), file::worked(desk)));
    let content = html! {
        p {
            a href={ "/merchants/" (id) } { (view.pick("加盟店", "Merchant")) " " (id) } " · "
            a href={ "/api/v1/cards?merchant_id=" (id) } { "JSON" }
        }
        p .quiet { (view.pick("請求停止カード登録と洗替処理実行は試験環境ツール (/testtool/) または API にあります。",
            "Stopping charges and updating cards is done in the test tool (/testtool/) or by the API.")) }
        h2 { (view.pick("登録カード", "Stored cards")) }
        @if stored.is_empty() { p .quiet { (view.pick("ありません。", "None.")) } } @else { (cards(&view, &stored)) }
        h2 { (view.pick("ファイル処理結果 (洗替)", "Results of card updates")) }
        @if files.is_empty() { p .quiet { (view.pick("ありません。", "None.")) } }
        @for worked in files.iter().take(FILES) {
            h3 {
                (view.pick("受付番号", "Receipt number")) " " (worked.receipt) " "
                small { (moment(worked.received)) }
            }
            (results(&view, worked))
        }
    };
    let title = format!("{} {id}", view.pick("登録カード管理", "Stored cards of"));
    view.page(Section::Merchants, &title, content)
}

/// A result with its name; `－` for a card that was stored without a check.
fn named(view: &View, result: Option<&str>) -> Markup {
    let known = result.and_then(|result| rules().card_update.results.iter().find(|known| known.result == result));
    let class = match result {
        None => "tag",
        Some("0") => "tag good",
        Some("3") => "tag bad",
        Some(_) => "tag warn",
    };
    html! {
        span class=(class) {
            @match (result, known) {
                (Some(result), Some(known)) => { (result) " " (view.lang.pick(&known.name, &known.english)) }
                (Some(result), None) => (result),
                (None, _) => "－",
            }
        }
    }
}

fn cards(view: &View, stored: &[(String, String, StoredCard)]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(view.pick("登録カード", "Stored cards")) {
            table {
                thead { tr {
                    th { (view.pick("サイト", "Site")) } th { (view.pick("顧客ID", "Customer id")) }
                    th { (view.pick("顧客カードID", "Customer card id")) } th { (view.pick("カード番号", "Card number")) }
                    th { (view.pick("有効期限", "Expiry")) } th { (view.pick("ブランド", "Brand")) }
                    th { (view.pick("有効性チェック結果", "Validity check")) }
                    th { (view.pick("更新項目", "Updated")) } th { (view.pick("チェック日時", "Checked at")) }
                } }
                tbody { @for (site_id, customer_id, card) in stored.iter().take(ROWS) {
                    @let check = card.last_check();
                    @let result = check.as_ref().map(|[result, ..]| result.as_str());
                    @let [_, updated, date, _] = check.clone().unwrap_or_default();
                    tr {
                        td { @if site_id.is_empty() { (view.pick("基本サイト", "base site")) } @else { (site_id) } }
                        td { (customer_id) } td { (card.customer_card_id) }
                        td .nowrap { (card.card.masked_card_number) } td { (card.card.card_valid_term) } td { (card.brand) }
                        td { (named(view, result.or(card.is_stopped().then_some("3")))) }
                        td { (updated_items(view, &updated)) } td .nowrap { (wire_date(&date)) }
                    }
                } }
            }
        }
        (more(view, stored.len()))
    }
}

/// How many rows there are, when not all of them are shown.
fn more(view: &View, rows: usize) -> Markup {
    html! {
        @if rows > ROWS {
            p .quiet {
                (match view.lang {
                    Lang::Ja => format!("{rows} 件のうち最初の {ROWS} 件を表示しています。"),
                    Lang::En => format!("The first {ROWS} of {rows}."),
                })
            }
        }
    }
}

/// 有効性チェック更新項目CD in words.
fn updated_items<'a>(view: &View, code: &str) -> &'a str {
    let (japanese, english) = match code {
        "C" => ("カード番号", "number"),
        "V" => ("有効期限", "expiry"),
        "A" => ("カード番号、有効期限", "number, expiry"),
        _ => ("-", "-"),
    };
    view.lang.pick(japanese, english)
}

fn results(view: &View, worked: &file::Worked) -> Markup {
    let label = format!("{} {}", view.pick("受付番号", "Receipt number"), worked.receipt);
    let sign = |sign: Option<bool>| match sign {
        None => "-",
        Some(true) => view.pick("更新", "new"),
        Some(false) => view.pick("変更なし", "unchanged"),
    };
    html! {
        div .scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr {
                    th { (view.pick("顧客ID", "Customer id")) } th { (view.pick("顧客カードID", "Customer card id")) }
                    th { (view.pick("有効性判定結果", "Result")) }
                    th { (view.pick("カード番号", "Number")) } th { (view.pick("有効期限", "Expiry")) }
                } }
                tbody { @for file::Asked { name, said } in worked.cards.iter().take(ROWS) { tr {
                    td { (name.customer_id) } td { (name.customer_card_id) } td { (named(view, Some(&said.result))) }
                    td { (sign(said.number)) } td { (sign(said.expiry)) }
                } } }
            }
        }
        (more(view, worked.cards.len()))
    }
}
