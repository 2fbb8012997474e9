//! Failed handshakes in plain words, each with what would let the client in.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use rustls::{AlertDescription, Error, PeerIncompatible};

use crate::text::{Text, text};

/// Reason and remedy.
type Told = (Text, Text);

/// The remedy where only the client knows more.
const SEE_CLIENT: Text =
    Text::fixed("クライアント側のエラーメッセージを確認してください。", "see the client's own error message");

pub(super) fn too_slow(longest: Duration) -> Told {
    (
        text!(
            "TLSハンドシェイクが {longest} 以内に完了しませんでした。",
            "the TLS handshake was not complete after {longest}",
            longest = format!("{longest:?}")
        ),
        text!(
            "接続後ただちにTLSの通信を始めてください。死活監視のように接続だけを行うものは、すぐに切断してください。",
            "let the client speak TLS at once; something that only opens a connection, like a probe, should close it again"
        ),
    )
}

pub(super) fn plain_http() -> Told {
    (
        text!("TLSのポートに平文のHTTPで接続されました。", "the client spoke plain HTTP on the TLS port"),
        text!(
            "クライアントのURLを http:// ではなく https:// にしてください。",
            "use https:// instead of http:// in the client's URL"
        ),
    )
}

pub(super) fn not_tls(first: u8) -> Told {
    if first & 0x80 != 0 {
        // SSL 2.0's record begins with its length and this bit.
        return old_protocol(text!("SSL 2.0", "SSL 2.0"));
    }
    (
        text!("受信したデータはTLSではありません。", "what the client sent is not TLS"),
        text!(
            "HTTPSクライアントを使用し、このポートは電文と画面のみに使用してください。",
            "use an HTTPS client, and this port for telegrams and pages alone"
        ),
    )
}

fn old_protocol(what: Text) -> Told {
    (
        Text::filled(
            format!("クライアントがTLS 1.2・1.3に対応していません ({})。", what.japanese),
            format!("the client does not speak TLS 1.2 or 1.3 ({})", what.english),
        ),
        text!(
            "TLS 1.2を使用してください。クライアントのTLS/SSLバージョンの設定を確認するか、新しいTLSライブラリを使用してください。",
            "let the client speak TLS 1.2; see its setting for the TLS or SSL version, or take a newer TLS library"
        ),
    )
}

/// Explains an error of the handshake. `ca_file` is what clients should trust, `offered` the version that the client's
/// first message names.
pub(super) fn explain(error: &io::Error, ca_file: &Path, offered: Option<[u8; 2]>) -> Told {
    match offered {
        Some([3, 1]) => return old_protocol(text!("TLS 1.0までの提示", "TLS 1.0 at most was offered")),
        Some([3, 2]) => return old_protocol(text!("TLS 1.1までの提示", "TLS 1.1 at most was offered")),
        Some([3, 0]) => return old_protocol(text!("SSL 3.0の提示", "SSL 3.0 was offered")),
        _ => {}
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(alert)) => alert_received(*alert, ca_file),
        Some(Error::PeerIncompatible(lack)) => incompatible(lack),
        Some(Error::InvalidCertificate(reason)) => (
            text!(
                "クライアントが、証明書の秘密鍵を持っていることを証明できませんでした: 「{reason}」",
                "the client could not prove that its certificate is its own ({reason})",
                reason = reason
            ),
            text!(
                "クライアントの秘密鍵と証明書の組み合わせを確認するか、--client-auth any で起動してください。",
                "check that the client's key belongs to its certificate, or start with --client-auth any"
            ),
        ),
        Some(Error::InvalidMessage(detail)) => (
            Text::filled(
                format!("受信したデータはTLSではありません ({detail:?})。"),
                format!("what the client sent is not TLS ({detail:?})"),
            ),
            text!("このポートにはHTTPSクライアントを使用してください。", "use an HTTPS client for this port"),
        ),
        Some(other) => (
            text!("TLSハンドシェイクに失敗しました: 「{other}」", "the TLS handshake failed: {other}", other = other),
            SEE_CLIENT,
        ),
        None if is_closed(error) => {
            let Text { japanese, english } = trust(ca_file);
            (
                text!(
                    "TLSハンドシェイクの途中でクライアントが接続を切断しました。",
                    "the client closed the connection during the TLS handshake"
                ),
                Text::filled(
                    format!("{}多くの場合、{japanese}", SEE_CLIENT.japanese),
                    format!("{}; most often {english}", SEE_CLIENT.english),
                ),
            )
        }
        None => (
            text!(
                "TLSハンドシェイクの途中で接続に失敗しました: 「{error}」",
                "the connection failed during the TLS handshake: {error}",
                error = error
            ),
            text!("再度接続してください。", "try again"),
        ),
    }
}

