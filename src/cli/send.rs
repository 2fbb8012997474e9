//! `send`: one telegram with our client certificate, its answer decoded.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::cli::DataDir;
use crate::emulator::Ports;
use crate::merchant::Merchants;
use crate::pki::{Pki, PkiOptions};
use crate::wire::catalog::AnswerFormat;
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
    url: Option<String>,
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

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is not KEY=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
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
        let text = charset.decode_lossy(&body);
        let first = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
        let ok = match spec.map(|spec| spec.answer) {
            Some(AnswerFormat::Csv) => first.starts_with("\"1\",\"0\""),
            // The result stands in column 7.
            Some(AnswerFormat::File) => first.split(',').nth(6) == Some("0"),
            _ => first == "result=0",
        };
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The body: the header, then the fields; what was given as KEY=VALUE wins.
    fn form(&self, charset: Charset) -> Vec<u8> {
        let merchants = Merchants::open_door().all();
        let first = merchants.first();
        let value =
            |flag: &Option<String>, own: Option<&str>| flag.clone().or(own.map(str::to_owned)).unwrap_or_default();
        let header = [
            ("merchant_id", value(&self.merchant_id, first.map(|merchant| merchant.merchant_id.as_str()))),
            ("connect_id", value(&self.connect_id, first.map(|merchant| merchant.connect_id.as_str()))),
            (
                "connect_password",
                value(&self.connect_password, first.map(|merchant| merchant.connect_password.as_str())),
            ),
            ("telegram_kind", self.kind.clone()),
            ("telegram_version", "1.0".to_owned()),
        ];
        let header = header.into_iter().filter(|(name, _)| !self.fields.iter().any(|(given, _)| given == name));
        let given = self.fields.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let pairs = header.chain(given).map(|(name, value)| {
            let value = charset.encode(&value);
            format!(
                "{}={}",
                percent_encode(name.as_bytes(), NON_ALPHANUMERIC),
                percent_encode(&value, NON_ALPHANUMERIC)
            )
        });
        // An underscore needs no encoding and reads better in a log.
        pairs.collect::<Vec<_>>().join("&").replace("%5F", "_").into_bytes()
    }

    async fn post(&self, path: &str, form: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let (host, port) = self.address()?;
        let pki = Pki::open(&self.data_dir.data_dir.join("pki"), &PkiOptions::default())?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pki.ca_pem().as_bytes()) {
            roots.add(certificate?)?;
        }
        let (chain, key) = pki.client_identity()?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)?;
        let stream = TcpStream::connect((host.as_str(), port))
            .await
            .with_context(|| format!("no emulator answers at {host}:{port}"))?;
        let name = ServerName::try_from(host.clone()).with_context(|| format!("{host:?} is not a host name"))?;
        let stream =
            TlsConnector::from(Arc::new(config)).connect(name, stream).await.context("the TLS handshake failed")?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let request = hyper::Request::post(path)
            .header("host", format!("{host}:{port}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(bytes::Bytes::from(form)))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        driver.abort();
        if !status.is_success() {
            bail!("HTTP status {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body.to_vec())
    }

    fn address(&self) -> anyhow::Result<(String, u16)> {
        if let Some(url) = &self.url {
            let rest = url.strip_prefix("https://").with_context(|| format!("{url:?} is not an https URL"))?;
            let authority = rest.split('/').next().unwrap_or_default();
            return Ok(match authority.rsplit_once(':') {
                Some((host, port)) => {
                    (host.to_owned(), port.parse().with_context(|| format!("{port:?} is not a port"))?)
                }
                None => (authority.to_owned(), 443),
            });
        }
        let path = Ports::path(&self.data_dir.data_dir);
        let text = std::fs::read(&path)
            .with_context(|| format!("{} does not exist: start the emulator first, or give --url", path.display()))?;
        let ports: Ports =
            serde_json::from_slice(&text).with_context(|| format!("{} is not readable", path.display()))?;
        Ok((ports.listen.ip().to_string(), ports.listen.port()))
    }
}
