//! Why an emulator did not start.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::addresses::PublicUrlError;
use crate::files::FileError;
use crate::ledger::StoreError;
use crate::merchant::PinnedError;
use crate::pki::PkiError;
use crate::server::UnfitToken;
use crate::server::tls::TlsError;

/// Why an emulator could not be started; each says what is wrong and what to do.
#[derive(Debug, Error)]
pub(crate) enum StartError {
    /// A directory or file of the data directory cannot be written or read.
    #[error(transparent)]
    Files(#[from] FileError),
    /// A file of the data directory is there but is not what it should be.
    #[error("{path} is damaged: {reason}. Restore it, or delete it to have it made again: {price}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What a new one costs.
        price: &'static str,
    },
    /// Another emulator runs on the same data directory.
    #[error("an emulator runs in {dir} already{at}; stop it, or give this one a directory of its own with --data-dir", dir = data_dir.display(), at = at(*console))]
    Running {
        /// The directory.
        data_dir: PathBuf,
        /// Where the other one's console is, if it is there yet.
        console: Option<SocketAddr>,
    },
    /// What an earlier run has left cannot be taken up.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A port cannot be opened.
    #[error("cannot listen on {address} ({flag}): {reason}{remedy}", remedy = remedy(*address, flag, reason.kind()))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The flag that says where.
        flag: &'static str,
        /// Why.
        reason: std::io::Error,
    },
    /// The file given with `--merchants` cannot be read.
    #[error("cannot read {path} (--merchants): {reason}", path = path.display())]
    NoMerchants {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The file given with `--merchants` is not a list of merchants.
    #[error("{path} (--merchants) is not a list of merchants as in fixtures/merchants.toml: {reason}", path = path.display())]
    Merchants {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: PinnedError,
    },
    /// The certificates cannot be made or read.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What is given as the public URL is none.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// What is given as the console's secret cannot be one.
    #[error(transparent)]
    ConsoleToken(#[from] UnfitToken),
}

fn at(console: Option<SocketAddr>) -> String {
    console.map(|console| format!(" (its console: http://{console}/)")).unwrap_or_default()
}

/// What to do about a port that cannot be opened.
fn remedy(address: SocketAddr, flag: &str, kind: ErrorKind) -> String {
    let any_port = SocketAddr::new(address.ip(), 0);
    match kind {
        ErrorKind::AddrInUse => {
            format!("; stop what listens there, or let a free port be picked with {flag} {any_port}")
        }
        ErrorKind::PermissionDenied if address.port() < 1024 => {
            let port = address.port();
            let otherwise = match flag {
                "--listen" => "lead clients here with --proxy 127.0.0.1:8445 instead".to_owned(),
                _ => "take a port from 1024 on".to_owned(),
            };
            format!(
                "; ports below 1024 are the administrator's: permit them to this program (sudo setcap \
                 cap_net_bind_service=+ep PROGRAM) or to everybody (sudo sysctl \
                 net.ipv4.ip_unprivileged_port_start={port}), or {otherwise}"
            )
        }
        ErrorKind::AddrNotAvailable => {
            format!("; give an address of this machine, such as {flag} 127.0.0.1:{}", address.port())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(address: &str, flag: &'static str, kind: ErrorKind) -> String {
        StartError::Listen { address: address.parse().unwrap(), flag, reason: kind.into() }.to_string()
    }

    #[test]
    fn a_port_that_is_taken_names_its_own_flag_and_a_way_out() {
        let said = listen("0.0.0.0:8445", "--proxy", ErrorKind::AddrInUse);
        assert!(said.starts_with("cannot listen on 0.0.0.0:8445 (--proxy): "), "{said}");
        assert!(said.ends_with("--proxy 0.0.0.0:0"), "{said}");
    }

    #[test]
    fn the_administrators_ports_have_three_ways_out() {
        let said = listen("127.0.0.1:443", "--listen", ErrorKind::PermissionDenied);
        for way in ["setcap", "ip_unprivileged_port_start=443", "--proxy"] {
            assert!(said.contains(way), "{said}");
        }
        let said = listen("127.0.0.1:80", "--http", ErrorKind::PermissionDenied);
        assert!(said.contains("ip_unprivileged_port_start=80") && !said.contains("--proxy"), "{said}");
    }
}
