//! The programs that are shown, built as a person would build them.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::Outcome;

/// Builds client and daemon and says where the client is; the daemon is beside it, where the client looks for it.
pub(crate) fn build() -> Outcome<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--package", "awsd", "--package", "awsd-daemon"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("awsd was not built; the compiler's message is above".into());
    }
    executable(&String::from_utf8(output.stdout)?, "awsd")
        .ok_or_else(|| "cargo does not say where it put awsd".into())
}

/// Finds an executable in what cargo reports, one JSON object a line.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == name && message["executable"].is_string())
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
}
