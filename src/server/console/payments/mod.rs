//! Payments: searched as on the merchants' site, one of them with all that is known, and what can be done with it.

mod actions;
mod columns;
mod csv;
mod detail;
pub(super) mod diagram;
mod results;
mod search;

use axum::Router;
use axum::routing::{get, post};

use crate::method;
use crate::payment::{Payment, PaymentType, Status};
use crate::server::console::Console;
use crate::server::console::layout::View;
use crate::wire::catalog;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/payments", get(results::index))
        .route("/payments.csv", get(csv::download))
        .route("/payments/batch", post(actions::batch))
        .route("/payments/{id}", get(detail::show))
        .route("/payments/{id}/operations", post(actions::operate))
        .route("/payments/{id}/transitions", post(actions::update))
}

/// Who caused a step: the telegram's name, or who it was.
pub(super) fn who(view: &View, by: &str) -> String {
    match by {
        "shopper" => view.pick("購入者", "Buyer").to_owned(),
        "vendor" => view.pick("決済機関", "Payment vendor").to_owned(),
        "tool" => view.pick("試験環境ツール", "Test tool").to_owned(),
        "merchant_site" => view.pick("加盟店 (ペイジェントオンライン)", "Merchant (Paygent Online)").to_owned(),
        "clock" => view.pick("時間経過", "Time").to_owned(),
        kind => match catalog().telegram(kind) {
            Some(spec) => format!("{kind} {}", view.lang.pick(spec.name, spec.english)),
            None => kind.to_owned(),
        },
    }
}

/// A payment type's name in the page's language.
fn type_name(view: &View, payment_type: PaymentType) -> String {
    let row = catalog().payment_type(payment_type);
    row.map_or_else(|| payment_type.to_string(), |row| view.lang.pick(row.name, row.english).to_owned())
}

/// A status with its code and name.
pub(super) fn status_name(payment_type: PaymentType, status: Status) -> String {
    format!("{status} {}", catalog().status_name(payment_type, status)).trim_end().to_owned()
}

/// A class for a status: good, bad or still open.
fn tone(payment: &Payment) -> &'static str {
    let stages = method::stages(payment.payment_type);
    if stages.done.contains(&payment.status) {
        "good"
    } else if stages.ended.contains(&payment.status) {
        "bad"
    } else {
        "open"
    }
}
