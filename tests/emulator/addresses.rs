//! One notion of where we are: the addresses in answers and pages, what the certificate names, what is told to people.

use std::net::{SocketAddr, TcpStream};

use paygent_emulator::internal::wire::Charset;

use crate::harness::{Emulator, Response, Shop, form};

/// A path and the fields that are sent there.
type Request<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// Everything that is answered with an address of ours: where it is sent, its fields, what names the address.
const POINTS_TO_US: [(Request<'_>, &str); 7] = [
    (
        (
            "/n/conveni/request",
            &[
                ("telegram_kind", "030"),
                ("trading_id", "t030"),
                ("payment_amount", "2490"),
                ("customer_family_name", "山田"),
                ("customer_name", "太郎"),
                ("customer_tel", "0312345678"),
                ("sales_type", "1"),
                ("cvs_company_id", "00C001"),
            ],
        ),
        "receipt_print_url=",
    ),
    (
        (
            "/n/bank/requestasp",
            &[
                ("telegram_kind", "060"),
                ("trading_id", "t060"),
                ("payment_id", "060"),
                ("amount", "12345"),
                ("claim_kana", "ｵｼﾊﾗｲ"),
                ("claim_kanji", "お支払い一式"),
            ],
        ),
        "asp_url=",
    ),
    (
        (
            "/n/emoney/request",
            &[
                ("telegram_kind", "150"),
                ("trading_id", "t150"),
                ("emoney_type", "1"),
                ("amount", "1000"),
                ("return_url", "https://shop.test/?mode=done"),
                ("cancel_url", "https://shop.test/cancel"),
            ],
        ),
        "redirect_url=",
    ),
    (
        (
            "/n/threeds/request",
            &[
                ("telegram_kind", "450"),
                ("trading_id", "t450"),
                ("term_url", "https://shop.test/back"),
                ("merchant_name", "TEST SHOP"),
                ("authentication_type", "01"),
                ("card_set_method", "direct"),
                ("card_number", "4980000000000000"),
                ("card_valid_term", "1239"),
                ("payment_amount", "1000"),
            ],
        ),
        "action=\"",
    ),
    (
        (
            "/n/card/request",
            &[
                ("telegram_kind", "020"),
                ("trading_id", "t020"),
                ("payment_amount", "1000"),
                ("card_number", "5123459358515820"),
                ("card_valid_term", "1239"),
                ("payment_class", "10"),
                ("3dsecure_use_type", "1"),
                ("http_accept", "text/html"),
                ("http_user_agent", "Mozilla/5.0"),
                ("term_url", "https://shop.test/back"),
            ],
        ),
        "action=\"",
    ),
    (
        (
            "/v/u/request",
            &[
                ("trading_id", "tlink"),
                ("payment_type", "02"),
                ("id", "2980"),
                ("threedsecure_ryaku", "1"),
                ("isbtob", "1"),
            ],
        ),
        "url=",
    ),
    (
        (
            "/v/u/cardreg",
            &[
                ("hc", "0000000000000000000000000000000000000000000000000000000000000000"),
                ("customer_id", "c1"),
                ("return_url", "https://shop.test/cards"),
                ("isbtob", "1"),
            ],
        ),
        "url=",
    ),
];

/// The answer to a request that is sent to a host over TLS to a server name, to where an emulator listens.
fn answer(emulator: &Emulator, shop: &Shop<'_>, (path, fields): Request<'_>, host: &str, sni: &str) -> String {
    let mut pairs = vec![
        ("merchant_id", shop.merchant_id.as_str()),
        ("seq_merchant_id", &shop.merchant_id),
        ("connect_id", "test0001"),
        ("connect_password", "password"),
        ("telegram_version", "1.0"),
    ];
    pairs.retain(|(name, _)| path.starts_with("/n/") != (*name == "seq_merchant_id"));
    pairs.extend_from_slice(fields);
    let charset = if path.starts_with("/v/") || path.contains("threeds") { Charset::Utf8 } else { Charset::Windows31J };
    let body = form(&pairs, charset);
    let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
    let request = format!(
        "POST {path} HTTP/1.0\r\n{host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let stream = TcpStream::connect(emulator.ports.listen).unwrap();
    let response = Response::parse(&emulator.exchange_over(stream, sni, request.as_bytes()));
    assert_eq!(response.status, 200);
    charset.decode_lossy(&response.body).into_owned()
}

/// The addresses that an answer names, by the text before them.
fn named<'a>(answer: &'a str, before: &str) -> Vec<&'a str> {
    let after = answer.split(before).skip(1);
    let urls = after.filter_map(|rest| rest.split(['"', '\r', '\n']).next()).filter(|url| url.starts_with("https://"));
    urls.collect()
}

