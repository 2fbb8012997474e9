//! What is set beside payments and survives with them, where the ledger outlives the process: merchants, clocks, faults.

use std::sync::Arc;

use crate::gateway::Gateway;
use crate::keeper::Keeper;
use crate::ledger::{Ledger, Setting, StoreError, Stored, noted};

impl Gateway {
    /// Takes up what was set before, and keeps what is set from now on. A ledger that ends with the process has nothing
    /// of it, and need not be told.
    ///
    /// # Errors
    ///
    /// When the store fails, or has something that cannot be understood.
    pub fn restore(&self) -> Stored<()> {
        if !self.store.lasts() {
            return Ok(());
        }
        self.take_up(Setting::Merchant, &self.merchants.keeper, |_, value| self.merchants.restore(value))?;
        self.take_up(Setting::Clock, &self.clock.keeper, |key, value| self.clock.restore(key, value))?;
        self.take_up(Setting::Faults, &self.faults.keeper, |_, value| self.faults.restore(value))
    }

    fn take_up(
        &self,
        setting: Setting,
        keeper: &Keeper,
        restore: impl Fn(&str, &str) -> Result<(), serde_json::Error>,
    ) -> Stored<()> {
        for (key, value) in self.store.settings(setting)? {
            let unknown = |error| StoreError::new(format!("{setting:?} {key:?} cannot be read: {error}"));
            restore(&key, &value).map_err(unknown)?;
        }
        let store: Arc<dyn Ledger> = Arc::clone(&self.store);
        keeper.tell_from_now_on(move |key, value| noted(store.keep_setting(setting, key, value)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures_util::FutureExt as _;

    use super::*;
    use crate::clock::Moment;
    use crate::faults::Fault;
    use crate::ledger::{Around, Hook, MemoryLedger};
    use crate::merchant::{Merchant, MerchantId, Merchants};
    use crate::secret::Secret;

    fn emulator(store: &Arc<dyn Ledger>) -> Arc<Gateway> {
        let gateway = Gateway::sharing(Merchants::open_door(), Arc::clone(store), Secret::new([7; 32]));
        gateway.restore().unwrap();
        Arc::new(gateway)
    }

    fn come(gateway: &Gateway, id: &str, password: &str) -> bool {
        let caller = gateway.merchants.authenticate(id, "connect", password);
        caller.is_ok_and(|caller| gateway.adopt(caller).is_ok())
    }

    #[test]
    fn merchants_clocks_and_faults_are_there_again_after_a_restart() {
        let store: Arc<dyn Ledger> = Arc::new(MemoryLedger::lasting());
        let (first, put, gone) = (MerchantId::new("10000"), MerchantId::new("40001"), MerchantId::new("40002"));
        let then: Moment = "2027-01-01T10:00:00+09:00".parse().unwrap();
        let fault = |kind: &str, times| Fault {
            merchant_id: first.clone(),
            telegram_kind: kind.to_owned(),
            response_code: "2002".to_owned(),
            response_detail: String::new(),
            done: false,
            leaves: None,
            times,
        };
        let before = emulator(&store);
        let known = Merchant::clone(&before.merchants.get(&first).unwrap());
        before.put_merchant(Merchant { notification_url: "http://shop/".to_owned(), ..known });
        for id in [&put, &gone] {
            before.put_merchant(Merchant::new(id.clone(), "connect", "secret"));
        }
        before.remove_merchant(&gone).unwrap();
        assert!(come(&before, "50000", "mine"));
        before.clock.set(Some(&put), then, true);
        before.clock.set(Some(&first), then, true);
        before.clock.set(None, then.plus_days(1), true);
        before.clock.reset(Some(&first));
        before.faults.add(fault("020", 3));
        before.faults.add(fault("021", 1));
        before.faults.take(&first, "020");
        before.faults.take(&first, "021");

        let after = emulator(&store);
        assert_eq!(after.merchants.all(), before.merchants.all());
        assert_eq!(after.merchants.get(&first).unwrap().notification_url, "http://shop/");
        assert!(after.merchants.get(&gone).is_none());
        assert!(!come(&after, "50000", "another's") && come(&after, "50000", "mine"));
        assert!(after.remove_merchant(&first).is_err(), "it was there from the start");
        assert_eq!(after.clock.now(&put), then);
        assert_eq!(after.clock.now(&first), then.plus_days(1));
        assert_eq!(after.faults.waiting(), [fault("020", 2)]);

        // Those that came by themselves are forgotten by a reset, and so are clocks and faults.
        after.reset(None);
        let fresh = emulator(&store);
        assert!(fresh.merchants.get(&MerchantId::new("50000")).is_none());
        assert!(fresh.merchants.get(&put).is_some());
        assert_eq!((fresh.faults.waiting(), fresh.clock.has_own(&put)), (vec![], false));
        assert!(fresh.clock.common_now() < then);
        assert!(fresh.advance(None, jiff::Span::new().days(1)).now_or_never().unwrap().is_empty());
    }

    /// Keeps nothing while it is broken.
    struct Broken(Arc<AtomicBool>);

    impl Hook for Broken {
        fn call<T>(&self, name: &'static str, call: impl FnOnce() -> Stored<T>) -> Stored<T> {
            if self.0.load(Ordering::SeqCst) { Err(StoreError::new(format!("{name} is broken"))) } else { call() }
        }
    }

    #[test]
    fn credentials_that_could_not_be_kept_do_not_count() {
        let is_broken = Arc::new(AtomicBool::new(false));
        let ledger = Around { ledger: MemoryLedger::lasting(), hook: Broken(Arc::clone(&is_broken)) };
        let store: Arc<dyn Ledger> = Arc::new(ledger);
        let gateway = emulator(&store);
        is_broken.store(true, Ordering::SeqCst);
        let caller = gateway.merchants.authenticate("50000", "connect", "first").unwrap();
        assert_eq!(gateway.adopt(caller).unwrap_err().code, "E001");
        is_broken.store(false, Ordering::SeqCst);
        assert!(come(&gateway, "50000", "second") && !come(&gateway, "50000", "first"));
        assert!(come(&emulator(&store), "50000", "second") && !come(&emulator(&store), "50000", "first"));
    }

    #[test]
    fn what_cannot_be_understood_is_not_taken_up() {
        let store: Arc<dyn Ledger> = Arc::new(MemoryLedger::lasting());
        store.keep_setting(Setting::Clock, "10000", Some("{\"of\":\"a newer version\"}".to_owned())).unwrap();
        let gateway = Gateway::sharing(Merchants::open_door(), store, Secret::new([7; 32]));
        let refused = gateway.restore().unwrap_err().to_string();
        assert!(refused.contains("Clock \"10000\" cannot be read"), "{refused}");
    }
}
