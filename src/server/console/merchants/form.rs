//! The settings page of a merchant, in sections that are saved one by one.

use std::sync::LazyLock;

use maud::{Markup, html};
use serde::Deserialize;

use crate::fixtures;
use crate::merchant::Merchant;
use crate::method::{self, METHODS};
use crate::payment::{PaymentType, Status};
use crate::server::console::Console;
use crate::server::console::layout::{View, amount, yen};
use crate::text::Lang;
use crate::wire::catalog;

#[derive(Deserialize)]
struct File {
    block: Vec<Block>,
}

/// A payment type's boxes.
#[derive(Deserialize)]
struct Block {
    payment_type: PaymentType,
    name: String,
    boxes: Vec<Tick>,
}

#[derive(Deserialize)]
struct Tick {
    status: Status,
    name: String,
    #[serde(default)]
    link: bool,
}

/// The blocks that the merchants' site shows, then those of the payment types that it has no picture of.
static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| {
    let mut blocks = fixtures::parse::<File>(fixtures::NOTICE_BOXES).block;
    for row in catalog().payment_types().iter().filter(|row| !row.notifiable.is_empty()) {
        if !blocks.iter().any(|block| block.payment_type == row.code) {
            let name = |status: &Status| catalog().status_name(row.code, *status).to_owned();
            let boxes = row.notifiable.iter().map(|status| Tick { status: *status, name: name(status), link: false });
            blocks.push(Block { payment_type: row.code, name: row.name.to_owned(), boxes: boxes.collect() });
        }
    }
    blocks
});

/// All sections.
pub(super) fn form(view: &View, console: &Console, merchant: &Merchant) -> Markup {
    html! {
        p {
            a href={ "/?merchant_id=" (merchant.merchant_id) } { (view.pick("クライアントの設定値", "Settings for clients")) } " · "
            a href={ "/payments?merchant_id=" (merchant.merchant_id) } { (view.pick("決済", "Payments")) } " · "
            a href={ "/notices?merchant_id=" (merchant.merchant_id) } { (view.pick("通知", "Notices")) } " · "
            a href={ "/merchants/" (merchant.merchant_id) "/cards" } { (view.pick("登録カード", "Stored cards")) } " · "
            a href={ "/journal?merchant_id=" (merchant.merchant_id) } { (view.pick("ジャーナル", "Journal")) } " · "
            a href={ "/api/v1/merchants/" (merchant.merchant_id) } { "JSON" }
        }
        (connection(view, console, merchant))
        (notices(view, merchant))
        (contracts(view, merchant))
        section .card {
            h2 { (view.pick("リセット", "Start afresh")) }
            form method="post" action={ "/merchants/" (merchant.merchant_id) "/reset" } {
                p { (view.pick("この加盟店の決済、通知、保存カード、障害、ジャーナルを消去し、時計を実時間に戻します。設定は残ります。",
                    "Forgets this merchant's payments, notices, stored cards, faults and journal, and sets its clock back to real time. Its settings stay.")) }
                button { (view.pick("消去する", "Forget them")) }
            }
        }
    }
}

