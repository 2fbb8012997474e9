//! What a merchant does on the merchants' site, decided and committed like everything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gateway::{Done, Gateway};
use crate::merchant::Merchant;
use crate::method::{self, Operation, SiteAction, Update, UpdateError};
use crate::payment::{PaymentId, Trigger};
use crate::text::text;
use crate::wire::{Telegram, catalog, name};

impl Gateway {
    /// Does an operation of the merchants' site.
    pub async fn operate_on_site(
        self: &Arc<Self>,
        merchant: &Merchant,
        payment_id: PaymentId,
        operation: Operation,
        amount: Option<u64>,
    ) -> Result<Done, UpdateError> {
        let decided = self.operate(merchant, Trigger::MerchantSite, |desk| {
            let unknown = || {
                let reason = text!("決済 {id} はありません。", "the merchant has no payment {id}", id = payment_id);
                UpdateError::forbidden(reason)
            };
            let payment = desk.payment(payment_id).ok_or_else(unknown)?;
            let method = method::for_payment_type(payment.payment_type).ok_or_else(unknown)?;
            let mut possible = method.site_operations(&payment);
            possible.retain(|known| known.operation == operation);
            if possible.is_empty() {
                let reason = text!(
                    "決済ステータス {status} の決済に {operation} はできません。",
                    "{operation} is not possible for a payment in status {status}",
                    operation = operation,
                    status = payment.status
                );
                return Err(UpdateError::forbidden(reason));
            }
            let Some(chosen) = possible.into_iter().find(|known| known.amount_field.is_some() == amount.is_some())
            else {
                let reason = match amount {
                    Some(_) => text!(
                        "{operation} に金額は指定できません。",
                        "{operation} takes no amount",
                        operation = operation
                    ),
                    None => {
                        text!("{operation} には金額が必要です。", "{operation} needs an amount", operation = operation)
                    }
                };
                return Err(UpdateError::invalid(name::AMOUNT, reason));
            };
            match chosen.action {
                SiteAction::Update(to) => {
                    method.update(desk, payment, &Update { payment_status: to, inputs: BTreeMap::new() })
                }
                SiteAction::Telegram { kind, fields } => {
                    let spec = catalog().telegram(kind).ok_or_else(unknown)?;
                    let amount = chosen.amount_field.zip(amount).map(|(field, amount)| (field, amount.to_string()));
                    let id = (name::PAYMENT_ID, payment_id.to_string());
                    let trading_id = payment.trading_id.as_deref().map(|id| (name::TRADING_ID, id.to_owned()));
                    let fields = [id].into_iter().chain(trading_id).chain(fields).chain(amount);
                    Ok(method::for_kind(kind).unwrap_or(method).telegram(desk, &Telegram::new(spec, fields))?)
                }
            }
        });
        decided.await
    }
}
