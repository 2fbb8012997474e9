//! Starting the binary, talking to it as a shop's client does, and reading its answers as the PHP module does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use paygent_emulator::Ports;
use paygent_emulator::internal::pki::{Pki, PkiOptions};
use paygent_emulator::internal::wire::Charset;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::json;

/// A running emulator; it is killed when this is dropped.
pub(crate) struct Emulator {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: tempfile::NamedTempFile,
    pub(crate) ports: Ports,
    pub(crate) dir: tempfile::TempDir,
    tls: Arc<ClientConfig>,
    next_merchant: AtomicU64,
}

impl Emulator {
    /// Starts the binary with a fresh data directory and free ports.
    pub(crate) fn start() -> Emulator {
        Emulator::start_with(&[])
    }

    /// The same with more flags. Notices are told at once: whoever tests when they come says so by the flag.
    pub(crate) fn start_with(flags: &[&str]) -> Emulator {
        Emulator::start_in(&[("PAYGENT_EMULATOR_NOTICE_DELAY", "0s")], flags)
    }

    /// One whose notices come when they do for everybody.
    pub(crate) fn start_as_shops_do() -> Emulator {
        Emulator::start_in(&[], &[])
    }

    /// The same in an environment; a flag that it sets is not given.
    pub(crate) fn start_in(environment: &[(&str, &str)], flags: &[&str]) -> Emulator {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paygent-emulator"));
        command.envs(environment.iter().copied());
        Emulator::start_by(command, flags)
    }

    /// The same by another command, such as a shell that sets limits and then becomes the binary.
    pub(crate) fn start_by(mut command: Command, flags: &[&str]) -> Emulator {
        let dir = tempfile::tempdir().unwrap();
        let log = tempfile::NamedTempFile::new().unwrap();
        let free = ["--listen", "--console"].map(|door| [door, "127.0.0.1:0"]);
        let variable = |door: &str| door.replace("--", "PAYGENT_EMULATOR_").to_uppercase();
        let by_environment = |door: &str| command.get_envs().any(|(name, _)| *name == *variable(door));
        let free: Vec<_> =
            free.into_iter().filter(|[door, _]| !flags.contains(door) && !by_environment(door)).collect();
        let mut child = command
            .args(free.concat())
            .env("PAYGENT_EMULATOR_DATA_DIR", dir.path())
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        // The first line of output comes when all doors are open.
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let data_dir = flags.iter().position(|flag| *flag == "--data-dir").map(|at| flags[at + 1].into());
        let data_dir: std::path::PathBuf = data_dir.unwrap_or_else(|| dir.path().to_owned());
        let ports = std::fs::read(data_dir.join("ports.json")).unwrap();
        let ports = serde_json::from_slice(&ports).unwrap();
        let pki = Pki::open(&data_dir.join("pki"), &PkiOptions::default()).unwrap();
        let (chain, key) = pki.client_identity().unwrap();
        let tls = client_tls(&pki).with_client_auth_cert(chain, key).unwrap();
        Emulator { child, stdout, log, ports, dir, tls: Arc::new(tls), next_merchant: AtomicU64::new(20_000) }
    }

