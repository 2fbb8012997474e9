//! `transition`: leads a payment to another status, as the test tool does.

use std::process::ExitCode;

use anyhow::bail;
use bytes::Bytes;
use clap::Args;
use serde_json::{Map, Value};

use crate::cli::client::{ConsoleFlags, pair};

/// The flags of `transition`.
#[derive(Debug, Args)]
pub(super) struct Transition {
    /// 決済ID.
    payment_id: u64,
    /// 更新後の決済ステータス, such as 40.
    payment_status: String,
    /// Inputs of the test tool, such as payment_date=20261123120000 cvs_company_id=00C002.
    #[arg(value_name = "KEY=VALUE", value_parser = pair)]
    inputs: Vec<(String, String)>,
    #[command(flatten)]
    console: ConsoleFlags,
}

impl Transition {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (status, body) = runtime.block_on(self.post())?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if status != hyper::StatusCode::OK {
            let detail = match text("field") {
                "" => text("detail").to_owned(),
                field => format!("{field}: {}", text("detail")),
            };
            bail!("payment {} stays as it is: {detail}", self.payment_id);
        }
        let payment_id = body.get("payment_id").and_then(Value::as_u64).unwrap_or(self.payment_id);
        println!("payment {payment_id}: {} {}", text("payment_status"), text("payment_status_name"));
        for warning in body.get("warnings").and_then(Value::as_array).into_iter().flatten() {
            eprintln!("warning: {}", warning.as_str().unwrap_or_default());
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn post(&self) -> anyhow::Result<(hyper::StatusCode, Value)> {
        let mut inputs: Map<String, Value> =
            self.inputs.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        inputs.insert("payment_status".to_owned(), Value::String(self.payment_status.clone()));
        let request = hyper::Request::post(format!("/api/v1/payments/{}/transitions", self.payment_id))
            .header("content-type", "application/json");
        let (status, body) = self.console.send(request, Bytes::from(Value::Object(inputs).to_string())).await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}
