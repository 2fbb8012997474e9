//! How the program is linked, and which files are embedded in it.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    // At a fixed address there are no 24,000 pointers to be adjusted at each start: a megabyte less of an idle
    // emulator, and it starts sooner.
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    // The header that all telegrams share stands in a file of its own.
    embed("telegrams", "common.toml")?;
    embed("hosts", "")
}

/// Lists the files of a folder, so that a new one needs no line anywhere.
fn embed(what: &str, but: &str) -> io::Result<()> {
    let folder = format!("fixtures/{what}");
    println!("cargo::rerun-if-changed={folder}");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") && name != but {
            files.push(name);
        }
    }
    files.sort();
    let embedded =
        |name: &String| format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{folder}/{name}\")),\n");
    let list = files.iter().map(embedded).collect::<String>();
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join(format!("{what}.rs")), format!("&[\n{list}]\n"))
}
