//! The test cards, and what the digits of a number decide.

use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::fixtures;
use crate::method::card::rules::{StubOutcome, StubRule, rules};
use crate::server::console::catalog::tabs;
use crate::server::console::layout::{Section, View};
use crate::text::Lang;

/// The rules that a test card's last four digits follow: the digits and what happens.
fn stub(lang: Lang) -> Vec<(String, String)> {
    let stub = &rules().stub;
    let mut rows = Vec::new();
    let mut add = |rule: &StubRule, cancel: bool| {
        let told = |code: &str, detail: &str| {
            let what = [code, detail].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ");
            match (lang, cancel) {
                (Lang::Ja, true) => format!("キャンセル (021, 023) が {what} で一度失敗"),
                (Lang::En, true) => format!("a cancel (021, 023) fails once with {what}"),
                (Lang::Ja, false) => format!("オーソリ (020) が {what} で失敗"),
                (Lang::En, false) => format!("the authorization (020) fails with {what}"),
            }
        };
        let x = &rule.x;
        match &rule.outcome {
            StubOutcome::Timeout(failure) => rows.push((format!("…{x}YZZ"), told(&failure.code, &failure.detail))),
            StubOutcome::Family => {
                for family in &stub.families {
                    let code = if cancel { &family.cancel_code } else { &family.code };
                    let what = match code.is_empty() {
                        true => lang.pick("すべて正常", "everything succeeds").to_owned(),
                        false => told(code, &format!("{}ZZ", family.family)),
                    };
                    rows.push((format!("…{x}{}ZZ", family.y), what));
                }
                rows.push((format!("…{x}YZZ"), told(&stub.other.code, &stub.other.detail)));
            }
        }
    };
    stub.cancel.iter().for_each(|rule| add(rule, true));
    stub.authorization.iter().for_each(|rule| add(rule, false));
    let rest = lang.pick("すべて正常", "everything succeeds").to_owned();
    rows.push((lang.pick("その他", "any other").to_owned(), rest));
    rows
}

#[derive(Deserialize)]
struct Cards {
    issuer: Vec<Issuer>,
}

#[derive(Deserialize)]
struct Issuer {
    prefix: String,
    brand: String,
    acq_id: String,
    acq_name: String,
    issur_name: String,
}

pub(super) async fn show(view: View) -> Response {
    let cards: Cards = fixtures::parse(fixtures::CARDS);
    let content = html! {
        (tabs(&view, "/catalog/cards"))
        p { (view.pick("カード番号の下4桁 XYZZ が動作を決めます。ブランドと桁数は問いません。有効期限は今月から20年後まで。例: ", "The last four digits XYZZ of a card number decide, whatever its brand. Expiry: this month to 20 years ahead. Example: "))
            code { "4900000000000000" } " / " code { "1230" } }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("下4桁の規則", "Last four digits")) {
            table {
                thead { tr { th { (view.pick("下4桁", "Last four")) } th { (view.pick("動作", "What happens")) } } }
                tbody { @for (digits, what) in stub(view.lang) { tr { td .nowrap { code { (digits) } } td { (what) } } } }
            }
        }
        (card_update(&view))
        h2 { (view.pick("発行会社と取扱会社", "Issuers and acquirers")) }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("発行会社", "Issuers")) {
            table {
                thead { tr { th { (view.pick("先頭", "First digits")) } th { (view.pick("ブランド", "Brand")) } th { (view.pick("取扱会社", "Acquirer")) } th { (view.pick("発行会社", "Issuer")) } } }
                tbody { @for row in &cards.issuer {
                    tr { td { code { (row.prefix) } } td { (row.brand) } td lang="ja" { (row.acq_id) " " (row.acq_name) } td lang="ja" { (row.issur_name) } }
                } }
            }
        }
    };
    view.page(Section::Catalog, view.pick("テストカード", "Test cards"), content)
}

/// What the card update service says to stored cards (`test_cards.md` section 7).
fn card_update(view: &View) -> Markup {
    let rules = &rules().card_update;
    let named = |result: &str| {
        let known = rules.results.iter().find(|known| known.result == result);
        format!("{result} {}", known.map_or("", |known| view.lang.pick(&known.name, &known.english)))
    };
    let place = rules.digit_from_end;
    let renewed = |new_number: bool, new_expiry: bool| match (new_number, new_expiry) {
        (true, true) => view.pick("カード番号と有効期限", "number and expiry"),
        (true, false) => view.pick("カード番号", "number"),
        (false, true) => view.pick("有効期限", "expiry"),
        (false, false) => "-",
    };
    html! {
        h2 { (view.pick("カード情報更新 (洗替)", "Card updates")) }
        p .quiet { (match view.lang {
            Lang::Ja => format!("有効性チェック付きで登録したカードについて、カード番号の末尾から{place}桁目が結果を決めます。他の数字は 0 と同じです。"),
            Lang::En => format!("For cards stored with a validity check, digit {place} from the end of the number decides. Any other digit: as 0."),
        }) }
        div .scroll tabindex="0" role="region" aria-label=(view.pick("カード情報更新", "Card updates")) {
            table {
                thead { tr { th { (view.pick("数字・カード", "Digit, card")) } th { (view.pick("有効性判定結果", "Result")) } th { (view.pick("更新される項目", "What is new")) } } }
                tbody {
                    @for row in &rules.digits {
                        tr { td { code { (row.digit) } } td { (named(&row.result)) } td { (renewed(row.new_number, row.new_expiry)) } }
                    }
                    @for card in &rules.cards {
                        tr { td { code { (card.card_number) } } td { (named(&card.result)) } td { "-" } }
                    }
                }
            }
        }
    }
}
