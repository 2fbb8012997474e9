//! What only one of several emulators on one store does at a time.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::real_now;
use crate::gateway::Gateway;
use crate::ledger::{self, Claim, Duty, Lease, Stored};
use crate::merchant::MerchantId;

/// How long a duty lasts unless it is renewed: so much later another goes on when one dies.
const LEASED: Duration = Duration::from_secs(9);
/// How often a duty is renewed by whoever does it.
pub(super) const RENEWED: Duration = Duration::from_secs(3);
/// How often whoever waits for a duty asks for it.
const ASKED: Duration = Duration::from_millis(100);

/// Somebody is at work; the duty ends when this is dropped.
pub(crate) struct OnDuty {
    gateway: Arc<Gateway>,
    merchant_id: MerchantId,
    duty: Duty,
}

impl Drop for OnDuty {
    fn drop(&mut self) {
        let OnDuty { gateway, merchant_id, duty } = self;
        // It ends by itself otherwise.
        ledger::noted(gateway.store.end_lease(merchant_id, *duty, gateway.holder));
    }
}

impl Gateway {
    /// Takes a duty, or keeps it for longer.
    pub(super) fn claim(&self, merchant_id: &MerchantId, duty: Duty) -> Stored<Lease> {
        let now = real_now();
        self.store.lease(merchant_id, Claim { duty, holder: self.holder, now, until: now.plus_duration(LEASED) })
    }

    /// Takes a duty; otherwise tells how long somebody else has it.
    pub(crate) fn take_duty(
        self: &Arc<Self>,
        merchant_id: &MerchantId,
        duty: Duty,
    ) -> Stored<Result<OnDuty, Duration>> {
        Ok(match self.claim(merchant_id, duty)? {
            Lease::Granted => Ok(OnDuty { gateway: Arc::clone(self), merchant_id: merchant_id.clone(), duty }),
            Lease::Elsewhere(until) => Err(until.since(real_now())),
        })
    }

    /// Takes a duty as soon as nobody else has it.
    pub(crate) async fn await_duty(self: &Arc<Self>, merchant_id: &MerchantId, duty: Duty) -> Stored<OnDuty> {
        loop {
            match self.take_duty(merchant_id, duty)? {
                Ok(taken) => return Ok(taken),
                Err(left) => tokio::time::sleep(left.min(ASKED)).await,
            }
        }
    }

    /// Does something that may take longer than a duty lasts, and keeps the duty for as long.
    pub(crate) async fn on_duty<T>(&self, merchant_id: &MerchantId, duty: Duty, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(RENEWED) => {
                    // Should it fail, it is asked for again before it is over.
                    ledger::noted(self.claim(merchant_id, duty));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, MemoryLedger};
    use crate::merchant::Merchants;
    use crate::method::{Desk, Outcome, atm};
    use crate::payment::{Refusal, Status, Trigger};
    use crate::secret::Secret;
    use crate::wire::Reply;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_on_one_store_meet_each_deadline_once() {
        let store: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
        let emulator = || Arc::new(Gateway::sharing(Merchants::open_door(), Arc::clone(&store), Secret::new([7; 32])));
        let (one, other) = (emulator(), emulator());
        let merchant = one.merchants.get(&MerchantId::new("10000")).unwrap();
        let apply = |desk: &Desk<'_>| {
            let mut change = desk.create(&atm::TABLE, Status(10), None, 100)?;
            change.set_due(desk.now.plus_days(1));
            Ok::<_, Refusal>(Outcome::changing(vec![change], Reply::ok()))
        };
        for _ in 0..100 {
            one.perform(&merchant, Trigger::telegram(b"010"), apply).await.unwritten().unwrap();
        }
        let before = store.last_notice_id(&merchant.merchant_id).unwrap();
        let days = jiff::Span::new().days(2);
        let (here, there) = tokio::join!(
            tokio::spawn(async move { one.advance(None, days).await }),
            tokio::spawn(async move { other.advance(None, days).await }),
        );
        assert_eq!(here.unwrap().len() + there.unwrap().len(), 100);
        assert_eq!(store.next_due(&merchant.merchant_id).unwrap(), None);
        assert_eq!(store.last_notice_id(&merchant.merchant_id).unwrap() - before, 100);
    }
}
