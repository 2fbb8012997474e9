//! Where we are: what we listen on, what clients call us, and what a browser can open.
//!
//! Everything that names an address asks here, so that all of them name the same: the first lines of output, the
//! console, the pages that an answer points to, the certificate, the hosts line.

pub mod hosts;
mod machine;
mod public_url;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use hyper::http::uri::Authority;
use serde::{Deserialize, Serialize};

pub use public_url::{PublicUrl, PublicUrlError};

/// The port of URLs that name none.
const HTTPS: u16 = 443;

/// What every machine calls itself; the server certificate always names them.
pub const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where a running emulator listens; what `ports.json` holds.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), paygent_emulator::Error> {
/// # let emulator = paygent_emulator::Emulator::start().await?;
/// let ports = emulator.ports();
/// assert_ne!(ports.listen, ports.console);
/// assert_eq!((ports.http, ports.proxy), (None, None), "nobody asked for them");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// Telegrams and shopper pages, over TLS.
    pub listen: SocketAddr,
    /// Console and control API, over plain HTTP.
    pub console: SocketAddr,
    /// The token script and its server on plain HTTP, if they are there.
    #[serde(default)]
    pub http: Option<SocketAddr>,
    /// The CONNECT proxy, if there is one.
    pub proxy: Option<SocketAddr>,
}

impl Ports {
    /// The file in a data directory that tells where the emulator listens.
    pub(crate) fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("ports.json")
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<SocketAddr> {
        [self.listen, self.console].into_iter().chain(self.http).chain(self.proxy).collect()
    }
}

/// What a client called us when it sent a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Called<'a> {
    /// Its `Host`. Some shops send their own.
    pub host: Option<&'a str>,
    /// The server name of its TLS handshake.
    pub server_name: Option<&'a str>,
}

/// Where we are.
#[derive(Clone, Debug)]
pub struct Addresses {
    ports: Ports,
    public: Option<PublicUrl>,
    /// Hosts that are ours, beside [`LOCAL_HOSTS`] and those that we play.
    further: Vec<String>,
}

impl Addresses {
    /// `public` is where browsers find us if it is not where we listen; `names` are further hosts by which clients
    /// reach us.
    pub fn new(ports: Ports, public: Option<PublicUrl>, names: &[String]) -> Addresses {
        let ip = ports.listen.ip();
        let mut further = if ip.is_unspecified() { machine::names() } else { vec![ip.to_string()] };
        further.extend(names.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()));
        further.extend(public.iter().map(|url| url.host().to_owned()));
        Addresses { ports, public, further }
    }

    /// What we listen on.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Hosts and addresses that are ours beside [`LOCAL_HOSTS`] and those that we play; the certificate names them too.
    pub fn further_hosts(&self) -> &[String] {
        &self.further
    }

    /// Where clients and browsers find telegrams and pages, such as `https://localhost:8443`, without a slash at the
    /// end: the public URL, or the address that we listen on.
    pub fn url(&self) -> String {
        match &self.public {
            Some(public) => public.as_str().to_owned(),
            None => self.own_url(),
        }
    }

    /// Where the pages are that an answer points to, for a client that called us so. A name that is not ours, such as
    /// that of the shop itself, builds no address.
    pub fn base_url(&self, called: Called<'_>) -> String {
        if let Some(public) = &self.public {
            return public.as_str().to_owned();
        }
        let played = called.server_name.and_then(hosts::find_played);
        if let Some(url) = called.host.and_then(|host| self.by_host(host, played.is_some())) {
            return url;
        }
        match (played, called.server_name) {
            // Whoever has a host of the real service in his code reaches it at its own port.
            (Some(host), _) if self.ports.proxy.is_some() => https(host, HTTPS),
            (Some(host), _) => https(host, self.ports.listen.port()),
            (None, Some(name)) => match self.find_further(name) {
                Some(host) => https(host, self.ports.listen.port()),
                None => self.own_url(),
            },
            (None, None) => self.own_url(),
        }
    }

    /// The address that a `Host` stands for, if it is ours.
    fn by_host(&self, host: &str, dialled_a_played_one: bool) -> Option<String> {
        let own = self.ports.listen.port();
        let authority: Authority = host.parse().ok()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let name = authority.host();
        let port = port(&authority).filter(|port| *port == HTTPS || *port == own)?;
        if let Some(played) = hosts::find_played(name) {
            return Some(https(played, port));
        }
        // A shop on this machine tells its own host, and not the one that it dialled.
        if dialled_a_played_one {
            return None;
        }
        let bare = name.trim_matches(['[', ']']);
        let local = LOCAL_HOSTS.into_iter().find(|local| same_host(local, bare));
        local.or_else(|| self.find_further(bare)).map(|host| https(host, port))
    }

    fn find_further(&self, host: &str) -> Option<&str> {
        self.further.iter().map(String::as_str).find(|further| same_host(further, host))
    }

    /// The address that we listen on, as a client on this machine would write it.
    fn own_url(&self) -> String {
        let listen = self.ports.listen;
        let ip = listen.ip();
        let by_name = ip.is_unspecified() || ip == IpAddr::V4(Ipv4Addr::LOCALHOST);
        if by_name { https("localhost", listen.port()) } else { https(&ip.to_string(), listen.port()) }
    }

    /// Where the console is, without a slash at the end.
    pub fn console_url(&self) -> String {
        format!("http://{}", reachable(self.ports.console))
    }

    /// Where the token script is on plain HTTP, without a slash at the end, if it is there.
    pub fn http_url(&self) -> Option<String> {
        self.ports.http.map(|http| format!("http://{}", reachable(http)))
    }

    /// Where the CONNECT proxy is, if there is one.
    pub fn proxy(&self) -> Option<SocketAddr> {
        self.ports.proxy.map(reachable)
    }

    /// The line of `/etc/hosts` that leads the hosts that we play here.
    pub fn hosts_line(&self) -> String {
        let names: Vec<&str> = hosts::played().collect();
        let ip = self.ports.listen.ip();
        let ip = if ip.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { ip };
        format!("{ip} {}", names.join(" "))
    }
}

impl Default for Addresses {
    /// A gateway without doors: `https://localhost`.
    fn default() -> Addresses {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, HTTPS));
        Addresses::new(Ports { listen: nowhere, console: nowhere, http: None, proxy: None }, None, &[])
    }
}

/// Where to dial what listens there: a listener on all addresses is reached at the loopback address.
pub fn reachable(listens: SocketAddr) -> SocketAddr {
    match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, listens.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, listens.port())),
        _ => listens,
    }
}

/// Names in any case of letters and with or without the root's dot; addresses in any spelling.
fn same_host(ours: &str, theirs: &str) -> bool {
    match (ours.parse::<IpAddr>(), theirs.parse::<IpAddr>()) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        _ => theirs.strip_suffix('.').unwrap_or(theirs).eq_ignore_ascii_case(ours),
    }
}

/// The port of an authority, 443 when it has none; nothing when what stands there is no port.
fn port(authority: &Authority) -> Option<u16> {
    let rest = authority.as_str().rsplit('@').next()?.strip_prefix(authority.host())?;
    if rest.is_empty() { Some(HTTPS) } else { rest.strip_prefix(':')?.parse().ok().filter(|port| *port > 0) }
}

fn https(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == HTTPS { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

#[cfg(test)]
mod tests;
