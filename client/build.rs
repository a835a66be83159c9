//! Links the unwinder of panics into the client, where it can be had.
//!
//! Otherwise the standard library asks for the shared one, and bringing that in takes the dynamic loader longer than a
//! warm `awsd credential-process` takes for everything that it does itself. A static client has it anyway.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_dynamic_glibc =
        target("OS") == "linux" && target("ENV") == "gnu" && !target("FEATURE").contains("crt-static");
    if is_dynamic_glibc && linker_finds("libgcc_eh.a") {
        // Not bundled: it is found by the linker, among its own files.
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Whether the C compiler that will link the client has this file. One that it has not, it names as it was asked for.
fn linker_finds(library: &str) -> bool {
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let answer = Command::new(linker).arg(format!("-print-file-name={library}")).output();
    answer.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}
