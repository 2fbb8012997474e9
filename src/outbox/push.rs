//! One push: a POST over HTTP or HTTPS, with a bounded wait.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{ActiveKeyExchange, CryptoProvider, SupportedKxGroup};
use rustls::{ClientConfig, DigitallySignedStruct, NamedGroup, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::method::message::Acceptance;
use crate::text::{Text, text};
use crate::wire::WebUrl;

/// A shop that answers with a page instead of `result=0` may send a long one; so much of it is read.
const ANSWER_LIMIT: usize = 64 * 1024;
/// How much of an answer is kept for people to read.
const ANSWER_KEPT: usize = 2 * 1024;

/// What is told before the TLS library's own words. It is no matter of the certificate, which may be any.
const HANDSHAKE: Text = Text::fixed(
    "TLSハンドシェイクに失敗しました (証明書はすべて受け入れます。加盟店側は、ECDHEとAES-GCMまたはChaCha20によるTLS 1.2か、TLS 1.3に\
     対応している必要があります)",
    "TLS handshake failed (any certificate is accepted; the shop must speak TLS 1.2 with ECDHE and AES-GCM or ChaCha20, \
     or TLS 1.3)",
);

/// What must not stand in a URL as it is.
const UNFIT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// What came of a push.
#[derive(Debug, Default)]
pub(super) struct Pushed {
    /// Why the shop has not accepted it, for people; `None` when it has.
    pub(super) failure: Option<Text>,
    /// Where it was sent.
    pub(super) remote: Option<SocketAddr>,
    /// The beginning of the answer's body.
    pub(super) answer: Vec<u8>,
    /// The line that is an acceptance, as it came.
    pub(super) accepted_line: String,
    /// What works here but would hurt elsewhere.
    pub(super) warnings: Vec<Text>,
}

/// Sends notices to shops.
pub(super) struct Pusher {
    tls: TlsConnector,
    patience: Duration,
}

impl Pusher {
    /// A pusher that waits for an answer for so long.
    pub(super) fn new(patience: Duration) -> Result<Pusher, rustls::Error> {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.kx_groups.push(&Secp521r1);
        let provider = Arc::new(provider);
        let any = AnyServer::new(&provider);
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(any))
            .with_no_client_auth();
        Ok(Pusher { tls: TlsConnector::from(Arc::new(config)), patience })
    }

    /// Posts a body. Only HTTP status 200 with a line `result=0`, blanks aside, is an acceptance.
    pub(super) async fn push(&self, url: &str, body: &str) -> Pushed {
        self.send(url, Some(body), Acceptance::ResultZero).await
    }

    /// Posts a body, or asks for the URL when there is none.
    pub(super) async fn send(&self, url: &str, body: Option<&str>, acceptance: Acceptance) -> Pushed {
        let mut pushed = Pushed::default();
        let done = tokio::time::timeout(self.patience, self.request(url, body, acceptance, &mut pushed)).await;
        pushed.failure = match done {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some(text!(
                "{patience} 以内に応答がありませんでした。",
                "no answer within {patience}",
                patience = format!("{:?}", self.patience)
            )),
        };
        pushed
    }

    async fn request(
        &self,
        url: &str,
        body: Option<&str>,
        acceptance: Acceptance,
        pushed: &mut Pushed,
    ) -> Result<(), Text> {
        // What telegrams bring may have characters that a request must not have.
        let written = utf8_percent_encode(url, UNFIT).to_string();
        let target: Uri =
            written.parse().map_err(because(Text::fixed("URLが正しくありません", "the URL cannot be asked for")))?;
        let WebUrl { secure, host, port, authority } = WebUrl::parse(url).map_err(|Text { japanese, english }| {
            Text::filled(format!("URL{japanese}"), format!("the URL {english}"))
        })?;
        let stream = TcpStream::connect((host, port)).await;
        let stream = stream.map_err(because(Text::fixed("接続できません", "cannot connect")))?;
        pushed.remote = stream.peer_addr().ok();
        let mut request = Request::builder()
            .method(if body.is_some() { Method::POST } else { Method::GET })
            .uri(target.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, authority)
            .header(header::CONNECTION, "close");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.unwrap_or_default().as_bytes())));
        let request = request.map_err(|error| text!("URLへ送信できません: 「{error}」", "{error}", error = error))?;
        if !secure {
            return exchange(stream, request, acceptance, pushed).await;
        }
        // A test shop's certificate is usually its own; the real gateway accepts only those of public authorities.
        pushed
            .warnings
            .push(text!("加盟店のサーバー証明書は検証していません。", "the shop's certificate is not verified here"));
        let name = ServerName::try_from(host.to_owned()).map_err(because(Text::fixed(
            "このホスト名にはTLSで接続できません",
            "the host cannot be asked for over TLS",
        )))?;
        let stream = self.tls.connect(name, stream).await.map_err(because(HANDSHAKE))?;
        exchange(stream, request, acceptance, pushed).await
    }
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    acceptance: Acceptance,
    pushed: &mut Pushed,
) -> Result<(), Text>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| text!("HTTPで通信できません: 「{error}」", "{error}", error = chain(&error)))?;
    // The connection lives as long as this function: dropped with it, also when time is up.
    let answer = async {
        let response = sender.send_request(request).await;
        let response = response.map_err(because(Text::fixed("応答がありません", "no answer")))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_LIMIT).collect().await;
        let body = body.map_err(|error| {
            text!(
                "HTTPステータス {status} の後、本文を受信できませんでした: 「{error}」",
                "HTTP status {status}, then: {error}",
                status = status.as_u16(),
                error = error
            )
        })?;
        Ok::<_, Text>((status, body.to_bytes()))
    };
    let (status, body) = {
        tokio::pin!(answer, connection);
        let mut open = true;
        loop {
            tokio::select! {
                answer = &mut answer => break answer?,
                _ = &mut connection, if open => open = false,
            }
        }
    };
    pushed.answer = body.slice(..body.len().min(ANSWER_KEPT)).to_vec();
    if acceptance == Acceptance::Status {
        return match status.is_success() || status.is_redirection() {
            true => Ok(()),
            false => Err(unexpected(status)),
        };
    }
    match (status, acceptance_in(&body)) {
        (StatusCode::OK, Some(line)) => {
            pushed.accepted_line = String::from_utf8_lossy(line).into_owned();
            Ok(())
        }
        (StatusCode::OK, None) => Err(not_accepting(body.trim_ascii())),
        (other, _) => Err(unexpected(other)),
    }
}

