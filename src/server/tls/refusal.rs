//! Failed handshakes in plain words, each with what would let the client in.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use rustls::{AlertDescription, Error, PeerIncompatible};

/// Reason and remedy.
type Told = (String, String);

fn told(reason: impl Into<String>, remedy: impl Into<String>) -> Told {
    (reason.into(), remedy.into())
}

pub(super) fn too_slow(longest: Duration) -> Told {
    told(
        format!("the TLS handshake was not complete after {longest:?}"),
        "let the client speak TLS at once; something that only opens a connection, like a probe, should close it again",
    )
}

pub(super) fn plain_http() -> Told {
    told("the client spoke plain HTTP on the TLS port", "use https:// instead of http:// in the client's URL")
}

pub(super) fn not_tls(first: u8) -> Told {
    if first & 0x80 != 0 {
        // SSL 2.0's record begins with its length and this bit.
        return old_protocol("SSL 2.0");
    }
    told("what the client sent is not TLS", "use an HTTPS client, and this port for telegrams and pages alone")
}

fn old_protocol(what: &str) -> Told {
    told(
        format!("the client does not speak TLS 1.2 or 1.3 ({what})"),
        "let the client speak TLS 1.2; see its setting for the TLS or SSL version, or take a newer TLS library",
    )
}

/// Explains an error of the handshake. `ca_file` is what clients should trust, `offered` the version that the client's
/// first message names.
pub(super) fn explain(error: &io::Error, ca_file: &Path, offered: Option<[u8; 2]>) -> Told {
    match offered {
        Some([3, 1]) => return old_protocol("TLS 1.0 at most was offered"),
        Some([3, 2]) => return old_protocol("TLS 1.1 at most was offered"),
        Some([3, 0]) => return old_protocol("SSL 3.0 was offered"),
        _ => {}
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(alert)) => alert_received(*alert, ca_file),
        Some(Error::PeerIncompatible(lack)) => incompatible(lack),
        Some(Error::InvalidCertificate(reason)) => told(
            format!("the client could not prove that its certificate is its own ({reason})"),
            "check that the client's key belongs to its certificate, or start with --client-auth any",
        ),
        Some(Error::InvalidMessage(detail)) => {
            told(format!("what the client sent is not TLS ({detail:?})"), "use an HTTPS client for this port")
        }
        Some(other) => told(format!("the TLS handshake failed: {other}"), "see the client's own error message"),
        None if is_closed(error) => told(
            "the client closed the connection during the TLS handshake",
            format!("see the client's own error message; most often {}", trust(ca_file)),
        ),
        None => told(format!("the connection failed during the TLS handshake: {error}"), "try again"),
    }
}

pub(super) fn is_closed(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn trust(ca_file: &Path) -> String {
    format!("it does not trust the emulator's CA yet: give the client {} as its CA file", ca_file.display())
}

fn alert_received(alert: AlertDescription, ca_file: &Path) -> Told {
    use AlertDescription as Alert;
    match alert {
        Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown | Alert::UnsupportedCertificate => told(
            format!("the client does not accept the server certificate (alert {alert:?})"),
            format!("most often {}; otherwise the host in its URL is not in the server certificate", trust(ca_file)),
        ),
        // What a client says that trusts another CA by the name of ours, whose signature then does not fit.
        Alert::DecryptError => told(
            "the client does not accept the server certificate: it trusts another CA of this name (alert DecryptError)",
            format!("most often {}", trust(ca_file)),
        ),
        Alert::CertificateExpired => told(
            "the client holds the server certificate to be expired",
            "compare the clocks of the client's and the emulator's machine, and restart the emulator to renew it",
        ),
        Alert::ProtocolVersion => old_protocol("alert ProtocolVersion"),
        other => told(
            format!("the client broke off the TLS handshake (alert {other:?})"),
            "see the client's own error message",
        ),
    }
}

fn incompatible(lack: &PeerIncompatible) -> Told {
    use PeerIncompatible as Lack;
    match lack {
        Lack::Tls12NotOffered
        | Lack::Tls12NotOfferedOrEnabled
        | Lack::Tls13RequiredForQuic
        | Lack::SupportedVersionsExtensionRequired => old_protocol("an older version was offered"),
        Lack::NoCipherSuitesInCommon
        | Lack::NoSignatureSchemesInCommon
        | Lack::NoKxGroupsInCommon
        | Lack::NoEcPointFormatsInCommon
        | Lack::UncompressedEcPointsRequired => told(
            format!("the client and the emulator have no cipher suite or signature in common ({lack:?})"),
            "for a client that knows RSA certificates only, start with --rsa and a new --data-dir; otherwise let it \
             offer ECDHE with AES-GCM or ChaCha20",
        ),
        other => told(
            format!("the client's TLS does not fit ({other:?})"),
            "let the client speak TLS 1.2 or 1.3 with its library's default settings",
        ),
    }
}
