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
    embed_telegrams()
}

/// Lists the files of telegrams, so that a new one needs no line anywhere. The header that all of them share stands in a
/// file of its own.
fn embed_telegrams() -> io::Result<()> {
    const FOLDER: &str = "fixtures/telegrams";
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut files = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") && name != "common.toml" {
            files.push(name);
        }
    }
    files.sort();
    let embedded =
        |name: &String| format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{FOLDER}/{name}\")),\n");
    let list = files.iter().map(embedded).collect::<String>();
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join("telegrams.rs"), format!("&[\n{list}]\n"))
}
