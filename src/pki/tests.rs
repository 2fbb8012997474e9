use std::fs;
use std::process::{Command, Stdio};

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn open(dir: &Path) -> Result<Pki, PkiError> {
    Pki::open(dir, &PkiOptions::default())
}

fn open_and_check(dir: &Path) -> Result<(), PkiError> {
    open(dir)?.check_client_files()
}

fn all_files(dir: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        all.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    all.sort();
    Ok(all)
}

#[test]
fn the_files_are_made_once_and_kept() -> Outcome {
    let home = tempfile::tempdir()?;
    let dir = home.path().join("data/pki");
    let first = open(&dir)?;
    let made = all_files(&dir)?;
    let names: Vec<_> = made.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ca-key.pem", "ca.crt", "ca.pem", "client.p12", "client.pem", "server.pem"]);

    let second = open(&dir)?;
    assert_eq!(all_files(&dir)?, made);
    assert_eq!(first.ca(), second.ca());
    Ok(())
}

#[cfg(unix)]
#[test]
fn every_key_is_its_owners_alone() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir()?;
    let dir = home.path().join("pki");
    let pki = open(&dir)?;
    pki.issue_client("shop", &home.path().join("handed-out"))?;
    let mode =
        |name: &str| -> std::io::Result<u32> { Ok(fs::metadata(home.path().join(name))?.permissions().mode() & 0o777) };
    for secret in ["pki/ca-key.pem", "pki/server.pem", "pki/client.pem", "pki/client.p12", "handed-out/shop.pem"] {
        assert_eq!(mode(secret)?, 0o600, "{secret}");
    }
    assert_eq!((mode("pki")?, mode("handed-out")?), (0o700, 0o700));

    // As an earlier version, or a copy, left it.
    fs::set_permissions(dir.join("ca-key.pem"), fs::Permissions::from_mode(0o644))?;
    open(&dir)?;
    assert_eq!(mode("pki/ca-key.pem")?, 0o600);
    Ok(())
}

#[test]
fn a_new_host_is_added_to_the_server_certificate_and_the_ca_stays() -> Outcome {
    let dir = tempfile::tempdir()?;
    let first = open(dir.path())?;
    let more = PkiOptions {
        extra_hosts: vec!["paygent.test".into(), "10.1.2.3".into(), "*.shop.test".into()],
        ..PkiOptions::default()
    };
    let second = Pki::open(dir.path(), &more)?;
    assert_eq!(first.ca(), second.ca());
    assert_ne!(first.server().cert, second.server().cert);
    let hosts = wanted_hosts(&more.extra_hosts)?;
    let server = second.server();
    let parsed = parse(Path::new("x"), &server.cert[0], Path::new("x"))?;
    assert!(hosts.iter().all(|host| host.is_named_by(&parsed)));

    let third = open(dir.path())?;
    assert_eq!(second.server().cert, third.server().cert, "fewer hosts are no reason to reissue");
    Ok(())
}

#[test]
fn hosts_that_are_none_are_refused() {
    for bad in ["", "a b", "https://x", "x:443"] {
        assert!(matches!(wanted_hosts(&[bad.into()]), Err(PkiError::BadHost(_))), "{bad}");
    }
}

#[test]
fn a_damaged_file_is_named_and_left_alone() -> Outcome {
    for name in ["ca.pem", "ca-key.pem", "server.pem", "client.pem", "client.p12"] {
        let dir = tempfile::tempdir()?;
        open(dir.path())?;
        let path = dir.path().join(name);
        for rest in [100, 0] {
            let half = fs::read(&path)?[..rest].to_vec();
            fs::write(&path, &half)?;
            let error = open_and_check(dir.path()).err().ok_or("opened")?.to_string();
            assert!(error.contains(&format!("{} is damaged", path.display())) && error.contains("delete"), "{error}");
            assert_eq!(fs::read(&path)?, half);
        }
    }
    Ok(())
}

