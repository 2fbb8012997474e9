//! The files of a data directory: who may read them, where they are written, and what happens when one is not right.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::Emulator;

/// Starts where that must fail.
fn refused(mut command: Command, data_dir: &Path) -> String {
    let free = ["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--data-dir"];
    let Output { status, stderr, .. } = command.args(free).arg(data_dir).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success() && said.trim_end().lines().count() == 1, "{said}");
    said
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_paygent-emulator"))
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn nobody_but_the_owner_reads_what_is_secret() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data");
    let _emulator = Emulator::start_with(&["--data-dir", dir.to_str().unwrap()]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("pki"))), (0o700, 0o700));
    for secret in ["fingerprint.key", "pki/ca-key.pem", "pki/server.pem", "pki/client.pem", "pki/client.p12"] {
        assert_eq!(mode(&dir.join(secret)), 0o600, "{secret}");
    }
}

#[test]
fn nothing_is_written_through_a_link_that_somebody_put_there() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data");
    fs::create_dir_all(dir.join("pki")).unwrap();
    let linked = ["ports.json", "pki/ca.pem", "pki/server.pem", "pki/client.pem", "pki/client.p12"];
    for name in linked {
        let target = home.path().join(name.replace('/', "-"));
        fs::write(&target, "").unwrap();
        // Whatever is there is read; what leads to nothing is not there.
        fs::remove_file(&target).unwrap();
        symlink(&target, dir.join(name)).unwrap();
    }
    let _emulator = Emulator::start_with(&["--data-dir", dir.to_str().unwrap()]);
    assert_eq!(names(home.path()), ["data"]);
    for name in linked {
        assert!(fs::symlink_metadata(dir.join(name)).unwrap().is_file(), "{name}");
    }
    for name in ["fingerprint.key", "lock"] {
        let other = tempfile::tempdir().unwrap();
        symlink(home.path().join("target"), other.path().join(name)).unwrap();
        let said = refused(binary(), other.path());
        assert!(said.contains(name), "{said}");
        assert_eq!(names(home.path()), ["data"]);
    }
}

#[test]
fn a_damaged_file_is_named_with_a_way_on_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    drop(Emulator::start_with(&["--data-dir", path]));
    for name in
        ["fingerprint.key", "pki/ca.pem", "pki/ca-key.pem", "pki/server.pem", "pki/client.pem", "pki/client.p12"]
    {
        let file = dir.path().join(name);
        let whole = fs::read(&file).unwrap();
        for damaged in [&whole[..whole.len() / 2], &[], &[&whole[..], b"x"].concat()] {
            // Words after a certificate are no damage to it.
            if name.ends_with(".pem") && damaged.len() > whole.len() {
                continue;
            }
            fs::write(&file, damaged).unwrap();
            let said = refused(binary(), dir.path());
            assert!(said.contains(&format!("{} is damaged", file.display())) && said.contains("delete"), "{said}");
            assert_eq!(fs::read(&file).unwrap(), damaged, "{name}");
        }
        fs::write(&file, whole).unwrap();
    }
    drop(Emulator::start_with(&["--data-dir", path]));
}

#[test]
fn a_write_that_fails_leaves_nothing_and_speaks_of_the_cause() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data");
    let mut shell = Command::new("sh");
    // Files may be made, but nothing may be written into them, as on a full disk.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_paygent-emulator")]);
    let said = refused(shell, &dir);
    assert!(said.contains("cannot write") && said.contains("ulimit -f") && !said.contains("permissions"), "{said}");
    assert_eq!(names(&dir), ["lock", "pki"]);
    assert_eq!(names(&dir.join("pki")), [""; 0]);
}
