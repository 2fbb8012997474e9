use super::*;

fn listening_on(listen: &str) -> Addresses {
    with(listen, None, &[], None)
}

fn with(listen: &str, public: Option<&str>, names: &[&str], proxy: Option<&str>) -> Addresses {
    let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
    let ports = Ports { listen: parse(listen), console: parse("127.0.0.1:8444"), http: None, proxy: proxy.map(parse) };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Addresses::new(ports, public.map(|url| url.parse().unwrap()), &names)
}

fn called<'a>(host: &'a str, server_name: &'a str) -> Called<'a> {
    let given = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Called { host: given(host), server_name: given(server_name) }
}

#[test]
fn who_names_no_host_is_led_to_where_we_listen() {
    for (listen, url) in [
        ("127.0.0.1:8443", "https://localhost:8443"),
        ("127.0.0.12:443", "https://127.0.0.12"),
        ("127.0.0.12:8443", "https://127.0.0.12:8443"),
        ("0.0.0.0:8443", "https://localhost:8443"),
        ("[::]:8443", "https://localhost:8443"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("192.0.2.5:8443", "https://192.0.2.5:8443"),
    ] {
        assert_eq!(listening_on(listen).url(), url);
        assert_eq!(listening_on(listen).base_url(Called::default()), url);
    }
}

#[test]
fn a_host_of_ours_is_kept() {
    let ours = with("0.0.0.0:8443", None, &["paygent", "10.9.8.7"], None);
    for (host, url) in [
        ("localhost:8443", "https://localhost:8443"),
        ("localhost", "https://localhost"),
        ("LocalHost.:8443", "https://localhost:8443"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("[0:0::1]:8443", "https://[::1]:8443"),
        ("paygent:8443", "https://paygent:8443"),
        ("10.9.8.7:8443", "https://10.9.8.7:8443"),
        ("sandbox.paygent.co.jp", "https://sandbox.paygent.co.jp"),
        ("Sandbox.Paygent.co.jp:443", "https://sandbox.paygent.co.jp"),
        ("service.paygent.co.jp:8443", "https://service.paygent.co.jp:8443"),
    ] {
        assert_eq!(ours.base_url(called(host, "")), url, "{host}");
    }
}

#[test]
fn a_foreign_host_builds_no_address() {
    let ours = listening_on("127.0.0.1:8443");
    for host in [
        "shop.example",
        "shop.example:8443",
        "localhost:8080",
        "127.0.0.1:80",
        "127.0.0.2:8443",
        "sandbox.paygent.co.jp:8080",
        "sandbox.paygent.co.jp.evil.example",
        "user@localhost:8443",
        "localhost:8443@evil.example",
        "localhost:99999",
        "localhost\"><script>",
        "",
    ] {
        assert_eq!(ours.base_url(called(host, "localhost")), "https://localhost:8443", "{host}");
        assert_eq!(ours.base_url(called(host, "")), "https://localhost:8443", "{host}");
        assert_eq!(ours.base_url(called(host, "shop.example")), "https://localhost:8443", "{host}");
    }
}

#[test]
fn behind_a_foreign_host_the_server_name_counts() {
    let ours = with("127.0.0.1:8443", None, &["paygent"], None);
    assert_eq!(ours.base_url(called("shop.example", "paygent")), "https://paygent:8443");
    assert_eq!(ours.base_url(called("shop.example", "sandbox.paygent.co.jp")), "https://sandbox.paygent.co.jp:8443");
    let at_its_port = listening_on("127.0.0.1:443");
    let by_proxy = with("127.0.0.1:8443", None, &[], Some("127.0.0.1:8445"));
    for ours in [at_its_port, by_proxy] {
        // A shop on this machine names itself `localhost`.
        for host in ["shop.example", "localhost", "localhost:8080"] {
            let url = ours.base_url(called(host, "sandbox.paygent.co.jp"));
            assert_eq!(url, "https://sandbox.paygent.co.jp", "{host}");
        }
    }
}

#[test]
fn the_public_url_counts_before_everything() {
    let ours = with("0.0.0.0:8443", Some("https://localhost:18443"), &[], None);
    for (host, server_name) in [("localhost:8443", "localhost"), ("sandbox.paygent.co.jp", ""), ("shop.example", "")] {
        assert_eq!(ours.base_url(called(host, server_name)), "https://localhost:18443");
    }
    assert_eq!(ours.url(), "https://localhost:18443");
    let named = with("127.0.0.1:8443", Some("https://pay.shop.test"), &[], None);
    assert!(named.further_hosts().contains(&"pay.shop.test".to_owned()));
}

#[test]
fn what_listens_everywhere_is_dialled_at_loopback() {
    let ours = with("[::]:8443", None, &[], Some("0.0.0.0:8445"));
    assert_eq!(ours.proxy().map(|proxy| proxy.to_string()).as_deref(), Some("127.0.0.1:8445"));
    assert!(ours.hosts_line().starts_with("127.0.0.1 sandbox.paygent.co.jp "), "{}", ours.hosts_line());
    assert!(ours.hosts_line().contains(" apps.paidy.com"));
    assert!(listening_on("127.0.0.12:443").hosts_line().starts_with("127.0.0.12 "));
}
