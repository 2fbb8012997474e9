//! The doors of an emulator: bound first, opened when everything behind them is there.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::addresses::Ports;
use crate::emulator::StartError;
use crate::emulator::builder::Config;
use crate::gateway::Gateway;
use crate::journal::{About, Entry};
use crate::payment::Refusal;
use crate::server::connections::Limits;
use crate::server::proxy::{self, Passthrough};
use crate::server::tls::{self, OnRefused, Tls};
use crate::server::{self, ConsoleSettings, Door};
use crate::text::Text;

/// What listens, before anybody is let in.
pub(super) struct Listeners {
    telegrams: TcpListener,
    console: TcpListener,
    http: Option<TcpListener>,
    proxy: Option<TcpListener>,
    /// Where each listens: a port of 0 was picked.
    pub(super) ports: Ports,
}

/// What is behind the doors.
pub(super) struct Rooms {
    pub(super) gateway: Arc<Gateway>,
    pub(super) tls: Tls,
    pub(super) console: ConsoleSettings,
    pub(super) passthrough: Passthrough,
    /// Tells when they are to be closed.
    pub(super) stopped: watch::Receiver<bool>,
}

impl Listeners {
    pub(super) async fn bind(config: &Config) -> Result<Listeners, StartError> {
        let (telegrams, listen) = bind(config.listen, "--listen").await?;
        let (console, console_at) = bind(config.console, "--console").await?;
        let (http, http_at) = bind_if_wanted(config.http, "--http").await?.unzip();
        let (proxy, proxy_at) = bind_if_wanted(config.proxy, "--proxy").await?.unzip();
        let ports = Ports { listen, console: console_at, http: http_at, proxy: proxy_at };
        Ok(Listeners { telegrams, console, http, proxy, ports })
    }

    /// Lets everybody in. What is returned ends when the doors are closed.
    pub(super) fn open(self, rooms: Rooms) -> JoinSet<()> {
        let Rooms { gateway, tls, console, passthrough, stopped } = rooms;
        let mut doors = JoinSet::new();
        let door = Door { gateway: Arc::clone(&gateway), client_auth: console.client_auth };
        let limits = Limits::default();
        if let Some(http) = self.http {
            let app = server::http_routes(door.clone());
            doors.spawn(tls::serve_plain(http, app, limits.clone(), stopped.clone()));
        }
        let refused = write_down_refusals(Arc::clone(&gateway));
        let app = server::public_routes(door);
        doors.spawn(tls::serve(self.telegrams, tls, app, limits.clone(), stopped.clone(), refused));
        let app = server::console_routes(gateway, console, stopped.clone());
        // Its own rules say who may use it: whoever may sends as much as a shop does.
        let of_console = Limits { stranger_body_bytes: limits.body_bytes, ..limits.clone() };
        doors.spawn(tls::serve_plain(self.console, app, of_console, stopped.clone()));
        if let Some(proxy) = self.proxy {
            doors.spawn(proxy::serve(proxy, self.ports.listen, passthrough, stopped, limits));
        }
        doors
    }
}

/// A listener, and where it listens: a port of 0 is picked here.
async fn bind(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let open = async {
        let listener = TcpListener::bind(address).await?;
        let at = listener.local_addr()?;
        Ok((listener, at))
    };
    open.await.map_err(|reason| StartError::Listen { address, flag, reason })
}

async fn bind_if_wanted(
    address: Option<SocketAddr>,
    flag: &'static str,
) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    match address {
        Some(address) => bind(address, flag).await.map(Some),
        None => Ok(None),
    }
}

fn write_down_refusals(gateway: Arc<Gateway>) -> OnRefused {
    Arc::new(move |refused| {
        let (reason, remedy) = (&refused.reason, &refused.remedy);
        tracing::warn!(remote = %refused.remote, reason = &*reason.english, remedy = &*remedy.english, "connection refused");
        let rule = Text::filled(
            format!("{}{}", reason.japanese, remedy.japanese),
            format!("{}; {}", reason.english, remedy.english),
        );
        gateway.journal.add(Entry {
            remote: Some(refused.remote),
            refusal: Some(Refusal::with_detail("", &refused.reason.english, rule)),
            ..Entry::new(About::Connection, gateway.clock.common_now(), "")
        });
    })
}
