//! Pages that the shopper's browser sees, on the TLS port, and the one list of them.

mod bank;
mod barcode;
pub(super) mod layout;
mod leaving;
mod link;
mod pages;
mod paidy;
mod paypay;
mod slip;
mod three_d_secure;
mod token;
mod visitor;
mod webmoney;

pub(super) use pages::{own_hosts, plain_routes, routes, takes_from_shops, under_telegrams};

use pages::Pages;

/// The pages of all methods.
static PAGES: &[&Pages] = &[
    &slip::PAGES,
    &bank::PAGES,
    &webmoney::PAGES,
    &link::PAGES,
    &link::card::PAGES,
    &link::convenience::PAGES,
    &link::atm::PAGES,
    &link::bank::PAGES,
    &link::paypay::PAGES,
    &three_d_secure::PAGES,
    &token::PAGES,
    &paidy::PAGES,
    &paypay::PAGES,
];
