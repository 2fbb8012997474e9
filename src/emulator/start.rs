//! Starting: the data directory is claimed, the doors are opened, the clockwork is set going.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::addresses::{Addresses, PublicUrl};
use crate::clock::Clock;
use crate::deadlines;
use crate::emulator::builder::Config;
use crate::emulator::claim::Claim;
use crate::emulator::data_dir::DataDir;
use crate::emulator::doors::{Listeners, Rooms};
use crate::emulator::{Certificates, Emulator, Error, StartError, merchant};
use crate::files;
use crate::gateway::Gateway;
use crate::ledger::MemoryLedger;
use crate::merchant::{MerchantId, Merchants, PinnedError};
use crate::outbox;
use crate::pki::{Pki, PkiOptions};
use crate::random::Seed;
use crate::secret::Secret;
use crate::server::exposure::Exposed;
use crate::server::proxy::Passthrough;
use crate::server::tls::Tls;
use crate::server::{self, ConsoleSettings, ConsoleToken};

/// The merchant that is meant where a list of merchants is empty.
const USUAL: &str = "10000";

/// Opens all doors. When this returns, telegrams are accepted.
pub(super) async fn start(config: Config) -> Result<Emulator, Error> {
    // The fixtures take as long to read as the certificates: do both at once. And one thread reads them all, because
    // what its parser leaves behind stays with this thread's heap, and with each heap where it ever ran.
    let fixtures = tokio::task::spawn_blocking(|| {
        crate::wire::catalog();
        crate::fixtures::errors();
        crate::method::METHODS.iter().for_each(|method| method.prepare());
    });
    let public_url = config.public_url.as_deref().map(str::parse::<PublicUrl>).transpose().map_err(StartError::from)?;
    let token = config.console_token.as_deref().map(str::parse::<ConsoleToken>).transpose();
    let token = token.map_err(StartError::from)?;
    let merchants = match &config.merchants_file {
        None => Merchants::open_door(),
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|reason| StartError::NoMerchants { path: path.clone(), reason })?;
            pinned(&text).map_err(|reason| StartError::Merchants { path: path.clone(), reason })?
        }
    };
    let first = merchants.first().map_or_else(|| MerchantId::new(USUAL), |merchant| merchant.merchant_id.clone());
    let data_dir = DataDir::new(config.data_dir.clone());
    let mut claim = Claim::new(data_dir.path())?;
    let listeners = Listeners::bind(&config).await?;
    let ports = listeners.ports;
    for door in Exposed::doors(&ports, token.is_some()) {
        tracing::warn!("{}", door.english());
    }
    let addresses = Addresses::new(ports, public_url, &config.server_names);
    let options = PkiOptions { rsa: config.rsa, extra_hosts: addresses.further_hosts().to_vec() };
    let seed = config.seed.map(Seed::new);
    let pki = Pki::open(&data_dir.pki(), &options).map_err(StartError::from)?;
    pki.check_client_files().map_err(StartError::from)?;
    let key = match &seed {
        None => fingerprint_key(&data_dir.path().join("fingerprint.key"))?,
        Some(seed) => seed.bytes("fingerprint.key", 0, 0),
    };
    let tls = Tls::new(&pki, config.client_auth, config.client_ca.as_deref()).map_err(StartError::from)?;
    let mut gateway = Gateway::new(merchants, Box::new(MemoryLedger::default()), Secret::new(key));
    gateway.clock = Clock::starting_as(config.clock);
    gateway.notice_delay = config.notice_delay;
    gateway.seed = seed;
    gateway.set_addresses(addresses);
    gateway.restore().map_err(StartError::from)?;
    let gateway = Arc::new(gateway);
    for settings in config.merchants {
        merchant::put(&gateway, settings)?;
    }

    let (stop, stopped) = watch::channel(false);
    let console = ConsoleSettings {
        pki_dir: data_dir.pki(),
        client_auth: config.client_auth,
        token,
        hosts: config.console_hosts,
    };
    let passthrough = match (config.proxy_passthrough, config.proxy_passthrough_private) {
        (_, true) => Passthrough::Anywhere,
        (true, false) => Passthrough::Public { own: ports.all().into() },
        (false, false) => Passthrough::Nowhere,
    };
    let doors = listeners.open(Rooms { gateway: Arc::clone(&gateway), tls, console, passthrough, stopped });
    let mut clockwork = JoinSet::new();
    clockwork.spawn(deadlines::watch(Arc::clone(&gateway)));
    clockwork.spawn(outbox::deliver(Arc::clone(&gateway), config.notice_timeout));
    clockwork.spawn(outbox::deliver_messages(Arc::clone(&gateway), config.notice_timeout));
    // A panic in there is a fixture that does not parse, which every request would meet again.
    let _ = fixtures.await;
    claim.tell(ports)?;
    let certificates = Certificates::new(pki);
    Ok(Emulator { gateway, stop, doors, _clockwork: clockwork, certificates, first, _claim: claim, data_dir })
}

/// The merchants of a list, each fit to send telegrams.
fn pinned(text: &str) -> Result<Merchants, PinnedError> {
    let merchants = Merchants::pinned(text)?;
    for merchant in merchants.all() {
        let merchant_id = merchant.merchant_id.clone();
        server::check_merchant(&merchant).map_err(|reason| PinnedError::Unfit { merchant_id, reason })?;
    }
    Ok(merchants)
}

/// The secret of this data directory that fingerprints of card numbers are made with; made when it is first needed.
fn fingerprint_key(path: &Path) -> Result<[u8; 32], StartError> {
    if files::read_secret(path)?.is_none() {
        files::place_new(path, &crate::random::bytes::<32>())?;
    }
    let key = files::read(path)?;
    key.as_slice().try_into().map_err(|_| StartError::Damaged {
        path: path.to_owned(),
        reason: format!("it has {} bytes instead of 32", key.len()),
        price: "fingerprints of cards are other ones then",
    })
}
