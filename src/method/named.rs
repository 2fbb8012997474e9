//! How telegrams name payments.

use crate::wire::{Telegram, name};

/// A payment by one of its ids, or by both (`common.md` section 3, "trading_id and payment_id").
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// 決済ID.
    pub payment_id: Option<&'a str>,
    /// マーチャント取引ID.
    pub trading_id: Option<&'a str>,
}

impl<'a> From<&'a Telegram> for Named<'a> {
    fn from(telegram: &'a Telegram) -> Named<'a> {
        Named { payment_id: telegram.get(name::PAYMENT_ID), trading_id: telegram.get(name::TRADING_ID) }
    }
}
