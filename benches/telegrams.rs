//! What a telegram costs, as ratios to a server that answers a constant over the same TLS in the same run.
//!
//! `cargo bench` prints: throughput of 020 on kept connections, a fresh handshake per telegram, the time from start to
//! the first telegram, memory idle and per payment, what open event streams cost. Numbers depend on the machine; the ratios do not, much.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use paygent_emulator::internal::addresses::Called;
use paygent_emulator::internal::gateway::{Gateway, Incoming};
use paygent_emulator::internal::ledger::MemoryLedger;
use paygent_emulator::internal::merchant::Merchants;
use paygent_emulator::internal::pki::{Pki, PkiOptions};
use paygent_emulator::internal::secret::Secret;
use paygent_emulator::internal::server::connections::Limits;
use paygent_emulator::internal::server::tls::{self, ClientAuth, Tls};
use paygent_emulator::{Emulator, Ports};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Rounds of each measurement, taken in turns; the median counts. Many short ones: what else the machine does then
/// disturbs both sides of a pair alike, or few pairs.
const ROUNDS: usize = 51;

fn main() -> Result<(), Error> {
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| name.contains(one.as_str()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let dir = tempfile::tempdir()?;
    if wanted("telegrams") {
        runtime.block_on(telegrams(dir.path()))?;
    }
    if wanted("streams") {
        runtime.block_on(streams())?;
    }
    runtime.shutdown_background();
    if wanted("start") {
        start(dir.path())?;
    }
    if wanted("memory") {
        memory()?;
    }
    Ok(())
}

/// Throughput on kept connections and with a handshake for each telegram.
async fn telegrams(dir: &Path) -> Result<(), Error> {
    let emulator = Emulator::builder().data_dir(dir).notice_delay(Duration::ZERO).start().await?;
    let pki = Pki::open(emulator.certificates().dir(), &PkiOptions::default())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let reference = listener.local_addr()?;
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let answer = axum::routing::any(async || ([("content-type", "text/html; charset=Windows-31J")], CONSTANT));
    let app = axum::Router::new().route("/n/{*path}", answer);
    let serving = tls::serve(
        listener,
        Tls::new(&pki, ClientAuth::Required, None)?,
        app,
        Limits::default(),
        stopped,
        Arc::new(|_| {}),
    );
    tokio::spawn(serving);
    let ours = emulator.ports().listen;

    for connections in [8, 64] {
        let tls = client(&pki, rustls::ALL_VERSIONS, true)?;
        let rate = |address| kept(address, Arc::clone(&tls), connections, 3_200);
        report(&format!("020 on {connections} kept connections"), rate, [reference, ours]).await?;
    }
    for (name, version) in [("TLS 1.2", &rustls::version::TLS12), ("TLS 1.3", &rustls::version::TLS13)] {
        let tls = client(&pki, &[version], false)?;
        let rate = |address| fresh(address, Arc::clone(&tls), 8, 200);
        report(&format!("020 with a handshake each, {name}"), rate, [reference, ours]).await?;
    }
    Ok(())
}

/// How much 50 open event streams cost, as many as forgotten tabs of the console: the same telegrams to two emulators,
/// one of which nobody watches. Whoever reads the streams does it in this process too.
async fn streams() -> Result<(), Error> {
    const STREAMS: usize = 50;
    let alone = Emulator::start().await?;
    let watched = Emulator::start().await?;
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(watched.ports().console).await?;
        stream.write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
        });
    }
    let mut clients = Vec::new();
    for emulator in [&alone, &watched] {
        let pki = Pki::open(emulator.certificates().dir(), &PkiOptions::default())?;
        clients.push((emulator.ports().listen, client(&pki, rustls::ALL_VERSIONS, true)?));
    }
    let rate = |address| {
        let tls = clients.iter().find(|(known, _)| *known == address).map(|(_, tls)| Arc::clone(tls));
        async move { kept(address, tls.ok_or("no such emulator")?, 8, 3_200).await }
    };
    report("020 with 50 event streams (goal 0.90)", rate, [alone.ports().listen, watched.ports().listen]).await
}

/// As long as the answer to a 020.
const CONSTANT: &str = include_str!("answer.txt");