    /// A shop of its own: an unknown merchant, which the emulator adopts with its first telegram.
    pub(crate) fn shop(&self) -> Shop<'_> {
        let id = self.next_merchant.fetch_add(1, Ordering::Relaxed);
        Shop { emulator: self, merchant_id: id.to_string() }
    }

    /// One whose clock stands at ten in the morning of a day, and that has a key for the hashes of notices.
    pub(crate) fn shop_on(&self, day: &str) -> Shop<'_> {
        let shop = self.shop();
        shop.set(json!({"keys": {"notice_hash": "abcdefg1234567"}}));
        let now = format!("{day}T10:00:00+09:00");
        self.api("PUT", "/api/v1/clock", json!({"merchant_id": shop.merchant_id, "now": now, "frozen": true}));
        shop
    }

    /// The shop of the merchant that exists from the start.
    pub(crate) fn first_shop(&self) -> Shop<'_> {
        Shop { emulator: self, merchant_id: "10000".to_owned() }
    }

    /// Sends bytes over TLS with our client certificate and reads until the other side closes.
    pub(crate) fn exchange(&self, request: &[u8]) -> Vec<u8> {
        exchange_tls(self.ports.listen, Arc::clone(&self.tls), request)
    }

    /// The same without a client certificate.
    pub(crate) fn exchange_without_certificate(&self, request: &[u8]) -> Vec<u8> {
        exchange_tls(self.ports.listen, Arc::new(client_tls(&self.pki()).with_no_client_auth()), request)
    }

    /// The same over a connection that is open already, to a host of this name.
    pub(crate) fn exchange_over(&self, stream: TcpStream, host: &str, request: &[u8]) -> Vec<u8> {
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// Sends bytes that the server may stop reading; whatever it answered.
    pub(crate) fn exchange_lenient(&self, request: &[u8]) -> Vec<u8> {
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(self.ports.listen).unwrap());
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// Sends bytes and closes the connection without reading anything.
    pub(crate) fn send_and_leave(&self, request: &[u8]) {
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(self.ports.listen).unwrap());
        stream.write_all(request).unwrap();
        stream.flush().unwrap();
    }

    /// Its certificates.
    pub(crate) fn pki(&self) -> Pki {
        Pki::open(&self.dir.path().join("pki"), &PkiOptions::default()).unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Sends it a signal and waits until it has ended: its exit code, and what it said on standard output after its
    /// first line.
    pub(crate) fn end(&mut self, signal: &str) -> (Option<i32>, String) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        (self.wait(), said)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended; its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// A request to the console port: status and body.
    pub(crate) fn console(&self, method: &str, path: &str, json: &str) -> (u16, String) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{json}",
            self.ports.console,
            json.len()
        );
        let mut stream = TcpStream::connect(self.ports.console).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let response = Response::parse(&answer);
        (response.status, String::from_utf8(response.body).unwrap())
    }

    /// A JSON request to the control API that must succeed.
    pub(crate) fn api(&self, method: &str, path: &str, json: serde_json::Value) -> serde_json::Value {
        let body = if json.is_null() { String::new() } else { json.to_string() };
        let (status, body) = self.console(method, path, &body);
        assert!((200..300).contains(&status), "{method} {path} answered {status}: {body}");
        if body.is_empty() { serde_json::Value::Null } else { serde_json::from_str(&body).unwrap() }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what the emulator does in a moment of its own until it is there, which it must be soon.
pub(crate) fn eventually<T>(what: &str, mut read: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if let Some(found) = read() {
            return found;
        }
    }
    panic!("{what} does not come");
}

/// A client's TLS set-up that trusts the emulator's authority.
pub(crate) fn client_tls(pki: &Pki) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pki.ca_pem().as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
}

/// Sends bytes over TLS and reads until the other side closes.
pub(crate) fn exchange_tls(address: SocketAddr, tls: Arc<ClientConfig>, request: &[u8]) -> Vec<u8> {
    let connection = ClientConnection::new(tls, ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// An HTTP answer.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Splits an answer that was read to its end; the body must be as long as Content-Length says.
    pub(crate) fn parse(answer: &[u8]) -> Response {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let body = answer[end + 4..].to_vec();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if let Some(length) = length {
            assert_eq!(length, body.len().to_string(), "{head}");
        }
        Response { status, head, body }
    }
}

/// A merchant's client.
pub(crate) struct Shop<'a> {
    pub(crate) emulator: &'a Emulator,
    pub(crate) merchant_id: String,
}

