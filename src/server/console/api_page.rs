//! The control API to try out: its operations with forms, made in the browser from the OpenAPI document.

use std::collections::BTreeMap;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use serde::Deserialize;

use crate::fixtures;
use crate::server::console::Console;
use crate::server::console::layout::{Section, View};
use crate::text::Lang;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/api", get(page))
}

/// What the document says, by its English words, in the page's language.
fn words(lang: Lang) -> String {
    #[derive(Deserialize)]
    struct File {
        text: BTreeMap<String, String>,
    }
    match lang {
        Lang::Ja => serde_json::to_string(&fixtures::parse::<File>(fixtures::API_JAPANESE).text).unwrap_or_default(),
        Lang::En => "{}".to_owned(),
    }
}

async fn page(view: View) -> Response {
    let content = html! {
        p { (view.pick("コンソールでできることは、すべて JSON でもできます。", "Everything that the console can do, as JSON."))
            " " a href="/api/v1/openapi.json" { "OpenAPI" } }
        div #operations data-send=(view.pick("送信", "Send")) data-body=(view.pick("本文 (JSON)", "Body (JSON)"))
            data-answer=(view.pick("応答", "Answer")) data-stop=(view.pick("停止", "Stop"))
            data-texts=(words(view.lang)) aria-live="off" {
            noscript { p { (view.pick("この画面にはスクリプトが必要です。", "This page needs scripts.")) } }
        }
    };
    view.page_with(Section::Api, view.pick("API を試す", "Try the API"), &["/assets/api.js"], content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_document_says_of_operations_and_parameters_has_its_japanese() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
        let known: BTreeMap<String, String> = serde_json::from_str(&words(Lang::Ja)).unwrap();
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        for operation in operations {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let said = parameters.map(|parameter| &parameter["description"]).chain([&operation["summary"]]);
            for text in said.filter_map(serde_json::Value::as_str).filter(|text| text.contains(' ')) {
                assert!(known.contains_key(text), "{text:?} has no Japanese in fixtures/api_japanese.toml");
            }
        }
    }
}
