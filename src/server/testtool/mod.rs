//! The test environment's tool (試験環境ツール): marks payments as paid, expired, withdrawn (`test_tool.md`).
//!
//! Screens, their order and their labels are the manual's. The client certificate is optional here; who one
//! is stands in the form of each screen.

mod appear;
mod change;
mod functions;
mod layout;
mod search;
mod stop_card;
mod update_cards;

pub(in crate::server) use layout::worded;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::header;
use axum::response::Redirect;
use axum::routing::{get, post};
use serde::Deserialize;

use crate::gateway::Gateway;
use crate::merchant::{Merchant, MerchantId};
use crate::method::{UpdateError, UpdateInput};
use crate::payment::{PaymentId, Refusal};
use crate::server::Door;
use crate::text::Lang;

pub(super) fn routes() -> Router<Door> {
    let entry =
        || get(async |Query(asked): Query<Asked>| Redirect::to(&format!("{}{}", layout::SEARCH, asked.query())));
    Router::new()
        .route("/testtool", entry())
        .route("/testtool/", entry())
        .route(layout::SEARCH, get(search::show).post(search::chosen))
        .route(change::PATH, post(change::execute))
        .route("/testtool/appear/{payment_type}", post(appear::execute))
        .route(stop_card::PATH, post(stop_card::execute))
        .route(
            "/assets/testtool.css",
            get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("assets/testtool.css"))),
        )
}

/// The language asked for.
#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

impl Asked {
    fn lang(&self) -> Lang {
        if self.lang.as_deref() == Some("en") { Lang::En } else { Lang::Ja }
    }

    fn query(&self) -> &'static str {
        if self.lang() == Lang::En { "?lang=en" } else { "" }
    }
}

/// What was typed into a screen.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Typed(BTreeMap<String, String>);

impl Typed {
    /// A value without blanks around it; empty when it is absent.
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map(|value| value.trim()).unwrap_or_default()
    }

    /// A value as it was typed; `None` when the screen did not have it.
    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn lang(&self) -> Lang {
        if self.get("lang") == "en" { Lang::En } else { Lang::Ja }
    }

    fn payment_id(&self) -> Option<PaymentId> {
        self.get("payment_id").parse().ok()
    }

    /// The merchant of マーチャントID, 接続ID and 接続パスワード; a sentence when they are not one's.
    fn merchant(&self, gateway: &Gateway) -> Result<Arc<Merchant>, String> {
        let lang = self.lang();
        if let Some((_, label, english)) = layout::COMMON[..3].iter().find(|(name, _, _)| self.get(name).is_empty()) {
            return Err(absent(lang, label, english));
        }
        let merchant = gateway.merchants.get(&MerchantId::new(self.get("merchant_id"))).filter(|merchant| {
            merchant.connect_id == self.get("connect_id") && merchant.connect_password == self.get("connect_password")
        });
        merchant.ok_or_else(|| {
            let japanese =
                "マーチャントID、マーチャント接続ID、マーチャント接続パスワードのいずれかが正しくありません。";
            lang.pick(japanese, "Merchant ID, connect ID or connect password is wrong.").to_owned()
        })
    }
}

fn absent(lang: Lang, label: &str, english: &str) -> String {
    match lang {
        Lang::Ja => format!("{label}を入力してください。"),
        Lang::En => format!("{english} is missing."),
    }
}

/// Why a method refuses, for the result line.
fn told(lang: Lang, error: &UpdateError, inputs: &[UpdateInput]) -> String {
    match (lang, error) {
        (Lang::Ja, UpdateError::Forbidden { reason }) => format!("更新できません。({})", reason.japanese),
        (Lang::En, UpdateError::Forbidden { reason }) => format!("Not possible: {reason}"),
        (_, UpdateError::Invalid { field, reason }) => {
            let input = inputs.iter().find(|input| *input.name == *field);
            match lang {
                Lang::Ja => {
                    let label = input.map_or(field.as_str(), |input| input.label);
                    format!("{label}が正しくありません。({})", reason.japanese)
                }
                Lang::En => format!("{}: {reason}", input.map_or(field.as_str(), |input| input.english)),
            }
        }
    }
}

/// Why the gateway refuses, for the result line: with the interface's code and sentence, or with the input at fault.
fn refused(lang: Lang, refusal: &Refusal, inputs: &[UpdateInput]) -> String {
    let input = refusal.field.as_deref().and_then(|field| inputs.iter().find(|input| *input.name == *field));
    match (lang, input) {
        (Lang::Ja, Some(input)) if refusal.code == "P006" => absent(lang, input.label, input.english),
        (Lang::Ja, Some(input)) => format!("{}が正しくありません。", input.label),
        (Lang::Ja, None) => format!("{} ({})", refusal.detail, refusal.code),
        (Lang::En, Some(input)) => format!("{}: {}", input.english, refusal.explanation),
        (Lang::En, None) => format!("{} ({})", refusal.explanation, refusal.code),
    }
}
