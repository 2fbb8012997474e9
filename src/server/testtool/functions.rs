//! The special functions of the test tool, and the one list of those that have pages of their own.

use std::pin::Pin;
use std::sync::Arc;

use axum::response::Response;

use crate::gateway::Gateway;
use crate::merchant::Merchant;
use crate::method::{Creation, METHODS, ToolFunction};
use crate::server::testtool::{Typed, stop_card, update_cards};

/// What a function answers when its button was pressed.
pub(super) type Started = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A function with a page of its own.
pub(super) struct Own {
    pub(super) function: ToolFunction,
    pub(super) start: fn(Arc<Gateway>, Arc<Merchant>, Typed) -> Started,
}

static OWN: &[&Own] = &[&stop_card::FUNCTION, &update_cards::FUNCTION];

/// What a button leads to.
pub(super) enum Function {
    /// A screen that makes a payment.
    Creation(&'static Creation),
    /// A page of its own.
    Own(&'static Own),
}

fn creations() -> impl Iterator<Item = &'static Creation> {
    METHODS.iter().filter_map(|method| method.description().creation.as_ref())
}

/// The functions, in the order of the screen.
pub(super) fn all() -> Vec<&'static ToolFunction> {
    let creations = creations().map(|creation| &creation.function);
    let mut all: Vec<_> = creations.chain(OWN.iter().map(|own| &own.function)).collect();
    all.sort_by_key(|function| function.place);
    all
}

/// What a button leads to; `None` for the button of the search.
pub(super) fn find(action: &str) -> Option<Function> {
    let own = || OWN.iter().copied().find(|own| own.function.action == action).map(Function::Own);
    let creation = creations().find(|creation| creation.function.action == action).map(Function::Creation);
    creation.or_else(own)
}

/// The function that makes payments of a type.
pub(super) fn creation(payment_type: crate::payment::PaymentType) -> Option<&'static Creation> {
    creations().find(|creation| creation.payment_type == payment_type)
}
