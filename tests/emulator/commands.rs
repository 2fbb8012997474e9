//! The command line: starting, waiting, sending, stopping, and what it says when something is wrong.

use std::process::{Command, Output};
use std::time::Instant;

use serde_json::json;

use crate::harness::Emulator;

/// A payment at an ATM, which the test tool can lead on.
const ATM: [&str; 6] = [
    "trading_id=atm",
    "payment_amount=1000",
    "customer_family_name=田中",
    "customer_name=一郎",
    "payment_detail=テスト",
    "payment_detail_kana=ﾃｽﾄ",
];

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_paygent-emulator")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn ready_tells_whether_telegrams_are_accepted() {
    let emulator = Emulator::start();
    let dir = emulator.dir.path().to_str().unwrap();
    assert!(run(&["ready", "--data-dir", dir]).status.success());
    assert!(run(&["ready", "--wait", "--timeout", "5s", "--data-dir", dir]).status.success());
    let nowhere = tempfile::tempdir().unwrap();
    let nowhere = nowhere.path().to_str().unwrap();
    assert!(!run(&["ready", "--data-dir", nowhere]).status.success());
    let started = Instant::now();
    assert!(!run(&["ready", "--wait", "--timeout", "200ms", "--data-dir", nowhere]).status.success());
    assert!(started.elapsed().as_millis() >= 200);
}

#[test]
fn send_prints_the_decoded_answer_in_order() {
    let emulator = Emulator::start();
    let dir = emulator.dir.path().to_str().unwrap();
    let card = [
        "trading_id=t",
        "payment_amount=1000",
        "card_number=4980000000000000",
        "card_valid_term=1239",
        "3dsecure_ryaku=1",
    ];
    let sent = run(&[&["send", "--data-dir", dir, "020"], &card[..]].concat());
    let out = text(&sent.stdout);
    assert!(sent.status.success(), "{out}");
    assert!(out.starts_with("result=0\npayment_id=30000001\ntrading_id=t\n"), "{out}");
    assert!(out.contains("acq_name=ﾐﾂｲｽﾐﾄﾓｶｰﾄﾞ\n"), "{out}");
    let refused = run(&["send", "--data-dir", dir, "022", "trading_id=nobody"]);
    assert!(!refused.status.success());
    assert!(text(&refused.stdout).starts_with("result=1\nresponse_code=2006\n"));
    let raw = run(&["send", "--raw", "--data-dir", dir, "094", "trading_id=t"]);
    assert!(raw.stdout.starts_with(b"\r\nresult=0\r\npayment_id=30000001\r\n"), "{:?}", raw.stdout);
    let own = run(&["send", "--data-dir", dir, "094", "trading_id=t", "merchant_id=555"]);
    assert!(text(&own.stdout).contains("response_code=13001"), "what is given as KEY=VALUE wins");
    let url = format!("https://localhost:{}", emulator.ports.listen.port());
    assert!(run(&["send", "--data-dir", dir, "--url", &url, "094", "trading_id=t"]).status.success());
}

#[test]
fn clients_reach_their_own_emulator_whatever_it_listens_on() {
    for listen in ["0.0.0.0:0", "[::]:0", "[::1]:0", "127.0.0.12:0"] {
        let emulator = Emulator::start_with(&["--listen", listen, "--console", listen]);
        let dir = emulator.dir.path().to_str().unwrap();
        let card = ["trading_id=t", "payment_amount=1000", "card_number=4980000000000000", "card_valid_term=1239"];
        let sent = run(&[&["send", "--data-dir", dir, "020", "3dsecure_ryaku=1"], &card[..]].concat());
        assert!(sent.status.success(), "{listen}: {}", text(&sent.stderr));
        let ready = run(&["ready", "--data-dir", dir]);
        assert!(ready.status.success(), "{listen}: {}", text(&ready.stderr));
        let sent = run(&[&["send", "--data-dir", dir, "010"], &ATM[..]].concat());
        assert!(sent.status.success(), "{listen}: {}", text(&sent.stdout));
        let moved = run(&["transition", "--data-dir", dir, "30000002", "40"]);
        assert_eq!(text(&moved.stdout), "payment 30000002: 40 消込済\n", "{listen}: {}", text(&moved.stderr));
        // What the server was told to listen on is no place to dial.
        let unspecific = emulator.ports.console.to_string();
        assert!(run(&["ready", "--console", &unspecific]).status.success(), "{listen}");
    }
}

