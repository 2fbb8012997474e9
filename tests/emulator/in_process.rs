//! A gateway in this process: telegrams without sockets, answered at once, and everything inside within reach.

use std::sync::Arc;

use futures_util::FutureExt as _;
use paygent_emulator::internal::addresses::Called;
use paygent_emulator::internal::gateway::{Gateway, Incoming};
use paygent_emulator::internal::ledger::MemoryLedger;
use paygent_emulator::internal::merchant::{Merchant, MerchantId, Merchants};
use paygent_emulator::internal::secret::Secret;
use paygent_emulator::internal::wire::catalog;

use crate::harness::{Answer, form};

/// A gateway and its first merchant.
pub(crate) struct InProcess {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) merchant: Arc<Merchant>,
}

impl InProcess {
    /// One that adopts whoever comes.
    pub(crate) fn open() -> InProcess {
        let ledger = Box::new(MemoryLedger::default());
        InProcess::of(Arc::new(Gateway::new(Merchants::open_door(), ledger, Secret::new([7; 32]))))
    }

    /// One that somebody else has made.
    pub(crate) fn of(gateway: Arc<Gateway>) -> InProcess {
        let merchant = gateway.merchants.get(&MerchantId::new("10000")).unwrap();
        InProcess { gateway, merchant }
    }

    /// Changes the merchant's settings.
    pub(crate) fn set(&mut self, change: impl FnOnce(&mut Merchant)) {
        let mut merchant = (*self.merchant).clone();
        change(&mut merchant);
        self.gateway.put_merchant(merchant);
        self.merchant = self.gateway.merchants.get(&self.merchant.merchant_id).unwrap();
    }

    /// The answer to whatever was asked.
    pub(crate) async fn ask(&self, path: &str, query: Option<&str>, body: &[u8]) -> Vec<u8> {
        let incoming = Incoming { path, query, called: Called::default(), body, remote: None, admission: Ok(()) };
        self.gateway.telegram(&incoming).await.body.to_vec()
    }

    /// Sends a telegram of the merchant, for which nothing has to be waited.
    pub(crate) fn send(&self, kind: &str, fields: &[(&str, &str)]) -> Answer {
        self.tell(kind, fields).now_or_never().unwrap()
    }

    /// Sends a telegram of the merchant.
    pub(crate) async fn tell(&self, kind: &str, fields: &[(&str, &str)]) -> Answer {
        let spec = catalog().telegram(kind).unwrap();
        let mut pairs = vec![
            ("merchant_id", self.merchant.merchant_id.as_str()),
            ("connect_id", self.merchant.connect_id.as_str()),
            ("connect_password", self.merchant.connect_password.as_str()),
            ("telegram_kind", kind),
            ("telegram_version", "1.0"),
        ];
        pairs.extend_from_slice(fields);
        let body = self.ask(spec.path, None, form(&pairs, spec.charset).as_bytes()).await;
        Answer::parse(&body, spec.charset)
    }
}
