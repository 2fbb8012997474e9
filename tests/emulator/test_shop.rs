//! A shop that takes notices, well or badly: a listener in a thread.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use paygent_emulator::internal::wire::Charset;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How the shop takes one notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// `result=0`.
    Accepted,
    /// `result=0` with blanks and a line end around it.
    AcceptedWithBlanks,
    /// HTTP status 500, with `result=0` all the same.
    Status500,
    /// HTTP status 302.
    Redirect,
    /// A page with `result = 0` on a line of its own.
    AcceptedInPage,
    /// A page.
    Garbage,
    /// `result=1`.
    Refused,
    /// Nothing but a closed connection.
    Closed,
    /// `result=0`, when the sender has given up.
    TooLate,
    /// `result=0`, when the test lets go of it.
    Held,
}

impl Taking {
    pub(crate) fn accepts(self) -> bool {
        matches!(self, Taking::Accepted | Taking::AcceptedWithBlanks | Taking::AcceptedInPage | Taking::Held)
    }

    fn answer(self) -> &'static str {
        match self {
            Taking::Accepted | Taking::TooLate | Taking::Held => "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nresult=0",
            Taking::AcceptedWithBlanks => "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n \nresult=0\r\n",
            Taking::Status500 => "HTTP/1.1 500 Oops\r\nContent-Length: 8\r\n\r\nresult=0",
            Taking::Redirect => "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 8\r\n\r\nresult=0",
            Taking::AcceptedInPage => {
                "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>\r\n\t\tresult = 0\t\r\n</body></html>"
            }
            Taking::Garbage => "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome to our shop</html>",
            Taking::Refused => "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nresult=1",
            Taking::Closed => "",
        }
    }
}

/// A notice as it came.
#[derive(Debug)]
pub(crate) struct Push {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) taking: Taking,
    /// The name that was asked for over TLS.
    pub(crate) server_name: Option<String>,
}

impl Push {
    /// A field's value, decoded from Windows-31J; empty when it is not there.
    pub(crate) fn get(&self, name: &str) -> String {
        let value = self.fields().into_iter().find(|(known, _)| known == name);
        value.map(|(_, value)| value).unwrap_or_default()
    }

    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let bytes: Vec<u8> = percent_encoding::percent_decode_str(&text).collect();
            Charset::Windows31J.decode(&bytes).unwrap().into_owned()
        };
        let pairs = self.body.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(name, value)| (decode(name), decode(value))).collect()
    }

    /// Its number, which stands first.
    pub(crate) fn id(&self) -> u64 {
        let number = self.body.strip_prefix("payment_notice_id=").unwrap();
        number.split('&').next().unwrap().parse().unwrap()
    }
}

/// The shop. What it takes badly is said in advance; everything after that is accepted.
pub(crate) struct TestShop {
    pub(crate) url: String,
    arrived: Receiver<Push>,
    let_go: Sender<()>,
}

impl TestShop {
    pub(crate) fn open(takings: &[Taking]) -> TestShop {
        TestShop::open_with(takings, None)
    }

    /// A shop behind TLS, with a certificate that it made itself.
    pub(crate) fn open_secure() -> TestShop {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        TestShop::open_with(&[], Some(Arc::new(config)))
    }

    fn open_with(takings: &[Taking], tls: Option<Arc<ServerConfig>>) -> TestShop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let takings = Mutex::new(takings.iter().copied().collect::<VecDeque<_>>());
        let (sender, arrived) = channel();
        let (let_go, held) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let served = match &tls {
                    None => serve(stream, None, &takings, &sender, &held),
                    Some(tls) => {
                        let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
                        let mut stream = StreamOwned::new(connection, stream);
                        let _ = stream.conn.complete_io(&mut stream.sock);
                        let name = stream.conn.server_name().map(str::to_owned);
                        serve(stream, name, &takings, &sender, &held)
                    }
                };
                if !served {
                    return;
                }
            }
        });
        TestShop { url: format!("{scheme}://localhost:{port}/?hook=paygent"), arrived, let_go }
    }

    /// Answers a notice that is held.
    pub(crate) fn let_go(&self) {
        self.let_go.send(()).unwrap();
    }

    /// The next notice, which must come.
    pub(crate) fn next(&self) -> Push {
        self.arrived.recv_timeout(Duration::from_secs(30)).expect("a notice must arrive")
    }

    /// The notices up to and with the one of this number that it accepted.
    pub(crate) fn until_accepted(&self, id: u64) -> Vec<Push> {
        let mut pushes = Vec::new();
        loop {
            let push = self.next();
            let done = push.id() == id && push.taking.accepts();
            pushes.push(push);
            if done {
                return pushes;
            }
        }
    }

    /// The next notice, if it comes within a time.
    pub(crate) fn within(&self, time: Duration) -> Option<Push> {
        match self.arrived.recv_timeout(time) {
            Ok(push) => Some(push),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the shop has fallen over"),
        }
    }

    /// A notice that has arrived already.
    pub(crate) fn arrived(&self) -> Option<Push> {
        self.within(Duration::ZERO)
    }
}

/// Serves one connection; false when the test is over.
fn serve<S: Read + Write>(
    mut stream: S,
    server_name: Option<String>,
    takings: &Mutex<VecDeque<Taking>>,
    sender: &Sender<Push>,
    held: &Receiver<()>,
) -> bool {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let (head, body) = loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return true,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let taking = takings.lock().unwrap().pop_front().unwrap_or(Taking::Accepted);
    if sender.send(Push { head, body, taking, server_name }).is_err() {
        return false;
    }
    match taking {
        // It ends when the sender gives up.
        Taking::TooLate => while stream.read(&mut buffer).is_ok_and(|read| read > 0) {},
        Taking::Held if held.recv().is_err() => return false,
        _ => {}
    }
    let _ = stream.write_all(taking.answer().as_bytes());
    let _ = stream.flush();
    true
}