#[test]
fn one_environment_serves_the_server_and_its_clients() {
    let environment = [
        ("PAYGENT_EMULATOR_CONSOLE", "127.0.0.1:0"),
        ("PAYGENT_EMULATOR_LISTEN", "127.0.0.1:0"),
        ("PAYGENT_EMULATOR_CONSOLE_TOKEN", "s3cret"),
    ];
    let emulator = Emulator::start_in(&environment, &[]);
    let dir = emulator.dir.path().to_str().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paygent-emulator"));
        command.args(arguments).args(["--data-dir", dir]).envs(environment).output().unwrap()
    };
    let ready = run(&["ready", "--wait", "--timeout", "5s"]);
    assert!(ready.status.success(), "{}", text(&ready.stderr));
    assert!(run(&[&["send", "010"], &ATM[..]].concat()).status.success());
    let moved = run(&["transition", "30000001", "40"]);
    assert!(moved.status.success(), "{}", text(&moved.stderr));
}

#[test]
fn a_console_that_asks_for_a_token_is_told_one() {
    let emulator = Emulator::start_with(&["--console-token", "s3cret"]);
    let dir = emulator.dir.path().to_str().unwrap();
    assert!(run(&[&["send", "--data-dir", dir, "010"], &ATM[..]].concat()).status.success());
    let transition = ["transition", "--data-dir", dir, "30000001", "40"];
    for wrong in [&[][..], &["--console-token", "wrong"]] {
        let refused = run(&[&transition[..], wrong].concat());
        assert!(
            !refused.status.success() && text(&refused.stderr).contains("--console-token"),
            "{}",
            text(&refused.stderr)
        );
    }
    let moved = run(&[&transition[..], &["--console-token", "s3cret"]].concat());
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    assert!(run(&["ready", "--data-dir", dir, "--console-token", "s3cret"]).status.success());
}

