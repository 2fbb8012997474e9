//! The link type's hosted pages (`link.md` section 5): a shop sends its buyers here, and they pay here.
//!
//! A page shows what the ledger says; a form changes it and sends the browser on to the next page, so that going
//! back, reloading and pressing a button twice do no harm.

pub(super) mod atm;
pub(super) mod bank;
pub(super) mod card;
mod cards;
pub(super) mod convenience;
mod door;
mod frame;
pub(super) mod paypay;
mod person;
mod sent;
mod top;
mod visit;
mod words;

pub(super) use visit::Visit;

use axum::Router;
use axum::http::header;
use axum::routing::{any, get, post};

use crate::server::Door;
use crate::server::shopper::pages::Pages;

pub(super) static PAGES: Pages = Pages {
    // Applications for hosted pages (`link.md` section 2).
    from_shops: &["/v/"],
    ..Pages::of(routes)
};

fn routes() -> Router<Door> {
    Router::new()
        .route("/v/request", any(door::windows_31j_request))
        .route("/v/u/request", any(door::utf_8_request))
        .route("/v/e/request", any(door::euc_jp_request))
        .route("/v/cardreg", any(door::windows_31j_cards))
        .route("/v/u/cardreg", any(door::utf_8_cards))
        .route("/v/e/cardreg", any(door::euc_jp_cards))
        .route("/linktype/cards", get(cards::first))
        .route("/linktype/cards/edit", get(cards::edit).post(cards::enter))
        .route("/linktype/cards/remove", get(cards::remove))
        .route("/linktype/cards/confirm", get(cards::confirm))
        .route("/linktype/cards/apply", post(cards::apply))
        .route("/linktype/cards/authenticated", get(cards::authenticated))
        .route("/linktype/top", get(top::first))
        .route("/linktype/left", post(visit::left))
        .route(
            "/assets/link.css",
            get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../assets/link.css"))),
        )
        .route(
            "/assets/link.js",
            get(async || {
                ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../assets/link.js"))
            }),
        )
}
