//! What to write into which client's settings (`clients.md` section H).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::addresses::Addresses;
use crate::fixtures;
use crate::merchant::Merchant;
use crate::server::console::layout::View;
use crate::server::console::{Console, ConsoleSettings};
use crate::server::tls::ClientAuth;
use crate::wire::catalog;

/// How one client is pointed here.
pub(super) struct Client {
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) text: String,
}

#[derive(Deserialize)]
struct File {
    url: Vec<Url>,
    welcart: String,
    woocommerce: String,
}

#[derive(Deserialize)]
struct Url {
    key: String,
    path: String,
}

static FILE: LazyLock<File> = LazyLock::new(|| fixtures::parse(fixtures::CLIENTS));

/// All clients that are known.
pub(super) fn all(view: &View, console: &Console, merchant: &Merchant) -> Vec<Client> {
    let (settings, addresses) = (&*console.settings, console.gateway.addresses());
    let places = Places { view, settings, addresses, merchant };
    vec![
        places.curl(),
        places.proxy(),
        places.hosts(),
        places.php(),
        places.java(),
        places.ruby(),
        places.welcart(),
        places.woocommerce(),
        places.laravel(),
    ]
}

struct Places<'a> {
    view: &'a View,
    settings: &'a ConsoleSettings,
    addresses: &'a Addresses,
    merchant: &'a Merchant,
}

