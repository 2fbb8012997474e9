//! Where the proxy leads beside the hosts that we play: whoever reaches it must not reach by it what only this machine
//! or its network can.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// How long a host that is dialled for real may take to be found, and to answer.
const DIAL: Duration = Duration::from_secs(10);

/// Which hosts that the emulator does not play the proxy leads to.
#[derive(Clone, Debug)]
pub enum Passthrough {
    /// None.
    Nowhere,
    /// Those on the public internet, this machine's doors aside.
    Public {
        /// Where the emulator itself listens.
        own: Arc<[SocketAddr]>,
    },
    /// All, those of this machine and of its network too.
    Anywhere,
}

/// Why a host was not dialled, or not reached.
pub(super) enum NoWay {
    /// It is not one of those that the proxy leads to.
    Forbidden(IpAddr),
    /// It cannot be found or does not answer.
    Unreachable(io::Error),
}

impl Passthrough {
    /// Dials a host. Its name is looked up once, and what is dialled is an address that was judged.
    pub(super) async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, NoWay> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let found = timeout(DIAL, lookup_host((host, port))).await.unwrap_or_else(|_| Err(timed_out()));
        let (allowed, forbidden): (Vec<SocketAddr>, Vec<SocketAddr>) =
            found.map_err(NoWay::Unreachable)?.partition(|address| self.admits(*address));
        match (allowed.first(), forbidden.first()) {
            (None, Some(address)) => return Err(NoWay::Forbidden(address.ip())),
            (None, None) => return Err(NoWay::Unreachable(io::ErrorKind::NotFound.into())),
            _ => {}
        }
        let dialled = timeout(DIAL, TcpStream::connect(&*allowed)).await.unwrap_or_else(|_| Err(timed_out()));
        dialled.map_err(NoWay::Unreachable)
    }

    fn admits(&self, address: SocketAddr) -> bool {
        match self {
            Passthrough::Nowhere => false,
            Passthrough::Public { own } => is_public(address.ip()) && !is_own(own, address),
            Passthrough::Anywhere => true,
        }
    }
}

fn timed_out() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

/// Whether one of our doors is there. A door on all addresses is on each that this machine has.
fn is_own(own: &[SocketAddr], address: SocketAddr) -> bool {
    own.iter().filter(|door| door.port() == address.port()).any(|door| {
        let here = || UdpSocket::bind((address.ip(), 0)).is_ok();
        door.ip() == address.ip() || (door.ip().is_unspecified() && here())
    })
}

/// Whether an address can only mean a host on the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match v4_inside(ip) {
            Some(ip) => is_public_v4(ip),
            // Only 2000::/3 is in use there; loopback, link-local, unique local and multicast lie outside.
            None => ip.segments()[0] & 0xe000 == 0x2000 && !in_v6(ip, [0x2001, 0x0db8]),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let this_network = a == 0;
    let shared = a == 100 && b & 0xc0 == 64;
    let protocols = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && b & 0xfe == 18;
    let multicast_and_reserved = a >= 224;
    !(ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_documentation()
        || this_network
        || shared
        || protocols
        || benchmarks
        || multicast_and_reserved)
}

/// The IPv4 address that an IPv6 address leads to: mapped, translated (NAT64), 6to4 or Teredo.
fn v4_inside(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, s1, s2, _, _, _, s6, s7] = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    if in_v6(ip, [0x2002]) {
        return Some(v4(s1, s2));
    }
    if in_v6(ip, [0x2001, 0]) {
        return Some(v4(!s6, !s7));
    }
    let translated = in_v6(ip, [0x64, 0xff9b]);
    ip.to_ipv4_mapped().or_else(|| translated.then(|| v4(s6, s7)))
}

fn in_v6<const N: usize>(ip: Ipv6Addr, prefix: [u16; N]) -> bool {
    ip.segments().starts_with(&prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for ip in ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:0:1:2:3:4:80ff:fffe",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn a_door_on_all_addresses_is_on_those_of_this_machine() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(is_own(&[at("0.0.0.0:8444")], at("127.0.0.1:8444")));
        assert!(!is_own(&[at("0.0.0.0:8444")], at("127.0.0.1:8445")));
        assert!(!is_own(&[at("0.0.0.0:8444")], at("8.8.8.8:8444")));
        assert!(is_own(&[at("8.8.8.8:8444")], at("8.8.8.8:8444")));
    }
}
