//! The binary: a shell around the library.

use std::process::ExitCode;

/// A telegram is many small allocations; the system's allocator spends a quarter of its time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    paygent_emulator::cli::run()
}
