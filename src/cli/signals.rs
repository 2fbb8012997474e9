//! The signals that end the emulator in order.

use std::io::IsTerminal;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears of signals that ask for the end.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// A terminal that closes; absent when whoever started us wants us to outlive it.
    hangup: Option<Signal>,
}

impl Signals {
    /// From now on signals are heard, also as PID 1, where nobody else handles them.
    pub(super) fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    /// Waits for the first of them.
    pub(super) async fn any(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether SIGHUP was ignored when we were started, as `nohup` does: it must stay so.
fn outlives_its_terminal() -> bool {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) => mask & HANGUP != 0,
        // Where nobody tells: `nohup` takes the terminal away from the standard input.
        None => !std::io::stdin().is_terminal(),
    }
}
