//! `ready`: for CI and containers, whether a running emulator accepts telegrams.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cli::{DataDir, duration};
use crate::emulator::Ports;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// The flags of `ready`.
#[derive(Debug, Args)]
pub(super) struct Ready {
    /// Waits until it is ready, not longer than the timeout.
    #[arg(long)]
    wait: bool,
    /// How long to wait, such as 30s or 500ms.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// The console's address; read from ports.json when absent.
    #[arg(long, env = "PAYGENT_EMULATOR_CONSOLE")]
    console: Option<SocketAddr>,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Ready {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ready = runtime.block_on(async {
            if !self.wait {
                return self.is_ready().await;
            }
            tokio::time::timeout(self.timeout, async {
                let mut looks = tokio::time::interval(PAUSE);
                loop {
                    looks.tick().await;
                    if self.is_ready().await {
                        return;
                    }
                }
            })
            .await
            .is_ok()
        });
        if !ready {
            eprintln!("paygent-emulator: no emulator is ready ({})", self.data_dir.data_dir.display());
        }
        Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn is_ready(&self) -> bool {
        let ports = || {
            let text = std::fs::read(Ports::path(&self.data_dir.data_dir)).ok()?;
            Some(serde_json::from_slice::<Ports>(&text).ok()?.console)
        };
        let Some(console) = self.console.or_else(ports) else { return false };
        let look = tokio::time::timeout(Duration::from_secs(5), healthy(console));
        matches!(look.await, Ok(Ok(true)))
    }
}

async fn healthy(console: SocketAddr) -> anyhow::Result<bool> {
    let stream = TcpStream::connect(console).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request =
        hyper::Request::get("/healthz").header("host", console.to_string()).body(Empty::<bytes::Bytes>::new())?;
    let healthy = sender.send_request(request).await?.status() == hyper::StatusCode::OK;
    driver.abort();
    Ok(healthy)
}
