//! Rooms that the project's own program, tests, benchmarks and fuzzers look into. No promise is made about any of it.

/// The command line.
pub mod cli {
    pub use crate::cli::run;
}

/// The room `addresses`.
pub mod addresses {
    pub use crate::addresses::*;
}

/// The room `clock`.
pub mod clock {
    pub use crate::clock::*;
}

/// The room `faults`.
pub mod faults {
    pub use crate::faults::*;
}

/// The room `fixtures`.
pub mod fixtures {
    pub use crate::fixtures::*;
}

/// The room `gateway`.
pub mod gateway {
    pub use crate::gateway::*;
}

/// The room `journal`.
pub mod journal {
    pub use crate::journal::*;
}

/// The room `ledger`.
pub mod ledger {
    pub use crate::ledger::*;
}

/// The room `merchant`.
pub mod merchant {
    pub use crate::merchant::*;
}

/// The room `method`.
pub mod method {
    pub use crate::method::*;
}

/// The room `payment`.
pub mod payment {
    pub use crate::payment::*;
}

/// The room `pki`.
pub mod pki {
    pub use crate::pki::*;
}

/// The room `secret`.
pub mod secret {
    pub use crate::secret::*;
}

/// The room `server`.
pub mod server {
    pub use crate::server::*;
}

/// The room `wire`.
pub mod wire {
    pub use crate::wire::*;
}

/// What answers the telegrams of a running emulator.
pub fn gateway(emulator: &crate::Emulator) -> std::sync::Arc<gateway::Gateway> {
    std::sync::Arc::clone(emulator.gateway())
}
