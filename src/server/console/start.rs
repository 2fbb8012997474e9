//! The start page: how to point a client here, with the real ports and paths filled in, and what has come in so far.

mod clients;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use crate::merchant::MerchantId;
use crate::server::console::layout::{Search, Section, View, copyable, merchant_select};
use crate::server::console::{Console, journal};
use crate::server::exposure::Exposed;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/", get(start))
}

#[derive(Deserialize)]
struct Chosen {
    merchant_id: Option<String>,
}

async fn start(State(console): State<Console>, view: View, Search(chosen): Search<Chosen>) -> Response {
    let merchants = &console.gateway.merchants;
    let named = chosen.merchant_id.as_ref().and_then(|id| merchants.get(&MerchantId::new(id)));
    let merchant = named.or_else(|| merchants.first());
    let merchant = merchant.as_deref();
    let title = view.pick("クライアントをここに向ける", "Point your client here");
    let exposed = Exposed::doors(console.gateway.addresses().ports(), console.settings.token.is_some());
    let content = html! {
        @for door in exposed {
            div .notice.warn { (view.pick(&door.japanese(), &door.english())) }
        }
        div .columns {
            section .wide {
                @match merchant {
                    Some(merchant) => {
                        form method="get" action="/" .inline {
                            (merchant_select(&view, &console, Some(merchant.merchant_id.as_str()), false))
                            button { (view.pick("表示", "Show")) }
                            a href={ "/merchants/" (merchant.merchant_id) } { (view.pick("この加盟店の鍵と設定", "Keys and settings")) }
                        }
                        (credentials(&view, &console, merchant))
                        @for (number, client) in clients::all(&view, &console, merchant).into_iter().enumerate() {
                            details .client open[number == 0] {
                                summary { (client.name) }
                                p { (client.hint) }
                                (copyable(&view, &format!("client-{number}"), &client.text))
                            }
                        }
                    }
                    None => p { (view.pick("加盟店がありません。最初の電文で自動的に登録されます。",
                        "There is no merchant; one is adopted with the first telegram.")) }
                }
            }
            section {
                h2 { (view.pick("届いたもの", "What has come in")) " " (live(&view)) }
                (so_far(&view, &console))
            }
        }
    };
    view.page_with(Section::Start, title, &["/assets/live.js"], content)
}

/// Says whether the page is live; hidden where scripts do not run.
pub(super) fn live(view: &View) -> Markup {
    html! { span .live hidden data-live-state="off" { (view.pick("ライブ", "live")) } }
}

fn credentials(view: &View, console: &Console, merchant: &crate::merchant::Merchant) -> Markup {
    let pki = &console.settings.pki_dir;
    let rows = [
        (view.pick("マーチャントID", "Merchant id"), "merchant_id", merchant.merchant_id.to_string()),
        (view.pick("接続ID", "Connect id"), "connect_id", merchant.connect_id.clone()),
        (view.pick("接続パスワード", "Connect password"), "connect_password", merchant.connect_password.clone()),
        (view.pick("電文の送信先", "Telegrams"), "", console.gateway.addresses().url()),
        (view.pick("CAファイル", "CA file"), "", pki.join("ca.pem").display().to_string()),
        (
            view.pick("クライアント証明書 (changeit)", "Client certificate (changeit)"),
            "",
            pki.join("client.pem").display().to_string(),
        ),
        ("PKCS#12 (changeit)", "", pki.join("client.p12").display().to_string()),
    ];
    html! {
        dl .facts {
            @for (label, name, value) in rows {
                dt { (label) @if !name.is_empty() { " " code { (name) } } }
                dd { code { (value) } }
            }
        }
    }
}

fn so_far(view: &View, console: &Console) -> Markup {
    let gateway = &console.gateway;
    let (entries, refused) = gateway.journal.counts();
    let payments: usize = gateway.ledger.merchants().iter().map(|id| gateway.ledger.count(id)).sum();
    let newest = gateway.journal.newest(8, |_| true);
    html! {
        div #so-far data-live {
            ul .numbers {
                li { a href="/payments" { b { (payments) } " " (view.pick("決済", "payments")) } }
                li { a href="/journal" { b { (entries) } " " (view.pick("ジャーナル", "events")) } }
                li { a href="/journal?refused=true" { b { (refused) } " " (view.pick("エラー応答", "refused")) } }
            }
            @if newest.is_empty() {
                p .quiet { (view.pick("まだ何も届いていません。最初の電文を送ると、ここに表示されます。",
                    "Nothing yet. The first telegram shows up here.")) }
            } @else {
                (journal::list(view, &newest, false))
                p { a href="/journal" { (view.pick("すべて見る", "See all")) } }
            }
        }
    }
}