#[test]
fn who_is_not_ready_is_told_why() {
    let nowhere = tempfile::tempdir().unwrap();
    let dir = nowhere.path().to_str().unwrap();
    let said = text(&run(&["ready", "--data-dir", dir]).stderr);
    assert!(said.contains("ports.json") && said.matches("os error").count() == 1, "{said}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let said = text(&run(&["ready", "--console", &closed]).stderr);
    assert!(said.contains(&closed) && said.matches("os error").count() == 1, "{said}");
}

#[test]
fn send_hands_in_a_file_and_fetches_its_result() {
    let emulator = Emulator::start();
    let dir = emulator.dir.path().to_str().unwrap();
    let send = |arguments: &[&str]| run(&[&["send", "--data-dir", dir], arguments].concat());
    let card = ["customer_id=c", "card_number=4566000000010000", "card_valid_term=1139", "valid_check_flg=1"];
    assert!(send(&[&["025"], &card[..]].concat()).status.success());
    let data = "data=1,024,10000,,,,,,\n3,,c,10000001,,,\n4,1,,,,,\n";
    let sent = send(&["200", "file_type=024", data]);
    assert!(sent.status.success(), "{}", text(&sent.stdout));
    let receipt = text(&sent.stdout).trim().rsplit_once("file_receipt_id=").unwrap().1.to_owned();
    let result = send(&["201", &format!("file_receipt_id={receipt}")]);
    assert!(result.status.success());
    let out = text(&result.stdout);
    assert!(out.starts_with(&format!("1,024,10000,{receipt},")), "{out}");
    assert!(out.ends_with(",0,,\n3,,c,10000001,0,0,1\n4,1,1,0,0,0,1\n"), "{out}");
    let unknown = send(&["201", "file_receipt_id=1"]);
    assert!(!unknown.status.success() && text(&unknown.stdout).starts_with("1,,,,,,1,9102,"));
}

#[test]
fn certificates_can_be_shown_and_issued() {
    let emulator = Emulator::start();
    let dir = emulator.dir.path().to_str().unwrap();
    assert!(text(&run(&["certs", "--data-dir", dir]).stdout).contains("client.p12"));
    let out = tempfile::tempdir().unwrap();
    let issued = run(&["certs", "--data-dir", dir, "--issue", "shop-a", "--out", out.path().to_str().unwrap()]);
    assert!(issued.status.success());
    assert!(out.path().join("shop-a.pem").exists() && out.path().join("shop-a.p12").exists());
    assert!(!run(&["certs", "--data-dir", dir, "--issue", "../x"]).status.success());
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let emulator = Emulator::start();
    let taken = emulator.ports.listen.to_string();
    let dir = tempfile::tempdir().unwrap();
    let dir_text = dir.path().to_str().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "not toml [").unwrap();
    let file_text = file.to_str().unwrap();
    let below_a_file = format!("{file_text}/data");
    let ports = ["--console", "127.0.0.1:0", "--listen"];
    let free = [&ports[..], &["127.0.0.1:0"]].concat();
    let absent = dir.path().join("absent");
    let absent_text = absent.to_str().unwrap();
    let more = |flags: &[&'static str]| flags.to_vec();
    for (flags, mention, code) in [
        ([&["--data-dir", dir_text], &ports[..], &[taken.as_str()]].concat(), "(--listen)", 69),
        ([&["--data-dir", dir_text, "--proxy", &taken], &free[..]].concat(), "(--proxy)", 69),
        ([&["--data-dir", dir_text, "--http", &taken], &free[..]].concat(), "--http 127.0.0.1:0", 69),
        ([&["--data-dir", below_a_file.as_str()], &free[..]].concat(), "a-file", 74),
        ([&["--data-dir", dir_text, "--merchants", file_text], &free[..]].concat(), "a-file (--merchants)", 64),
        ([&["--data-dir", dir_text, "--merchants", absent_text], &free[..]].concat(), "absent (--merchants)", 64),
        ([&["--data-dir", dir_text, "--client-ca", file_text], &free[..]].concat(), "--client-ca", 64),
        ([&["--data-dir", dir_text, "--client-ca", absent_text], &free[..]].concat(), "--client-ca", 64),
        ([&["--data-dir", dir_text, "--server-name", "a b"], &free[..]].concat(), "\"a b\"", 64),
        (
            [&["--data-dir", dir_text, "--public-url", "http://localhost"], &free[..]].concat(),
            "https://localhost:8443",
            64,
        ),
        (more(&["--listen", "nowhere"]), "127.0.0.1:8443", 64),
        (more(&["--listen", "8443"]), "127.0.0.1:8443", 64),
        (more(&["--listen", "localhost:8443"]), "127.0.0.1:8443", 64),
        (more(&["--no-such-flag"]), "--no-such-flag", 64),
    ] {
        let failed = run(&flags);
        let said = text(&failed.stderr);
        assert_eq!(failed.status.code(), Some(code), "{flags:?}: {said}");
        assert!(said.contains(mention) && !said.contains("panicked"), "{flags:?}: {said}");
        assert!(said.matches("os error").count() <= 1, "{flags:?}: {said}");
    }
}

#[test]
fn a_data_directory_belongs_to_one_emulator_at_a_time() {
    let mut emulator = Emulator::start();
    let dir = emulator.dir.path().to_str().unwrap().to_owned();
    let ports = std::fs::read(emulator.dir.path().join("ports.json")).unwrap();
    let second = || run(&["--data-dir", &dir, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]);
    let refused = second();
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(69), "{said}");
    let console = emulator.ports.console.to_string();
    assert!(said.lines().count() == 1 && said.contains(&dir) && said.contains(&console), "{said}");
    assert_eq!(std::fs::read(emulator.dir.path().join("ports.json")).unwrap(), ports);
    assert!(run(&["certs", "--data-dir", &dir]).status.success());
    assert!(run(&["ready", "--data-dir", &dir]).status.success());

    // Killed, it leaves its ports behind; nobody is led astray by them, nor kept out.
    assert!(Command::new("kill").args(["-KILL", &emulator.id().to_string()]).status().unwrap().success());
    emulator.wait();
    assert!(emulator.dir.path().join("ports.json").exists());
    assert!(!run(&["ready", "--data-dir", &dir]).status.success());
    let again = Emulator::start_with(&["--data-dir", &dir]);
    assert!(run(&["ready", "--data-dir", &dir]).status.success());
    assert_ne!(again.ports, emulator.ports);
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("merchants.toml");
    let file_text = file.to_str().unwrap();
    let rule = "ASCII letters, digits and signs";
    for (arguments, mention) in [
        (["--console-token", ""], rule),
        (["--console-token", "a;b"], rule),
        (["--console-token", "a b"], rule),
        (["--console-token", "秘密"], rule),
        (["--console-token", "a\u{1}"], rule),
        (["--notice-timeout", "0s"], "--notice-timeout"),
        (["--notice-timeout", "0ms"], "--notice-timeout"),
    ] {
        let failed = run(&[&arguments[..], &["--data-dir", dir.path().to_str().unwrap()]].concat());
        let said = text(&failed.stderr);
        assert!(!failed.status.success() && said.contains(mention), "{arguments:?}: {said}");
    }
    let merchant = |id: &str, password: &str, more: &str| {
        format!("[[merchant]]\nmerchant_id = \"{id}\"\nconnect_id = \"c\"\nconnect_password = \"{password}\"\n{more}\n")
    };
    for (list, mention) in [
        (merchant("10000", "p", "") + &merchant("10001", "p", "") + &merchant("10000", "q", ""), "merchant 10000"),
        (merchant("shop", "p", ""), "merchant shop"),
        (merchant("", "p", ""), "merchant_id"),
        (merchant("1234567890", "p", ""), "merchant 1234567890"),
        (merchant("7", "", ""), "merchant 7: connect_password"),
        (merchant("7", "p", "notification_url = \"ftp://x/\""), "merchant 7: notification_url"),
    ] {
        std::fs::write(&file, &list).unwrap();
        let failed = run(&["--merchants", file_text, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]);
        let said = text(&failed.stderr);
        assert!(!failed.status.success() && said.contains(mention) && said.contains(file_text), "{list}: {said}");
    }
}

