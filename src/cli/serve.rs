//! `serve`: the emulator itself, until a signal ends it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::addresses::PublicUrl;
use crate::cli::log::Log;
use crate::cli::signals::Signals;
use crate::cli::{DataDir, address, duration, some_time};
use crate::emulator::{Emulator, EmulatorBuilder};
use crate::gateway::Gateway;
use crate::ledger::FIRST_PAYMENT_ID;
use crate::merchant::Merchant;
use crate::server::ConsoleToken;
use crate::server::tls::ClientAuth;
use crate::wire::catalog;

/// The flags of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where telegrams and shopper pages are served, over TLS. Port 0 picks a free one.
    #[arg(long, env = "PAYGENT_EMULATOR_LISTEN", value_name = "IP:PORT", default_value = "127.0.0.1:8443", value_parser = address)]
    listen: SocketAddr,
    /// Where the console and the control API are served, over plain HTTP. Port 0 picks a free one.
    #[arg(long, env = "PAYGENT_EMULATOR_CONSOLE", value_name = "IP:PORT", default_value = "127.0.0.1:8444", value_parser = address)]
    console: SocketAddr,
    /// Serves PaygentToken.js and its token server here on plain HTTP too, for shops that run without TLS.
    #[arg(long, env = "PAYGENT_EMULATOR_HTTP", value_name = "IP:PORT", value_parser = address)]
    http: Option<SocketAddr>,
    /// Opens an HTTP CONNECT proxy here: with https_proxy set to it, a client needs no changed URL.
    #[arg(long, env = "PAYGENT_EMULATOR_PROXY", value_name = "IP:PORT", value_parser = address)]
    proxy: Option<SocketAddr>,
    /// Lets the proxy lead to other hosts than those that the emulator plays, if they are on the public internet.
    #[arg(long, env = "PAYGENT_EMULATOR_PROXY_PASSTHROUGH", requires = "proxy")]
    proxy_passthrough: bool,
    /// The same for every host, those of this machine (its console too) and of its network among them.
    #[arg(long, env = "PAYGENT_EMULATOR_PROXY_PASSTHROUGH_PRIVATE", requires = "proxy")]
    proxy_passthrough_private: bool,
    /// Where a browser finds telegrams and pages, such as https://localhost:18443, if it is not where --listen says:
    /// behind a published port or a reverse proxy. Every address in answers and pages is built from it.
    #[arg(long, env = "PAYGENT_EMULATOR_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// A further host by which clients reach --listen, such as a container's name; the server certificate names it
    /// too. May be repeated.
    #[arg(long = "server-name", env = "PAYGENT_EMULATOR_SERVER_NAME", value_name = "HOST", value_delimiter = ',')]
    server_names: Vec<String>,
    #[command(flatten)]
    data_dir: DataDir,
    /// Which client certificates telegrams need: one of our authority, any, or none.
    #[arg(long, env = "PAYGENT_EMULATOR_CLIENT_AUTH", default_value = "required", value_enum)]
    client_auth: ClientAuth,
    /// Accepts client certificates of these authorities too (a PEM file).
    #[arg(long, env = "PAYGENT_EMULATOR_CLIENT_CA")]
    client_ca: Option<PathBuf>,
    /// Knows only the merchants of this TOML file; otherwise unknown merchants are adopted on first contact.
    #[arg(long, env = "PAYGENT_EMULATOR_MERCHANTS")]
    merchants: Option<PathBuf>,
    /// Makes RSA keys instead of ECDSA ones, on first start.
    #[arg(long, env = "PAYGENT_EMULATOR_RSA")]
    rsa: bool,
    /// How long a shop may take to answer a notice, such as 10s or 500ms.
    #[arg(long, env = "PAYGENT_EMULATOR_NOTICE_TIMEOUT", default_value = "10s", value_parser = some_time)]
    notice_timeout: Duration,
    /// How long after its cause a notice is pushed, such as 2s, 0.5s, 500ms or 0s: shops store an order after the answer.
    #[arg(long, env = "PAYGENT_EMULATOR_NOTICE_DELAY", default_value = "2s", value_parser = duration)]
    notice_delay: Duration,
    /// Makes runs repeatable: tokens, keys of pages and all else that nobody could guess follow from this number, so
    /// that the same requests at a frozen clock get the same answers. Only for tests.
    #[arg(long, env = "PAYGENT_EMULATOR_SEED", value_name = "N")]
    seed: Option<u64>,
    /// Whoever uses the console or its API must know this secret (a bearer token, or typed in once per browser).
    #[arg(long, env = "PAYGENT_EMULATOR_CONSOLE_TOKEN", hide_env_values = true, allow_hyphen_values = true)]
    console_token: Option<ConsoleToken>,
    /// Lets the console be reached under this host name too, beside addresses and names without a dot. May be repeated.
    #[arg(long = "console-host", env = "PAYGENT_EMULATOR_CONSOLE_HOST", value_delimiter = ',')]
    console_hosts: Vec<String>,
    #[command(flatten)]
    log: Log,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.log.start();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let done = runtime.block_on(self.serve());
        // Whatever a client keeps open must not keep us.
        runtime.shutdown_background();
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn serve(self) -> anyhow::Result<()> {
        // Signals count from the first moment on.
        let mut signals = Signals::listen()?;
        let emulator = self.builder().start().await?;
        announce(&emulator);
        signals.any().await;
        let gateway = Arc::clone(emulator.gateway());
        emulator.shutdown().await;
        say(&farewell(&gateway));
        Ok(())
    }

    fn builder(self) -> EmulatorBuilder {
        let mut builder = Emulator::builder()
            .listen(self.listen)
            .console(self.console)
            .proxy_passthrough(self.proxy_passthrough)
            .proxy_passthrough_private(self.proxy_passthrough_private)
            .data_dir(self.data_dir.data_dir)
            .client_auth(self.client_auth)
            .rsa(self.rsa)
            .notice_timeout(self.notice_timeout)
            .notice_delay(self.notice_delay);
        if let Some(http) = self.http {
            builder = builder.http(http);
        }
        if let Some(proxy) = self.proxy {
            builder = builder.proxy(proxy);
        }
        if let Some(url) = self.public_url {
            builder = builder.public_url(url.as_str());
        }
        if let Some(file) = self.client_ca {
            builder = builder.client_ca(file);
        }
        if let Some(file) = self.merchants {
            builder = builder.merchants_file(file);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(token) = self.console_token {
            builder = builder.console_token(token.as_str());
        }
        builder = self.server_names.into_iter().fold(builder, EmulatorBuilder::server_name);
        self.console_hosts.into_iter().fold(builder, EmulatorBuilder::console_host)
    }
}

