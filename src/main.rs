//! The binary: a shell around the library.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back: card data passes through buffers of the TLS and HTTP libraries too.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    paygent_emulator::internal::cli::run()
}