/// The scheme and authority of every address that is answered.
fn bases(emulator: &Emulator, host: &str, sni: &str) -> Vec<String> {
    let shop = emulator.shop();
    let mut bases = Vec::new();
    for (request, before) in POINTS_TO_US {
        let answer = answer(emulator, &shop, request, host, sni);
        let urls = named(&answer, before);
        assert!(!urls.is_empty(), "{}: {answer}", request.0);
        assert!(host.is_empty() || !answer.contains("foreign.example"), "{}: {answer}", request.0);
        bases.extend(urls.iter().map(|url| url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")));
    }
    bases.sort();
    bases.dedup();
    bases
}

#[test]
fn a_foreign_host_builds_no_address_in_any_answer() {
    let emulator = Emulator::start();
    let port = emulator.ports.listen.port();
    let own = [format!("https://localhost:{port}")];
    for host in ["foreign.example", "foreign.example:443", "localhost:80", "foreign.example\"><script>", ""] {
        assert_eq!(bases(&emulator, host, "localhost"), own, "{host}");
    }
    assert_eq!(bases(&emulator, &format!("127.0.0.1:{port}"), "localhost"), [format!("https://127.0.0.1:{port}")]);
    assert_eq!(bases(&emulator, "sandbox.paygent.co.jp", "localhost"), ["https://sandbox.paygent.co.jp"]);
    assert_eq!(
        bases(&emulator, "foreign.example", "link.paygent.co.jp"),
        [format!("https://link.paygent.co.jp:{port}")],
        "what it dialled, at the port where it got through"
    );
}

#[test]
fn the_public_url_stands_in_every_answer_and_in_the_certificate() {
    let flags = ["--public-url", "https://Pay.Shop.test:18443/", "--server-name", "paygent,other.test"];
    let emulator = Emulator::start_with(&flags);
    let public = "https://pay.shop.test:18443";
    for (host, sni) in [("foreign.example", "pay.shop.test"), ("localhost", "paygent"), ("", "other.test")] {
        assert_eq!(bases(&emulator, host, sni), [public]);
    }
    let (_, start) = emulator.console("GET", "/", "");
    assert!(start.contains(&format!("paygentB2Bmodule.url.02={public}/n/card/request")), "{start}");
    let (_, merchant) = emulator.console("GET", "/merchants/10000", "");
    assert!(merchant.contains(&format!("{public}/n/paidy/receipt?mid=10000")), "{merchant}");
}

#[test]
fn a_further_name_of_ours_builds_addresses() {
    let emulator = Emulator::start_with(&["--server-name", "paygent"]);
    let at = format!("paygent:{}", emulator.ports.listen.port());
    assert_eq!(bases(&emulator, &at, "paygent"), [format!("https://{at}")]);
    assert_eq!(bases(&emulator, "foreign.example", "paygent"), [format!("https://{at}")]);
}

/// The names that are dialled over TLS all verify: the client trusts the emulator's authority alone.
#[test]
fn the_certificate_covers_where_we_listen_and_every_name_that_we_play() {
    let telegram: Request<'_> = ("/n/ref/paymentref", &[("telegram_kind", "094"), ("payment_id", "1")]);
    for listen in ["127.0.0.12:0", "0.0.0.0:0", "[::]:0", "[::1]:0"] {
        let emulator = Emulator::start_with(&["--listen", listen]);
        let mut dialled = emulator.ports.listen;
        if dialled.ip().is_unspecified() {
            dialled = SocketAddr::from(([127, 0, 0, 1], dialled.port()));
        }
        let shop = emulator.shop();
        let own = dialled.ip().to_string();
        let names = [own.as_str(), "localhost", "service.paygent.co.jp", "sandbox.paygent.co.jp", "apps.paidy.com"];
        for name in names {
            let said = answer(&emulator, &shop, telegram, "", name);
            assert!(said.contains("result="), "{listen} {name}: {said}");
        }
        let host = if own == "127.0.0.1" { "localhost".to_owned() } else { own };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let url = format!("https://{host}:{}", dialled.port());
        let (_, start) = emulator.console("GET", "/", "");
        assert!(start.contains(&format!("paygentB2Bmodule.url.02={url}/n/card/request")), "{listen}: {start}");
    }
}

#[test]
fn a_new_address_is_added_to_the_certificate_and_nobody_has_to_trust_anew() {
    let mut first = Emulator::start();
    let dir = first.dir.path().to_str().unwrap().to_owned();
    let pki = first.dir.path().join("pki");
    let read = |name: &str| std::fs::read(pki.join(name)).unwrap();
    let (ca, server) = (read("ca.pem"), read("server.pem"));
    first.end("-TERM");
    let again = Emulator::start_with(&["--data-dir", &dir, "--listen", "127.0.0.12:0"]);
    assert_eq!(read("ca.pem"), ca);
    assert_ne!(read("server.pem"), server);
    let telegram: Request<'_> = ("/n/ref/paymentref", &[("telegram_kind", "094"), ("payment_id", "1")]);
    assert!(answer(&again, &again.shop(), telegram, "", "127.0.0.12").contains("result="));
}

#[test]
fn the_first_lines_of_output_name_what_can_be_dialled() {
    for (listen, public, host) in [
        ("127.0.0.12:0", None, "127.0.0.12"),
        ("0.0.0.0:0", None, "localhost"),
        ("[::1]:0", None, "[::1]"),
        ("0.0.0.0:0", Some("https://pay.shop.test"), "pay.shop.test"),
    ] {
        let mut flags = vec!["--listen", listen, "--console", listen, "--proxy", listen, "--http", listen];
        flags.extend(public.iter().flat_map(|url| ["--public-url", url]));
        let mut emulator = Emulator::start_with(&flags);
        let port = public.map_or_else(|| format!(":{}", emulator.ports.listen.port()), |_| String::new());
        let (_, said) = emulator.end("-TERM");
        for line in ["telegrams ", "try "] {
            let line = said.lines().find(|said| said.starts_with(line)).unwrap();
            assert!(line.contains(&format!("https://{host}{port}/n/")), "{said}");
        }
        assert!(!said.contains("0.0.0.0"), "{said}");
    }
}

#[test]
fn the_hosts_line_names_what_the_certificate_names() {
    let emulator = Emulator::start_with(&["--listen", "127.0.0.12:0"]);
    let (_, start) = emulator.console("GET", "/", "");
    let line = start.split("127.0.0.12 ").nth(1).and_then(|rest| rest.lines().next()).expect("a hosts line");
    let names: Vec<&str> = line.split(' ').collect();
    for wanted in ["sandbox.paygent.co.jp", "service.paygent.co.jp", "apps.paidy.com"] {
        assert!(names.contains(&wanted), "{line}");
    }
    let shop = emulator.shop();
    for name in names {
        let telegram: Request<'_> = ("/n/ref/paymentref", &[("telegram_kind", "094"), ("payment_id", "1")]);
        assert!(answer(&emulator, &shop, telegram, "", name).contains("result="), "{name}");
    }
}
