//! The CSV file of a search (`merchant_site.md` section 10).

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::server::api::Problem;
use crate::server::console::Console;
use crate::server::console::payments::columns::columns;
use crate::server::console::payments::search::Search;
use crate::text::text;
use crate::wire::Charset;

/// All payments of a search, in Windows-31J, every value in double quotes.
pub(super) async fn download(State(console): State<Console>, RawQuery(query): RawQuery) -> Response {
    let search = Search::parse(query.as_deref().unwrap_or_default());
    let payments = match search.run(&console).await {
        Ok(payments) => payments,
        Err(field) => {
            return Problem::invalid(field, text!("検索条件が正しくありません。", "the condition cannot be read"))
                .into_response();
        }
    };
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(columns().iter().map(|column| &column.heading));
    for payment in &payments {
        let _ = writer.write_record(columns().iter().map(|column| column.text(payment)));
    }
    let Ok(text) = writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let date = console.gateway.clock.common_now().date8();
    let name = format!("attachment; filename=\"payment_list_{}_{date}.csv\"", search.tab().id);
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=Windows-31J".to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, Charset::Windows31J.encode(&text).into_owned()).into_response()
}