impl Shop<'_> {
    /// Sends a telegram as the PHP module does and reads its answer as the PHP module does.
    pub(crate) fn send(&self, kind: &str, fields: &[(&str, &str)]) -> Answer {
        let (body, charset) = self.post(kind, fields);
        Answer::parse(&body, charset)
    }

    /// The text of an answer that is CSV.
    pub(crate) fn csv(&self, kind: &str, fields: &[(&str, &str)]) -> String {
        let (body, charset) = self.post(kind, fields);
        charset.decode(&body).expect("an answer is valid in its charset").into_owned()
    }

    /// Sends a telegram; the bytes of its answer.
    pub(crate) fn post(&self, kind: &str, fields: &[(&str, &str)]) -> (Vec<u8>, Charset) {
        let spec = paygent_emulator::internal::wire::catalog().telegram(kind).unwrap();
        let mut pairs = vec![
            ("merchant_id", self.merchant_id.as_str()),
            ("connect_id", "test0001"),
            ("connect_password", "password"),
            ("telegram_kind", kind),
            ("telegram_version", "1.0"),
        ];
        pairs.extend_from_slice(fields);
        let body = form(&pairs, spec.charset);
        let request = format!(
            "POST {} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            spec.path,
            body.len()
        );
        let response = Response::parse(&self.emulator.exchange(request.as_bytes()));
        assert_eq!(response.status, 200);
        (response.body, spec.charset)
    }

    /// Authorizes a test card; the answer must be a success. Returns the payment id.
    pub(crate) fn authorize(&self, trading_id: &str, amount: &str) -> String {
        let answer = self.send("020", &card("4900000000000000", trading_id, amount));
        assert_eq!(answer.result, "0", "{answer:?}");
        answer.get("payment_id").to_owned()
    }

    /// A payment's status, as 094 tells it.
    pub(crate) fn status(&self, payment_id: &str) -> String {
        let answer = self.send("094", &[("payment_id", payment_id)]);
        assert_eq!(answer.result, "0", "{answer:?}");
        answer.get("payment_status").to_owned()
    }

    /// Turns this merchant's clock forward; the control API's answer.
    pub(crate) fn advance_days(&self, days: u32) -> serde_json::Value {
        let by = serde_json::json!({"days": days, "merchant_id": self.merchant_id});
        self.emulator.api("POST", "/api/v1/clock/advance", by)
    }
}

/// The fields of a 020 with direct card data.
pub(crate) fn card<'a>(number: &'a str, trading_id: &'a str, amount: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("trading_id", trading_id),
        ("payment_amount", amount),
        ("card_number", number),
        ("card_valid_term", "1239"),
        ("payment_class", "10"),
        ("3dsecure_ryaku", "1"),
    ]
}

/// Form-encoded parameters.
pub(crate) fn form(pairs: &[(&str, &str)], charset: Charset) -> String {
    let encode = |text: &str| percent_encode(&charset.encode(text), NON_ALPHANUMERIC).to_string();
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// A text answer, as the PHP module sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) result: String,
    pub(crate) response_code: String,
    pub(crate) response_detail: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Answer {
    /// Reads an answer by the rules of the PHP module: lines end in CR LF, a value starts after the first `=`, and
    /// after a name that ends in `_html` everything that follows is its value.
    pub(crate) fn parse(body: &[u8], charset: Charset) -> Answer {
        let text = charset.decode(body).expect("an answer is valid in its charset").into_owned();
        let mut answer = Answer {
            result: String::new(),
            response_code: String::new(),
            response_detail: String::new(),
            fields: Vec::new(),
        };
        let mut lines = text.split("\r\n");
        while let Some(line) = lines.next() {
            let Some((name, value)) = line.split_once('=') else { continue };
            match name {
                "result" => answer.result = value.to_owned(),
                "response_code" => answer.response_code = value.to_owned(),
                "response_detail" => answer.response_detail = value.to_owned(),
                _ if name.ends_with("_html") => {
                    let html: Vec<&str> = lines.by_ref().collect();
                    answer.fields.push((name.to_owned(), html.join("\r\n")));
                }
                _ => answer.fields.push((name.to_owned(), value.to_owned())),
            }
        }
        assert!(!answer.result.is_empty(), "an answer without result is a connection error to clients: {text:?}");
        answer
    }

    /// A field's value; empty when it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}
