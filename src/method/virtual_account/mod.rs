//! Bank transfers to virtual accounts: 070 (`virtual_account.toml`; `cash_states.md`, type 07).

mod accounts;
mod apply;
mod deposit;
mod states;
mod update;

pub use states::TABLE;
use states::{APPLIED, CLEARED, CLOSED, EXPIRED};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::clock::Moment;
use crate::fixtures;
use crate::ledger::{Record, RecordKind};
use crate::method::cash::{TimeOfDay, calendar, typed};
use crate::method::description::{Creation, Description, Tab, ToolFunction};
use crate::method::{Desk, Method, Outcome, Update, UpdateError, UpdateInput};
use crate::payment::{Change, Payment, PaymentType, Refusal, Status, Table};
use crate::wire::{Reply, Telegram};

/// The virtual account method.
pub struct VirtualAccount;

/// The facts about virtual accounts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    bank_code: String,
    bank_name: String,
    branch_code: String,
    branch_name: String,
    deposit_kind: String,
    days: [u64; 2],
    default_days: u64,
    business_days: u32,
    expires_at: TimeOfDay,
}

fn facts() -> &'static Facts {
    static FACTS: LazyLock<Facts> = LazyLock::new(|| fixtures::parse(fixtures::VIRTUAL_ACCOUNTS));
    &FACTS
}

impl PaymentType {
    /// 仮想口座決済.
    pub const VIRTUAL_ACCOUNT: PaymentType = PaymentType(7);
}

const TYPES: &[PaymentType] = &[PaymentType::VIRTUAL_ACCOUNT];
const TABLES: &[Table] = &[TABLE];

static DESCRIPTION: Description = Description {
    tab: Some(Tab { id: "virtual_account", label: ("仮想口座", "Virtual account"), has_customer_numbers: false }),
    creation: Some(Creation {
        function: ToolFunction {
            place: 1,
            action: "virtual_account",
            button: ("仮想口座データを生成する", "Make a virtual account deposit"),
            lines: &[
                (
                    "下のボタンより、仮想口座決済のデータを生成できます。",
                    "The button below makes a payment to a virtual account with",
                ),
                (
                    "(決済ステータス:消込済、入金処理詳細:消込対象請求なし)",
                    "payment status: cleared, clearing detail: no claim to match.",
                ),
                ("※仮想口座決済をご利用の加盟店様のみ", "* Only for merchants that use virtual accounts"),
            ],
        },
        payment_type: PaymentType::VIRTUAL_ACCOUNT,
        caption: ("仮想口座決済（消込対象請求なし）登録", "Virtual account deposit without a claim"),
        result: ("処理結果:", "Result:"),
        has_marks: false,
        notes: &[],
    }),
    ..Description::NONE
};

impl Method for VirtualAccount {
    fn payment_types(&self) -> &'static [PaymentType] {
        TYPES
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["070"]
    }

    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn record_kinds(&self) -> &'static [RecordKind] {
        &[accounts::KIND]
    }

    fn telegram(&self, desk: &Desk<'_>, telegram: &Telegram) -> Result<Outcome, Refusal> {
        apply::apply(desk, &telegram.into())
    }

    fn payment_due(&self, desk: &Desk<'_>, payment: Payment) -> Result<Outcome, Refusal> {
        let next = if payment.status == APPLIED { EXPIRED } else { CLOSED };
        let mut change = Change::of(payment);
        let records = pass(desk, &mut change, next)?;
        Ok(Outcome { records, ..Outcome::changing(vec![change], Reply::ok()) })
    }

    /// Until a transfer comes, the claim.
    fn amount_shown(&self, payment: &Payment) -> u64 {
        if payment.status == CLEARED { payment.amount } else { deposit::claim(payment) }
    }

    fn update(&self, desk: &Desk<'_>, payment: Payment, update: &Update) -> Result<Outcome, UpdateError> {
        update::update(desk, payment, update)
    }

    fn update_inputs(&self, payment: &Payment, to: Status) -> Vec<UpdateInput> {
        update::inputs(payment, to)
    }

    fn appear(
        &self,
        desk: &Desk<'_>,
        _payment_type: PaymentType,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Outcome, UpdateError> {
        update::appear(desk, inputs)
    }

    fn appear_inputs(&self, _payment_type: PaymentType) -> Vec<UpdateInput> {
        update::appear_inputs()
    }
}

/// The limit passes: 12 waits for 16, and 16 frees the account. Returns the account's record.
fn pass(desk: &Desk<'_>, change: &mut Change, to: Status) -> Result<Vec<Record>, crate::payment::Forbidden> {
    change.enter(&TABLE, desk.by, to, desk.now)?;
    if to == EXPIRED {
        if let Some(limit) = typed::limit(change.payment()) {
            let grace = i64::from(desk.merchant.contracts.virtual_account.grace_days);
            // The tool can end a payment before its limit; it is matched until then all the same.
            change.set_due(over(limit.plus_days(grace)));
        }
        return Ok(Vec::new());
    }
    Ok(accounts::release(desk, change.payment()))
}

/// When the batch takes a limit date as passed.
fn over(limit: Moment) -> Moment {
    facts().expires_at.on(calendar::first_day_past(limit.civil().date(), facts().business_days))
}
