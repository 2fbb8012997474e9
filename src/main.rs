//! The binary: a shell around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    paygent_emulator::cli::run()
}