impl Places<'_> {
    fn file(&self, name: &str) -> String {
        self.settings.pki_dir.join(name).display().to_string()
    }

    fn base(&self) -> String {
        self.addresses.url()
    }

    /// A text with the merchant's values, keys and files in it.
    fn filled(&self, text: &str) -> String {
        let merchant = self.merchant;
        let mut filled = text
            .replace("{merchant_id}", merchant.merchant_id.as_str())
            .replace("{connect_id}", &merchant.connect_id)
            .replace("{connect_password}", &merchant.connect_password);
        for file in ["client.pem", "ca.pem", "ca.crt"] {
            filled = filled.replace(&format!("{{file {file}}}"), &self.file(file));
        }
        for spec in catalog().keys() {
            filled = filled.replace(&format!("{{key {}}}", spec.name), merchant.keys.named(spec.name));
        }
        filled
    }

    fn client(&self, name: &str, japanese: &str, english: &str, text: String) -> Client {
        Client { name: name.to_owned(), hint: self.view.pick(japanese, english).to_owned(), text }
    }

    fn curl(&self) -> Client {
        let certificate = match self.settings.client_auth {
            ClientAuth::Off => String::new(),
            _ => format!(" --cert {}:changeit", self.file("client.pem")),
        };
        let Merchant { merchant_id, connect_id, connect_password, .. } = self.merchant;
        let text = format!(
            "curl --cacert {}{certificate} {}/n/card/request \\\n  -d 'merchant_id={merchant_id}&connect_id={connect_id}\
             &connect_password={connect_password}&telegram_kind=020&telegram_version=1.0' \\\n  \
             -d 'trading_id=order1&payment_amount=1000&card_number=4900000000000000&card_valid_term=1230\
             &payment_class=10&3dsecure_ryaku=1' | iconv -f CP932 -t UTF-8",
            self.file("ca.pem"),
            self.base(),
        );
        self.client("curl", "最初のオーソリを送る一行です。", "One call that authorizes a test card.", text)
    }

    fn proxy(&self) -> Client {
        let proxy = self.addresses.proxy().map_or_else(|| "127.0.0.1:8445".to_owned(), |proxy| proxy.to_string());
        let text = format!(
            "export https_proxy=http://{proxy}\n# Java: -Dhttps.proxyHost={} -Dhttps.proxyPort={}\n",
            proxy.rsplit_once(':').map_or("", |(host, _)| host),
            proxy.rsplit_once(':').map_or("", |(_, port)| port)
        );
        let (japanese, english) = match self.addresses.proxy() {
            Some(_) => (
                "URL を変更せずに、環境変数だけで接続できます (PHP、Welcart、Ruby、curl、Java)。CAファイルの差し替えは必要です。",
                "No URL has to change: the variable alone leads PHP, Welcart, Ruby, curl and Java here. They still need our CA file.",
            ),
            None => (
                "--proxy 127.0.0.1:8445 を付けて起動すると、URL を変更せずに環境変数だけで接続できます。",
                "Start with --proxy 127.0.0.1:8445: then the variable alone leads clients here, without a changed URL.",
            ),
        };
        self.client("https_proxy", japanese, english, text)
    }

    fn hosts(&self) -> Client {
        let text = format!("{}\n", self.addresses.hosts_line());
        let (japanese, english) = if self.addresses.ports().listen.port() == 443 {
            ("/etc/hosts に追加します。", "Add it to /etc/hosts.")
        } else {
            (
                "接続先を変更できないクライアント用です。/etc/hosts に追加し、--listen 127.0.0.1:443 で起動します。",
                "For clients that cannot change where they send: add it to /etc/hosts and start with --listen 127.0.0.1:443.",
            )
        };
        self.client("hosts", japanese, english, text)
    }

    fn urls(&self, prefix: &str) -> String {
        FILE.url.iter().map(|url| format!("{prefix}url.{}={}{}\n", url.key, self.base(), url.path)).collect()
    }

    fn defaults(&self) -> String {
        format!(
            "paygentB2Bmodule.default_id={}\npaygentB2Bmodule.default_password={}\n",
            self.merchant.connect_id, self.merchant.connect_password
        )
    }

    fn php(&self) -> Client {
        let text = format!(
            "paygentB2Bmodule.client_file_path={}\npaygentB2Bmodule.ca_file_path={}\n{}{}",
            self.file("client.pem"),
            self.file("ca.pem"),
            self.defaults(),
            self.urls("paygentB2Bmodule."),
        );
        self.client(
            "PHP module",
            "modenv_properties.php の該当行を置き換えます。merchant_id はプログラムから送信します。",
            "Replace these lines of modenv_properties.php; merchant_id is sent by your program.",
            text,
        )
    }

    fn java(&self) -> Client {
        let text = format!(
            "paygentB2Bmodule.client_file_path={}\n{}{}\n# {}\n# keytool -importcert -noprompt -alias paygent-emulator \
             -file {} -keystore \"$JAVA_HOME/lib/security/cacerts\" -storepass changeit\n",
            self.file("client.p12"),
            self.defaults(),
            self.urls("paygentB2Bmodule."),
            self.view.pick("CA を信頼させる", "trust our CA"),
            self.file("ca.pem"),
        );
        self.client(
            "Java module",
            "クラスパスの modenv.properties の該当行を置き換え、CA を JVM のトラストストアに入れます。",
            "Replace these lines of modenv.properties on the class path, and put our CA into the JVM's trust store.",
            text,
        )
    }

    fn ruby(&self) -> Client {
        let mut text = format!(
            "Paygent.default_id = '{}'\nPaygent.default_password = '{}'\nPaygent.client_file_path = '{}'\nPaygent.ca_file_path = '{}'\n",
            self.merchant.connect_id,
            self.merchant.connect_password,
            self.file("client.pem"),
            self.file("ca.pem"),
        );
        for url in &FILE.url {
            text += &format!("Paygent.set_url('{}', '{}{}')\n", url.key, self.base(), url.path);
        }
        self.client("Ruby", "gem の URL 表を上書きします。", "Overrides the gem's table of URLs.", text)
    }

    fn welcart(&self) -> Client {
        let text = self.filled(&FILE.welcart);
        self.client(
            "Welcart",
            "クレジット決済設定に入力し、2つのファイルをアップロードします。接続先は固定のため、hosts か https_proxy を使います。通知先URLはサイトのアドレスに「/」を付けたものです。",
            "Type these into the settlement settings and upload the two files. Its hosts are fixed: use hosts or https_proxy. The notification URL is the site's address with a slash.",
            text,
        )
    }

    fn woocommerce(&self) -> Client {
        let text = self.filled(&FILE.woocommerce);
        self.client(
            "WooCommerce",
            "CAファイルを置き換え、通知の送信元を許可します。同梱の証明書のままでも --client-auth any なら接続できます。接続先は hosts か https_proxy で向けます。",
            "Replace its CA file and permit notices from here. Its own certificate is fine with --client-auth any. Lead its hosts here with hosts or https_proxy.",
            text,
        )
    }

    fn laravel(&self) -> Client {
        let text = format!("PAYGENT_PEM={}\nPAYGENT_CRT={}\n", self.file("client.pem"), self.file("ca.pem"));
        self.client(
            "Laravel",
            ".env に設定し、ベンダーの modenv_properties.php の URL を PHP module と同様に変更します。",
            "Set these in .env, and change the URLs of the vendored modenv_properties.php as for the PHP module.",
            text,
        )
    }
}
