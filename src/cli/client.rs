//! What the subcommands share that talk to a running emulator: finding it, one HTTP request, `KEY=VALUE`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::addresses::{Ports, reachable};
use crate::cli::{DataDir, address};

/// Which console is meant, for the subcommands that use it.
#[derive(Debug, Args)]
pub(super) struct ConsoleFlags {
    /// The console's address; read from ports.json when it is absent or its port is 0.
    #[arg(long, env = "PAYGENT_EMULATOR_CONSOLE", value_name = "IP:PORT", value_parser = address)]
    console: Option<SocketAddr>,
    /// The secret that the console asks for, if it was started with one.
    #[arg(
        long,
        env = "PAYGENT_EMULATOR_CONSOLE_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    console_token: Option<String>,
    #[command(flatten)]
    data_dir: DataDir,
}

impl ConsoleFlags {
    /// Sends a request to a path of the console: status and body of the answer.
    pub(super) async fn send(&self, request: hyper::http::request::Builder, body: Bytes) -> anyhow::Result<Answer> {
        let console = match self.console {
            Some(console) if console.port() != 0 => reachable(console),
            _ => reachable(ports(&self.data_dir.data_dir)?.console),
        };
        let stream = TcpStream::connect(console).await.with_context(|| nobody_at(console))?;
        let mut request = request.header(header::HOST, console.to_string());
        if let Some(token) = self.console_token.as_deref().filter(|token| !token.is_empty()) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        exchange(stream, request.body(Full::new(body))?).await
    }
}

/// Status and body of an answer.
pub(super) type Answer = (StatusCode, Bytes);

/// Where the emulator of a data directory listens.
pub(super) fn ports(data_dir: &Path) -> anyhow::Result<Ports> {
    let path = Ports::path(data_dir);
    let text = std::fs::read(&path)
        .with_context(|| format!("no emulator runs in {}: cannot read {}", data_dir.display(), path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} cannot be understood", path.display()))
}

/// What is said when a connection is refused.
pub(super) fn nobody_at(address: impl std::fmt::Display) -> String {
    format!("no emulator answers at {address}")
}

/// Sends one request over a connection that is open.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<Answer> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    driver.abort();
    Ok((status, body))
}

/// An argument of the form `KEY=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is not KEY=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