fn connection(view: &View, console: &Console, merchant: &Merchant) -> Markup {
    let rows = [
        ("connect_id", view.pick("接続ID", "Connect id"), &merchant.connect_id),
        ("connect_password", view.pick("接続パスワード", "Connect password"), &merchant.connect_password),
        ("notification_url", view.pick("差分通知先URL", "Notification URL"), &merchant.notification_url),
        (
            "file_notification_url",
            view.pick("ファイル決済通知URL", "File notification URL"),
            &merchant.file_notification_url,
        ),
    ];
    let delay = merchant.notice_delay.map_or_else(String::new, |delay| delay.to_string());
    let usual = console.gateway.notice_delay.as_secs_f64().to_string();
    let addresses = merchant.allowed_addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let sites = merchant.sites.iter().cloned().collect::<Vec<_>>().join(" ");
    html! {
        section .card {
            h2 { (view.pick("システム接続情報", "Connection")) }
            form method="post" action={ "/merchants/" (merchant.merchant_id) } {
                div .grid {
                    div { span .label { (view.pick("マーチャントID", "Merchant id")) } code { (merchant.merchant_id) } }
                    @for (name, label, value) in rows {
                        div { label for=(name) { (label) } input id=(name) name=(name) value=(value) autocomplete="off"; }
                    }
                    div {
                        label for="notice_delay" { (view.pick("通知の遅延（秒、空なら起動時の値）", "Delay of notices (seconds; empty: as started)")) }
                        input #notice_delay name="notice_delay" inputmode="decimal" value=(delay) placeholder=(usual) autocomplete="off";
                    }
                    div {
                        label for="notice_hold" { (view.pick("購入者の戻りを待つ上限（秒）", "Longest wait for the buyer's return (seconds)")) }
                        input #notice_hold name="notice_hold" inputmode="decimal" value=(merchant.notice_hold) required autocomplete="off";
                    }
                    div { label for="sites" { (view.pick("サイトID (空白区切り、空なら全て許可)", "Site ids (blanks between; empty: any)")) }
                        input #sites name="sites" value=(sites); }
                    div { label for="allowed_addresses" { (view.pick("接続元IPアドレス (空白区切り、空なら全て許可、P015)", "Addresses of telegrams (blanks between; empty: any; P015)")) }
                        input #allowed_addresses name="allowed_addresses" value=(addresses) placeholder="192.0.2.7 198.51.100.0/24"; }
                    @for spec in catalog().keys() {
                        @let (name, label) = (spec.name, view.lang.pick(spec.label, spec.english));
                        div {
                            label for=(name) { (label) }
                            span .pair {
                                input id=(name) name=(name) value=(merchant.keys.named(name)) autocomplete="off" spellcheck="false";
                                @if spec.length > 0 {
                                    button .small name="new_key" value=(name) aria-label=(format!("{}: {label}", view.pick("鍵をリセットする", "Reset"))) {
                                        (view.pick("鍵をリセットする", "Reset"))
                                    }
                                }
                            }
                        }
                    }
                    @for told in METHODS.iter().flat_map(|method| method.description().told) {
                        div {
                            span .label { (told.label) }
                            code .value { (console.gateway.addresses().url()) (told.path) "?mid=" (merchant.merchant_id) }
                        }
                    }
                }
                p { button { (view.pick("変更", "Save")) }
                    " " span .quiet { (view.pick("空の鍵は、その確認を行わないことを意味します。", "An empty key switches its check off.")) } }
            }
        }
    }
}

/// 決済通知ステータス: two boxes per line.
fn notices(view: &View, merchant: &Merchant) -> Markup {
    html! {
        section .card {
            h2 { (view.pick("決済通知ステータス", "Statuses to notify")) }
            p .quiet { (view.pick("システム設定 > 接続のお申込み > 決済通知ステータス。※ はリンクタイプで必須です。チェックのないステータスは通知されず、091 でも返されません。",
                "As on the merchants' site. ※: needed with the link type. A status that is not ticked is neither pushed nor returned by 091.")) }
            form method="post" action={ "/merchants/" (merchant.merchant_id) } {
                input type="hidden" name="section" value="notices";
                div .blocks {
                    @for block in BLOCKS.iter() {
                        fieldset .block {
                            legend lang="ja" { (block.name) }
                            input type="hidden" name="block" value=(block.payment_type);
                            div .two {
                                @for tick in &block.boxes {
                                    label .tick {
                                        input type="checkbox" name=(format!("box-{}", block.payment_type)) value=(tick.status)
                                            checked[merchant.is_notified(block.payment_type, tick.status)];
                                        span lang="ja" { (tick.status) " " (tick.name) @if tick.link { "※" } }
                                    }
                                }
                            }
                        }
                    }
                }
                p {
                    button { (view.pick("変更", "Save")) } " "
                    button .small type="button" data-tick="all" hidden { (view.pick("全てチェック", "Tick all")) } " "
                    button .small type="button" data-tick="none" hidden { (view.pick("全て外す", "Untick all")) }
                }
            }
        }
    }
}

fn contracts(view: &View, merchant: &Merchant) -> Markup {
    // Descriptions say where a setting is kept in contracts that can be changed.
    let mut shown = merchant.contracts.clone();
    let contracts = &merchant.contracts;
    let of_methods = || METHODS.iter().map(|method| method.description());
    html! {
        section .card {
            h2 { (view.pick("契約", "Contracts")) }
            form method="post" action={ "/merchants/" (merchant.merchant_id) } {
                input type="hidden" name="section" value="contracts";
                div .blocks {
                    fieldset .block {
                        legend { (view.pick("オプション (無効時のエラー)", "Options (and the code without them)")) }
                        div .two { @for switch in of_methods().flat_map(|description| description.switches) {
                            label .tick {
                                input type="checkbox" name=(switch.name) value="1" checked[*(switch.of)(&mut shown)];
                                span { (view.pick(switch.label.0, switch.label.1)) }
                            }
                        } }
                    }
                    @for selection in of_methods().flat_map(|description| description.selections) {
                        fieldset .block {
                            legend { (view.pick(selection.label.0, selection.label.1)) }
                            div .two { @for (code, (japanese, english)) in selection.values {
                                label .tick {
                                    input type="checkbox" name=(selection.name) value=(code) checked[(selection.of)(&mut shown).contains(*code)];
                                    span { (code) " " (view.pick(japanese, english)) }
                                }
                            } }
                        }
                    }
                    @for choice in of_methods().flat_map(|description| description.choices) {
                        fieldset .block {
                            legend { (view.pick(choice.label.0, choice.label.1)) }
                            @for value in choice.values {
                                label .tick { input type="radio" name=(choice.name) value=(value) checked[(choice.of)(&mut shown) == value]; span { (value) } }
                            }
                        }
                    }
                    fieldset .block.wide {
                        legend { (view.pick("決済種別 (P007) と上限金額 (P011)", "Payment types (P007) and their limits (P011)")) }
                        div .two { @for row in catalog().payment_types() {
                            @let name = view.lang.pick(row.name, row.english);
                            @let usual = method::usual_limit(merchant, row.code);
                            div .pair {
                                label .tick {
                                    input type="checkbox" name="payment_type" value=(row.code) checked[!contracts.without_payment_types.contains(&row.code)];
                                    span { (row.code) " " (name) }
                                }
                                input name=(format!("limit-{}", row.code)) size="9" inputmode="numeric"
                                    value=(contracts.amount_limits.get(&row.code).map_or_else(String::new, u64::to_string))
                                    aria-label=(format!("{} {name}", view.pick("上限金額", "Limit"))) placeholder=(usual.map_or_else(|| view.pick("上限なし", "no limit").to_owned(), amount));
                            }
                        } }
                        p .small.quiet { (usual_limits(view, merchant)) }
                    }
                }
                p { button { (view.pick("変更", "Save")) } }
            }
        }
    }
}

/// What rules where the merchant has no limit of its own.
fn usual_limits(view: &View, merchant: &Merchant) -> String {
    let mut limits = Vec::new();
    for row in catalog().payment_types() {
        let Some(method) = method::for_payment_type(row.code) else { continue };
        for limit in method.usual_limits(row.code, &merchant.contracts.connection_type) {
            let at = match limit.at {
                ("", "") => view.lang.pick(row.name, row.english),
                (japanese, english) => view.pick(japanese, english),
            };
            limits.push(format!("{at} {}", yen(view, limit.yen)));
        }
    }
    let limits = limits.join(view.pick("、", ", "));
    match view.lang {
        Lang::Ja => format!("空欄の場合は通常の契約の上限金額です: {limits}。"),
        Lang::En => format!("Where nothing is filled in, the limit of usual contracts rules: {limits}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_box_for_each_status_that_can_be_ticked_and_for_no_other() {
        for row in catalog().payment_types() {
            let boxes = BLOCKS.iter().filter(|block| block.payment_type == row.code).flat_map(|block| &block.boxes);
            let mut boxes: Vec<Status> = boxes.map(|tick| tick.status).collect();
            boxes.sort();
            assert_eq!(boxes, row.notifiable, "payment type {}", row.code);
        }
    }
}
