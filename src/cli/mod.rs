//! The command line: one file per subcommand.

mod certs;
mod ready;
mod send;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// An independent emulator of the Paygent payment gateway's test environment. Not made by or connected with Paygent.
#[derive(Debug, Parser)]
#[command(name = "paygent-emulator", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve telegrams, pages and the console (what happens without a subcommand).
    Serve(serve::Serve),
    /// Send one telegram and print the decoded answer.
    Send(send::Send),
    /// Exit 0 when a running emulator accepts telegrams, 1 when it does not.
    Ready(ready::Ready),
    /// Show where the certificates are, or issue another client certificate.
    Certs(certs::Certs),
}

/// Where the emulator keeps its files.
#[derive(Debug, Args)]
struct DataDir {
    /// Where certificates and ports.json are kept.
    #[arg(long, env = "PAYGENT_EMULATOR_DATA_DIR", default_value = ".paygent-emulator")]
    data_dir: PathBuf,
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => arguments.serve.run(),
        Some(Command::Serve(serve)) => serve.run(),
        Some(Command::Send(send)) => send.run(),
        Some(Command::Ready(ready)) => ready.run(),
        Some(Command::Certs(certs)) => certs.run(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("paygent-emulator: {error:#}");
        ExitCode::FAILURE
    })
}
