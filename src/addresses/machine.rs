//! What this machine is called, for a server that listens on all of its addresses.
//!
//! The standard library cannot tell. Linux writes it into files; elsewhere we know at least the address that packets
//! leave from. Whatever is missing can be named with `--server-name`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// What containers call the machine that they run on.
const CONTAINERS_HOST: &str = "host.docker.internal";

/// Names and addresses under which other machines and containers may reach us; loopback is not among them.
pub(super) fn names() -> Vec<String> {
    let mut addresses = of_interfaces();
    if addresses.is_empty() {
        addresses.extend(outgoing());
    }
    addresses.retain(|address| !address.is_loopback() && !address.is_unspecified());
    addresses.sort();
    addresses.dedup();
    let names = [host_name(), Some(CONTAINERS_HOST.to_owned())].into_iter().flatten();
    names.chain(addresses.iter().map(IpAddr::to_string)).collect()
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok())?;
    let name = name.trim().to_ascii_lowercase();
    let fits = name != "localhost" && rustls_pki_types::DnsName::try_from(name.as_str()).is_ok();
    fits.then_some(name)
}

/// The addresses of all interfaces, on Linux.
fn of_interfaces() -> Vec<IpAddr> {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    ipv4(&read("/proc/net/fib_trie")).into_iter().chain(ipv6(&read("/proc/net/if_inet6"))).collect()
}

/// Our own addresses in the routing table: a line with an address, and below it one that says that it is local.
fn ipv4(fib_trie: &str) -> Vec<IpAddr> {
    let mut last = None;
    let mut found = Vec::new();
    for line in fib_trie.lines() {
        let line = line.trim_start();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.starts_with("/32 host LOCAL") {
            found.extend(last.map(IpAddr::V4));
        }
    }
    found
}

/// The first word of each line is an address in 32 hexadecimal digits; those of a link alone need more than a number.
fn ipv6(if_inet6: &str) -> Vec<IpAddr> {
    let address = |line: &str| u128::from_str_radix(line.split(' ').next()?, 16).ok().map(Ipv6Addr::from_bits);
    if_inet6.lines().filter_map(address).filter(|address| !address.is_unicast_link_local()).map(IpAddr::V6).collect()
}

/// The addresses that packets to other networks leave from. Connecting a datagram socket sends nothing; the targets
/// are addresses of documentation.
fn outgoing() -> Vec<IpAddr> {
    let from = |any: IpAddr, target: IpAddr| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((target, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let v4 = from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = from(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    v4.into_iter().chain(v6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_the_addresses_of_interfaces() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\nLocal:\n     +-- \
                    172.17.0.0/16 2 0 2\n        |-- 172.17.0.0\n           /16 link UNICAST\n        |-- 172.17.0.1\n           \
                    /32 host LOCAL\n        |-- 172.17.255.255\n           /32 link BROADCAST\n";
        assert_eq!(ipv4(trie), ["172.17.0.1".parse::<IpAddr>().unwrap()]);
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     20010db8000000000000000000000007 02 40 00 80     eth0\n\
                     fe800000000000000042acfffe110002 02 40 20 80     eth0\n";
        let found: Vec<String> = ipv6(table).iter().map(IpAddr::to_string).collect();
        assert_eq!(found, ["::1", "2001:db8::7"]);
    }

    #[test]
    fn whatever_this_machine_is_called_a_certificate_can_name_it() {
        for name in names() {
            assert!(rustls_pki_types::ServerName::try_from(name.as_str()).is_ok(), "{name}");
        }
    }
}
