//! The programs that are measured, built as a person would build them and as the shipped client is built.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::Outcome;

/// Static linking works with a named target only: without one, procedural macros would be linked so as well.
const STATIC_TARGET: &str = "x86_64-unknown-linux-gnu";
const STATIC_FLAGS: &str = "-C target-feature=+crt-static";

/// Where they are.
pub(crate) struct Programs {
    /// The client of a plain `cargo build --release`.
    pub(crate) plain_client: PathBuf,
    /// The client that is linked statically, where that can be built.
    pub(crate) static_client: Option<PathBuf>,
    /// The daemon.
    pub(crate) daemon: PathBuf,
}

impl Programs {
    /// Builds what is not built yet.
    pub(crate) fn build() -> Outcome<Self> {
        let built = cargo(&["--package", "awsd", "--package", "awsd-daemon"], None)?;
        Ok(Self {
            plain_client: executable(&built, "awsd")?,
            static_client: static_client()?,
            daemon: executable(&built, "awsd-daemon")?,
        })
    }

    /// Copies them into a directory, as installing does. What the linker has just written lies in the kernel's memory in
    /// many small pieces, and a program starts measurably slower from them.
    pub(crate) fn install(&self, directory: &Path) -> Outcome<Self> {
        let copy = |from: &PathBuf, name| -> Outcome<PathBuf> {
            let to = directory.join(name);
            fs::copy(from, &to)?;
            Ok(to)
        };
        Ok(Self {
            plain_client: copy(&self.plain_client, "awsd")?,
            static_client: self.static_client.as_ref().map(|from| copy(from, "awsd-static")).transpose()?,
            daemon: copy(&self.daemon, "awsd-daemon")?,
        })
    }
}

fn static_client() -> Outcome<Option<PathBuf>> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        eprintln!("the static client is measured on {STATIC_TARGET} only");
        return Ok(None);
    }
    // A directory of its own: with other flags everything would be built again, each time anew.
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/static");
    let directory = directory.to_str().ok_or("the path of this repository is not UTF-8")?;
    let arguments = ["--package", "awsd", "--target", STATIC_TARGET, "--target-dir", directory];
    executable(&cargo(&arguments, Some(STATIC_FLAGS))?, "awsd").map(Some)
}

/// Runs a release build; what cargo reports comes back, one JSON object a line.
fn cargo(arguments: &[&str], flags: Option<&str>) -> Outcome<String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--message-format", "json-render-diagnostics"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    if let Some(flags) = flags {
        cargo.env("RUSTFLAGS", flags);
    }
    let output = cargo.output()?;
    if !output.status.success() {
        return Err("awsd was not built; the compiler's message is above".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn executable(messages: &str, name: &str) -> Outcome<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == name && message["executable"].is_string())
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| format!("cargo does not say where it put {name}").into())
}
