//! Doors that more than this machine can reach, and what whoever reaches them can do.

use std::net::SocketAddr;

use crate::addresses::Ports;

/// A door on an address that is not only this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposed {
    /// The console, with no token to keep strangers out.
    Console(SocketAddr),
    /// The proxy, which asks nobody who he is.
    Proxy(SocketAddr),
}

impl Exposed {
    /// The doors of which one should know. Whoever set a token knows that others can reach him.
    pub fn doors(ports: &Ports, has_token: bool) -> Vec<Exposed> {
        if has_token {
            return Vec::new();
        }
        let console = std::iter::once(Exposed::Console(ports.console));
        console
            .chain(ports.proxy.map(Exposed::Proxy))
            .filter(|door| !door.address().ip().to_canonical().is_loopback())
            .collect()
    }

    fn address(self) -> SocketAddr {
        match self {
            Exposed::Console(address) | Exposed::Proxy(address) => address,
        }
    }

    /// The risk and what to do about it, in English.
    pub fn english(self) -> String {
        match self {
            Exposed::Console(address) => format!(
                "The console listens on {address} and no token is set: whoever reaches it can read all keys and \
                 passwords, change payments and let this machine call any URL. Start with --console-token, or listen \
                 on 127.0.0.1 (--console)."
            ),
            Exposed::Proxy(address) => format!(
                "The proxy listens on {address} and asks nobody who he is: whoever reaches it can reach the emulator \
                 through it, and with --proxy-passthrough other hosts in this machine's name. Listen on 127.0.0.1 \
                 (--proxy), or set --console-token when others are meant to reach it."
            ),
        }
    }

    /// The same in Japanese.
    pub fn japanese(self) -> String {
        match self {
            Exposed::Console(address) => format!(
                "コンソールは {address} で待ち受けていますが、トークンが設定されていません。接続できる人は誰でも、鍵とパスワードの参照、\
                 決済の変更、任意の URL への送信ができます。--console-token を指定するか、--console に 127.0.0.1 を指定してください。"
            ),
            Exposed::Proxy(address) => format!(
                "プロキシは {address} で待ち受けており、利用者を確認しません。接続できる人は誰でもエミュレーターに到達でき、\
                 --proxy-passthrough を指定している場合はこのマシン経由で他のホストにも到達できます。--proxy に 127.0.0.1 を指定するか、\
                 共有する場合は --console-token を指定してください。"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_doors_that_others_reach_are_told_of() {
        let ports = |console: &str, proxy: Option<&str>| Ports {
            listen: "0.0.0.0:1".parse().unwrap(),
            console: console.parse().unwrap(),
            http: None,
            proxy: proxy.map(|proxy| proxy.parse().unwrap()),
        };
        let count = |console, proxy, token| Exposed::doors(&ports(console, proxy), token).len();
        assert_eq!(count("127.0.0.1:2", Some("[::1]:3"), false), 0);
        assert_eq!(count("[::ffff:127.0.0.1]:2", None, false), 0);
        assert_eq!(count("0.0.0.0:2", Some("192.168.1.2:3"), false), 2);
        assert_eq!(count("[::]:2", Some("127.0.0.1:3"), false), 1);
        assert_eq!(count("0.0.0.0:2", Some("0.0.0.0:3"), true), 0);
    }
}
