//! `certs`: where the certificates are, and another one when asked.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::DataDir;
use crate::pki::{Pki, PkiOptions};

/// The flags of `certs`.
#[derive(Debug, Args)]
pub(super) struct Certs {
    /// Issues another client certificate of this name, as NAME.pem and NAME.p12.
    #[arg(long, value_name = "NAME")]
    issue: Option<String>,
    /// Where the new certificate is written; the pki directory when absent.
    #[arg(long, requires = "issue")]
    out: Option<PathBuf>,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Certs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let dir = self.data_dir.data_dir.join("pki");
        let pki = Pki::open(&dir, &PkiOptions::default())?;
        match self.issue {
            Some(name) => {
                let out = self.out.unwrap_or(dir);
                pki.issue_client(&name, &out)?;
                println!("{}", out.join(format!("{name}.pem")).display());
                println!("{}", out.join(format!("{name}.p12")).display());
                println!("passphrase: changeit");
            }
            None => {
                println!("authority (CA file of clients)   {}", dir.join("ca.pem").display());
                println!("the same, named .crt             {}", dir.join("ca.crt").display());
                println!("client certificate and key       {}", dir.join("client.pem").display());
                println!("the same as PKCS#12              {}", dir.join("client.p12").display());
                println!("server certificate and key       {}", dir.join("server.pem").display());
                println!("passphrase of the client's key   changeit");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
