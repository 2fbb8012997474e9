//! `ready`: for CI and containers, whether a running emulator accepts telegrams.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use clap::Args;

use crate::cli::client::ConsoleFlags;
use crate::cli::duration;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(5);

/// The flags of `ready`.
#[derive(Debug, Args)]
pub(super) struct Ready {
    /// Waits until it is ready, not longer than the timeout.
    #[arg(long)]
    wait: bool,
    /// How long to wait, such as 30s or 500ms.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    console: ConsoleFlags,
}

impl Ready {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ready = runtime.block_on(async { if self.wait { self.wait().await } else { self.look().await } });
        Ok(match ready {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                eprintln!("paygent-emulator: no emulator is ready: {reason:#}");
                ExitCode::FAILURE
            }
        })
    }

    /// Looks until it is ready; the last look's reason when it takes too long.
    async fn wait(&self) -> anyhow::Result<()> {
        let mut last = anyhow::anyhow!("it did not answer within {:?}", self.timeout);
        let looking = async {
            let mut looks = tokio::time::interval(PAUSE);
            loop {
                looks.tick().await;
                match self.look().await {
                    Ok(()) => return,
                    Err(reason) => last = reason,
                }
            }
        };
        let ready = tokio::time::timeout(self.timeout, looking).await;
        ready.map_err(|_| last)
    }

    async fn look(&self) -> anyhow::Result<()> {
        let asked = self.console.send(hyper::Request::get("/healthz"), Bytes::new());
        let (status, _) = tokio::time::timeout(LOOK, asked).await.context("it does not answer")??;
        ensure!(status == hyper::StatusCode::OK, "what answers there is no emulator (HTTP status {status})");
        Ok(())
    }
}