#[test]
fn a_file_of_another_authority_is_named_and_left_alone() -> Outcome {
    for name in ["ca-key.pem", "server.pem", "client.pem", "client.p12"] {
        let (ours, theirs) = (tempfile::tempdir()?, tempfile::tempdir()?);
        open(ours.path())?;
        open(theirs.path())?;
        let path = ours.path().join(name);
        fs::copy(theirs.path().join(name), &path)?;
        let before = fs::read(&path)?;
        let error = open_and_check(ours.path()).err().ok_or("opened")?.to_string();
        assert!(error.contains(name) && error.to_lowercase().contains("delete"), "{error}");
        assert_eq!(fs::read(&path)?, before);
    }
    Ok(())
}

#[test]
fn a_key_that_does_not_belong_to_its_certificate_is_noticed() -> Outcome {
    let dir = tempfile::tempdir()?;
    let pki = open(dir.path())?;
    let other = pki.issue_client("other", &dir.path().join("other"))?;
    let read = |path: &Path| fs::read_to_string(path);
    let cut = |text: &str, from: &str| -> Option<(String, String)> {
        let (certificate, key) = text.split_at(text.find(from)?);
        Some((certificate.to_owned(), key.to_owned()))
    };
    let begin = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
    let path = dir.path().join("client.pem");
    let (certificate, _) = cut(&read(&path)?, begin).ok_or("a certificate")?;
    let (_, key) = cut(&read(&other.pem)?, begin).ok_or("a key")?;
    fs::write(&path, certificate + &key)?;
    let error = open_and_check(dir.path()).err().ok_or("opened")?.to_string();
    assert!(error.contains("client.pem is damaged"), "{error}");
    Ok(())
}

#[test]
fn a_ca_key_that_is_damaged_meanwhile_is_found_when_it_is_needed() -> Outcome {
    let dir = tempfile::tempdir()?;
    let pki = open(dir.path())?;
    fs::write(dir.path().join("ca-key.pem"), "-----BEGIN")?;
    let error = pki.issue_client("shop", dir.path()).err().ok_or("issued")?.to_string();
    assert!(error.contains("ca-key.pem is damaged"), "{error}");
    Ok(())
}

#[test]
fn without_its_key_a_ca_serves_but_does_not_issue() -> Outcome {
    let dir = tempfile::tempdir()?;
    open(dir.path())?;
    fs::remove_file(dir.path().join("ca-key.pem"))?;
    let pki = open(dir.path())?;
    assert!(matches!(pki.issue_client("shop", dir.path()), Err(PkiError::NoCaKey { .. })));
    fs::remove_file(dir.path().join("server.pem"))?;
    assert!(matches!(open(dir.path()), Err(PkiError::NoCaKey { .. })));
    Ok(())
}

#[test]
fn the_ca_is_there_under_both_extensions() -> Outcome {
    let dir = tempfile::tempdir()?;
    open(dir.path())?;
    let (pem, crt) = (dir.path().join("ca.pem"), dir.path().join("ca.crt"));
    assert_eq!(fs::read(&pem)?, fs::read(&crt)?);
    // One of an earlier CA would be trusted in vain.
    fs::write(&crt, "another")?;
    open(dir.path())?;
    assert_eq!(fs::read(&pem)?, fs::read(&crt)?);
    Ok(())
}

#[test]
fn the_certificate_of_another_ca_is_noticed() -> Outcome {
    let (ours, theirs) = (tempfile::tempdir()?, tempfile::tempdir()?);
    open(ours.path())?;
    open(theirs.path())?;
    fs::copy(theirs.path().join("ca.pem"), ours.path().join("ca.pem"))?;
    assert!(matches!(open(ours.path()), Err(PkiError::TwoCas { .. })));
    Ok(())
}

#[test]
fn single_lost_files_are_made_again() -> Outcome {
    let dir = tempfile::tempdir()?;
    let first = open(dir.path())?;
    for name in ["ca.pem", "ca.crt", "server.pem", "client.pem", "client.p12"] {
        fs::remove_file(dir.path().join(name))?;
        let others = all_files(dir.path())?;
        let again = open(dir.path())?;
        assert!(dir.path().join(name).exists(), "{name}");
        let mut after = all_files(dir.path())?;
        after.retain(|(known, _)| known != name);
        assert_eq!(after, others, "the others stay");
        assert_eq!(first.ca(), again.ca(), "{name}");
    }
    Ok(())
}

