//! `send`: one telegram with our client certificate, its answer decoded.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::addresses::{PublicUrl, reachable};
use crate::cli::DataDir;
use crate::cli::client::{exchange, nobody_at, pair, ports};
use crate::emulator::{is_success, telegram_body};
use crate::merchant::{Merchant, MerchantId, Merchants};
use crate::pki::{Pki, PkiOptions};
use crate::wire::{Charset, catalog};

/// The time that the official modules give the gateway.
const TIMEOUT: Duration = Duration::from_secs(35);

/// The flags of `send`.
#[derive(Debug, Args)]
pub(super) struct Send {
    /// The telegram's kind, such as 020.
    kind: String,
    /// The telegram's fields; a header field given here wins over everything else.
    #[arg(value_name = "KEY=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// The emulator's address, such as https://localhost:8443; read from ports.json when absent.
    #[arg(long)]
    url: Option<PublicUrl>,
    /// The merchant; the emulator's own first merchant when absent.
    #[arg(long)]
    merchant_id: Option<String>,
    /// 接続ID.
    #[arg(long)]
    connect_id: Option<String>,
    /// 接続パスワード.
    #[arg(long)]
    connect_password: Option<String>,
    /// Prints the bytes of the answer as they came.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Send {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let spec = catalog().telegram(&self.kind);
        let charset = spec.map_or(Charset::Windows31J, |spec| spec.charset);
        let path = spec.map_or("/n/card/request", |spec| spec.path);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let post = async { tokio::time::timeout(TIMEOUT, self.post(path, self.form(charset))).await };
        let body = runtime.block_on(post).context("no answer within 35 seconds")??;
        let mut out = std::io::stdout().lock();
        if self.raw {
            out.write_all(&body)?;
        } else {
            let text = charset.decode_lossy(&body);
            writeln!(out, "{}", text.trim_matches(['\r', '\n']).replace("\r\n", "\n"))?;
        }
        let ok = is_success(&charset.decode_lossy(&body), spec.map(|spec| spec.answer));
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The body, of the merchant that the flags tell; what they do not tell is that of the emulator's own first one.
    fn form(&self, charset: Charset) -> Vec<u8> {
        let own = Merchants::open_door().first();
        let value = |flag: &Option<String>, own: Option<&str>| flag.as_deref().or(own).unwrap_or_default().to_owned();
        let own = own.as_deref();
        let merchant_id = value(&self.merchant_id, own.map(|own| own.merchant_id.as_str()));
        let connect_id = value(&self.connect_id, own.map(|own| &*own.connect_id));
        let password = value(&self.connect_password, own.map(|own| &*own.connect_password));
        let merchant = Merchant::new(MerchantId::new(&merchant_id), &connect_id, &password);
        let fields: Vec<(&str, &str)> = self.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        telegram_body(&self.kind, Some(&merchant), &fields, charset)
    }

    async fn post(&self, path: &str, form: Vec<u8>) -> anyhow::Result<Bytes> {
        let target = self.target()?;
        let pki = Pki::open(&self.data_dir.data_dir.join("pki"), &PkiOptions::default())?;
        let mut roots = RootCertStore::empty();
        roots.add(pki.ca().clone())?;
        let (chain, key) = pki.client_identity()?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)?;
        let Target { host, port, server_name } = target;
        let stream = TcpStream::connect((host.as_str(), port)).await;
        let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let stream = stream.with_context(|| nobody_at(&authority))?;
        let handshake = TlsConnector::from(Arc::new(config)).connect(server_name, stream).await;
        let stream = handshake.with_context(|| {
            format!(
                "the TLS handshake with {authority} failed (trusting the CA of {})",
                self.data_dir.data_dir.display()
            )
        })?;
        let request = hyper::Request::post(path)
            .header("host", authority)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))?;
        let (status, body) = exchange(stream, request).await?;
        if !status.is_success() {
            bail!("HTTP status {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }

    fn target(&self) -> anyhow::Result<Target> {
        let Some(url) = &self.url else {
            let listen = reachable(ports(&self.data_dir.data_dir)?.listen);
            // Wherever it listens, its certificate names this.
            let server_name = ServerName::try_from("localhost")?;
            return Ok(Target { host: listen.ip().to_string(), port: listen.port(), server_name });
        };
        let host = match url.host().parse::<IpAddr>() {
            Ok(ip) => reachable(SocketAddr::from((ip, url.port()))).ip().to_string(),
            Err(_) => url.host().to_owned(),
        };
        let server_name = ServerName::try_from(host.clone())?;
        Ok(Target { host, port: url.port(), server_name })
    }
}

/// Where a telegram is sent.
struct Target {
    /// What is dialled.
    host: String,
    port: u16,
    /// What the certificate must name.
    server_name: ServerName<'static>,
}