/// Measures both servers in turns and prints the medians of their rates and of the ratios; a first run does not count.
async fn report<F: Future<Output = Result<f64, Error>>>(
    what: &str,
    rate: impl Fn(SocketAddr) -> F,
    [reference, ours]: [SocketAddr; 2],
) -> Result<(), Error> {
    rate(reference).await?;
    rate(ours).await?;
    let (mut of_reference, mut of_ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (reference, ours) = (rate(reference).await?, rate(ours).await?);
        of_reference.push(reference);
        of_ours.push(ours);
        ratios.push(ours / reference);
    }
    let (reference, ours, ratio) = (median(of_reference), median(of_ours), median(ratios));
    println!("{what}: {ours:.0} telegrams/s, to compare with {reference:.0}, ratio {ratio:.2}");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Telegrams per second over connections that are kept.
async fn kept(address: SocketAddr, tls: Arc<ClientConfig>, connections: usize, telegrams: usize) -> Result<f64, Error> {
    let mut streams = Vec::new();
    for _ in 0..connections {
        streams.push(connect(address, Arc::clone(&tls)).await?);
    }
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for mut stream in streams {
        tasks.spawn(async move {
            let mut request = request("keep-alive");
            for _ in 0..telegrams / connections {
                number(&mut request);
                exchange(&mut stream, &request).await?;
            }
            Ok::<(), Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(telegrams as f64 / started.elapsed().as_secs_f64())
}

/// Telegrams per second with a fresh connection for each.
async fn fresh(
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    tasks_at_once: usize,
    telegrams: usize,
) -> Result<f64, Error> {
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..tasks_at_once {
        let tls = Arc::clone(&tls);
        tasks.spawn(async move {
            let mut request = request("close");
            for _ in 0..telegrams / tasks_at_once {
                number(&mut request);
                let mut stream = connect(address, Arc::clone(&tls)).await?;
                exchange(&mut stream, &request).await?;
            }
            Ok::<(), Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(telegrams as f64 / started.elapsed().as_secs_f64())
}

async fn connect(address: SocketAddr, tls: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, Error> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(TlsConnector::from(tls).connect(ServerName::try_from("localhost")?, stream).await?)
}

/// Sends a request and reads its answer to the end; it must be a success.
async fn exchange(stream: &mut TlsStream<TcpStream>, request: &[u8]) -> Result<(), Error> {
    stream.write_all(request).await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the connection was closed".into());
        }
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).ok_or("no length")?;
        let length: usize = length.parse()?;
        if answer.len() >= end + 4 + length {
            return if answer[end + 4..].starts_with(b"\r\nresult=0") { Ok(()) } else { Err("refused".into()) };
        }
    }
}

fn client(
    pki: &Pki,
    versions: &[&'static rustls::SupportedProtocolVersion],
    resume: bool,
) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(pki.ca().clone())?;
    let (chain, key) = pki.client_identity()?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    if !resume {
        config.resumption = rustls::client::Resumption::disabled();
    }
    Ok(Arc::new(config))
}

const FORM: &str = "merchant_id=10000&connect_id=test0001&connect_password=password&telegram_kind=020&telegram_version=1.0\
                    &trading_id=0927982517&payment_amount=2490&card_number=4900000000000000&card_valid_term=1239\
                    &payment_class=10&3dsecure_ryaku=1";

fn request(connection: &str) -> Vec<u8> {
    let length = FORM.len();
    format!(
        "POST /n/card/request HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{FORM}"
    )
    .into_bytes()
}

/// Gives a request a `trading_id` of its own, as every order of a shop has.
fn number(request: &mut [u8]) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = b"&trading_id=";
    let Some(at) = request.windows(name.len()).position(|window| window == name) else { return };
    let mut number = NEXT.fetch_add(1, Ordering::Relaxed);
    for digit in request[at + name.len()..][..10].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// From the start of the process to the answer of its first telegram, and its memory when idle.
fn start(dir: &Path) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let pki = Pki::open(&dir.join("pki"), &PkiOptions::default())?;
    let tls = client(&pki, rustls::ALL_VERSIONS, true)?;
    let mut times = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..21 {
        let _ = std::fs::remove_file(dir.join("ports.json"));
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_paygent-emulator"))
            .args(["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--data-dir"])
            .arg(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let ports: Ports = loop {
            if let Ok(text) = std::fs::read(dir.join("ports.json")) {
                break serde_json::from_slice(&text)?;
            }
            if started.elapsed() > Duration::from_secs(10) {
                return Err("the emulator did not start".into());
            }
            std::thread::yield_now();
        };
        runtime.block_on(async {
            let mut stream = connect(ports.listen, Arc::clone(&tls)).await?;
            exchange(&mut stream, &request("close")).await
        })?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        idle.push(resident(child.id())? as f64 / 1024.0);
        child.kill()?;
        child.wait()?;
    }
    println!("start to first telegram, certificates there: {:.1} ms (goal 25)", median(times));
    println!("memory idle, after one telegram: {:.1} MiB (goal 12)", median(idle));
    Ok(())
}

/// Memory per payment, and how much slower a ledger full of them is than one that is nearly empty.
fn memory() -> Result<(), Error> {
    let count: u64 = std::env::var("BENCH_PAYMENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let ledger = || Box::new(MemoryLedger::default());
    let new = || Arc::new(Gateway::new(Merchants::open_door(), ledger(), Secret::new([7; 32])));
    let send = |gateway: &Arc<Gateway>, number: u64| {
        let body = FORM.replace("0927982517", &format!("{number:010}"));
        let incoming = Incoming {
            path: "/n/card/request",
            query: None,
            called: Called::default(),
            body: body.as_bytes(),
            remote: None,
            admission: Ok(()),
        };
        // Nothing has a deadline, so that it waits for nothing.
        let _ = gateway.telegram(&incoming).now_or_never();
    };
    let (few, many) = (new(), new());
    // The journals fill up first; they are bounded and not part of a payment.
    let begun = count / 10;
    (0..begun).for_each(|number| [&few, &many].into_iter().for_each(|gateway| send(gateway, number)));
    let before = resident(std::process::id())?;
    (begun..count).for_each(|number| send(&many, number));
    let grown = resident(std::process::id())? - before;
    println!(
        "memory per payment, its two notices included: {:.0} bytes (goal 1024)",
        grown as f64 * 1024.0 / (count - begun) as f64
    );
    let time = |gateway: &Arc<Gateway>, from: u64| {
        let started = Instant::now();
        (from..from + 500).for_each(|number| send(gateway, number));
        started.elapsed().as_secs_f64()
    };
    let ratios = (0..101).map(|round| time(&many, count + round * 500) / time(&few, count + round * 500)).collect();
    println!("020 after {count} payments: {:.2} of the time after {begun} (goal 1.2)", median(ratios));
    Ok(())
}

/// Resident memory of a process, in KiB.
fn resident(process: u32) -> Result<u64, Error> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