#[test]
fn starts_at_the_same_time_agree_on_one_ca() -> Outcome {
    let dir = tempfile::tempdir()?;
    let opened = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| open(dir.path()))).collect();
        starts.into_iter().map(|start| start.join().expect("no start panics")).collect::<Result<Vec<_>, _>>()
    })?;
    assert!(opened.windows(2).all(|two| two[0].ca() == two[1].ca()));
    open(dir.path())?;
    assert_eq!(all_files(dir.path())?.len(), 6, "no temporary files are left");
    Ok(())
}

#[test]
fn the_client_key_opens_with_the_passphrase() -> Outcome {
    let dir = tempfile::tempdir()?;
    let pki = open(dir.path())?;
    let (certificates, key) = pki.client_identity()?;
    CertifiedKey::from_der(certificates, key, &rustls::crypto::ring::default_provider())?;

    fs::write(pki.client_files().pem, "nothing")?;
    let error = pki.client_identity().err().ok_or("read")?.to_string();
    assert!(error.contains("client.pem is damaged"), "{error}");
    Ok(())
}

#[test]
fn a_clients_name_stays_inside_the_directory() -> Outcome {
    let dir = tempfile::tempdir()?;
    let pki = open(dir.path())?;
    for bad in ["", "../x", "a/b", ".hidden", "店"] {
        assert!(matches!(pki.issue_client(bad, dir.path()), Err(PkiError::BadName(_))), "{bad}");
    }
    let made = pki.issue_client("shop-1", &dir.path().join("clients"))?;
    assert!(made.pem.exists() && made.p12.exists());
    Ok(())
}

#[test]
fn rsa_is_not_pretended_with_an_ecdsa_ca() -> Outcome {
    let dir = tempfile::tempdir()?;
    open(dir.path())?;
    let rsa = PkiOptions { rsa: true, ..PkiOptions::default() };
    assert!(matches!(Pki::open(dir.path(), &rsa), Err(PkiError::NotRsa { .. })));
    Ok(())
}

/// Runs a tool, or tells that this machine has none.
fn run(tool: &str, args: &[&str]) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let output = match Command::new(tool).args(args).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(Some(text)) } else { Err(format!("{tool} {args:?}: {text}").into()) }
}

fn read_by_other_tools(rsa: bool) -> Outcome {
    let dir = tempfile::tempdir()?;
    let pki = Pki::open(dir.path(), &PkiOptions { rsa, ..PkiOptions::default() })?;
    let ClientFiles { pem, p12 } = pki.client_files();
    let (pem, p12) = (pem.to_string_lossy(), p12.to_string_lossy());
    let ca = pki.ca_file();
    let ca = ca.to_string_lossy();
    let server = dir.path().join("server.pem");
    let server = server.to_string_lossy();

    run("openssl", &["verify", "-purpose", "sslclient", "-CAfile", &ca, &pem])?;
    run("openssl", &["verify", "-purpose", "sslserver", "-CAfile", &ca, &server])?;
    run("openssl", &["pkey", "-in", &pem, "-passin", "pass:changeit", "-noout", "-check"])?;
    if let Some(text) = run("openssl", &["pkcs12", "-in", &p12, "-passin", "pass:changeit", "-nodes", "-info"])? {
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2, "{text}");
        assert_eq!(text.matches("BEGIN PRIVATE KEY").count(), 1, "{text}");
    }
    let key_tool = ["-list", "-storetype", "PKCS12", "-storepass", "changeit", "-keystore", &p12];
    if let Some(text) = run("keytool", &key_tool)? {
        assert!(text.contains("PrivateKeyEntry"), "{text}");
    }
    Ok(())
}

#[test]
fn openssl_and_java_read_the_files() -> Outcome {
    read_by_other_tools(false)
}

#[test]
fn openssl_and_java_read_the_rsa_files() -> Outcome {
    read_by_other_tools(true)
}
