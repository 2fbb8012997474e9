//! The library as Rust users meet it: the examples of `docs/library.md` and of the README are lines of these tests.

use std::sync::Arc;
use std::time::Duration;

use paygent_emulator::{ClientAuth, Emulator, Error, Merchant};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::harness::{Answer, Response, card, exchange_tls, form};

/// A shop that knows of the gateway what a shop is told: a URL, an authority, a certificate.
struct MyShop {
    address: std::net::SocketAddr,
    tls: Arc<ClientConfig>,
}

impl MyShop {
    fn new(url: &str, ca_pem: &str, client_pem: &str) -> MyShop {
        let port = url.strip_prefix("https://localhost:").unwrap().parse().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
        let chain = CertificateDer::pem_slice_iter(client_pem.as_bytes()).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(client_pem.as_bytes()).unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .unwrap();
        MyShop { address: ([127, 0, 0, 1], port).into(), tls: Arc::new(tls) }
    }

    /// Sells something and returns the payment id.
    async fn sell(&self, order: &str, yen: u64) -> String {
        let amount = yen.to_string();
        let mut fields = vec![("merchant_id", "10000"), ("connect_id", "test0001"), ("connect_password", "password")];
        fields.extend([("telegram_kind", "020"), ("telegram_version", "1.0")]);
        fields.extend(card("4900000000000000", order, &amount));
        let body = form(&fields, paygent_emulator::internal::wire::Charset::Windows31J);
        let request = format!(
            "POST /n/card/request HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (address, tls) = (self.address, Arc::clone(&self.tls));
        let exchange = tokio::task::spawn_blocking(move || exchange_tls(address, tls, request.as_bytes()));
        let response = Response::parse(&exchange.await.unwrap());
        let answer = Answer::parse(&response.body, paygent_emulator::internal::wire::Charset::Windows31J);
        assert_eq!(answer.result, "0", "{answer:?}");
        answer.get("payment_id").to_owned()
    }
}

#[tokio::test]
async fn a_shop_sells_something() -> Result<(), Error> {
    let emulator = Emulator::start().await?;
    let certificates = emulator.certificates();
    let shop = MyShop::new(&emulator.url(), certificates.ca_pem(), &certificates.client_pem()?);

    let payment_id = shop.sell("order1", 1000).await;

    assert_eq!(emulator.payment(&payment_id).unwrap().payment_status, "20"); // オーソリOK
    Ok(())
}

#[tokio::test]
async fn the_shop_is_given_addresses_certificates_and_credentials() -> Result<(), Error> {
    let emulator = Emulator::start().await?;
    let gateway = emulator.url(); // https://localhost:49152, or where one kind is posted to:
    let authorization = emulator.telegram_url("020")?;

    let certificates = emulator.certificates();
    let trusted = certificates.ca_pem(); // reqwest::Certificate::from_pem
    let own = certificates.client_pem()?; // reqwest::Identity::from_pem
    let file = certificates.client_p12_path(); // for other programs; its passphrase is changeit

    let merchant = emulator.first_merchant(); // 10000
    let connect_id = merchant.get("connect_id").unwrap();
    let hash_key = merchant.get("keys.link_hash").unwrap();

    assert!(authorization.starts_with(&gateway));
    assert!(!trusted.is_empty() && !own.is_empty() && file.exists());
    assert_eq!((connect_id, hash_key), ("test0001", "linkhashkey0123456789"));
    Ok(())
}

#[tokio::test]
async fn an_emulator_is_set_up() -> Result<(), Error> {
    let emulator = Emulator::builder()
        .frozen_at("2026-12-01T10:00:00+09:00".parse().unwrap())
        .seed(7) // tokens and ids are the same in each run
        .client_auth(ClientAuth::Off)
        .notice_delay(Duration::ZERO)
        .merchant(Merchant::new("10000").notification_url("http://127.0.0.1:3000/paygent/notice"))
        .merchant(Merchant::new("20000").credentials("connect1", "secret").with("contracts.token_only", true))
        .start()
        .await?;

    assert_eq!(emulator.now().datetime14(), "20261201100000");
    let url = emulator.first_merchant().get("notification_url").map(str::to_owned);
    assert_eq!(url.as_deref(), Some("http://127.0.0.1:3000/paygent/notice"));
    let by_number = card("4900000000000000", "order1", "100");
    let credentials = [("merchant_id", "20000"), ("connect_id", "connect1"), ("connect_password", "secret")];
    let refused = emulator.send("020", &[&by_number[..], &credentials[..]].concat()).await?;
    assert_eq!(refused.response_code(), Some("2023"), "{refused:?}");
    emulator.advance_days(1).await;
    emulator.reset().await;
    assert_eq!(emulator.now().datetime14(), "20261201100000", "a reset brings the time of the start back");
    Ok(())
}

#[tokio::test]
async fn what_only_a_test_can_do() -> Result<(), Error> {
    let emulator = Emulator::start().await?;
    let store = [
        ("trading_id", "order1"),
        ("payment_amount", "1000"),
        ("cvs_company_id", "00C002"),
        ("sales_type", "1"),
        ("customer_family_name", "山田"),
        ("customer_name", "太郎"),
        ("customer_tel", "0312345678"),
    ];
    // A telegram without a shop: what has happened before the test begins.
    let answer = emulator.send("030", &store).await?;
    let payment_id = answer.get("payment_id").unwrap();

    // The buyer pays in the store (the test tool).
    let paid = emulator.transition(payment_id, "40").await?;
    assert_eq!(paid.payment_status_name, "消込済");

    // All notices that wait are pushed now, and the shop has answered them when this returns.
    let delivered = emulator.deliver_notices().await;
    assert_eq!(delivered.failed, 0);

    // The vendor refuses the next authorization.
    emulator.fail("020", "2001", "1G12")?;

    // Two months pass, and everything that becomes due in them happens.
    let happened = emulator.advance_days(61).await;

    // All over again, without a restart.
    emulator.reset().await;
    assert!(emulator.payments().is_empty() && emulator.notices().is_empty());

    assert!(happened.iter().all(|happened| happened.payment_id.as_deref() != Some(payment_id)), "it was paid");
    let card = card("4900000000000000", "order2", "100");
    assert!(emulator.send("020", &card).await?.is_success(), "a reset forgets faults too");
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_behind() -> Result<(), Error> {
    let emulator = Emulator::start().await?;
    let (dir, console) = (emulator.certificates().dir().parent().unwrap().to_owned(), emulator.ports().console);
    assert!(dir.join("ports.json").exists());
    emulator.shutdown().await;
    assert!(!dir.exists(), "{}", dir.display());
    assert!(std::net::TcpStream::connect(console).is_err());

    let refused = Emulator::builder().merchant(Merchant::new("10000").with("notice_hold", "long")).start().await;
    assert!(matches!(&refused, Err(Error::Invalid { field, .. }) if field == "notice_hold"), "{refused:?}");
    Ok(())
}

/// The Rust examples of a page.
fn examples(page: &str) -> Vec<&str> {
    page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_of_the_guide_is_part_of_a_test() {
    let dedented = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let tests = dedented(include_str!("library.rs"));
    let pages = [include_str!("../../docs/library.md"), include_str!("../../README.md")];
    let mut count = 0;
    for example in pages.into_iter().flat_map(examples) {
        assert!(tests.contains(dedented(example).trim()), "no test does this:\n{example}");
        count += 1;
    }
    assert!(count >= 5, "{count} examples");
}