pub(super) fn is_closed(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// To follow 「多くの場合、」, "most often".
fn trust(ca_file: &Path) -> Text {
    text!(
        "エミュレーターの CA がまだ信頼されていません。{ca} をCAファイルとしてクライアントに設定してください。",
        "it does not trust the emulator's CA yet: give the client {ca} as its CA file",
        ca = ca_file.display()
    )
}

fn alert_received(alert: AlertDescription, ca_file: &Path) -> Told {
    use AlertDescription as Alert;
    match alert {
        Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown | Alert::UnsupportedCertificate => {
            let Text { japanese, english } = trust(ca_file);
            (
                Text::filled(
                    format!("クライアントがサーバー証明書を受け入れませんでした (アラート {alert:?})。"),
                    format!("the client does not accept the server certificate (alert {alert:?})"),
                ),
                Text::filled(
                    format!("多くの場合、{japanese}設定済みの場合は、URLのホスト名がサーバー証明書にありません。"),
                    format!("most often {english}; otherwise the host in its URL is not in the server certificate"),
                ),
            )
        }
        // What a client says that trusts another CA by the name of ours, whose signature then does not fit.
        Alert::DecryptError => {
            let Text { japanese, english } = trust(ca_file);
            (
                text!(
                    "クライアントがサーバー証明書を受け入れませんでした。同じ名前の別の CA を信頼しています (アラート DecryptError)。",
                    "the client does not accept the server certificate: it trusts another CA of this name (alert DecryptError)"
                ),
                Text::filled(format!("多くの場合、{japanese}"), format!("most often {english}")),
            )
        }
        Alert::CertificateExpired => (
            text!(
                "クライアントは、サーバー証明書の有効期限が切れていると判断しました。",
                "the client holds the server certificate to be expired"
            ),
            text!(
                "クライアントとエミュレーターのマシンの時計を確認し、エミュレーターを再起動して証明書を更新してください。",
                "compare the clocks of the client's and the emulator's machine, and restart the emulator to renew it"
            ),
        ),
        Alert::ProtocolVersion => old_protocol(text!("アラート ProtocolVersion", "alert ProtocolVersion")),
        other => (
            Text::filled(
                format!("クライアントがTLSハンドシェイクを中断しました (アラート {other:?})。"),
                format!("the client broke off the TLS handshake (alert {other:?})"),
            ),
            SEE_CLIENT,
        ),
    }
}

fn incompatible(lack: &PeerIncompatible) -> Told {
    use PeerIncompatible as Lack;
    match lack {
        Lack::Tls12NotOffered
        | Lack::Tls12NotOfferedOrEnabled
        | Lack::Tls13RequiredForQuic
        | Lack::SupportedVersionsExtensionRequired => {
            old_protocol(text!("旧バージョンの提示", "an older version was offered"))
        }
        Lack::NoCipherSuitesInCommon
        | Lack::NoSignatureSchemesInCommon
        | Lack::NoKxGroupsInCommon
        | Lack::NoEcPointFormatsInCommon
        | Lack::UncompressedEcPointsRequired => (
            Text::filled(
                format!("クライアントとエミュレーターに共通の暗号スイートまたは署名方式がありません ({lack:?})。"),
                format!("the client and the emulator have no cipher suite or signature in common ({lack:?})"),
            ),
            text!(
                "RSA証明書のみに対応するクライアントの場合は、新しい --data-dir で --rsa を付けて起動してください。\
                 それ以外の場合は、ECDHEとAES-GCMまたはChaCha20を有効にしてください。",
                "for a client that knows RSA certificates only, start with --rsa and a new --data-dir; otherwise let it \
                 offer ECDHE with AES-GCM or ChaCha20"
            ),
        ),
        other => (
            Text::filled(
                format!("クライアントのTLSの設定が合いません ({other:?})。"),
                format!("the client's TLS does not fit ({other:?})"),
            ),
            text!(
                "ライブラリの既定の設定で、TLS 1.2または1.3を使用してください。",
                "let the client speak TLS 1.2 or 1.3 with its library's default settings"
            ),
        ),
    }
}
