//! The page behind `receipt_print_url` of 030: the slip or bar code that the buyer takes to the store.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use crate::clock::Moment;
use crate::method::convenience::{self, Voucher};
use crate::payment::Status;
use crate::server::Door;
use crate::server::shopper::barcode;
use crate::server::shopper::layout::page;
use crate::server::shopper::pages::Pages;
use crate::server::shopper::visitor::{Visitor, not_found, yen};
use crate::text::Lang;

pub(super) static PAGES: Pages = Pages::of(routes);

fn routes() -> Router<Door> {
    Router::new().route("/convenience/slip", get(slip))
}

async fn slip(State(door): State<Door>, visitor: Visitor) -> Response {
    let lang = visitor.lang();
    let gateway = &door.gateway;
    let find = || {
        let merchant = visitor.merchant(gateway)?;
        let (id, key) = (visitor.get("pid"), visitor.get("hv"));
        gateway.look(&merchant, visitor.called(), |desk| convenience::voucher(desk, id, key))
    };
    match find() {
        Some(voucher) => page(lang, title(lang, &voucher), None, content(lang, &voucher)),
        None => not_found(lang),
    }
}

/// 7-Eleven prints a slip, FamilyMart shows a bar code on the phone, the others show what to type in.
fn title(lang: Lang, voucher: &Voucher) -> &'static str {
    match voucher.cvs_type.as_str() {
        "03" => lang.pick("払込票", "Payment slip"),
        "04" => lang.pick("お支払いバーコード", "Payment bar code"),
        _ => lang.pick("お支払い受付票", "Payment receipt number"),
    }
}

fn content(lang: Lang, voucher: &Voucher) -> Markup {
    let has_barcode = matches!(voucher.cvs_type.as_str(), "03" | "04");
    let language = usize::from(lang == Lang::En);
    html! {
        h1 { (title(lang, voucher)) }
        (state(lang, voucher.status))
        dl {
            @if !voucher.buyer.is_empty() {
                dt { (lang.pick("お客様氏名", "Name")) }
                dd { (voucher.buyer) (lang.pick(" 様", "")) }
            }
            dt { (lang.pick("お支払い金額", "Amount")) }
            dd { (yen(lang, voucher.amount)) }
            @if let Some(limit) = voucher.limit.map(|limit| until(lang, limit)) {
                dt { (lang.pick("お支払い期限", "Pay until")) }
                dd { (limit) }
            }
            @if voucher.stores.is_empty() {
                dt { (lang.pick("受付番号", "Number")) }
                dd .number { (voucher.receipt_number) }
            }
        }
        @if has_barcode && voucher.status == Status(10) {
            (barcode::picture(&voucher.receipt_number, &voucher.receipt_number))
        }
        @for store in &voucher.stores {
            section {
                h2 { (store.name[language]) }
                dl {
                    dt { (store.label[language]) }
                    dd .number { (voucher.receipt_number) }
                    @if let Some(second) = &store.second {
                        dt { (second_label(lang, second)) }
                        dd .number { (second) }
                    }
                }
            }
        }
        @if !voucher.lines.is_empty() {
            div .note { @for line in &voucher.lines { p { (line) } } }
        }
        p .hint {
            (lang.pick("この画面を印刷するか、番号を控えて店頭へお持ちください。",
                "Print this page or note the number, and take it to the store."))
        }
    }
}

/// A short fixed number is a confirmation number, a long one the buyer's phone number.
fn second_label(lang: Lang, second: &str) -> &'static str {
    if second.len() == 6 {
        lang.pick("確認番号", "Confirmation number")
    } else {
        lang.pick("電話番号", "Phone number")
    }
}

fn state(lang: Lang, status: Status) -> Markup {
    let text = match status {
        Status(10) => return html! {},
        Status(40 | 43) => lang.pick("お支払い済みです。", "This has been paid."),
        Status(61) => lang.pick("このお支払いは取り消されました。", "This payment has been withdrawn."),
        _ => lang.pick(
            "お支払い期限を過ぎたため、ご利用いただけません。",
            "The payment limit has passed; it can no longer be paid.",
        ),
    };
    html! { p .note { strong { (text) } } }
}

/// The last moment at which it can be paid, for people.
fn until(lang: Lang, limit: Moment) -> String {
    limit.civil().strftime(lang.pick("%Y年%-m月%-d日 %H:%M:%S", "%Y-%m-%d %H:%M:%S")).to_string()
}
