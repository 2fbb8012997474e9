//! The command line: one file per subcommand.

mod certs;
mod client;
mod exit;
mod log;
mod ready;
mod send;
mod serve;
mod signals;
mod transition;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

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
    Serve(Box<serve::Serve>),
    /// Send one telegram and print the decoded answer.
    Send(send::Send),
    /// Lead a payment to another status: paid, expired, withdrawn.
    Transition(transition::Transition),
    /// Exit 0 when a running emulator accepts telegrams, 1 when it does not.
    Ready(ready::Ready),
    /// Show where the certificates are, made if there are none, or issue another client certificate.
    Certs(certs::Certs),
}

/// Where the emulator keeps its files.
#[derive(Debug, Args)]
struct DataDir {
    /// Where certificates and ports.json are kept.
    #[arg(long, env = "PAYGENT_EMULATOR_DATA_DIR", default_value = ".paygent-emulator")]
    data_dir: PathBuf,
}

/// Where something listens, such as `127.0.0.1:8443`.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok()).unwrap_or("8443");
        format!("not an IP address with a port, such as 127.0.0.1:{port}, [::1]:{port} or 0.0.0.0:{port}")
    })
}

/// A length of time such as `30s`, `500ms`, `0.5s` or `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let wrong = || format!("{text:?} is not a time such as 30s");
    let number: f64 = text[..at].parse().map_err(|_| wrong())?;
    let seconds = match &text[at..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        unit => return Err(format!("unknown unit {unit:?}; use ms, s or m")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// A length of time in which something can happen.
fn some_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("in no time nothing can happen; give a time such as 10s or 500ms".to_owned()),
        time => Ok(time),
    }
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(told) => {
            let _ = told.print();
            return if told.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let done = match arguments.command {
        None => arguments.serve.run(),
        Some(Command::Serve(serve)) => serve.run(),
        Some(Command::Send(send)) => send.run(),
        Some(Command::Transition(transition)) => transition.run(),
        Some(Command::Ready(ready)) => ready.run(),
        Some(Command::Certs(certs)) => certs.run(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("paygent-emulator: {error:#}");
        exit::code(&error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_fractions() {
        for (text, milliseconds) in
            [("0s", 0), ("0", 0), ("2s", 2000), ("0.5s", 500), ("500ms", 500), ("1.5m", 90_000), ("30", 30_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in ["", "s", "-1s", "1h", ".", "1.2.3s", "1e3s", "99999999999999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(some_time("0s").is_err());
    }
}