/// A failure with the reasons that a library gives for it.
fn because<E: std::error::Error>(what: Text) -> impl FnOnce(E) -> Text {
    move |error| {
        let (Text { japanese, english }, reasons) = (what, chain(&error));
        Text::filled(format!("{japanese}: 「{reasons}」"), format!("{english}: {reasons}"))
    }
}

/// An error and what caused it, in the words of the libraries.
fn chain(error: &dyn std::error::Error) -> String {
    let reasons = std::iter::successors(Some(error), |error| error.source());
    reasons.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn unexpected(status: StatusCode) -> Text {
    text!("HTTPステータス {status} が応答されました。", "HTTP status {status}", status = status.as_u16())
}

fn not_accepting(body: &[u8]) -> Text {
    let english = excerpt(body);
    let japanese = if body.is_empty() { "空" } else { &english };
    Text::filled(
        format!("result=0 が応答されていません。(応答: {japanese})"),
        format!("the answer is not result=0 but {english}"),
    )
}

/// The line of an answer that says `result=0`, blanks around it and around the sign aside; shops in the field answer
/// `result = 0` and whole pages with such a line (`observed.md` section 5). Without the blanks around it.
fn acceptance_in(body: &[u8]) -> Option<&[u8]> {
    let lines = body.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    lines.into_iter().find(|line| {
        let mut parts = line.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
        (parts.next(), parts.next()) == (Some(b"result"), Some(b"0"))
    })
}

/// The beginning of an answer, printable.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line: String = text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.is_empty() { "empty".to_owned() } else { format!("{line:?}") }
}

/// A curve that we name last but cannot use to exchange keys: with TLS 1.2, a server that has a key on it does not speak
/// with clients that do not name it. It exchanges keys on another.
#[derive(Debug)]
struct Secp521r1;

impl SupportedKxGroup for Secp521r1 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, rustls::Error> {
        Err(rustls::Error::General(
            "the shop wants to exchange keys on secp521r1, which is not possible here".to_owned(),
        ))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// Accepts any server with any certificate. Whether the server has the certificate's key does not matter where the
/// certificate may be anybody's, and the library could not tell for keys that it holds to be too short or does not know.
#[derive(Debug)]
struct AnyServer(Vec<SignatureScheme>);

impl AnyServer {
    fn new(provider: &CryptoProvider) -> AnyServer {
        let mut schemes = provider.signature_verification_algorithms.supported_schemes();
        // Last, so that nobody takes them who knows better ones.
        schemes.extend([
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]);
        AnyServer(schemes)
    }
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_accepts_whatever_blanks_and_page_are_around_it() {
        for (body, line) in [
            ("result=0", "result=0"),
            ("\r\n result=0 \r\n", "result=0"),
            ("result = 0", "result = 0"),
            ("result\t=0", "result\t=0"),
            ("<html>\r\n<body>\r\n\t\tresult = 0\r\n</body>\r\n</html>", "result = 0"),
            ("notice\rresult= 0\rend", "result= 0"),
        ] {
            assert_eq!(acceptance_in(body.as_bytes()), Some(line.as_bytes()), "{body:?}");
        }
        for body in [
            "",
            "result",
            "result=",
            "result=1",
            "result=00",
            "result=0;",
            "Result=0",
            "xresult=0",
            "result==0",
            "<p>result=0</p>",
            "result\n=0",
        ] {
            assert_eq!(acceptance_in(body.as_bytes()), None, "{body:?}");
        }
    }
}