/// Says in a few lines what listens where, and how to send a first telegram.
fn announce(emulator: &Emulator) {
    let addresses = emulator.gateway().addresses();
    let client = emulator.certificates().client_pem_path();
    let mut lines = vec![
        format!("paygent-emulator {} - not the real service, moves no money", env!("CARGO_PKG_VERSION")),
        format!("telegrams  {}/n/…   (client certificate, passphrase changeit: {})", addresses.url(), client.display()),
        format!("console    {}/", addresses.console_url()),
    ];
    if let Some(http) = addresses.http_url() {
        lines.push(format!("tokens     {http}/js/PaygentToken.js"));
    }
    if let Some(proxy) = addresses.proxy() {
        lines.push(format!("proxy      https_proxy=http://{proxy}"));
    }
    if let Some(merchant) = emulator.gateway().merchants.first() {
        let Merchant { merchant_id, connect_id, connect_password, .. } = &*merchant;
        lines.push(format!(
            "merchant   {merchant_id} / {connect_id} / {connect_password}   (id / connect id / password)"
        ));
        let keys: Vec<String> =
            catalog().keys().iter().map(|spec| format!("{} {}", spec.short, merchant.keys.named(spec.name))).collect();
        let (first, more) = keys.split_at(keys.len().min(3));
        lines.push(format!("keys       {}", first.join(" · ")));
        lines.extend(more.chunks(4).map(|keys| format!("           {}", keys.join(" · "))));
        lines.push(format!("try        {}", first_call(emulator, &merchant)));
    }
    lines.push(format!(
        "state      kept in memory and forgotten at the end; payment ids start again at {FIRST_PAYMENT_ID}"
    ));
    say(&lines.join("\n"));
}

/// Says what is lost with the end.
fn farewell(gateway: &Gateway) -> String {
    let ledger = &gateway.ledger;
    let waiting: usize = ledger.merchants().iter().map(|id| ledger.delivery(id).waiting).sum();
    let notices = match waiting {
        0 => "no notice was waiting".to_owned(),
        1 => "1 notice, which nobody accepted, is lost".to_owned(),
        _ => format!("{waiting} notices, which nobody accepted, are lost"),
    };
    format!("stopped    {notices}; payments and all other state are gone")
}

/// Whoever started us may have stopped listening; that is no reason to end.
fn say(lines: &str) {
    let _ = writeln!(std::io::stdout(), "{lines}");
}

/// A `curl` call that authorizes a test card.
fn first_call(emulator: &Emulator, merchant: &Merchant) -> String {
    let certificates = emulator.certificates();
    format!(
        "curl --cacert {ca} --cert {client}:changeit {url}/n/card/request -d 'merchant_id={id}\
         &connect_id={connect_id}&connect_password={password}&telegram_kind=020&telegram_version=1.0&trading_id=order1\
         &payment_amount=1000&card_number=4900000000000000&card_valid_term=1230&payment_class=10&3dsecure_ryaku=1'",
        ca = certificates.ca_path().display(),
        client = certificates.client_pem_path().display(),
        url = emulator.gateway().addresses().url(),
        id = merchant.merchant_id,
        connect_id = merchant.connect_id,
        password = merchant.connect_password,
    )
}
