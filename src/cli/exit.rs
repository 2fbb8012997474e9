//! What the exit code says, as in `sysexits.h`.

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::emulator::{Error, StartError};
use crate::pki::PkiError;
use crate::server::tls::TlsError;

/// What is given on the command line, in the environment or in a file that they name cannot be used.
pub(super) const USAGE: u8 = 64;
/// A file of the data directory is damaged.
const DATA: u8 = 65;
/// What is needed is taken.
const UNAVAILABLE: u8 = 69;
/// We are at fault.
const SOFTWARE: u8 = 70;
/// A file cannot be read or written.
const FILES: u8 = 74;
/// The system does not permit it.
const NO_PERMISSION: u8 = 77;

/// The code for what ended a subcommand; 1 for whatever is no matter of configuration.
pub(super) fn code(error: &anyhow::Error) -> ExitCode {
    let start = error.downcast_ref::<Error>().and_then(Error::start);
    let code = match (start, error.downcast_ref::<PkiError>()) {
        (Some(error), _) => of_start(error),
        (None, Some(error)) => of_pki(error),
        (None, None) => return ExitCode::FAILURE,
    };
    ExitCode::from(code)
}

fn of_start(error: &StartError) -> u8 {
    match error {
        StartError::NoMerchants { .. } | StartError::Merchants { .. } => USAGE,
        StartError::PublicUrl(_) | StartError::ConsoleToken(_) => USAGE,
        StartError::Tls(TlsError::ClientCa { .. }) => USAGE,
        StartError::Tls(TlsError::Setup(_)) => SOFTWARE,
        StartError::Tls(TlsError::OurCa { .. }) => DATA,
        StartError::Running { .. } => UNAVAILABLE,
        StartError::Listen { reason, .. } => match reason.kind() {
            ErrorKind::AddrInUse => UNAVAILABLE,
            ErrorKind::PermissionDenied => NO_PERMISSION,
            _ => USAGE,
        },
        StartError::Files(error) => of_files(&error.reason),
        StartError::Damaged { .. } | StartError::Store(_) => DATA,
        StartError::Pki(error) => of_pki(error),
    }
}

fn of_pki(error: &PkiError) -> u8 {
    match error {
        PkiError::Files(error) => of_files(&error.reason),
        PkiError::BadName(_) | PkiError::BadHost(_) | PkiError::NotRsa { .. } => USAGE,
        PkiError::Mint { .. } => SOFTWARE,
        PkiError::Damaged { .. } | PkiError::NoCaKey { .. } | PkiError::TwoCas { .. } | PkiError::CaExpired { .. } => {
            DATA
        }
    }
}

fn of_files(reason: &std::io::Error) -> u8 {
    if reason.kind() == ErrorKind::PermissionDenied { NO_PERMISSION } else { FILES }
}