#[test]
fn signals_end_it_at_once_and_cleanly() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut emulator = Emulator::start();
        // A client that keeps its connection open must not keep the emulator.
        let _open = std::net::TcpStream::connect(emulator.ports.console).unwrap();
        let started = Instant::now();
        let (code, said) = emulator.end(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert!(said.contains("no notice was waiting; payments and all other state are gone"), "{signal}: {said}");
        assert!(started.elapsed().as_secs() < 3, "{signal}");
        assert!(!emulator.dir.path().join("ports.json").exists(), "nobody listens there any more");
    }
}

#[test]
fn what_the_end_costs_is_told_at_the_start_and_at_the_end() {
    let mut emulator = Emulator::start();
    let shop = emulator.first_shop();
    // Nobody listens there any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    shop.set(json!({"notification_url": format!("http://{gone}/")}));
    assert_eq!(shop.authorize("t", "1000"), "30000001");
    assert_eq!(shop.authorize("u", "1000"), "30000002");
    let (_, said) = emulator.end("-TERM");
    assert!(said.contains("forgotten at the end; payment ids start again at 30000001"), "{said}");
    // Each went through 10 and 20.
    assert!(
        said.ends_with("4 notices, which nobody accepted, are lost; payments and all other state are gone\n"),
        "{said}"
    );
}

#[test]
fn an_emulator_that_nohup_started_outlives_its_terminal() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_paygent-emulator")]);
    let mut emulator = Emulator::start_by(shell, &[]);
    assert!(Command::new("kill").args(["-HUP", &emulator.id().to_string()]).status().unwrap().success());
    assert_eq!(emulator.console("GET", "/healthz", "").0, 200);
    assert_eq!(emulator.end("-TERM").0, Some(0));
}

#[test]
fn certificates_survive_a_restart() {
    let first = Emulator::start();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let pem = |emulator: &Emulator| std::fs::read(emulator.dir.path().join("pki/ca.pem")).unwrap();
    let before = pem(&first);
    std::fs::create_dir_all(dir.path().join("pki")).unwrap();
    for file in std::fs::read_dir(first.dir.path().join("pki")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.path().join("pki").join(file.file_name())).unwrap();
    }
    let again = Emulator::start_with(&["--data-dir", path]);
    assert_eq!(std::fs::read(dir.path().join("pki/ca.pem")).unwrap(), before);
    drop(again);
}
